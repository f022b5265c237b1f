"""Signed addresses in mails: each names rows of ours, is good for one message alone, and cannot be made by anybody else.

A signature has 130 bits of HMAC-SHA256, in letters that survive a server that changes their case. What a click leads to
stands in the database; nothing of it is in the address.
"""

import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac

SIGNATURE_BYTES = 13  # 104 bits, in letters that survive a server which lowers or raises them
TOKEN = re.compile(r"([0-9a-z]{1,13})(?:\.([0-9a-z]{1,13}))?-([0-9a-f]{26})", re.ASCII)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
SCHEMES = frozenset({"http", "https"})


@dataclass(frozen=True)
class Signed:
    message_id: int
    target_id: int | None


def token(purpose: str, message_id: int, target_id: int | None = None) -> str:
    """`purpose` is click, open, leave, view or bounce: a token of one is no good for another."""
    named = base36(message_id) if target_id is None else f"{base36(message_id)}.{base36(target_id)}"
    return f"{named}-{_signature(purpose, named)}"


def read_token(purpose: str, text: str) -> Signed | None:
    """What a token of this purpose names; None where we did not make it."""
    text = text.lower()
    found = TOKEN.fullmatch(text)
    if not found:
        return None
    named = text.rpartition("-")[0]
    if not hmac.compare_digest(_signature(purpose, named), found[3]):
        return None
    return Signed(int(found[1], 36), int(found[2], 36) if found[2] else None)


def click_url(message_id: int, target_id: int) -> str:
    return f"{settings.PUBLIC_URL}/m/c/{token('click', message_id, target_id)}"


def open_url(message_id: int) -> str:
    return f"{settings.PUBLIC_URL}/m/o/{token('open', message_id)}.gif"


def leave_url(message_id: int) -> str:
    """One address for the List-Unsubscribe header and for the link people see: GET shows a page, POST unsubscribes."""
    return f"{settings.PUBLIC_URL}/m/u/{token('leave', message_id)}"


def view_url(message_id: int) -> str:
    return f"{settings.PUBLIC_URL}/m/v/{token('view', message_id)}"


def is_safe_target(url: str) -> bool:
    """Whether a link of a template may be followed from our address: http or https to a plain host, nothing clever."""
    if not url.isprintable() or "\\" in url or len(url) > 2_000:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in SCHEMES and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def base36(number: int) -> str:
    assert number >= 0, "row ids are positive"
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
        if not number:
            return text


def _signature(purpose: str, named: str) -> str:
    seal = _seal(purpose).copy()
    seal.update(named.encode())
    return seal.digest()[:SIGNATURE_BYTES].hex()


@lru_cache(maxsize=16)
def _seal(purpose: str) -> "hmac.HMAC":
    """The key schedule of a purpose, done once: a mail has a dozen links."""
    return hmac.new(salted_hmac(f"messaging.{purpose}", "", algorithm="sha256").digest(), digestmod=sha256)
