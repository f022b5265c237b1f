"""The company's time zone, read once, and its calendar day."""

from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from rapport.lib.clock import from_us, now_us


def company_zone() -> ZoneInfo:
    """The zone in which the company's calendar days and times without an offset are meant."""
    return _zone(settings.COMPANY_TIME_ZONE)


def today() -> date:
    """The company's day."""
    return from_us(now_us(), company_zone()).date()


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
