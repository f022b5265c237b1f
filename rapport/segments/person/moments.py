"""When: what a rule's times, durations and windows mean at one moment. Half-open everywhere; no wall clock anywhere."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rapport.events.values import as_time_us
from rapport.lib.clock import DAY_US, EARLIEST_US, HOUR_US, LATEST_US, from_us, to_us
from rapport.segments.nodes import Before, Between, Duration, InTheLast, Since, Time, Window

EXACT_US = {"minute": 60_000_000, "hour": HOUR_US, "day": DAY_US, "week": 7 * DAY_US}
MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True)
class Now:
    """The moment a rule is asked for, with the zone its calendar is read in."""

    us: int
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return day_of(self.us, self.zone)

    def time_us(self, time: Time) -> int:
        """A time as written in a rule; without an offset it is the company's, a bare date its midnight."""
        found = as_time_us(time.text, self.zone)
        assert found is not None, f"{time.text} was checked to be a time"
        return found

    def day(self, time: Time) -> date:
        """The company's calendar day of a time."""
        return day_of(self.time_us(time), self.zone)

    def shifted_us(self, duration: Duration, *, ahead: bool) -> int:
        """The moment a duration away: exact for weeks and less, by the company's calendar for months and years."""
        sign = 1 if ahead else -1
        if duration.unit in EXACT_US:
            return _within(self.us + sign * duration.count * EXACT_US[duration.unit])
        local = from_us(self.us, self.zone)
        day = months_away(local.date(), sign * duration.count * MONTHS[duration.unit])
        return _within(to_us(datetime.combine(day, local.time(), self.zone)))  # the earlier one where a clock shows a time twice

    def shifted_day(self, duration: Duration, *, ahead: bool) -> date:
        """The calendar day a duration from today; a duration shorter than a day has none."""
        sign = 1 if ahead else -1
        if duration.unit in MONTHS:
            return months_away(self.today, sign * duration.count * MONTHS[duration.unit])
        assert duration.unit in ("day", "week"), f"{duration.unit} was checked not to be asked of a date"
        days = duration.count * (7 if duration.unit == "week" else 1)
        try:
            return self.today + timedelta(days=sign * days)
        except OverflowError:
            return date.max if ahead else date.min


def stretch_us(window: Window | None, now: Now) -> tuple[int, int]:
    """The half-open stretch of time a window of facts covers; none means all there is. Facts from `now` on never count."""
    match window:
        case None:
            return EARLIEST_US, now.us
        case InTheLast(duration):
            return now.shifted_us(duration, ahead=False), now.us
        case Before(time):
            return EARLIEST_US, min(now.time_us(time), now.us)
        case Since(time):
            return now.time_us(time), now.us
        case Between(start, end):
            return now.time_us(start), min(now.time_us(end), now.us)


def day_of(us: int, zone: ZoneInfo) -> date:
    try:
        return from_us(us, zone).date()
    except OverflowError:  # in the zone it is beyond the calendar's end
        return date.max if us > 0 else date.min


def months_away(day: date, months: int) -> date:
    """The same day so many months on, cut at the month's end; cut to the calendar's own ends."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.max if months > 0 else date.min
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def next_anniversary(of: date, today: date) -> date:
    """The first return of a calendar day on or after today; 29 February is 1 March in common years."""
    this_year = _in_year(of, today.year)
    if this_year >= today or today.year == date.max.year:
        return max(this_year, today)
    return _in_year(of, today.year + 1)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _within(us: int) -> int:
    return min(max(us, EARLIEST_US), LATEST_US)
