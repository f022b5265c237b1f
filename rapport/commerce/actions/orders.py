"""Orders as the shop last told us: each fact about an order is folded into its row, in any order of arrival."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from rapport.commerce import events
from rapport.commerce.models import Order
from rapport.events import queries as log
from rapport.events.values import as_money, as_time_us
from rapport.lib.bulk import insert_rows, slices
from rapport.lib.prepared import rows


@dataclass(slots=True)
class Standing:
    """An order's row while facts are folded into it; the fields are the columns of Order."""

    order_id: str
    id: int | None = None
    customer_id: int | None = None
    content_event_id: int | None = None
    content_us: int | None = None
    completed_us: int | None = None
    cancelled_us: int | None = None
    refunded_us: int | None = None
    shipped_us: int | None = None
    revenue_e6: int | None = None
    refunded_e6: int = 0
    currency: str = ""
    tracking: str = ""
    payment_method: str = ""
    payment_last4: str = ""


COLUMNS = tuple(column.name for column in fields(Standing) if column.name not in ("order_id", "id"))
STANDING = f"SELECT order_id, id, {', '.join(COLUMNS)} FROM commerce_order WHERE order_id = ANY(%s) ORDER BY order_id"
row_of = attrgetter(*COLUMNS)


@dataclass(frozen=True, slots=True)
class Told:
    """A recorded fact about an order."""

    name: str
    event_id: int
    customer_id: int | None
    time_us: int
    properties: dict[str, Any]


def fold(facts: Sequence[Told]) -> None:
    """Bring the rows of these orders up to date; inside the transaction that records the facts."""
    by_order: dict[str, list[Told]] = defaultdict(list)
    fresh: dict[str, Standing] = {}
    for fact in facts:
        if order_id := order_id_of(fact.properties):
            by_order[order_id].append(fact)
    held = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    kept = {row[0]: Standing(*row) for row in rows(STANDING + held, [list(by_order)])}
    for order_id, told in by_order.items():
        order = kept.get(order_id) or fresh.setdefault(order_id, Standing(order_id))
        for fact in told:
            _fold_one(order, fact)
    insert_rows(Order, ("order_id", *COLUMNS), [(order.order_id, *row_of(order)) for order in fresh.values()])
    _update(list(kept.values()))


def refold(order_ids: Iterable[str]) -> None:
    """Fold orders anew from the facts that are left, after a load was taken back; who has none is gone."""
    types = log.catalogue().by_id
    wanted = [number for number, facts in types.items() if facts.name in events.ORDER_FACTS]
    for some in slices(sorted(set(order_ids)), 200):
        buyers = Order.objects.filter(order_id__in=some, customer_id__isnull=False).values_list("customer_id", flat=True)
        customers = {buyer for buyer in buyers if buyer}
        told = [
            Told(types[fact.event_type_id].name, fact.id, fact.customer_id, fact.time_us, fact.properties)
            for fact in log.facts_of(sorted(customers), event_type_ids=wanted)
            if order_id_of(fact.properties) in set(some)
        ]
        Order.objects.filter(order_id__in=some).delete()
        fold(told)


def order_id_of(properties: dict[str, Any]) -> str | None:
    """The order a fact speaks of, as text; None where it names none."""
    value = properties.get("order_id", properties.get("orderId"))
    return str(value)[:255] if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _fold_one(order: Standing, fact: Told) -> None:
    properties = fact.properties
    if order.customer_id is None or fact.name == events.ORDER_COMPLETED:
        order.customer_id = fact.customer_id
    if fact.name in (events.ORDER_COMPLETED, events.ORDER_UPDATED):
        if order.content_us is None or order.content_us <= fact.time_us:
            order.content_us, order.content_event_id = fact.time_us, fact.event_id
            order.revenue_e6 = micros(properties.get("revenue", properties.get("total", properties.get("value"))))
            order.currency = _text(properties, "currency", 3).upper() or order.currency
        if fact.name == events.ORDER_COMPLETED:
            order.completed_us = min(order.completed_us or fact.time_us, fact.time_us)
    elif fact.name == events.ORDER_REFUNDED:
        order.refunded_us = max(order.refunded_us or fact.time_us, fact.time_us)
        order.refunded_e6 += abs(micros(properties.get("revenue", properties.get("total", properties.get("value")))) or 0)
        order.currency = order.currency or _text(properties, "currency", 3).upper()
    elif fact.name == events.ORDER_CANCELLED:
        order.cancelled_us = max(order.cancelled_us or fact.time_us, fact.time_us)
    elif fact.name == events.ORDER_SHIPPED:
        told_us = as_time_us(properties.get("shipped_at"), ZoneInfo(settings.COMPANY_TIME_ZONE))
        order.shipped_us = fact.time_us if told_us is None else told_us
    order.tracking = _text(properties, "tracking", 255) or _text(properties, "tracking_number", 255) or order.tracking
    order.payment_method = _text(properties, "payment_method", 63) or order.payment_method
    order.payment_last4 = _text(properties, "payment_last4", 4) or order.payment_last4


def micros(value: Any) -> int | None:
    """An amount x 10^6, exact; None where it is none."""
    amount = as_money(value)
    return None if amount is None else int((amount * 1_000_000).to_integral_value(rounding="ROUND_HALF_UP"))


def from_micros(amount_e6: int | None) -> Decimal | None:
    return None if amount_e6 is None else Decimal(amount_e6) / 1_000_000


def _text(properties: dict[str, Any], name: str, length: int) -> str:
    value = properties.get(name)
    return value[:length] if isinstance(value, str) else ""


def _update(orders: Sequence[Standing]) -> None:
    if not orders:
        return
    sets = ", ".join(f"{column} = %s" for column in COLUMNS)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE commerce_order SET {sets} WHERE id = %s", [(*row_of(order), order.id) for order in orders])
