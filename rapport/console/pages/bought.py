"""What a customer bought, in the company's currency: by moment, by quarter, in a year. Orders without a rate are counted, never guessed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from statistics import median

from rapport.commerce import queries as commerce
from rapport.commerce.models import Order
from rapport.lib.clock import DAY_US, from_us, to_us
from rapport.lib.zone import company_zone

QUARTERS = 8
ORDERS_FOR_RHYTHM = 3
E6, E9 = Decimal(1_000_000), Decimal(1_000_000_000)


@dataclass(frozen=True)
class Bought:
    """`kept` is what stayed with us: revenue less what went back."""

    currency: str | None
    orders: int
    cancelled: int
    returned: int
    last_us: int | None
    rhythm_days: int | None  # the median gap, from the third order on
    year: Decimal
    year_orders: int
    ever: Decimal
    unrated: int
    quarters: list[tuple[str, Decimal]]


def bought(orders: Sequence[Order], *, now_us: int) -> Bought:
    """A sum over orders that were completed and not cancelled."""
    currency = commerce.company_currency()
    standing = [row for row in orders if row.completed_us is not None and row.cancelled_us is None]
    amounts = _amounts(standing, currency)
    moments = sorted(row.completed_us for row in standing if row.completed_us is not None)
    gaps = [after - before for before, after in pairwise(moments)]
    year_us = _a_year_before(now_us)
    in_year = [row for row in standing if row.completed_us and row.completed_us >= year_us]
    return Bought(
        currency=currency,
        orders=len(standing),
        cancelled=sum(row.cancelled_us is not None for row in orders),
        returned=sum(row.refunded_us is not None for row in orders),
        last_us=moments[-1] if moments else None,
        rhythm_days=round(median(gaps) / DAY_US) if len(moments) >= ORDERS_FOR_RHYTHM else None,
        year=sum((amounts[row.id] for row in in_year if row.id in amounts), Decimal(0)),
        year_orders=len(in_year),
        ever=sum(amounts.values(), Decimal(0)),
        unrated=sum(row.id not in amounts for row in standing),
        quarters=_by_quarter(standing, amounts, now_us),
    )


def _amounts(orders: Sequence[Order], currency: str | None) -> dict[int, Decimal]:
    """What each order came to, less what went back; an order without an amount or without a rate is left out."""
    zone = company_zone()
    days = {row.id: from_us(row.completed_us or 0, zone).date() for row in orders}
    rates = commerce.rates_for((row.currency, days[row.id]) for row in orders if row.currency and row.currency != currency)
    found = {}
    for row in orders:
        if row.revenue_e6 is None:
            continue
        rate = E9 if row.currency in ("", currency) else rates.get((row.currency, days[row.id]))
        if rate is not None:
            found[row.id] = Decimal(row.revenue_e6 - row.refunded_e6) / E6 * Decimal(rate) / E9
    return found


def _by_quarter(orders: Sequence[Order], amounts: dict[int, Decimal], now_us: int) -> list[tuple[str, Decimal]]:
    """The last quarters, the running one at the end, with zeros where nothing was bought."""
    zone = company_zone()
    running = quarter_of(from_us(now_us, zone).date())
    sums = {number: Decimal(0) for number in range(running - QUARTERS + 1, running + 1)}
    for row in orders:
        number = quarter_of(from_us(row.completed_us or 0, zone).date())
        if number in sums and row.id in amounts:
            sums[number] += amounts[row.id]
    return [(quarter_name(number), total) for number, total in sums.items()]


def _a_year_before(now_us: int) -> int:
    moment: datetime = from_us(now_us, company_zone())
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return to_us(moment.replace(year=moment.year - 1, day=day))


def quarter_of(day: date) -> int:
    return day.year * 4 + (day.month - 1) // 3


def quarter_name(quarter: int) -> str:
    return f"Q{quarter % 4 + 1} {quarter // 4 % 100:02d}"
