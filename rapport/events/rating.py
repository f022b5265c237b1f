"""Facts that wait for a rate, and facts that lose theirs: the rate of a fact's day is kept with the fact.

What is changed here is said in the log by "Rate Applied", so that the warehouse reads those facts again.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import blake2b

from rapport.events.actions import NewFact, record
from rapport.events.models import Event, UnratedEvent
from rapport.lib.bulk import slices

RATE_APPLIED = "Rate Applied"
FACTS_A_WORD = 1_000


def apply_rate(currency: str, day: date, rate_e9: int) -> int:
    """Give the facts that waited for this rate theirs; inside the transaction that sets it. Answers how many."""
    waiting = list(UnratedEvent.objects.filter(currency=currency, day=day).order_by("event_id").values_list("event_id", flat=True))
    _rate(waiting, rate_e9)
    for ids in slices(waiting):
        UnratedEvent.objects.filter(event_id__in=ids).delete()
    return len(waiting)


def withdraw_rate(facts: Iterable[tuple[int, str, date]]) -> None:
    """These facts (id, currency, day) wait for a rate again; inside the transaction that takes it away."""
    told = list(facts)
    _rate([event_id for event_id, _, _ in told], 0)
    UnratedEvent.objects.bulk_create(
        [UnratedEvent(event_id=event_id, currency=currency, day=day) for event_id, currency, day in told], ignore_conflicts=True
    )


def rated_after(event_id: int, *, limit: int) -> list[tuple[int, int, str]]:
    """(id, own time, payload) of facts that are kept with a rate, in order of id."""
    rows = Event.objects.filter(id__gt=event_id, rate_e9__gt=0).order_by("id")
    return list(rows.values_list("id", "time_us", "payload")[:limit])


def _rate(event_ids: Sequence[int], rate_e9: int) -> None:
    for ids in slices(event_ids, FACTS_A_WORD):
        Event.objects.filter(id__in=ids).update(rate_e9=rate_e9)
        cause = blake2b(repr((ids, rate_e9)).encode(), digest_size=16).hexdigest()
        _say(ids, cause)


def _say(event_ids: Sequence[int], cause: str) -> None:
    """A rate set, taken back and set again is said each time."""
    number = 0
    while record([NewFact(RATE_APPLIED, f"rate:{cause}:{number}", {"event_ids": list(event_ids)})])[0] is None:
        number += 1
