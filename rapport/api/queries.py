"""The questions about tokens: which one a secret is, and which there are."""

import hmac
import re

from rapport.api.actions import hashed
from rapport.api.models import Token

PREFIX = re.compile(r"rpt_[0-9a-f]{8}", re.ASCII)
NOBODYS = "0" * 64


def token_of(secret: str) -> Token | None:
    """The token in use with this secret. Found by its visible prefix, believed by its hash in constant time."""
    found = PREFIX.match(secret)
    token = Token.objects.filter(prefix=found.group(), revoked_us__isnull=True).first() if found else None
    same = hmac.compare_digest(hashed(secret), token.secret_hash if token else NOBODYS)
    return token if token and same else None


def tokens() -> list[Token]:
    """Every token, newest first, revoked ones too."""
    return list(Token.objects.order_by("-created_us", "-id"))
