"""The verbs of the machine API: a token made or revoked, its use noted, kept answers tidied away."""

import hashlib
import secrets
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Q

from rapport.accounts.actions import write_down
from rapport.api.models import KeptAnswer, Token
from rapport.api.scopes import SCOPES
from rapport.lib.clock import HOUR_US, now_us
from rapport.lib.refusals import Refusal

NAME_LENGTH_MAX = 50
NOTED_EVERY_US = 60_000_000  # a use a minute is noted: a read need not write each time
KEPT_HOURS = 24  # an outcome is kept at least as long
TIDIED_MAX = 1_000  # in one pass


@transaction.atomic
def add_token(name: str, *, scopes: Sequence[str], by: str) -> tuple[Token, str]:
    """A new token, and the secret that nobody sees again. There is one in use for each name."""
    name = name.strip()
    if not (0 < len(name) <= NAME_LENGTH_MAX and name.isprintable()):
        raise Refusal(f"A token has a name of 1 to {NAME_LENGTH_MAX} letters.", mend="Name the program that will use it.")
    wanted = [scope for scope in SCOPES if scope in scopes]
    if unknown := sorted(set(scopes) - set(wanted)):
        raise Refusal(f'There is no scope "{unknown[0]}".', mend=f"The scopes are {', '.join(SCOPES)}.")
    if not wanted:
        raise Refusal("A token without a scope opens nothing.", mend=f"The scopes are {', '.join(SCOPES)}.")
    prefix = f"rpt_{secrets.token_hex(4)}"
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    try:
        with transaction.atomic():
            token = Token.objects.create(
                prefix=prefix, secret_hash=hashed(secret), name=name, scopes=wanted, by=by, created_us=now_us()
            )  # fmt: skip
    except IntegrityError as trouble:
        raise Refusal(f'A token called "{name}" is in use already.', mend="Revoke it first, or choose another name.") from trouble
    write_down("api.add_token", subject=f"token {prefix}", by=by, name=name, scopes=wanted)
    return token, secret


@transaction.atomic
def revoke_token(prefix: str, *, by: str) -> Token:
    """From now on it opens nothing. Its prefix names it, or the whole token where that leaked."""
    token = Token.objects.select_for_update().filter(prefix=prefix[:12], revoked_us__isnull=True).first() if "\0" not in prefix else None
    if token is None:
        raise Refusal("There is no such token in use.", mend="`rapport token list` shows them.")
    token.revoked_us = now_us()
    token.save(update_fields=["revoked_us"])
    write_down("api.revoke_token", subject=f"token {token.prefix}", by=by, name=token.name)
    return token


def note_use(token: Token) -> None:
    """When a token was last used, to the minute."""
    now = now_us()
    if token.last_used_us is None or token.last_used_us < now - NOTED_EVERY_US:
        stale = Q(last_used_us__isnull=True) | Q(last_used_us__lt=now - NOTED_EVERY_US)
        Token.objects.filter(stale, id=token.id).update(last_used_us=now)


def tidy_answers() -> int:
    """Take away a bounded batch of answers that were kept long enough; says how many. Harmless twice, for a loop to call."""
    old = KeptAnswer.objects.filter(at_us__lt=now_us() - KEPT_HOURS * HOUR_US).order_by("at_us")
    return KeptAnswer.objects.filter(id__in=list(old.values_list("id", flat=True)[:TIDIED_MAX])).delete()[0]


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
