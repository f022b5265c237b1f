"""Random rules that fit a catalogue: for every test that must hold for any rule, not for the ones we thought of."""

from collections.abc import Callable
from collections.abc import Sequence as Several
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from pyroaring import BitMap

from rapport.events.catalogue import Catalogue, EventTypeFacts, PropertyFacts
from rapport.segments.literals import UNIT_DAYS
from rapport.segments.nodes import (
    Amount,
    And,
    AnniversaryInTheNext,
    Before,
    Between,
    Bucket,
    ButNot,
    Compare,
    Did,
    Duration,
    Element,
    Everyone,
    Filter,
    FilterAnd,
    FilterButNot,
    FilterOr,
    InList,
    InSegment,
    InTheLast,
    InTheNext,
    Known,
    MayReceive,
    Measure,
    Near,
    NoOne,
    OneOf,
    Or,
    PropertyTest,
    Relative,
    Rule,
    Sequence,
    Since,
    Step,
    Test,
    Time,
    Times,
    TraitTest,
    Value,
    Window,
)
from rapport.segments.vocabulary import Vocabulary

Strategy = st.SearchStrategy
EXACT_UNITS = ("minute", "hour", "day", "week")
CALENDAR_UNITS = ("day", "week", "month", "year")
TEXTS = ("USA", "Canada", "Shirts", "", "22423", "Ünïcode ✓", 'a "quoted" \\ text', "two\nlines", "2011-06-01")
TIMES = st.builds(Times, st.sampled_from(["at least", "at most", "exactly"]), st.integers(0, 4))
NUMBERS = ("0", "1", "2", "5", "-3", "100", "2.5", "0.01", "-12.75", "1000000", "0.1")


def property_facts(path: str, kind: str, *, many: bool = False, list_path: str = "") -> PropertyFacts:
    own = path.removeprefix(f"{list_path}.") if list_path else path
    return PropertyFacts(path, kind, many, list_path, own.replace(".", "_"), True, 0)


def event_type(number: int, name: str, *properties: PropertyFacts, done: str = "by", facts: int = 10) -> EventTypeFacts:
    table = name.lower().replace(" ", "_")
    return EventTypeFacts(number, name, table, done, True, facts, {facts.path: facts for facts in properties})


SMALL = Catalogue(
    {
        kind.name: kind
        for kind in (
            event_type(
                1,
                "Order Completed",
                property_facts("order_id", "text"),
                property_facts("revenue", "money"),
                property_facts("gift", "boolean"),
                property_facts("shipped_at", "time"),
                property_facts("due", "date"),
                property_facts("tags", "text", many=True),
                property_facts("products", "list"),
                property_facts("products.sku", "text", list_path="products"),
                property_facts("products.category", "text", list_path="products"),
                property_facts("products.quantity", "number", list_path="products"),
                property_facts("products.price", "money", list_path="products"),
                facts=397_884,
            ),
            event_type(2, "Feedback Given", property_facts("score", "number"), property_facts("comment", "text")),
            event_type(3, "Email Sent", property_facts("subject", "text"), done="to"),
            event_type(
                4,
                "Identify",
                property_facts("country", "text"),
                property_facts("first_name", "text"),
                property_facts("age", "number"),
                property_facts("born", "date"),
                property_facts("created_at", "time"),
                property_facts("vip", "boolean"),
                property_facts("interests", "text", many=True),
                property_facts("address.city", "text"),
                property_facts("where", "text"),
            ),
        )
    }
)
SMALL_VOCABULARY = Vocabulary(
    catalogue=SMALL,
    segments={"Big spenders": TraitTest("country", Compare("=", "USA")), "Contacted this week": NoOne()},
    measures={},
    branches={"Porto": (41.1496, -8.611), 'The "old" mill': (-41.0, 179.9)},
    lists={"VIPs 2025": BitMap},
)


