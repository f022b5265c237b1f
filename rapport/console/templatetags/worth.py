"""How forecasts are written: whole money, both ends of an interval, shares and errors in percent."""

from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_symbol
from django import template
from django.utils.translation import gettext as _

from rapport.console.templatetags.wording import MINUS, day_words, money, money_head
from rapport.value import queries

register = template.Library()
register.filter(queries.said)
WHOLE_FROM = 1  # of the currency; below, a forecast is told to the cent
SHORT_FROM, LONG_FROM = 10_000, 100_000  # from where on thousands are written: where there is little room, and everywhere


@register.filter
def forecast(value: Any, code: str | None) -> str:
    """Money ahead of us: whole units, €412; from 100,000 on shortened as in heads."""
    if value is None:
        return "–"
    amount = Decimal(value)
    if amount and abs(amount) < WHOLE_FROM:
        return money(round(amount, 2), code)
    return money_head(Decimal(round(amount)), code)


@register.filter
def forecast_short(value: Any, code: str | None) -> str:
    """The same where there is little room: shortened from 10,000 on."""
    if value is None or not SHORT_FROM <= abs(value) < LONG_FROM:
        return forecast(value, code)
    return money(Decimal(round(value / 1_000)), code).removesuffix(".00") + " k"


def between(low: float, high: float, code: str | None) -> str:
    """€180 – 2,610: the currency stands once, and both are shortened where one is."""
    below = forecast_short(low, code) if high >= LONG_FROM else forecast(low, code)
    above = forecast(high, code)
    if code:
        above = above.removeprefix(get_currency_symbol(code, locale="en")).lstrip("\u00a0 ")
    return f"{below} – {above}"


@register.filter
def share(part: float | None, digits: int = 0) -> str:
    """A part of one whole, in percent."""
    return "–" if part is None else f"{100 * part:.{digits}f} %".replace("-", MINUS)


@register.filter
def off_by(error: float | None) -> str:
    """An error with its sign: +3.1 %, −2.4 %."""
    return "–" if error is None else f"{100 * error:+.1f} %".replace("-", MINUS)


@register.filter
def bare(value: float | None, digits: int = 2) -> str:
    """A figure between 0 and 1 as statisticians write it: .81"""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}".replace("-", MINUS)
    sign, figures = (MINUS, text[1:]) if text.startswith(MINUS) else ("", text)
    return sign + figures.removeprefix("0")


@register.filter
def plain_figure(value: float | None, digits: int = 3) -> str:
    """A figure to so many significant digits, without an exponent."""
    if value is None:
        return _("we cannot tell")
    if not value:
        return "0"
    return f"{float(f'{value:.{digits}g}'):,f}".rstrip("0").rstrip(".").replace("-", MINUS)


@register.filter
def at(part: float) -> str:
    """A place along a line, for SVG: 36.5%"""
    return f"{100 * min(max(part, 0.0), 1.0):.1f}%"


@register.filter
def to_hundredths(value: float | None) -> str:
    """A figure of statistics, or a dash where it cannot be told."""
    return "–" if value is None else f"{value:.2f}".replace("-", MINUS)


@register.filter
def date_words(day: date) -> str:
    """A day that is known without an hour."""
    return day_words(day)
