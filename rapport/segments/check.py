"""Could this rule be true of data? Names and types against a vocabulary, before a rule is saved or answered."""

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Several
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeAlias, TypeVar, cast
from zoneinfo import ZoneInfo

from rapport.events.catalogue import PropertyFacts
from rapport.lib.zone import company_zone
from rapport.segments.errors import RuleError
from rapport.segments.fitting import (
    fitted_bucket,
    fitted_compare,
    fitted_distance,
    fitted_relative,
    fitted_sequence,
    fitted_test,
    fitted_times,
    fitted_window,
)
from rapport.segments.limits import refuse_beyond_limits
from rapport.segments.literals import Unfit
from rapport.segments.mends import nearest
from rapport.segments.nodes import (
    Amount,
    Bucket,
    Compare,
    Definition,
    Did,
    Element,
    Filter,
    InList,
    InSegment,
    InSilo,
    Known,
    MayReceive,
    Measure,
    Named,
    Near,
    OneOf,
    PropertyTest,
    Relative,
    Rule,
    Sequence,
    Step,
    Test,
    TraitTest,
    Window,
)
from rapport.segments.text import name_text, quoted
from rapport.segments.tree_writing import operator_key
from rapport.segments.vocabulary import PLACE_TRAITS, Vocabulary, kind_of
from rapport.segments.walk import FILTER_OPERATORS, RULE_OPERATORS, Node, fold, parts_of, preorder_of

Made = TypeVar("Made")
NAMES_SHOWN_MAX = 5
KINDS_OF_AMOUNT = {"sum": ("number", "money"), "average": ("number", "money"), "smallest": ("number", "money", "date", "time")}
KINDS_OF_AMOUNT |= {"largest": KINDS_OF_AMOUNT["smallest"], "number of different": ("text", "number", "money", "boolean", "date", "time")}


def check(rule: Rule, vocabulary: Vocabulary, *, saving_as: str | None = None, saving_in: str | None = None) -> Rule:
    """The rule with its names in their one spelling, or a RuleError at the first thing that cannot be. Expands nothing.

    `saving_as`: the segment it is to be the rule of; `saving_in`: the scheme it is to be a silo's rule in. Neither may include itself.
    """
    refuse_beyond_limits(rule)
    saving = InSegment(saving_as) if saving_as is not None else Scheme(saving_in) if saving_in is not None else None
    return cast(Rule, Checker(vocabulary, company_zone(), saving).checked(rule))


def check_definition(definition: Definition, vocabulary: Vocabulary) -> Definition:
    """A measure whose name is still free and whose amount can be."""
    refuse_beyond_limits(definition)
    seat = Seat(definition, "$")
    if vocabulary.trait_name(definition.name) in vocabulary.catalogue.traits:
        seat.refuse(f"{name_text(definition.name)} is a trait already.", "Choose another name.")
    checker = Checker(vocabulary, company_zone(), None)
    amount = definition.amount
    where = checker.checked_filter(amount.where, amount.event) if amount.where is not None else None
    return replace(definition, amount=checker.amount(amount, seat, where))


@dataclass(frozen=True)
class Scheme:
    """A scheme of silos, as one thing: each of its silos leans on the rules before it."""

    name: str


Owner: TypeAlias = InSegment | Scheme


@dataclass(frozen=True)
class Seat:
    """A node where it sits: its place in the text or its path in the tree, and what its names are relative to."""

    node: Any
    path: str
    event: str | None = None
    list_path: str = ""

    def refuse(self, trouble: str, mend: str = "") -> NoReturn:
        place = self.node.place
        raise RuleError(trouble, mend=mend, place=place, path="" if place else self.path)

    def fitted(self, read: Callable[[], Made]) -> Made:
        try:
            return read()
        except Unfit as unfit:
            self.refuse(unfit.trouble, unfit.mend)


