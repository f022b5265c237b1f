"""The verbs of the log: append facts, take away those of a load."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from rapport.events import catalogue
from rapport.events.learning import learn
from rapport.events.models import Cursor, Event, UnratedEvent
from rapport.events.queries import message_ids_kept
from rapport.lib.bulk import insert_rows, reserve_ids, slices
from rapport.lib.clock import now_us
from rapport.lib.locks import turn_to_write

COLUMNS = (
    "id", "message_id", "event_type_id", "customer_id", "time_us", "received_us", "source_id", "load_id", "rate_e9", "payload",
)  # fmt: skip
_encode = msgspec.json.Encoder()


@dataclass(frozen=True)
class NewFact:
    """A fact of our own making, by a room."""

    name: str
    message_id: str  # derived from the cause, so that the same cause never counts twice
    properties: dict[str, Any]
    customer_id: int | None = None
    time_us: int | None = None  # own time; the moment of recording where not given
    load_id: int | None = None


def record(facts: Sequence[NewFact]) -> list[int | None]:
    """Append facts; one whose message id is in the log already is left out. Answers their ids, None where it was."""
    if not facts:
        return []
    with turn_to_write():
        return _record(facts)


def _record(facts: Sequence[NewFact]) -> list[int | None]:
    kept = message_ids_kept([fact.message_id for fact in facts])
    fresh = {fact.message_id: fact for fact in facts if fact.message_id not in kept}
    now, types = now_us(), catalogue.event_type_ids(fact.name for fact in fresh.values())
    ids = dict(zip(fresh, append_ids(len(fresh)), strict=True))
    append(
        [
            (
                ids[fact.message_id],
                fact.message_id,
                types[fact.name],
                fact.customer_id,
                now if fact.time_us is None else fact.time_us,
                now,
                None,
                fact.load_id,
                None,
                _encode.encode({"properties": fact.properties}).decode(),
            )
            for fact in fresh.values()
        ]
    )
    return [ids.get(fact.message_id) for fact in facts]


def append_ids(count: int) -> Sequence[int]:
    return reserve_ids(Event, count) if count else []


def append(rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows of COLUMNS; IntegrityError where a message id is there already. Inside a transaction of the caller."""
    insert_rows(Event, COLUMNS, rows)


def keep_unrated(facts: Iterable[tuple[int, date, str]]) -> None:
    """Remember facts whose currency had no rate on their day: (event id, day, currency)."""
    UnratedEvent.objects.bulk_create(UnratedEvent(event_id=event_id, day=day, currency=code) for event_id, day, code in facts)


def take_away(event_ids: Sequence[int]) -> None:
    """Delete facts for good: only for a load taken back, and for erasure."""
    for ids in slices(event_ids):
        Event.objects.filter(id__in=ids).delete()


def cursor_at(name: str) -> tuple[int, int]:
    """How far a follower of the log has read, as (tx, id)."""
    return Cursor.objects.filter(name=name).values_list("tx", "event_id").first() or (0, 0)


def move_cursor(name: str, place: tuple[int, int]) -> None:
    """In the same commit as what the follower did with what it read."""
    Cursor.objects.update_or_create(name=name, defaults={"tx": place[0], "event_id": place[1]})


__all__ = ["NewFact", "append", "append_ids", "keep_unrated", "learn", "record", "take_away"]
