"""What a reader hands on: a row of text cells with its place in the file, or the trouble that stands there instead."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Row: TypeAlias = tuple[int, list[str]]  # line (Parquet: row), cells in the order of the header; an empty cell is ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A row that cannot be taken, or a part of one that was left out."""

    line: int
    reason: str  # the same words for the same trouble, so that they can be counted
    field: str = ""
    cells: tuple[str, ...] = ()


class Table(Protocol):
    """A file with named columns, read from its beginning each time `chunks` is called."""

    header: list[str]

    def chunks(self) -> Iterator[list[Row | Trouble]]:
        """The rows in order, some thousand at a time."""

    def share_read(self) -> float:
        """How much of the file the newest `chunks` has read, 0 to 1."""