@dataclass(frozen=True)
class Checker:
    vocabulary: Vocabulary
    zone: ZoneInfo
    saving: Owner | None

    def checked(self, rule: Rule) -> Node:
        return fold(Seat(rule, "$"), self.seats_within, self.node)

    def checked_filter(self, where: Filter, event: str | None) -> Filter:
        return cast(Filter, fold(Seat(where, "$.where", event), self.seats_within, self.node))

    def seats_within(self, seat: Seat) -> Several[Seat]:
        """The nodes within a node; an unknown kind of event is refused here, before its filter is asked of."""
        node = seat.node
        if isinstance(node, RULE_OPERATORS + FILTER_OPERATORS):
            key = operator_key(node)
            return [replace(seat, node=child, path=f"{seat.path}.{key}[{number}]") for number, child in enumerate(node.children)]
        if isinstance(node, Sequence):
            return [replace(seat, node=step, path=f"{seat.path}.sequence[{number}]") for number, step in enumerate(node.steps)]
        within = replace(seat, path=f"{seat.path}.where")
        if isinstance(node, Did | Step | Measure | Relative):
            event = node.event if isinstance(node, Did | Step) else node.amount.event
            self.known_event(event, seat)
            within = replace(within, event=event)
        elif isinstance(node, Element):
            self.known_list(node, seat)
            within = replace(within, list_path=node.path)
        return [replace(within, node=part) for part in parts_of(node)]

    def node(self, seat: Seat, parts: list[Node]) -> Node:
        node = seat.node
        if isinstance(node, RULE_OPERATORS + FILTER_OPERATORS):
            return cast(Node, replace(cast(Any, node), children=tuple(parts)))
        if isinstance(node, Sequence):
            seat.fitted(lambda: fitted_sequence(node))
            return replace(node, steps=cast(tuple[Step, ...], tuple(parts)), window=self.window(node.window, seat))
        where = cast(Filter | None, parts[0] if parts else None)
        match node:
            case TraitTest():
                return self.trait_test(node, seat)
            case PropertyTest():
                return self.property_test(node, seat)
            case Element():
                return replace(node, filter=cast(Filter, where))
            case Did():
                times = seat.fitted(lambda: fitted_times(node.times))
                return replace(node, where=where, times=times, window=self.window(node.window, seat))
            case Step():
                return replace(node, where=where)
            case Measure():
                return self.measure(node, seat, where)
            case Relative():
                return self.relative(node, seat, where)
            case Bucket():
                seat.fitted(lambda: fitted_bucket(node))
            case Near():
                self.known_name(node.branch, self.vocabulary.branches, "branch", "branches", seat)
                return replace(node, distance=seat.fitted(lambda: fitted_distance(node.distance)))
            case InList():
                self.known_name(node.name, self.vocabulary.lists, "list", "lists", seat)
            case InSegment():
                self.known_segment(node, seat)
            case InSilo():
                self.known_silo(node, seat)
            case MayReceive():
                return replace(node, channel=self.channel(node, seat))
        return cast(Node, node)

    # Traits and properties

    def trait_test(self, node: TraitTest, seat: Seat) -> TraitTest:
        name = self.vocabulary.trait_name(node.trait)
        if amount := self.vocabulary.measures.get(name):
            return replace(node, trait=name, test=self.measure_test(node.test, amount, name, seat))
        traits = self.vocabulary.catalogue.traits
        if name not in traits:
            mend = _nearest_mend(name, [*traits, *self.vocabulary.measures], name_text, "traits")
            seat.refuse(f"No trait is called {name_text(name)}.", mend)
        return replace(node, trait=name, test=seat.fitted(lambda: fitted_test(node.test, traits[name].kind, name_text(name), self.zone)))

    def measure_test(self, test: Test, amount: Amount, name: str, seat: Seat) -> Test:
        if not isinstance(test, Compare | OneOf | Known):
            seat.refuse(f"{name_text(name)} is a measure, and measures have no windows.", "Put the window into the measure's definition.")
        kind = kind_of(amount, self.vocabulary.catalogue) or "number"
        return seat.fitted(lambda: fitted_test(test, kind, name_text(name), self.zone))

    def property_test(self, node: PropertyTest, seat: Seat) -> PropertyTest:
        found = self.known_property(node.path, seat)
        troubles: list[Unfit] = []
        tests: list[Test] = []
        for facts in found:  # one, unless `anything` meets a name in several kinds of events
            try:
                tests.append(fitted_test(node.test, facts.kind, name_text(node.path), self.zone))
            except Unfit as unfit:
                troubles.append(unfit)
        if not tests:
            seat.refuse(troubles[0].trouble, troubles[0].mend)
        return replace(node, test=node.test if node.test in tests else tests[0])

    def known_property(self, path: str, seat: Seat) -> tuple[PropertyFacts, ...]:
        known = self.vocabulary.properties(seat.event)
        prefix = f"{seat.list_path}." if seat.list_path else ""
        if found := known.get(prefix + path):
            return found
        of = f"{seat.list_path}( … )" if prefix else "Nothing a person does" if seat.event is None else quoted(seat.event)
        trouble = f"{of} has {'a' if seat.event is None and not prefix else 'no'} property {name_text(path)}."
        if path in known and prefix:
            seat.refuse(trouble, f"Within {of} names are relative: {name_text(path.removeprefix(prefix))}.")
        within = [name.removeprefix(prefix) for name in known if name.startswith(prefix)]
        elsewhere = [name for name in within if name.endswith(f".{path}")]
        mend = f"Did you mean {name_text(elsewhere[0])}?" if elsewhere else _nearest_mend(path, within, name_text, "properties")
        seat.refuse(trouble, mend)

    def known_list(self, node: Element, seat: Seat) -> None:
        if seat.list_path:
            seat.refuse(f"{seat.list_path}( … ) holds no further lists.", "Ask of the list's own properties.")
        found = self.known_property(node.path, seat)
        if any(facts.kind == "list" for facts in found):
            return
        lists = [name for name, kinds in self.vocabulary.properties(seat.event).items() if any(facts.kind == "list" for facts in kinds)]
        mend = f"Lists here: {', '.join(map(name_text, lists))}." if lists else f"Write {name_text(node.path)} = … without brackets."
        seat.refuse(f"{name_text(node.path)} is no list of things.", mend)

    # Events and amounts

    def known_event(self, event: str | None, seat: Seat) -> None:
        known = self.vocabulary.catalogue.event_types
        if event is not None and event not in known:
            seat.refuse(f"No kind of event is called {quoted(event)}.", _nearest_mend(event, known, quoted, "kinds of events"))

    def measure(self, node: Measure, seat: Seat, where: Filter | None) -> Measure:
        amount = self.amount(node.amount, seat, where)
        kind = kind_of(amount, self.vocabulary.catalogue) or "number"
        name = "the amount" if amount.property is None else f"{amount.kind}({name_text(amount.property)})"
        compared = seat.fitted(lambda: fitted_compare(Compare(node.op, node.value), kind, name, self.zone))
        return replace(node, amount=amount, value=compared.value)

    def relative(self, node: Relative, seat: Seat, where: Filter | None) -> Relative:
        amount = self.amount(node.amount, seat, where)
        return seat.fitted(lambda: fitted_relative(replace(node, amount=amount), kind_of(amount, self.vocabulary.catalogue) or "number"))

    def amount(self, amount: Amount, seat: Seat, where: Filter | None) -> Amount:
        self.known_event(amount.event, seat)
        if amount.property is not None:
            scope = replace(seat, event=amount.event, list_path="")
            kind = self.known_property(amount.property, scope)[0].kind
            if kind not in KINDS_OF_AMOUNT[amount.kind]:
                fitting = [
                    name
                    for name, found in self.vocabulary.properties(amount.event).items()
                    if found[0].kind in KINDS_OF_AMOUNT[amount.kind]
                ]
                mend = f"Possible here: {_some(fitting, name_text)}." if fitting else f"{quoted(amount.event)} has no such property."
                seat.refuse(f"{amount.kind}( … ) cannot be taken of {name_text(amount.property)}, which is {kind}.", mend)
        return replace(amount, where=where, window=self.window(amount.window, seat))

    def window(self, window: Window | None, seat: Seat) -> Window | None:
        return None if window is None else seat.fitted(lambda: fitted_window(window, self.zone))

    # Segments, lists, branches and channels

    def known_name(self, name: str, known: Iterable[str], one: str, several: str, seat: Seat) -> None:
        if name not in known:
            seat.refuse(f"No {one} is called {quoted(name)}.", _nearest_mend(name, known, quoted, several))

    def known_segment(self, node: InSegment, seat: Seat) -> None:
        known = self.vocabulary.segments
        if node == self.saving:
            seat.refuse(f"The segment {quoted(node.name)} would include itself.", "Name another segment.")
        self.known_name(node.name, known, "segment", "segments", seat)
        self.refuse_circle(node, seat)

    def known_silo(self, node: InSilo, seat: Seat) -> None:
        if Scheme(node.scheme) == self.saving:
            seat.refuse(f"The scheme {quoted(node.scheme)} would include itself.", "Its silos are told apart by their order already.")
        self.known_name(node.scheme, {scheme for scheme, _ in self.vocabulary.silos}, "scheme of silos", "schemes", seat)
        silos = [name for scheme, name in self.vocabulary.silos if scheme == node.scheme]
        self.known_name(node.name, silos, f"silo of {quoted(node.scheme)}", "silos", seat)
        self.refuse_circle(node, seat)

    def refuse_circle(self, node: Named, seat: Seat) -> None:
        if circle := circle_from(_owner(node), self.vocabulary, back_to=self.saving):
            what, chain = "segment" if isinstance(circle[-1], InSegment) else "scheme", " → ".join(quoted(one.name) for one in circle)
            seat.refuse(f"The {what} {quoted(circle[-1].name)} would include itself: {chain}.", "Break the circle.")

    def channel(self, node: MayReceive, seat: Seat) -> str:
        folded = {channel.casefold(): channel for channel in self.vocabulary.channels}
        if node.channel.casefold() not in folded:
            mend = _nearest_mend(node.channel, self.vocabulary.channels, name_text, "channels")
            seat.refuse(f"No channel is called {name_text(node.channel)}.", mend)
        return folded[node.channel.casefold()]


