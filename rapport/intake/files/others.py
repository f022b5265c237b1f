"""Columns that are no field of the kind: each becomes a trait or property of the type its values speak for."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from rapport.events.values import TIME, as_time_us
from rapport.intake.files.rows import Table, Trouble
from rapport.intake.files.values import CANONICAL, amount, iso, plain
from rapport.lib.zone import company_zone

SAMPLE_ROWS = 10_000
NAMES_OF_CODES = ("id", "code", "zip", "sku", "ean", "key", "ref", "no", "nr")  # store_id: digits, yet never a number
Reading = Callable[[str], Any]


def readings(table: Table, others: Mapping[str, int], known: Mapping[str, str], zone: ZoneInfo) -> list[tuple[str, int, Reading]]:
    """(name, place, how a cell is read) for each: as the type the catalogue has (`known`), else as the file's first rows speak for."""
    unknown = {name: place for name, place in others.items() if name not in known}
    learned = _learn(table, unknown) if unknown else {}
    kinds = {name: known.get(name) or learned[name] for name in others}
    text: Reading = str if zone == company_zone() else _time_reading(zone)
    by_kind: dict[str, Reading] = {"number": _number, "boolean": _boolean}
    return [(name, place, by_kind.get(kinds[name], text)) for name, place in others.items()]


def _learn(table: Table, columns: Mapping[str, int]) -> dict[str, str]:
    numbers = {name for name in columns if not _names_a_code(name)}
    truths, seen = set(columns), set()
    rows = (item for chunk in table.chunks() for item in chunk if not isinstance(item, Trouble))
    for _, cells in islice(rows, SAMPLE_ROWS):
        for name in numbers | truths:
            cell = cells[columns[name]].strip()
            if not cell:
                continue
            seen.add(name)
            if name in numbers and not CANONICAL.fullmatch(cell):
                numbers.discard(name)
            if name in truths and cell.lower() not in ("true", "false"):
                truths.discard(name)
        if not numbers and not truths:
            break
    numbers, truths = numbers & seen, truths & seen
    return {name: "number" if name in numbers else "boolean" if name in truths else "text" for name in columns}


def _names_a_code(name: str) -> bool:
    words = "".join(letter if letter.isalnum() else " " for letter in name).lower().split()
    return bool(words) and (words[-1] in NAMES_OF_CODES or name.endswith(("Id", "ID", "No", "Code")))


def _number(cell: str) -> Any:
    number = amount(cell) if CANONICAL.fullmatch(cell) else None
    return cell if number is None else plain(number)


def _boolean(cell: str) -> Any:
    return {"true": True, "false": False}.get(cell.lower(), cell)


def _time_reading(zone: ZoneInfo) -> Reading:
    """A time without an offset is meant in the file's zone, so it is written with one."""

    def read(cell: str) -> Any:
        if len(cell) < 16 or not TIME.fullmatch(cell):
            return cell
        us = as_time_us(cell, zone)
        return cell if us is None else iso(us)

    return read


def values_of(cells: list[str], columns: Iterable[tuple[str, int, Reading]]) -> dict[str, Any]:
    """What the row says in these columns; an empty cell says nothing."""
    return {name: read(cell) for name, place, read in columns if (cell := cells[place].strip())}
