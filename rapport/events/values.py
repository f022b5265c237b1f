"""What a JSON value is: the one place that decides whether a value fits a kind, for the catalogue and every reader."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from rapport.lib.clock import to_us

NUMBER_LIMIT = 1e18  # a number at or beyond it fits no kind
MONEY_LIMIT = Decimal(10) ** 12
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)?", re.ASCII)
USUAL_LENGTHS = (20, 24)  # 2026-02-28T10:00:00Z, 2026-02-28T10:00:00.123Z
MONEY = re.compile(r"-?\d{1,12}(?:\.\d{1,18})?", re.ASCII)


def kind_of(value: Any) -> str | None:
    """The kind a first value teaches; None where it teaches nothing (null, a list, an object, a number out of range)."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number" if as_number(value) is not None else None
    if isinstance(value, str):
        return "date" if as_date(value) else "time" if _time_parts(value) else "text"
    return None


def as_kind(value: Any, kind: str, zone: ZoneInfo) -> Any:
    """The value as Python knows its kind (str, float, Decimal, bool, date, microseconds), or None where it does not fit."""
    match kind:
        case "text":
            return unicodedata.normalize("NFC", value) if isinstance(value, str) else None
        case "number":
            return as_number(value)
        case "money":
            return as_money(value)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return as_date(value)
        case "time":
            return as_time_us(value, zone)
    return None


def as_number(value: Any) -> float | None:
    """A JSON number as a double; not true or false, not text, not beyond 10^18."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, int) and abs(value) >= 10**18:
        return None
    number = float(value)
    return number if abs(number) < NUMBER_LIMIT else None  # NaN fails the comparison too


def as_money(value: Any) -> Decimal | None:
    """An amount, exact, from a JSON number or its text ("248.00"); before any rate."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if not MONEY.fullmatch(value):
            return None
        amount = Decimal(value)
    elif isinstance(value, int | float | Decimal):
        try:
            amount = Decimal(repr(value) if isinstance(value, float) else value)
        except InvalidOperation:
            return None
    else:
        return None
    return amount if amount.is_finite() and abs(amount) < MONEY_LIMIT else None


def as_date(value: Any) -> date | None:
    return _date(value) if isinstance(value, str) else None


def as_time_us(value: Any, zone: ZoneInfo) -> int | None:
    """Microseconds of an ISO 8601 date or date-time; without an offset it is the zone's time; finer digits are cut."""
    if not isinstance(value, str):
        return None
    if len(value) in USUAL_LENGTHS and value[-1] == "Z" and value[10:17:3] == "T::" and value[5] in "01":
        try:  # as nearly every client writes it; not remembered, since hardly a moment comes twice
            return to_us(datetime.fromisoformat(value))
        except ValueError:
            return None
    return _time_us(value, zone)


@lru_cache(maxsize=65536)
def _date(text: str) -> date | None:
    if not DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=65536)
def _time_us(text: str, zone: ZoneInfo) -> int | None:
    if day := _date(text):
        return _moment_us(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001  the zone is given beside it
    parts = _time_parts(text)
    return None if parts is None else _moment_us(parts, zone)


def _moment_us(moment: datetime, zone: ZoneInfo) -> int | None:
    try:
        return to_us(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except OverflowError:
        return None


def _time_parts(text: str) -> datetime | None:
    """An ISO 8601 date-time, aware where it has an offset."""
    found = TIME.fullmatch(text)
    if not found:
        return None
    day, hour, minute, second, fraction, offset = found.groups()
    offset = "" if offset is None else "+00:00" if offset in "Zz" else offset
    if len(offset) in (3, 5):
        offset = f"{offset[:3]}:{offset[3:] or '00'}"
    try:
        return datetime.fromisoformat(f"{day}T{hour}:{minute}:{second or '00'}.{(fraction or '').ljust(6, '0')[:6]}{offset}")
    except ValueError:
        return None
