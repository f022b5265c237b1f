"""What a review needs to know of every customer, from the lake in a few grouped questions: never one a customer."""

from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
from pyroaring import BitMap

from rapport.events.catalogue import EventTypeFacts
from rapport.lib.clock import DAY_US
from rapport.segments.bounds import moment_of
from rapport.segments.lake import CUSTOMER, Lake
from rapport.segments.plans import Words
from rapport.segments.sets import bitmap
from rapport.segments.worth import ORDERED, REVENUE, YEAR

MAILED, CLICKED = "Email Sent", "Email Link Clicked"
NEVER_US = -1


@dataclass(frozen=True)
class Known:
    """Columns over the same customers, by rising id. What somebody never did is 0, or NEVER_US."""

    ids: np.ndarray
    spent: np.ndarray  # in the company's money, in 12 months
    orders: np.ndarray  # ever
    last_us: np.ndarray  # the last order
    mailed: BitMap  # since the comparison's moment
    answered: BitMap  # of those: clicked, or bought, after the first of these mails
    active: BitMap  # did anything since then

    def of(self, people: BitMap) -> np.ndarray:
        """The places of these people in the columns."""
        return np.searchsorted(self.ids, np.array(people.to_array(), dtype=np.int64))


def known_of(everyone: BitMap, lake: Lake, words: Words, *, since_us: int, active: BitMap) -> Known:
    """Everyone's figures at the lake's moment; `active` was asked as a rule."""
    ids = np.array(everyone.to_array(), dtype=np.int64)
    year_us = lake.moment.shifted_us(YEAR, -1) or 0
    bought = _asked(words.catalogue.event_types.get(ORDERED), lake, year_us)
    orders = _column(ids, bought, "n", 0)
    last_us = _column(ids, bought, "last", NEVER_US)
    mailed = _asked(words.catalogue.event_types.get(MAILED), lake, year_us, from_us=since_us)
    clicked = _asked(words.catalogue.event_types.get(CLICKED), lake, year_us, from_us=since_us)
    first_mail, last_click = _column(ids, mailed, "first", NEVER_US), _column(ids, clicked, "last", NEVER_US)
    had_mail = first_mail > NEVER_US
    came_back = had_mail & ((last_click >= first_mail) | (last_us > first_mail))
    return Known(ids, _column(ids, bought, "spent", 0.0), orders, last_us, bitmap(ids[had_mail]), bitmap(ids[came_back]), active & everyone)


def _asked(kind: EventTypeFacts | None, lake: Lake, year_us: int, *, from_us: int | None = None) -> dict[str, np.ndarray]:
    """One kind of fact, grouped by customer: how many, the first and the last, and what was spent within the year."""
    rows = None if kind is None else lake.rows(kind)
    if rows is None:
        return {}
    table = rows.table if from_us is None else rows.table.filter(rows.table.time >= moment_of(from_us))
    money = rows.money(REVENUE)
    amount: Any = ibis.literal(0) if money is None else table[money.get_name()]
    spent = ibis.cases((table.time >= moment_of(year_us), amount.cast("float64")), else_=0.0)
    chosen = lake.of_customers(table.select("customer_id", "time", spent=spent))
    grouped = chosen.group_by(CUSTOMER).aggregate(
        n=ibis._.count(), spent=chosen.spent.sum(), first=chosen.time.min(), last=chosen.time.max()
    )
    found = lake.ask(grouped)
    columns: dict[str, np.ndarray] = {name: found[name].to_numpy() for name in (CUSTOMER, "n", "spent")}
    columns["spent"] = np.nan_to_num(columns["spent"].astype(float))
    for name in ("first", "last"):
        columns[name] = found[name].to_numpy().astype("datetime64[us]").astype(np.int64)
    return columns


def _column(ids: np.ndarray, asked: dict[str, np.ndarray], name: str, missing: float) -> np.ndarray:
    """A column in the order of `ids`."""
    values = np.full(len(ids), missing, dtype=asked[name].dtype if asked else type(missing))
    if asked and len(ids):
        at = np.searchsorted(ids, asked[CUSTOMER])
        at[at == len(ids)] = 0
        mine = ids[at] == asked[CUSTOMER]
        values[at[mine]] = asked[name][mine]
    return values


def features(known: Known, moment_us: int) -> np.ndarray:
    """Spending, orders and recency of each, as logarithms brought to mean 0 and spread 1; who never bought is as far as the oldest."""
    days = np.where(known.last_us > NEVER_US, (moment_us - known.last_us) / DAY_US, np.nan)
    oldest = np.nanmax(days) if np.isfinite(days).any() else 0.0
    days = np.nan_to_num(np.maximum(days, 0.0), nan=max(oldest, 0.0) + 365.0)
    columns = np.column_stack([np.log1p(np.maximum(known.spent, 0.0)), np.log1p(known.orders), np.log1p(days)]).astype(float)
    spread = columns.std(axis=0)
    return (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
