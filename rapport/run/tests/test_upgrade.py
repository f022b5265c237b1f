"""Yesterday's record: it is refused, then upgraded with everything in it, after a copy; a second time nothing happens."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.installation import Installation

CUSTOMERS = 40


def fill(house: Installation, tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("user_id,email,city\n" + "".join(f"c{n},c{n}@example.com,Omaha\n" for n in range(CUSTOMERS)))
    house.run("load", str(path), "--as", "customers")


def test_a_record_of_yesterday_keeps_all_it_holds(installation: Installation, tmp_path: Path) -> None:
    fill(installation, tmp_path)
    installation.run("migrate", "commerce", "0001")  # as it was before the company's currency had a table
    facts = "SELECT id, message_id, customer_id, time_us, payload FROM events_event ORDER BY id"
    people = "SELECT id, known, traits, email FROM customers_customer ORDER BY id"
    before = installation.rows(facts), installation.rows(people)
    assert len(before[1]) == CUSTOMERS
    refused = installation.run("key", "list", check=False)
    assert refused.returncode == 2
    assert "rapport upgrade" in refused.stderr
    assert "Upgraded: 2 steps" in installation.run("upgrade").stdout
    assert (installation.rows(facts), installation.rows(people)) == before
    assert installation.ask("check")["ok"]
    assert installation.ask("segment", "count", 'city = "Omaha"')["count"] == CUSTOMERS
    assert "already" in installation.run("upgrade").stdout
    if not installation.database_url:
        (copy,) = (installation.folder / "before-upgrade").glob("*.sqlite")
        with closing(sqlite3.connect(copy)) as record:
            assert record.execute(facts).fetchall() == before[0]
