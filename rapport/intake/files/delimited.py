"""CSV, read so that one broken line costs one line: bounded look-ahead for quotes, a reason and a place for each trouble."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from rapport.intake.files.opening import Opened, encoding_of, open_bytes, progress_of
from rapport.intake.files.rows import Row, Trouble
from rapport.intake.files.spreadsheets import original
from rapport.lib.refusals import Refusal

DELIMITERS = ",;\t|"
RECORD_LINES_MAX = 100  # a quoted cell may hold line breaks; beyond this its quote was never closed
RECORD_CHARS_MAX = 65_536  # ... of a record of several lines
LINE_BYTES_MAX = 16_777_216
CHUNK_ROWS = 2_000
CHUNK_CELLS = 200_000  # a file of ten thousand columns comes in smaller chunks
WIDE = ("utf-16", "utf-32")

csv.field_size_limit(LINE_BYTES_MAX)


class Delimited:
    """A CSV file; its delimiter is found, its encoding is UTF-8 unless a mark or `encoding` says otherwise."""

    def __init__(self, opened: Opened, *, encoding: str = "") -> None:
        self.opened = opened
        self.encoding = encoding_of(opened, encoding)
        self.delimiter, self._names_delimiter = self._find_delimiter()
        self._data: BinaryIO | None = None
        self.header, self._header_lines = self._read_header()

    def share_read(self) -> float:
        return 1.0 if self._data is None else progress_of(self._data, self.opened.path)

    def chunks(self) -> Iterator[list[Row | Trouble]]:
        with open_bytes(self.opened.path, zipped=self.opened.zipped) as data:
            self._data = data
            lines = _Lines(data, self.opened, self.encoding)
            for _ in range(self._header_lines):
                lines.take()
            yield from _Records(lines, self.header, self.delimiter).chunks()
        self._data = None

    def _find_delimiter(self) -> tuple[str, bool]:
        """The one that cuts the first line into most columns; `sep=;` as first line names it."""
        text = self.opened.head.decode(self.encoding, errors="replace").lstrip("\ufeff")
        first = text.splitlines()[0] if text.strip() else ""
        if named := re.fullmatch(r"sep=(.)", first):
            return named[1], True
        return max(DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count), False

    def _read_header(self) -> tuple[list[str], int]:
        """The column names, and how many physical lines they and what stands above take."""
        name = self.opened.path.name
        with open_bytes(self.opened.path, zipped=self.opened.zipped) as data:
            lines = _Lines(data, self.opened, self.encoding)
            above = lines.take() if self._names_delimiter else None
            text = lines.take() or ""
            while text.count('"') % 2 and lines.number < RECORD_LINES_MAX and (more := lines.take()):
                text += more
            if lines.undecoded:
                raise Refusal(
                    f"The column names of {name} (line 1): {next(iter(lines.undecoded.values()))}.",
                    mend="Say how the file was saved, for example --encoding cp1252.",
                )
        try:
            header = next(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True), [])
        except csv.Error:
            raise Refusal(
                f"A quote in the column names of {name} (line {2 if above else 1}) is not closed.", mend='Close it with ".'
            ) from None
        if not any(cell.strip() for cell in header):
            raise Refusal(f"The first line of {name} is empty.", mend="It must hold the column names.")
        return [cell.strip() for cell in header], lines.number


class _Lines:
    """Physical lines with their numbers; those read ahead can be given back. Remembers which were no text."""

    def __init__(self, data: BinaryIO, opened: Opened, encoding: str) -> None:
        self.number = 0
        self.undecoded: dict[int, str] = {}
        self._waiting: deque[str] = deque()
        self._encoding = encoding
        if opened.mark and not encoding.startswith(WIDE):
            data.read(len(opened.mark[0]))
        wide = encoding.startswith(WIDE)
        if wide or (b"\r" in opened.head and b"\n" not in opened.head):  # or as old Macs ended their lines
            self._text: io.TextIOWrapper | None = io.TextIOWrapper(data, encoding, errors="replace", newline=None)
        else:
            self._text, self._data = None, data

    def take(self) -> str | None:
        """The next line with its end; None behind the last."""
        self.number += 1
        if self._waiting:
            return self._waiting.popleft()
        if self._text is not None:
            line = self._text.readline(LINE_BYTES_MAX)
            if "\ufffd" in line:
                self.undecoded[self.number] = f"is not {self._encoding.upper()} text at character {line.index(chr(0xFFFD)) + 1}"
            return line or None
        raw = self._data.readline(LINE_BYTES_MAX)
        try:
            return raw.decode(self._encoding) if raw else None
        except UnicodeDecodeError as trouble:
            byte = f"byte 0x{raw[trouble.start]:02x} at position {trouble.start + 1}"
            self.undecoded[self.number] = f"{byte} is not {self._encoding.upper()}"
            return raw.decode(self._encoding, errors="surrogateescape")

    def give_back(self, lines: list[str]) -> None:
        self._waiting.extendleft(reversed(lines))
        self.number -= len(lines)


class _Records:
    """Walks the lines record by record; after a bad record it goes on at the line behind its first."""

    def __init__(self, lines: _Lines, header: list[str], delimiter: str) -> None:
        self.lines, self.header, self.delimiter = lines, header, delimiter

    def chunks(self) -> Iterator[list[Row | Trouble]]:
        chunk: list[Row | Trouble] = []
        take, delimiter, width = self.lines.take, self.delimiter, len(self.header)
        chunk_rows = max(1, min(CHUNK_ROWS, CHUNK_CELLS // width))
        undecoded = self.lines.undecoded
        while (line := take()) is not None:
            if '"' in line or "'" in line or undecoded or "\0" in line:
                item = self._careful(line)
                undecoded.clear()
            else:  # nearly every line: nothing that could mislead
                cells = line.rstrip("\r\n").split(delimiter)
                item = (self.lines.number, cells) if len(cells) == width else self._uneven(self.lines.number, cells)
            if item is not None:
                chunk.append(item)
            if len(chunk) >= chunk_rows:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _careful(self, line: str) -> Row | Trouble | None:
        """A record with quotes, perhaps over several lines, or with something that is no text."""
        first, taken, quotes = self.lines.number, [line], line.count('"')
        chars = len(line)
        while quotes % 2 and len(taken) < RECORD_LINES_MAX and chars < RECORD_CHARS_MAX and (more := self.lines.take()) is not None:
            taken.append(more)
            quotes += more.count('"')
            chars += len(more)
        if quotes % 2 and self.lines.undecoded.get(first) is None:
            return self._unclosed(first, taken)
        try:
            cells = next(csv.reader(taken, delimiter=self.delimiter, strict=True), [])
        except csv.Error:
            return self._unclosed(first, taken)
        if len(taken) > 1 and len(cells) != len(self.header):
            return self._unclosed(first, taken)
        for number in range(first, first + len(taken)):
            if reason := self.lines.undecoded.get(number):
                self.lines.give_back(taken[1:])
                return Trouble(first, "not text of the file's encoding; say how it was saved with --encoding, for example cp1252", reason)
        if "\0" in "".join(cells):
            return Trouble(first, "holds a NUL character", cells=tuple(cell.replace("\0", "") for cell in cells))
        cells = [original(cell) for cell in cells]
        return (first, cells) if len(cells) == len(self.header) else self._uneven(first, cells)

    def _unclosed(self, first: int, taken: list[str]) -> Trouble:
        self.lines.give_back(taken[1:])
        self.lines.undecoded.clear()
        opened = next(csv.reader([taken[0]], delimiter=self.delimiter), [""])
        column = self.header[min(len(opened), len(self.header)) - 1]
        return Trouble(first, "a quote is not closed, or stands inside a cell without being doubled", column, (taken[0].rstrip("\r\n"),))

    def _uneven(self, number: int, cells: list[str]) -> Trouble | None:
        if not any(cell.strip() for cell in cells):
            return None  # an empty line is no row
        side = "more" if len(cells) > len(self.header) else "fewer"
        return Trouble(number, f"{side} cells than the file has columns ({len(self.header)})", cells=tuple(cells))
