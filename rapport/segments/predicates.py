"""Tests of values and `where` filters as Ibis booleans. An unknown is false, and only a complement has to say so aloud."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import Any

import ibis
import ibis.expr.types as ir

from rapport.events.catalogue import EventTypeFacts, PropertyFacts
from rapport.segments.bounds import Days, Moment, Span, at_places, moment_of
from rapport.segments.lake import Lake, Rows, wall_time
from rapport.segments.nodes import (
    AnniversaryInTheNext,
    Compare,
    Element,
    Filter,
    FilterAnd,
    FilterButNot,
    FilterOr,
    InTheNext,
    Known,
    OneOf,
    PropertyTest,
    Test,
    Time,
    Value,
    Window,
)

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
MONEY_DIGITS, SUM_DIGITS = 12, 32  # before the point: DECIMAL(18,6), DECIMAL(38,6)
OPEN = Span()
NEVER = ibis.literal(False)


def positive(test: Test) -> tuple[Test, bool]:
    """A test without its negation, and whether the complement was meant."""
    match test:
        case Compare("!=", value):
            return Compare("=", value), True
        case OneOf(values, negated=True):
            return OneOf(values), True
        case Known(known=False):
            return Known(True), True
    return test, False


def complement(holds: ir.BooleanValue) -> ir.BooleanValue:
    return ~holds.fill_null(False)


def either(conditions: list[ir.BooleanValue]) -> ir.BooleanValue:
    return reduce(or_, conditions) if conditions else NEVER


def both(conditions: list[ir.BooleanValue]) -> ir.BooleanValue | None:
    """All of them; None where there are none."""
    return reduce(and_, conditions) if conditions else None


def in_span(column: ir.Value, span: Span) -> list[ir.BooleanValue]:
    found = [] if span.start_us is None else [column >= moment_of(span.start_us)]
    return found if span.end_us is None else [*found, column < moment_of(span.end_us)]


# One value


def value_holds(column: ir.Value, facts: PropertyFacts, test: Test, moment: Moment) -> ir.BooleanValue:
    """A positive test of a column; of a list of plain values, any of them."""
    if facts.many:
        return column.filter(lambda one: scalar_holds(one, facts.kind, test, moment)).length() > 0
    return scalar_holds(column, facts.kind, test, moment)


def scalar_holds(column: ir.Value, kind: str, test: Test, moment: Moment) -> ir.BooleanValue:
    match test:
        case Known():
            return column.notnull()
        case Compare(op, value):
            return compared(column, kind, op, value, moment)
        case OneOf(values):
            if kind == "text":
                return column.isin([_text(value) for value in values if isinstance(value, str)])
            return either([compared(column, kind, "=", value, moment) for value in values])
        case AnniversaryInTheNext(duration):
            days = moment.anniversaries(duration)
            if days is None:
                return column.notnull()
            day = _day(column, kind, moment)
            return (day.month() * 100 + day.day()).isin([100 * month + number for month, number in sorted(days)]) if days else NEVER
    return _in_window(column, kind, test, moment)


def compared(column: ir.Value, kind: str, op: str, value: Value, moment: Moment, *, digits: int = MONEY_DIGITS) -> ir.BooleanValue:
    """A comparison by the column's kind; a value of another kind is never reached."""
    match kind, value:
        case "text", str():
            if op == "contains":
                return column.contains(_text(value))
            return column.startswith(_text(value)) if op == "starts with" else OPERATORS[op](column, _text(value))
        case "boolean", bool():
            return OPERATORS[op](column, value)
        case "number", Decimal():
            return OPERATORS[op](column, double(value))
        case "money", Decimal():
            return exactly(column, op, value, digits=digits)
        case "date", Time():
            return OPERATORS[op](column, moment.day_of(value))
        case "time", Time():
            return OPERATORS[op](column, moment_of(moment.of(value)))
    return NEVER


def exactly(column: ir.Value, op: str, value: Decimal, *, digits: int) -> ir.BooleanValue:
    """A DECIMAL with six places against a number of any length, without rounding."""
    fitted = at_places(op, value, whole_digits=digits)  # type: ignore[arg-type]
    if isinstance(fitted, bool):
        return column.notnull() if fitted else NEVER
    return OPERATORS[fitted[0]](column, decimal(fitted[1], digits))


def decimal(value: Decimal, digits: int) -> ir.Value:
    return ibis.literal(value, f"decimal({digits + 6}, 6)")


