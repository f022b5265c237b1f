"""The only source of time. Moments travel as integer microseconds since 1970 in UTC (`..._us`)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
EARLIEST_US = -62_135_596_800_000_000  # 0001-01-01
LATEST_US = 253_402_300_799_000_000  # 9999-12-31

_fixed_us: int | None = None


def now_us() -> int:
    """This moment, in microseconds."""
    return time.time_ns() // 1000 if _fixed_us is None else _fixed_us


@contextmanager
def fixed(moment: datetime) -> Iterator[None]:
    """Hold the clock still, for tests and replays."""
    global _fixed_us
    before, _fixed_us = _fixed_us, to_us(moment)
    try:
        yield
    finally:
        _fixed_us = before


def to_us(moment: datetime) -> int:
    """Microseconds of an aware moment; exact, never through a float."""
    assert moment.tzinfo is not None, "a moment has a zone"
    return (moment - EPOCH) // MICROSECOND


def from_us(us: int, zone: ZoneInfo | None = None) -> datetime:
    """The aware moment of these microseconds, in UTC unless a zone is given."""
    moment = EPOCH + timedelta(microseconds=us)
    return moment if zone is None else moment.astimezone(zone)
