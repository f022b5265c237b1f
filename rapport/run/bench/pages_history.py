"""Customers with a history of any size, planted straight into the tables of an installation that has seen one of each kind of fact."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

SLICE = 500_000  # rows a statement
INDEX = "event_of_customer"  # made again at the end: its order is not that of the log
Execute = Callable[[str], Any]


def plant(folder: Path, url: str, customers: int, facts_a_head: int) -> int:
    """So many customers, each with as many facts, three orders among them, spread over two years; the first one's id."""
    with _opened(folder, url) as execute:
        statements = _statements(on_postgres=bool(url))
        kinds = dict(execute("SELECT name, id FROM events_eventtype").fetchall())
        first_customer = execute("SELECT max(id) + 1 FROM customers_customer").fetchone()[0]
        first_event = execute("SELECT max(id) + 1 FROM events_event").fetchone()[0]
        values = {
            "first_customer": first_customer,
            "first_event": first_event,
            "customers": customers,
            "ordered": kinds["Order Completed"],
            "said": kinds["Feedback Given"],
            "viewed": kinds["Product Viewed"],
        }
        execute(f"DROP INDEX {INDEX}")
        for name, rows in (("customers", customers), ("identifiers", customers), ("events", customers * facts_a_head)):
            for start in range(0, rows, SLICE):
                execute(statements[name].substitute(values, start=start, end=min(rows, start + SLICE)))
        for start in range(0, customers * min(3, facts_a_head), SLICE):
            end = min(customers * min(3, facts_a_head), start + SLICE)
            execute(statements["orders"].substitute(values, start=start, end=end))
        execute(f"CREATE INDEX {INDEX} ON events_event (customer_id, time_us)")
        if url:
            for table in ("customers_customer", "customers_identifier", "events_event", "commerce_order"):
                execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        execute("ANALYZE")
    return int(first_customer)


def _statements(*, on_postgres: bool) -> dict[str, Template]:
    text = files("rapport.run.bench").joinpath("pages_history.sql").read_text()
    numbers = (
        "SELECT generate_series($start, $end - 1)::bigint AS n"
        if on_postgres
        else "SELECT $start UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < $end"
    )
    parts = text.replace("{numbers}", numbers).split("-- name: ")[1:]
    return {head.strip(): Template(body) for head, _, body in (part.partition("\n") for part in parts)}


@contextmanager
def _opened(folder: Path, url: str) -> Iterator[Execute]:
    if url:
        import psycopg  # noqa: PLC0415  half a second that SQLite need not pay

        with psycopg.connect(url, autocommit=True) as connection:
            yield connection.execute
        return
    record = sqlite3.connect(folder / "record.sqlite", isolation_level=None)
    try:
        record.execute("PRAGMA synchronous=OFF")
        record.execute("PRAGMA cache_size=-262144")
        yield record.execute
        record.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        record.close()
