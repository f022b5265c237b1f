"""The outbox: mails as files in the data folder, for a laptop and for practice. Listed newest first, never more than a bound."""

import email
import email.policy
import os
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

from django.conf import settings
from django.http import Http404

SHOWN = 100
FILES_LOOKED_AT = 50_000
MAIL_BYTES_MAX = 5_000_000
HEAD_BYTES = 16_000
NAME = re.compile(r"[a-z0-9][a-z0-9-]{2,60}")
HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Auto-Submitted")


@dataclass(frozen=True)
class Lying:
    """A line of the list."""

    name: str
    to: str
    subject: str
    at_us: int


@dataclass(frozen=True)
class Mail:
    """One mail as its reader's program shows it."""

    subject: str
    to: str
    headers: list[tuple[str, str]]
    text: str
    html: str


def newest() -> tuple[list[Lying], bool]:
    """The newest, and whether some were not looked at. Folders touched last come first."""
    folders = sorted(_entries(settings.OUTBOX_DIR), key=lambda one: one.stat().st_mtime, reverse=True)
    found: list[tuple[float, Path]] = []
    for folder in folders:
        if folder.is_dir(follow_symlinks=False):
            mails = [one for one in _entries(Path(folder.path)) if one.name.endswith(".eml") and one.is_file(follow_symlinks=False)]
            found += [(one.stat().st_mtime, Path(one.path)) for one in mails]
        if len(found) >= FILES_LOOKED_AT:
            break
    newest_first = sorted(found, reverse=True)[:SHOWN]
    return [_line(path, at) for at, path in newest_first], len(found) > len(newest_first)


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return [one for one in entries if not one.name.startswith(".")]
    except FileNotFoundError:
        return []


def _line(path: Path, at: float) -> Lying:
    with path.open("rb") as file:
        head = BytesHeaderParser(policy=email.policy.default).parsebytes(file.read(HEAD_BYTES))
    return Lying(path.stem, str(head["To"] or ""), str(head["Subject"] or ""), int(at * 1_000_000))


def read(name: str) -> Mail:
    """A mail by the name of its file; 404 where there is none."""
    path = settings.OUTBOX_DIR / name[:2] / f"{name}.eml"
    if not NAME.fullmatch(name) or not path.is_file() or path.stat().st_size > MAIL_BYTES_MAX:
        raise Http404
    found = _parsed(path.read_bytes())
    headers = [(one, str(found[one])) for one in HEADERS if found[one]]
    return Mail(str(found["Subject"] or ""), str(found["To"] or ""), headers, _part(found, "plain"), _part(found, "html"))


def _parsed(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage), "the default policy makes them"
    return found


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def usable_here(html: str, ours: str) -> str:
    """Links of ours lead over the address this page has, whichever PUBLIC_URL says; the picture that counts opens is left out."""
    public = re.escape(f"{settings.PUBLIC_URL}/m/")
    return re.sub(public, ours, re.sub(rf'<img src="{public}o/[^>]*>', "", html))
