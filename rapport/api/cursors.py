"""Where a page of a list ends and the next begins, as a word that means nothing to who carries it."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import TypeVar

from rapport.api.problems import Problem

T = TypeVar("T")
NUMBERS = re.compile(r"-?\d{1,18}(\.-?\d{1,18})*", re.ASCII)


def cursor_of(*numbers: int) -> str:
    return base64.urlsafe_b64encode(".".join(map(str, numbers)).encode()).decode().rstrip("=")


def numbers_of(cursor: str | None, count: int) -> tuple[int, ...] | None:
    """What a cursor of ours carries; None where there is none. Anything else is refused."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not NUMBERS.fullmatch(text) or text.count(".") != count - 1:
        raise Problem("misfit", "cursor: this is none of ours.", field="cursor", mend="Send what `next` said, or leave it out to begin.")
    return tuple(map(int, text.split(".")))


def page_of(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Of limit + 1 rows asked for: the page, and its last row where another page follows."""
    return rows[:limit], rows[limit - 1] if len(rows) > limit else None
