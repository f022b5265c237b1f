"""Rules made by chance from a seed, as text, over the words of the random histories.

Any leaf, BUT NOT at any depth, windows whose edge falls on facts, constants that data has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from rapport.lib.clock import from_us
from rapport.segments.grammar import name_text
from rapport.segments.tests.random_histories import (
    AMOUNTS,
    BRANCHES,
    CATEGORIES,
    CHANNELS,
    CITIES,
    DURATIONS,
    LATITUDES,
    LONGITUDES,
    NUMBERS,
    PEOPLE_LISTS,
    SKUS,
)  # fmt: skip
from rapport.segments.text import duration_text, number_text, quoted

SHORT = ("minute", "hour")


@dataclass(frozen=True)
class Word:
    """Something a test can be asked of: its name, its kind, and values that data has."""

    name: str
    kind: str
    values: tuple[Any, ...] = ()


MONEY = tuple(amount for amount in AMOUNTS if not isinstance(amount, str))
ORDER = (
    Word("revenue", "number", (*MONEY, 10.837, 0.10837, 36.123333, 0.066083)),
    Word("coupon", "text", CITIES),
    Word("currency", "text", ("USD", "EUR", "GBP")),
)
LINE = (
    Word("sku", "text", SKUS),
    Word("category", "text", CATEGORIES),
    Word("quantity", "number", NUMBERS),
    Word("price", "number", MONEY),
)
LEG = (Word("from", "text", ("JFK", "LHR")), Word("miles", "number", NUMBERS), Word("day", "date"), Word("stops", "text", ("LHR",)))
EVENTS: dict[str, tuple[Word, ...]] = {
    "Order Completed": ORDER,
    "Order Refunded": ORDER,
    "Feedback Given": (Word("score", "number", NUMBERS), Word("comment", "text", CITIES)),
    "Booked": (
        Word("departure", "date"), Word("check_in", "time"), Word("seats", "number", NUMBERS), Word("flexible", "boolean"),
        Word("tags", "text", ("a", "b", "ab", "")), Word("marks", "number", NUMBERS), Word("address.city", "text", CITIES),
        Word("address.geo.zone", "number", NUMBERS),
    ),
    "Page Viewed": (Word("name", "text", CITIES),),
    "Email Sent": (Word("email_id", "text", SKUS),),
}  # fmt: skip
LISTS: dict[str, tuple[str, tuple[Word, ...]]] = {"Order Completed": ("products", LINE), "Booked": ("legs", LEG)}
TRAITS = (
    Word("city", "text", CITIES), Word("plan", "text", CITIES), Word("points", "number", NUMBERS), Word("vip", "boolean"),
    Word("tags", "text", ("a", "b", "ab")), Word("renewal", "date"), Word("birthday", "date"), Word("seen_at", "time"),
    Word("email", "text", ("c1@example.com", "nowhere")), Word("home.floor", "number", NUMBERS), Word("postalCode", "text", ("10115",)),
    Word("latitude", "number", LATITUDES), Word("longitude", "number", LONGITUDES),
)  # fmt: skip
COUNTS, SUMS = tuple(range(5)), (0, 1, 2, 5, 10, 10.1, 20.2, 0.1, 99.99, -5, 50)


class RuleMaker:
    """Texts of rules in a world, put together from a handful of leaves. `measures`, `segments` and `silos` may be named in them."""

    def __init__(
        self,
        chance: Random,
        zone: str,
        moments_us: Sequence[int],
        *,
        leaves: int,
        measures: tuple[str, ...] = (),
        segments: tuple[str, ...] = (),
        silos: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.chance, self.zone, self.moments_us = chance, ZoneInfo(zone), moments_us
        self.measures, self.segments, self.silos = measures, segments, silos
        self.leaves = [self.leaf() for _ in range(leaves)]

    def rule(self, depth: int = 3) -> str:
        if depth == 0 or self.chance.random() < 0.3:
            return str(self.pick(self.leaves))
        return self.joined(depth, self.rule)

    def joined(self, depth: int, part: Any) -> str:
        joint = self.pick((" AND ", " OR ", " BUT NOT ", " BUT NOT "))
        return str(joint.join(f"({part(depth - 1)})" for _ in range(self.pick((2, 2, 3)))))

    def leaf(self) -> str:
        kind = self.chance.random()
        if kind < 0.26:
            return self.did()
        if kind < 0.4:
            return self.sequence()
        if kind < 0.54:
            return self.test_of(self.pick(TRAITS))
        if kind < 0.7:
            return f"{self.amount()}"
        if kind < 0.8:
            return self.relative()
        if kind < 0.85:
            return self.standing()
        if kind < 0.9:
            return f"may receive {self.pick(CHANNELS)}{self.pick(('', '', ' for newsletter'))}"
        if kind < 0.95 and self.measures:
            return self.test_of(Word(self.pick(self.measures), "number", SUMS))
        if kind < 0.965 and self.silos:
            scheme, name = self.pick(self.silos)
            return f"in silo {quoted(name)} of {quoted(scheme)}"
        if kind < 0.98 and self.segments:
            return f"in segment {quoted(self.pick(self.segments))}"
        return str(self.pick(("everyone", "everyone", "no one")))

    def did(self) -> str:
        if self.chance.random() < 0.12:
            return f"did anything{self.times()}{self.window()}"
        event = self.pick(tuple(EVENTS))
        return f"did {quoted(event)}{self.where(event)}{self.times()}{self.window()}"

    def sequence(self) -> str:
        """Two to four facts, often of few kinds, now and then with one that must not follow."""
        kinds = self.chance.sample(tuple(EVENTS), 2)
        steps = [self.step(self.pick(kinds)) for _ in range(self.pick((2, 2, 2, 3, 3, 4)))]
        first, *later = steps
        chain = [first, *(f"then {step}{self.pick(('', f' within {self.exact_length()}'))}" for step in later)]
        if self.chance.random() < 0.35:
            chain[-1] = f"then no {steps[-1]} within {self.exact_length()}"
        return f"did {' '.join(chain)}{self.pick(('', '', self.window()))}"

    def step(self, event: str) -> str:
        return f"{quoted(event)}{self.pick(('', '', self.where(event)))}"

    def exact_length(self) -> str:
        return self.pick([duration_text(one) for one in DURATIONS if one.unit not in ("month", "year")] + ["1 hour"])

    def relative(self) -> str:
        """An amount beside itself in the time before."""
        event = self.pick(("Order Completed", "Order Completed", "Booked", "Feedback Given", "Page Viewed"))
        numbers = [word for word in self.words_of(event) if word.kind == "number"]
        kind = self.pick(("sum", "sum", "average", "smallest", "largest", "number of", "number of", "number of different"))
        if kind == "number of" or not numbers:
            amount = f"number of {quoted(event)}"
        else:
            word = self.pick(self.words_of(event) if kind == "number of different" else numbers)
            amount = f"{kind}({self.name_of(word)}) of {quoted(event)}"
        late, early = (duration_text(self.pick(DURATIONS)) for _ in range(2))
        factor = self.pick(("", "", "half of ", "twice ", "1.5 times ", "0.333333 times ", "1000 times "))
        return f"{amount}{self.pick(('', self.where(event)))} in the last {late} {self.comparison()} {factor}the {early} before"

    def standing(self) -> str:
        """What is asked of customers as such."""
        first, last = sorted((self.chance.randrange(10_000), self.chance.randrange(10_000)))
        where = f"branch {quoted(self.pick(tuple(BRANCHES)))}"
        return str(
            self.pick(
                (
                    f"in list {quoted(self.pick(PEOPLE_LISTS))}",
                    f"in list {quoted(self.pick(PEOPLE_LISTS))}",
                    f"bucket {first}-{last}{self.pick(('', ' of ' + quoted(self.pick(CITIES) or 'x')))}",
                    f"within {self.pick(('0.1', '1', '5', '10', '300', '20000'))} {self.pick(('km', 'mi'))} of {where}",
                )
            )
        )

    def times(self) -> str:
        bound = self.pick(("", "", "", " at least", " at most", " exactly"))
        return f"{bound} {self.chance.randint(1 if bound == ' at least' else 0, 3)} times" if bound else ""

    def amount(self) -> str:
        """An amount compared with a value that it may well come to."""
        event = self.pick(tuple(EVENTS))
        words = {kind: [word for word in self.words_of(event) if word.kind == kind] for kind in ("number", "date", "time")}
        kind = self.pick(
            ("sum", "average", "smallest", "largest", "number of different", "number of", "days since first", "days since last")
        )
        rest = f"{quoted(event)}{self.where(event)}{self.window()} {self.comparison()}"
        if kind in ("number of", "days since first", "days since last"):
            return f"{kind} {rest} {self.pick(COUNTS if kind == 'number of' else (*COUNTS, 7, 14, 30, 31, 365))}"
        if kind == "number of different":
            return f"{kind}({self.name_of(self.pick(self.words_of(event)))}) of {rest} {self.pick(COUNTS)}"
        if kind in ("smallest", "largest") and (timed := words["date"] + words["time"]) and self.chance.random() < 0.5:
            return f"{kind}({self.name_of(self.pick(timed))}) of {rest} {self.time()}"
        if words["number"]:
            return f"{kind}({self.name_of(self.pick(words['number']))}) of {rest} {self.number(SUMS)}"
        return f"number of {rest} {self.pick(COUNTS)}"

    def words_of(self, event: str) -> list[Word]:
        """The properties of an event, those of its list's elements among them."""
        path, inner = LISTS.get(event, ("", ()))
        return [*EVENTS[event], *(Word(f"{path}.{word.name}", word.kind, word.values) for word in inner)]

    def comparison(self) -> str:
        return str(self.pick(("=", "!=", "<", "<=", ">", ">=", ">", ">=")))

    # Filters

    def where(self, event: str) -> str:
        kind = self.chance.random()
        if kind < 0.45:
            return ""
        if kind < 0.75:
            return f" where {self.condition(event)}"
        return f" where ({self.filter(event, 2)})"

    def filter(self, event: str, depth: int) -> str:
        if depth == 0 or self.chance.random() < 0.25:
            return self.condition(event)
        return self.joined(depth, lambda less: self.filter(event, less))

    def condition(self, event: str) -> str:
        if event in LISTS and self.chance.random() < 0.4:
            path, words = LISTS[event]
            return f"{path}({self.within(words, self.pick((0, 1, 1, 2)))})"
        return self.test_of(self.pick(self.words_of(event)))

    def within(self, words: tuple[Word, ...], depth: int) -> str:
        return self.test_of(self.pick(words)) if depth == 0 else self.joined(depth, lambda less: self.within(words, less))

    # Tests

    def test_of(self, word: Word) -> str:
        if self.chance.random() < 0.08:
            return f"{self.name_of(word)} {self.pick(('is known', 'is unknown'))}"
        return f"{self.name_of(word)} {getattr(self, f'{word.kind}_test')(word)}"

    def name_of(self, word: Word) -> str:
        return name_text(word.name)

    def text_test(self, word: Word) -> str:
        values = [quoted(value) for value in word.values]
        op = self.pick(("=", "=", "!=", "in", "not in", "contains", "starts with"))
        if op in ("in", "not in"):
            return f"{op} ({self.pick(values)}, {self.pick(values)})"
        return f"{op} {quoted(self.pick(word.values)[:3]) if op in ('contains', 'starts with') else self.pick(values)}"

    def number_test(self, word: Word) -> str:
        if self.chance.random() < 0.15:
            return f"{self.pick(('in', 'not in'))} ({self.number(word.values)}, {self.number(word.values)})"
        return f"{self.comparison()} {self.number(word.values)}"

    def boolean_test(self, word: Word) -> str:
        return f"{self.pick(('=', '!='))} {self.pick(('true', 'false'))}"

    def date_test(self, word: Word) -> str:
        return self.timed_test([duration_text(one) for one in DURATIONS if one.unit not in SHORT])

    def time_test(self, word: Word) -> str:
        return self.timed_test([duration_text(one) for one in DURATIONS])

    def timed_test(self, durations: list[str]) -> str:
        kind = self.chance.random()
        if kind < 0.25:
            return f"{self.comparison()} {self.time()}"
        if kind < 0.35:
            return f"{self.pick(('in', 'not in'))} ({self.time()}, {self.time()})"
        if kind < 0.55:
            return f"in the next {self.pick(durations)}"
        if kind < 0.65:
            return f"anniversary in the next {self.pick([one for one in durations if 'minute' not in one and 'hour' not in one])}"
        if kind < 0.8:
            return f"in the last {self.pick(durations)}"
        return self.window(always=True).strip()

    # Windows and values

    def window(self, *, always: bool = False) -> str:
        kind = self.chance.random()
        if kind < 0.4 and not always:
            return ""
        if kind < 0.7 and not always:
            return f" in the last {duration_text(self.pick(DURATIONS))}"
        start, end = sorted(self.near() for _ in range(2))
        if kind < 0.8:
            return f" before {self.written(start)}"
        return f" since {self.written(start)}" if kind < 0.9 or start == end else f" between {self.exactly(start)} and {self.exactly(end)}"

    def near(self) -> int:
        """A moment something happened or is asked for, or a microsecond beside it."""
        return int(self.pick(self.moments_us) + self.pick((-1, 0, 0, 0, 1)))

    def time(self) -> str:
        return self.written(self.near())

    def written(self, us: int) -> str:
        local = from_us(us, self.zone)
        return str(
            self.pick(
                (self.exactly(us), self.exactly(us), local.isoformat(), local.replace(tzinfo=None).isoformat(), local.date().isoformat())
            )
        )

    def exactly(self, us: int) -> str:
        return from_us(us).isoformat().replace("+00:00", "Z")

    def number(self, values: tuple[Any, ...]) -> str:
        return number_text(Decimal(repr(self.pick(values))))

    def pick(self, values: Any) -> Any:
        return self.chance.choice(values)
