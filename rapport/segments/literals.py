"""The constants of a rule – texts, numbers, times, durations, names – read the same way from text and from a tree."""

import unicodedata
from decimal import Decimal
from zoneinfo import ZoneInfo

from rapport.events.values import DATE, TIME, as_date, as_time_us
from rapport.segments.nodes import Duration, Time, Unit

NAME_LENGTH_MAX = 255
NUMBER_DIGITS_MAX = 18  # before the point, and after it
NUMBER_SPELLED_MAX = 100  # with idle zeros
COUNT_MAX = 1_000_000_000
UNIT_DAYS: dict[Unit, float] = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1, "week": 7, "month": 31, "year": 366}
DURATION_DAYS_MAX = 1000 * 366
UTC_ZONE = ZoneInfo("UTC")


class Unfit(ValueError):
    """A constant that cannot be one; the reader adds the place."""

    def __init__(self, trouble: str, mend: str = "") -> None:
        super().__init__(trouble)
        self.trouble, self.mend = trouble, mend


def fit_text(text: str) -> str:
    """Text as rules compare it: Unicode NFC, whole characters, no NUL (no database keeps one)."""
    if "\0" in text:
        raise Unfit("Text cannot hold the character NUL.", "Leave it out.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Unfit("Text cannot hold half a character (a lone surrogate).", "Write the character itself.")
    return unicodedata.normalize("NFC", text)


def fit_name(text: str, what: str = "A name") -> str:
    """The name of an event, segment, trait or property: text of 1 to 255 characters on one line."""
    name = fit_text(text)
    if not name:
        raise Unfit(f"{what} cannot be empty.", "Give the name.")
    if len(name) > NAME_LENGTH_MAX:
        raise Unfit(f"{what} has at most {NAME_LENGTH_MAX} characters; this one has {len(name)}.", "Look the name up again.")
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise Unfit(f"{what} cannot hold line breaks or control characters.", "Look the name up again.")
    return name


def fit_number(number: Decimal) -> Decimal:
    """An exact number of a size that data can have, without idle zeros."""
    if not number.is_finite():
        raise Unfit("A number must be finite.", "There is no NaN and no infinity; `is unknown` asks for a missing value.")
    if not number:
        return Decimal(0)
    too_long = Unfit(f"A number has at most {NUMBER_DIGITS_MAX} digits before the point and {NUMBER_DIGITS_MAX} after it.", "Round it.")
    if len(number.as_tuple().digits) > NUMBER_SPELLED_MAX or abs(number.adjusted()) > NUMBER_SPELLED_MAX:
        raise too_long
    whole, _, fraction = format(number, "f").partition(".")
    whole, fraction = whole.lstrip("-0"), fraction.rstrip("0")
    if max(len(whole), len(fraction)) > NUMBER_DIGITS_MAX:
        raise too_long
    return Decimal(f"{'-' if number < 0 else ''}{whole or '0'}" + (f".{fraction}" if fraction else ""))


def fit_time(text: str) -> Time:
    """A date or date-time that is in the calendar, in its plainest ISO 8601 spelling."""
    spelled = text[:100]
    if DATE.fullmatch(spelled):
        if as_date(spelled) is None:
            raise Unfit(f"There is no day {spelled}.", "Give a day of the calendar, as 2011-06-30.")
        return Time(spelled)
    found = TIME.fullmatch(spelled)
    if not found:
        raise Unfit(f'"{text[:40]}" is neither a date nor a time.', "Write a date as 2011-06-01, a time as 2011-06-01T14:30.")
    day, hour, minute, second, fraction, offset = found.groups()
    plain = f"{day}T{hour}:{minute}"
    if second is not None:
        plain += f":{second}" + (f".{fraction[:6]}" if fraction else "")
    if offset:
        plain += "Z" if offset in "Zz" else offset[:3] + ":" + (offset[3:].lstrip(":") or "00")
    if as_time_us(plain, UTC_ZONE) is None:
        raise Unfit(f"There is no time {plain}.", "Give a day of the calendar and a time of day from 00:00 to 23:59.")
    return Time(plain)


def fit_count(count: int) -> int:
    if count > COUNT_MAX:
        raise Unfit("This count is too large.", f"A count is at most {COUNT_MAX:,}.")
    return count


def spelled_count(digits: str) -> int:
    """A count of any number of digits; those of no use are cut before they are counted."""
    return fit_count(int(digits.lstrip("0")[:12] or "0"))


def fit_duration(count: int, unit: Unit) -> Duration:
    if count < 1:
        raise Unfit("A duration is at least 1 long: nothing lies within 0.", f"Write `1 {unit}`.")
    if count * UNIT_DAYS[unit] > DURATION_DAYS_MAX:
        raise Unfit("A duration is at most 1000 years long.", "Leave the window out to mean all time.")
    return Duration(count, unit)


def unit_of(word: str) -> Unit | None:
    """`Days` -> "day"; None for a word that is no unit."""
    single = word.lower().removesuffix("s")
    return next((unit for unit in UNIT_DAYS if unit == single), None)
