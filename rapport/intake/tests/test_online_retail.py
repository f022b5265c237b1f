"""Online Retail from the sample data, whole, through the command: everything it counts agrees with plain SQL over the same file."""

from pathlib import Path

import duckdb
import pytest

from rapport.segments.tests.retail_examples import AS_OF, FEEDBACKS, counts_by_hand, write_feedback
from tests.installation import Installation

COLUMNS = (
    "order_id=InvoiceNo", "customer=CustomerID", "time=InvoiceDate", "sku=StockCode", "name=Description", "quantity=Quantity",
    "unit_price=UnitPrice", "country=Country",
)  # fmt: skip
WORDS = ("--as", "orders", *(word for column in COLUMNS for word in ("--map", column)), "--currency", "GBP", "--timezone", "Europe/London")
LINES = "SELECT *, Quantity * UnitPrice::DECIMAL(18, 6) AS line FROM '{path}' WHERE CustomerID IS NOT NULL"


def plain(path: Path, question: str) -> tuple:
    """The answer of hand-written SQL over the lines that name a customer."""
    found = duckdb.sql(f"WITH lines AS ({LINES.format(path=path)}) {question}").fetchone()
    assert found is not None
    return found


@pytest.mark.large
@pytest.mark.slow
def test_online_retail_loads_whole_and_agrees_with_plain_sql(samples: Path, tmp_path: Path, installation: Installation) -> None:
    path = samples / "online_retail.parquet"
    answer = installation.ask("load", str(path), *WORDS)
    total, without_customer = plain(path, f"SELECT count(*), count(*) FILTER (CustomerID IS NULL) FROM '{path}'")
    orders, revenue = plain(path, "SELECT count(DISTINCT InvoiceNo), sum(line) FROM lines WHERE Quantity > 0 AND line >= 0")
    refunds, refunded = plain(path, "SELECT count(DISTINCT InvoiceNo), -sum(line) FROM lines WHERE Quantity < 0 OR line < 0")
    bought = "SELECT DISTINCT InvoiceNo FROM lines WHERE Quantity > 0 AND line >= 0"
    unmatched = plain(path, f"SELECT count(DISTINCT InvoiceNo) FROM lines WHERE Quantity < 0 AND InvoiceNo NOT IN ({bought})")[0]
    (people,) = plain(path, "SELECT count(DISTINCT CustomerID) FROM lines")

    assert (total, without_customer, people, unmatched) == (541_909, 135_080, 4_372, 3_654)
    assert [answer[name] for name in ("rows", "accepted", "repeated", "rejected")] == [total, total - without_customer, 0, without_customer]
    assert [answer[name] for name in ("customers", "orders", "cancelled", "refunds", "refunds_unmatched", "events")] == [
        people, orders, 0, refunds, unmatched, orders + refunds,
    ]  # fmt: skip

    kept = installation.rows("SELECT count(*), sum(revenue_e6) FROM commerce_order WHERE completed_us IS NOT NULL")[0]
    assert kept == (orders, int(revenue * 1_000_000))
    back = installation.rows("SELECT count(*), sum(refunded_e6) FROM commerce_order WHERE completed_us IS NULL")[0]
    assert back == (refunds, int(refunded * 1_000_000))
    assert installation.rows("SELECT count(*) FROM customers_customer WHERE known AND merged_into IS NULL") == [(people,)]
    first = plain(
        path, "SELECT epoch_us(timezone('Europe/London', min(InvoiceDate)::TIMESTAMP)), min(InvoiceNo) FROM lines WHERE Quantity > 0"
    )
    assert installation.rows(f"SELECT completed_us FROM commerce_order WHERE order_id = '{first[1]}'") == [(first[0],)]
    with Path(answer["reject_file"]).open() as rejected:
        assert sum(1 for line in rejected if "no customer" in line) == without_customer

    feedback = write_feedback(path, tmp_path / "feedback.jsonl")
    assert installation.ask("load", str(feedback), "--as", "events")["accepted"] == FEEDBACKS
    for rule, by_hand in counts_by_hand(path, feedback):
        found = installation.ask("segment", "count", rule, "--as-of", AS_OF)
        assert [node["count"] for node in found["nodes"]] == by_hand and found["count"] == by_hand[0], rule
        assert all(0 < node["count"] < people for node in found["nodes"] if node["text"] != "everyone"), rule

    again = installation.ask("load", str(path), *WORDS)
    assert [again[name] for name in ("rows", "accepted", "repeated", "rejected")] == [total, 0, total - without_customer, without_customer]
    assert [again[name] for name in ("customers", "orders", "cancelled", "refunds", "refunds_unmatched", "events")] == [0] * 6


@pytest.mark.large
@pytest.mark.slow
def test_online_retail_with_its_anonymous_buyers(samples: Path, tmp_path: Path, installation: Installation) -> None:
    """A day of it, as CSV: bad debts, damages and nameless buyers are kept under anonymous ids, and are nobody of everyone."""
    path = tmp_path / "days.csv"
    days = f"SELECT * FROM '{samples / 'online_retail.parquet'}' WHERE InvoiceDate BETWEEN '2011-08-11' AND '2011-08-14'"
    duckdb.sql(f"COPY ({days}) TO '{path}' (HEADER)")
    answer = installation.ask("load", str(path), *WORDS, "--anonymous")
    lines = f"(SELECT *, Quantity * UnitPrice::DECIMAL(18, 6) AS line FROM read_csv('{path}', types = {{'UnitPrice': 'DECIMAL(18,6)'}}))"
    (orders,) = duckdb.sql(f"SELECT count(DISTINCT InvoiceNo) FROM {lines} WHERE Quantity > 0 AND line >= 0").fetchall()[0]
    (refunds,) = duckdb.sql(f"SELECT count(DISTINCT InvoiceNo) FROM {lines} WHERE Quantity < 0 OR line < 0").fetchall()[0]
    (named,) = duckdb.sql(f"SELECT count(DISTINCT CustomerID) FROM {lines}").fetchall()[0]
    assert (answer["rejected"], answer["orders"], answer["refunds"]) == (0, orders, refunds)
    assert installation.rows("SELECT count(*) FROM customers_customer WHERE known") == [(named,)]
    assert installation.rows("SELECT refunded_e6 FROM commerce_order WHERE order_id = 'A563186'") == [(11_062_060_000,)]
