"""Purchase days out of the lake: orders as the log has them, aliases resolved, by the company's calendar, in its currency."""

import ibis
import numpy as np

from rapport.lib.arrow import pa
from rapport.lib.zone import company_zone
from rapport.segments import queries as segments
from rapport.segments.lake import CUSTOMER, Reader, lake_at, wall_time
from rapport.segments.worth import ORDERED, REVENUE
from rapport.value.days import PurchaseDays
from rapport.warehouse import queries as warehouse


def purchase_days(until_us: int) -> PurchaseDays:
    """All purchases before a moment; an order whose amount is unknown or has no rate counts as a purchase of 0."""
    return warehouse.ask(lambda reader: _read(reader, until_us))


def _read(reader: Reader, until_us: int) -> PurchaseDays:
    lake = lake_at(reader, until_us)
    kind = segments.vocabulary().catalogue.event_types.get(ORDERED)
    rows = None if kind is None else lake.rows(kind)
    if rows is None:
        return PurchaseDays.of(*(np.empty(0, np.int64) for _ in range(3)))
    money = rows.money(REVENUE)
    amount = ibis.literal(0.0) if money is None else money.cast("float64").fill_null(0.0)
    chosen = rows.table.select("customer_id", day=wall_time(rows.table.time, company_zone()).date(), amount=amount)
    said = lake.of_customers(chosen)
    found = lake.ask(said.group_by([CUSTOMER, "day"]).aggregate(amount=said.amount.sum()))
    days = found["day"].cast(pa.date32()).cast(pa.int32())
    return PurchaseDays.of(found[CUSTOMER].to_numpy(), days.to_numpy(), found["amount"].to_numpy())
