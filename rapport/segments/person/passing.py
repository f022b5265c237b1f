"""Whether the known values of a property or trait pass a test. Any one of them is enough; `!=` and `not in` are complements."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rapport.segments.nodes import (
    AnniversaryInTheNext,
    Before,
    Between,
    Compare,
    InTheLast,
    InTheNext,
    Known,
    OneOf,
    Since,
    Test,
    Time,
    Value,
)
from rapport.segments.person.moments import Now, day_of, next_anniversary

CONSTANTS: dict[str, type] = {
    "text": str, "number": Decimal, "money": Decimal, "exact": Decimal, "boolean": bool, "date": Time, "time": Time,
}  # fmt: skip
SHORT_UNITS = ("minute", "hour")  # a calendar day has none
TEXT_OPERATORS = ("contains", "starts with")


def passes(test: Test, kind: str, values: Sequence[Any], now: Now) -> bool:
    """Whether what is known passes; of nothing known, only `is unknown`, `!=` and `not in` hold."""
    if not values or not _speaks_of(test, kind):
        return _holds_of_nothing(test)
    match test:
        case Known(known):
            return known
        case Compare("!=", value):
            return constant(value, kind, now) not in values
        case Compare(op, value):
            wanted = constant(value, kind, now)
            return any(compares(one, op, wanted) for one in values)
        case OneOf(wanted_values, negated):
            wanted_ones = [constant(value, kind, now) for value in wanted_values if isinstance(value, CONSTANTS[kind])]
            return any(one in wanted_ones for one in values) != negated
        case AnniversaryInTheNext(duration):
            end = now.shifted_day(duration, ahead=True)
            return any(next_anniversary(_day(one, now), now.today) < end for one in values)
        case _:
            start, stop = _stretch_of_days(test, now) if kind == "date" else _stretch_of_times(test, now)
            return any((start is None or start <= one) and (stop is None or one < stop) for one in values)


def _speaks_of(test: Test, kind: str) -> bool:
    """Whether a test can be asked of a kind at all; `did anything where ...` meets properties of one name and several kinds."""
    match test:
        case Known():
            return True
        case Compare(op, value):
            return isinstance(value, CONSTANTS.get(kind, ())) and (op in ("=", "!=") or (op in TEXT_OPERATORS) == (kind == "text"))
        case OneOf(values):
            return any(isinstance(value, CONSTANTS.get(kind, ())) for value in values)
        case AnniversaryInTheNext(duration):
            return kind in ("date", "time") and duration.unit not in SHORT_UNITS
        case InTheLast(duration) | InTheNext(duration):
            return kind == "time" or (kind == "date" and duration.unit not in SHORT_UNITS)
    return kind in ("date", "time")


def _holds_of_nothing(test: Test) -> bool:
    match test:
        case Known(known):
            return not known
        case Compare(op, _):
            return op == "!="
        case OneOf(_, negated):
            return negated
    return False


def constant(value: Value, kind: str, now: Now) -> Any:
    """A rule's constant as a value of the kind it is compared with; the checker has refused what cannot be."""
    match kind, value:
        case "text", str():
            return unicodedata.normalize("NFC", value)
        case "number", Decimal():
            return float(value)
        case "exact", Decimal():
            return Fraction(value)
        case "money", Decimal():
            return value
        case "boolean", bool():
            return value
        case "date", Time():
            return now.day(value)
        case "time", Time():
            return now.time_us(value)
    raise AssertionError(f"{value!r} was checked to be comparable with a {kind}")


def compares(one: Any, op: str, wanted: Any) -> bool:
    match op:
        case "=":
            return bool(one == wanted)
        case "!=":
            return bool(one != wanted)
        case "<":
            return bool(one < wanted)
        case "<=":
            return bool(one <= wanted)
        case ">":
            return bool(one > wanted)
        case ">=":
            return bool(one >= wanted)
        case "contains":
            return wanted in one
        case "starts with":
            return bool(one.startswith(wanted))
    raise AssertionError(f"{op} is no operator")


def _stretch_of_times(test: Test, now: Now) -> tuple[int | None, int | None]:
    match test:
        case InTheLast(duration):
            return now.shifted_us(duration, ahead=False), now.us
        case InTheNext(duration):
            return now.us, now.shifted_us(duration, ahead=True)
        case Before(time):
            return None, now.time_us(time)
        case Since(time):
            return now.time_us(time), None
        case Between(start, end):
            return now.time_us(start), now.time_us(end)
    raise AssertionError(f"{test!r} is no window")


def _stretch_of_days(test: Test, now: Now) -> tuple[date | None, date | None]:
    match test:
        case InTheLast(duration):
            return now.shifted_day(duration, ahead=False), now.today
        case InTheNext(duration):
            return now.today, now.shifted_day(duration, ahead=True)
        case Before(time):
            return None, now.day(time)
        case Since(time):
            return now.day(time), None
        case Between(start, end):
            return now.day(start), now.day(end)
    raise AssertionError(f"{test!r} is no window")


def _day(value: date | int, now: Now) -> date:
    return value if isinstance(value, date) else day_of(value, now.zone)
