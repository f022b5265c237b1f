"""What will cross the edge of a window within a day, looked up ahead: an hour's move of the clock then scans nothing.

It lives in the memory of the process that refreshes; whoever begins without it asks the lake once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

import ibis.expr.types as ir
import numpy as np
from pyroaring import BitMap

from rapport.lib.arrow import pa
from rapport.lib.clock import LATEST_US
from rapport.segments.bounds import moment_of
from rapport.segments.predicates import either
from rapport.segments.refresh.dependence import Crossing, Edge
from rapport.segments.sets import bitmap

AHEAD = timedelta(days=2)  # from the beginning of an edge's day: a day at least
DAYS_MAX = 1_000  # beyond, the lake is asked for ranges
Spans: TypeAlias = tuple[tuple[Edge, Edge], ...]  # each [low, high), apart and rising
Column: TypeAlias = tuple[str, str, str, str]  # the lake, the table, the column, its type
Coming: TypeAlias = "dict[Column, Ahead]"


@dataclass(frozen=True)
class Ahead:
    """Every row of a column whose value lies in one of the spans; a row may stand here twice, and after it is gone."""

    spans: Spans
    values: np.ndarray  # datetime64[us]
    ids: np.ndarray  # as recorded, or whom they stood for then

    def covers(self, crossing: Crossing) -> bool:
        return any(low <= crossing.low and crossing.high <= high for low, high in self.spans)

    def people(self, crossing: Crossing) -> BitMap:
        low, high = (np.datetime64(edge, "us") for edge in (crossing.low, crossing.high))
        return bitmap(self.ids[(self.values >= low) & (self.values < high)])

    def joined_by(self, rows: pa.Table) -> "Ahead":
        """With further rows of these spans."""
        values = rows["value"].to_numpy().astype("datetime64[us]")
        ids = rows["customer_id"].to_numpy()
        return replace(self, values=np.concatenate([self.values, values]), ids=np.concatenate([self.ids, ids]))


def looked_up(spans: Spans, rows: pa.Table) -> Ahead:
    """What stands in the spans, of an answer to `within`."""
    return Ahead(spans, np.empty(0, "datetime64[us]"), np.empty(0, np.int32)).joined_by(rows)


def spans_of(crossings: Iterable[Crossing]) -> Spans:
    """The days these edges pass over by tomorrow."""
    found: list[tuple[Edge, Edge]] = []
    for low, high in sorted((_day(one.low), _day(one.high, AHEAD)) for one in crossings):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def within(rows: ir.Table, column: str, spans: Spans) -> ir.Table:
    """The customers with a value in one of the spans, and the value. A list of days is asked for in half the time of ranges."""
    value, days = rows[column], _days_of(spans)
    if len(days) > DAYS_MAX:
        kept = either([(value >= low) & (value < high) for low, high in spans])
    else:
        kept = (value.date() if value.type().is_timestamp() else value).isin(days)
    return rows.filter(kept).select(customer_id=rows.customer_id, value=value)


def _day(edge: Edge, later: timedelta = timedelta()) -> Edge:
    """Where the day of an edge begins, or a later one; the calendar's own end where it has no such day."""
    begin = datetime(edge.year, edge.month, edge.day) if isinstance(edge, datetime) else edge  # noqa: DTZ001  UTC, as the lake's are
    try:
        return begin + later
    except OverflowError:
        return moment_of(LATEST_US) if isinstance(edge, datetime) else date.max


def _days_of(spans: Spans) -> list[date]:
    """Every day of the spans, begun ones too, up to one more than DAYS_MAX."""
    found: list[date] = []
    for low, high in spans:
        first, count = (low.date() if isinstance(low, datetime) else low), -((low - high) // timedelta(days=1))  # type: ignore[operator]
        found += [first + timedelta(days=number) for number in range(min(count, DAYS_MAX + 1 - len(found)))]
    return found
