"""Parquet, a bounded batch of rows at a time, every value as the text a CSV of it would hold."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from rapport.intake.files.opening import Opened
from rapport.intake.files.rows import Row, Trouble
from rapport.lib.arrow import pa
from rapport.lib.refusals import Refusal

BATCH_ROWS = 4_096
BATCH_CELLS = 200_000  # a file of ten thousand columns comes in smaller batches


class Columnar:
    """A Parquet file. Its rows are counted from 1."""

    def __init__(self, opened: Opened) -> None:
        if opened.zipped:
            raise Refusal(f"{opened.path.name} is a Parquet file inside gz.", mend="Unpack it; Parquet is compressed already.")
        try:
            with pq.ParquetFile(opened.path) as file:
                self.header = [str(name).strip() for name in file.schema_arrow.names]
                self.rows = file.metadata.num_rows
        except (pa.ArrowException, OSError) as trouble:
            raise Refusal(f"{opened.path.name} is a damaged Parquet file: {_first_line(trouble)}.", mend="Fetch it again.") from trouble
        self.opened = opened
        self._read = 0

    def share_read(self) -> float:
        return self._read / self.rows if self.rows else 1.0

    def chunks(self) -> Iterator[list[Row | Trouble]]:
        self._read = 0
        with pq.ParquetFile(self.opened.path, memory_map=True) as file:
            batches = file.iter_batches(batch_size=max(1, min(BATCH_ROWS, BATCH_CELLS // max(1, len(self.header)))))
            while True:
                try:
                    batch = next(batches, None)
                except (pa.ArrowException, OSError) as trouble:
                    raise Refusal(
                        f"{self.opened.path.name} is damaged behind row {self._read}: {_first_line(trouble)}.",
                        mend="What stood before is loaded; fetch the file again and load it, nothing counts twice.",
                    ) from trouble
                if batch is None:
                    return
                columns = [as_text(column) for column in batch.columns]
                rows = enumerate(map(list, zip(*columns, strict=True)), self._read + 1)
                self._read += batch.num_rows
                yield [_checked(number, cells) for number, cells in rows] if any(map(_has_nul, columns)) else list(rows)


def _has_nul(column: list[str]) -> bool:
    return "\0" in "".join(column)


def _checked(number: int, cells: list[str]) -> Row | Trouble:
    if _has_nul(cells):
        return Trouble(number, "holds a NUL character", cells=tuple(cell.replace("\0", "") for cell in cells))
    return number, cells


def as_text(column: pa.Array) -> list[str]:
    """A column's values as text; absent and not-a-number are empty."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.fill_null(column, "").to_pylist()
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date(kind):
        return pc.fill_null(pc.cast(column, pa.string()), "").to_pylist()
    if pa.types.is_timestamp(kind):
        return [_moment(text, aware=kind.tz is not None) for text in pc.cast(column, pa.string()).to_pylist()]
    if pa.types.is_float64(kind):
        return list(map(_number, column.to_pylist()))
    if pa.types.is_float32(kind):
        return [_number(None if text is None else float(text)) for text in pc.cast(column, pa.string()).to_pylist()]
    return [_plain(value) for value in column.to_pylist()]


@lru_cache(maxsize=65536)
def _moment(text: str | None, *, aware: bool) -> str:
    """Arrow writes `2010-12-01 08:26:00.000000000`, with `+0000` or Z behind where the column has a zone."""
    if text is None:
        return ""
    text = text.removesuffix("Z").removesuffix("+0000")
    whole, _, fraction = text.partition(".")
    fraction = fraction[:6].rstrip("0")
    return whole + (f".{fraction}" if fraction else "") + ("Z" if aware else "")


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case float():
            return _number(value)
        case str():
            return value
        case Decimal():
            return format(value, "f")
        case bytes():
            return value.decode("utf-8", errors="replace")
        case datetime() | date():
            return value.isoformat()
    return json.dumps(value, ensure_ascii=False, default=str)


@lru_cache(maxsize=65536)
def _number(value: float | None) -> str:
    """Shortest digits that read back the same; a whole number without its `.0`, for ids that became floats."""
    if value is None or value != value or value in (float("inf"), float("-inf")):
        return ""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def _first_line(trouble: Exception) -> str:
    return str(trouble).splitlines()[0].rstrip(".")[:200] if str(trouble) else type(trouble).__name__
