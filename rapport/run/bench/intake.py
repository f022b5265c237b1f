"""Intake against plain inserts of the very rows it makes: batches through the HTTP door of a real server, and a file.

The peer writes to the same table with the same indexes and unique key, a thousand rows a transaction, and does nothing else.
"""

import http.client
import json
import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from rapport.intake.files.actions import run_load, start_load
from rapport.intake.keys import make_key
from rapport.lib.refusals import Refusal
from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.processes import RAPPORT, server

EVENTS = 250_000  # an empty table flatters plain inserts: all of its indexes stand in the cache
BATCH = 1_000
SENDERS = 4
CUSTOMERS = 5_000
RUNS = 3
DOOR, FILE = 2.0, 3.0  # at least half, and a third, of the peer's rows a second
COLUMNS = (
    "id", "message_id", "event_type_id", "customer_id", "time_us", "received_us", "source_id", "load_id", "rate_e9", "payload",
)  # fmt: skip
WIPED = ("events_unratedevent", "events_event", "customers_identifier", "customers_customer", "intake_load", "intake_reject")


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    if _facts():
        raise Refusal("The benchmark wipes the tables it measures, and this record holds facts.", mend="Name an empty database.")
    messages = [_message(number, random.Random(number)) for number in range(options["events"])]  # seeded: every run is the same
    path = settings.DATA_DIR / "events.jsonl"
    path.write_text("".join(f"{json.dumps(message)}\n" for message in messages))
    batches = [json.dumps({"batch": messages[start : start + BATCH]}) for start in range(0, len(messages), BATCH)]
    tell(
        f"  {len(messages):,} facts of {CUSTOMERS:,} customers on {connection.vendor}; the peer: executemany, {BATCH:,} rows a transaction"
    )
    _load(path)()
    rows = _rows()
    _wipe()
    yield Case("a file of events", _load(path), "plain inserts", _plain(rows), FILE, runs=RUNS, fresh=_wipe)
    with server(RAPPORT, settings.DATA_DIR / "server.log") as port:
        key = make_key("the benchmark").key
        name = f"HTTP batches of {BATCH:,}, {SENDERS} senders"
        yield Case(name, _posts(port, key, batches), "plain inserts", _plain(rows), DOOR, runs=RUNS, fresh=_wipe)
    _wipe()


BENCH = Bench("facts through the doors against plain inserts of the same rows", cases, options={"events": EVENTS}, on_any_database=True)


def _message(number: int, chance: random.Random) -> dict[str, Any]:
    properties = {
        "sku": f"S{chance.randrange(500)}",
        "price": chance.randrange(100, 9_999) / 100,
        "category": "Shirts",
        "position": number % 9,
    }
    at = f"2024-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}T{chance.randrange(24):02d}:{chance.randrange(60):02d}:00Z"
    who = f"user-{chance.randrange(CUSTOMERS)}"
    return {
        "type": "track", "event": "Product Viewed", "userId": who, "messageId": f"bench-{chance.getrandbits(64):016x}-{number}",
        "timestamp": at, "properties": properties,
    }  # fmt: skip


def _load(path: Path) -> Callable[[], int]:
    def run() -> int:
        return int(run_load(start_load(path, "events").id)["accepted"]) and _facts()

    return run


def _posts(port: int, key: str, batches: list[str]) -> Callable[[], int]:
    """Some senders at once, each with a connection of its own, as shops' servers do."""
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"}

    def send(mine: list[str]) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port)
        for body in mine:
            line.request("POST", "/v1/batch", body, headers)
            answer = line.getresponse()
            words = answer.read()
            assert answer.status == 200, words
        line.close()

    def run() -> int:
        with ThreadPoolExecutor(SENDERS) as senders:
            for done in [senders.submit(send, batches[number::SENDERS]) for number in range(SENDERS)]:
                done.result()
        return _facts()

    return run


def _plain(rows: list[tuple[Any, ...]]) -> Callable[[], int]:
    statement = f"INSERT INTO events_event ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"

    def run() -> int:
        for start in range(0, len(rows), BATCH):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(statement, rows[start : start + BATCH])
        return _facts()

    return run


def _rows() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM events_event ORDER BY id")
        return [tuple(row) for row in cursor.fetchall()]


def _facts() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_event")
        return int(cursor.fetchone()[0])


def _wipe() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(WIPED)} CASCADE")
            return
        for table in WIPED:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
