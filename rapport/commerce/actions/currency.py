"""The company's currency, and the rate each money fact is kept with."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from rapport.commerce.models import CompanyCurrency, Rate
from rapport.lib.clock import from_us

_fixed: list[str] = []
NO_RATE = 0  # a fact with an amount whose currency had no rate on its day


def company_currency() -> str | None:
    """The code everything is compared in, or None before the first money fact."""
    return settings.CURRENCY or CompanyCurrency.objects.values_list("code", flat=True).first()


def fix_currency(code: str) -> str:
    """The first money fact decides, once; inside the transaction that records it."""
    if settings.CURRENCY:
        return str(settings.CURRENCY)
    if _fixed:
        return _fixed[0]
    found = company_currency() or CompanyCurrency.objects.get_or_create(id=1, defaults={"code": code})[0].code
    transaction.on_commit(lambda: _fixed.append(found))  # a transaction rolled back takes the currency with it
    return found


def forget() -> None:
    """Drop what this process remembers, between tests."""
    _fixed.clear()


def day_of(time_us: int) -> date:
    """The company's calendar day of a moment: the day whose rate counts."""
    return from_us(time_us, ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


def rates_for(wanted: Iterable[tuple[str, date]]) -> dict[tuple[str, date], int]:
    """Rates (x 10^9) to the company's currency for (currency, day) pairs; a pair without one is left out."""
    pairs = set(wanted)
    if not pairs:
        return {}
    days = [day for _, day in pairs]
    rows = Rate.objects.filter(currency__in={code for code, _ in pairs}, day__gte=min(days), day__lte=max(days))
    return {(row[0], row[1]): row[2] for row in rows.values_list("currency", "day", "rate_e9") if (row[0], row[1]) in pairs}
