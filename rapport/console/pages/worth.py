"""What one customer is worth, as their profile says it: what they told of it is what rules ask for, so the two agree."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, expm1
from typing import Any

from django.utils.translation import gettext as _

from rapport.commerce import queries as commerce
from rapport.console.pages.profile import traits_of
from rapport.console.pages.value import horizon_words, money_word
from rapport.console.templatetags.worth import forecast, plain_figure, share
from rapport.customers.models import Customer
from rapport.lib.zone import today
from rapport.value import queries
from rapport.value.models import Fit

EPOCH = date(1970, 1, 1)
PRODUCTS = "recommended.products"
OFTEN = 0.4  # such a silence is nothing special
RAREST = 1_000
NOTABLE = 0.03  # a factor so near to 1 is no reason
DECAY_MAX, HALVINGS = 1.0, 60  # a day
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
    like: tuple[str, float] | None  # the level of the pyramid they are of, and the churn of it
    everyone: float  # the churn of all
    reasons: list["Reason"]
    ahead: "Ahead | None"

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
    scores, fit, code = found.scores, found.fit, commerce.company_currency()
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
        like=_like(scores, fit.report),
        everyone=fit.report["totals"]["churn"],
        reasons=reasons(scores, fit.report, code),
        ahead=ahead(scores, fit),
    )


@dataclass(frozen=True)
class Reason:
    """Why somebody is worth so much: a figure of theirs, and how it stands beside others or before."""

    words: str
    figure: str
    beside: str


def reasons(scores: dict[str, Any], report: dict[str, Any], code: str | None) -> list[Reason]:
    """How often, how much a time, whether they still are a customer, beside the average customer; then what moves them alone. A fit of
    old kept less."""
    totals, customers, orders = report["totals"], report["customers"], scores["purchases"]
    found = []
    if totals.get("purchases") and orders > 0:
        each, of_all = (scores["value"] - scores["confirmed"]) / orders, (totals["value"] - totals["confirmed"]) / totals["purchases"]
        often = plain_figure(totals["purchases"] / customers, 2)
        found.append(Reason(_("Orders expected"), plain_figure(orders, 2), _("everyone: %(figure)s") % {"figure": often}))
        found.append(Reason(_("An order brings"), forecast(each, code), _("everyone: %(figure)s") % {"figure": forecast(of_all, code)}))
        if totals["alive"] < 1:
            alive = share(totals["alive"])
            found.append(Reason(_("Still a customer"), share(scores["alive"]), _("everyone: %(figure)s") % {"figure": alive}))
    times = _("%(figure)s times as often")
    if abs(scores.get("by_signals", 1) - 1) >= NOTABLE:
        names = ", ".join(queries.said(one["name"]) for one in report["signals"] if one["is_accepted"])
        found.append(Reason(_("For what else is known"), times % {"figure": plain_figure(scores["by_signals"], 2)}, names))
    if scores.get("told_change", 1) != 1:
        sure = _("as before; %(sure)s sure") % {"sure": share(max(scores["slower"], 1 - scores["slower"]))}
        found.append(Reason(_("They have come to buy"), times % {"figure": plain_figure(scores["told_change"], 2)}, sure))
    if scores["confirmed"] > 0:
        found.append(Reason(_("From an open cart"), forecast(scores["confirmed"], code), _("in the figure above")))
    return found


def _like(scores: dict[str, Any], report: dict[str, Any]) -> tuple[str, float] | None:
    levels, place = report["pyramid"]["levels"], scores.get("told_level")
    if place is None or levels[place]["churn"] is None:
        return None
    return queries.said(levels[place]["name"]), levels[place]["churn"]


@dataclass(frozen=True)
class Ahead:
    """What is expected by the day, falling as a customer may leave: `first` a day at first, less by `decay` a day."""

    as_of: date
    horizon_days: int
    first: float
    decay: float
    of_margin: float | None  # revenue of the whole company to one of its margin

    def between(self, since: date, until: date) -> float:
        """What is expected after one day up to and with another, as far as the forecast goes; money."""
        start, end = (min(max((day - self.as_of).days, 0), self.horizon_days) for day in (since, until))
        if not self.decay:
            return self.first * (end - start)
        return self.first * (exp(-self.decay * start) - exp(-self.decay * end)) / self.decay


def ahead(scores: dict[str, Any], fit: Fit) -> Ahead | None:
    """The course that comes to what is expected within the churn horizon and to what is within the whole one; None where that is nothing,
    or the two are one."""
    near, whole, short, long = scores["in_churn_days"], scores["value"] - scores["confirmed"], fit.report["churn_days"], fit.horizon_days
    if not 0 < near <= whole or long <= short:
        return None
    read = fit.report.get("read", {})
    of_margin = read["kept"] / read["margin"] if read.get("margin", 0) > 0 else None
    if near / whole <= short / long:
        return Ahead(fit.as_of, long, whole / long, 0.0, of_margin)
    low, high, decay = 0.0, DECAY_MAX, DECAY_MAX
    for _step in range(HALVINGS):  # near / whole grows with the decay, from short / long to 1
        decay = (low + high) / 2
        low, high = (decay, high) if expm1(-decay * short) / expm1(-decay * long) < near / whole else (low, decay)
    return Ahead(fit.as_of, long, whole * decay / -expm1(-decay * long), decay, of_margin)


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
