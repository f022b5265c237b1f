"""A shop's history of any size for the benchmark of segments, written straight to the lake of an empty installation."""

import random
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import duckdb

from rapport.events import queries as events
from rapport.events.actions import NewFact, record
from rapport.lib.clock import to_us
from rapport.run.bench.frame import Tell
from rapport.warehouse import engine, schema
from rapport.warehouse import queries as warehouse
from rapport.warehouse.actions import catch_up

SEED = 20_100_101
FROM, UNTIL = datetime(2010, 1, 1, tzinfo=UTC), datetime(2011, 12, 10, tzinfo=UTC)  # what is asked is asked at the end
SLICE_FACTS = 10_000_000  # one slice is sorted in memory
FACTS_A_CUSTOMER = 20
FIRST_ID = 1_000_000_000  # far from the ids the log gives to what is recorded later
SHARES = {"order_completed": 14, "feedback_given": 4, "product_viewed": 27, "page_viewed": 37, "email_opened": 12, "identify": 6}
NEW = {  # what goes on coming, with the table it goes to
    "Order Completed": "order_completed",
    "Feedback Given": "feedback_given",
    "Product Viewed": "product_viewed",
    "Page Viewed": "page_viewed",
    "Email Opened": "email_opened",
}
SKUS = ("22423", "85123A", "47566", "84879", "22720", "21212", "20725", "22197", "23203", "22383")
FACTS_AT_ONCE = 1_000
HOUR_US = 3_600_000_000
BESIDES = ("known", "aliases", "consents", "suppressions")


def statements(name: str) -> dict[str, str]:
    """The statements of an SQL file beside this one, each under a line `-- name: …`."""
    parts = files("rapport.run.bench").joinpath(name).read_text().split("-- name: ")[1:]
    return {head.strip(): body.strip().rstrip(";") for head, _, body in (part.partition("\n") for part in parts)}


def write_history(facts: int, tell: Tell) -> None:
    """So many facts of a twentieth as many customers over 2010 and 2011, in slices of customers, each sorted; once."""
    if "order_completed" in warehouse.ask(lambda reader: reader.filled):
        return tell("  the facts of an earlier run are there")
    sql = statements("history.sql")
    slices = -(-facts // SLICE_FACTS)
    for number in range(slices):
        size = facts // slices
        with engine.writing() as lake:
            schema.ensure(lake, events.catalogue().event_types.values(), schema.kept_tables(lake))
            _write_slice(lake, sql, number, size)
        tell(f"  {(number + 1) * size:,} facts written")


def add_facts(count: int, moment_us: int, customers: int) -> None:
    """New facts of random customers within the hour before a moment, by way of the log, and read by the warehouse.

    Nobody is waited for: what is timed afterwards begins with a lake that holds them.
    """
    chance = random.Random(moment_us)
    for start in range(0, count, FACTS_AT_ONCE):
        facts = [_new_fact(chance, f"bench:{moment_us}:{start + number}", moment_us, customers) for number in range(FACTS_AT_ONCE)]
        record(facts[: count - start])
    catch_up()


def _new_fact(chance: random.Random, message_id: str, moment_us: int, customers: int) -> NewFact:
    name = chance.choices(list(NEW), [SHARES[table] for table in NEW.values()])[0]
    said: dict[str, Any] = {}
    match name:
        case "Order Completed":
            lines = [{"sku": chance.choice(SKUS), "category": "Shirts", "quantity": 2, "price": 20} for _ in range(chance.randint(1, 4))]
            said = {"revenue": chance.randint(1, 300), "channel": chance.choice(("web", "shop", "app")), "products": lines}
        case "Feedback Given":
            said = {"score": chance.randint(1, 5)}
        case "Product Viewed":
            said = {"sku": chance.choice(SKUS), "category": chance.choice(("Shirts", "Coats", "Hats"))}
        case "Page Viewed":
            said = {"path": f"/p/{chance.randrange(500)}"}
        case "Email Opened":
            said = {"campaign_name": f"campaign {chance.randrange(60)}"}
    return NewFact(name, message_id, said, chance.randint(1, customers), moment_us - chance.randint(1, HOUR_US))


def _write_slice(lake: duckdb.DuckDBPyConnection, sql: dict[str, str], number: int, facts: int) -> None:
    customers = facts // FACTS_A_CUSTOMER
    bounds = {"first": 1 + number * customers, "last": 1 + (number + 1) * customers}
    from_id = FIRST_ID + number * facts
    for table, share in SHARES.items():
        to_id = from_id + facts * share // 100
        _run(lake, sql["drawn"], bounds | {"from_id": from_id, "to_id": to_id})
        _run(lake, sql[table], bounds)
        if table == "order_completed":
            _run(lake, sql["order_completed__products"], bounds)
        from_id = to_id
    for table in BESIDES:
        _run(lake, sql[table], bounds)


def _run(lake: duckdb.DuckDBPyConnection, statement: str, values: dict[str, int]) -> None:
    values = values | {"seed": SEED, "start": to_us(FROM), "span": to_us(UNTIL) - to_us(FROM)}
    lake.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})
