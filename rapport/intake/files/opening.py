"""What a path holds: its format by its first bytes and name, its compression, its encoding. Refuses with the mend."""

import codecs
import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rapport.lib.refusals import Refusal

GZIP, PARQUET, ZIP, EXCEL_OLD = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
HEAD_BYTES = 65_536
MARKS = (  # byte-order marks, the longer before the shorter that begins like it
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Opened:
    """What the first bytes of a file told."""

    path: Path
    parquet: bool
    zipped: bool
    head: bytes  # unpacked

    @property
    def mark(self) -> tuple[bytes, str] | None:
        """The byte-order mark it begins with, and the encoding that names."""
        return next(((mark, encoding) for mark, encoding in MARKS if self.head.startswith(mark)), None)


def look_at(path: Path) -> Opened:
    """Read the first bytes; refuse what is not there, empty, or of a kind nobody here reads."""
    try:
        with path.open("rb") as raw:
            first = raw.read(4)
        zipped = first.startswith(GZIP)
        with open_bytes(path, zipped=zipped) as data:
            head = data.read(HEAD_BYTES)
    except FileNotFoundError:
        raise Refusal(f"There is no file {path}.", mend="Check the path.") from None
    except IsADirectoryError:
        raise Refusal(f"{path} is a folder.", mend="Name the files in it, for example with *.csv.") from None
    except (gzip.BadGzipFile, EOFError) as trouble:
        raise Refusal(f"{path.name} is a damaged gz file: {trouble}.", mend="Fetch it again.") from trouble
    except OSError as trouble:
        raise Refusal(f"{path} cannot be read: {trouble.strerror}.", mend="Check who may read it.") from trouble
    if not head:
        raise Refusal(f"{path.name} is empty.", mend="Export it again; it needs a line of column names and rows below.")
    if head.startswith((ZIP, EXCEL_OLD)):
        raise Refusal(f"{path.name} is a workbook or a zip archive.", mend="Save the sheet as CSV (UTF-8), or unpack it, and load that.")
    return Opened(path, head.startswith(PARQUET), zipped, head)


def open_bytes(path: Path, *, zipped: bool) -> BinaryIO:
    """The unpacked bytes."""
    if zipped:
        return io.BufferedReader(gzip.open(path, "rb"), 262_144)
    return path.open("rb", buffering=262_144)


def encoding_of(opened: Opened, asked: str) -> str:
    """The encoding to read with: the mark's, else the one asked for, else UTF-8; refuses where that cannot be."""
    if opened.mark:
        return opened.mark[1]
    if asked:
        try:
            return codecs.lookup(asked).name
        except LookupError:
            raise Refusal(f'There is no encoding "{asked}".', mend="Try --encoding cp1252, latin-1 or utf-16.") from None
    if opened.head[:400].count(0) > len(opened.head[:400]) // 4:
        raise Refusal(f"{opened.path.name} is not UTF-8 text: every other byte is zero.", mend="If it is UTF-16, say --encoding utf-16-le.")
    return "utf-8"


def progress_of(data: BinaryIO, path: Path) -> float:
    """How much of a file opened by `open_bytes` was read, by its packed size."""
    inner = getattr(getattr(data, "raw", None), "fileobj", None)
    position = inner.tell() if inner is not None else data.tell()
    size = path.stat().st_size
    return min(1.0, position / size) if size else 1.0
