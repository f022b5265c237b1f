"""Purchases out of the lake: orders as the log has them, aliases resolved, by the company's calendar, in its currency.

What was cancelled is no purchase. What a purchase brings is its margin after returns: less the cost of its lines, or of their products,
where the shop tells it, else the stated margin of its revenue. Rows of a day are made one; of a customer, one more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
from django.conf import settings

from rapport.commerce import queries as commerce
from rapport.commerce.events import ORDER_AMOUNTS, ORDER_CANCELLED, ORDER_COMPLETED, ORDER_REFUNDED, ORDER_UPDATED
from rapport.lib.arrow import pa
from rapport.lib.clock import from_us
from rapport.lib.zone import company_zone
from rapport.segments import queries as segments
from rapport.segments.lake import CUSTOMER, Lake, Reader, Rows, lake_at, wall_time
from rapport.value.days import RHYTHM_DAYS, PurchaseDays, Summaries
from rapport.warehouse import queries as warehouse

LINES = "products"


@dataclass(frozen=True)
class Told:
    """How much of what was read is sure."""

    purchases: int  # orders that were not cancelled
    without_rate: int  # whose amount is in a currency without a rate: a purchase of nothing
    with_cost: int  # whose margin is known by the cost of its lines
    kept: float = 0.0  # revenue of all of them, less what was given back
    margin: float = 0.0  # what was left of that


def purchase_days(until_us: int, *, one_in: int = 1) -> PurchaseDays:
    """All purchases before a moment, of one customer in so many; whose amount is unknown or has no rate is a purchase of 0."""

    def read(reader: Reader) -> PurchaseDays:
        lake = lake_at(reader, until_us)
        orders = _orders(lake)
        if orders is None:
            return PurchaseDays.of(*(np.empty(0, np.int64) for _ in range(3)))
        by_day = _by_day(lake, orders)
        found = lake.ask(by_day if one_in == 1 else by_day.filter(by_day[CUSTOMER] % one_in == 0))
        return PurchaseDays.of(found[CUSTOMER].to_numpy(), days_of(found["day"]), found["amount"].to_numpy())

    return warehouse.ask(read)


def summaries(until_us: int) -> Summaries:
    """Of every customer who bought before a moment, the end of a day."""
    late_since = from_us(until_us - 1, company_zone()).date() - timedelta(days=RHYTHM_DAYS - 1)

    def read(reader: Reader) -> Summaries:
        lake = lake_at(reader, until_us)
        orders = _orders(lake)
        if orders is None:
            return PurchaseDays.of(*(np.empty(0, np.int64) for _ in range(3))).summaries
        by_day = _by_day(lake, orders)
        one = by_day.group_by(CUSTOMER).aggregate(
            counts=by_day.count().cast("int32"),
            first=by_day.day.min(),
            last=by_day.day.max(),
            spent=by_day.amount.sum(),
            late=by_day.count(where=by_day.day >= ibis.literal(late_since)).cast("int16"),
        )
        found = lake.ask(one)
        ids = found[CUSTOMER].to_numpy()
        order = np.argsort(ids)
        columns = (found["counts"], days_of(found["first"]), days_of(found["last"]), found["spent"], found["late"])
        return Summaries(ids[order], *(np.asarray(column)[order] for column in columns))

    return warehouse.ask(read)


def told(until_us: int) -> Told:
    """How many purchases there are before a moment, and of how many something is not known."""

    def read(reader: Reader) -> Told:
        lake = lake_at(reader, until_us)
        orders = _orders(lake)
        if orders is None:
            return Told(0, 0, 0)
        sums = {"n": orders.count(), "without": (orders.unrated == True).sum(), "cost": orders.is_margin.sum()}  # noqa: E712
        found = lake.ask(orders.aggregate(**sums, kept=orders.kept.sum(), margin=orders.amount.sum()))
        counts, money = ([found[name][0].as_py() or 0 for name in names] for names in (("n", "without", "cost"), ("kept", "margin")))
        return Told(*map(int, counts), *map(float, money))

    return warehouse.ask(read)


def _orders(lake: Lake) -> ir.Table | None:
    """A row for each order that was not cancelled: whose it is, its day, its margin. None where there are none."""
    orders = kept_orders(lake)
    return None if orders is None else _refunded(lake, _with_margin(lake, _updated(lake, orders)))


def kept_orders(lake: Lake) -> ir.Table | None:
    """A row for each order that was not cancelled, with what it came to at first; None where there are none."""
    rows = rows_in(lake, ORDER_COMPLETED)
    if rows is None:
        return None
    table = rows.table
    amount, order_id = amount_in(rows), _column(rows, "order_id")
    known = ibis.coalesce(*(one for one in (amount,) if one is not None), ibis.literal(0.0))
    orders = table.select(
        "customer_id",
        "event_id",
        "unrated",
        day=wall_time(table.time, company_zone()).date(),
        order_id=ibis.literal("") if order_id is None else order_id,
        revenue=known,
    )
    return _without_cancelled(lake, orders)


def _by_day(lake: Lake, orders: ir.Table) -> ir.Table:
    said = lake.of_customers(orders.select("customer_id", "day", "amount"))
    return said.group_by([CUSTOMER, "day"]).aggregate(amount=said.amount.sum())


Summed = Callable[[ir.Value, ir.Table], ir.Value]


def _updated(lake: Lake, orders: ir.Table) -> ir.Table:
    """The newest amount the shop told of an order."""
    found = _by_order(lake, ORDER_UPDATED, lambda amount, table: amount.argmax(table.time))
    if found is None:
        return orders
    joined = orders.left_join(found, orders.order_id == found.of_order)
    kept = [orders[name] for name in orders.columns if name != "revenue"]
    return joined.select(*kept, revenue=ibis.coalesce(found.amount, orders.revenue))


def _without_cancelled(lake: Lake, orders: ir.Table) -> ir.Table:
    rows = rows_in(lake, ORDER_CANCELLED)
    order_id = None if rows is None else _column(rows, "order_id")
    if rows is None or order_id is None:
        return orders
    cancelled = rows.table.select(of_order=order_id).distinct()
    return orders.anti_join(cancelled, orders.order_id == cancelled.of_order)


def _with_margin(lake: Lake, orders: ir.Table) -> ir.Table:
    """`amount`: revenue less what its lines cost, where that is known of every line, else the stated margin of it."""
    stated = orders.revenue * ibis.literal(float(settings.VALUE_MARGIN))
    lines = _with_cost(lake)
    if lines is None:
        return orders.mutate(amount=stated, is_margin=ibis.literal(False))
    costs = lines.select(of_event=lines.event_id, cost=lines.cost * lines.quantity)
    costs = costs.group_by("of_event").aggregate(cost=costs.cost.sum(), known=costs.cost.notnull().all())
    costs = costs.filter(costs.known)
    joined = orders.left_join(costs, orders.event_id == costs.of_event)
    return joined.select(
        *(orders[name] for name in orders.columns),
        amount=ibis.coalesce(orders.revenue - costs.cost, stated),
        is_margin=costs.cost.notnull(),
    )


def _with_cost(lake: Lake) -> ir.Table | None:
    """(event_id, cost, quantity) of each line of an order: the cost it tells, else that of its product. None where there are neither."""
    lines = lines_in(lake)
    if lines is None:
        return None
    own, sku, quantity = (_column(lines, f"{LINES}.{name}") for name in ("cost", "sku", "quantity"))
    known = commerce.costs() if sku is not None else []
    if own is None and not known:
        return None
    table = lines.table.select(
        "event_id",
        cost=ibis.null("float64") if own is None else own.cast("float64"),
        sku=ibis.literal("") if sku is None else sku,
        quantity=ibis.literal(1.0) if quantity is None else ibis.coalesce(quantity.cast("float64"), ibis.literal(1.0)),
    )
    if not known:
        return table
    skus, costs = zip(*known, strict=True)
    rows = pa.table({"of_sku": pa.array(skus), "of_product": pa.array([float(one) for one in costs])})
    products = lake.given(rows, {"of_sku": "VARCHAR", "of_product": "DOUBLE"})
    joined = table.left_join(products, table.sku == products.of_sku)
    return joined.select("event_id", "quantity", cost=ibis.coalesce(table.cost, products.of_product))


def _refunded(lake: Lake, orders: ir.Table) -> ir.Table:
    """Less the same part of the margin as was given back of the revenue: more than all of it, where more was given back. `kept`: what
    stays of the revenue."""
    found = _by_order(lake, ORDER_REFUNDED, lambda amount, _: amount.abs().sum())
    if found is None:
        return orders.mutate(kept=orders.revenue)
    joined = orders.left_join(found, orders.order_id == found.of_order)
    back = ibis.coalesce(found.amount, ibis.literal(0.0))
    left = ibis.ifelse(orders.revenue > 0, orders.amount * (1 - back / orders.revenue.nullif(0)), orders.amount - back)
    return joined.select(*(orders[name] for name in orders.columns if name != "amount"), amount=left, kept=orders.revenue - back)


def _by_order(lake: Lake, name: str, amount_of: Summed) -> ir.Table | None:
    """(of_order, amount) of a kind of fact; None where there is none."""
    rows = rows_in(lake, name)
    amount, order_id = (None, None) if rows is None else (amount_in(rows), _column(rows, "order_id"))
    if rows is None or amount is None or order_id is None:
        return None
    chosen = rows.table.select(of_order=order_id, amount=amount, time=rows.table.time)
    chosen = chosen.filter(chosen.of_order.notnull(), chosen.amount.notnull())
    return chosen.group_by("of_order").aggregate(amount=amount_of(chosen.amount, chosen))


def rows_in(lake: Lake, name: str) -> Rows | None:
    """The facts of a kind; None where there are none yet."""
    kind = segments.vocabulary().catalogue.event_types.get(name)
    return None if kind is None or kind.table not in lake.reader.filled else lake.rows(kind)


def lines_in(lake: Lake) -> Rows | None:
    """The lines of completed orders; None where no order told any."""
    orders = rows_in(lake, ORDER_COMPLETED)
    if orders is None or orders.facts is None or LINES not in orders.facts.properties:
        return None
    return lake.rows(orders.facts, list_path=LINES)


def amount_in(rows: Rows) -> ir.Value | None:
    """The amount of an order, as a number."""
    told = [column.cast("float64") for path in ORDER_AMOUNTS if (column := rows.money(path)) is not None]
    return ibis.coalesce(*told) if told else None


def _column(rows: Rows, path: str) -> ir.Value | None:
    facts = rows.find(path)
    return None if facts is None else rows.column(facts)


def days_of(column: pa.ChunkedArray) -> np.ndarray:
    """Dates as days since 1970-01-01."""
    return column.cast(pa.date32()).cast(pa.int32()).to_numpy()
