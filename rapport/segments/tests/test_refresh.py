"""What a refresh keeps and tells: sets that move with facts and with the clock, days as they ended, facts for who listens."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyroaring import BitMap
from pytest_django import Settings

from rapport.customers import queries as customers
from rapport.customers.actions import mark_erased
from rapport.events import queries as events
from rapport.events.actions import learn
from rapport.intake.actions import receive
from rapport.lib.clock import DAY_US, HOUR_US
from rapport.lib.locks import HeldByAnother, loop_lock
from rapport.segments import actions, queries
from rapport.segments.models import KeptSet, Refresh, Segment
from rapport.segments.refresh import actions as refreshing
from rapport.segments.refresh import days, kept
from rapport.segments.refresh import refreshing as refreshing_of_sets
from rapport.segments.refresh.refreshing import Moved
from rapport.segments.tests.cases.playing import moment_us
from rapport.segments.tests.cases.world import alias, identify, order, track
from rapport.warehouse import actions as warehouse
from rapport.warehouse import engine

pytestmark = pytest.mark.django_db(transaction=True)
ME = "mo@company.example"
NOON = moment_us("2026-03-10T12:00:00Z")
LAPSED = 'did "Order Completed" BUT NOT did "Order Completed" in the last 30 days'


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, settings: Settings) -> Iterator[None]:
    engine.forget()
    kept.forget()
    settings.LAKE_DIR, settings.LOCK_DIR = tmp_path / "lake", tmp_path / "locks"
    told(identify("bob", "2026-01-01T00:00:00Z"), order("bob", "2026-02-20T00:00:00Z", "o1"), identify("ana", "2026-01-01T00:00:00Z"))
    yield
    engine.forget()
    kept.forget()


_count = iter(range(10**9))


def told(*facts: dict) -> None:
    messages = [{"messageId": f"m{next(_count)}", **fact} for fact in facts]
    receipt = receive(messages, source_id=None, received_us=NOON + 90 * DAY_US)
    assert receipt.accepted == len(facts), receipt.refused
    learn()
    warehouse.catch_up()


def refresh(moment: int) -> Moved:
    words = queries.vocabulary()
    return refreshing.refresh(queries.kept_rules(words)[0], words, moment_us=moment)


def who(name: str) -> set[int]:
    found = queries.members(queries.segment_named(name))
    assert found is not None
    return set(found.ids)


def number(user_id: str) -> int:
    found = customers.find("user_id", user_id)
    assert found is not None
    return found.id


def save(name: str, rule: str) -> Segment:
    saved = actions.save_segment(name, rule, by=ME)
    Segment.objects.filter(id=saved.id).update(updated_us=NOON - DAY_US)  # the clock of these tests stands in March
    return saved


def test_a_new_fact_and_the_clock_alone_move_people() -> None:
    save("Lapsed", LAPSED)
    refresh(NOON)
    assert who("Lapsed") == set()
    assert not refresh(NOON + 13 * DAY_US).asked_whole  # the order has become 30 days old by then
    assert who("Lapsed") == {number("bob")}
    told(order("bob", "2026-03-22T00:00:00Z", "o2"))
    assert not refresh(NOON + 14 * DAY_US).asked_whole
    assert who("Lapsed") == set()


def test_a_clock_set_back_takes_the_sets_back() -> None:
    save("Lapsed", LAPSED)
    refresh(NOON + 20 * DAY_US)
    assert who("Lapsed") == {number("bob")}
    refresh(NOON)
    assert who("Lapsed") == set()


def test_what_crosses_an_edge_within_the_day_was_looked_up_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing_of_sets, "WIDE_PART", 0)  # of so few customers any part is wide
    save("Awake", 'did "Order Completed" in the last 6 hours')
    told(order("bob", "2026-03-10T08:00:00Z", "o2"))
    refresh(NOON)
    assert who("Awake") == {number("bob")}
    monkeypatch.setattr(refreshing_of_sets, "looked_up", no_scan)
    told(order("ana", "2026-03-10T12:30:00Z", "o3"))
    refresh(NOON + HOUR_US)
    assert who("Awake") == {number("bob"), number("ana")}
    refresh(NOON + 3 * HOUR_US)
    assert who("Awake") == {number("ana")}, "bob's order was there when the day was looked ahead"
    refresh(NOON + 7 * HOUR_US)
    assert who("Awake") == set(), "ana's came later and joined it"


def no_scan(*_: object) -> None:
    raise AssertionError("what was looked up an hour ago reaches until tomorrow")


def test_nothing_new_asks_nobody() -> None:
    save("Lapsed", LAPSED)
    refresh(NOON)
    outcome = refresh(NOON + HOUR_US)
    assert (outcome.asked, outcome.people, outcome.whole) == (0, 0, "")


def test_a_merge_is_no_coming_and_no_going() -> None:
    segment = save("Buyers", 'did "Order Completed"')
    actions.tell_movements("Buyers", told=True, by=ME)
    told(identify("robert", "2026-01-01T00:00:00Z"))
    refresh(NOON)
    told(alias("robert", "bob", "2026-03-11T00:00:00Z"))
    refresh(NOON + DAY_US)
    root = customers.root_of(number("bob"))
    assert who("Buyers") == {root}
    assert movements(segment) == []


def test_who_comes_and_goes_is_a_fact_where_something_listens() -> None:
    segment = save("Buyers", 'did "Order Completed" in the last 30 days')
    save("Unheard", 'did "Order Completed"')
    refresh(NOON)
    actions.tell_movements("Buyers", told=True, by=ME)
    refresh(NOON + HOUR_US)
    assert movements(segment) == [], "who was in it before does not enter"
    told(order("ana", "2026-03-11T00:00:00Z", "o3"))
    refresh(NOON + DAY_US)
    refresh(NOON + 12 * DAY_US)
    assert movements(segment) == [("Segment Entered", number("ana"), NOON + DAY_US), ("Segment Left", number("bob"), NOON + 12 * DAY_US)]


def movements(segment: Segment) -> list[tuple[str, int, int]]:
    types = {events.catalogue().event_types[name].id: name for name in ("Segment Entered", "Segment Left")}
    found = events.facts_of([row.id for row in customers.search("", limit=100)], event_type_ids=list(types))
    assert all(fact.properties == {"segment": segment.name, "segment_id": segment.id} for fact in found)
    return [(types[fact.event_type_id], fact.customer_id or 0, fact.time_us) for fact in found]


def test_someone_erased_leaves_every_set() -> None:
    save("All", "everyone")
    refresh(NOON)
    assert who("All") == {number("bob"), number("ana")}
    bob = number("bob")
    mark_erased(bob, cause="asked for")
    warehouse.catch_up()
    refresh(NOON + HOUR_US)
    assert bob not in who("All")


def test_a_day_is_kept_as_it_ended() -> None:
    segment = save("Buyers", 'did "Order Completed" in the last 20 days')
    refresh(NOON)
    refresh(NOON + 3 * DAY_US)
    key, tenth = queries.segment_key(segment), date(2026, 3, 10)
    assert days.sizes([key], tenth) == {key: [(tenth, 1), (tenth + timedelta(days=1), 1), (tenth + timedelta(days=2), 0)]}
    assert days.set_on(key, tenth) == BitMap([number("bob")])
    assert days.set_on(key, tenth + timedelta(days=2)) == BitMap()
    assert days.set_on(key, tenth - timedelta(days=1)) is None


def test_a_changed_rule_is_asked_anew_and_a_deleted_segment_leaves_nothing() -> None:
    save("Buyers", 'did "Order Completed"')
    refresh(NOON)
    save("Buyers", "everyone")
    refresh(NOON + 2 * DAY_US)
    assert who("Buyers") == {number("bob"), number("ana")}
    key = queries.segment_key(queries.segment_named("Buyers"))
    actions.delete_segment("Buyers", by=ME)
    refresh(NOON + 2 * DAY_US)
    assert days.first_day(key) is None
    assert list(KeptSet.objects.values_list("key", flat=True)) == ["everyone"]


def test_a_segment_within_another_moves_with_it() -> None:
    save("Buyers", 'did "Order Completed"')
    save("Others", 'everyone BUT NOT in segment "Buyers"')
    refresh(NOON)
    assert who("Others") == {number("ana")}
    told(order("ana", "2026-03-09T00:00:00Z", "o4"))
    refresh(NOON + HOUR_US)
    assert who("Others") == set()
    save("Buyers", "no one")
    refresh(NOON + 2 * HOUR_US)
    assert who("Others") == {number("bob"), number("ana")}


def test_what_a_restart_begins_with_is_what_was_left() -> None:
    save("Lapsed", LAPSED)
    refresh(NOON)
    kept.forget()
    assert not refresh(NOON + 13 * DAY_US).whole
    assert who("Lapsed") == {number("bob")}


def test_a_failure_between_two_lines_leaves_the_sets_of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    save("Lapsed", LAPSED)
    refresh(NOON)

    def breaks(*given: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "_tell", breaks)
        with pytest.raises(OSError, match="disk"):
            refresh(NOON + 13 * DAY_US)
    assert who("Lapsed") == set()
    row = Refresh.objects.get()
    assert row.moment_us < NOON + 13 * DAY_US
    refresh(NOON + 13 * DAY_US)
    assert who("Lapsed") == {number("bob")}


def test_a_second_refresh_at_once_is_refused() -> None:
    save("Lapsed", LAPSED)
    with loop_lock(refreshing.LOCK):
        from threading import Thread

        heard: list[BaseException] = []

        def second() -> None:
            try:
                refresh(NOON)
            except HeldByAnother as held:
                heard.append(held)
            finally:
                from django.db import connection

                connection.close()

        thread = Thread(target=second)
        thread.start()
        thread.join()
    assert len(heard) == 1


def test_a_warehouse_made_anew_keeps_the_sets(settings: Settings) -> None:
    save("Lapsed", LAPSED)
    refresh(NOON)
    warehouse.rebuild()
    outcome = refresh(NOON + 13 * DAY_US)
    assert outcome.whole == ""
    assert who("Lapsed") == {number("bob")}


def test_a_warehouse_that_was_deleted_is_no_reason_for_a_wrong_set(tmp_path: Path) -> None:
    import shutil

    save("Lapsed", LAPSED)
    refresh(NOON + 13 * DAY_US)
    shutil.rmtree(tmp_path / "lake")
    engine.forget()
    outcome = refresh(NOON + 13 * DAY_US)  # an empty lake: read no further than its beginning
    assert "read less than it had" in outcome.whole
    warehouse.catch_up()
    refresh(NOON + 13 * DAY_US)
    assert who("Lapsed") == {number("bob")}


def test_a_rule_that_cannot_be_asked_any_more_keeps_no_set_and_stops_no_other() -> None:
    save("Lapsed", LAPSED)
    broken = save("Broken", "everyone")
    Segment.objects.filter(id=broken.id).update(rule='did "Moon Landed"')
    refresh(NOON + 13 * DAY_US)
    assert who("Lapsed") == {number("bob")}
    assert queries.members(queries.segment_named("Broken")) is None
    troubles = queries.kept_rules(queries.vocabulary())[1]
    assert "Moon Landed" in str(troubles[queries.segment_key(broken)])


def test_the_loop_rests_where_nothing_is_saved() -> None:
    assert actions.refresh_if_due() is False
    assert not Refresh.objects.exists()


def test_the_loop_refreshes_once_and_again_when_facts_came() -> None:
    actions.save_segment("Buyers", 'did "Order Completed"', by=ME)
    assert actions.refresh_if_due() is True
    Refresh.objects.update(seconds=0)
    assert actions.refresh_if_due() is False
    told(track("ana", "Order Completed", "2026-03-01T00:00:00Z", order_id="o9"))
    assert actions.refresh_if_due() is True
    assert number("ana") in who("Buyers")
