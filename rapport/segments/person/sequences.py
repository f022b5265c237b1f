"""A sequence in one customer's own facts: which facts can stand at each step, and one chain of them to show."""

from bisect import bisect_left
from dataclasses import dataclass

from rapport.segments.nodes import Duration, Sequence, Step
from rapport.segments.person.filters import deeds_of
from rapport.segments.person.history import Deed, History
from rapport.segments.person.moments import EXACT_US, Now


@dataclass(frozen=True)
class Chain:
    """The newest facts that come furthest; `reached` counts the steps that hold, one that is denied among them."""

    holds: bool
    reached: int
    deeds: list[Deed]


@dataclass(frozen=True)
class _Standing:
    """A fact that can stand at a step, and what it follows."""

    deed: Deed
    after: "_Standing | None" = None

    def deeds(self) -> list[Deed]:
        return [self.deed] if self.after is None else [*self.after.deeds(), self.deed]


def chain_of(node: Sequence, history: History, now: Now) -> Chain:
    first, *later = node.steps
    standing = [_Standing(deed) for deed in deeds_of(first.event, first.where, node.window, history, now)]
    for reached, step in enumerate(later, 1):
        if not standing:
            return Chain(False, 0, [])
        if step.negated:
            missed = [one for one in standing if _is_over(one.deed, step, now) and not _in_time(one.deed, step, history, now)]
            if missed:
                return Chain(True, reached + 1, missed[-1].deeds())
            return Chain(False, reached, [*standing[-1].deeds(), *_in_time(standing[-1].deed, step, history, now)[:1]])
        following = _following(standing, step, node, history, now)
        if not following:
            return Chain(False, reached, standing[-1].deeds())
        standing = following
    return Chain(bool(standing), len(node.steps) if standing else 0, standing[-1].deeds() if standing else [])


def _following(before: list[_Standing], step: Step, node: Sequence, history: History, now: Now) -> list[_Standing]:
    """The facts of a step that come after one of those before, soon enough; the nearest of these is shown."""
    times = [one.deed.time_us for one in before]
    found = []
    for deed in deeds_of(step.event, step.where, node.window, history, now):
        earlier = bisect_left(times, deed.time_us)  # how many lie truly before it
        if earlier and (step.within is None or deed.time_us - times[earlier - 1] < _length_us(step.within)):
            found.append(_Standing(deed, before[earlier - 1]))
    return found


def _is_over(deed: Deed, step: Step, now: Now) -> bool:
    """Whether the time in which the step is missed has passed."""
    assert step.within is not None, "the checker asks for it"
    return deed.time_us + _length_us(step.within) <= now.us


def _in_time(deed: Deed, step: Step, history: History, now: Now) -> list[Deed]:
    """The facts that were to be missed and came. Facts beyond the sequence's window count here."""
    assert step.within is not None, "the checker asks for it"
    end_us = deed.time_us + _length_us(step.within)
    return [one for one in deeds_of(step.event, step.where, None, history, now) if deed.time_us < one.time_us < end_us]


def _length_us(duration: Duration) -> int:
    return duration.count * EXACT_US[duration.unit]
