"""A mail cut into headers and parts within fixed bounds, so that a hostile one costs no more than a good one.

The standard parser recurses and reads all; this one reads the first and the last of a long mail, follows a few levels,
and takes a part that it cannot decode as it stands. It opens no mail inside the mail: `message/rfc822` is a leaf.
"""

import base64
import codecs
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header

HEAD_BYTES_MAX = 768_000  # of a long mail: a report tells its story before the mail it returns
TAIL_BYTES_MAX = 256_000
HEADER_BYTES_MAX = 128_000
HEADERS_MAX = 1000
HEADER_TEXT_MAX = 2000  # characters of one header's value that are decoded
PARTS_MAX = 60
LEVELS_MAX = 8
PART_TEXT_MAX = 64_000  # bytes of a part that are decoded
CHARSET_NAME_MAX = 40
BOUNDARY_SOUGHT_MAX = 100_000
NOT_FOR_MAIL = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf_7", "undefined"}  # slow, or no charset of a mail
HEADER = re.compile(rb"([!-9;-~]{1,80})[ \t]*:[ \t]*(.*)", re.DOTALL)
BOUNDARY = re.compile(r";\s*boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^;\s]{1,200}))", re.IGNORECASE)
PARAMETER = r";\s*{}\s*=\s*(?:\"([^\"]{{0,200}})\"|([^;\s]{{0,200}}))"
FIRST_MARK = re.compile(rb"^(--[^\s-][^\n]{4,200}?)[ \t]*\ncontent-", re.IGNORECASE | re.MULTILINE)
TAG = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,300}>", re.IGNORECASE)
ANY_TAG = re.compile(r"<[a-z/!][^<>]{0,1000}>", re.IGNORECASE)


@dataclass
class Part:
    """Headers, and a body as it came."""

    headers: dict[str, list[str]]
    body: bytes
    parts: list["Part"] = field(default_factory=list)

    def header(self, name: str) -> str:
        """The first value of a header, unfolded, else ""."""
        values = self.headers.get(name)
        return values[0] if values else ""

    @property
    def content_type(self) -> str:
        """Such as "text/plain", which is also what a part without a type is."""
        kind = self.header("content-type").split(";")[0].strip().lower()
        return kind if "/" in kind else "text/plain"

    def parameter(self, name: str) -> str:
        """A parameter of the content type, else ""."""
        found = re.search(PARAMETER.format(re.escape(name)), self.header("content-type")[:HEADER_TEXT_MAX], re.IGNORECASE)
        return (found[1] or found[2] or "") if found else ""

    @property
    def text(self) -> str:
        """The body as text, cut to a bound; of HTML, what a person would read."""
        data = transfer_decoded(self.body[:PART_TEXT_MAX], self.header("content-transfer-encoding").strip().lower())
        text = decoded(data, self.parameter("charset"))
        return without_tags(text) if self.content_type == "text/html" else text

    def leaves(self) -> Iterator["Part"]:
        """This part, or the parts inside it, in their order."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def read_mail(raw: bytes) -> Part:
    """Cut a mail into its parts; what is broken stays one part."""
    if len(raw) > HEAD_BYTES_MAX + TAIL_BYTES_MAX:
        raw = raw[:HEAD_BYTES_MAX] + b"\n" + raw[-TAIL_BYTES_MAX:]
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return _read_part(raw.lstrip(b"\n"), level=0, room=[PARTS_MAX])


def _read_part(raw: bytes, *, level: int, room: list[int]) -> Part:
    headers, body = read_headers(raw)
    part = Part(headers, body)
    found = BOUNDARY.search(part.header("content-type")[:HEADER_TEXT_MAX])
    if not found or level >= LEVELS_MAX or not part.content_type.startswith("multipart/"):
        return part
    mark = b"\n--" + (found[1] or found[2]).rstrip().encode("utf-8", "surrogateescape")
    if mark not in b"\n" + body[:BOUNDARY_SOUGHT_MAX] and (seen := FIRST_MARK.search(body[:BOUNDARY_SOUGHT_MAX])):
        mark = b"\n" + seen[1]  # the header names another boundary than the mail has
    for piece in (b"\n" + body).split(mark, PARTS_MAX)[1:]:
        if piece.startswith(b"--") or room[0] <= 0:
            break
        room[0] -= 1
        part.parts.append(_read_part(piece.partition(b"\n")[2], level=level + 1, room=room))
    return part


def read_headers(raw: bytes) -> tuple[dict[str, list[str]], bytes]:
    """The headers by their names in small letters, and the rest. A first line of a mailbox ("From ...") is passed over."""
    if raw.startswith(b"\n"):
        return {}, raw[1:]
    end = raw.find(b"\n\n", 0, HEADER_BYTES_MAX)
    block, body = (raw[:end], raw[end + 2 :]) if end >= 0 else (raw[:HEADER_BYTES_MAX], b"")
    headers: dict[str, list[str]] = {}
    lines = block.split(b"\n", HEADERS_MAX)[:HEADERS_MAX]
    for line in unfolded(lines):
        if found := HEADER.match(line):
            headers.setdefault(found[1].decode("ascii").lower(), []).append(as_text(found[2].strip()))
    return (headers, body) if headers else ({}, raw)


def unfolded(lines: list[bytes]) -> Iterator[bytes]:
    """Lines of headers, each with its continuations."""
    held: list[bytes] = []
    for line in lines:
        if held and (line[:1] in (b" ", b"\t") or (line and not HEADER.match(line))):  # some forget the blank
            held.append(line.strip())
            continue
        if held:
            yield b" ".join(held)
        held = [line]
    if held:
        yield b" ".join(held)


def header_text(value: str) -> str:
    """A header's value with its encoded words (RFC 2047) read; as it stands where they are broken."""
    value = value[:HEADER_TEXT_MAX]
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value)
    except (MessageError, ValueError, LookupError):
        return value
    return "".join(piece if isinstance(piece, str) else decoded(piece, charset or "") for piece, charset in pieces)


def transfer_decoded(data: bytes, encoding: str) -> bytes:
    """Base64 and quoted-printable undone; broken data as it stands."""
    if encoding == "quoted-printable":
        return quopri.decodestring(data)
    if encoding == "base64":
        digits = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        digits = digits[:-1] if len(digits) % 4 == 1 else digits  # one digit alone says nothing
        return base64.b64decode(digits + b"=" * (-len(digits) % 4))
    return data


def decoded(data: bytes, charset: str) -> str:
    """Bytes as text: by the charset they name where it is one for mail, else as UTF-8, else as Latin-1."""
    name = charset.strip("\"' ").lower()[:CHARSET_NAME_MAX]
    if name and name.isascii():
        try:
            known = codecs.lookup(name).name.replace("-", "_")
            if known not in NOT_FOR_MAIL:
                return data.decode(name, "replace")
        except (LookupError, ValueError):
            return as_text(data)
    return as_text(data)


def as_text(data: bytes) -> str:
    """UTF-8 where it is that, else Latin-1, which takes any byte."""
    try:
        return data.decode()
    except UnicodeDecodeError as broken:
        if broken.start >= len(data) - 3:  # cut in the middle of a character
            return data[: broken.start].decode()
        return data.decode("latin-1")


def without_tags(text: str) -> str:
    """What a person reads of HTML, roughly: enough to find an address and a server's words."""
    plain = ANY_TAG.sub(" ", TAG.sub("\n", text))
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&#64;", "@"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        plain = plain.replace(entity, char)
    return plain
