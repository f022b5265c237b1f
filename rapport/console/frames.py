"""Mails shown inside a page: documents of their own, for which alone inline styles are allowed, and in which no script ever runs."""

import re

from csp.constants import NONE, SELF
from django.http import HttpRequest, HttpResponse

POLICY = {  # mails carry inline styles and pictures of other hosts; nothing else of them is let in
    "default-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["https:", "http:", "data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
NEW_TAB = '<base target="_blank">'  # a link of the mail opens beside the console, never inside the frame


def framed(html: str, *, status: int = 200) -> HttpResponse:
    """A mail as a document for a frame of ours."""
    found = HEAD.search(html)
    page = html[: found.end()] + NEW_TAB + html[found.end() :] if found else NEW_TAB + html
    answer = HttpResponse(page, status=status)
    answer._csp_config = POLICY  # type: ignore[attr-defined]
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    return answer


def with_frames(answer: HttpResponse) -> HttpResponse:
    """A page that holds such frames."""
    answer._csp_update = {"frame-src": [SELF]}  # type: ignore[attr-defined]
    return answer


def whole(text: str | None, *, digits_max: int = 11) -> int:
    """A number of an address; 0 where there is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits_max else 0


def asked_for(request: HttpRequest, name: str, most: int = 200) -> str:
    """What was said in the address or the form, cut to what can be meant."""
    return (request.POST.get(name) or request.GET.get(name) or "").strip()[:most]
