"""The questions other rooms may ask of the log: the facts of some customers, the log in order, the catalogue."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Sum

from rapport.events import catalogue as _catalogue
from rapport.events.catalogue import Catalogue
from rapport.events.models import Event, EventType, Property
from rapport.lib import prepared
from rapport.lib.bulk import slices
from rapport.lib.clock import DAY_US, from_us

LOG_COLUMNS = "id, message_id, event_type_id, customer_id, time_us, received_us, source_id, load_id, rate_e9, payload"
Row = tuple[int, int, str, int, int | None, int, int, int | None, int | None, int | None, str]
_decode = msgspec.json.Decoder()
SLACK_US = 3_600_000_000  # transactions that wrote side by side may have numbered their facts crosswise


@dataclass(frozen=True)
class Fact:
    """One fact as it was recorded; `customer_id` is not yet read through aliases."""

    id: int
    event_type_id: int
    customer_id: int | None
    time_us: int
    received_us: int
    source_id: int | None
    load_id: int | None
    rate_e9: int | None
    payload: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        """The properties of a track, page or screen; the traits of an identify."""
        return self.payload.get("properties") or self.payload.get("traits") or {}


def catalogue() -> Catalogue:
    """Every kind of fact with its typed properties, as of now."""
    return _catalogue.snapshot()


def facts_of(
    customer_ids: Sequence[int],
    *,
    before_us: int | None = None,
    event_type_ids: Sequence[int] | None = None,
    newest_first: bool = False,
    limit: int | None = None,
) -> list[Fact]:
    """The facts recorded under these ids with an own time before the moment, by own time, then id."""
    found: list[Fact] = []
    asked: list[Any] = []
    sql = f"SELECT {', '.join(_FACT_COLUMNS)} FROM events_event WHERE customer_id = ANY(%s)"
    if before_us is not None:
        sql, asked = f"{sql} AND time_us < %s", [*asked, before_us]
    if event_type_ids is not None:
        sql, asked = f"{sql} AND event_type_id = ANY(%s)", [*asked, list(event_type_ids)]
    sql += " ORDER BY time_us DESC, id DESC" if newest_first else " ORDER BY time_us, id"
    if limit is not None:
        sql, asked = f"{sql} LIMIT %s", [*asked, limit]
    for ids in slices(customer_ids):
        found.extend(map(_fact, prepared.rows(sql, [ids, *asked])))
    found.sort(key=lambda fact: (fact.time_us, fact.id), reverse=newest_first)
    return found[:limit]


def newest_facts(customer_ids: Sequence[int], *, before: tuple[int, int] | None, limit: int) -> list[Fact]:
    """The facts recorded under these ids by falling (own time, id), a page at a time: those before that of the last one seen."""
    found: list[Fact] = []
    for ids in slices(customer_ids):
        rows = Event.objects.filter(customer_id__in=ids).order_by("-time_us", "-id")
        if before is not None:
            rows = rows.filter(time_us__lte=before[0]).exclude(time_us=before[0], id__gte=before[1])
        found.extend(map(_fact, rows[:limit].values_list(*_FACT_COLUMNS)))
    found.sort(key=lambda fact: (fact.time_us, fact.id), reverse=True)
    return found[:limit]


def facts_by_id(event_ids: Sequence[int]) -> dict[int, Fact]:
    found: dict[int, Fact] = {}
    for ids in slices(event_ids):
        found.update((row[0], _fact(row)) for row in Event.objects.filter(id__in=ids).values_list(*_FACT_COLUMNS))
    return found


def facts_of_nobody(event_type_ids: Sequence[int], *, holding: str) -> list[Fact]:
    """The facts of these kinds that are nobody's and hold this text, in whatever case, in their JSON; by own time, then id."""
    rows = Event.objects.filter(customer_id__isnull=True, event_type_id__in=event_type_ids, payload__icontains=holding)
    return list(map(_fact, rows.order_by("time_us", "id").values_list(*_FACT_COLUMNS)))


_FACT_COLUMNS = ("id", "event_type_id", "customer_id", "time_us", "received_us", "source_id", "load_id", "rate_e9", "payload")


def _fact(row: tuple[Any, ...]) -> Fact:
    return Fact(*(*row[:8], _decode.decode(row[8])))


