"""Days as the models count them, since 1970-01-01, by the company's clock."""

from datetime import date, datetime, time, timedelta

from rapport.lib.clock import to_us
from rapport.lib.zone import company_zone, today

EPOCH = date(1970, 1, 1)


def number_of(day: date) -> int:
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return EPOCH + timedelta(days=number)


def day_end_us(number: int) -> int:
    """The moment at which a day is over."""
    return to_us(datetime.combine(day_of(number + 1), time(), company_zone()))


def last_whole_day() -> date:
    return today() - timedelta(days=1)