class RuleShapes:
    """Strategies over one vocabulary. `texts`: the constants to compare text with."""

    def __init__(self, vocabulary: Vocabulary, texts: Several[str] = TEXTS) -> None:
        self.vocabulary = vocabulary
        self.texts = st.sampled_from(texts)
        self._kept: dict[tuple[str, Any], Strategy[Any]] = {}  # making a strategy takes longer than drawing from it

    def rules(self, *, leaves_max: int = 8) -> Strategy[Rule]:
        return st.recursive(self.leaves(), lambda inner: _joined(inner, (And, Or, ButNot)), max_leaves=leaves_max)

    def leaves(self) -> Strategy[Rule]:
        kinds: list[Strategy[Any]] = [
            st.just(Everyone()),
            st.just(NoOne()),
            self.trait_tests(),
            self.dids(),
            self.measures(),
            self.sequences(),
            self.relatives(),
            buckets(),
            st.builds(Near, st.sampled_from(sorted(self.vocabulary.branches)), distances(), st.sampled_from(["km", "mi"])),
            st.builds(InList, st.sampled_from(sorted(self.vocabulary.lists))),
            st.builds(MayReceive, st.sampled_from(self.vocabulary.channels), st.sampled_from(["marketing", "news"])),
        ]
        if self.vocabulary.segments:
            kinds.append(st.builds(InSegment, st.sampled_from(sorted(self.vocabulary.segments))))
        return st.one_of(kinds)

    def trait_tests(self) -> Strategy[TraitTest]:
        traits = [facts for facts in self.vocabulary.catalogue.traits.values() if not facts.list_path]
        return st.one_of([st.builds(TraitTest, st.just(facts.path), self.tests(facts)) for facts in traits])

    def dids(self) -> Strategy[Did]:
        anything = st.builds(Did, st.none(), st.none(), TIMES, st.none() | windows())
        return anything | st.sampled_from(self._events()).flatmap(
            lambda event: self._once("dids", event.name, lambda: self._dids_of(event))
        )

    def _dids_of(self, event: EventTypeFacts) -> Strategy[Did]:
        return st.builds(Did, st.just(event.name), st.none() | self.filters(event), TIMES, st.none() | windows())

    def sequences(self) -> Strategy[Sequence]:
        step = st.sampled_from(self._events()).flatmap(lambda event: self._once("steps", event.name, lambda: self._steps(event)))
        limit = st.none() | durations(EXACT_UNITS)
        later = st.builds(replace, step, within=limit)
        missed = st.builds(replace, step, within=durations(EXACT_UNITS), negated=st.just(True))
        chains = st.tuples(step, st.lists(later, max_size=3), later | missed).map(lambda parts: (parts[0], *parts[1], parts[2]))
        return st.builds(Sequence, chains, st.none() | windows())

    def _steps(self, event: EventTypeFacts) -> Strategy[Step]:
        return st.builds(Step, st.just(event.name), st.none() | self.filters(event))

    def relatives(self) -> Strategy[Relative]:
        factors = st.sampled_from(["0.5", "1", "2", "1.5", "0.000001", "1000"]).map(Decimal)
        window = st.builds(InTheLast, durations())
        numeric = self.measures().filter(lambda one: not one.amount.kind.startswith("days since"))
        amounts = st.builds(lambda one, window: replace(one.amount, window=window), numeric, window)
        return st.builds(Relative, amounts, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), factors, durations())

    def measures(self) -> Strategy[Measure]:
        return st.sampled_from(self._events()).flatmap(self._measures_of)

    def _measures_of(self, event: EventTypeFacts) -> Strategy[Measure]:
        return self._once("measures", event.name, lambda: self._measures_anew(event))

    def _measures_anew(self, event: EventTypeFacts) -> Strategy[Measure]:
        where, window = st.none() | self.filters(event), st.none() | windows()
        counts = st.sampled_from(["number of", "days since first", "days since last"]).flatmap(
            lambda kind: self._compared(st.builds(Amount, st.just(kind), st.just(event.name), st.none(), where, window), whole=True)
        )
        scalars = [facts for facts in event.properties.values() if facts.kind != "list"]
        different = st.sampled_from(scalars).flatmap(
            lambda facts: self._compared(
                st.builds(Amount, st.just("number of different"), st.just(event.name), st.just(facts.path), where, window), whole=True
            )
        )
        summed = [facts.path for facts in scalars if facts.kind in ("number", "money")]
        if not summed:
            return counts | different
        kinds = st.sampled_from(["sum", "average", "smallest", "largest"])
        return counts | different | self._compared(st.builds(Amount, kinds, st.just(event.name), st.sampled_from(summed), where, window))

    def _compared(self, amounts: Strategy[Amount], *, whole: bool = False) -> Strategy[Measure]:
        values = st.integers(0, 400).map(Decimal) if whole else numbers()
        return st.builds(Measure, amounts, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), values)

    def filters(self, event: EventTypeFacts) -> Strategy[Filter]:
        return self._once("filters", event.name, lambda: self._filters(event))

    def _once(self, what: str, which: Any, make: Callable[[], Strategy[Any]]) -> Strategy[Any]:
        if (what, which) not in self._kept:
            self._kept[what, which] = make()
        return self._kept[what, which]

    def _filters(self, event: EventTypeFacts) -> Strategy[Filter]:
        properties = list(event.properties.values())
        lists = [facts.path for facts in properties if facts.kind == "list"]
        leaves: Strategy[Any] = _property_tests(self, properties, "")
        for path in lists:
            inside = [facts for facts in properties if facts.list_path == path]
            within = st.recursive(_property_tests(self, inside, f"{path}."), _joined_filters, max_leaves=3)
            leaves |= st.builds(Element, st.just(path), within)
        return st.recursive(leaves, _joined_filters, max_leaves=4)

    def tests(self, facts: PropertyFacts) -> Strategy[Test]:
        return self._once("tests", facts, lambda: self._tests(facts))

    def _tests(self, facts: PropertyFacts) -> Strategy[Test]:
        known = st.builds(Known, st.booleans())
        match facts.kind:
            case "text":
                words = st.builds(Compare, st.sampled_from(["contains", "starts with"]), self.texts)
                return known | words | self._equals(self.texts)
            case "number" | "money":
                return known | self._equals(numbers()) | _ordered(numbers())
            case "boolean":
                return known | self._equals(st.booleans())
            case "date":
                ahead = st.builds(InTheNext, durations(CALENDAR_UNITS)) | st.builds(AnniversaryInTheNext, durations(CALENDAR_UNITS))
                return known | self._equals(days()) | _ordered(days()) | windows(CALENDAR_UNITS) | ahead
            case "time":
                ahead = st.builds(InTheNext, durations()) | st.builds(AnniversaryInTheNext, durations(CALENDAR_UNITS))
                return known | self._equals(times_of_day()) | _ordered(times_of_day()) | windows() | ahead
        return known

    def _equals(self, values: Strategy[Any]) -> Strategy[Test]:
        several = st.lists(values, min_size=1, max_size=3).map(tuple)
        return st.builds(Compare, st.sampled_from(["=", "!="]), values) | st.builds(OneOf, several, st.booleans())

    def _events(self) -> list[EventTypeFacts]:
        return [event for event in self.vocabulary.catalogue.event_types.values() if event.name != "Identify" and event.properties]


