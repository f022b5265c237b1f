"""Open carts count at the chance that they hold, only where nothing else was expected, and once."""

from pathlib import Path

import numpy as np
import pytest

from rapport.events.actions import NewFact, record
from rapport.lib.clock import DAY_US, HOUR_US
from rapport.value.ahead import Carts, open_carts, with_carts
from rapport.value.tests.test_report import regulars
from rapport.value.valuation import Options, fit, value
from rapport.warehouse.actions import catch_up

DAY = 20_000
END_US = DAY * DAY_US


def cart(customer: int, days_ago: float, total: float) -> NewFact:
    said = {"order_id": f"{customer} {days_ago}", "total": total, "currency": "EUR"}
    return NewFact("Checkout Started", f"cart {customer} {days_ago}", said, customer, int(END_US - days_ago * DAY_US))


def order(customer: int, days_ago: float) -> NewFact:
    said = {"order_id": f"{customer} {days_ago}", "revenue": 10, "currency": "EUR"}
    return NewFact("Order Completed", f"order {customer} {days_ago}", said, customer, int(END_US - days_ago * DAY_US))


def test_what_is_open_and_how_many_hold(lake: Path) -> None:
    past = [cart(number, 40, 50) for number in range(1, 41)] + [order(number, 39) for number in range(1, 11)]
    late = [order(number, 30) for number in range(11, 21)]  # ten days after: the cart was forgotten
    now = [cart(1, 3, 70), cart(1, 2, 80), cart(2, 3, 60), order(2, 2.5), cart(3, 6.9, 20), cart(4, 8, 99)]
    record([*past, *late, *now])
    catch_up()
    found = open_carts(END_US)
    assert found is not None
    assert (found.ids.tolist(), found.amount.tolist()) == ([1, 3], [80, 20])
    assert found.learnt_from == 41  # the one of eight days ago too
    assert found.holds == pytest.approx(10 / 41)
    assert open_carts(END_US - 38 * DAY_US - HOUR_US) is None  # too few to learn from by then


def test_no_facts_of_carts(lake: Path) -> None:
    assert open_carts(END_US) is None


def test_a_cart_adds_where_nothing_was_expected_and_is_never_counted_twice() -> None:
    days = regulars(300, 500).until(19_990)
    model = fit(days.summaries, days, 19_990, Options(discount=0))
    plain = value(days.summaries, model)
    ids = plain.ids[[0, 5]]
    found = with_carts(plain, Carts(np.append(ids, 10**6), np.array([100.0, -5, 100]), 0.25, 40))
    assert found.confirmed[0] == pytest.approx(100 * 0.25 * plain.none[0], rel=1e-5)
    assert found.confirmed.sum() == found.confirmed[0]
    assert found.value[0] == pytest.approx(plain.value[0] + found.confirmed[0])
    assert (found.low <= found.value).all() and (found.value <= found.high).all()
    assert found.may_high[0] >= 100
    assert with_carts(plain, None) is plain
