"""How figures, money and moments are written, everywhere the same: 48,216 · €248.00 · 6 Nov 18:42."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import format_currency
from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rapport.commerce.models import Order
from rapport.lib.clock import from_us, now_us
from rapport.lib.zone import company_zone

register = template.Library()
MINUS = "\u2212"
THIN_BELOW = 30  # percentages of fewer people show the counts instead


@register.filter
def count(value: Any) -> str:
    """A whole number, in full."""
    return f"{int(value):,}".replace("-", MINUS) if value is not None else "–"


@register.filter
def figure(value: Any) -> str:
    """A figure of evidence as a person writes it."""
    match value:
        case None:
            return "–"
        case bool():
            return _("yes") if value else _("no")
        case int():
            return count(value)
        case float() | Decimal():
            return f"{value:,.2f}".rstrip("0").rstrip(".").replace("-", MINUS)
        case list():
            return ", ".join(figure(one) for one in value)
        case str() if len(value) > 18 and value[10:11] == "T":
            return moment(datetime.fromisoformat(value))
    return str(value)


@register.filter
def two_places(value: float) -> str:
    """A figure of statistics, always to the same digit."""
    return f"{value:.2f}".replace("-", MINUS)


@register.filter
def money(value: Any, code: str | None) -> str:
    """An amount that is a fact, to the cent; without a currency, plainly the number."""
    if value is None:
        return "–"
    written = format_currency(value, code, locale="en") if code else f"{value:,.2f}"
    return written.replace("-", MINUS)


@register.filter
def money_head(value: Any, code: str | None) -> str:
    """An amount at the head of a page: whole units; thousands and millions shortened from 100,000 on."""
    if value is None:
        return "–"
    amount = Decimal(value)
    for size, word in ((1_000_000, " M"), (1_000, " k")):
        if abs(amount) >= max(size, 100_000):
            short = format_currency(round(amount / size, 2 if size == 1_000_000 else 0), code or "XXX", locale="en", currency_digits=False)
            return short.removesuffix(".00").replace("-", MINUS).replace("¤", "") + word
    return money(amount, code).removesuffix(".00")


@register.filter
def when(us: int | None) -> str:
    """A moment in the company's time."""
    return "–" if us is None else moment(from_us(us))


@register.filter
def clock(us: int) -> str:
    """The time of day to the second, where figures move."""
    return f"{from_us(us, company_zone()):%H:%M:%S}"


@register.filter
def when_in_month(us: int) -> str:
    """Under a heading that names the month and year."""
    local = from_us(us, company_zone())
    return f"{local.day} {local:%b %H:%M}"


@register.filter
def beside(us: int, other_us: int) -> str:
    """A moment told beside another: of the same day its hour, else its day."""
    local, other = from_us(us, company_zone()), from_us(other_us, company_zone())
    return f"{local:%H:%M}" if local.date() == other.date() else f"{local.day} {local:%b}"


@register.filter
def day(us: int | None) -> str:
    """A moment's day in the company's time."""
    return "–" if us is None else day_words(from_us(us, company_zone()).date())


@register.filter
def moment_text(text: str) -> str:
    """An ISO 8601 moment as people write it."""
    return moment(datetime.fromisoformat(text))


@register.filter
def fact_money(value: Any, code: str | None) -> str:
    """The amount of a fact that is evidence; of several, each."""
    if isinstance(value, list):
        return ", ".join(figure(one) for one in value)
    amount = amount_of(value)
    return figure(value) if amount is None else money(amount, code)


@register.filter
def without(text: str, event: str) -> str:
    """A fact's summary without the name it begins with."""
    return text.removeprefix(f"{event}: ") or text


@register.filter
def side_by_side(names: Sequence[Any], values: Sequence[Any]) -> list[tuple[Any, Any]]:
    return list(zip(names, values, strict=True))


@register.filter
def of_key(found: Mapping[Any, Any], key: Any) -> Any:
    """What stands under a key."""
    return found.get(key, "")


@register.filter
def month(us: int) -> str:
    """November 2026."""
    return f"{from_us(us, company_zone()):%B %Y}"


@register.filter
def order_money(order: Order) -> str:
    """What an order came to, in its own currency."""
    return money(None if order.revenue_e6 is None else Decimal(order.revenue_e6) / 1_000_000, order.currency)


@register.filter
def plain_money(value: Any, code: str) -> str:
    """An amount as a fact tells it: a number, or a number as text."""
    return money(amount_of(value), code)


@register.filter
def line_money(line: Mapping[str, Any], code: str) -> str:
    """What a line of an order came to: as told, else pieces times the price of one."""
    told = amount_of(line.get("amount"))
    price, pieces = amount_of(line.get("price")), amount_of(line.get("quantity", 1))
    return money(told if told is not None else price * pieces if price is not None and pieces is not None else None, code)


def amount_of(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@register.filter
def iso(us: int | None) -> str:
    """For `<time datetime>`: what a machine reads."""
    return "" if us is None else from_us(us).isoformat()


@register.filter
def ago(us: int | None) -> str:
    """How long ago, in one unit."""
    if us is None:
        return _("never")
    seconds = (now_us() - us) // 1_000_000
    if seconds < 0:
        return _("from %(when)s on") % {"when": when(us)}
    if seconds >= 86_400:
        return ngettext("%(n)s day ago", "%(n)s days ago", seconds // 86_400) % {"n": f"{seconds // 86_400:,}"}
    if seconds >= 3_600:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", seconds // 3_600) % {"n": seconds // 3_600}
    if seconds >= 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", seconds // 60) % {"n": seconds // 60}
    return _("just now")


@register.filter
def span(seconds: float | None) -> str:
    """How long something took or will take."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3_600 else f"{whole // 3_600} h {whole % 3_600 // 60} min"


@register.filter
def of_whole(part: int, whole: int) -> str:
    """A share with its base: in percent from THIN_BELOW people on, below that as counts."""
    if whole < THIN_BELOW:
        return _("%(part)s of %(whole)s") % {"part": count(part), "whole": count(whole)}
    return f"{100 * part / whole:.1f} %"


def moment(when_: datetime) -> str:
    local = when_.astimezone(company_zone())
    return f"{day_words(local.date())} {local:%H:%M}"


def day_words(day_: date) -> str:
    """6 Nov; the year only when it is another."""
    this_year = from_us(now_us(), company_zone()).year
    return f"{day_.day} {day_:%b}" if day_.year == this_year else f"{day_.day} {day_:%b} {day_.year}"
