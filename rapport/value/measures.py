"""What else is known of customers as of a day: feedback, visits, mails read. Each is tried as a signal; none is believed unasked."""

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np

from rapport.lib.clock import DAY_US
from rapport.lib.zone import company_zone
from rapport.segments.bounds import moment_of
from rapport.segments.lake import CUSTOMER, Lake, Reader, Rows, lake_at, wall_time
from rapport.value.bought import rows_in
from rapport.value.calendar import day_end_us
from rapport.value.signals import Signals
from rapport.warehouse import queries as warehouse

LATE_DAYS = 90
STEP = 0.5  # counts are told by their logarithm, in steps of it: customers alike are fitted as one


@dataclass(frozen=True)
class Measure:
    """A named figure of each customer from one kind of fact; `path` of a number, or how often it happened of late."""

    name: str
    event: str
    path: str = ""
    is_trend: bool = False


MEASURES = (
    Measure("last feedback", "Feedback Given", "score"),
    Measure("trend of feedback", "Feedback Given", "score", is_trend=True),
    Measure("visits in 90 days", "Page Viewed"),
    Measure("mails opened in 90 days", "Email Opened"),
    Measure("mails followed in 90 days", "Email Link Clicked"),
)


def signals(ids: np.ndarray, end_us: int) -> Signals | None:
    """The measures for which there are facts before a moment; None where there are none."""
    told = warehouse.ask(lambda reader: [one for one in MEASURES if _rows(lake_at(reader, end_us), one) is not None])
    if not told or not len(ids):
        return None

    def known(day: int, whose: np.ndarray) -> np.ndarray:
        return warehouse.ask(lambda reader: np.column_stack([_values(reader, one, day, whose) for one in told]))

    return Signals(tuple(one.name for one in told), known)


def _values(reader: Reader, measure: Measure, day: int, whose: np.ndarray) -> np.ndarray:
    """Of these customers (rising ids) at the end of a day: NaN unknown, of shape (customers,)."""
    lake = lake_at(reader, day_end_us(day))
    rows = _rows(lake, measure)
    if rows is None:
        return np.full(len(whose), np.nan if measure.path else 0.0)
    found = lake.ask(_told(lake, rows, measure, day))
    ids = found[CUSTOMER].to_numpy()
    place = np.minimum(np.searchsorted(whose, ids), max(len(whose) - 1, 0))
    known = whose[place] == ids
    values = np.full(len(whose), np.nan if measure.path else 0.0)
    values[place[known]] = found["told"].cast("float64").to_numpy(zero_copy_only=False)[known]
    return values if measure.path else np.round(np.log1p(values) / STEP) * STEP


def _told(lake: Lake, rows: Rows, measure: Measure, day: int) -> ir.Table:
    table = rows.table
    if not measure.path:
        since = moment_of(day_end_us(day) - LATE_DAYS * DAY_US)
        late = table.filter(table.time >= since)
        said = lake.of_customers(late.select("customer_id", day=wall_time(late.time, company_zone()).date()))
        return said.group_by(CUSTOMER).aggregate(told=said.day.nunique())
    facts = rows.find(measure.path)
    column = None if facts is None else rows.column(facts)
    assert column is not None, "looked up before"
    said = lake.of_customers(table.filter(column.notnull()).select("customer_id", "time", "event_id", value=column))
    last = said.value.last(order_by=[said.time, said.event_id])
    if not measure.is_trend:
        return said.group_by(CUSTOMER).aggregate(told=last)
    many = said.group_by(CUSTOMER).aggregate(last=last, mean=said.value.mean(), n=said.count())
    many = many.filter(many.n > 1)
    return many.select(CUSTOMER, told=(many.last - many["mean"]) * many.n / (many.n - 1))  # against the mean of all before it


def _rows(lake: Lake, measure: Measure) -> Rows | None:
    rows = rows_in(lake, measure.event)
    if rows is None or not measure.path:
        return rows
    facts = rows.find(measure.path)
    return rows if facts is not None and facts.kind == "number" and rows.column(facts) is not None else None
