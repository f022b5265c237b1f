"""Currency rates, day by day. A rate once set never changes: facts are kept with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rapport.commerce.actions.currency import company_currency, rates_for
from rapport.commerce.models import Rate
from rapport.events.rating import apply_rate

ONE_E9 = 10**9


@dataclass(frozen=True, slots=True)
class RateTold:
    """What one unit of a currency was worth in the company's currency on a day, x 10^9."""

    day: date
    currency: str
    rate_e9: int


def set_rates(told: Sequence[RateTold], *, load_id: int | None) -> list[tuple[str, str, None]]:
    """Set rates and give them to facts that waited; for each (accepted, repeated or the reason why not, key, None)."""
    standing = rates_for((one.currency, one.day) for one in told)
    company = company_currency()
    answers: list[tuple[str, str, None]] = []
    fresh: list[RateTold] = []
    for one in told:
        kept = standing.get((one.currency, one.day))
        key = f"{one.currency} {one.day.isoformat()}"
        if one.currency == company and one.rate_e9 != ONE_E9:
            answers.append((f"{company} is the company's currency: its rate is 1", key, None))
        elif kept is None:
            standing[one.currency, one.day] = one.rate_e9
            fresh.append(one)
            answers.append(("accepted", key, None))
        elif kept == one.rate_e9:
            answers.append(("repeated", key, None))
        else:
            words = f"{key} has the rate {shown(kept)} already, and facts are kept with it; {shown(one.rate_e9)} is not taken"
            answers.append((words, key, None))
    Rate.objects.bulk_create(Rate(day=one.day, currency=one.currency, rate_e9=one.rate_e9, load_id=load_id) for one in fresh)
    for one in fresh:
        apply_rate(one.currency, one.day, one.rate_e9)
    return answers


def remove_rates(keys: Sequence[str], *, load_id: int) -> set[tuple[str, date]]:
    """Take away rates that a load set; answers those that were there. The facts kept with them are the caller's matter."""
    gone = set()
    for key in keys:
        code, _, day = key.partition(" ")
        on = date.fromisoformat(day)
        if Rate.objects.filter(currency=code, day=on, load_id=load_id).delete()[0]:
            gone.add((code, on))
    return gone


def shown(rate_e9: int) -> str:
    return format((Decimal(rate_e9) / ONE_E9).normalize(), "f")
