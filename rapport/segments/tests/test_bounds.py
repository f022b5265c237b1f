"""Times and numbers of a rule at one moment: the calendar's edges, and thresholds that no engine rounds."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.lib.clock import DAY_US, from_us, to_us
from rapport.segments.bounds import Days, Moment, Span, at_places, days_ago
from rapport.segments.nodes import Before, Between, Duration, InTheLast, InTheNext, Since, Time, Unit

BERLIN = ZoneInfo("Europe/Berlin")
OPERATORS = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


def at(year: int, month: int, day: int, hour: int = 12, zone: ZoneInfo = BERLIN) -> Moment:
    return Moment(to_us(datetime(year, month, day, hour, tzinfo=UTC)), zone)


@pytest.mark.parametrize(
    ("moment", "duration", "start"),
    [
        (at(2024, 3, 31), Duration(1, "month"), datetime(2024, 2, 29, 13)),  # cut at the month's end; winter time then
        (at(2023, 3, 31), Duration(1, "month"), datetime(2023, 2, 28, 13)),
        (at(2024, 2, 29), Duration(1, "year"), datetime(2023, 2, 28, 12)),
        (at(2024, 2, 29), Duration(12, "month"), datetime(2023, 2, 28, 12)),
        (at(2024, 4, 1), Duration(1, "day"), datetime(2024, 3, 31, 12)),  # an exact length, whatever the clocks did
        (at(2024, 3, 31, 22), Duration(1, "month"), datetime(2024, 2, 29, 23)),  # 1 April in Berlin already, so 1 March there
        (at(2024, 11, 27, 1), Duration(1, "month"), datetime(2024, 10, 27, 0)),  # twice 02:00 in Berlin: the first
    ],
)
def test_months_and_years_are_those_of_the_companys_calendar(moment: Moment, duration: Duration, start: datetime) -> None:
    span = moment.span(InTheLast(duration))
    assert (span.start_us, span.end_us) == (to_us(start.replace(tzinfo=UTC)), moment.us)


def test_a_time_without_an_offset_is_the_companys_and_a_date_its_midnight() -> None:
    moment = at(2024, 7, 1)
    assert from_us(moment.of(Time("2024-07-01"))) == datetime(2024, 6, 30, 22, tzinfo=UTC)
    assert from_us(moment.of(Time("2024-03-31T02:30"))) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)  # there was no such time
    assert from_us(moment.of(Time("2024-10-27T02:30"))) == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)  # the first of two
    assert from_us(moment.of(Time("2024-07-01T00:00Z"))) == datetime(2024, 7, 1, tzinfo=UTC)
    assert moment.day_of(Time("2024-06-30T23:00Z")) == date(2024, 7, 1)


def test_windows_of_days_start_and_end_with_the_companys_day() -> None:
    moment = at(2024, 6, 30, 22)  # 1 July in Berlin already
    assert moment.days(InTheLast(Duration(1, "week"))) == Days(date(2024, 6, 24), date(2024, 7, 1))
    assert moment.days(InTheNext(Duration(1, "month"))) == Days(date(2024, 7, 1), date(2024, 8, 1))
    assert moment.days(Before(Time("2024-06-30T22:30Z"))) == Days(None, date(2024, 7, 1))
    assert moment.days(Since(Time("2024-06-01"))) == Days(date(2024, 6, 1), None)
    assert moment.days(Between(Time("2024-06-01"), Time("2024-06-03"))) == Days(date(2024, 6, 1), date(2024, 6, 3))


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
def test_beyond_the_calendar_a_window_is_open(unit: Unit) -> None:
    moment, long = at(2024, 1, 1), Duration(4_000_000, unit)
    assert moment.span(InTheLast(long)) == Span(None, moment.us)
    assert moment.span(InTheNext(long)) == Span(moment.us, None)
    assert moment.days(InTheNext(long)) == Days(moment.today, None)


@pytest.mark.parametrize("today", [date(2023, 2, 20), date(2024, 2, 20), date(2023, 3, 1), date(2024, 3, 1), date(2023, 12, 30)])
@pytest.mark.parametrize(
    "duration", [Duration(1, "day"), Duration(10, "day"), Duration(1, "month"), Duration(1, "year"), Duration(2, "year")]
)
def test_an_anniversary_is_in_the_window_where_the_next_one_is(today: date, duration: Duration) -> None:
    moment = at(today.year, today.month, today.day)
    end = moment.days(InTheNext(duration)).end
    assert end is not None
    days = moment.anniversaries(duration)
    for birthday in (date(1980, 1, 1) + timedelta(days=number) for number in range(1462)):
        expected = next_anniversary(birthday, today) < end
        assert (days is None or (birthday.month, birthday.day) in days) == expected, birthday


def next_anniversary(birthday: date, today: date) -> date:
    """By trying day after day; 29 February is 1 March in a common year."""
    day = today
    while True:
        leap = date(day.year, 12, 31).timetuple().tm_yday == 366
        kept = (3, 1) if (birthday.month, birthday.day) == (2, 29) and not leap else (birthday.month, birthday.day)
        if (day.month, day.day) == kept:
            return day
        day += timedelta(days=1)


@given(
    st.sampled_from(list(OPERATORS)),
    st.integers(-3, 2000),
    st.integers(0, 2000 * DAY_US) | st.integers(0, 2000).map(lambda days: days * DAY_US),
)
def test_days_since_are_whole_periods_of_24_hours(op: str, count: int, age_us: int) -> None:
    now_us = at(2024, 1, 1).us
    moment = now_us - age_us
    spans = days_ago(op, count, now_us)  # type: ignore[arg-type]
    held = any((span.start_us is None or moment >= span.start_us) and (span.end_us is None or moment < span.end_us) for span in spans)
    assert held == OPERATORS[op](age_us // DAY_US, count)


numbers = st.decimals(-(10**13), 10**13, places=9) | st.decimals(-2, 2, places=8) | st.decimals(-2, 2, places=6)


@given(
    st.sampled_from(list(OPERATORS)),
    numbers,
    st.decimals(Decimal("-999999999999.999999"), Decimal("999999999999.999999"), places=6) | st.decimals(-2, 2, places=6),
)
def test_a_threshold_of_any_length_decides_as_it_is_written(op: str, value: Decimal, amount: Decimal) -> None:
    fitted = at_places(op, value, whole_digits=12)  # type: ignore[arg-type]
    held = fitted if isinstance(fitted, bool) else OPERATORS[fitted[0]](amount, fitted[1])
    assert held == OPERATORS[op](amount, value)
