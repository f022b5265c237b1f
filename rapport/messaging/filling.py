"""A version and a customer make a mail: what is known of them this second, filled in, links signed."""

import html as html_text
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from liquid.exceptions import LiquidError

from rapport.customers.queries import Reach
from rapport.lib.prepared import rows
from rapport.messaging import liquid
from rapport.messaging.links import click_url, is_safe_target, leave_url, open_url, view_url
from rapport.messaging.models import Target, Version
from rapport.segments import queries as segments
from rapport.segments.person import amounts_of

HREF = re.compile(r"(<a\b[^>]*?\bhref=\")([^\"]*)(\")", re.IGNORECASE)
NAME_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Filled:
    """What a person will read, before links lead over us."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Unfilled:
    """The template broke on this customer."""

    trouble: str


def values_of(version: Version, reaches: Sequence[Reach], moment_us: int) -> dict[int, dict[str, Any]]:
    """By customer, what `customer.` offers to this version: traits as they stand, named measures up to this moment."""
    values: dict[int, dict[str, Any]] = {reach.customer_id: _nested(reach.traits) for reach in reaches}
    words = segments.vocabulary() if set(version.fields) - {name for reach in reaches for name in reach.traits} else None
    amounts = {name: words.measures[name] for name in version.fields if name in words.measures} if words else {}
    if words and amounts:
        for customer_id, found in amounts_of({reach.customer_id: reach.family for reach in reaches}, amounts, words, moment_us).items():
            values[customer_id] |= found
    return values


def fill(
    version: Version, customer: Mapping[str, Any], *, campaign: str, message_id: int | None, data: Mapping[str, Any] | None = None
) -> Filled | Unfilled:
    """Without a message id it is a preview: its links to us lead nowhere."""
    known = {
        "customer": customer,
        "company": {"name": settings.COMPANY_NAME, "address": settings.COMPANY_ADDRESS, "url": settings.PUBLIC_URL},
        "campaign": {"name": campaign},
        "data": data or {},
        "unsubscribe_url": leave_url(message_id) if message_id else "#",
        "view_url": view_url(message_id) if message_id else "#",
    }
    try:
        subject = " ".join(liquid.fill(version.subject, known, html=False).split())
        return Filled(subject, liquid.fill(version.text, known, html=False), liquid.fill(version.html, known, html=True))
    except LiquidError as trouble:
        return Unfilled(str(trouble.message or trouble)[:200])


def shown_name(traits: Mapping[str, Any]) -> str:
    """The name a mail is addressed to; an absurdly long one is left out rather than cut through."""
    name = traits.get("name") or " ".join(str(traits[part]) for part in ("first_name", "last_name") if traits.get(part))
    return name if isinstance(name, str) and len(name) <= NAME_LENGTH_MAX else ""


def in_pieces(page: str) -> list[str]:
    """The page cut at its links: text, then of each link what stands before its address, the address, what follows, and text again."""
    return HREF.split(page)


def targets_of(pages: Sequence[list[str]]) -> dict[str, int]:
    """A row for each address the pages link to, so that a click can be led there; what may not be followed has none."""
    wanted: dict[str, str] = {}
    for href in {href for pieces in pages for href in pieces[2::4]}:
        url, digest = _target(href)
        if digest and not url.startswith(f"{settings.PUBLIC_URL}/m/"):
            wanted[digest] = url
    known: dict[str, int] = dict(rows("SELECT digest, id FROM messaging_target WHERE digest = ANY(%s)", [list(wanted)]))
    if fresh := wanted.keys() - known.keys():
        Target.objects.bulk_create([Target(digest=digest, url=wanted[digest]) for digest in sorted(fresh)], ignore_conflicts=True)
        known |= dict(Target.objects.filter(digest__in=fresh).values_list("digest", "id"))
    return {wanted[digest]: number for digest, number in known.items()}


@lru_cache(maxsize=1024)
def _target(href: str) -> tuple[str, str]:
    """The address an attribute holds, with its digest, or "" where it may not be followed."""
    url = html_text.unescape(href).strip()
    return url, sha256(url.encode()).hexdigest() if is_safe_target(url) else ""


def tracked(pieces: Sequence[str], message_id: int, targets: Mapping[str, int]) -> str:
    """The page with links that lead over us and a pixel at its end."""
    led = list(pieces)
    for place in range(2, len(led), 4):
        target = targets.get(_target(led[place])[0])
        if target is not None:
            led[place] = click_url(message_id, target)
    body, end, rest = "".join(led).rpartition("</body>")
    pixel = f'<img src="{open_url(message_id)}" width="1" height="1" alt="" style="display:block">'
    return f"{body}{pixel}{end}{rest}" if end else f"{rest}{pixel}"


def _nested(traits: Mapping[str, Any]) -> dict[str, Any]:
    """Traits by name; one whose name holds a dot also as part of an object, as templates write it."""
    values: dict[str, Any] = dict(traits)
    for name, value in traits.items():
        if "." in name:
            root, _, rest = name.partition(".")
            inner = values.setdefault(root, {})
            if isinstance(inner, dict):
                inner.setdefault(rest, value)
    return values
