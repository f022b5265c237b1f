"""The products of the shop, as a file last told them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rapport.commerce.models import Product
from rapport.lib.bulk import slices
from rapport.lib.clock import now_us

KEPT = ("name", "url", "image", "price", "cost", "stock")


@dataclass(frozen=True, slots=True)
class ProductTold:
    """What a row says of a product; a field it does not name stays as it is."""

    sku: str
    values: dict[str, Any]  # of KEPT


def set_products(told: Sequence[ProductTold], *, load_id: int | None) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Set products; for each (accepted or repeated, sku, what stood there before: None for nothing). Inside a transaction."""
    found: dict[str, Product] = {}
    for some in slices(sorted({one.sku for one in told})):
        found.update({row.sku: row for row in Product.objects.select_for_update().filter(sku__in=some).order_by("sku")})
    now = now_us()
    answers: list[tuple[str, str, dict[str, Any] | None]] = []
    fresh: dict[str, Product] = {}
    changed: dict[str, Product] = {}
    for one in told:
        row = found.get(one.sku)
        if row is not None and all(getattr(row, name) == value for name, value in one.values.items()):
            answers.append(("repeated", one.sku, None))
            continue
        before = None if row is None else _kept(row)
        row = found.setdefault(one.sku, row or Product(sku=one.sku, updated_us=now))
        for name, value in one.values.items():
            setattr(row, name, value)
        row.load_id, row.updated_us = load_id, now
        (changed if row.pk else fresh)[one.sku] = row
        answers.append(("accepted", one.sku, before))
    Product.objects.bulk_create(fresh.values())
    Product.objects.bulk_update(changed.values(), [*KEPT, "load_id", "updated_us"], batch_size=100)
    return answers


def restore_product(sku: str, before: dict[str, Any] | None, *, load_id: int) -> bool:
    """Put a product back as it was before a load; False where a later load or person has changed it since."""
    row = Product.objects.select_for_update().filter(sku=sku).first()
    if row is None or row.load_id != load_id:
        return False
    if before is None:
        row.delete()
        return True
    for name in ("price", "cost"):
        before[name] = None if before[name] is None else Decimal(before[name])
    for name, value in before.items():
        setattr(row, name, value)
    row.updated_us = now_us()
    row.save()
    return True


def _kept(row: Product) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in (*KEPT, "load_id")}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}
