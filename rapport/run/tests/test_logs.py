"""The log: no person in it, whatever came in; one object a line where that is asked for; one line a request."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import Client

from rapport.run.logs import RouteNotPath, clean, configuration, formatter

PEOPLE = ("bob", "kowalski", "b%C3%B6b", "555", "0143", "2025", "omaha", "s3cret", "hunter2", "ana.sousa", "josé", "9 12 34")
HOSTILE = (
    "refused bob.kowalski+shop@example.com",
    "refused <BOB@EXAMPLE.COM>, again",
    'refused "bob kowalski"@example.com',
    "refused bob%40example.com",
    "refused bob＠example.com",
    "refused josé@exämple.com",
    "mailto:bob@example.com?subject=omaha",
    "postgres://bob:hunter2@db.example.com/crm does not answer",
    '{"email": "bob@example.com", "phone": "+1 402 555 0143"}',
    "GET /v1/track?email=bob%40example.com&phone=4025550143",
    "GET /me/?token=s3cret HTTP/1.1",
    "see https://crm.example.com/app/customers/?q=kowalski",
    "call +1 (402) 555-0143 now",
    "call 402.555.0143",
    "call 4025550143",
    "call 00886 2025 550 143",
    "call +44 20 2025 0143",
    "call +49\u2011402\u2011555\u20110143",
    "tel:%2B14025550143",
    "phone=402-555-0143;",
    "fine\r\nERROR: forged by bob@example.com\x1b[31m",
)
HARMLESS = (
    "warehouse: 20000 facts in 1.2 s, 3 behind",
    "listening at 127.0.0.1:8000 since 2026-03-02 12:00:00",
    "from 192.168.100.12",
    "loop bad failed (2 times in a row), again in 4 s: by nought",
)


@contextmanager
def house_log(style: str) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger of its own behind the house's formatter."""
    out, logger = io.StringIO(), logging.getLogger(f"test.{style}")
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter(style))
    handler.addFilter(RouteNotPath())
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    try:
        yield logger, out
    finally:
        logger.removeHandler(handler)


def assert_nobody_in(text: str) -> None:
    text = re.sub(r'"timestamp": "[^"]+"', "", text)  # its digits may be anybody's
    assert not [person for person in PEOPLE if person.lower() in text.lower()], text
    assert not re.search(r"[\w.]+@\w", text), text


@pytest.mark.parametrize("style", ["plain", "json"])
def test_no_person_gets_into_the_log_by_any_way(style: str) -> None:
    with house_log(style) as (log, out):
        for line in HOSTILE:
            log.warning(line)
            log.warning("so: %s", line)
            log.warning("with facts", extra={"said": line, "inside": {line: [line]}, "bytes": line.encode()})
            try:
                raise ValueError(line)
            except ValueError:
                log.exception("failed")
        log.warning("numbers", extra={"phone": 4025550143, "count": 12})
    said = out.getvalue()
    assert_nobody_in(said)
    assert "failed" in said
    assert "Traceback" in said


def test_json_is_one_object_a_line_and_a_forged_line_stays_inside() -> None:
    with house_log("json") as (log, out):
        for line in HOSTILE:
            log.error(line)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(HOSTILE)
    for line in map(json.loads, lines):
        assert {"event", "level", "logger", "timestamp"} <= set(line)
        assert line["level"] == "error"


def test_a_plain_line_cannot_be_forged_or_coloured() -> None:
    with house_log("plain") as (log, out):
        log.error("fine\r\nERROR: forged\x1b[31m")
    assert out.getvalue().count("\n") == 1
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("line", HARMLESS)
def test_what_tells_of_nobody_stays_readable(line: str) -> None:
    assert clean(line) == line


def test_a_long_line_takes_no_time() -> None:
    for piece in ("a@", "1-", "?x", "@" * 50, "%40", '"a', "(1) "):
        clean(piece * 50_000)


@pytest.mark.django_db
def test_each_request_leaves_one_line_with_the_route_and_never_the_path(client: Client) -> None:
    with watched() as out:
        answer = client.get("/app/customers/4711/?q=bob@example.com", headers={"X-Request-ID": "0123456789abcdef"})
        client.get("/app/people/bob@example.com/4711/")
    said = out.getvalue()
    assert answer.headers["X-Request-ID"] == "0123456789abcdef"
    lines = [json.loads(line) for line in said.splitlines()]
    first, second = (line for line in lines if line["event"] == "request")
    assert first["route"] == "/app/customers/<int:customer_id>/"
    assert (first["method"], first["status"], first["request_id"]) == ("GET", 302, "0123456789abcdef")
    assert first["ms"] >= 0
    assert (second["route"], second["status"]) == ("-", 404)
    assert next(line for line in lines if line["event"].startswith("Not Found"))["request_id"] == second["request_id"]
    assert "4711" not in said
    assert "bob" not in said


@pytest.mark.django_db
def test_a_number_that_is_none_is_not_taken_over(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "bob@example.com"}).headers["X-Request-ID"] != "bob@example.com"


@contextmanager
def watched() -> Iterator[io.StringIO]:
    """All that the house logs at INFO and above, as JSON."""
    out, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter("json"))
    handler.addFilter(RouteNotPath())
    level = root.level
    loggers = [logging.getLogger(name) for name in ("django", "rapport")]
    before = [(logger, logger.level) for logger in loggers]
    root.addHandler(handler)
    for logger in (root, *loggers):
        logger.setLevel(logging.INFO)
    try:
        yield out
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        for logger, old in before:
            logger.setLevel(old)


def test_the_servers_own_loggers_come_through_the_same_hands() -> None:
    told = configuration("WARNING", "json")
    for name in ("django", "_granian", "granian.access"):
        assert told["loggers"][name]["handlers"] == []
        assert told["loggers"][name]["propagate"]
    assert list(told["handlers"]) == ["console"]
    assert sys.modules["rapport.run.logs"].formatter is formatter
