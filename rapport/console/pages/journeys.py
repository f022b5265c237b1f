"""The mails to one customer, each with its path: sent or held and why, opened, clicked and where to, bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rapport.commerce.models import Order
from rapport.console.templatetags.wording import order_money
from rapport.lib.clock import DAY_US
from rapport.messaging import queries as mails
from rapport.messaging.models import Message, MessageState, Touch, TouchKind
from rapport.messaging.queries import Journey

SHOWN = 100
URL_LETTERS = 40
TONES = {TouchKind.UNSUBSCRIBE: "warn", TouchKind.BOUNCE: "bad", TouchKind.COMPLAINT: "bad"}


@dataclass(frozen=True)
class Step:
    """What became of it, and when."""

    words: str
    at_us: int | None = None
    tone: str = ""


@dataclass(frozen=True)
class MailRow:
    """One mail."""

    name: str
    campaign_id: int | None
    at_us: int | None
    held: bool
    path: list[Step]
    machines: int  # acts of machines, left out of the path


def mail_rows(family: Sequence[int], orders: Sequence[Order]) -> list[MailRow]:
    """Newest first."""
    return [_row(one, orders) for one in mails.journeys_of(family, limit=SHOWN)]


def _row(one: Journey, orders: Sequence[Order]) -> MailRow:
    message = one.message
    kind, _colon, number = message.mailing.cause.partition(":")
    people = [(touch, url) for touch, url in one.touches if touch.machine is not True]
    path = [_first(message), *_answers(people), *_bought(people, orders)]
    held = message.state in (MessageState.HELD, MessageState.FAILED)
    campaign_id = int(number) if kind == "campaign" and number.isdigit() else None
    return MailRow(message.mailing.name, campaign_id, message.sent_us, held, path, len(one.touches) - len(people))


def _first(message: Message) -> Step:
    """Whether it left."""
    if message.state in (MessageState.HELD, MessageState.FAILED):
        word = _("held") if message.state == MessageState.HELD else _("failed")
        return Step(
            f"{word}: {mails.reason_words(message.reason)}", message.may_go_us, "warn" if message.state == MessageState.HELD else "bad"
        )
    if message.state == MessageState.UNSURE:
        return Step(_("unsure whether it arrived"), message.sent_us, "warn")
    if message.state == MessageState.SENT:
        return Step(_("sent"), message.sent_us)
    return Step(_("waits"))


def _answers(touches: Sequence[tuple[Touch, str]]) -> list[Step]:
    """The first opening, each link once, and whatever ended it."""
    steps: list[Step] = []
    seen: set[tuple[str, str]] = set()
    for touch, url in touches:
        key = (touch.kind, url)
        if key in seen:
            continue
        seen.add(key)
        if touch.kind == TouchKind.CLICK:
            steps.append(Step(_("clicked %(where)s") % {"where": _short(url)}, touch.at_us))
        elif touch.kind == TouchKind.OPEN:
            steps.append(Step(_("opened"), touch.at_us))
        else:
            steps.append(Step(str(TouchKind(touch.kind).label), touch.at_us, TONES[TouchKind(touch.kind)]))
    return steps


def _bought(touches: Sequence[tuple[Touch, str]], orders: Sequence[Order]) -> list[Step]:
    """Orders within the window after the first click."""
    clicked_us = next((touch.at_us for touch, _url in touches if touch.kind == TouchKind.CLICK), None)
    if clicked_us is None:
        return []
    until_us = clicked_us + settings.ATTRIBUTION_DAYS * DAY_US
    counted = [one for one in orders if one.completed_us and not one.cancelled_us and clicked_us <= one.completed_us < until_us]
    if len(counted) > 1:
        words = ngettext("bought %(n)s time", "bought %(n)s times", len(counted)) % {"n": len(counted)}
        return [Step(words, min(one.completed_us or 0 for one in counted), "good")]
    return [Step(_("bought %(money)s") % {"money": order_money(one)}, one.completed_us, "good") for one in counted]


def _short(url: str) -> str:
    """Where a link leads, without what only machines read."""
    parts = urlsplit(url)
    shown = (parts.netloc + parts.path).rstrip("/") or url
    return shown if len(shown) <= URL_LETTERS else f"{shown[: URL_LETTERS - 1]}…"