def read_after(tx: int, event_id: int, limit: int) -> list[Row]:
    """The log in the order readers follow it, each row once, none skipped: (tx, id, message_id, ... payload).

    On PostgreSQL a row is shown only when no older transaction can still commit; there an id alone is no watermark.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"SELECT tx::text::bigint, {LOG_COLUMNS} FROM events_event"
                " WHERE (tx, id) > (%s::text::xid8, %s) AND tx < pg_snapshot_xmin(pg_current_snapshot())"
                " ORDER BY tx, id LIMIT %s",
                [str(tx), event_id, limit],
            )
        else:
            cursor.execute(f"SELECT 0, {LOG_COLUMNS} FROM events_event WHERE id > %s ORDER BY id LIMIT %s", [event_id, limit])
        return cursor.fetchall()


def changed_between(after: tuple[int, int], upto: tuple[int, int], *, limit: int) -> list[tuple[int, int | None]] | None:
    """(event_type_id, customer_id) of the facts behind one place of the log, up to another with it; None for more than `limit`."""
    found = _between("event_type_id, customer_id", after, upto, "", [], limit + 1)
    return None if len(found) > limit else found


def facts_between(after: tuple[int, int], upto: tuple[int, int], event_type_ids: Sequence[int], *, limit: int) -> list[Fact]:
    """The facts of some kinds between two places of the log, the first `limit` of them."""
    rows = _between(", ".join(_FACT_COLUMNS), after, upto, " AND event_type_id = ANY(%s)", [list(event_type_ids)], limit)
    return list(map(_fact, rows))


def _between(columns: str, after: tuple[int, int], upto: tuple[int, int], further: str, values: list[Any], limit: int) -> list[Any]:
    if connection.vendor == "postgresql":
        stretch = "(tx, id) > (%s::text::xid8, %s) AND (tx, id) <= (%s::text::xid8, %s)"
        places: list[Any] = [str(after[0]), after[1], str(upto[0]), upto[1]]
    else:
        stretch, places = "id > %s AND id <= %s", [after[1], upto[1]]
    return prepared.rows(f"SELECT {columns} FROM events_event WHERE {stretch}{further} LIMIT {limit:d}", [*places, *values])


def log_end() -> tuple[int, int]:
    """Where the log ends now, as (tx, id); a reader that has passed it has read all that was committed before the call."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tx::text::bigint, id FROM events_event ORDER BY tx DESC, id DESC LIMIT 1")
        else:
            cursor.execute("SELECT 0, id FROM events_event ORDER BY id DESC LIMIT 1")
        return cursor.fetchone() or (0, 0)


def oldest_writer_seconds() -> float:
    """How long the oldest open writing transaction of the PostgreSQL cluster runs: readers of the log wait for it."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0) FROM pg_stat_activity"
            " WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        return float(cursor.fetchone()[0])


def facts_by_day(since_us: int) -> list[tuple[date, int]]:
    """How many facts were received on each UTC day since then. Walks those facts alone: ids rise with the moment of receiving."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT received_us / {DAY_US} AS day, count(*) FROM events_event WHERE id >= %s AND received_us >= %s GROUP BY 1 ORDER BY 1",
            [_first_id_received(since_us - SLACK_US), since_us],
        )
        return [(from_us(int(day) * DAY_US).date(), count) for day, count in cursor.fetchall()]


def _first_id_received(since_us: int) -> int:
    """The first id received since then, found by halving over the primary key."""
    low, high = 0, Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    while low < high:
        middle = (low + high) // 2
        there = Event.objects.filter(id__gte=middle).order_by("id").values_list("id", "received_us").first()
        if there is None or there[1] >= since_us:
            high = middle
        else:
            low = there[0] + 1
    return low


def newest_fact_us() -> int | None:
    """When the last fact was received."""
    last = Event.objects.order_by("-id").values_list("received_us", flat=True).first()
    return last


def facts_counted() -> int:
    """How many facts there are, as far as the catalogue has counted."""
    return EventType.objects.aggregate(total=Sum("facts"))["total"] or 0


def received_since(since_us: int) -> int:
    """About how many facts were received since then: their ids rise with the time of receipt, so some look-ups find the first."""
    rows = Event.objects.order_by("id").values_list("id", "received_us")
    first, last = rows.first(), rows.last()
    if first is None or last is None or last[1] < since_us:
        return 0
    return last[0] - max(first[0], _first_id_received(since_us)) + 1


def event_types_with_counts() -> list[EventType]:
    return list(EventType.objects.order_by("-facts", "name").prefetch_related("properties"))


def message_ids_kept(message_ids: Collection[str]) -> set[str]:
    """Which of these are in the log already."""
    return {row[0] for row in prepared.rows("SELECT message_id FROM events_event WHERE message_id = ANY(%s)", [list(message_ids)])}


def load_events(load_id: int, *, after_id: int, limit: int) -> Iterator[tuple[int, int | None, int]]:
    """(id, customer_id, event_type_id) of what a load recorded, in order of id."""
    rows = Event.objects.filter(id__gt=after_id, load_id=load_id).order_by("id")
    yield from rows.values_list("id", "customer_id", "event_type_id")[:limit]


def facts_of_load(load_id: int, customer_ids: Sequence[int]) -> list[Fact]:
    """What a load recorded under these customers."""
    found: list[Fact] = []
    for ids in slices(customer_ids):
        found.extend(map(_fact, Event.objects.filter(customer_id__in=ids, load_id=load_id).order_by("id").values_list(*_FACT_COLUMNS)))
    return found


def with_facts(customer_ids: Iterable[int]) -> set[int]:
    """Which of these customers have a fact of their own in the log."""
    found: set[int] = set()
    for ids in slices(customer_ids):
        found.update(filter(None, Event.objects.filter(customer_id__in=ids).values_list("customer_id", flat=True).distinct()))
    return found


def nobodys_facts(event_type_ids: Sequence[int], *, after_id: int, limit: int) -> list[Fact]:
    """The facts of these kinds that are no customer's, in order of id."""
    rows = Event.objects.filter(customer_id__isnull=True, event_type_id__in=event_type_ids, id__gt=after_id).order_by("id")
    return list(map(_fact, rows.values_list(*_FACT_COLUMNS)[:limit]))


def property_rows(event_type_id: int) -> list[Property]:
    return list(Property.objects.filter(event_type_id=event_type_id).order_by("path"))
