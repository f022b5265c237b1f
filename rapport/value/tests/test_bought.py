"""What a purchase brings: cancelled is none, given back is taken off, cost is taken off where it is told."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest_django import Settings

from rapport.commerce.models import Product
from rapport.events.actions import NewFact, record
from rapport.events.models import Event
from rapport.lib.clock import DAY_US
from rapport.value.bought import purchase_days, summaries, told
from rapport.warehouse.actions import catch_up

END_US = 200 * DAY_US


def order(order_id: str, customer: int, day: int, revenue: float, **said: Any) -> NewFact:
    return fact("Order Completed", order_id, customer, day, revenue=revenue, **said)


def fact(name: str, order_id: str, customer: int, day: int, **said: Any) -> NewFact:
    properties = {"order_id": order_id, "currency": "EUR"} | said
    return NewFact(name, f"{name} {order_id} {day} {said}", properties, customer, day * DAY_US + DAY_US // 2)


def kept(*facts: NewFact) -> None:
    record(facts)
    catch_up()


def spent() -> dict[int, list[float]]:
    found = purchase_days(END_US)
    return {int(one): found.amount[found.start[n] : found.start[n + 1]].tolist() for n, one in enumerate(found.ids)}


def test_cancelled_orders_are_no_purchases_and_refunds_are_taken_off(lake: Path) -> None:
    kept(
        order("a", 1, 10, 100),
        order("b", 1, 20, 50),
        order("c", 2, 10, 80),
        order("d", 3, 10, 30),
        fact("Order Cancelled", "b", 1, 21),
        fact("Order Refunded", "c", 2, 22, revenue=20),
        fact("Order Refunded", "c", 2, 23, total=10),
        fact("Order Refunded", "d", 3, 24, revenue=90),
        fact("Order Refunded", "nobody's", 3, 24, revenue=90),
    )
    assert spent() == {1: [100], 2: [pytest.approx(50)], 3: [pytest.approx(-60)]}
    assert told(END_US).purchases == 3
    assert summaries(END_US).mean.tolist() == [100, pytest.approx(50), 0]
    assert spent_before(15) == {1: [100], 2: [80], 3: [30]}


def spent_before(day: int) -> dict[int, list[float]]:
    found = purchase_days(day * DAY_US)
    return {int(one): found.amount[found.start[n] : found.start[n + 1]].tolist() for n, one in enumerate(found.ids)}


def test_the_newest_word_on_an_orders_amount_counts(lake: Path) -> None:
    kept(
        order("a", 1, 10, 100),
        fact("Order Updated", "a", 1, 12, revenue=70),
        fact("Order Updated", "a", 1, 11, revenue=90),
    )
    assert spent() == {1: [70]}


def test_margin_is_what_cost_leaves_where_every_line_tells_it_else_the_stated_one(lake: Path, settings: Settings) -> None:
    settings.VALUE_MARGIN = 0.4
    line = {"product_id": "p", "price": 50, "quantity": 2}
    kept(
        order("a", 1, 10, 100, products=[line | {"cost": 30}]),
        order("b", 2, 10, 100, products=[line | {"cost": 30}, line]),
        order("c", 3, 10, 100),
        order("d", 4, 10, 100, products=[line | {"cost": 30}]),
        fact("Order Refunded", "d", 4, 11, revenue=50),
    )
    assert spent() == {1: [40], 2: [40], 3: [40], 4: [20]}
    assert told(END_US).with_cost == 2
    settings.VALUE_MARGIN = 1.0
    assert spent() == {1: [40], 2: [100], 3: [100], 4: [20]}


@pytest.mark.parametrize("where", ["", "sail://local"])
def test_where_lines_do_not_tell_their_cost_that_of_their_products_counts(where: str, lake: Path, settings: Settings) -> None:
    settings.VALUE_MARGIN, settings.ENGINE = 0.4, where or settings.ENGINE
    Product.objects.create(sku="BELT", cost=Decimal("12.5"), updated_us=0)
    Product.objects.create(sku="COAT", cost=None, updated_us=0)
    kept(
        order("a", 1, 10, 100, products=[{"sku": "BELT", "quantity": 2}]),
        order("b", 2, 10, 100, products=[{"sku": "BELT", "quantity": 2, "cost": 30}, {"sku": "BELT"}]),  # what the line says comes first
        order("c", 3, 10, 100, products=[{"sku": "BELT"}, {"sku": "COAT"}]),
        order("d", 4, 10, 100, products=[{"sku": "NULL", "quantity": 1}]),
    )
    assert spent() == {1: [75], 2: [27.5], 3: [40], 4: [40]}
    assert told(END_US).with_cost == 2
    Product.objects.update(cost=None)
    assert spent() == {1: [40], 2: [40], 3: [40], 4: [40]}


def test_a_currency_without_a_rate_is_a_purchase_of_nothing_and_counted(lake: Path) -> None:
    _, yen = record([order("a", 1, 10, 100), order("b", 1, 20, 5_000, currency="JPY")])
    assert yen is not None
    Event.objects.filter(id=yen).update(rate_e9=0)
    catch_up()
    assert spent() == {1: [100, 0]}
    assert told(END_US).without_rate == 1


def test_an_amount_that_is_none_and_lines_nobody_told(lake: Path) -> None:
    kept(NewFact("Order Completed", "x", {"order_id": "x", "revenue": "free"}, 1, 10 * DAY_US), order("z", 2, 10, 0), order("n", 3, 10, -5))
    assert spent() == {1: [0], 2: [0], 3: [-5]}


def test_summaries_are_those_of_the_days_and_a_part_of_the_customers_is_a_part(lake: Path) -> None:
    chance = np.random.default_rng(1)
    kept(*(order(f"o{n}", int(chance.integers(1, 40)), int(chance.integers(1, 150)), float(n)) for n in range(300)))
    whole, told_of = purchase_days(END_US).summaries, summaries(END_US)
    for name in ("ids", "counts", "first", "last", "spent"):
        assert np.allclose(getattr(whole, name), getattr(told_of, name)), name
    third = purchase_days(END_US, one_in=3)
    assert third.ids.tolist() == [one for one in told_of.ids.tolist() if one % 3 == 0]


def test_no_orders_at_all(lake: Path) -> None:
    assert len(summaries(END_US).ids) == len(purchase_days(END_US).ids) == told(END_US).purchases == 0
