"""What a cell says: an amount, a moment, yes or no. Each answers None for an empty cell and raises BadCell for nonsense."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from rapport.events.values import as_date, as_time_us
from rapport.lib.clock import from_us, to_us

NUMBER = re.compile(r"[+-]?(?:\d{1,15}|\d{1,3}(?:,\d{3})+(?=\.))(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
NUMBER_WITH_COMMA = re.compile(r"[+-]?(?:\d{1,15}|\d{1,3}(?:\.\d{3})+)(?:,\d{1,20})?", re.ASCII)
CANONICAL = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?", re.ASCII)
YES = {"yes", "y", "true", "t", "1", "x", "on", "ja", "oui", "sí", "si", "opt-in", "subscribed", "given"}
NO = {"no", "n", "false", "f", "0", "off", "nein", "non", "opt-out", "unsubscribed", "withdrawn"}
DIGITS_OF_A_DOUBLE = 15


class BadCell(Exception):
    """A cell that says nothing we understand: the reason, in the same words for the same trouble."""


@lru_cache(maxsize=65536)
def amount(text: str, comma: bool = False) -> Decimal | None:
    """An exact number; `comma`: written 1.234,50."""
    text = text.strip()
    if not text:
        return None
    if comma:
        if not NUMBER_WITH_COMMA.fullmatch(text):
            raise BadCell("not a number with a decimal comma")
        return Decimal(text.replace(".", "").replace(",", "."))
    if not NUMBER.fullmatch(text):
        raise BadCell("not a number; write 1234.50, or say --decimal-comma" if "," in text else "not a number; write 1234.50")
    return Decimal(text.replace(",", ""))


@lru_cache(maxsize=65536)
def plain(number: Decimal) -> int | float | str:
    """A number as JSON has it: exact; one with more digits than a double keeps stands as text."""
    if number == number.to_integral_value():
        return int(number)
    return float(number) if len(number.as_tuple().digits) <= DIGITS_OF_A_DOUBLE else format(number, "f")


@lru_cache(maxsize=65536)
def size(number: Decimal) -> int | float | str:
    """A number without its sign, as JSON has it."""
    return plain(abs(number))


@lru_cache(maxsize=65536)
def moment_us(text: str, zone: ZoneInfo, shape: str = "") -> int | None:
    """A moment in microseconds; without an offset it is the zone's time. `shape` as strptime has it."""
    text = text.strip()
    if not text:
        return None
    if shape:
        try:
            told = datetime.strptime(text, shape)  # noqa: DTZ007  the zone follows below
            return to_us(told if told.tzinfo else told.replace(tzinfo=zone))
        except (ValueError, OverflowError):
            raise BadCell(f"not a time in the shape {shape}") from None
    found = as_time_us(text, zone)
    if found is None:
        raise BadCell("not a time; write 2024-05-31 or 2024-05-31T14:05:00+02:00, or say --time-format")
    return found


@lru_cache(maxsize=65536)
def iso(us: int) -> str:
    """A moment as text, in UTC."""
    return from_us(us).isoformat().replace("+00:00", "Z")


def day(text: str, shape: str = "") -> date | None:
    """A calendar day; a moment's day as it is written."""
    text = text.strip()
    if not text:
        return None
    if shape:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            pass
    found = as_date(text[:10])
    if found is None:
        raise BadCell("not a day; write 2024-05-31, or say --time-format")
    return found


def truth(text: str) -> bool | None:
    """Yes or no, in the words files use."""
    word = text.strip().lower()
    if not word:
        return None
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadCell("neither yes nor no")
