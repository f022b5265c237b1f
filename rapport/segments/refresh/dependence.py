"""What may change a condition's answer between two moments: new facts of which kinds, and values that cross the edge of a window.

Edges are worked out as the bounds of the same window at both moments: what lies between the two bounds was on one side and is on the
other now. So a clock change, a month's end or a clock that was set back need no case of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TypeAlias

from rapport.customers.events import ADDRESS_SUPPRESSED, CONSENT_FACTS, SUPPRESSION_LIFTED
from rapport.events.catalogue import IDENTIFY, EventTypeFacts
from rapport.lib.clock import DAY_US, EARLIEST_US, LATEST_US
from rapport.segments.bounds import EXACT, Moment, moment_of
from rapport.segments.leaves import ADDRESS_TRAIT, POST_TRAITS, trait_facts
from rapport.segments.nodes import (
    Amount,
    AnniversaryInTheNext,
    Compare,
    Did,
    Filter,
    InList,
    InTheLast,
    InTheNext,
    Leaf,
    MayReceive,
    Measure,
    Near,
    OneOf,
    Relative,
    Sequence,
    Test,
    TraitTest,
    Value,
    Window,
)
from rapport.segments.plans import Words
from rapport.segments.text import amount_text
from rapport.segments.vocabulary import PLACE_TRAITS
from rapport.segments.walk import tests_in

Edge: TypeAlias = "datetime | date"


@dataclass(frozen=True)
class Crossing:
    """Rows of a table whose column lies in [low, high): they were on one side of an edge, and are on the other now.

    Where an edge has not moved yet, low is high: it will.
    """

    table: str
    column: str
    low: Edge
    high: Edge


@dataclass
class Dependence:
    """Whose answer may have changed: those with new facts of `kinds`, and those with a row in a crossing; everybody's where a fact

    of the `voiding` kinds came or a row lies in a voiding crossing, or `whole` says so. `meaning` is what the names in the condition
    stand for: with another meaning an old answer is void.
    """

    kinds: set[int] = field(default_factory=set)
    crossings: set[Crossing] = field(default_factory=set)
    voiding: set[int] = field(default_factory=set)
    voiding_crossings: set[Crossing] = field(default_factory=set)
    columns: dict[str, set[str]] = field(default_factory=dict)  # what the question reads beside OF_EVERY_FACT, by table
    whole: bool = False
    meanings: set[str] = field(default_factory=set)

    @property
    def meaning(self) -> str:
        return "\n".join(sorted(self.meanings))


def dependence(leaf: Leaf, words: Words, then: Moment, now: Moment) -> Dependence:
    """What may have changed a leaf's answer from one moment to another."""
    found = _Finder(words, then, now)
    match leaf:
        case Did():
            found.facts(leaf.event, leaf.where, leaf.window)
        case Measure():
            found.amount(leaf.amount, [leaf.value])
        case Sequence():
            found.sequence(leaf)
        case Relative():
            found.relative(leaf)
        case Near():
            found.near(leaf)
        case InList(name):
            found.made.meanings.add(f"list {name}: {blake2b(words.lists[name]().serialize(), digest_size=16).hexdigest()}")
        case TraitTest():
            found.trait_test(leaf)
        case MayReceive():
            found.leave_to_write(leaf.channel)
    return found.made


