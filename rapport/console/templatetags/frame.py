"""What every template may draw: icons, marks, faces, bars, the ways through the house."""

from pathlib import Path
from typing import Any, NamedTuple

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.context import Context
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from rapport.accounts.models import User
from rapport.console.icons import ICONS, VENN, VENN_RINGS
from rapport.segments.silos import queries as silos

register = template.Library()


class Way(NamedTuple):
    """One entry of the rail. `rights`: any one of them opens it; none: every member of staff."""

    name: str
    words: str | Promise
    icon: str
    route: str
    rights: tuple[str, ...]
    letter: str


HOME = Way("home", _("Home"), "home", "console:home", (), "h")
KNOW = (
    Way("customers", _("Customers"), "people", "console:customers", ("customers.read",), "c"),
    Way("ask", _("Ask"), "ask", "console:ask", ("segments.ask",), "a"),
    Way("segments", _("Segments"), "segment", "console:segments", ("segments.ask",), "s"),
    Way("silos", _("Silos"), "silos", "console:silos", ("segments.ask",), "o"),
    Way("value", _("Value"), "trend", "console:value", ("segments.ask",), "v"),
)
ACT = (
    Way("campaigns", _("Campaigns"), "mail", "console:campaigns", ("campaigns.read",), "m"),
    Way("templates", _("Templates"), "file", "console:templates", ("campaigns.read",), "t"),
)
OUTBOX = Way("outbox", _("Outbox"), "outbox", "console:outbox", ("campaigns.read",), "x")  # where no mail server takes them
RUN = (
    Way("doors", _("Doors"), "door", "console:doors", ("intake.read", "intake.load"), "d"),
    Way("settings", _("Settings"), "settings", "console:settings", ("accounts.manage",), "e"),
)


FIRST_IDEOGRAPH = "\u2e80"


@register.simple_tag
def is_practice() -> bool:
    """Whether this is the practice company: every page says so beside the brand."""
    return Path(settings.DATA_DIR, settings.PRACTICE_MARK).exists()


@register.simple_tag
def icon(name: str, tone: str = "") -> SafeString:
    """A 16-px line drawing; words stand beside it, so it is hidden from screen readers."""
    return format_html('<svg class="i {}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', tone, mark_safe(ICONS[name]))  # noqa: S308  # our own


@register.simple_tag
def venn(operator: str) -> SafeString:
    """The mark of AND, OR or BUT NOT."""
    drawing = mark_safe(VENN[operator] + VENN_RINGS)  # noqa: S308  # our own drawings
    return format_html('<svg class="venn" viewBox="3 1 20 14" aria-hidden="true">{}</svg>', drawing)


@register.simple_tag
def share_bar(part: int, whole: int, fill: str = "f") -> SafeString:
    """How large a part is of a whole: a thin bar, its share as words for screen readers."""
    percent = f"{100 * part / whole:.1f}" if whole else "0"
    return format_html(
        '<svg class="bar t" role="img" aria-label="{} %"><rect class="{}" width="{}%" height="100%"/></svg>', percent, fill, percent
    )


@register.simple_tag
def face(name: str, size: str = "") -> SafeString:
    """Initials in a round."""
    return format_html('<span class="face {}" aria-hidden="true">{}</span>', size, initials(name))


def initials(name: str) -> str:
    """Two letters of a name; of one in Chinese, Japanese or Korean, a single character."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    if words and words[0][0] >= FIRST_IDEOGRAPH:
        return words[0][0]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


@register.inclusion_tag("console/pieces/rail.html", takes_context=True)
def rail(context: Context) -> dict[str, Any]:
    """The rail at the left: what this member of staff may open."""
    groups = [(_("Know"), KNOW), (_("Act"), ACT), (_("Run"), _run())]
    user = context["request"].user
    due = len(silos.due_of(user.email)) if isinstance(user, User) and user.may("segments.ask") else 0
    return {**_ways(context), "groups": [(words, _open(context, group)) for words, group in groups], "due": due}


@register.inclusion_tag("console/pieces/tabs.html", takes_context=True)
def tabs(context: Context) -> dict[str, Any]:
    """The four tabs below on a phone; whatever is not there is behind More."""
    return {**_ways(context), "tabs": [HOME, *_open(context, (*KNOW[:2], ACT[0]))]}


@register.simple_tag(takes_context=True)
def ways(context: Context) -> list[Way]:
    """Everything this member of staff may open, for More and for the list of keys."""
    return [HOME, *_open(context, (*KNOW, *ACT, *_run()))]


@register.filter
def where(way: Way) -> str:
    return reverse(way.route)


def _run() -> tuple[Way, ...]:
    return RUN if settings.EMAIL_URL else (RUN[0], OUTBOX, *RUN[1:])


def _ways(context: Context) -> dict[str, Any]:
    request: HttpRequest = context["request"]
    return {"here": context.get("here", ""), "user": request.user, "home": HOME, "request": request}


def _open(context: Context, among: tuple[Way, ...]) -> list[Way]:
    user = context["request"].user
    return [way for way in among if isinstance(user, User) and (not way.rights or any(user.may(right) for right in way.rights))]


@register.filter
def may(user: Any, right: str) -> bool:
    """`{% if user|may:"segments.save" %}`: whether a deed is shown at all."""
    return isinstance(user, User) and user.may(right)
