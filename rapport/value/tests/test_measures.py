"""Measures the company has named are tried as signals: as rules have them, and believed where they help."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rapport.events.actions import NewFact, record
from rapport.lib.clock import DAY_US, HOUR_US, fixed, from_us
from rapport.segments.actions import define_measure
from rapport.value.calendar import day_end_us
from rapport.value.days import PurchaseDays
from rapport.value.measures import NAMED_MAX, signals
from rapport.value.signals import Signals
from rapport.value.tests.test_report import NOW_US, TODAY, bought
from rapport.value.valuation import Options, fit
from rapport.warehouse.actions import catch_up

CUSTOMERS, DAYS = 1_200, 500


@pytest.fixture
def workshop(lake: Path) -> Iterator[PurchaseDays]:
    """Some customers come to workshops, and buy three times as often for it; their catalogues come to anybody."""
    chance = np.random.default_rng(8)
    came = chance.random(CUSTOMERS) < 0.4
    rate = chance.gamma(4, 1 / 400, CUSTOMERS) * np.where(came, 3, 1)
    whose, when = np.nonzero(chance.random((CUSTOMERS, DAYS)) < rate[:, None])
    days = PurchaseDays.of(whose + 1, when + TODAY - DAYS, np.round(chance.gamma(6, 5, len(whose)), 2))
    facts = [bought(int(one), int(day), 10.0) for one, day in zip(np.repeat(days.ids, days.counts), days.day, strict=True)]
    for one in range(CUSTOMERS):
        begun = (TODAY - DAYS + 1) * DAY_US + 9 * HOUR_US
        if came[one]:
            facts += [_fact("Workshop Attended", one, begun, number, score=number) for number in range(3)]
        facts.append(_fact("Catalogue Sent", one, begun, 0, pages=int(chance.integers(1, 90)), sent=f"2024-0{1 + one % 9}-01"))
    for start in range(0, len(facts), 1_000):
        record(facts[start : start + 1_000])
    catch_up()
    with fixed(from_us(NOW_US)):
        yield days


def _fact(event: str, one: int, begun: int, number: int, **said: float | str) -> NewFact:
    return NewFact(event, f"{event} {one} {number}", said, one + 1, begun + number * HOUR_US)


def read(days: PurchaseDays) -> Signals:
    found = signals(days.ids, day_end_us(TODAY - 1))
    assert found is not None
    return found


def test_a_named_measure_is_tried_and_believed_where_it_helps(workshop: PurchaseDays) -> None:
    for text in (
        'workshops := number of "Workshop Attended"',
        'pages := average(pages) of "Catalogue Sent"',
        'sent := largest(sent) of "Catalogue Sent"',
        'orders := number of "Order Completed"',
    ):
        define_measure(text, by="test")
    known = read(workshop)
    assert (known.names, known.is_counted) == (("pages", "workshops"), (False, True))  # no dates, and purchases never twice
    pages, workshops = known.known(TODAY - 1, workshop.ids, known.every).T
    assert set(np.unique(workshops)) == {0, 3} and pages.min() >= 1 and pages.max() < 90
    before = known.known(TODAY - DAYS - 1, workshop.ids, known.every)
    assert known.known(TODAY - 1, workshop.ids, (1,))[:, 0].tolist() == workshops.tolist()
    assert np.isnan(before[:, 0]).all() and not before[:, 1].any()  # of no fact nothing is known, but 0 are counted
    model = fit(workshop.summaries, workshop, TODAY - 1, Options(182), signals=known)
    found = {one.name: one for one in model.judged}
    assert found["workshops"].is_accepted and not found["pages"].is_accepted, [(one.name, str(one.why)) for one in model.judged]
    assert found["workshops"].rate > 1.2
    labels = [str(group.name) for group in found["workshops"].groups]
    assert labels == ["up to 0", "0 to 3"], "groups are told as the measure is, not by its logarithm"


def test_so_many_are_tried_and_no_more(workshop: PurchaseDays) -> None:
    for number in range(NAMED_MAX + 3):
        define_measure(f'pages_{number:02} := sum(pages) of "Catalogue Sent" in the last {number + 1} days', by="test")
    assert read(workshop).names == tuple(f"pages_{number:02}" for number in range(NAMED_MAX))
