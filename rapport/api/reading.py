"""A request's body as JSON, read strictly: what no database keeps and no rule compares is refused with its place, never guessed at."""

import json
import math
from decimal import Decimal
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from rapport.api.problems import Problem

BODY_BYTES_MAX = 2_000_000
LEVELS_MAX = 500
WHOLE_MAX = 2**63 - 1
FRACTION_LETTERS_MAX = 100
NO_TEXT = "Text cannot hold the character NUL or half a character (a lone surrogate)."


class StrictParser(Parser):
    """How ninja reads the bodies of our routes."""

    def parse_body(self, request: HttpRequest) -> Any:
        return read_json(request.body)


def refuse_unreadable(request: HttpRequest) -> None:
    """Refuse a body by what its headers say, before it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit() or len(length) > 12 or int(length) > BODY_BYTES_MAX:
        raise Problem("too_large", f"A request is at most {BODY_BYTES_MAX:,} bytes.", mend="Send it in several pieces.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem("media_type", "The body must not be compressed.", mend="Leave Content-Encoding out.", field="Content-Encoding")
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if int(length) and (request.content_type != "application/json" or charset not in ("utf-8", "utf8")):
        raise Problem("media_type", "The body must be JSON in UTF-8.", mend="Send Content-Type: application/json.", field="Content-Type")


def read_json(raw: bytes) -> Any:
    """The value a body says; fractions stay exact. A Problem names line and column of what cannot be read."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as trouble:
        raise Problem("unreadable", f"The body is not UTF-8: byte {trouble.start} begins no character.") from None
    try:
        value = json.loads(text, parse_float=_fraction, parse_int=_whole, parse_constant=_no_number, object_pairs_hook=_object)
    except json.JSONDecodeError as trouble:
        raise Problem(
            "unreadable", f"Line {trouble.lineno}, column {trouble.colno}: this is no JSON: {trouble.msg}.",
            line=trouble.lineno, column=trouble.colno,
        ) from None  # fmt: skip
    except RecursionError:
        raise _too_deep() from None
    _refuse_strange(value)
    return value


def fits_text(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _refuse_strange(value: Any) -> None:
    """Neither half characters nor NUL in any text, nor lists within lists without end."""
    waiting: list[tuple[Any, int, str]] = [(value, 1, "")]
    while waiting:
        one, level, at = waiting.pop()
        if level > LEVELS_MAX:
            raise _too_deep()
        if isinstance(one, dict):
            waiting += [(key, level, at) for key in one]
            waiting += [(inner, level + 1, f"{at}.{key}".lstrip(".")) for key, inner in one.items()]
        elif isinstance(one, list):
            waiting += [(inner, level + 1, f"{at}.{number}".lstrip(".")) for number, inner in enumerate(one)]
        elif isinstance(one, str) and not fits_text(one):
            shown = at.encode("ascii", "replace").decode().replace("\0", "?")[:255]
            raise Problem("misfit", NO_TEXT, field=shown, mend="Leave it out.")


def _fraction(text: str) -> Decimal:
    if len(text) > FRACTION_LETTERS_MAX or not math.isfinite(float(text)):
        raise Problem("unreadable", f"The number {text[:40]} is out of range.", mend="Round it.")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > WHOLE_MAX:
        raise Problem(
            "unreadable", f"The number {text[:40]} is out of range.", mend="A whole number has at most 64 bits; send more as text."
        )
    return int(text)


def _no_number(name: str) -> NoReturn:
    raise Problem("unreadable", f"{name} is no JSON.", mend="Leave out what is not known.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        shown = twice.encode("ascii", "replace").decode()[:40]
        raise Problem("unreadable", f"The key {shown!r} stands twice in one object.", mend="Send it once.")
    return found


def _too_deep() -> Problem:
    return Problem("unreadable", f"The body has more than {LEVELS_MAX} levels of lists and objects.", mend="Send something flatter.")
