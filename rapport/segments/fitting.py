"""Whether a test can be asked of a kind of value, and the test as it is then meant: types, calendars and whole numbers."""

from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from rapport.events.values import as_time_us
from rapport.lib.clock import from_us
from rapport.segments.literals import Unfit, fit_count, fit_duration, fit_number, fit_text, fit_time
from rapport.segments.nodes import (
    BUCKETS,
    AnniversaryInTheNext,
    Before,
    Between,
    Bucket,
    Compare,
    Duration,
    InTheLast,
    InTheNext,
    OneOf,
    Relative,
    Sequence,
    Since,
    Test,
    Time,
    Times,
    Value,
    Window,
)
from rapport.segments.text import number_text, quoted

STEPS_MAX = 5
FACTOR_MAX, FACTOR_PLACES = 1000, 6
DISTANCE_MAX = 25_000  # half way round the earth, in either unit
CALENDAR_UNITS = ("month", "year")
WINDOWS = (InTheLast, Before, Since, Between)
WORDS_OF_KIND = {
    "text": "text",
    "number": "a number",
    "money": "an amount of money",
    "boolean": "true or false",
    "date": "a date",
    "time": "a time",
    "list": "a list of things",
    "count": "a whole number",
    "days": "a whole number of days",
}
NUMBERS = ("number", "money", "count", "days")
CALENDAR = ("date", "time")
ORDERED = (*NUMBERS, *CALENDAR)


def fitted_test(test: Test, kind: str, name: str, zone: ZoneInfo) -> Test:
    """The test as it is meant of a value of that kind; `name` is how the message calls the value."""
    if isinstance(test, Compare):
        return fitted_compare(test, kind, name, zone)
    if isinstance(test, OneOf):
        _refuse_list(kind, name)
        return OneOf(tuple(fitted_value(value, kind, name, zone) for value in test.values), test.negated)
    if not isinstance(test, (*WINDOWS, InTheNext, AnniversaryInTheNext)):
        return test
    if kind not in CALENDAR:
        raise Unfit(f"A window asks of a date or a time; {name} is {WORDS_OF_KIND[kind]}.", _plain_mend(kind))
    if isinstance(test, InTheNext | AnniversaryInTheNext):
        _refuse_short(test.duration, by_day=kind == "date" or isinstance(test, AnniversaryInTheNext), name=name)
        return test
    return fitted_window(test, zone, name=name, by_day=kind == "date")


def fitted_compare(test: Compare, kind: str, name: str, zone: ZoneInfo) -> Compare:
    _refuse_list(kind, name)
    if test.op in ("contains", "starts with") and kind != "text":
        raise Unfit(f"`{test.op}` asks of text; {name} is {WORDS_OF_KIND[kind]}.", _plain_mend(kind))
    if test.op in ("<", "<=", ">", ">=") and kind not in ORDERED:
        raise Unfit(f"`{test.op}` asks of numbers, dates and times; {name} is {WORDS_OF_KIND[kind]}.", _plain_mend(kind))
    if kind in ("count", "days") and isinstance(test.value, Decimal) and test.value % 1:
        raise Unfit(f"{_capital(WORDS_OF_KIND[kind])} is meant, not {number_text(test.value)}.", whole_mend(test.op, test.value))
    return Compare(test.op, fitted_value(test.value, kind, name, zone))


def fitted_value(value: Value, kind: str, name: str, zone: ZoneInfo) -> Value:
    """The constant as the kind has it: quoted ISO text against a date is that date."""
    shown = quoted(value)[:60] if isinstance(value, str) else "that"
    if kind in NUMBERS and isinstance(value, Decimal):
        if kind in ("count", "days") and value % 1:
            raise Unfit(f"{_capital(WORDS_OF_KIND[kind])} is meant, not {number_text(value)}.", "Write a whole number.")
        return fit_number(value)
    if kind == "text" and isinstance(value, str):
        return fit_text(value)
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind in CALENDAR and isinstance(value, str | Time):
        return fitted_time(fit_time(value) if isinstance(value, str) else value, zone)
    raise Unfit(f"{name} is {WORDS_OF_KIND[kind]}, not {_what_is(value)}.", _value_mend(value, kind, shown))


def fitted_window(window: Window, zone: ZoneInfo, *, name: str = "a fact", by_day: bool = False) -> Window:
    """A window that can hold something; of a date it is cut to whole days."""
    match window:
        case InTheLast():
            _refuse_short(window.duration, by_day=by_day, name=name)
        case Before():
            fitted_time(window.time, zone)
        case Since():
            fitted_time(window.time, zone)
        case Between():
            _refuse_backwards(window, zone, by_day=by_day)
    return window


def fitted_times(times: Times) -> Times:
    if times.count < 0:
        raise Unfit("A number of times is 0 or more.", "Write at least 1 times.")
    fit_count(times.count)
    return times


