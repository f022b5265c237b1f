"""The company's time zone, read once."""

from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings


def company_zone() -> ZoneInfo:
    """The zone in which the company's calendar days and times without an offset are meant."""
    return _zone(settings.COMPANY_TIME_ZONE)


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
