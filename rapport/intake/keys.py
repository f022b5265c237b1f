"""Sources and their write keys: made, looked up at every request, revoked."""

import secrets
import time
from dataclasses import dataclass

from rapport.intake.models import Source, WriteKey
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal

REMEMBERED_SECONDS = 10  # how long a revoked key may still open the door in another process


@dataclass(frozen=True)
class Door:
    """What a key opens."""

    source_id: int
    browser: bool


_remembered: dict[str, tuple[float, Door | None]] = {}


def door_of(key: str) -> Door | None:
    """The door of a key, or None; remembered for a few seconds, since every request asks."""
    now = time.monotonic()
    kept = _remembered.get(key)
    if kept and kept[0] > now:
        return kept[1]
    if len(_remembered) > 1_000:
        _remembered.clear()
    row = WriteKey.objects.filter(key=key, revoked_us__isnull=True).first() if "\x00" not in key else None
    found = Door(row.source_id, row.browser) if row else None
    _remembered[key] = (now + REMEMBERED_SECONDS, found)
    return found


def source(name: str) -> Source:
    """The source of this name, made on first mention."""
    name = name.strip()
    if not 0 < len(name) <= 63:
        raise Refusal("A source has a name of 1 to 63 letters.", name=name)
    return Source.objects.get_or_create(name=name)[0]


def make_key(source_name: str, *, browser: bool = False) -> WriteKey:
    """A new key for a source. A browser key may send no orders, no consent and no traits of somebody else."""
    prefix = "pub" if browser else "key"
    return WriteKey.objects.create(
        key=f"{prefix}_{secrets.token_urlsafe(24)}", source=source(source_name), browser=browser, created_us=now_us()
    )


def revoke_key(key: str) -> None:
    """A revoked key opens nothing, here at once and elsewhere within REMEMBERED_SECONDS."""
    if not WriteKey.objects.filter(key=key, revoked_us__isnull=True).update(revoked_us=now_us()):
        raise Refusal("There is no such key in use.", mend="`rapport key list` shows them.")
    _remembered.pop(key, None)


def forget() -> None:
    """Drop what is remembered, between tests."""
    _remembered.clear()
