"""What one customer is worth, as their profile says it: what they told of it is what rules ask for, so the two agree."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from rapport.commerce import queries as commerce
from rapport.console.pages.profile import traits_of
from rapport.console.pages.value import horizon_words, money_word
from rapport.customers.models import Customer
from rapport.lib.zone import today
from rapport.value import queries

EPOCH = date(1970, 1, 1)
PRODUCTS = "recommended.products"
OFTEN = 0.4  # such a silence is nothing special
RAREST = 1_000
ROOM = 1.04  # of the line, beyond the greatest figure on it


@dataclass(frozen=True)
class Worth:
    """Figures of one customer, and where they lie along the line of the interval (parts of 1)."""

    value: float
    low: float  # on average
    high: float
    may_low: float  # they themselves
    may_high: float
    past: float
    churn: float
    churn_days: int
    gap_days: int
    due: date
    silence: str
    time: str
    money: str
    as_of: date
    scale: float
    products: list[str]  # what they may need next, best first

    @property
    def is_due(self) -> bool:
        return self.due <= today()

    @property
    def places(self) -> dict[str, float]:
        found = {"value": self.value, "low": self.low, "high": self.high, "may_low": self.may_low, "may_high": self.may_high}
        return {name: figure / self.scale for name, figure in found.items()}


def worth_of(customer: Customer) -> Worth | None:
    """None where nobody was valued yet, or they had not bought by then."""
    found = queries.of_customer(customer.id)
    if found is None:
        return None
    scores, fit = found.scores, found.fit
    value, may_low, may_high = scores["told_value"], scores["told_low"], scores["told_high"]
    low, high = min(scores["low"], value), max(scores["high"], value)
    return Worth(
        value=value,
        low=low,
        high=high,
        may_low=min(may_low, low),
        may_high=max(may_high, high),
        past=scores["told_past"],
        churn=scores["told_churn"],
        churn_days=fit.report["churn_days"],
        gap_days=round(scores["told_rhythm"]),
        due=EPOCH + timedelta(days=int(scores["told_due"])),
        silence=_silence(scores["silence"]),
        time=horizon_words(fit.horizon_days),
        money=money_word(fit.report),
        as_of=fit.as_of,
        scale=max(may_high, high, 0.01) * ROOM,
        products=_named(traits_of(customer).get(PRODUCTS, [None])[0]),
    )


def _named(told: Any) -> list[str]:
    """Products by their names, where the shop has told them."""
    skus = [sku for sku in told if isinstance(sku, str)] if isinstance(told, list) else []
    known = commerce.products(skus)
    return [known[sku].name or sku if sku in known else sku for sku in skus]


def _silence(chance: float) -> str:
    """How unusual it is to have heard nothing for so long."""
    if chance >= OFTEN:
        return _("A silence as now is usual for them.")
    if chance < 1 / RAREST:
        return _("Such a silence happens to fewer than 1 in %(n)s who still buy as before.") % {"n": f"{RAREST:,}"}
    return _("Such a silence happens to 1 in %(n)s who still buy as before.") % {"n": f"{round(1 / chance):,}"}
