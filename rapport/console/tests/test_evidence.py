"""The reasons in the drawer: the outermost operators are the verdict's, every list that opens closes, consequences are plain."""

from datetime import datetime
from pathlib import Path

import pytest

from rapport.console.pages import asking
from rapport.console.pages.evidence import Verdict, verdict, why
from rapport.customers.models import Customer
from rapport.segments import queries as segments

TWICE = 'did "Order Completed" at least 2 times'
LATELY = 'did "Order Completed" in the last 2 days'


def reasons(rule: str, customer: Customer) -> Verdict:
    return verdict(asking.question(rule, segments.vocabulary()), customer.id)


def test_the_verdict_speaks_for_the_outermost_operators(bob: Customer, today: datetime, lake: Path) -> None:
    seen = reasons(f"{TWICE} AND (email is known OR phone is known) BUT NOT {LATELY}", bob)
    assert seen.holds
    assert [(row.operator, row.mark, row.closes) for row in seen.rows] == [
        ("", "y", 0),
        ("or", "y", 0),
        ("", "y", 0),
        ("", "n", 1),
        ("", "n", 0),
    ]
    assert [row.taken for row in seen.rows] == [False, False, False, False, True]


def test_what_takes_somebody_out_is_marked(bob: Customer, today: datetime, lake: Path) -> None:
    seen = reasons(f'{TWICE} BUT NOT country = "USA"', bob)
    assert not seen.holds
    assert (seen.rows[1].mark, seen.rows[1].words, seen.rows[1].reached, seen.rows[1].figure) == ("w", "takes out", "it is", "USA")


def test_a_window_that_is_empty_now_may_fill(bob: Customer, today: datetime, lake: Path) -> None:
    assert reasons(f"everyone BUT NOT {LATELY}", bob).rows[1].words == "does not take out. A new one would."


def test_figures_and_facts_stand_under_their_condition(bob: Customer, today: datetime, lake: Path) -> None:
    row = reasons(TWICE, bob).rows[0]
    assert (row.reached, row.figure, row.needed) == ("reached", "5", "at least 2")
    assert (len(row.facts), len(row.more), row.unseen) == (3, 2, 0)
    assert [fact.order_id for fact in row.facts] == ["b-0", "b-1", "b-2"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (TWICE, "5 × Order Completed"),
        ('sum(revenue) of "Order Completed" > 100', "$420.00 sum"),
        ('city = "Omaha"', "city Omaha"),
        ("everyone", ""),
    ],
)
def test_the_reason_in_a_few_words(rule: str, said: str, bob: Customer, today: datetime, lake: Path) -> None:
    assert why(asking.question(rule, segments.vocabulary()), bob.id, "USD") == said


@pytest.mark.parametrize(
    "rule", [f"(({TWICE} OR {LATELY}) AND {LATELY}) BUT NOT ({LATELY} AND (email is known OR {TWICE}))", "everyone OR no one"]
)
def test_every_list_that_opens_closes(rule: str, bob: Customer, today: datetime, lake: Path) -> None:
    rows = reasons(rule, bob).rows
    assert sum(row.closes for row in rows) == sum(bool(row.operator) for row in rows)
