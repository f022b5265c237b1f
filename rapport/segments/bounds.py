"""What a rule's times and numbers come to at one moment: half-open spans, days, and thresholds no engine rounds.

Everything with a calendar in it is worked out here in Python, so that engines compare plain moments, days and numbers.
"""

import calendar
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from rapport.lib.clock import DAY_US, EARLIEST_US, HOUR_US, LATEST_US, from_us, to_us
from rapport.segments.nodes import Before, Between, Comparison, Duration, InTheLast, InTheNext, Since, Time, Window

EXACT = {"minute": HOUR_US // 60, "hour": HOUR_US, "day": DAY_US, "week": 7 * DAY_US}
MONTHS = {"month": 1, "year": 12}
PLACES = 6  # decimals of money and of sums in the warehouse
EVERY_DIGIT = Context(prec=2000)  # a threshold is never rounded, however many digits a person writes


@dataclass(frozen=True)
class Span:
    """[start, end) in microseconds; None is open."""

    start_us: int | None = None
    end_us: int | None = None


@dataclass(frozen=True)
class Days:
    """[first, end) in the company's calendar; None is open."""

    first: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Moment:
    """The moment a rule is asked for, with the company's zone."""

    us: int
    zone: ZoneInfo

    @property
    def local(self) -> datetime:
        return from_us(self.us, self.zone)

    @property
    def today(self) -> date:
        return self.local.date()

    def of(self, time: Time) -> int:
        """Microseconds of a TIME; without an offset it is the company's, a bare date its midnight."""
        written = datetime.fromisoformat(time.text)
        try:
            return to_us(written if written.tzinfo else written.replace(tzinfo=self.zone))
        except OverflowError:  # the first or the last day of all, in a zone beyond it
            return EARLIEST_US if written.year == 1 else LATEST_US

    def day_of(self, time: Time) -> date:
        """The company's calendar day of a TIME."""
        written = datetime.fromisoformat(time.text)
        return written.date() if written.tzinfo is None else from_us(self.of(time), self.zone).date()

    def shifted_us(self, duration: Duration, sign: Literal[-1, 1]) -> int | None:
        """This moment and so much time; None beyond the calendar."""
        if duration.unit in EXACT:
            moved = self.us + sign * duration.count * EXACT[duration.unit]
            return moved if EARLIEST_US <= moved <= LATEST_US else None
        day = shifted_day(self.today, duration, sign)
        if day is None:
            return None
        try:
            return to_us(datetime.combine(day, self.local.time().replace(fold=0), tzinfo=self.zone))
        except OverflowError:
            return None

    def before(self, window: Window | None, length: Duration) -> tuple[int | None, int | None]:
        """Where the stretch of time right before an `in the last` window begins and ends; None beyond the calendar."""
        assert isinstance(window, InTheLast), "the checker lets only such windows through"
        end_us = self.shifted_us(window.duration, -1)
        return (None if end_us is None else Moment(end_us, self.zone).shifted_us(length, -1)), end_us

    def span(self, window: Window | InTheNext) -> Span:
        """What a window spans of moments."""
        match window:
            case InTheLast(duration):
                return Span(self.shifted_us(duration, -1), self.us)
            case InTheNext(duration):
                return Span(self.us, self.shifted_us(duration, 1))
            case Before(time):
                return Span(None, self.of(time))
            case Since(time):
                return Span(self.of(time), None)
            case Between(start, end):
                return Span(self.of(start), self.of(end))

    def days(self, window: Window | InTheNext) -> Days:
        """What a window spans of calendar days."""
        match window:
            case InTheLast(duration):
                return Days(shifted_day(self.today, duration, -1), self.today)
            case InTheNext(duration):
                return Days(self.today, shifted_day(self.today, duration, 1))
            case Before(time):
                return Days(None, self.day_of(time))
            case Since(time):
                return Days(self.day_of(time), None)
            case Between(start, end):
                return Days(self.day_of(start), self.day_of(end))

    def anniversaries(self, duration: Duration) -> frozenset[tuple[int, int]] | None:
        """(month, day) of every anniversary in [today, today + duration); None where that is all of them."""
        end = shifted_day(self.today, duration, 1)
        if end is None or (end - self.today).days >= 366:
            return None
        days = [self.today + timedelta(days=number) for number in range((end - self.today).days)]
        found = {(day.month, day.day) for day in days}
        # 29 February is kept on 1 March of a common year
        if any((day.month, day.day) == (3, 1) and not calendar.isleap(day.year) for day in days):
            found.add((2, 29))
        return frozenset(found)


def shifted_day(day: date, duration: Duration, sign: Literal[-1, 1]) -> date | None:
    """A day and so many whole days, weeks, months or years; cut at the month's end; None beyond the calendar."""
    if duration.unit in EXACT:
        try:
            return day + timedelta(days=sign * duration.count * EXACT[duration.unit] // DAY_US)
        except OverflowError:
            return None
    months = day.year * 12 + day.month - 1 + sign * duration.count * MONTHS[duration.unit]
    year, month = divmod(months, 12)
    if not 1 <= year <= MAXYEAR:
        return None
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def days_ago(op: Comparison, count: int, now_us: int) -> list[Span]:
    """The moments `floor((now - moment) / 24 h) op count` holds for; several spans are joined by OR."""
    newest_of = now_us - count * DAY_US  # moments up to and with this one are `count` whole days old
    oldest_of = now_us - (count + 1) * DAY_US  # this one is a day older already
    younger, older = Span(newest_of + 1, None), Span(None, oldest_of + 1)
    match op:
        case "<":
            return [younger]
        case ">=":
            return [Span(None, newest_of + 1)]
        case "<=":
            return [Span(oldest_of + 1, None)]
        case ">":
            return [older]
        case "=":
            return [Span(oldest_of + 1, newest_of + 1)]
        case "!=":
            return [older, younger]


def moment_of(us: int) -> datetime:
    """The naive UTC datetime engines compare with; moments beyond the calendar become its edge."""
    return from_us(min(max(us, EARLIEST_US), LATEST_US)).astimezone(UTC).replace(tzinfo=None)


def at_places(op: Comparison, value: Decimal, *, whole_digits: int, places: int = PLACES) -> tuple[Comparison, Decimal] | bool:
    """An equal comparison whose value has so many decimals; True or False where every number that has no more has the same answer."""
    cut = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_FLOOR, context=EVERY_DIGIT)
    if abs(cut) >= Decimal(10) ** whole_digits:
        return op == "!=" or (op in ("<", "<=") if cut > 0 else op in (">", ">="))
    if cut == value:
        return op, cut
    match op:
        case "<" | "<=":
            return "<=", cut
        case ">" | ">=":
            return ">", cut
    return op == "!="
