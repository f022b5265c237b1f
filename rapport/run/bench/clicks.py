"""Links of mails followed on a real server, against the same server's cheapest page.

Said beside it: clicks a second with four lines open at once, and how long the slowest hundredth took at 500 a second.
"""

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from rapport.lib.clock import now_us
from rapport.messaging.links import click_url
from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.processes import RAPPORT, server

CLICKS = 4_000
LINES = 4
RATE = 500.0  # a second
GOAL = 4.0  # of the cheapest page's time
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    count = options["events"]
    paths = [urlsplit(address).path for address in _planted(count)]
    with server(RAPPORT, settings.DATA_DIR / "server.log") as port:
        tell(f"  {count:,} links on {connection.vendor}, {LINES} lines at once; the peer: /healthz as often")
        yield Case("links followed", _asked(port, paths, 302), "/healthz", _asked(port, ["/healthz"] * count, 200), GOAL, runs=3)
        _paced(port, paths, tell)


BENCH = Bench("links of mails followed, against the cheapest page", cases, options={"events": CLICKS}, on_any_database=True)


def _planted(count: int) -> list[str]:
    """So many messages of one mailing, each with a link, straight into the tables."""
    now = now_us()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM messaging_touch")
        for table in ("messaging_message", "messaging_mailing", "messaging_version", "messaging_template", "messaging_target"):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute(
            "INSERT INTO messaging_template (id, name, purpose, created_us, updated_us, by) VALUES (1, 'News', 'marketing', %s, %s, '')",
            [now, now],
        )
        cursor.execute(
            "INSERT INTO messaging_version (id, template_id, number, subject, mjml, own_text, html, text, fields, created_us, by)"
            " VALUES (1, 1, 1, 'News', '', '', '', '', '[]', %s, '')",
            [now],
        )
        cursor.execute(
            "INSERT INTO messaging_mailing (id, cause, name, version_id, purpose, state, paused_by, standing, turn_us, created_us)"
            " VALUES (1, 'bench', 'News', 1, 'marketing', 'done', '', %s, 0, %s)",
            [False, now],
        )
        cursor.execute("INSERT INTO messaging_target (id, digest, url) VALUES (1, 'x', 'https://shop.example/new')")
        cursor.executemany(
            "INSERT INTO messaging_message"
            " (id, mailing_id, customer_id, occasion, state, reason, due_us, attempts, address, sent_us, answer)"
            " VALUES (%s, 1, %s, '', 'sent', '', 0, 1, 'a@example.com', %s, '')",
            [(number, number, now) for number in range(1, count + 1)],
        )
    return [click_url(number, 1) for number in range(1, count + 1)]


def _asked(port: int, paths: list[str], wanted: int) -> Callable[[], int]:
    """Each path once, as fast as the lines take them; how many were answered as they should be."""

    def ask(mine: list[str]) -> int:
        line = http.client.HTTPConnection("127.0.0.1", port)
        return sum(_status(line, path) == wanted for path in mine)

    def run() -> int:
        with ThreadPoolExecutor(LINES) as lines:
            return sum(lines.map(ask, [paths[number::LINES] for number in range(LINES)]))

    return run


def _paced(port: int, paths: list[str], tell: Tell) -> None:
    """At RATE a second in all: what the slowest hundredth had to wait, counted from the moment each was due."""

    def ask(mine: list[str]) -> list[float]:
        line, began, taken = http.client.HTTPConnection("127.0.0.1", port), time.perf_counter(), []
        for number, path in enumerate(mine):
            due = began + number * LINES / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            _status(line, path)
            taken.append(time.perf_counter() - due)
        return taken

    with ThreadPoolExecutor(LINES) as lines:
        taken = sorted(one for some in lines.map(ask, [paths[number::LINES] for number in range(LINES)]) for one in some)
    tell(f"    at {RATE:.0f} a second: median {1000 * taken[len(taken) // 2]:.1f} ms, p99 {1000 * taken[len(taken) * 99 // 100]:.1f} ms")


def _status(line: http.client.HTTPConnection, path: str) -> int:
    line.request("GET", path, headers={"User-Agent": AGENT})
    answer = line.getresponse()
    answer.read()
    return answer.status
