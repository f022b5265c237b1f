"""What is made of a customer's rows (a count, an exact sum, the newest value) and when it holds: a closed list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from functools import reduce
from math import cos, radians
from operator import mul
from typing import TypeAlias

import ibis
import ibis.expr.types as ir

from rapport.segments.bounds import EVERY_DIGIT, PLACES, Moment, at_places, days_ago
from rapport.segments.nodes import AmountKind, Comparison, DistanceUnit, Value
from rapport.segments.predicates import NEVER, OPERATORS, SUM_DIGITS, both, compared, decimal, either, exactly, in_span

Column: TypeAlias = Callable[[str], ir.Value]
Kept: TypeAlias = ir.BooleanValue | None  # which rows count, where several figures share a scan
Holds: TypeAlias = Callable[[ir.Value], ir.BooleanValue]
SUM_TYPE = f"decimal({SUM_DIGITS + PLACES}, {PLACES})"
PLAIN_NUMBER = 1e9  # up to here a number with six decimals is told by arithmetic alone
NOTHING = 1e-7  # what is smaller rounds to 0; as text its exponent may be more than the engine's decimals can read
AVERAGE_SPREAD = 10**6  # beyond this distance from the threshold its finer digits say nothing
COUNT_MAX = 2**62
COUNT_DIGITS = 18  # no count has more
PRODUCT_MAX = 1e31  # a digit less than SUM_TYPE has before the point
EARTH_RADIUS_KM = 6371.0088  # the mean one
KM_OF = {"km": 1.0, "mi": 1.609344}
LATITUDE_MAX, LONGITUDE_MAX = 90, 180
FEW_MAX = 60  # different values that bits of one integer stand for


@ibis.udf.scalar.builtin(signature=(("int64",), "int64"))  # type: ignore[untyped-decorator]
def bit_count(bits: ir.Value) -> ir.Value: ...


@dataclass(frozen=True)
class Figure:
    """`columns` are the rows' own that go in; `made` reduces them to named values; `holds` judges those."""

    made: Callable[[Column, Kept], dict[str, ir.Value]]
    holds: Callable[[Column], ir.BooleanValue]
    columns: dict[str, ir.Value] = field(default_factory=dict)
    counts_different: bool = False  # `n` is how many different values its one column has


def count(op: Comparison, number: int) -> Figure:
    bound = min(number, COUNT_MAX)
    return Figure(lambda column, kept: {"n": ibis._.count(where=kept)}, lambda made: OPERATORS[op](made("n"), bound))


def count_of_facts(op: Comparison, number: int, event_id: ir.Value) -> Figure:
    """Distinct facts, where the rows are elements of their lists."""
    bound = min(number, COUNT_MAX)

    def made(column: Column, kept: Kept) -> dict[str, ir.Value]:
        return {"n": column("event_id").nunique(where=kept)}

    return Figure(made, lambda column: OPERATORS[op](column("n"), bound), {"event_id": event_id}, counts_different=True)


def number_of(op: Comparison, value: Decimal) -> Figure:
    return Figure(lambda column, kept: {"n": ibis._.count(where=kept)}, lambda made: _whole(made("n"), op, value))


def number_of_different(op: Comparison, value: Decimal, item: ir.Value) -> Figure:
    def made(column: Column, kept: Kept) -> dict[str, ir.Value]:
        return {"n": column("item").nunique(where=kept)}

    return Figure(made, lambda column: _whole(column("n"), op, value), {"item": item}, counts_different=True)


def of_few(different: Figure, item: ir.Value, values: Sequence[str]) -> Figure:
    """The number of different values of a column that has no others than these: a bit for each."""
    bits = ibis.literal(1, "int64") << ibis.array([ibis.literal(one) for one in values]).index(item) if values else item.cast("int64")

    def made(column: Column, kept: Kept) -> dict[str, ir.Value]:
        return {"bits": column("bits").bit_or(where=kept)}

    return Figure(made, lambda column: different.holds(lambda _: bit_count(column("bits"))), {"bits": bits})


