"""One fact as a sentence a person reads: what was done, what it was about, what it came to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

NAMES_SHOWN = 3
SAID_MAX = 3
LETTERS_MAX = 80
LOW_SCORE = 2


@dataclass(frozen=True)
class Sentence:
    """`text` in ink, `quiet` after it in grey, `amount` or `aside` at the right, `more` below."""

    text: str
    quiet: str = ""
    amount: Decimal | None = None
    currency: str = ""
    aside: str = ""
    more: str = ""
    quote: str = ""
    tone: str = ""
    order_id: str = ""


Said = Mapping[str, Any]


def sentence(event: str, said: Said) -> Sentence:
    """The sentence for a fact; of a kind nobody wrote one for, its name and the first things it says."""
    write = _WRITTEN.get(event)
    return write(said) if write else Sentence(event, quiet=_summary(said))


def _ordered(said: Said) -> Sentence:
    branch = word(said, "branch")
    pieces = _pieces(said)
    counted = ngettext("%(n)s piece", "%(n)s pieces", pieces) % {"n": f"{pieces:,}"} if pieces else _("an order")
    text = _("Bought %(what)s at %(branch)s") if branch else _("Ordered %(what)s")
    about = [word(said, "order_id"), "" if branch else word(said, "channel"), word(said, "payment_method"), word(said, "coupon")]
    return Sentence(
        text % {"what": counted, "branch": branch}, quiet=_product_names(said), amount=amount(said), currency=word(said, "currency"),
        more=" · ".join(filter(None, about)), order_id=word(said, "order_id"),
    )  # fmt: skip


def _refunded(said: Said) -> Sentence:
    back = amount(said)
    text = _("Money back for an order we do not know") if said.get("unmatched") else _("Returned, money back")
    return Sentence(
        text, quiet=_product_names(said), amount=-back if back else None, currency=word(said, "currency"), more=word(said, "order_id"),
        order_id=word(said, "order_id"),
    )  # fmt: skip


def _cancelled(said: Said) -> Sentence:
    return Sentence(
        _("Order cancelled"), quiet=word(said, "reason"), aside=word(said, "order_id"), tone="warn", order_id=word(said, "order_id")
    )


def _shipped(said: Said) -> Sentence:
    return Sentence(_("Parcel sent"), quiet=word(said, "tracking"), aside=word(said, "order_id"), order_id=word(said, "order_id"))


def _updated(said: Said) -> Sentence:
    return Sentence(
        _("Order changed"), quiet=_product_names(said), amount=amount(said), currency=word(said, "currency"), more=word(said, "order_id"),
        order_id=word(said, "order_id"),
    )  # fmt: skip


def _rated(said: Said) -> Sentence:
    score = said.get("score")
    low = isinstance(score, int | float) and score <= LOW_SCORE
    about = word(said, "order_id") or word(said, "flight") or word(said, "about")
    return Sentence(_("Feedback: %(score)s") % {"score": score}, quiet=about, quote=word(said, "comment"), tone="bad" if low else "",
                    order_id=word(said, "order_id"))  # fmt: skip


def _agreed(said: Said) -> Sentence:
    return Sentence(_("Said yes to %(channel)s") % {"channel": word(said, "channel")}, quiet=_consent_about(said), tone="good")


def _withdrew(said: Said) -> Sentence:
    return Sentence(_("Said no to %(channel)s") % {"channel": word(said, "channel") or "email"}, quiet=_consent_about(said), tone="bad")


def _flew(said: Said) -> Sentence:
    late = said.get("delay_minutes")
    aside = _("%(n)s min late") % {"n": late} if late else ""
    text = _("Flew %(origin)s to %(destination)s") % {"origin": word(said, "origin"), "destination": word(said, "destination")}
    return Sentence(
        text, quiet=", ".join(filter(None, (word(said, "flight"), word(said, "cabin")))), aside=aside, tone="warn" if late else ""
    )


def _ticketed(said: Said) -> Sentence:
    text = _("Booked %(origin)s to %(destination)s") % {"origin": word(said, "origin"), "destination": word(said, "destination")}
    return Sentence(text, quiet=_join(said, "pnr", "flight", "cabin"), amount=amount(said), currency=word(said, "currency"))


def _checked_in(said: Said) -> Sentence:
    return Sentence(_("Checked in"), quiet=_join(said, "flight", "seat"))


def _earned(said: Said) -> Sentence:
    points = said.get("points")
    shown = _("+%(n)s points") % {"n": f"{points:,}"} if isinstance(points, int | float) else ""
    return Sentence(_("Earned points"), quiet=word(said, "flight"), aside=shown, tone="good")


_WRITTEN: dict[str, Callable[[Said], Sentence]] = {
    "Order Completed": _ordered,
    "Order Refunded": _refunded,
    "Order Cancelled": _cancelled,
    "Order Shipped": _shipped,
    "Order Updated": _updated,
    "Feedback Given": _rated,
    "Consent Given": _agreed,
    "Consent Withdrawn": _withdrew,
    "Unsubscribed": _withdrew,
    "Flight Taken": _flew,
    "Ticket Issued": _ticketed,
    "Checked In": _checked_in,
    "Points Earned": _earned,
}


def word(said: Said, name: str) -> str:
    """What a fact says under a name, where it is plain."""
    value = said.get(name)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def amount(said: Said) -> Decimal | None:
    """The money a fact speaks of, in its own currency."""
    for name in ("revenue", "total", "value", "fare", "price"):
        value = said.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            try:
                found = Decimal(str(value))
            except InvalidOperation:
                continue
            return found if found.is_finite() else None
    return None


def _lines(said: Said) -> list[Said]:
    lines = said.get("products")
    return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def _pieces(said: Said) -> int:
    return sum(int(abs(quantity)) if isinstance(quantity := line.get("quantity", 1), int | float) else 1 for line in _lines(said))


def _product_names(said: Said) -> str:
    names = [word(line, "name") or word(line, "sku") for line in _lines(said)]
    shown = list(dict.fromkeys(filter(None, names)))
    more = len(shown) - NAMES_SHOWN
    return ", ".join(shown[:NAMES_SHOWN]) + (_(" and %(n)s more") % {"n": more} if more > 0 else "")


def _consent_about(said: Said) -> str:
    return ", ".join(filter(None, (word(said, "purpose") or "marketing", word(said, "source"))))


def _join(said: Said, *names: str) -> str:
    return ", ".join(filter(None, (word(said, name) for name in names)))


def _summary(said: Said) -> str:
    found = [f"{name.replace('_', ' ')} {value}" for name in said if (value := word(said, name))]
    line = " · ".join(found[:SAID_MAX])
    return line if len(line) <= LETTERS_MAX else f"{line[: LETTERS_MAX - 1]}…"
