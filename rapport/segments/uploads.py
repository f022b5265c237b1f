"""A list of people handed in as a file or as lines: found in the record page by page, what nobody is known by set aside with its reason."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from django.conf import settings
from pyroaring import BitMap

from rapport.customers import queries as customers
from rapport.intake.files.columnar import Columnar
from rapport.intake.files.columns import plain_name
from rapport.intake.files.delimited import Delimited
from rapport.intake.files.opening import look_at
from rapport.intake.files.rejects import RejectFile
from rapport.intake.files.rows import Row, Table, Trouble
from rapport.lib.bulk import slices
from rapport.lib.refusals import Refusal
from rapport.segments.mends import nearest

KINDS = ("user_id", "membership_number", "email", "phone")  # strongest first
HEADINGS = {  # what a column of identifiers is called; the names of the kinds themselves too
    "userid": "user_id", "customer_id": "user_id", "customerid": "user_id", "customer": "user_id", "id": "user_id",
    "member_number": "membership_number", "member_no": "membership_number", "membership_no": "membership_number",
    "e_mail": "email", "email_address": "email", "mail": "email", "telephone": "phone", "mobile": "phone", "phone_number": "phone",
} | {kind: kind for kind in KINDS}  # fmt: skip
PAGE = 5_000
IDENTIFIER_MAX = 255
COLUMNS_SHOWN_MAX = 12
PHONE = re.compile(r"(?:\+|00)[\d ()/.-]{6,24}")
UNKNOWN, TOO_LONG = "nobody is known by this", f"longer than {IDENTIFIER_MAX} letters"
Said: TypeAlias = tuple[int, str] | Trouble  # line, identifier


@dataclass(frozen=True)
class Progress:
    rows: int
    unknown: int
    share: float  # of the file, 0 to 1


Watch: TypeAlias = Callable[[Progress], None]


@dataclass
class Found:
    """Who was found. `known` and `unknown` count lines, so somebody named twice counts twice; `ids` has everyone once."""

    ids: BitMap
    known: int = 0
    unknown: int = 0
    reject_file: str = ""


def found_in(said: Path | Iterable[str], *, kind: str, column: str, encoding: str, watch: Watch | None) -> Found:
    """Everybody a file or some lines name. `kind`: what they are known by, else told by each column or identifier."""
    if kind and kind not in KINDS:
        raise Refusal(f'Nobody is known by "{kind}".', mend=f"Say one of {', '.join(KINDS)}.")
    list_read = _File(said, column, encoding) if isinstance(said, Path) else _Lines(said)
    kind = kind or list_read.kind
    found = Found(BitMap())
    rejects = RejectFile(settings.REJECT_DIR / f"list-{uuid4().hex}.csv", ["identifier"], size=0)
    try:
        for page in slices(list_read.said(), PAGE):
            troubles = _take(page, kind, found)
            found.unknown += len(troubles)
            rejects.append(troubles)
            if watch:
                watch(Progress(found.known + found.unknown, found.unknown, list_read.share()))
        if not found.known + found.unknown:
            raise Refusal("There is no identifier in it.", mend="Write one user id, mail address, phone or membership number a line.")
    except BaseException:
        rejects.path.unlink(missing_ok=True)
        raise
    found.reject_file = str(rejects.path) if rejects.size else ""
    return found


def _take(page: Sequence[Said], kind: str, found: Found) -> list[Trouble]:
    """Look a page up in one question; what could not be found comes back."""
    troubles, asked = [], []
    for one in page:
        if isinstance(one, Trouble):
            troubles.append(one)
        elif len(one[1]) > IDENTIFIER_MAX or "\0" in one[1]:
            troubles.append(Trouble(one[0], TOO_LONG, kind, (one[1][:IDENTIFIER_MAX].replace("\0", ""),)))
        else:
            asked.append((one, _keys(one[1], kind)))
    keys = {key for _, keys in asked for key in keys}
    holders = customers.holders(sorted({value for _, value in keys}), sorted({kind for kind, _ in keys}))
    for (line, text), keys_of_one in asked:
        holder = next((holders[key] for key in keys_of_one if key in holders), None)
        if holder is None:
            troubles.append(Trouble(line, UNKNOWN, kind, (text,)))
        else:
            found.ids.add(holder)
            found.known += 1
    return sorted(troubles, key=lambda one: one.line)


def _keys(text: str, kind: str) -> list[tuple[str, str]]:
    """What somebody may be found by, written as identifiers are kept, the strongest first."""
    phone = "+" + re.sub(r"\D", "", text.removeprefix("00")) if PHONE.fullmatch(text) else ""
    values = {"user_id": text, "membership_number": text, "email": text.lower() if "@" in text else "", "phone": phone}
    return [(one, values[one]) for one in KINDS if values[one] and kind in ("", one)]


class _Lines:
    """Identifiers as typed or pasted, one a line."""

    kind = ""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines

    def said(self) -> Iterator[Said]:
        yield from _told((number, [line]) for number, line in enumerate(self._lines, 1))

    def share(self) -> float:
        return 1.0


class _File:
    """A file of one identifier a line, or a table with a column of them; its first line may name the columns."""

    def __init__(self, path: Path, column: str, encoding: str) -> None:
        opened = look_at(path)
        self._table: Table = Columnar(opened) if opened.parquet else Delimited(opened, encoding=encoding)
        self._place, self.kind, self._headed = _column(path.name, self._table.header, column)

    def said(self) -> Iterator[Said]:
        if not self._headed:
            yield from _told([(1, self._table.header)])
        for chunk in self._table.chunks():
            yield from _told(chunk, self._place)

    def share(self) -> float:
        return self._table.share_read()


def _told(rows: Iterable[Row | Trouble], place: int = 0) -> Iterator[Said]:
    """The identifiers of rows; an empty one says nothing."""
    for row in rows:
        if isinstance(row, Trouble):
            yield row
        elif text := unicodedata.normalize("NFC", row[1][place].strip()):
            yield row[0], text


def _column(file: str, header: Sequence[str], asked: str) -> tuple[int, str, bool]:
    """(place, kind, whether the first line names columns) of the identifiers."""
    names = [plain_name(name) for name in header]
    shown = ", ".join(name[:60] for name in header[:COLUMNS_SHOWN_MAX])
    if asked:
        place = next((place for place, name in enumerate(header) if name == asked), None)
        if place is None:
            near = nearest(asked, list(header))
            raise Refusal(f'{file} has no column "{asked}".', mend=f'Did you mean "{near}"?' if near else f"Its columns are {shown}.")
        return place, HEADINGS.get(names[place], ""), True
    known = sorted((KINDS.index(HEADINGS[name]), place) for place, name in enumerate(names) if name in HEADINGS)
    if known:
        return known[0][1], KINDS[known[0][0]], True
    if len(header) > 1:
        raise Refusal(
            f"Which column of {file} holds the identifiers? Its first line is {shown}.",
            mend="Name that column too (--column NAME on the command line).",
        )
    return 0, "", False