def total(op: Comparison, value: Decimal, item: ir.Value) -> Figure:
    """An exact sum; over nothing it is 0."""
    return Figure(
        lambda column, kept: {"sum": column("item").sum(where=kept).cast(SUM_TYPE)},
        lambda made: exactly(made("sum").fill_null(decimal(Decimal(0), SUM_DIGITS)), op, value, digits=SUM_DIGITS),
        {"item": item},
    )


def average(op: Comparison, value: Decimal, item: ir.Value) -> Figure:
    """`sum / count op value`, decided as `sum - value * count op 0` to the last digit of the value."""
    coarse = value.quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_FLOOR, context=EVERY_DIGIT)
    fine = EVERY_DIGIT.subtract(value, coarse)

    def made(column: Column, kept: Kept) -> dict[str, ir.Value]:
        known = column("item")
        return {"sum": known.sum(where=kept).cast(SUM_TYPE), "n": known.count(where=kept)}

    def holds(column: Column) -> ir.BooleanValue:
        over = column("sum") - (decimal(coarse, SUM_DIGITS) * column("n").cast("decimal(18, 0)")).cast(SUM_TYPE)
        if not fine:
            return OPERATORS[op](over, decimal(Decimal(0), SUM_DIGITS))
        # what is left of the value is under 0.000001 a piece: near the threshold its digits decide, elsewhere nothing does
        near = over.clip(-AVERAGE_SPREAD, AVERAGE_SPREAD).cast("decimal(38, 28)")
        return OPERATORS[op](near, ibis.literal(fine, "decimal(28, 28)") * column("n").cast("decimal(10, 0)"))

    return Figure(made, holds, {"item": item})


def extreme(largest: bool, op: Comparison, value: Value, item: ir.Value, kind: str, moment: Moment) -> Figure:
    return Figure(
        lambda column, kept: {"edge": column("item").max(where=kept) if largest else column("item").min(where=kept)},
        lambda made: compared(made("edge"), kind, op, value, moment),
        {"item": item},
    )


def days_since(last: bool, op: Comparison, days: int, time: ir.Value, moment: Moment) -> Figure:
    spans = days_ago(op, days, moment.us)

    def holds(made: Column) -> ir.BooleanValue:
        return either([held for span in spans if (held := both(in_span(made("time"), span))) is not None])

    return Figure(
        lambda column, kept: {"time": column("time").max(where=kept) if last else column("time").min(where=kept)}, holds, {"time": time}
    )


def newest(value: ir.Value, table: ir.Table, holds: Holds) -> Figure:
    """The value of the newest own time, of equal times of the higher event id. Keep only rows that have one."""
    return Figure(
        lambda column, kept: {"value": column("value").last(where=kept, order_by=[column("time"), column("event_id")])},
        lambda made: holds(made("value")),
        {"value": value, "time": table.time, "event_id": table.event_id},
    )


def newest_fact(held: ir.BooleanValue, table: ir.Table) -> Figure:
    """The newest fact that says something says, in one of its elements, what is asked."""

    def made(column: Column, kept: Kept) -> dict[str, ir.Value]:
        order = [column("time"), column("event_id")]
        asked = column("held") if kept is None else column("held") & kept
        return {"said": column("event_id").last(where=kept, order_by=order), "held": column("event_id").last(where=asked, order_by=order)}

    return Figure(made, lambda column: column("said") == column("held"), {"held": held, "time": table.time, "event_id": table.event_id})


def beside_earlier(kind: AmountKind, op: Comparison, factor: Decimal, late: ir.BooleanValue, item: ir.Value | None, of: str) -> Figure:
    """An amount over the late rows beside `factor` times that over the others."""
    columns = {"late": late} | ({} if item is None else {"item": item if kind == "number of different" else summand(item, of)})

    def made(column: Column, kept: Kept) -> dict[str, ir.Value]:
        found = {}
        for name, meant in (("late", column("late")), ("early", ~column("late"))):
            rows = meant if kept is None else meant & kept
            found[name] = _reduced(kind, column, rows).cast(SUM_TYPE)
            if kind == "average":
                found[f"{name}_n"] = column("item").count(where=rows).cast("decimal(18, 0)")
        return found

    def holds(column: Column) -> ir.BooleanValue:
        part, whole = factor.as_integer_ratio()
        late, early = column("late"), column("early")
        if kind == "sum":
            late, early = (one.fill_null(decimal(Decimal(0), SUM_DIGITS)) for one in (late, early))
        sides = [(late, whole, "early_n"), (early, part, "late_n")]
        several = [[number, _integer(times), *([column(n)] if kind == "average" else [])] for number, times, n in sides]
        return _products_compare(op, *several)

    return Figure(made, holds, columns)


