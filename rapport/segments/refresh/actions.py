"""The verb of the loop: bring every saved segment to now, keep each day, tell the log who came and left where something listens."""

from collections.abc import Iterator, Mapping

from pyroaring import BitMap

from rapport.events.actions import NewFact, record
from rapport.lib.clock import now_us
from rapport.lib.locks import loop_lock, turn_to_write
from rapport.segments.events import SEGMENT_ENTERED, SEGMENT_LEFT
from rapport.segments.models import Segment
from rapport.segments.nodes import Rule
from rapport.segments.plans import Words
from rapport.segments.queries import segment_key
from rapport.segments.refresh import days, kept
from rapport.segments.refresh.refreshing import Moved, moved
from rapport.warehouse import queries as warehouse
from rapport.warehouse.queries import Reader

LOCK = "segments"
TOLD_AT_ONCE = 1_000


def refresh(rules: Mapping[str, Rule], words: Words, *, moment_us: int | None = None) -> Moved:
    """Bring the sets of these checked rules, by their keys, to now; over a midnight in two steps, so that the day is kept as it ended.

    HeldByAnother while another refreshes. A kill anywhere leaves the sets of the last refresh.
    """
    with loop_lock(LOCK):
        upto = now_us() if moment_us is None else moment_us
        state = kept.load()
        for midnight in days.midnights(state.moment_us, upto) if state is not None else []:
            _refresh_to(midnight, rules, words, day_ends=True)
        return _refresh_to(upto, rules, words)


def _refresh_to(moment_us: int, rules: Mapping[str, Rule], words: Words, *, day_ends: bool = False) -> Moved:
    def question(reader: Reader) -> Moved:
        state = kept.load()
        kept.forget()  # half-moved sets must not be begun with: not after an error, not when the question is asked once more
        return moved(rules, words, state, moment_us, reader)

    outcome = warehouse.ask(question)
    with turn_to_write():
        kept.save(outcome.state, seconds=outcome.seconds, whole=outcome.whole)
        if day_ends:
            days.keep(days.day_ended_at(moment_us), {key: outcome.state.sets[key].ids for key in (*rules, kept.EVERYONE)})
        _tell(outcome, moment_us)
    kept.remember(outcome.state)
    return outcome


def _tell(outcome: Moved, moment_us: int) -> None:
    """Facts for who came and left, of the segments something listens to."""
    listened = {segment_key(one): one for one in Segment.objects.filter(told=True)}
    for key in listened.keys() & outcome.flipped.keys():
        came, left = came_and_left(outcome.state.sets[key].ids, outcome.flipped[key], outcome.merged)
        told = list(_facts(listened[key], came, left, moment_us))
        for start in range(0, len(told), TOLD_AT_ONCE):
            record(told[start : start + TOLD_AT_ONCE])


def came_and_left(ids: BitMap, flipped: BitMap, merged: Mapping[int, int]) -> tuple[BitMap, BitMap]:
    """Who came and who left, of a set as it is and who turned. A merge is neither: whom an alias stands for was there before."""
    before = ids ^ flipped
    stood_for = BitMap([merged.get(one, one) for one in before & BitMap(merged)])
    return (ids & flipped) - stood_for, (before & flipped) - BitMap(merged)


def _facts(segment: Segment, came: BitMap, left: BitMap, moment_us: int) -> Iterator[NewFact]:
    for name, people in ((SEGMENT_ENTERED, came), (SEGMENT_LEFT, left)):
        said = {"segment": segment.name, "segment_id": segment.id}
        for one in people:
            yield NewFact(name, f"{name}:{segment.id}:{one}:{moment_us}", said, customer_id=one, time_us=moment_us)
