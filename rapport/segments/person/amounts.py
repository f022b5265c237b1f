"""What an amount comes to for one customer: exact, never through a float sum, and unknown where there is nothing to measure."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

from rapport.lib.clock import DAY_US, EARLIEST_US
from rapport.segments.nodes import Amount, Relative
from rapport.segments.person.filters import deeds_of
from rapport.segments.person.history import Deed, History
from rapport.segments.person.moments import Now, stretch_us
from rapport.segments.person.passing import compares
from rapport.segments.person.readings import MICRO, readings

DIGITS = 100  # of a sum: 10^18 with six places, a great many times


@dataclass(frozen=True)
class Reached:
    """`value` None: unknown. `kind` says how it compares: "exact" for sums, averages and counts, else the property's own."""

    value: Any
    kind: str
    deeds: list[Deed]


def reached(amount: Amount, history: History, now: Now) -> Reached:
    return _amount_of(amount, deeds_of(amount.event, amount.where, amount.window, history, now), history, now)


@dataclass(frozen=True)
class Beside:
    """An amount in its own window, and in the stretch of time right before that."""

    late: Reached
    early: Reached

    def holds(self, op: str, factor: Decimal) -> bool:
        """Exact, each number as the decimal it is written as, to six places; of an unknown only `!=` holds."""
        late, early = _plain(self.late.value), _plain(self.early.value)
        if late is None or early is None:
            return op == "!="
        return compares(late, op, Fraction(factor) * early)


def beside_earlier(node: Relative, history: History, now: Now) -> Beside:
    amount = node.amount
    start_us, stop_us = stretch_us(amount.window, now)
    earliest_us = Now(start_us, now.zone).shifted_us(node.before, ahead=False) if start_us > EARLIEST_US else start_us
    late = deeds_of(amount.event, amount.where, (start_us, stop_us), history, now)
    early = deeds_of(amount.event, amount.where, (earliest_us, start_us), history, now)
    return Beside(_amount_of(amount, late, history, now), _amount_of(amount, early, history, now))


def _plain(value: Any) -> Fraction | None:
    if value is None or isinstance(value, Fraction):
        return value
    return _total([value])


def _amount_of(amount: Amount, deeds: list[Deed], history: History, now: Now) -> Reached:
    match amount.kind:
        case "number of":
            return Reached(Fraction(len(deeds)), "exact", deeds)
        case "days since first" | "days since last":
            return Reached(_days_since(deeds, amount.kind == "days since first", now), "exact", deeds)
        case "number of different":
            return Reached(Fraction(len(set(_values(amount, deeds, history, now)))), "exact", deeds)
        case "sum" | "average":
            values = _values(amount, deeds, history, now)
            return Reached(_total(values) if amount.kind == "sum" else _average(values), "exact", deeds)
        case "smallest" | "largest":
            values = _values(amount, deeds, history, now)
            best = min if amount.kind == "smallest" else max
            return Reached(best(values, default=None), property_kind(amount, history), deeds)


def property_kind(amount: Amount, history: History) -> str:
    assert amount.property is not None, f"{amount.kind} is of a property"
    return history.kind(amount.event).properties[amount.property].kind


def deed_values(amount: Amount, deed: Deed, history: History, now: Now) -> list[Any]:
    """What one fact adds to an amount: every known value of the property, through its lists."""
    assert amount.property is not None, f"{amount.kind} is of a property"
    facts = history.kind(amount.event).properties[amount.property]
    return readings(deed.properties, facts, rate_e9=deed.rate_e9, zone=now.zone)


def _values(amount: Amount, deeds: list[Deed], history: History, now: Now) -> list[Any]:
    return [value for deed in deeds for value in deed_values(amount, deed, history, now)]


def _days_since(deeds: list[Deed], first: bool, now: Now) -> Fraction | None:
    """Whole periods of 24 hours; the facts come in order of time."""
    if not deeds:
        return None
    return Fraction((now.us - deeds[0 if first else -1].time_us) // DAY_US)


def _total(values: list[Any]) -> Fraction:
    """The sum of the values as decimals of six places, each rounded half away from zero first."""
    with localcontext() as exact:
        exact.prec = DIGITS
        return Fraction(sum((_decimal(value).quantize(MICRO, ROUND_HALF_UP) for value in values), Decimal(0)))


def _average(values: list[Any]) -> Fraction | None:
    return _total(values) / len(values) if values else None


def _decimal(value: float | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value))