def double(value: Decimal) -> ir.Value:
    """The nearest double. Through text: a decimal literal is not cast to the nearest one beyond 2^53."""
    return ibis.literal(repr(float(value))).cast("float64")


def _text(value: str) -> str:
    return unicodedata.normalize("NFC", value)


def _day(column: ir.Value, kind: str, moment: Moment) -> ir.Value:
    """The company's calendar day of a date or a time."""
    return column if kind == "date" else wall_time(column, moment.zone)


def _in_window(column: ir.Value, kind: str, window: Window | InTheNext, moment: Moment) -> ir.BooleanValue:
    if kind == "date":
        conditions = _in_days(column, moment.days(window))
    elif kind == "time":
        conditions = in_span(column, moment.span(window))
    else:
        return NEVER
    held = both(conditions)
    return column.notnull() if held is None else held


def _in_days(column: ir.Value, days: Days) -> list[ir.BooleanValue]:
    found = [] if days.first is None else [column >= days.first]
    return found if days.end is None else [*found, column < days.end]


# Filters


@dataclass(frozen=True)
class Where:
    """A `where` filter over the rows of one kind of fact, or of one list's elements."""

    lake: Lake
    rows: Rows
    within: Span = OPEN  # what the facts asked for are limited to: a list is looked through no further

    def holds(self, node: Filter) -> ir.BooleanValue:
        """Whether a row fulfils the filter."""
        match node:
            case PropertyTest(path, test):
                return self._tested(self._full(path), test)
            case Element(path, inner):
                elements = self._elements(path)
                return NEVER if elements is None else self._any(elements, Where(self.lake, elements).holds(inner))
            case FilterAnd(children):
                return reduce(and_, map(self.holds, children))
            case FilterOr(children):
                return reduce(or_, map(self.holds, children))
            case FilterButNot(children):
                first, *others = map(self.holds, children)
                return reduce(and_, map(complement, others), first)

    def _tested(self, path: str, test: Test) -> ir.BooleanValue:
        test, negated = positive(test)
        found = self._positive(path, test)
        return complement(found) if negated else found

    def _positive(self, path: str, test: Test) -> ir.BooleanValue:
        facts = self.rows.find(path)
        if facts is None:  # `did anything where …`: this kind of fact has no such property
            return NEVER
        if facts.kind == "list":
            elements = self._elements(path)
            return NEVER if elements is None else self._any(elements, None)
        if facts.list_path != self.rows.list_path:
            elements = self._elements(facts.list_path)
            return NEVER if elements is None else self._any(elements, Where(self.lake, elements).holds(PropertyTest(_short(facts), test)))
        column = self.rows.column(facts)
        return NEVER if column is None else value_holds(column, facts, test, self.lake.moment)

    def _full(self, path: str) -> str:
        return f"{self.rows.list_path}.{path}" if self.rows.list_path else path

    def _elements(self, list_path: str) -> Rows | None:
        facts = self.rows.facts
        if facts is None or list_path not in facts.properties:
            return None
        return self.lake.rows(facts, list_path=list_path)

    def _any(self, elements: Rows, held: ir.BooleanValue | None) -> ir.BooleanValue:
        """Facts with any such element."""
        table = elements.table
        conditions = [*in_span(table.time, self.within), *([] if held is None else [held])]
        return self.rows.table.event_id.isin((table.filter(conditions) if conditions else table).event_id)


def _short(facts: PropertyFacts) -> str:
    return facts.path.removeprefix(f"{facts.list_path}.")


def of_one_element(where: Filter, kind: EventTypeFacts) -> tuple[str, Filter] | None:
    """(list, filter of its element) where the whole filter says that some element fulfils something."""
    if isinstance(where, Element):
        found = kind.properties.get(where.path)
        return None if found is None else (where.path, where.filter)
    if not isinstance(where, PropertyTest) or positive(where.test)[1]:
        return None
    facts = kind.properties.get(where.path)
    if facts is None or not facts.list_path:
        return None
    return facts.list_path, PropertyTest(facts.path.removeprefix(f"{facts.list_path}."), where.test)


def paths_of(where: Filter) -> frozenset[str]:
    """Every path a filter names at its own level."""
    if isinstance(where, PropertyTest | Element):
        return frozenset({where.path})
    return frozenset().union(*map(paths_of, where.children))
