"""What a fact says: the typed values of one of its properties, as the catalogue has typed it, and no others."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from rapport.events.catalogue import PropertyFacts
from rapport.events.values import MONEY_LIMIT, as_kind

Reading: TypeAlias = str | float | Decimal | bool | date | int  # int: microseconds of a time
MICRO = Decimal("0.000001")
RATE_DIGITS = 9


def readings(properties: Mapping[str, Any], facts: PropertyFacts, *, rate_e9: int | None, zone: ZoneInfo) -> list[Any]:
    """Every known value of a property: none or one of a plain one, any number of a list's. For a list of things, its things."""
    if facts.kind == "list":
        return elements(properties, facts.path)
    if facts.list_path:
        own = facts.path.removeprefix(f"{facts.list_path}.")
        things = elements(properties, facts.list_path)
        return [one for thing in things for one in element_readings(thing, own, facts, rate_e9=rate_e9, zone=zone)]
    return element_readings(properties, facts.path, facts, rate_e9=rate_e9, zone=zone)


def element_readings(element: Mapping[str, Any], path: str, facts: PropertyFacts, *, rate_e9: int | None, zone: ZoneInfo) -> list[Reading]:
    """The known values at a path that leads through no list of things."""
    raw = at_path(element, path)
    if facts.many:
        found = [_reading(one, facts.kind, rate_e9, zone) for one in raw] if isinstance(raw, list) else []
    else:
        found = [_reading(raw, facts.kind, rate_e9, zone)]
    return [one for one in found if one is not None]


def elements(properties: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    """The things in a list of things; whatever else stands in the list is none."""
    raw = at_path(properties, path)
    return [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []


def at_path(properties: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; a name may hold dots of its own. null is absent."""
    return next((value for value in _at_path(properties, path) if value is not None), None)


def _at_path(properties: Mapping[str, Any], path: str) -> Iterator[Any]:
    for name, value in properties.items():
        if name == path:
            yield value
        elif isinstance(value, dict) and path.startswith(f"{name}."):
            yield from _at_path(value, path[len(name) + 1 :])


def _reading(raw: Any, kind: str, rate_e9: int | None, zone: ZoneInfo) -> Reading | None:
    value: Reading | None = as_kind(raw, kind, zone)
    if kind == "money" and isinstance(value, Decimal):
        return in_company_money(value, rate_e9)
    return value


def in_company_money(amount: Decimal, rate_e9: int | None) -> Decimal | None:
    """The amount at the rate kept with its fact, to six places; unknown where the fact has no rate (0)."""
    if rate_e9 == 0:
        return None
    with localcontext() as exact:
        exact.prec = 60
        rated = amount if rate_e9 is None else amount * Decimal(rate_e9).scaleb(-RATE_DIGITS)
        rounded = rated.quantize(MICRO, ROUND_HALF_UP)  # half away from zero
    return rounded if abs(rounded) < MONEY_LIMIT else None
