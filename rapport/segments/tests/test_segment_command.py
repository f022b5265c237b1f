"""`rapport segment`: the JSON other programs read, the lines a person reads, and plain words where a rule is off."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from rapport.accounts.models import AuditEntry
from rapport.customers.models import Customer
from rapport.lib.clock import from_us
from rapport.lib.refusals import Refusal
from rapport.segments.tests.cases.playing import moment_us
from tests.cast import Tell, track

REGULARS = 'did "Order Completed" at least 2 times'
LAPSED = f'{REGULARS} BUT NOT did "Order Completed" in the last 90 days'


@pytest.fixture
def people(lake: Path, today: datetime, cast: dict[str, Customer]) -> dict[str, int]:
    """The standing cast, in a lake of its own; the command's own clock is theirs."""
    return {name: customer.id for name, customer in cast.items()}


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Any:
    """Give the command words; what it wrote on standard output."""

    def said(*words: str) -> str:
        call_command("segment", *words)
        return capsys.readouterr().out

    return said


def test_count_tells_programs_every_node(people: dict[str, int], say: Any) -> None:
    found = json.loads(
        say("count", "everyone but not " + LAPSED.replace("BUT NOT", "and"), "--as-of", "2026-03-02T13:00:00+01:00", "--json")
    )
    seconds = found.pop("seconds")
    assert 0 < seconds < 600
    assert found == {
        "rule": f'everyone BUT NOT {REGULARS} AND did "Order Completed" in the last 90 days',
        "as_of": "2026-03-02T12:00:00Z",
        "count": 3,
        "nodes": [
            {"text": f'everyone BUT NOT {REGULARS} AND did "Order Completed" in the last 90 days', "count": 3},
            {"text": "everyone", "count": 4},
            {"text": f'{REGULARS} AND did "Order Completed" in the last 90 days', "count": 1},
            {"text": REGULARS, "count": 2},
            {"text": 'did "Order Completed" in the last 90 days', "count": 2},
        ],
        "without_rate": 0,
        "engine": "duckdb",
    }


def test_count_shows_a_person_the_tree(people: dict[str, int], say: Any) -> None:
    lines = say("count", LAPSED).splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "2", "1"]
    assert "BUT NOT" in lines[0]
    assert lines[1].endswith(f"  {REGULARS}")
    assert "1 of 4 customers as of 2026-03-02T12:00:00Z" in lines[-1]


def test_count_reads_what_came_in_a_moment_ago(people: dict[str, int], say: Any, tell: Tell) -> None:
    assert json.loads(say("count", REGULARS, "--json"))["count"] == 2
    tell(track("ana", "Order Completed", days_ago=1, order_id="a-2", revenue=5, currency="USD"))
    assert json.loads(say("count", REGULARS, "--json"))["count"] == 3


def test_as_of_an_earlier_day_later_facts_do_not_count(people: dict[str, int], say: Any) -> None:
    assert json.loads(say("count", 'did "Order Completed"', "--as-of", "2025-06-01", "--json"))["count"] == 1


def test_members_are_ids_with_user_ids(people: dict[str, int], say: Any) -> None:
    members = json.loads(say("members", REGULARS, "--json"))
    assert members == {"count": 2, "members": [{"id": people[name], "user_id": name} for name in ("bob", "chen")]}
    first = json.loads(say("members", REGULARS, "--limit", "1", "--json"))
    assert (first["count"], first["members"]) == (2, members["members"][:1])
    assert AuditEntry.objects.filter(deed="segments.members", subject=REGULARS).count() == 2


def test_members_reads_well_too(people: dict[str, int], say: Any) -> None:
    out = say("members", REGULARS, "--limit", "1")
    assert "bob" in out
    assert "1 of 2 members" in out


def test_evidence_gives_reasons(people: dict[str, int], say: Any) -> None:
    found = json.loads(say("evidence", LAPSED, "--customer", "bob", "--json"))
    assert found["holds"] is False
    assert [(node["holds"], node["figure"], len(node["facts"])) for node in found["nodes"][1:]] == [(True, 5, 5), (True, 2, 2)]
    assert set(found["nodes"][0]) == {"text", "holds", "figure", "facts"}
    assert AuditEntry.objects.filter(deed="customers.read", subject=f"customer {people['bob']}").count() == 1
    lines = say("evidence", LAPSED, "--customer", "chen").splitlines()
    assert lines[0].startswith("yes")
    assert any("2024-04" in line for line in lines)


def test_text_and_tree_turn_into_each_other(say: Any, tmp_path: Path) -> None:
    tree = say("tree", 'did "A" or  did "B"', "--json")
    assert json.loads(tree) == {"or": [{"did": "A"}, {"did": "B"}]}
    file = tmp_path / "rule.json"
    file.write_text(tree)
    assert say("text", f"@{file}") == 'did "A" OR did "B"\n'
    assert json.loads(say("text", tree, "--json")) == {"text": 'did "A" OR did "B"'}


def test_a_saved_segment_and_a_named_measure_are_words_of_the_next_rule(people: dict[str, int], say: Any) -> None:
    say("save", LAPSED, "--name", "Lapsed")
    say("define", 'spend := sum(revenue) of "Order Completed"')
    assert json.loads(say("count", 'in segment "Lapsed" AND spend > 100', "--json"))["count"] == 1
    listed = json.loads(say("list", "--json"))
    assert [one["name"] for one in listed["segments"] + listed["measures"]] == ["Lapsed", "spend"]
    assert datetime.fromisoformat(listed["segments"][0]["updated"]) == from_us(moment_us("2026-03-02T12:00:00+00:00"))
    say("rename", "Lapsed", "--name", "Asleep")
    say("delete", "spend")
    say("delete", "Asleep")
    assert "Nothing is saved yet" in say("list")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["count"], "Which rule"),
        (["count", 'did "Order Complete"'], r'Line 1, column 1: .*Did you mean "Order Completed"'),
        (["count", "days since last \"Order Completed\" > 1.5"], "whole number"),
        (["count", "everyone", "--as-of", "yesterday"], "--as-of"),
        (["members", "everyone", "--limit", "-1"], "less than nobody"),
        (["evidence", "everyone"], "Whose evidence"),
        (["evidence", "everyone", "--customer", "BOB"], 'No customer has the user id "BOB"'),
        (["save", "everyone"], "Under which name"),
        (["delete", "Nothing"], 'No segment is called "Nothing"'),
    ],
)  # fmt: skip
def test_words_that_are_off_are_refused_in_plain_ones(people: dict[str, int], say: Any, words: list[str], told: str) -> None:
    with pytest.raises(Refusal, match=told):
        say(*words)


def test_a_refresh_and_a_history_tell_who_moved(people: dict[str, int], say: Any) -> None:
    say("save", REGULARS, "--name", "Regulars")
    told = json.loads(say("refresh", "--json"))
    assert (told["segments"], told["troubles"]) == ([{"name": "Regulars", "people": 2}], {})
    assert "2  Regulars" in say("refresh")
    found = json.loads(say("history", "Regulars", "--since", "2010-01-01", "--json"))
    assert (found["days"], found["came"], found["left"], found["asked"]) == ([], 2, 0, True)
    assert "2 came, 0 left" in say("history", "Regulars", "--since", "2010-01-01")
    with pytest.raises(Refusal, match="is no day"):
        say("history", "Regulars", "--since", "soon")
