"""Usual questions to start from: a sentence with a few figures to fill in, offered where the facts it needs have come."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.console.pages.conditions import COUNT, NUMBER, WHEN
from rapport.lib.refusals import Refusal
from rapport.segments.text import quoted
from rapport.segments.vocabulary import Vocabulary

ORDERED, CANCELLED, FEEDBACK = "Order Completed", "Order Cancelled", "Feedback Given"
OPENED, CLOSED = "Case Opened", "Case Closed"


@dataclass(frozen=True)
class Field:
    """A figure to fill in. `kind`: count, number, date, or sku, which is completed with real ones."""

    name: str
    words: str | Promise
    kind: str
    value: str = ""


@dataclass(frozen=True)
class Start:
    """`rule` with `{name}` where each field goes."""

    key: str
    title: str | Promise
    words: str | Promise
    rule: str
    fields: tuple[Field, ...]
    needs: tuple[str, ...]


def _days(value: int) -> Field:
    return Field("days", lazy("days"), "count", str(value))


def _times(value: int) -> Field:
    return Field("times", lazy("orders or more"), "count", str(value))


STARTS = (
    Start(
        "regulars", lazy("Regulars"), lazy("They order again and again."),
        'did "Order Completed" at least {times} times in the last {days} days', (_times(3), _days(365)), (ORDERED,),
    ),
    Start(
        "lapsed", lazy("Lapsed"), lazy("They ordered once, and not for a while."),
        'did "Order Completed" BUT NOT did "Order Completed" in the last {days} days', (_days(90),), (ORDERED,),
    ),
    Start(
        "cancelled", lazy("Cancelled a purchase"), lazy("An order of theirs was called off."),
        'did "Order Cancelled" in the last {days} days', (_days(30),), (CANCELLED,),
    ),
    Start(
        "either", lazy("Bought X or Y"), lazy("One of two articles was in an order."),
        'did "Order Completed" where products.sku = {first} OR did "Order Completed" where products.sku = {second}',
        (Field("first", lazy("article"), "sku"), Field("second", lazy("or article"), "sku")), (ORDERED,),
    ),
    Start(
        "unhappy", lazy("Many purchases, bad feedback"), lazy("Good customers who were let down."),
        'did "Order Completed" at least {times} times AND did "Feedback Given" where score <= {score}',
        (_times(2), Field("score", lazy("or worse"), "number", "2")), (ORDERED, FEEDBACK),
    ),
    Start(
        "not-since", lazy("Bought often, but not since"), lazy("Regulars who have been missing since a day."),
        'did "Order Completed" at least {times} times BUT NOT did "Order Completed" since {day}',
        (_times(3), Field("day", lazy("since"), "date")), (ORDERED,),
    ),
    Start(
        "spenders", lazy("Big spenders with an open case"), lazy("A case was opened and none closed since then."),
        'sum(revenue) of "Order Completed" in the last 12 months > {money}'
        ' AND (did "Case Opened" in the last {days} days BUT NOT did "Case Closed" in the last {days} days)',
        (Field("money", lazy("spent in 12 months, more than"), "number", "500"), _days(60)), (ORDERED, OPENED, CLOSED),
    ),
)  # fmt: skip


def offered(vocabulary: Vocabulary) -> list[tuple[Start, list[str]]]:
    """Each start, with the kinds of facts that have not come yet: none where it can be used."""
    known = vocabulary.catalogue.event_types
    return [(one, [name for name in one.needs if name not in known or not known[name].facts]) for one in STARTS]


def started(key: str, given: Mapping[str, str]) -> str:
    """The rule of a start with its figures filled in; a Refusal names the one that is off."""
    start = next((one for one in STARTS if one.key == key), None)
    if start is None:
        raise Refusal(_("There is no such question to start from."))
    return start.rule.format(**{one.name: _filled(one, given.get(one.name, "").strip()) for one in start.fields})


def _filled(field: Field, text: str) -> str:
    if field.kind == "sku":
        if not text:
            raise Refusal(_("Name both articles."), mend=_("Choose them from the list, or type their numbers."))
        return quoted(text)
    pattern = {"count": COUNT, "number": NUMBER, "date": WHEN}[field.kind]
    if not pattern.fullmatch(text):
        raise Refusal(_("“%(text)s” does not fit %(field)s.") % {"text": text[:40], "field": field.words})
    return text
