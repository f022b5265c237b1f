"""Every error as RFC 9457 tells it: what kind, what happened, where, and how to mend it. The one place where a no gets its HTTP code."""

from typing import Any

import msgspec
from django.http import HttpResponse
from ninja.errors import ValidationError

from rapport.lib.refusals import Refusal

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
MISFITS_SHOWN_MAX = 20
DETAIL_LENGTH_MAX = 500

TITLES = {
    "unreadable": (400, "The request cannot be read"),
    "key_missing": (400, "A write needs an idempotency key"),
    "unauthorized": (401, "A token is needed"),
    "forbidden": (403, "The token lacks the scope"),
    "not_found": (404, "There is nothing here"),
    "method_not_allowed": (405, "This cannot be done here"),
    "key_reused": (409, "The idempotency key belongs to another request"),
    "name_taken": (409, "The name is taken"),
    "too_large": (413, "The request is too large"),
    "media_type": (415, "Only JSON is read here"),
    "misfit": (422, "The request does not fit"),
    "rule_refused": (422, "The rule cannot be answered"),
    "refused": (422, "Refused"),
    "busy": (429, "Too busy right now"),
    "broken": (500, "Something went wrong here"),
}
BY_STATUS = {400: "unreadable", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
             415: "media_type", 422: "misfit", 429: "busy"}  # fmt: skip
WORDS = {
    "unreadable": "The request is not what this address reads.",
    "not_found": "The address may be mistyped, or what it named is gone.",
    "method_not_allowed": "This address answers other methods; the header Allow names them.",
    "busy": "Nothing was done; send the same request again.",
    "broken": "It is written down in the server's log, and nothing of this request was done.",
}


class Problem(Exception):
    """An error a program is told of: its kind, what happened, and where they are known the place and the mend."""

    def __init__(self, code: str, detail: str = "", *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.code, self.detail, self.headers, self.more = code, detail or WORDS[code], headers or {}, more

    @property
    def status(self) -> int:
        return TITLES[self.code][0]

    def body(self) -> dict[str, Any]:
        told = {name: value for name, value in self.more.items() if value not in (None, "", [])}
        title = TITLES[self.code][1]
        kind = f"urn:rapport:problem:{self.code}"
        return {"type": kind, "title": title, "status": self.status, "detail": self.detail[:DETAIL_LENGTH_MAX], **told}

    def answer(self) -> HttpResponse:
        made = HttpResponse(msgspec.json.encode(self.body()), status=self.status, content_type=CONTENT_TYPE)
        if self.status == 429:
            made["Retry-After"] = str(RETRY_AFTER_SECONDS)
        for name, value in self.headers.items():
            made[name] = value
        return made


def of_status(status: int) -> Problem:
    """The problem of an answer that says no more than its status."""
    return Problem(BY_STATUS.get(status, "unreadable" if status < 500 else "broken"), WORDS.get(BY_STATUS.get(status, ""), ""))


def of_refusal(refusal: Refusal, field: str = "") -> Problem:
    """The domain's no, with its place (a line and a column in text, a path in a tree) and its mend."""
    code = refusal.code if refusal.code in TITLES else "busy" if refusal.code == "held_by_another" else "refused"
    place = {name: refusal.facts.get(name) for name in ("line", "column", "path")}
    named = field or ("rule" if code == "rule_refused" else "")
    return Problem(code, refusal.what, mend=refusal.mend, field=named, **place)


def of_misfit(misfit: ValidationError) -> Problem:
    """What of a request does not fit its shape: the first place as the problem's own, the others beside it."""
    errors = [{"field": _place(one["loc"]), "detail": _sentence(one["msg"])} for one in misfit.errors[:MISFITS_SHOWN_MAX]]
    first = errors[0]
    detail = f"{first['field']}: {first['detail']}" if first["field"] else first["detail"]
    return Problem("misfit", detail, field=first["field"], errors=errors)


def _place(loc: tuple[Any, ...]) -> str:
    """`body.said.traits` is `traits` to who sent it: the first words name where the value travelled and our argument for the body."""
    inner = loc[2:] if loc and loc[0] == "body" else loc[1:]
    return ".".join(str(part) for part in inner)[:255]


def _sentence(text: str) -> str:
    return text.removeprefix("Value error, ")[:DETAIL_LENGTH_MAX]
