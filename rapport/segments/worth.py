"""What people are worth by what they spent: in the company's money over twelve months, the middle one of them."""

import ibis
import numpy as np
from pyroaring import BitMap

from rapport.segments.bounds import moment_of
from rapport.segments.lake import CUSTOMER, Reader, lake_at
from rapport.segments.nodes import Duration
from rapport.segments.plans import Words
from rapport.warehouse import queries as warehouse

ORDERED, REVENUE = "Order Completed", "revenue"
YEAR = Duration(12, "month")


def middle_spend(ids: BitMap, words: Words, moment_us: int) -> float | None:
    """The median of what these people spent in the twelve months before a moment; who bought nothing spent 0. None of nobody."""
    return None if not ids else warehouse.ask(lambda reader: _middle(ids, words, moment_us, reader))


def _middle(ids: BitMap, words: Words, moment_us: int, reader: Reader) -> float:
    lake = lake_at(reader, moment_us)
    kind = words.catalogue.event_types.get(ORDERED)
    rows = None if kind is None else lake.rows(kind)
    money = None if rows is None else rows.money(REVENUE)
    since_us = lake.moment.shifted_us(YEAR, -1)
    if rows is None or money is None or since_us is None:
        return 0.0
    within = rows.table.filter(rows.table.time >= moment_of(since_us), money.notnull())
    said = lake.of_customers(within.select("customer_id", amount=money))
    found = lake.ask(said.group_by(CUSTOMER).aggregate(spent=said["amount"].sum().cast("float64")).filter(ibis._.spent > 0))
    wanted = np.isin(found[CUSTOMER].to_numpy(), np.array(ids.to_array()))
    spent = np.zeros(len(ids))
    amounts = found["spent"].to_numpy()[wanted]
    spent[: len(amounts)] = amounts
    return float(np.median(spent))
