"""Products of the shop and branches of the company, as a file last told them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from rapport.commerce.models import Branch, Product
from rapport.lib.bulk import slices
from rapport.lib.clock import now_us

Noun: TypeAlias = type[Product] | type[Branch]
KEPT: dict[Noun, tuple[str, tuple[str, ...]]] = {  # what a row is found by, and what else is told of it
    Product: ("sku", ("name", "url", "image", "price", "cost", "stock")),
    Branch: ("name", ("latitude", "longitude")),
}


@dataclass(frozen=True, slots=True)
class RowTold:
    """What a row says; a field it does not name stays as it is."""

    key: str
    values: dict[str, Any]


def set_told(noun: Noun, told: Sequence[RowTold], *, load_id: int | None) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Set rows; for each (accepted or repeated, key, what stood there before: None for nothing). Inside a transaction."""
    key, fields = KEPT[noun]
    found: dict[str, Any] = {}
    for some in slices(sorted({one.key for one in told})):
        rows = noun.objects.select_for_update().filter(**{f"{key}__in": some}).order_by(key)
        found.update({getattr(row, key): row for row in rows})
    now = now_us()
    answers: list[tuple[str, str, dict[str, Any] | None]] = []
    fresh: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    for one in told:
        row = found.get(one.key)
        if row is not None and all(getattr(row, name) == value for name, value in one.values.items()):
            answers.append(("repeated", one.key, None))
            continue
        before = None if row is None else _kept(row, fields)
        row = found.setdefault(one.key, row or noun(**{key: one.key, "updated_us": now}))
        for name, value in one.values.items():
            setattr(row, name, value)
        row.load_id, row.updated_us = load_id, now
        (changed if row.pk else fresh)[one.key] = row
        answers.append(("accepted", one.key, before))
    noun.objects.bulk_create(fresh.values())
    noun.objects.bulk_update(changed.values(), [*fields, "load_id", "updated_us"], batch_size=100)
    return answers


def restore(noun: Noun, key: str, before: dict[str, Any] | None, *, load_id: int) -> bool:
    """Put a row back as it was before a load; False where a later load or person has changed it since."""
    row = noun.objects.select_for_update().filter(**{KEPT[noun][0]: key}).first()
    if row is None or row.load_id != load_id:
        return False
    if before is None:
        row.delete()
        return True
    for name, value in before.items():
        setattr(row, name, Decimal(value) if name in ("price", "cost") and value is not None else value)
    row.updated_us = now_us()
    row.save()
    return True


def _kept(row: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in (*fields, "load_id")}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}
