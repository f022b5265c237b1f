"""What a kind makes of rows: units, each taken whole or not at all, and what every kind needs to know of the load at hand."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from rapport.intake.files.rows import Row, Trouble


@dataclass(frozen=True)
class Options:
    """How the file is to be read, as the person who loads it said. Kept with the load."""

    map: dict[str, str] = field(default_factory=dict)  # field -> column
    map_value: dict[str, dict[str, str]] = field(default_factory=dict)  # field -> the file's word -> ours
    currency: str = ""
    timezone: str = ""  # of times without an offset; "": the company's
    anonymous: bool = False
    encoding: str = ""
    time_format: str = ""
    decimal_comma: bool = False


@dataclass(frozen=True)
class Context:
    """The load at hand, for the kinds."""

    load_id: int
    source_id: int
    file_name: str
    digest: str  # of the file's bytes
    loaded_before: bool  # the very same file was taken in whole already
    zone: ZoneInfo
    currency: str  # of amounts whose row names none; "" where nobody said
    options: Options
    received_us: int


@dataclass(slots=True)
class Unit:
    """Rows that are taken together or not at all: an order with its lines, a customer with their consent."""

    rows: list[Row]
    messages: list[dict[str, Any]] = field(default_factory=list)
    record: Any = None  # what a kind that writes no facts makes of it, or remembers until the batch
    notes: list[Trouble] = field(default_factory=list)  # parts of a row that were left out
