"""The questions other rooms may ask about what was bought."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rapport.commerce.actions import currency as _currency
from rapport.commerce.models import Branch, Order, Product
from rapport.events import queries as log
from rapport.lib.bulk import slices

BRANCHES_MAX = 10_000


def company_currency() -> str | None:
    """The code everything is compared in, or None before the first money fact."""
    return _currency.company_currency()


def orders_of(customer_ids: Sequence[int], *, limit: int = 1_000) -> list[Order]:
    """Their orders, newest first; refunds of unknown orders are among them with `completed_us` None."""
    found = [
        row for ids in slices(customer_ids) for row in Order.objects.filter(customer_id__in=ids).order_by("-completed_us", "-id")[:limit]
    ]
    return sorted(found, key=lambda row: row.completed_us or row.refunded_us or 0, reverse=True)[:limit]


def order(order_id: str) -> Order | None:
    return Order.objects.filter(order_id=order_id).first()


def lines_of(row: Order) -> list[dict[str, Any]]:
    """The lines of an order as the shop last told us."""
    fact = log.facts_by_id([row.content_event_id]).get(row.content_event_id) if row.content_event_id else None
    lines = fact.properties.get("products") if fact else None
    return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def completed_among(order_ids: Iterable[str]) -> dict[str, int]:
    """Which of these orders were completed, each with the fact that tells its content now."""
    found: dict[str, int] = {}
    for some in slices(order_ids):
        rows = Order.objects.filter(order_id__in=some, completed_us__isnull=False).values_list("order_id", "content_event_id")
        found.update((order_id, event_id) for order_id, event_id in rows if event_id)
    return found


def orders_count() -> int:
    """How many orders were ever completed."""
    return Order.objects.filter(completed_us__isnull=False).count()


def orders_touched_by(event_ids: Iterable[int]) -> set[str]:
    """Orders whose content one of these facts tells."""
    found: set[str] = set()
    for some in slices(event_ids):
        found.update(Order.objects.filter(content_event_id__in=some).values_list("order_id", flat=True))
    return found


def products(skus: Iterable[str]) -> dict[str, Product]:
    found: dict[str, Product] = {}
    for some in slices(skus):
        found.update({row.sku: row for row in Product.objects.filter(sku__in=some)})
    return found


def costs() -> list[tuple[str, Decimal]]:
    """(sku, what one piece costs) of every product of which that is known."""
    rows = Product.objects.filter(cost__isnull=False).order_by("sku").values_list("sku", "cost")
    return [(sku, cost) for sku, cost in rows.iterator() if cost is not None]


def branches() -> dict[str, tuple[float, float]]:
    """Latitude and longitude of every branch, by name."""
    rows = Branch.objects.order_by("name").values_list("name", "latitude", "longitude")[:BRANCHES_MAX]
    return {name: (latitude, longitude) for name, latitude, longitude in rows}


def rates_for(wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], int]:
    """Rates (x 10^9) to the company's currency for (currency, day) pairs."""
    return _currency.rates_for(wanted)
