"""Settings that cannot be right: found at the start of every command, so that none of them is discovered half-way."""

import logging
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from rapport.lib.refusals import Refusal
from rapport.run.findings import Finding
from rapport.run.mail_check import mail_findings
from rapport.warehouse.spark_sessions import check_reachable, place

LOG_FORMATS = ("plain", "json")
TOKEN_LENGTH_MIN = 16
HORIZON_DAYS_MAX = 3_650


def wrong_settings() -> list[Finding]:
    return [finding for finding in settings_findings() if not finding.ok]


def settings_findings() -> list[Finding]:
    return [_time_zone(), _currency(), _engine(), _log_level(), _log_format(), _metrics_token(), _value(), *mail_findings()]


def _time_zone() -> Finding:
    try:
        ZoneInfo(settings.COMPANY_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f'RAPPORT_TIME_ZONE is "{settings.COMPANY_TIME_ZONE}", which is no time zone.'
        return Finding("time zone", False, what, "Name one of the IANA list, as Europe/Berlin or Asia/Taipei.")
    return Finding("time zone", True, settings.COMPANY_TIME_ZONE)


def _currency() -> Finding:
    code = settings.CURRENCY
    if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
        return Finding(
            "currency", False, f'RAPPORT_CURRENCY is "{code}", which is no currency.', "Give the three letters of ISO 4217, as EUR."
        )
    return Finding("currency", True, code or "that of the first fact with an amount")


def _engine() -> Finding:
    try:
        check_reachable(place(settings.ENGINE))
    except Refusal as trouble:
        return Finding("engine", False, trouble.what, trouble.mend)
    return Finding("engine", True, settings.ENGINE)


def _log_level() -> Finding:
    level = settings.LOG_LEVEL
    if level not in logging.getLevelNamesMapping():
        return Finding("log level", False, f'RAPPORT_LOG_LEVEL is "{level}".', "Say DEBUG, INFO, WARNING or ERROR.")
    return Finding("log level", True, level)


def _log_format() -> Finding:
    style = settings.LOG_FORMAT
    if style not in LOG_FORMATS:
        return Finding("log format", False, f'RAPPORT_LOG_FORMAT is "{style}".', f"Say {' or '.join(LOG_FORMATS)}.")
    return Finding("log format", True, style)


def _value() -> Finding:
    """What customers are valued by."""
    days, margin, discount = settings.VALUE_HORIZON_DAYS, settings.VALUE_MARGIN, settings.VALUE_DISCOUNT
    if not 1 <= days <= HORIZON_DAYS_MAX:
        return Finding("value", False, f"RAPPORT_VALUE_HORIZON_DAYS is {days}.", f"Give 1 to {HORIZON_DAYS_MAX} days, as 365.")
    if not 0 < margin <= 1:
        return Finding(
            "value", False, f"RAPPORT_VALUE_MARGIN is {margin}.", "Give the part of revenue that is left, as 0.4; 1 means revenue."
        )
    if not 0 <= discount < 1:
        return Finding("value", False, f"RAPPORT_VALUE_DISCOUNT is {discount}.", "Give a part a year, as 0.1.")
    return Finding("value", True, f"{days} days ahead, {margin:.0%} of revenue, {discount:.0%} less a year")


def _metrics_token() -> Finding:
    """Its value is told to nobody."""
    token = settings.METRICS_TOKEN
    if token and (len(token) < TOKEN_LENGTH_MIN or not token.isascii() or not token.isprintable() or " " in token):
        what = f"RAPPORT_METRICS_TOKEN is no secret: it has {len(token)} characters, or some that do not fit into a header."
        return Finding("metrics", False, what, f"Set {TOKEN_LENGTH_MIN} or more letters and digits, as `openssl rand -hex 24` gives.")
    return Finding("metrics", True, "to this machine, and to who brings the token" if token else "to this machine alone")
