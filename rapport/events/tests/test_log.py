"""The log learns its kinds from traffic, is read in order, and is followed at least once."""

from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from rapport.events import catalogue, reactions
from rapport.events.actions import NewFact, learn, record
from rapport.events.catalogue import free_name
from rapport.events.models import Cursor, Event, EventType, Property
from rapport.events.queries import facts_by_day, newest_facts, read_after
from rapport.events.values import as_kind, as_money, as_time_us, kind_of
from rapport.lib.clock import DAY_US
from tests.cast import track

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (3, "number"), (3.5, "number"), (True, "boolean"), ("x", "text"), ("", "text"), ("12", "text"), ("2026-02-28", "date"),
        ("2026-02-30", "text"), ("2026-02-28T10:00", "time"), ("2026-02-28t10:00:00.1234567z", "time"), ("20260228", "text"),
        (None, None), ([], None), ({}, None), (10**18, None), (float("inf"), None), ("2026-02-28T25:00", "text"),
        ("２０２６-02-28", "text"),
    ],
)  # fmt: skip
def test_a_first_value_teaches_its_kind(value, kind):
    assert kind_of(value) == kind


def test_values_that_do_not_fit_are_none():
    assert [as_kind(value, "number", UTC) for value in (True, "3", None, 3)] == [None, None, None, 3.0]
    assert [as_kind(value, "text", UTC) for value in (3, "e\u0301")] == [None, "é"]
    assert [str(as_money(value)) for value in ("248.00", 248.1, True, "1e3", 10**12)] == ["248.00", "248.1", "None", "None", "None"]


def test_times_without_an_offset_are_the_zone_s():
    assert as_time_us("2026-07-01T00:00:00", ZoneInfo("Europe/Berlin")) == as_time_us("2026-06-30T22:00:00Z", UTC)
    assert as_time_us("2026-07-01T02:00:00+0200", UTC) == as_time_us("2026-07-01", UTC)
    assert as_time_us("0001-01-01T00:00:00+14:00", UTC) is not None


def test_names_for_tables_and_columns_never_meet():
    taken: set[str] = set()
    for name in ("orderId", "order_id", "ORDER-ID", "订单", "", "9 lives", "x" * 300, "x" * 301):
        made = free_name(name, taken)
        assert made not in taken and len(made) <= 52 and made.isidentifier()
        taken.add(made)


def fact(name, message_id, **properties):
    return NewFact(name, message_id, properties)


@pytest.mark.django_db(transaction=True)  # the log shows what is committed
def test_a_property_takes_the_type_of_its_first_value_and_counts_misfits():
    record([fact("Quiz Taken", "1", score=3, tags=["a"], answers=[{"q": "x", "points": 1}], deep={"er": {"still": True}}, none=None)])
    record([fact("Quiz Taken", "2", score="three", tags=["a", 3], answers=[{"points": "one"}], deep={"er": {"still": False}})])
    learn()
    rows = {row.path: row for row in Property.objects.filter(event_type__name="Quiz Taken")}
    assert {path: (row.kind, row.many, row.list_path, row.misfits) for path, row in rows.items()} == {
        "score": ("number", False, "", 1),
        "tags": ("text", True, "", 1),
        "answers": ("list", False, "", 0),
        "answers.q": ("text", False, "answers", 0),
        "answers.points": ("number", False, "answers", 1),
        "deep.er.still": ("boolean", False, "", 0),
    }
    assert EventType.objects.get(name="Quiz Taken").facts == 2 and learn() == learn()
    assert Property.objects.get(path="score", event_type__name="Quiz Taken").misfits == 1  # read once


@pytest.mark.django_db(transaction=True)  # the log shows what is committed
def test_ten_thousand_properties_are_kept_and_five_hundred_learned():
    record([fact("Wide", "1", **{f"p{n}": n for n in range(10_000)})])
    learn()
    assert Property.objects.filter(event_type__name="Wide").count() == catalogue.PROPERTIES_PER_TYPE_MAX


@pytest.mark.django_db
def test_recording_the_same_cause_twice_is_once():
    assert None not in record([fact("Made", "cause-1")])
    assert record([fact("Made", "cause-1")]) == [None]
    assert Event.objects.filter(message_id="cause-1").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_log_is_read_once_and_in_order():
    record([fact("Made", str(n)) for n in range(25)])
    tx, last, seen = 0, 0, []
    while rows := read_after(tx, last, 10):
        seen += [row[2] for row in rows]
        tx, last = rows[-1][0], rows[-1][1]
    assert seen == [str(n) for n in range(25)]


@pytest.mark.django_db(transaction=True)
def test_a_reaction_sees_each_fact_and_sees_it_again_after_it_failed(monkeypatch):
    monkeypatch.setattr(reactions, "_register", {})
    seen, broken = [], [True]

    def follow(facts):
        if broken:
            raise RuntimeError(broken.pop())
        seen.extend(fact.properties["n"] for fact in facts)

    reactions.register("test", ["Made"], follow)
    record([NewFact("Made", str(n), {"n": n}) for n in range(5)] + [fact("Other", "o")])
    with pytest.raises(RuntimeError):
        reactions.run_reactions()
    assert reactions.run_reactions() == 6 and reactions.run_reactions() == 0
    assert seen == [0, 1, 2, 3, 4] and Cursor.objects.get(name="reaction:test").event_id > 0


@pytest.mark.django_db(transaction=True)
def test_a_kind_that_went_with_its_transaction_is_made_anew():
    with transaction.atomic():
        assert catalogue.event_type_ids(["Kite Flown"])
        assert "Kite Flown" not in catalogue._ids, "another thread's facts may not name it yet"
        transaction.set_rollback(True)
    with transaction.atomic():
        made = catalogue.event_type_ids(["Kite Flown"])
    assert EventType.objects.get(name="Kite Flown").id == made["Kite Flown"] == catalogue._ids["Kite Flown"]


@pytest.mark.django_db
def test_facts_are_counted_by_the_day_they_were_received():
    days = (0, 0, 3, 3, 3, 40)
    for number, day in enumerate(days):
        with transaction.atomic():
            (event_id,) = record([NewFact("Seen", f"seen {number}", {})])
        Event.objects.filter(id=event_id).update(received_us=1_767_225_600_000_000 + day * DAY_US)
    counted = [(day.isoformat(), count) for day, count in facts_by_day(1_767_225_600_000_000 + DAY_US)]
    assert counted == [("2026-01-04", 3), ("2026-02-10", 1)]
    assert [count for _day, count in facts_by_day(0)] == [2, 3, 1]


@pytest.mark.django_db
def test_the_newest_facts_come_page_by_page_through_facts_of_one_moment(bob, tell):
    tell(*(track("bob", "Store Visited", days_ago=1, number=number) for number in range(3)))
    whole = newest_facts([bob.id], before=None, limit=100)
    assert [(fact.time_us, fact.id) for fact in whole] == sorted(((fact.time_us, fact.id) for fact in whole), reverse=True)
    seen, before = [], None
    while page := newest_facts([bob.id], before=before, limit=2):
        seen += page
        before = page[-1].time_us, page[-1].id
    assert seen == whole and len(whole) == 6 + 3