def fitted_sequence(sequence: Sequence) -> None:
    """Two to five facts; what is denied stands last, with the time in which it must not follow."""
    first, *later = sequence.steps
    if not later or len(sequence.steps) > STEPS_MAX:
        raise Unfit(f"A sequence has 2 to {STEPS_MAX} steps, not {len(sequence.steps)}.", "Ask for the rest in a condition of its own.")
    if first.negated or first.within is not None:
        raise Unfit("A sequence begins with something that happened.", "Let the first step stand without `no` and without `within`.")
    for step in later:
        if step.negated and step is not later[-1]:
            raise Unfit(f"`then no {quoted(step.event)}` can only stand last.", "Nothing can follow what did not happen.")
        if step.negated and step.within is None:
            raise Unfit(
                f"`then no {quoted(step.event)}` needs the time in which it is missed.",
                f"Write then no {quoted(step.event)} within 2 days.",
            )
        if step.within is not None and step.within.unit in CALENDAR_UNITS:
            days = step.within.count * (30 if step.within.unit == "month" else 365)
            raise Unfit(f"A {step.within.unit} has no exact length.", f"Write within {days} days.")
        if step.within is not None:
            fit_duration(step.within.count, step.within.unit)


def fitted_relative(node: Relative, kind: str) -> Relative:
    """An amount of numbers that has a window to stand before."""
    if kind not in ("number", "money", "count"):
        mend = "Compare a sum, an average, a number of facts, or the smallest or largest of numbers."
        raise Unfit(f"What was before is held against numbers; {node.amount.kind} is {WORDS_OF_KIND[kind]}.", mend)
    if not isinstance(node.amount.window, InTheLast):
        raise Unfit("What was before needs a window to be before.", "Give the amount a window such as in the last 90 days.")
    factor = fit_number(node.factor)
    if not 0 < factor <= FACTOR_MAX or factor != round(factor, FACTOR_PLACES):
        mend = "Write half of, twice, or a number such as 1.5 times."
        raise Unfit(f"A number of times lies above 0, up to {FACTOR_MAX:,}, with at most {FACTOR_PLACES} decimals.", mend)
    fit_duration(node.before.count, node.before.unit)
    return replace(node, factor=factor)


def fitted_bucket(node: Bucket) -> None:
    if not 0 <= node.first <= node.last < BUCKETS:
        last = min(max(node.first, node.last), BUCKETS - 1)
        raise Unfit(
            f"Buckets have numbers from 0 to {BUCKETS - 1}, the lower first.", f"Write bucket {min(node.first, node.last, last)}-{last}."
        )


def fitted_distance(distance: Decimal) -> Decimal:
    found = fit_number(distance)
    if not 0 < found <= DISTANCE_MAX:
        raise Unfit(f"A distance lies above 0, up to {DISTANCE_MAX:,}.", "Write within 5 km.")
    return found


def fitted_time(time: Time, zone: ZoneInfo) -> Time:
    fit_time(time.text)
    if as_time_us(time.text, zone) is None:
        raise Unfit(f"{time.text} lies beyond the calendar.", "Give a day between the years 1 and 9999.")
    return time


def whole_mend(op: str, value: Decimal) -> str:
    """The same comparison with a whole number, where there is one."""
    below, above = value.to_integral_value(ROUND_FLOOR), value.to_integral_value(ROUND_CEILING)
    if op in (">", "<="):
        return f"Write {op} {number_text(below)}."
    return f"Write {op} {number_text(above)}."


def _refuse_list(kind: str, name: str) -> None:
    if kind == "list":
        raise Unfit(f"{name} is a list of things, which has no value of its own.", "Ask is known, or ask of its things: products( … ).")


def _refuse_short(duration: Duration, *, by_day: bool, name: str) -> None:
    fit_duration(duration.count, duration.unit)
    if by_day and duration.unit in ("minute", "hour"):
        raise Unfit(f"{name} is asked by calendar days; {duration.unit}s are too short.", "Write days, weeks, months or years.")


def _refuse_backwards(window: Between, zone: ZoneInfo, *, by_day: bool) -> None:
    fitted_time(window.start, zone)
    fitted_time(window.end, zone)
    start_us, end_us = as_time_us(window.start.text, zone), as_time_us(window.end.text, zone)
    assert start_us is not None, "was fitted"
    assert end_us is not None, "was fitted"
    if end_us < start_us:
        raise Unfit("This window ends before it begins.", f"Write between {window.end.text} and {window.start.text}.")
    if end_us == start_us or (by_day and from_us(start_us, zone).date() == from_us(end_us, zone).date()):
        raise Unfit(
            "This window ends as it begins: nothing lies within.", "The end is not part of a window; name the day after the last one."
        )


def _value_mend(value: Value, kind: str, shown: str) -> str:
    if kind in NUMBERS and isinstance(value, str) and _is_number(value):
        return f"Write {value} without quotes."
    if kind == "boolean":
        return "Write true or false, without quotes."
    if kind == "text":
        plain = number_text(value) if isinstance(value, Decimal) else value.text if isinstance(value, Time) else str(value).lower()
        return f"Write it in double quotes: {quoted(plain)}."
    if kind in CALENDAR:
        return "Write a date as 2011-06-01."
    return f"Write a number instead of {shown}."


def _plain_mend(kind: str) -> str:
    if kind == "text":
        return "Text is asked with =, !=, in, contains and starts with."
    if kind == "boolean":
        return "Write = true or = false."
    if kind == "list":
        return "Ask is known, or ask of its things: products( … )."
    return "Numbers are asked with =, !=, <, <=, >, >= and in." if kind in NUMBERS else "Write a window or a comparison with a date."


def _what_is(value: Value) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "a number" if isinstance(value, Decimal) else "a date or time"


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").replace(".", "", 1).isdigit()


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