def numbers() -> Strategy[Decimal]:
    return st.sampled_from(NUMBERS).map(Decimal)


def days() -> Strategy[Time]:
    return st.dates(min_value=date(2009, 1, 1), max_value=date(2012, 12, 31)).map(lambda day: Time(day.isoformat()))


def times_of_day() -> Strategy[Time]:
    offsets = st.sampled_from(["", "Z", "+02:00", "-05:30"])
    clocks = st.sampled_from(["00:00", "14:30", "23:59:59", "08:15:00.250000"])
    return days() | st.builds(lambda day, clock, offset: Time(f"{day.text}T{clock}{offset}"), days(), clocks, offsets)


def durations(units: tuple[str, ...] = tuple(UNIT_DAYS)) -> Strategy[Duration]:
    return st.builds(Duration, st.integers(1, 400), st.sampled_from(units))


def buckets() -> Strategy[Bucket]:
    ends = st.lists(st.integers(0, 9999), min_size=2, max_size=2).map(sorted)
    names = st.sampled_from(["", "spring test", 'a "quoted" one'])
    return st.builds(lambda ends, name: Bucket(ends[0], ends[1], name), ends, names)


def distances() -> Strategy[Decimal]:
    return st.sampled_from(["0.1", "1", "5", "12.75", "25000"]).map(Decimal)


def windows(units: tuple[str, ...] = tuple(UNIT_DAYS)) -> Strategy[Window]:
    moments = times_of_day() if "hour" in units else days()
    apart = st.tuples(days(), days()).filter(lambda two: two[0] != two[1]).map(lambda two: Between(*sorted(two, key=lambda day: day.text)))
    return st.builds(InTheLast, durations(units)) | st.builds(Before, moments) | st.builds(Since, moments) | apart


def values() -> Strategy[Value]:
    return st.sampled_from(TEXTS) | numbers() | st.booleans() | times_of_day()


def _ordered(bounds: Strategy[Any]) -> Strategy[Test]:
    return st.builds(Compare, st.sampled_from(["<", "<=", ">", ">="]), bounds)


def _property_tests(shapes: RuleShapes, properties: list[PropertyFacts], prefix: str) -> Strategy[PropertyTest]:
    return st.one_of([st.builds(PropertyTest, st.just(facts.path.removeprefix(prefix)), shapes.tests(facts)) for facts in properties])


def _joined(inner: Strategy[Any], operators: tuple[Any, ...]) -> Strategy[Any]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of([st.builds(operator, several) for operator in operators])


def _joined_filters(inner: Strategy[Any]) -> Strategy[Any]:
    return _joined(inner, (FilterAnd, FilterOr, FilterButNot))
