"""`rapport value report` over orders in the warehouse: the same as over the purchases themselves."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from rapport.events.actions import NewFact, record
from rapport.lib.clock import DAY_US, HOUR_US, fixed, from_us
from rapport.value import queries
from rapport.value.backtest import backtested
from rapport.value.bought import purchase_days
from rapport.value.days import PurchaseDays
from rapport.warehouse.actions import catch_up

TODAY = 20_000  # 2024-10-04
NOW_US = TODAY * DAY_US + 12 * HOUR_US


def bought(customer: int, day: int, revenue: float, hour: float = 10) -> NewFact:
    message_id = f"order {customer} {day} {revenue} {hour}"
    said = {"order_id": message_id, "revenue": revenue, "currency": "EUR"}
    return NewFact("Order Completed", message_id, said, customer, int(day * DAY_US + hour * HOUR_US))


def regulars(customers: int, days: int) -> PurchaseDays:
    """By chance: rates that differ, a year and a half of them."""
    chance = np.random.default_rng(3)
    rate = chance.gamma(0.8, 1 / 40, customers)
    happened = chance.random((customers, days)) < rate[:, None]
    whose, when = np.nonzero(happened)
    return PurchaseDays.of(whose + 1, when + TODAY - days, np.round(chance.gamma(6, 5, len(whose)), 2))


@pytest.fixture
def recorded(lake: Path) -> PurchaseDays:
    days = regulars(400, 500)
    whose = np.repeat(days.ids, days.counts)
    facts = [bought(int(one), int(day), float(spent)) for one, day, spent in zip(whose, days.day, days.amount, strict=True)]
    for start in range(0, len(facts), 1_000):
        record(facts[start : start + 1_000])
    catch_up()
    return days


def test_a_fit_says_what_the_purchases_say_and_is_kept(recorded: PurchaseDays) -> None:
    by_hand = backtested(recorded, TODAY - 1, 91)
    out = StringIO()
    with fixed(from_us(NOW_US)):
        call_command("value", "fit", "--horizon-days", "91", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert set(told) >= {"model", "params", "log_likelihood", "customers", "grouped_rows", "as_of", "backtest", "seconds"}
    assert told["backtest"]["chosen"] == by_hand.chosen.name
    assert [one["scores"]["rmse"] for one in told["backtest"]["tried"]] == pytest.approx([one.scores.rmse for one in by_hand.tried])
    assert told["backtest"]["tried"][0]["origin"] == str(np.datetime64(TODAY - 1 - 91, "D"))
    assert told["backtest"]["why"].startswith(f"{by_hand.chosen.name}: error ")  # a sentence, for programs too
    assert told["spending"]["why"].startswith("Gamma-Gamma") and all(isinstance(note, str) for note in told["notes"])
    assert told["as_of"] == str(np.datetime64(TODAY - 1, "D"))
    assert queries.newest() is None  # over another horizon than the settings': a question, and no more
    with fixed(from_us(NOW_US)):
        call_command("value", "fit", stdout=StringIO())
    words = StringIO()
    call_command("value", "report", stdout=words)
    kept = queries.newest()
    assert kept is not None and f"Chosen: {queries.said(kept.report['backtest']['why'])}" in words.getvalue()
    assert queries.said(kept.report["spending"]["why"]) in words.getvalue().splitlines()


def test_days_are_those_of_the_company_and_an_unknown_amount_is_a_purchase_of_nothing(lake: Path, settings: Settings) -> None:
    settings.COMPANY_TIME_ZONE = "America/New_York"
    strange = NewFact("Order Completed", "x", {"order_id": "x"}, 2, 100 * DAY_US + 12 * HOUR_US)
    record([bought(1, 100, 5, hour=3), bought(1, 100, 7, hour=12), bought(1, 100, 1, hour=13), strange])
    catch_up()
    found = purchase_days(101 * DAY_US)
    assert found.ids.tolist() == [1, 2]
    assert found.day.tolist() == [99, 100, 100]  # three at night UTC is the evening before
    assert found.amount.tolist() == [5, 8, 0]
    assert purchase_days(100 * DAY_US + 4 * HOUR_US).day.tolist() == [99]


def test_where_there_is_nothing_to_learn_from(lake: Path) -> None:
    with pytest.raises(CommandError, match="Nobody had bought by"):
        call_command("value", "fit")
    with pytest.raises(CommandError, match="Nobody has been valued yet"):
        call_command("value", "report")
    with pytest.raises(CommandError, match="A horizon has 1 to 3650 days"):
        call_command("value", "fit", "--horizon-days", "0")
    with pytest.raises(CommandError, match="is not over yet"):
        call_command("value", "fit", "--until", "2999-01-01")
    with pytest.raises(CommandError, match="takes a day as"):
        call_command("value", "fit", "--until", "yesterday")