@dataclass
class _Finder:
    words: Words
    then: Moment
    now: Moment
    made: Dependence = field(default_factory=Dependence)

    def __post_init__(self) -> None:
        self.made.meanings.add(self.now.zone.key)

    # What a condition speaks of

    def facts(self, event: str | None, where: Filter | None, window: Window | None) -> None:
        """Facts of a kind (None: of every kind done by the person) within a window."""
        types = self.words.catalogue.event_types
        kinds = [kind for kind in types.values() if kind.done == "by"] if event is None else [types[event]]
        self.made.meanings.add(", ".join(sorted(kind.name for kind in kinds)))
        for kind in kinds:
            self._rows_of(kind)
            if window is not None:
                self._cross_window(kind.table, "time", window, by_day=False)
            for path, test in tests_in(where):
                self._property(kind, path, test)

    def amount(self, amount: Amount, values: Iterable[Value]) -> None:
        self.made.meanings.add(amount_text(amount))
        self.facts(amount.event, amount.where, amount.window)
        kind = self.words.catalogue.event_types[amount.event]
        if amount.property is not None:
            self._property(kind, amount.property, None)
        if amount.kind.startswith("days since"):
            for value in values:
                assert isinstance(value, Decimal), "days are counted"
                for days in (int(value), int(value) + 1):
                    self._cross(kind.table, "time", self.then.us - days * DAY_US + 1, self.now.us - days * DAY_US + 1)

    def sequence(self, leaf: Sequence) -> None:
        """A window's edges move for every step; what is missed is settled as the time after the step before it runs out."""
        for before, step in zip((None, *leaf.steps), leaf.steps, strict=False):
            self.facts(step.event, step.where, None if step.negated else leaf.window)
            if step.negated:
                assert before is not None, "the checker asks for a step before it"
                assert step.within is not None, "the checker asks for it"
                length_us = step.within.count * EXACT[step.within.unit]
                table = self.words.catalogue.event_types[before.event].table
                self._cross(table, "time", self.then.us - length_us + 1, self.now.us - length_us + 1)

    def relative(self, leaf: Relative) -> None:
        """The edges of the amount's own window, and where the time before it begins."""
        self.amount(leaf.amount, [])
        earliest = [_or(moment.before(leaf.amount.window, leaf.before)[0], EARLIEST_US) for moment in (self.then, self.now)]
        self._cross(self.words.catalogue.event_types[leaf.amount.event].table, "time", *earliest)

    def near(self, leaf: Near) -> None:
        identify = self.words.catalogue.event_types[IDENTIFY]
        self.made.meanings.add(f"branch {leaf.branch}: {self.words.branches.get(leaf.branch)}")
        self._rows_of(identify)
        for trait in PLACE_TRAITS:
            self._property(identify, trait, None)

    def trait_test(self, leaf: TraitTest) -> None:
        if (amount := self.words.measures.get(leaf.trait)) is not None:
            test = leaf.test
            self.amount(amount, test.values if isinstance(test, OneOf) else [test.value] if isinstance(test, Compare) else [])
            return
        identify = self.words.catalogue.event_types[IDENTIFY]
        self._rows_of(identify)
        self._property(identify, trait_facts(self.words.catalogue, leaf.trait).path, leaf.test)

    def leave_to_write(self, channel: str) -> None:
        """The newest words on consent, and the address; a word on an address may concern anybody."""
        types = self.words.catalogue.event_types
        self.made.kinds.update(types[name].id for name in CONSENT_FACTS)
        self.made.columns["consents"] = {"channel", "purpose", "given", "event_id"}
        self._cross("consents", "time", self.then.us, self.now.us)
        for trait in POST_TRAITS if channel == "post" else filter(None, [ADDRESS_TRAIT.get(channel)]):
            self._rows_of(types[IDENTIFY])
            self._property(types[IDENTIFY], trait, None)
        if channel in ADDRESS_TRAIT:
            self.made.voiding.update(types[name].id for name in (ADDRESS_SUPPRESSED, SUPPRESSION_LIFTED))
            self.made.voiding_crossings.add(_crossing("suppressions", "time", self.then.us, self.now.us))

    # What that comes to in rows and columns

    def _rows_of(self, kind: EventTypeFacts) -> None:
        self.made.kinds.add(kind.id)
        self.made.columns.setdefault(kind.table, set())
        self._cross(kind.table, "time", self.then.us, self.now.us)  # what was ahead then is past now

    def _property(self, kind: EventTypeFacts, path: str, test: Test | None) -> None:
        facts = kind.properties.get(path)
        self.made.meanings.add(f"{kind.name} {path}: {facts and (facts.kind, facts.many, facts.list_path, facts.column)}")
        if facts is None:
            return
        list_path = path if facts.kind == "list" else facts.list_path
        table = f"{kind.table}__{kind.properties[list_path].column}" if list_path else kind.table
        read = self.made.columns.setdefault(table, set())
        if list_path:  # elements and their facts find each other by it
            self.made.columns[kind.table].add("event_id")
            read.add("event_id")
        if kind.name == IDENTIFY:  # of traits the newest counts
            read.add("event_id")
        if facts.kind == "list":
            return
        read.add(facts.column)
        if isinstance(test, AnniversaryInTheNext):
            self.made.whole |= self.then.anniversaries(test.duration) != self.now.anniversaries(test.duration)
        elif isinstance(test, InTheLast | InTheNext):
            if facts.many:
                self.made.whole |= self.then.span(test) != self.now.span(test)
            else:
                self._cross_window(table, facts.column, test, by_day=facts.kind == "date")

    def _cross_window(self, table: str, column: str, window: Window | InTheNext, *, by_day: bool) -> None:
        if not isinstance(window, InTheLast | InTheNext):  # its edges never move
            return
        if by_day:
            then_days, now_days = self.then.days(window), self.now.days(window)
            self._cross_days(table, column, then_days.first or date.min, now_days.first or date.min)
            self._cross_days(table, column, then_days.end or date.max, now_days.end or date.max)
            return
        then, now = self.then.span(window), self.now.span(window)
        self._cross(table, column, _or(then.start_us, EARLIEST_US), _or(now.start_us, EARLIEST_US))
        self._cross(table, column, _or(then.end_us, LATEST_US), _or(now.end_us, LATEST_US))

    def _cross(self, table: str, column: str, one_us: int, other_us: int) -> None:
        if not (one_us == other_us and one_us in (EARLIEST_US, LATEST_US)):
            self.made.crossings.add(_crossing(table, column, one_us, other_us))

    def _cross_days(self, table: str, column: str, one: date, other: date) -> None:
        if not (one == other and one in (date.min, date.max)):
            self.made.crossings.add(Crossing(table, column, min(one, other), max(one, other)))


def _crossing(table: str, column: str, one_us: int, other_us: int) -> Crossing:
    return Crossing(table, column, moment_of(min(one_us, other_us)), moment_of(max(one_us, other_us)))


def _or(bound: int | None, edge: int) -> int:
    return edge if bound is None else bound
