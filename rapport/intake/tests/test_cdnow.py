"""CDNOW from the sample data, whole, through the command: orders without an order id, each row one of its own."""

from pathlib import Path

import duckdb
import pytest

from tests.installation import Installation

WORDS = (
    "--as", "orders", "--map", "customer=customer_id", "--map", "time=date", "--map", "quantity=n_cds", "--map", "amount=amount_usd",
    "--currency", "USD",
)  # fmt: skip


@pytest.mark.large
@pytest.mark.slow
def test_cdnow_loads_whole_and_agrees_with_plain_sql(samples: Path, installation: Installation) -> None:
    path = samples / "cdnow_master.parquet"
    answer = installation.ask("load", str(path), *WORDS)
    rows, people, revenue, free = duckdb.sql(
        f"SELECT count(*), count(DISTINCT customer_id), sum(amount_usd::DECIMAL(18, 6)), count(*) FILTER (amount_usd = 0) FROM '{path}'"
    ).fetchone() or (0, 0, 0, 0)
    assert (rows, people, free) == (69_659, 23_570, 80)
    assert [answer[name] for name in ("rows", "accepted", "repeated", "rejected", "customers", "orders", "refunds", "events")] == [
        rows, rows, 0, 0, people, rows, 0, rows,
    ]  # fmt: skip
    assert installation.rows("SELECT count(*), sum(revenue_e6) FROM commerce_order") == [(rows, int(revenue * 1_000_000))]
    assert installation.rows("SELECT count(*) FROM commerce_order WHERE revenue_e6 = 0") == [(free,)]
    again = installation.ask("load", str(path), *WORDS)
    assert [again[name] for name in ("rows", "accepted", "repeated", "rejected", "events")] == [rows, 0, rows, 0, 0]
