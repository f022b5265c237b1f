"""The practice company's past is the same at every telling, bounded, and like a shop's."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from rapport.learn.practice import company
from rapport.learn.practice.clockwork import Told, day_of
from rapport.learn.practice.people import COUNTRIES
from rapport.learn.practice.story import FACTS_PER_CUSTOMER_MAX, facts_max, tell
from rapport.lib.clock import to_us

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
CUSTOMERS = 600


@cache
def story(seed: int = 1, customers: int = CUSTOMERS) -> tuple[Told, ...]:
    return tuple(tell(seed=seed, customers=customers, until_us=to_us(NOW)))


def of(event: str, **options: int) -> list[dict[str, Any]]:
    return [told.message for told in story(**options) if told.message.get("event") == event]


def test_the_same_seed_tells_the_same_story() -> None:
    again = tuple(tell(seed=1, customers=CUSTOMERS, until_us=to_us(NOW)))
    assert again == story()
    assert story(seed=2, customers=40) != story(seed=1, customers=40)


def test_the_whole_company_of_three_thousand_stays_within_a_hundred_thousand_facts() -> None:
    facts = len(story(customers=3_000))
    assert 60_000 < facts <= facts_max(3_000) <= 100_000


@pytest.mark.parametrize("seed", range(1, 9))
def test_no_seed_comes_near_the_bound(seed: int) -> None:
    """So the bound is never what ends a story."""
    assert len(story(seed=seed)) < 0.93 * FACTS_PER_CUSTOMER_MAX * CUSTOMERS


def test_it_is_told_in_time_order_and_ends_now() -> None:
    times = [told.time_us for told in story()]
    assert times == sorted(times)
    assert times[-1] < to_us(NOW)
    assert times[-1] > to_us(NOW - timedelta(days=1))
    assert times[0] >= to_us(NOW - timedelta(days=732))


def test_every_message_has_an_id_of_its_own() -> None:
    ids = {told.message["messageId"] for told in story()}
    assert len(ids) == len(story())


def test_every_customer_says_who_they_are_before_anything_is_known_of_them() -> None:
    firsts: dict[str, str] = {}
    for told in story():
        if user_id := told.message.get("userId"):
            firsts.setdefault(user_id, told.message["type"])
    assert len(firsts) == CUSTOMERS
    assert set(firsts.values()) == {"identify"}


def test_nobody_shares_an_address() -> None:
    traits = [told.message["traits"] for told in story(customers=3_000) if told.message["type"] == "identify"]
    for name in ("email", "phone"):
        owners = Counter(trait[name] for trait in traits if "firstName" in trait and name in trait)
        assert owners
        assert max(owners.values()) == 1
    assert all(trait["email"].endswith(".example") for trait in traits if "email" in trait)


def test_most_buyers_buy_once() -> None:
    orders = Counter(message["userId"] for message in of("Order Completed"))
    once = sum(1 for number in orders.values() if number == 1)
    assert once > len(orders) / 2
    assert max(orders.values()) >= 8


def test_december_and_the_summer_sale_are_the_peaks() -> None:
    orders = [told.time_us for told in story(customers=3_000) if told.message.get("event") == "Order Completed"]
    months = Counter(day_of(time_us).strftime("%m") for time_us in orders)
    assert {month for month, _ in months.most_common(2)} == {"12", "07"}
    assert months["12"] > 1.8 * months["02"]


def test_bad_reviews_follow_late_parcels() -> None:
    late = {message["properties"]["order_id"] for message in of("Order Shipped", customers=3_000) if message["properties"]["late"]}
    scores: dict[bool, list[int]] = {True: [], False: []}
    for message in of("Feedback Given", customers=3_000):
        if order_id := message["properties"].get("order_id"):
            scores[order_id in late].append(message["properties"]["score"])
    assert sum(scores[True]) / len(scores[True]) < 2.5
    assert sum(scores[False]) / len(scores[False]) > 4


def test_some_orders_are_cancelled_and_some_are_sent_back() -> None:
    orders = {message["properties"]["order_id"] for message in of("Order Completed")}
    for event in ("Order Cancelled", "Order Refunded", "Order Shipped"):
        named = {message["properties"]["order_id"] for message in of(event)}
        assert named
        assert named < orders


def test_amounts_of_an_order_add_up() -> None:
    for message in of("Order Completed"):
        order = message["properties"]
        assert round(sum(line["amount"] for line in order["products"]), 2) == order["revenue"]
        assert round(order["revenue"] + order["shipping"], 2) == order["total"]
        assert order["currency"] == "EUR"


def test_visitors_become_customers_at_the_checkout() -> None:
    looked = {told.message["anonymousId"] for told in story() if told.message["type"] == "page" and "userId" not in told.message}
    signed_in = {told.message["anonymousId"] for told in story() if told.message["type"] == "identify" and "anonymousId" in told.message}
    assert signed_in <= looked
    assert looked - signed_in, "some never say who they are"


def test_nobody_is_written_to_who_did_not_agree() -> None:
    agreed: set[str] = set()
    for told in story():
        event, who = told.message.get("event"), told.message.get("userId", "")
        if event == "Consent Given" and told.message["properties"]["channel"] == "email":
            agreed.add(who)
        elif event == "Unsubscribed" or (event == "Consent Withdrawn" and told.message["properties"]["channel"] == "email"):
            agreed.discard(who)
        assert event != "Email Sent" or who in agreed


def test_the_lapsed_are_many() -> None:
    last: dict[str, int] = {}
    orders = Counter(message["userId"] for message in of("Order Completed"))
    for told in story():
        if told.message.get("event") == "Order Completed":
            last[told.message["userId"]] = told.time_us
    lapsed = [who for who, number in orders.items() if number > 1 and last[who] < to_us(NOW - timedelta(days=180))]
    assert len(lapsed) > 0.02 * CUSTOMERS


def test_the_club_flies() -> None:
    members = {told.message["userId"] for told in story() if "membership_number" in told.message.get("traits", {})}
    flown = {message["userId"] for message in of("Flight Taken")}
    assert len(flown) > CUSTOMERS / 10
    assert flown <= members
    assert {message["properties"]["flight"][:2] for message in of("Flight Taken")} == {company.CARRIER}


def test_odd_names_are_among_them() -> None:
    names = {trait.get("lastName") for told in story() if (trait := told.message.get("traits"))}
    assert {"Null", "陳"} <= names
    assert sum(country.share for country in COUNTRIES) == 100