def circle_from(start: Owner, vocabulary: Vocabulary, *, back_to: Owner | None) -> list[Owner]:
    """The way from a segment or scheme back to `back_to`, or round to one on the way; empty where there is none."""
    trail: list[Owner] = []
    done: set[Owner] = set()
    waiting: list[tuple[Owner, int]] = [(start, 0)]
    while waiting:
        here, depth = waiting.pop()
        del trail[depth:]
        if here == back_to:
            return [here, *trail, here]
        if here in trail:
            return [*trail[trail.index(here) :], here]
        if here in done:
            continue
        done.add(here)
        trail.append(here)
        waiting.extend((_owner(node), depth + 1) for node in _named_by(here, vocabulary))
    return []


def _owner(node: Named) -> Owner:
    return InSegment(node.name) if isinstance(node, InSegment) else Scheme(node.scheme)


def _named_by(owner: Owner, vocabulary: Vocabulary) -> list[Named]:
    """The segments and silos that the rules of a segment or a scheme name."""
    silos = [rule for (scheme, _), rule in vocabulary.silos.items() if owner == Scheme(scheme)]
    rules = silos + [rule for name, rule in vocabulary.segments.items() if owner == InSegment(name)]
    return [node for rule in rules for node in preorder_of(rule) if isinstance(node, InSegment | InSilo)]


