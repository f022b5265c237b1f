"""The sets between two refreshes: in this process's memory, and in the tables whoever refreshes next begins with.

A refresh changes few people, so what is written is the change against the set as it was last written whole.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from pyroaring import BitMap

from rapport.events.actions import cursor_at, move_cursor
from rapport.lib.bulk import slices
from rapport.segments.models import KeptSet, Refresh
from rapport.segments.refresh.coming import Coming

CURSOR = "segments"
EVERYONE = "everyone"
CHANGE_PART = 8  # a change this part of its whole is folded into it
CHANGE_BYTES = 4_096  # ... unless it is small


@dataclass
class Kept:
    """One set. `change` holds who is in one of the set and what was last written whole, not in both."""

    ids: BitMap
    meaning: str
    change: BitMap = field(default_factory=BitMap)
    is_new: bool = True  # nothing of it was written yet, or all of it has to be
    is_changed: bool = False
    whole_bytes: int = 0

    def turn(self, flipped: BitMap) -> None:
        """Take these in who are out, and out who are in."""
        if flipped:
            self.ids ^= flipped
            self.change ^= flipped
            self.is_changed = True


@dataclass
class State:
    """What all sets are true for, and the sets."""

    moment_us: int
    place: tuple[int, int]
    sets: dict[str, Kept] = field(default_factory=dict)
    coming: Coming = field(default_factory=dict)  # not written: who begins with the tables looks it up

    @property
    def everyone(self) -> BitMap:
        return self.sets[EVERYONE].ids


_remembered: list[State] = []  # the newest this process has left or read


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def leaf_key(text: str) -> str:
    """The key of a condition's set, by its canonical text."""
    return f"leaf:{digest(text)}"


def load() -> State | None:
    """What the last refresh left; None before the first. Read from the tables where another process refreshed since."""
    row = Refresh.objects.first()
    if row is None:
        return None
    place = cursor_at(CURSOR)
    if _remembered and (_remembered[0].moment_us, _remembered[0].place) == (row.moment_us, place):
        return _remembered[0]
    state = State(row.moment_us, place)
    for one in KeptSet.objects.all().iterator(chunk_size=50):
        change = BitMap.deserialize(bytes(one.change))
        ids = BitMap.deserialize(bytes(one.whole)) ^ change
        state.sets[one.key] = Kept(ids, one.meaning, change, is_new=False, whole_bytes=len(one.whole))
    _remembered[:] = [state]
    return state


def save(state: State, *, seconds: float, whole: str) -> None:
    """Write what has changed, inside the caller's transaction. What is no longer asked for goes."""
    _write(state.sets)
    gone = set(KeptSet.objects.values_list("key", flat=True)) - state.sets.keys()
    for some in slices(sorted(gone)):
        KeptSet.objects.filter(key__in=some).delete()
    Refresh.objects.update_or_create(
        id=1,
        defaults={"moment_us": state.moment_us, "everyone": len(state.everyone), "seconds": seconds, "whole": whole[:255]},
    )
    move_cursor(CURSOR, state.place)


def remember(state: State) -> None:
    """Once the transaction is through: what this process may begin with next time."""
    for one in state.sets.values():
        one.is_new = one.is_changed = False
    _remembered[:] = [state]


def forget() -> None:
    """After a transaction that failed, and between tests: begin with the tables."""
    _remembered.clear()


def _write(sets: dict[str, Kept]) -> None:
    fresh: list[KeptSet] = []
    for key, one in sets.items():
        if one.is_changed and not one.is_new and _is_grown(one):
            one.is_new = True
        if one.is_new:
            one.change = BitMap()
            whole = one.ids.serialize()
            one.whole_bytes = len(whole)
            fresh.append(KeptSet(key=key, meaning=one.meaning, whole=whole, change=one.change.serialize(), people=len(one.ids)))
        elif one.is_changed:
            KeptSet.objects.filter(key=key).update(change=one.change.serialize(), people=len(one.ids))
    KeptSet.objects.bulk_create(
        fresh, batch_size=50, update_conflicts=True, unique_fields=["key"], update_fields=["meaning", "whole", "change", "people"]
    )


def _is_grown(one: Kept) -> bool:
    size = len(one.change.serialize())
    return size > max(CHANGE_BYTES, one.whole_bytes // CHANGE_PART)


def sets_of(keys: Iterable[str]) -> dict[str, BitMap]:
    """The sets of some keys as they are written, without the others."""
    rows = KeptSet.objects.filter(key__in=list(keys))
    return {row.key: BitMap.deserialize(bytes(row.whole)) ^ BitMap.deserialize(bytes(row.change)) for row in rows}
