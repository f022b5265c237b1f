"""A life as rows: visits and mails in one row each, machines hidden and counted, months in order."""

from collections.abc import Callable
from datetime import datetime

import pytest

from rapport.console.pages.lanes import lane_of
from rapport.console.pages.profile import Profile
from rapport.console.pages.timeline import Timeline, dots, lane_table, timeline
from rapport.customers.models import Customer
from rapport.lib.clock import now_us
from tests.cast import identify, moment, person, track

Tell = Callable[..., None]


def life(customer: Customer, **asked: str) -> Timeline:
    shown = Profile(customer, now_us())
    return timeline(shown.facts, shown.catalogue, **asked)


def texts(found: Timeline) -> list[str]:
    return [row.said.text for month in found.months for row in month.rows]


def test_orders_stand_newest_first_by_month(bob: Customer, today: datetime) -> None:
    found = life(bob)
    times = [row.time_us for month in found.months for row in month.rows]
    assert times == sorted(times, reverse=True)
    assert texts(found)[0] == "Ordered 1 piece"
    assert [month.key for month in found.months] == sorted((month.key for month in found.months), reverse=True)


def test_being_told_who_somebody_is_is_hidden_and_counted(bob: Customer, today: datetime) -> None:
    found = life(bob)
    assert found.machines == 1
    assert found.total == 5


def test_what_is_looked_at_within_half_an_hour_is_one_visit(tell: Tell, today: datetime) -> None:
    minute = 1 / 1440
    tell(identify("bob", days_ago=3, email="bob@example.com"))
    tell(*(track("bob", "Product Viewed", days_ago=2 - n * 5 * minute, name=f"Coat {n % 3}") for n in range(4)))
    tell(track("bob", "Page Viewed", days_ago=1, title="Returns"))
    assert texts(life(person("bob"))) == ["Looked at 1 page", "Looked at 3 products for 15 minutes"]


def test_one_mail_is_one_row_with_its_path(tell: Tell, today: datetime) -> None:
    mail = {"email_id": "m-1", "email_subject": "Coats are in"}
    tell(
        identify("bob", days_ago=9, email="bob@example.com"),
        track("bob", "Email Sent", days_ago=3, **mail),
        track("bob", "Email Opened", days_ago=2, **mail),
        track("bob", "Email Link Clicked", days_ago=1.9, **mail),
        track("bob", "Email Sent", days_ago=1, email_id="m-2", email_subject="Late"),
    )
    rows = [row for month in life(person("bob")).months for row in month.rows]
    assert [row.said.text for row in rows] == ["“Late”", "“Coats are in”"]
    assert [step for step, _ in rows[1].path] == ["sent", "opened", "clicked"]


def test_a_bad_word_stands_out_and_is_quoted(ana: Customer, today: datetime) -> None:
    rated = next(row for month in life(ana).months for row in month.rows if row.lane.name == "service")
    assert (rated.said.tone, rated.said.quote) == ("bad", "It shrank.")


def test_a_lane_alone_keeps_the_numbers_of_all(ana: Customer, today: datetime) -> None:
    found = life(ana, lane="shop")
    assert texts(found) == ["Ordered 1 piece"]
    assert {lane.name: count for lane, count in found.lanes} == {"shop": 1, "service": 1}


def test_months_follow_one_another_without_loss(tell: Tell, today: datetime) -> None:
    tell(identify("bob", days_ago=900, email="bob@example.com"))
    tell(*(track("bob", "Order Shipped", days_ago=10 * n, order_id=f"s-{n}") for n in range(80)))
    bob, seen, before = person("bob"), 0, ""
    for _ in range(40):
        found = life(bob, before=before)
        seen += sum(len(month.rows) for month in found.months)
        if found.following is None:
            break
        before = found.last_key
    assert seen == 80


def test_the_plot_marks_trouble_and_what_lies_ahead(tell: Tell, ana: Customer, today: datetime) -> None:
    tell(track("ana", "Flight Taken", days_ago=-20, origin="HAM", destination="LIS"))
    shown = Profile(ana, now_us())
    plot = dots(shown.facts, shown.catalogue, now_us=shown.now_us)
    tones = {plot["lanes"][point[1]]: point[3] for point in plot["points"]}
    assert tones == {"Shop": "", "Service": "bad", "Travel": "ahead"}
    assert plot["until"] > max(point[0] for point in plot["points"])


def test_the_table_behind_the_plot_adds_up(bob: Customer, today: datetime) -> None:
    shown = Profile(bob, now_us())
    table = lane_table(shown.facts, shown.catalogue)
    assert table["heads"] == ["Quarter", "Shop"]
    assert sum(row[1] for row in table["rows"]) == 5


@pytest.mark.parametrize(
    ("event", "lane"),
    [
        ("Order Completed", "shop"),
        ("Product Viewed", "web"),
        ("Unsubscribed", "mail"),
        ("Ticket Issued", "travel"),
        ("Points Earned", "club"),
        ("Tried On", "other"),
    ],
)
def test_every_fact_has_its_lane(event: str, lane: str) -> None:
    assert lane_of(event).name == lane


def test_a_fact_nobody_wrote_a_sentence_for_is_still_told(tell: Tell, today: datetime) -> None:
    tell(identify("bob", days_ago=3, email="bob@example.com"), track("bob", "Tried On", days_ago=1, branch="Hamburg", minutes=40))
    row = life(person("bob")).months[0].rows[0]
    assert (row.said.text, row.said.quiet) == ("Tried On", "branch Hamburg · minutes 40")


def test_values_of_any_shape_are_told_without_an_error(tell: Tell, today: datetime) -> None:
    odd = {"revenue": "NaN", "products": [1, {"quantity": "two", "name": ["x"]}], "order_id": {"a": 1}, "score": [1], "comment": 5}
    tell(identify("bob", days_ago=3, email="bob@example.com"))
    for event in (
        "Order Completed",
        "Order Refunded",
        "Order Cancelled",
        "Feedback Given",
        "Points Earned",
        "Flight Taken",
        "Email Opened",
    ):
        tell(track("bob", event, days_ago=1, **odd))
    assert len(texts(life(person("bob")))) == 7
    assert moment(1)
