"""What else is known of customers as of a day: feedback, visits, mails read, and whatever the company has named as a measure.

Each is tried as a signal; none is believed unasked.
"""

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
from django.utils.translation import gettext_noop

from rapport.commerce.events import ORDER_CANCELLED, ORDER_COMPLETED, ORDER_REFUNDED, ORDER_UPDATED
from rapport.lib.clock import DAY_US
from rapport.lib.rising import places
from rapport.lib.zone import company_zone
from rapport.segments import queries as segments
from rapport.segments.amounts import COUNTED, amounts, is_figure
from rapport.segments.bounds import moment_of
from rapport.segments.lake import CUSTOMER, Lake, Reader, Rows, lake_at, wall_time
from rapport.segments.nodes import Amount
from rapport.segments.vocabulary import Vocabulary
from rapport.value.bought import rows_in
from rapport.value.calendar import day_end_us
from rapport.value.signals import Signals
from rapport.warehouse import queries as warehouse

LATE_DAYS = 90
NAMED_MAX = 10  # of the company's own measures: each costs a scan
OF_PURCHASES = (ORDER_COMPLETED, ORDER_UPDATED, ORDER_CANCELLED, ORDER_REFUNDED)


@dataclass(frozen=True)
class Measure:
    """A named figure of each customer from one kind of fact; `path` of a number, or how often it happened of late."""

    name: str
    event: str
    path: str = ""
    is_trend: bool = False


MEASURES = (  # names are kept in English, and shown translated
    Measure(gettext_noop("last feedback"), "Feedback Given", "score"),
    Measure(gettext_noop("trend of feedback"), "Feedback Given", "score", is_trend=True),
    Measure(gettext_noop("cases in 90 days"), "Case Opened"),
    Measure(gettext_noop("visits in 90 days"), "Page Viewed"),
    Measure(gettext_noop("mails opened in 90 days"), "Email Opened"),
    Measure(gettext_noop("mails followed in 90 days"), "Email Link Clicked"),
)


@dataclass(frozen=True)
class Named:
    """A measure the company has named itself."""

    name: str
    amount: Amount


def signals(ids: np.ndarray, end_us: int) -> Signals | None:
    """The measures for which there are facts before a moment, then those the company has named; None where there are none."""
    told: list[Measure | Named] = warehouse.ask(lambda reader: [one for one in MEASURES if _rows(lake_at(reader, end_us), one) is not None])
    words = segments.vocabulary()
    told += named(words)
    if not told or not len(ids):
        return None

    def known(day: int, whose: np.ndarray, which: tuple[int, ...]) -> np.ndarray:
        def read(reader: Reader) -> np.ndarray:
            lake = lake_at(reader, day_end_us(day))
            return np.column_stack([_values(lake, words, told[place], whose) for place in which])

        return warehouse.ask(read)

    return Signals(tuple(one.name for one in told), known, tuple(_is_counted(one) for one in told))


def named(words: Vocabulary) -> list[Named]:
    """Named measures that are figures and not of purchases, which the models know already: the first NAMED_MAX by name."""
    own = {one.name for one in MEASURES}
    found = [
        Named(name, amount)
        for name, amount in sorted(words.measures.items())
        if name not in own and amount.event not in OF_PURCHASES and is_figure(amount, words)
    ]
    return found[:NAMED_MAX]


def _is_counted(one: Measure | Named) -> bool:
    return one.amount.kind in COUNTED if isinstance(one, Named) else not one.path


def _values(lake: Lake, words: Vocabulary, one: Measure | Named, whose: np.ndarray) -> np.ndarray:
    """Of these customers (rising ids) at the lake's moment: NaN unknown, of shape (customers,)."""
    if isinstance(one, Named):
        return amounts(one.amount, words, lake, whose)
    rows, values = _rows(lake, one), np.full(len(whose), np.nan if one.path else 0.0)
    if rows is None:
        return values
    found = lake.ask(_told(lake, rows, one))
    place, known = places(found[CUSTOMER].to_numpy(), whose)
    values[place[known]] = found["told"].cast("float64").to_numpy(zero_copy_only=False)[known]
    return values


def _told(lake: Lake, rows: Rows, measure: Measure) -> ir.Table:
    table = rows.table
    if not measure.path:
        since = moment_of(lake.moment.us - LATE_DAYS * DAY_US)
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
