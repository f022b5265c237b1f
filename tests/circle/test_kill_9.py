"""`kill -9` at any moment: nothing acknowledged is lost, nothing is counted twice, and the warehouse rebuilt equals the one kept."""

import csv
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.circle.feeder import RINGS, Feeder, feeding
from tests.installation import Installation, free_port, kill

pytestmark = pytest.mark.slow
KILLS = [3, pytest.param(20, marks=pytest.mark.soak)]
ORDERS_A_FILE = 2_000
MISSES_MAX = 3  # kills that came after the end, for each that hit


@pytest.mark.parametrize("kills", KILLS)
def test_the_server_is_killed_while_facts_come_in(kills: int, installation: Installation) -> None:
    chance = random.Random(f"server {kills}")
    key, port = installation.ask("key", "add", "--source", "shop")["key"], free_port()
    server = installation.serve(port)
    with feeding(port, key) as feeder:
        for _ in range(kills):
            feeder.wait_for_more()
            time.sleep(chance.uniform(0, 3))
            kill(server)
            assert feeder.acknowledged_so_far() <= message_ids(installation)
            server = installation.serve(port)
        feeder.wait_for_more()
        feeder.finish()
    kill(server)
    assert_whole(installation, feeder)


@pytest.mark.parametrize("kills", KILLS)
def test_the_worker_is_killed_while_it_fills_the_warehouse(kills: int, installation: Installation) -> None:
    chance = random.Random(f"worker {kills}")
    key, port = installation.ask("key", "add", "--source", "shop")["key"], free_port()
    server = installation.serve(port, "--no-worker")
    with feeding(port, key) as feeder:
        for _ in range(kills):
            worker = installation.start("worker")
            time.sleep(chance.uniform(2, 6))
            assert worker.poll() is None, installation.words_of("worker")
            kill(worker)
        feeder.wait_for_more()
        feeder.finish()
    kill(server)
    assert_whole(installation, feeder)


@pytest.mark.parametrize("kills", KILLS)
def test_a_load_is_killed_and_goes_on_where_it_was(kills: int, installation: Installation, tmp_path: Path) -> None:
    """Beside it the same files go, undisturbed, into a house of their own: both end up the same."""
    chance = random.Random(f"load {kills}")
    calm, files, hits = installation.another("calm"), [], 0
    for number in range(kills * MISSES_MAX):
        files.append(str(orders_file(tmp_path / f"orders-{number}.csv", chance)))
        words = ("load", files[-1], "--as", "orders", "--currency", "EUR")
        before, wanted = facts_in(installation), chance.uniform(0.1, 0.8) * ORDERS_A_FILE
        load = installation.start(*words)
        while load.poll() is None and facts_in(installation) - before < wanted:
            time.sleep(0.02)
        hits += load.poll() is None
        kill(load)
        installation.run(*words)
        if hits == kills:
            break
    assert hits == kills, "the kills came too late to hit anything"
    calm.run("load", *files, "--as", "orders", "--currency", "EUR")
    assert told(installation) == told(calm)
    assert installation.ask("rebuild", "--verify")["equal"]
    for rule in ('sum(revenue) of "Order Completed" > 500', 'number of "Order Completed" >= 2 AND did "Order Cancelled"'):
        count = installation.ask("segment", "count", rule)["count"]
        assert count == calm.ask("segment", "count", rule)["count"]
        assert count > 0


def assert_whole(installation: Installation, feeder: Feeder) -> None:
    """Every fact is in the log once, each customer has what is theirs, and the warehouse says so too."""
    everyone = feeder.customers
    assert message_ids(installation) == feeder.acknowledged
    assert len(feeder.acknowledged) == everyone * (RINGS + 1)
    if not installation.database_url:
        assert installation.rows("PRAGMA integrity_check") == [("ok",)]
    assert installation.ask("rebuild", "--verify")["equal"]
    answer = installation.ask("segment", "count", f'everyone AND did "Till Rang" exactly {RINGS} times')
    assert [node["count"] for node in answer["nodes"]] == [everyone] * 3


def message_ids(installation: Installation) -> set[str]:
    """Of all that came from outside; twice in the log would break its unique key, so a set says all."""
    return {message_id for (message_id,) in installation.rows("SELECT message_id FROM events_event WHERE source_id IS NOT NULL")}


def told(installation: Installation) -> tuple[list[Any], list[Any]]:
    """What the log and the orders say, without the numbers that depend on the order of writing."""
    facts = installation.rows(
        "SELECT e.message_id, t.name, e.time_us, e.payload FROM events_event e JOIN events_eventtype t ON t.id = e.event_type_id"
    )
    orders = installation.rows("SELECT order_id, completed_us, cancelled_us, revenue_e6, refunded_e6, currency FROM commerce_order")
    return sorted(facts), sorted(orders, key=lambda row: str(row[0]))


def facts_in(installation: Installation) -> int:
    return int(installation.rows("SELECT count(*) FROM events_event")[0][0])


def orders_file(path: Path, chance: random.Random) -> Path:
    """A day's orders of one to four lines; some are cancelled, some customers come again in the next file."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order_id", "customer", "time", "sku", "name", "quantity", "unit_price", "status"])
        for number in range(ORDERS_A_FILE):
            customer = f"customer-{chance.randrange(2_000)}"
            when = f"2026-{chance.randrange(1, 10):02}-{chance.randrange(1, 28):02}T{chance.randrange(24):02}:00:00Z"
            status = chance.choice(["completed"] * 9 + ["cancelled"])
            for line in range(chance.randrange(1, 5)):
                price = f"{chance.randrange(500, 20_000) / 100:.2f}"
                rows.writerow(
                    [f"{path.stem}-{number}", customer, when, f"SKU-{line}", "Oxford shirt", chance.randrange(1, 4), price, status]
                )
    return path
