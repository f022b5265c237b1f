"""What each rule of the grammar becomes: the nodes, grown from the leaves up while the text is read."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from lark import Token, Transformer, v_args

from rapport.segments.errors import RuleError
from rapport.segments.literals import Unfit, fit_duration, fit_name, fit_number, fit_text, fit_time, spelled_count, unit_of
from rapport.segments.nodes import (
    AT_LEAST_ONCE,
    Amount,
    And,
    AnniversaryInTheNext,
    Before,
    Between,
    Bucket,
    ButNot,
    Compare,
    Definition,
    Did,
    Duration,
    Element,
    Everyone,
    FilterAnd,
    FilterButNot,
    FilterOr,
    InList,
    InSegment,
    InSilo,
    InTheLast,
    InTheNext,
    Known,
    MayReceive,
    Measure,
    Near,
    NoOne,
    OneOf,
    Or,
    Place,
    PropertyTest,
    Relative,
    Sequence,
    Since,
    Step,
    Time,
    Times,
    TraitTest,
)

Made = TypeVar("Made")
WINDOWS = (InTheLast, Before, Since, Between)
FACTORS = {"half of": Decimal("0.5"), "twice": Decimal(2)}


@dataclass(frozen=True)
class Bracketed:
    """A node that stood in brackets: it begins at the bracket for whatever it is part of, and at itself for itself."""

    node: Any
    place: Place


@dataclass(frozen=True)
class Name:
    text: str
    place: Place


@dataclass(frozen=True)
class Count:
    number: int
    place: Place


def bare(part: Any) -> Any:
    return part.node if isinstance(part, Bracketed) else part


def words_of(token: Token) -> str:
    return " ".join(token.lower().split())


def place_of(token: Token) -> Place:
    return Place(token.line or 1, token.column or 1)


def _fitted(token: Token, read: Callable[[], Made]) -> Made:
    try:
        return read()
    except Unfit as unfit:
        raise RuleError(unfit.trouble, mend=unfit.mend, place=place_of(token)) from None


def _operator(kind: Callable[..., Any]) -> Callable[..., Any]:
    def grown(self: "Planter", *parts: Any) -> Any:
        return kind(tuple(bare(part) for part in parts), place=parts[0].place)

    return grown


def _clauses(parts: tuple[Any, ...]) -> dict[str, Any]:
    """The optional ends of a condition – where, within, times, window – told apart by what they are."""
    found: dict[str, Any] = {}
    for part in map(bare, parts):
        if isinstance(part, Token):  # the word `within` itself
            continue
        if isinstance(part, Duration):
            found["within"] = part
            continue
        found["times" if isinstance(part, Times) else "window" if isinstance(part, WINDOWS) else "where"] = part
    return found


@v_args(inline=True)
class Planter(Transformer[Token, Any]):  # type: ignore[misc]
    """Called by the parser at each finished piece; holds nothing, so one serves every thread."""

    rule = _operator(ButNot)
    union = _operator(Or)
    meet = _operator(And)
    filter = _operator(FilterButNot)
    filter_union = _operator(FilterOr)
    filter_meet = _operator(FilterAnd)

    def bracketed(self, opening: Token, inner: Any, _closing: Token) -> Bracketed:
        return Bracketed(bare(inner), place_of(opening))

    # Conditions

    def everyone(self, token: Token) -> Everyone:
        return Everyone(place_of(token))

    def no_one(self, token: Token) -> NoOne:
        return NoOne(place_of(token))

    def trait_test(self, name: Name, test: Any) -> TraitTest:
        return TraitTest(name.text, test, name.place)

    def did(self, token: Token, event: str | Token, *clauses: Any) -> Did:
        found = _clauses(clauses)
        name = None if isinstance(event, Token) else self._named(token, event, "The name of an event")
        return Did(name, found.get("where"), found.get("times", AT_LEAST_ONCE), found.get("window"), place_of(token))

    def sequence(self, token: Token, event: str, *parts: Any) -> Sequence:
        steps = tuple(part for part in parts if isinstance(part, Step))
        found = _clauses(tuple(part for part in parts if not isinstance(part, Step)))
        first = Step(self._named(token, event, "The name of an event"), found.get("where"), place=place_of(token))
        return Sequence((first, *steps), found.get("window"), place_of(token))

    def step(self, token: Token, event: str, *clauses: Any) -> Step:
        found = _clauses(clauses)
        name = self._named(token, event, "The name of an event")
        return Step(name, found.get("where"), found.get("within"), token.type == "THEN_NO", place_of(token))

    def measure(self, amount: Amount, op: Any, value: Any) -> Measure:
        return Measure(amount, op.value, value, amount.place)

    def relative(self, amount: Amount, op: Any, *parts: Any) -> Relative:
        factor = parts[0] if len(parts) > 1 else Decimal(1)
        return Relative(amount, op.value, factor, parts[-1], amount.place)

    def factor(self, said: Token | Decimal) -> Decimal:
        return FACTORS[words_of(said)] if isinstance(said, Token) else said

    def bucket(self, token: Token, numbers: Token, *name: str) -> Bucket:
        first, _, last = str(numbers).partition("-")
        ends = [_fitted(numbers, lambda end=end: spelled_count(end.strip())) for end in (first, last or first)]  # type: ignore[misc]
        return Bucket(ends[0], ends[1], self._named(token, name[0], "The name of a drawing") if name else "", place_of(token))

    def near(self, token: Token, distance: Decimal, unit: Token, branch: str) -> Near:
        return Near(self._named(token, branch, "The name of a branch"), distance, words_of(unit), place_of(token))  # type: ignore[arg-type]

    def in_list(self, token: Token, name: str) -> InList:
        return InList(self._named(token, name, "The name of a list"), place_of(token))

    def in_segment(self, token: Token, name: str) -> InSegment:
        return InSegment(self._named(token, name, "The name of a segment"), place_of(token))

    def in_silo(self, token: Token, name: str, scheme: str) -> InSilo:
        return InSilo(self._named(token, name, "The name of a silo"), self._named(token, scheme, "The name of a scheme"), place_of(token))

    def may_receive(self, token: Token, channel: Name, *purpose: Name) -> MayReceive:
        return MayReceive(channel.text, purpose[0].text if purpose else "marketing", place_of(token))

    def definition(self, name: Name, amount: Amount) -> Definition:
        return Definition(name.text, amount, name.place)

    def amount_of_property(self, kind: Token, _opening: Token, path: Name, _closing: Token, event: str, *clauses: Any) -> Amount:
        return self._amount(kind, event, path.text, clauses)

    def amount_of_facts(self, kind: Token, event: str, *clauses: Any) -> Amount:
        return self._amount(kind, event, None, clauses)

    def _amount(self, kind: Token, event: str, path: str | None, clauses: tuple[Any, ...]) -> Amount:
        name = self._named(kind, event, "The name of an event")
        return Amount(words_of(kind), name, path, place=place_of(kind), **_clauses(clauses))  # type: ignore[arg-type]

    # Filters

    def property_test(self, name: Name, test: Any) -> PropertyTest:
        return PropertyTest(name.text, test, name.place)

    def element(self, name: Name, _opening: Token, inner: Any, _closing: Token) -> Element:
        return Element(name.text, bare(inner), name.place)

    # Tests, windows, times

    def compare(self, op: Token, value: Any) -> Compare:
        return Compare(words_of(op), value)  # type: ignore[arg-type]

    def one_of(self, *values: Any) -> OneOf:
        return OneOf(_between_brackets(values))

    def none_of(self, *values: Any) -> OneOf:
        return OneOf(_between_brackets(values), negated=True)

    def known(self) -> Known:
        return Known(True)

    def unknown(self) -> Known:
        return Known(False)

    def in_the_next(self, duration: Duration) -> InTheNext:
        return InTheNext(duration)

    def anniversary_in_the_next(self, duration: Duration) -> AnniversaryInTheNext:
        return AnniversaryInTheNext(duration)

    def in_the_last(self, duration: Duration) -> InTheLast:
        return InTheLast(duration)

    def before(self, time: Time) -> Before:
        return Before(time)

    def since(self, time: Time) -> Since:
        return Since(time)

    def between(self, start: Time, end: Time) -> Between:
        return Between(start, end)

    def times(self, bound: Token, count: Count) -> Times:
        return Times(words_of(bound), count.number)  # type: ignore[arg-type]

    # Constants

    def text(self, token: Token) -> str:
        try:
            return _fitted(token, lambda: fit_text(json.loads(token)))
        except json.JSONDecodeError:
            mend = 'Write a quote as \\", a backslash as \\\\, a line break as \\n.'
            raise RuleError("This text has a backslash with no meaning.", mend=mend, place=place_of(token)) from None

    def number(self, token: Token) -> Decimal:
        return _fitted(token, lambda: fit_number(Decimal(str(token))))

    def boolean(self, token: Token) -> bool:
        return str(token).lower() == "true"

    def time(self, token: Token) -> Time:
        return _fitted(token, lambda: fit_time(str(token)))

    def count(self, token: Token) -> Count:
        return Count(_fitted(token, lambda: spelled_count(str(token))), place_of(token))

    def duration(self, count: Count, unit_word: Token) -> Duration:
        unit = unit_of(unit_word)
        assert unit is not None, "the grammar reads units only"
        try:
            return fit_duration(count.number, unit)
        except Unfit as unfit:
            raise RuleError(unfit.trouble, mend=unfit.mend, place=count.place) from None

    def name(self, token: Token) -> Name:
        text = str(token)
        spelled = text[1:-1].replace("``", "`") if text.startswith("`") else text
        return Name(_fitted(token, lambda: fit_name(spelled)), place_of(token))

    def _named(self, token: Token, text: str, what: str) -> str:
        return _fitted(token, lambda: fit_name(text, what))


def _between_brackets(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))