def _reduced(kind: AmountKind, column: Column, rows: ir.BooleanValue) -> ir.Value:
    match kind:
        case "number of":
            return ibis._.count(where=rows)
        case "number of different":
            return column("item").nunique(where=rows)
        case "largest":
            return column("item").max(where=rows)
        case "smallest":
            return column("item").min(where=rows)
    return column("item").sum(where=rows)  # an average is a sum and a count


def _integer(number: int) -> ir.Value:
    return ibis.literal(Decimal(number), "decimal(10, 0)")


def _products_compare(op: Comparison, left: list[ir.Value], right: list[ir.Value]) -> ir.BooleanValue:
    """Two products, exactly, where they have the digits the engine has; beyond, where no amount of a customer lies, as doubles."""

    def rough(factors: list[ir.Value]) -> ir.Value:
        return reduce(mul, (one.cast("float64") for one in factors))

    def exact(factors: list[ir.Value]) -> ir.Value:
        return reduce(lambda so_far, one: (so_far * one).cast(SUM_TYPE), factors)

    fits = (rough(left).abs() < PRODUCT_MAX) & (rough(right).abs() < PRODUCT_MAX)
    return ibis.cases((fits, OPERATORS[op](exact(left), exact(right))), else_=OPERATORS[op](rough(left), rough(right)))


def near(
    latitude: ir.Value, longitude: ir.Value, table: ir.Table, place: tuple[float, float], distance: Decimal, unit: DistanceUnit
) -> Figure:
    """The newest latitude and the newest longitude are a place on earth, and that lies so near: haversine on a sphere."""

    def made(column: Column, kept: Kept) -> dict[str, ir.Value]:
        found = {}
        for name in ("latitude", "longitude"):
            known = column(name).notnull()
            rows = known if kept is None else known & kept
            found[name] = column(name).last(where=rows, order_by=[column("time"), column("event_id")])
        return found

    def holds(made: Column) -> ir.BooleanValue:
        there = [made(name).radians() for name in ("latitude", "longitude")]
        here = [radians(degrees) for degrees in place]
        across = ((there[0] - here[0]) / 2).sin() ** 2 + there[0].cos() * cos(here[0]) * ((there[1] - here[1]) / 2).sin() ** 2
        possible = (made("latitude").abs() <= LATITUDE_MAX) & (made("longitude").abs() <= LONGITUDE_MAX)
        return possible & (across.clip(0, 1).sqrt().asin() * (2 * EARTH_RADIUS_KM) <= float(distance) * KM_OF[unit])

    columns = {"latitude": latitude, "longitude": longitude, "time": table.time, "event_id": table.event_id}
    return Figure(made, holds, columns)


def summand(column: ir.Value, kind: str) -> ir.Value:
    """A value as it goes into a sum: a number as the decimal it is written as, rounded half away from zero to six places."""
    if kind == "money":
        return column
    plain = (column.abs() < PLAIN_NUMBER) & ((column * 1e6).round() / 1e6 == column)
    nothing = column.abs() < NOTHING
    return ibis.cases(
        (plain, column.cast(SUM_TYPE)), (nothing, decimal(Decimal(0), SUM_DIGITS)), else_=column.cast("string").cast(SUM_TYPE)
    )


def _whole(number: ir.Value, op: Comparison, value: Decimal) -> ir.BooleanValue:
    """A count against a number of any length, as whole numbers: as decimals it takes four times as long."""
    fitted = at_places(op, value, whole_digits=COUNT_DIGITS, places=0)
    if isinstance(fitted, bool):
        return number.notnull() if fitted else NEVER
    return OPERATORS[fitted[0]](number, int(fitted[1]))
