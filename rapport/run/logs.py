"""What is written to the log: plain lines or JSON, and in neither a mail address, a phone number or a query string.

Every line of Django, the server and ours passes `clean` on its way out, tracebacks too. It would rather take away a number that is
none than let one through.
"""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LINE_MAX = 8_000  # of one text: a body in an exception's words is cut off
MAIL, PHONE, QUERY, NUMBER = "[mail]", "[phone]", "?[query]", "[id]"
DIGITS_MIN = 7  # a shorter number is nobody's
AT = r"(?:@|＠|%40|&#64;|\\u0040|\\x40)"
ENDS = r"\s<>\"'(),;:=\[\]{}"  # what no plain address holds; a search begins behind one, so that it takes no longer than the text is
MAILS = re.compile(rf"\"[^\"\n]{{1,64}}\"{AT}[^{ENDS}]+|(?<![^{ENDS}])[^{ENDS}]+{AT}[^{ENDS}]+", re.IGNORECASE)
CREDENTIALS = re.compile(r"://[^\s/@]*@")
QUERIES = re.compile(r"(?<=[^\s?])\?[^\s\"'<>]+")
PHONES = re.compile(
    r"(?:(?<![0-9A-Za-z.])|(?<=%2B)|(?<=%20))(?:\+|%2B|\()?\d(?:[\s().\-/\u2010-\u2015\u00a0\u202f·]{0,3}\d){6,19}(?![0-9A-Za-z])",
    re.IGNORECASE,
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d(?:[:.]?\d\d)*)?|(?:\d{1,3}\.){3}\d{1,3}")  # an ISO date, an IPv4 address
PATH_NUMBERS = re.compile(r"(?<=/)\d+(?=[/\s?\"']|$)")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
OWN = {"timestamp", "level", "logger", "request_id", "route", "method"}  # written by us, from closed lists
OF_OTHERS = {"message", "asctime"}  # what another handler wrote into the record
NUMBERED = "rapport.request_id"  # in a request's META: Django's own words come when the middlewares are through
LEVELS = {"debug": "DEBUG", "info": "INFO", "warning": "WARNING", "error": "ERROR", "critical": "CRITICAL"}


def clean(text: str) -> str:
    """The text without what tells of a person."""
    text = CONTROLS.sub(" ", text[:LINE_MAX])
    text = QUERIES.sub(QUERY, text)
    text = CREDENTIALS.sub(f"://{MAIL}@", text)
    text = MAILS.sub(MAIL, text)
    text = PHONES.sub(_phone, text)
    return PATH_NUMBERS.sub(NUMBER, text)


def _phone(found: re.Match[str]) -> str:
    return found.group() if MOMENT.fullmatch(found.group()) else PHONE


def _deep(value: Any) -> Any:
    """The same for whatever is inside."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bytes | bytearray):
        return clean(value.decode(errors="replace"))
    if isinstance(value, MutableMapping):
        return {clean(str(key)): _deep(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_deep(inner) for inner in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 10 ** (DIGITS_MIN - 1) else clean(str(value))
    return clean(str(value))


def keep_people_out(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """structlog's processor: every value but those we make ourselves."""
    return {key: value if key in OWN else _deep(value) for key, value in line.items() if key not in OF_OTHERS}


class RouteNotPath(logging.Filter):
    """Django names the path that was asked for, with whose page it was; the route says the same without the person."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is not None:
            path, route = getattr(request, "path", ""), route_of(request)
            record.args = tuple(route if path and word == path else word for word in record.args) if isinstance(record.args, tuple) else ()
            record.request_id = request.META.get(NUMBERED, "-")
            del record.request  # type: ignore[attr-defined]
        return True


def route_of(request: Any) -> str:
    """The pattern that answered, as `/app/customers/<int:customer_id>/`; "-" where none did."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "-"


def _plain(_logger: WrappedLogger, _method: str, line: EventDict) -> str:
    """One line for eyes: what happened, then what belongs to it; a traceback below."""
    line.pop("timestamp", None)
    level, event, exception = str(line.pop("level", "")), str(line.pop("event", "")), line.pop("exception", None)
    line.pop("logger", None)
    head = f"{LEVELS[level]}: " if level in ("warning", "error", "critical") else ""
    rest = "".join(f" {key}={value}" for key, value in line.items())
    return f"{head}{event}{rest}".replace("\n", " ") + (f"\n{exception}" if exception else "")


def formatter(style: str) -> structlog.stdlib.ProcessorFormatter:
    """The house's one formatter, for `LOGGING`."""
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: Processor = structlog.processors.JSONRenderer() if style == "json" else _plain
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=first,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            keep_people_out,
            last,
        ],
    )


def configuration(level: str, style: str) -> dict[str, Any]:
    """For `logging.config`: one handler on standard error, for Django's and the server's loggers too."""
    to_us: dict[str, Any] = {"handlers": [], "level": level, "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"house": {"()": "rapport.run.logs.formatter", "style": style}},
        "filters": {"route": {"()": "rapport.run.logs.RouteNotPath"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "house", "filters": ["route"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "_granian": to_us,
            "granian.access": to_us,
        },
    }
