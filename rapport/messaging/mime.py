"""A mail as bytes: RFC 5322 headers and two parts, put together from pieces.

The standard library's tree of parts costs more than filling in the template; its encoders for headers and bodies are used as they are.
"""

import base64
import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache

LINE_LENGTH_MAX = 998  # RFC 5322 2.1.1
HEADER_TEXT_MAX = 900
REFERENCES_LENGTH_MAX = 1.2  # of the page in UTF-8: beyond that most of it is not Latin
RAW_TEXT = re.compile(r"<(style|script|xmp|iframe|noembed|noframes)\b.*?(?:</\1|\Z)|<plaintext\b.*", re.IGNORECASE | re.DOTALL)
C1 = re.compile(r"[\x80-\x9f]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, before it is bytes. Headers beyond these come as pairs, already one line of ASCII each."""

    sender: str  # Halden <news@halden.example>
    to: str
    to_name: str
    subject: str
    text: str
    html: str
    message_id: str
    at_us: int
    extra: tuple[tuple[str, str], ...] = ()


def as_bytes(letter: Letter) -> bytes:
    """CRLF throughout, ASCII only, no line longer than RFC 5322 allows, whatever the words."""
    boundary = f"=_{letter.message_id.strip('<>').split('@')[0]}"
    head = [
        f"From: {_sender(letter.sender)}",
        f"To: {_address(letter.to_name, letter.to)}",
        f"Subject: {_words(letter.subject, 'Subject')}",
        f"Date: {_date(letter.at_us // 1_000_000)}",
        f"Message-ID: {letter.message_id}",
        *(f"{field}: {value}" for field, value in letter.extra),
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    lines = [
        *head, "",
        f"--{boundary}", 'Content-Type: text/plain; charset="utf-8"', *_body(letter.text),
        f"--{boundary}", 'Content-Type: text/html; charset="utf-8"', *_body(in_references(letter.html)),
        f"--{boundary}--", "",
    ]  # fmt: skip
    return "\n".join(lines).replace("\n", "\r\n").encode("ascii")


def _body(text: str) -> tuple[str, str, str]:
    """Plain where every server can carry it, else quoted-printable for mostly Latin text, else base64."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if text.isascii() and max(map(len, text.split("\n"))) < LINE_LENGTH_MAX:
        return "Content-Transfer-Encoding: 7bit", "", text
    raw = text.encode("utf-8", "replace")
    if len(raw) < 1.5 * len(text):
        return "Content-Transfer-Encoding: quoted-printable", "", b2a_qp(raw, istext=True).decode("ascii")
    return "Content-Transfer-Encoding: base64", "", base64.encodebytes(raw).decode("ascii")


def in_references(page: str) -> str:
    """HTML with its letters beyond ASCII as numeric character references, so that it needs no encoding around it.

    As it is where they are many, or stand where HTML reads no reference (a style sheet), or would be read as another letter.
    """
    if page.isascii():
        return page
    raw = page.encode("utf-8", "replace")
    plain = raw.decode().encode("ascii", "xmlcharrefreplace").decode()
    if len(plain) > REFERENCES_LENGTH_MAX * len(raw) or C1.search(page):
        return page
    return plain if all(found[0].isascii() for found in RAW_TEXT.finditer(page)) else page


@lru_cache(maxsize=16)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


@lru_cache(maxsize=16)
def _sender(mailbox: str) -> str:
    return _address(*parseaddr(mailbox))


def _address(name: str, address: str) -> str:
    """A mailbox: the name as words a header can carry, the address as it is."""
    name = _one_line(name)
    if not name:
        return address
    if name.isascii() and len(name) < 60:
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', maxlinelen=60).encode(linesep=chr(10))}\n <{address}>"


def _words(text: str, field: str) -> str:
    text = _one_line(text)
    if text.isascii() and len(text) + len(field) < 76 and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76, header_name=field).encode(linesep="\n")


def _one_line(text: str) -> str:
    """No line break survives: it would end the header and begin another."""
    return CONTROL.sub(" ", text).encode("utf-8", "replace").decode()[:HEADER_TEXT_MAX].strip()
