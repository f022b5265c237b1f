"""Orders stand as the shop last told us, whatever order the facts arrive in."""

from itertools import permutations

import pytest

from rapport.commerce.actions import orders
from rapport.commerce.actions.currency import company_currency
from rapport.commerce.models import Order, Rate
from rapport.commerce.queries import lines_of, order
from rapport.events.models import Event, UnratedEvent
from rapport.intake.actions import receive

pytestmark = pytest.mark.django_db


def told(event, day, **properties):
    return {
        "type": "track",
        "event": event,
        "userId": "bob",
        "messageId": f"{event} {day}",
        "timestamp": f"2026-01-{day:02}T00:00:00Z",
        "properties": {"order_id": "10-1", "currency": "EUR", **properties},
    }


STORY = [
    told("Order Completed", 1, revenue=100, products=[{"sku": "a"}, {"sku": "b"}], payment_method="card", payment_last4="4242"),
    told("Order Updated", 3, revenue="80.50", products=[{"sku": "a"}]),
    told("Order Shipped", 4, shipped_at="2026-01-04T08:00:00Z", tracking="ZZ1"),
    told("Order Refunded", 9, revenue=20.25),
]


def test_the_newest_content_stands_whatever_comes_first():
    seen = set()
    for story in permutations(STORY):
        Order.objects.all().delete(), Event.objects.all().delete()
        for fact in story:
            receive([fact], source_id=None)
        row = order("10-1")
        assert [line["sku"] for line in lines_of(row)] == ["a"]
        seen.add((row.revenue_e6, row.refunded_e6, row.tracking, row.payment_last4, row.completed_us, row.shipped_us, row.refunded_us))
    assert len(seen) == 1 and seen.pop()[:4] == (80_500_000, 20_250_000, "ZZ1", "4242")


def test_a_refund_of_an_unknown_order_is_no_order():
    receive([told("Order Refunded", 2, revenue=5)], source_id=None)
    assert order("10-1").completed_us is None


def test_refolding_from_the_log_gives_the_same():
    receive(STORY, source_id=None)
    before = Order.objects.values().get()
    orders.refold(["10-1"])
    after = Order.objects.values().get()
    assert {**after, "id": None} == {**before, "id": None}


def test_the_first_money_fact_decides_the_company_s_currency():
    receive([told("Product Viewed", 1, price=3)], source_id=None)
    receive([{**told("Order Completed", 2, revenue=3), "properties": {"order_id": "2", "revenue": 1, "currency": "USD"}}], source_id=None)
    assert company_currency() == "EUR"


def test_a_fact_keeps_the_rate_of_its_day_and_says_when_there_was_none():
    Rate.objects.create(day="2026-01-02", currency="USD", rate_e9=920_000_000)
    receive([told("Order Completed", 1, revenue=1)], source_id=None)
    for day in (2, 3):
        fact = told("Order Completed", day)
        receive([{**fact, "properties": {"order_id": str(day), "revenue": 1, "currency": "usd"}}], source_id=None)
    rates = dict(Event.objects.values_list("message_id", "rate_e9"))
    assert rates == {"Order Completed 1": None, "Order Completed 2": 920_000_000, "Order Completed 3": 0}
    assert UnratedEvent.objects.get().currency == "USD"
