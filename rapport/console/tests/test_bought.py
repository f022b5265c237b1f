"""What a customer bought, in the company's money."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from rapport.commerce import queries as commerce
from rapport.console.pages.bought import Bought, bought
from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.lib.clock import now_us
from tests.cast import order, person, track

Tell = Callable[..., None]


def sums(customer: Customer) -> Bought:
    return bought(commerce.orders_of(customers.family_of(customer.id)), now_us=now_us())


def test_a_year_and_ever_are_told_apart(bob: Customer, today: datetime) -> None:
    found = sums(bob)
    assert (found.orders, found.year_orders, found.rhythm_days) == (5, 5, 60)
    assert found.year == found.ever == Decimal(420)


def test_a_cancelled_order_and_money_back_are_no_income(tell: Tell, bob: Customer, today: datetime) -> None:
    tell(
        track("bob", "Order Cancelled", days_ago=2, order_id="b-0"),
        track("bob", "Order Refunded", days_ago=1, order_id="b-1", revenue=20, currency="USD"),
    )
    found = sums(bob)
    assert (found.orders, found.cancelled, found.returned) == (4, 1, 1)
    assert found.ever == Decimal(420 - 60 - 20)


def test_an_order_without_a_rate_is_counted_and_left_out(tell: Tell, bob: Customer, today: datetime) -> None:
    tell(track("bob", "Order Completed", days_ago=1, order_id="yen", revenue=9000, currency="JPY"))
    found = sums(bob)
    assert (found.orders, found.unrated, found.ever) == (6, 1, Decimal(420))


def test_quarters_end_with_the_running_one_and_show_zeros(chen: Customer, today: datetime) -> None:
    found = sums(chen)
    assert [name for name, _ in found.quarters][-1] == "Q1 26"
    assert len(found.quarters) == 8
    assert found.rhythm_days == 10


def test_nobody_who_bought_nothing_has_a_last_order(tell: Tell, mia: Customer, today: datetime) -> None:
    found = sums(mia)
    assert (found.last_us, found.year, found.rhythm_days) == (None, Decimal(0), None)
    tell(order("mia", "m-1", days_ago=1, sku="BELT-BROWN", price=35.0))
    assert sums(person("mia")).rhythm_days is None
