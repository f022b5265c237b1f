"""What an amount comes to for each customer, as a figure to learn from; a rule only compares it."""

import ibis.expr.types as ir
import numpy as np

from rapport.lib.arrow import pa
from rapport.lib.clock import DAY_US
from rapport.lib.rising import places
from rapport.segments.figures import summand
from rapport.segments.lake import CUSTOMER, Lake
from rapport.segments.leaves import COUNTED, Planner
from rapport.segments.nodes import Amount, AmountKind
from rapport.segments.plans import Words
from rapport.segments.vocabulary import kind_of

FIGURES = ("number", "money", "count", "days")  # kinds that are figures
SINCE = ("days since first", "days since last")


def is_figure(amount: Amount, words: Words) -> bool:
    """Whether it comes to a number; the largest of texts or dates does not."""
    return kind_of(amount, words.catalogue) in FIGURES


def amounts(amount: Amount, words: Words, lake: Lake, whose: np.ndarray) -> np.ndarray:
    """Of these customers (rising ids) at the lake's moment, of shape (customers,), as doubles. Who has no such facts comes to 0 where a
    rule would say so (counts and sums), else it is not known (NaN)."""
    values = np.full(len(whose), 0.0 if amount.kind in COUNTED else np.nan)
    found = Planner(lake, words).over(amount)
    if found is None:
        return values
    tally, item, kind = found
    table, time = tally.rows.table, tally.rows.table.time
    kept = table if tally.wanted is None else table.filter(tally.wanted)
    value = time if item is None else summand(item, kind) if kind in FIGURES else item
    said = lake.of_customers(kept.filter(value.notnull()).select("customer_id", value=value))
    told = lake.ask(said.group_by(CUSTOMER).aggregate(told=_made(amount.kind, said.value)))
    place, known = places(told[CUSTOMER].to_numpy(), whose)
    values[place[known]] = _numbers(told["told"], lake.moment.us if amount.kind in SINCE else None)[known]
    return values


def _numbers(told: pa.ChunkedArray, since_us: int | None) -> np.ndarray:
    """As doubles; moments as whole days of 24 hours before one."""
    if since_us is None:
        return told.cast("float64").to_numpy()
    return np.floor_divide(since_us - told.cast(pa.timestamp("us")).cast("int64").to_numpy(), DAY_US).astype(float)


def _made(kind: AmountKind, value: ir.Value) -> ir.Value:
    match kind:
        case "number of":
            return value.count()
        case "number of different":
            return value.nunique()
        case "sum":
            return value.sum()
        case "average":
            return value.cast("float64").mean()
        case "largest" | "days since last":
            return value.max()
        case "smallest" | "days since first":
            return value.min()
