"""Staff's pages over a large record against the same pages over a small one: what a page costs must not grow with the company.

Two installations of their own, each with a real server; the history is planted straight into their tables.
"""

import http.client
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.db import connection

from rapport.lib.locks import own_session
from rapport.lib.refusals import Refusal
from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.pages_history import plant
from rapport.run.bench.processes import RAPPORT, server

SMALL_CUSTOMERS = 1_000
PAGES = 25  # of each kind, one after the other
GOAL = 1.5
MOST_SECONDS = 0.2  # a page, over and above
STAFF, PASSWORD = "desk@example.com", "a long enough password"  # of an installation that is gone after the benchmark
SEED = 20_100_101
WORDS_MAX = 2_000  # of what a command says that failed


@dataclass
class House:
    """One installation with its server and a line to it, signed in."""

    folder: Path
    url: str
    customers: int
    first_id: int = 0
    line: http.client.HTTPConnection | None = None
    cookie: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RAPPORT_")}
        return kept | {"RAPPORT_DATA_DIR": str(self.folder)} | ({"RAPPORT_DATABASE_URL": self.url} if self.url else {})

    def give(self, *words: str, said: str = "") -> None:
        command = [sys.executable, "-m", "rapport", *words]
        done = subprocess.run(command, env=self.environment, input=said, text=True, capture_output=True)
        if done.returncode:
            raise Refusal(f"`rapport {words[0]}` ended with {done.returncode}: {done.stderr.strip()[-WORDS_MAX:]}", mend="Mend that first.")

    def get(self, path: str) -> tuple[int, bytes]:
        assert self.line is not None
        self.line.request("GET", path, headers={"Cookie": self.cookie})
        answer = self.line.getresponse()
        return answer.status, answer.read()

    def sign_in(self, port: int) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.line.request("GET", "/app/sign-in/")
        page = self.line.getresponse()
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.read())
        assert found is not None, "the sign-in page has a form"
        self._keep(page)
        form = urlencode({"csrfmiddlewaretoken": found[1].decode(), "username": STAFF, "password": PASSWORD})
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.line.request("POST", "/app/sign-in/", form, headers)
        answer = self.line.getresponse()
        answer.read()
        assert answer.status == 302, f"sign-in was answered with {answer.status}"
        self._keep(answer)

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        held = dict(word.split("=", 1) for word in self.cookie.split("; ") if word)
        held |= dict(value.partition(";")[0].split("=", 1) for value in answer.headers.get_all("Set-Cookie") or [])
        self.cookie = "; ".join(f"{name}={value}" for name, value in held.items())


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    customers, a_head = options["customers"], max(1, options["events"] // options["customers"])
    with ExitStack() as end:
        large, small = (
            end.enter_context(_house(name, count, a_head, tell)) for name, count in (("large", customers), ("small", SMALL_CUSTOMERS))
        )
        peer = f"{SMALL_CUSTOMERS:,} customers"
        for name, address in KINDS.items():
            yield Case(
                name,
                _pages(large, name, address, tell),
                peer,
                _pages(small, name, address, tell),
                GOAL,
                most_seconds=PAGES * MOST_SECONDS,
                runs=3,
            )


Address = Callable[[House, random.Random], str]
KINDS: dict[str, Address] = {
    "profile": lambda house, chance: f"/app/customers/{house.first_id + chance.randrange(house.customers)}/",
    "customers, first page": lambda house, chance: "/app/customers/",
    "customers, a later page": lambda house, chance: f"/app/customers/?after={house.first_id + chance.randrange(house.customers - 60)}",
    "search, mail address": lambda house, chance: f"/app/customers/?q=c{chance.randrange(house.customers)}%40example.com",
    "search, a user id": lambda house, chance: f"/app/customers/?q=planted-{chance.randrange(house.customers)}",
    "search, a name of many": lambda house, chance: "/app/customers/?q=kowalski",
    "search, a name of nobody": lambda house, chance: "/app/customers/?q=kowalska",
    "home": lambda house, chance: "/app/",
    "health": lambda house, chance: "/healthz",
}
BENCH = Bench(
    "pages of staff over a large record against the same over a small one",
    cases,
    options={"customers": 1_000_000, "events": 20_000_000},
    on_any_database=True,
)


def _pages(house: House, name: str, address: Address, tell: Tell) -> Callable[[], int]:
    """Some pages one after the other; how many came well."""
    chance = random.Random(SEED)

    def ask() -> int:
        assert house.line is not None
        house.line.close()  # it opens by itself: the server ends a line that was quiet while the other house was asked
        taken, well = [], 0
        for _ in range(PAGES):
            path = address(house, chance)
            began = time.perf_counter()
            status, body = house.get(path)
            taken.append(time.perf_counter() - began)
            well += status == 200 and bool(body)
        taken.sort()
        median, slowest = taken[len(taken) // 2], taken[-1]
        tell(f"    {name} of {house.customers:,}: median {1000 * median:.1f} ms, slowest {1000 * slowest:.1f} ms")
        return well

    return ask


@contextmanager
def _house(name: str, customers: int, facts_a_head: int, tell: Tell) -> Iterator[House]:
    """An installation with so many customers and a server that answers; gone afterwards."""
    with ExitStack() as end:
        url = end.enter_context(_database(f"bench_{name}_{os.getpid()}")) if connection.vendor == "postgresql" else ""
        house = House(Path(settings.DATA_DIR) / name, url, customers)
        open_house(house)
        began = time.monotonic()
        house.first_id = plant(house.folder, url, customers, facts_a_head)
        tell(f"  {customers:,} customers with {customers * facts_a_head:,} facts planted in {time.monotonic() - began:.0f} s")
        served = server(RAPPORT, house.folder / "server.log", is_up=answers, environment=house.environment)
        house.sign_in(end.enter_context(served))
        yield house


def open_house(house: House) -> None:
    """Tables, a member of staff, and one customer by the door, from whom the catalogue learns the kinds of facts."""
    house.folder.mkdir()
    house.give("user", "add", STAFF, "--role", "head", "--password-stdin", said=PASSWORD + "\n")
    first = house.folder / "first.jsonl"
    calls: list[dict[str, Any]] = [
        {"type": "track", "event": "Order Completed", "properties": {"order_id": "o", "revenue": 1, "currency": "EUR"}},
        {"type": "track", "event": "Feedback Given", "properties": {"score": 5}},
        {"type": "track", "event": "Product Viewed", "properties": {"sku": "S1", "category": "Shirts"}},
        {"type": "identify", "traits": {"email": "first@example.com", "country": "USA"}},
    ]
    facts = ({"messageId": f"first-{n}", "userId": "first", "timestamp": "2025-01-01T00:00:00Z", **call} for n, call in enumerate(calls))
    first.write_text("".join(f"{json.dumps(fact)}\n" for fact in facts))
    house.give("load", str(first), "--as", "events")


@contextmanager
def _database(name: str) -> Iterator[str]:
    """A database of its own in the cluster that RAPPORT_DATABASE_URL names."""
    with own_session() as session:
        session.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(os.environ["RAPPORT_DATABASE_URL"])._replace(path=f"/{name}"))
    finally:
        with own_session() as session:
            session.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