@dataclass(frozen=True)
class Uses:
    """The names a rule depends on; properties with the event they are of (None: of anything), whole paths from the top."""

    events: frozenset[str]
    properties: frozenset[tuple[str | None, str]]
    traits: frozenset[str]
    segments: frozenset[str]
    silos: frozenset[tuple[str, str]]  # scheme and name


def used_by(rule: Rule) -> Uses:
    """What would break the rule if it went away. `traits` holds named measures too."""
    nodes = preorder_of(rule)
    events = {node.event for node in nodes if isinstance(node, Did | Step) and node.event is not None}
    events |= {node.amount.event for node in nodes if isinstance(node, Measure | Relative)}
    properties: set[tuple[str | None, str]] = set()
    for node in nodes:
        if isinstance(node, Measure | Relative) and node.amount.property is not None:
            properties.add((node.amount.event, node.amount.property))
        if isinstance(node, Did | Step | Measure | Relative):
            event = node.event if isinstance(node, Did | Step) else node.amount.event
            properties |= {(event, path) for path in _paths(parts_of(node))}
    traits = {node.trait for node in nodes if isinstance(node, TraitTest)}
    traits |= {trait for node in nodes if isinstance(node, Near) for trait in PLACE_TRAITS}
    segments = {node.name for node in nodes if isinstance(node, InSegment)}
    silos = {(node.scheme, node.name) for node in nodes if isinstance(node, InSilo)}
    return Uses(frozenset(events), frozenset(properties), frozenset(traits), frozenset(segments), frozenset(silos))


def _paths(parts: Several[Node]) -> set[str]:
    """Every path a filter asks of, lists and their things included."""
    found: set[str] = set()
    waiting: list[tuple[Node, str]] = [(part, "") for part in parts]
    while waiting:
        node, prefix = waiting.pop()
        if isinstance(node, PropertyTest | Element):
            found.add(prefix + node.path)
        within = f"{prefix}{node.path}." if isinstance(node, Element) else prefix
        waiting.extend((part, within) for part in parts_of(node))
    return found


def _nearest_mend(name: str, known: Iterable[str], spelled: Callable[[str], str], what: str) -> str:
    names = list(known)
    if near := nearest(name, names):
        return f"Did you mean {spelled(near)}?"
    return f"Known {what}: {_some(names, spelled)}." if names else f"There are no {what} yet."


def _some(names: Several[str], spelled: Callable[[str], str]) -> str:
    shown = ", ".join(map(spelled, names[:NAMES_SHOWN_MAX]))
    return f"{shown} and {len(names) - NAMES_SHOWN_MAX} more" if len(names) > NAMES_SHOWN_MAX else shown
