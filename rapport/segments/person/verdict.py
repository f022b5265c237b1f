"""Whether a rule holds for one customer, and what each of its conditions found."""

from dataclasses import dataclass, field
from typing import Any

from rapport.segments.nodes import (
    Bucket,
    Did,
    Everyone,
    InList,
    InSegment,
    InSilo,
    MayReceive,
    Measure,
    Named,
    Near,
    NoOne,
    Relative,
    Rule,
    Sequence,
    Times,
    TraitTest,
)
from rapport.segments.person.algebra import flat, truths
from rapport.segments.person.amounts import beside_earlier, reached
from rapport.segments.person.filters import deeds_of
from rapport.segments.person.history import Deed, History
from rapport.segments.person.moments import Now
from rapport.segments.person.passing import compares, constant, passes
from rapport.segments.person.sequences import chain_of
from rapport.segments.person.standing import leave_to_write, trait
from rapport.segments.person.whereabouts import away, bucket_number, is_listed


@dataclass(frozen=True)
class Finding:
    """What one condition found. `figure` is what was reached, as Python knows it; None where there is nothing to measure."""

    holds: bool
    figure: Any = None
    kind: str = "exact"
    deeds: list[Deed] = field(default_factory=list)
    beside: Any = None  # the figure of the time before that it was held against


def holds(rule: Rule, history: History, moment_us: int) -> bool:
    """Whether the customer is of the set the rule names as of the moment."""
    return nodes_hold(rule, history, moment_us)[0]


def nodes_hold(rule: Rule, history: History, moment_us: int) -> list[bool]:
    """Whether the customer is of the set of each node, root first; never one who is none of everyone."""
    nodes, now = flat(rule), Now(moment_us, history.zone)
    if not history.in_everyone:
        return [False] * len(nodes)
    members = memberships(nodes, history, now)
    return truths(nodes, lambda leaf: finding(leaf, history, now, members).holds)


def memberships(nodes: list[Rule], history: History, now: Now) -> dict[Named, bool]:
    """For every segment and silo the rule speaks of, at any remove, whether it holds at the same moment."""
    members: dict[Named, bool] = {}
    for name, within in _named_first(nodes, history):
        members[name] = truths(within, lambda leaf: finding(leaf, history, now, members).holds)[0]
    return members


def finding(leaf: Any, history: History, now: Now, members: dict[Named, bool]) -> Finding:
    """What a condition found. `members` answers for the segments and silos it names."""
    match leaf:
        case Everyone():
            return Finding(True)
        case NoOne():
            return Finding(False)
        case TraitTest():
            return _trait_finding(leaf, history, now)
        case Did():
            deeds = deeds_of(leaf.event, leaf.where, leaf.window, history, now)
            return Finding(_often_enough(leaf.times, len(deeds)), len(deeds), deeds=deeds)
        case Measure():
            found = reached(leaf.amount, history, now)
            known = found.value is not None
            passed = compares(found.value, leaf.op, constant(leaf.value, found.kind, now)) if known else leaf.op == "!="
            return Finding(passed, found.value, found.kind, found.deeds)
        case Sequence():
            chain = chain_of(leaf, history, now)
            return Finding(chain.holds, chain.reached, deeds=chain.deeds)
        case Relative():
            both = beside_earlier(leaf, history, now)
            deeds = [*both.early.deeds, *both.late.deeds]
            return Finding(both.holds(leaf.op, leaf.factor), both.late.value, both.late.kind, deeds, both.early.value)
        case InSegment() | InSilo():
            return Finding(members[leaf])
        case MayReceive():
            leave = leave_to_write(leaf, history, now)
            return Finding(leave.holds, leave.reason, "text", [leave.deed] if leave.deed else [])
    return _standing_finding(leaf, history, now)


def _standing_finding(leaf: Any, history: History, now: Now) -> Finding:
    """What is asked of the customer as such, not of their facts."""
    match leaf:
        case Near(distance=distance):
            found = away(leaf, history, now)
            return Finding(found.distance is not None and found.distance <= float(distance), found.distance, deeds=found.deeds)
        case Bucket(first, last):
            number = bucket_number(leaf, history)
            return Finding(first <= number <= last, number)
        case InList():
            return Finding(is_listed(leaf, history))
    raise AssertionError(f"{leaf!r} was checked to be a condition that can be asked")


def _trait_finding(leaf: TraitTest, history: History, now: Now) -> Finding:
    """A named measure is a trait like any other: unknown, it passes `!=`, `not in` and `is unknown`."""
    if amount := history.words.measures.get(leaf.trait):
        found = reached(amount, history, now)
        values = [] if found.value is None else [found.value]
        return Finding(passes(leaf.test, found.kind, values, now), found.value, found.kind, found.deeds)
    known = trait(leaf.trait, history, now)
    figure = known.values if len(known.values) > 1 else next(iter(known.values), None)
    return Finding(passes(leaf.test, known.kind, known.values, now), figure, known.kind, [known.deed] if known.deed else [])


def _often_enough(times: Times, count: int) -> bool:
    match times.bound:
        case "at least":
            return count >= times.count
        case "at most":
            return count <= times.count
        case "exactly":
            return count == times.count


def _named_first(nodes: list[Rule], history: History) -> list[tuple[Named, list[Rule]]]:
    """Every segment and silo the rule speaks of, at any remove, each after those it speaks of itself. None includes itself."""
    order: list[tuple[Named, list[Rule]]] = []
    done: set[Named] = set()
    opened: set[Named] = set()
    waiting = [node for node in nodes if isinstance(node, InSegment | InSilo)]
    while waiting:
        name = waiting[-1]
        within = flat(_stands_for(name, history))
        needed = [node for node in within if isinstance(node, InSegment | InSilo) and node not in done]
        if name in done or not needed:
            waiting.pop()
            if name not in done:
                order.append((name, within))
                done.add(name)
        else:
            opened.add(name)
            assert opened.isdisjoint(needed), f"what includes itself was to be refused: {name}"
            waiting.extend(needed)
    return order


def _stands_for(name: Named, history: History) -> Rule:
    return history.words.segments[name.name] if isinstance(name, InSegment) else history.words.silos[name.scheme, name.name]
