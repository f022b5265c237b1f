"""Backup and restore: whole under write load, never half, never over something else, and an older one comes back and is upgraded."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rapport.lib.refusals import Refusal
from rapport.run.backup.archive import ZSTD_MAGIC, Head, Writer, read_head, read_whole
from rapport.run.tests.bare import give
from tests.installation import Installation, database

WRITER = """
import sys, django
django.setup()
from rapport.intake.actions import receive
from rapport.intake.models import Source
from rapport.lib.clock import now_us
source = Source.objects.get_or_create(name="load")[0]
number, NOTE = 0, "a\\tb\\\\ \\u00e9"
while True:
    facts = [
        {"type": "track", "event": "Till Rang", "messageId": f"{number}:{n}", "userId": f"c{number % 50}",
         "properties": {"n": n, "note": NOTE}}
        for n in range(20)
    ]
    assert not receive(facts, source_id=source.id, received_us=now_us()).refused
    number += 1
    print(number, flush=True)
"""
BIG_BYTES = 80_000_000
WAIT_SECONDS = 60


def quiet(*_: object) -> None:
    """A progress bar nobody sees."""


@contextmanager
def writing(house: Installation) -> Iterator[None]:
    """Another process takes facts in, batch after batch."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        env={**house.environment, "DJANGO_SETTINGS_MODULE": "rapport.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert writer.stdout is not None
        for _ in range(10):
            assert writer.stdout.readline(), "the writer does not write"
        yield
        assert writer.poll() is None, "the writer gave up"
    finally:
        writer.kill()
        writer.wait()


@pytest.fixture
def beside(installation: Installation) -> Iterator[Installation]:
    """An empty installation next to the first: a folder nobody has used and, on PostgreSQL, a database without tables."""
    if not installation.database_url:
        yield Installation(installation.folder.parent / "beside", "", installation.end)
        return
    with database(os.environ["RAPPORT_DATABASE_URL"]) as url:
        yield Installation(installation.folder.parent / "beside", url, installation.end)


def tables(house: Installation) -> list[str]:
    if house.database_url:
        found = house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    else:
        real = "type = 'table' AND name NOT LIKE 'sqlite%' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        found = house.rows(f"SELECT name FROM sqlite_master WHERE {real} ORDER BY 1")
    return [name for (name,) in found]


def everything(house: Installation) -> dict[str, list[str]]:
    """Every row of every table, past our own code."""
    return {table: sorted(map(repr, house.rows(f'SELECT * FROM "{table}"'))) for table in tables(house)}


def fill(house: Installation, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        "order_id,customer,time,sku,quantity,unit_price\n"
        + "".join(f"o{n},c{n % 7},2026-01-0{1 + n % 9},S{n % 3},1,9.50\n" for n in range(60))
    )
    house.run("load", str(path), "--as", "orders", "--currency", "EUR")
    (house.folder / "uploads" / "é").mkdir(parents=True)
    (house.folder / "uploads" / "é" / "given in.csv").write_text("a,b\n")
    (house.folder / "uploads" / "empty.csv").write_text("")


def test_what_was_saved_comes_back_to_the_last_row_and_file(installation: Installation, beside: Installation, tmp_path: Path) -> None:
    fill(installation, tmp_path)
    target = tmp_path / "house.backup"
    saved = installation.ask("backup", str(target))
    assert target.stat().st_mode & 0o777 == 0o600
    assert saved["files"] >= 3
    restored = beside.ask("restore", str(target))
    assert (restored["rows"], restored["tables"], restored["is_older"]) == (saved["rows"], saved["tables"], False)
    assert everything(beside) == everything(installation)
    for path in ("secrets/django", "uploads/é/given in.csv", "uploads/empty.csv"):
        assert (beside.folder / path).read_bytes() == (installation.folder / path).read_bytes()
    assert (beside.folder / "secrets" / "django").stat().st_mode & 0o077 == 0
    assert not (beside.folder / ".restoring").exists()
    assert beside.ask("segment", "count", 'number of "Order Completed" >= 8')["count"] == 7
    assert beside.ask("rebuild", "--verify")["equal"]
    again = beside.run("load", str(tmp_path / "orders.csv"), "--as", "orders", "--currency", "EUR")
    assert "0 taken in" in again.stderr + again.stdout or "known already" in again.stderr + again.stdout


def test_new_numbers_go_on_behind_the_saved_ones(installation: Installation, beside: Installation, tmp_path: Path) -> None:
    fill(installation, tmp_path)
    installation.run("backup", str(tmp_path / "house.backup"))
    beside.run("restore", str(tmp_path / "house.backup"))
    for house in (installation, beside):
        more = tmp_path / "more.csv"
        more.write_text("user_id,email\nnew,new@example.com\n")
        house.run("load", str(more), "--as", "customers")
    newest = "SELECT max(id) FROM customers_customer"
    assert beside.rows(newest) == installation.rows(newest)


@pytest.mark.slow
def test_under_write_load_it_is_one_moment(installation: Installation, beside: Installation, tmp_path: Path) -> None:
    targets = [tmp_path / f"{number}.backup" for number in range(3)]
    sure = 0
    with writing(installation):
        for target in targets:
            sure = int(installation.rows("SELECT count(*) FROM events_event")[0][0])
            installation.run("backup", str(target))
    manifest = read_whole(targets[-1], quiet)
    assert beside.run("restore", str(targets[-1])).stdout.startswith("Restored")
    held = {table: len(beside.rows(f'SELECT 1 FROM "{table}"')) for table in tables(beside)}
    assert held == {table: said["rows"] for table, said in manifest.tables.items()}
    assert held["events_event"] >= sure
    facts = "SELECT id, message_id, customer_id, time_us, payload FROM events_event"
    assert set(beside.rows(facts)) <= set(installation.rows(facts))
    assert beside.rows("SELECT count(*) % 20 FROM events_event WHERE message_id LIKE '%:%'") == [(0,)], "a batch was cut in two"
    first, second = (read_whole(target, quiet).tables["events_event"] for target in targets[:2])
    assert first["rows"] < second["rows"]
    assert first["checksum"] != second["checksum"]
    assert beside.ask("rebuild", "--verify")["equal"]


def test_a_backup_never_takes_the_place_of_a_file_and_never_saves_nothing(installation: Installation, tmp_path: Path) -> None:
    there = tmp_path / "there.backup"
    there.write_text("precious")
    refused = installation.run("backup", str(there), check=False)
    assert refused.returncode == 2
    assert there.read_text() == "precious"
    assert installation.run("backup", str(tmp_path / "nowhere" / "x.backup"), check=False).returncode == 2
    empty = give(tmp_path / "empty", "backup", str(tmp_path / "x.backup"))
    assert empty.returncode == 2
    assert "nothing to save" in empty.stderr
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob(".*.partial"))


def big(house: Installation) -> None:
    (house.folder / "uploads").mkdir(exist_ok=True)
    (house.folder / "uploads" / "big.csv").write_bytes(random.Random(1).randbytes(BIG_BYTES))


def wait_for(found: Any, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not found():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.mark.slow
def test_killed_in_the_middle_there_is_no_backup_and_the_next_one_tidies_up(installation: Installation, tmp_path: Path) -> None:
    big(installation)
    place = tmp_path / "backups"
    place.mkdir()
    target = place / "house.backup"
    process = installation.start("backup", str(target))
    wait_for(
        lambda: any(path.stat().st_size > BIG_BYTES // 20 for path in place.glob(".house.backup.*.partial") if path.is_file()), process
    )
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not target.exists()
    assert list(place.iterdir()), "nothing was under way"
    installation.run("backup", str(target))
    assert [path.name for path in place.iterdir()] == ["house.backup"]
    assert read_whole(target, quiet).contents["files/uploads/big.csv"]["bytes"] == BIG_BYTES


@pytest.mark.slow
def test_a_killed_restore_is_cleared_by_the_next(installation: Installation, beside: Installation, tmp_path: Path) -> None:
    fill(installation, tmp_path)
    big(installation)
    target = tmp_path / "house.backup"
    installation.run("backup", str(target))
    process = beside.start("restore", str(target))
    wait_for((beside.folder / ".restoring" / "files").exists, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (beside.folder / "uploads").exists()
    (beside.folder / ".restoring" / "moved.json").write_text('["uploads/half.csv"]')  # as if it had come as far as moving
    (beside.folder / "uploads").mkdir()
    (beside.folder / "uploads" / "half.csv").write_text("a\n")
    beside.run("restore", str(target))
    assert not (beside.folder / "uploads" / "half.csv").exists()
    assert everything(beside) == everything(installation)
    assert (beside.folder / "uploads" / "big.csv").stat().st_size == BIG_BYTES


@pytest.fixture
def whole(installation: Installation, tmp_path: Path) -> Path:
    fill(installation, tmp_path)
    installation.run("backup", str(tmp_path / "whole.backup"))
    return tmp_path / "whole.backup"


def damaged(whole: Path, kind: str) -> Path:
    body = bytearray(whole.read_bytes())
    if kind.startswith("cut"):
        body = body[: len(body) * int(kind.removeprefix("cut at ").removesuffix(" %")) // 100]
    elif kind == "a byte changed":
        body[len(body) // 2] ^= 0xFF
    elif kind == "another file":
        body = bytearray(b"PK\x03\x04 not ours")
    elif kind == "another compressed file":
        body = bytearray(ZSTD_MAGIC + b"and nothing more")
    else:
        body = bytearray()
    whole.with_name("damaged.backup").write_bytes(body)
    return whole.with_name("damaged.backup")


KINDS = ("cut at 5 %", "cut at 60 %", "cut at 99 %", "a byte changed", "another file", "another compressed file", "empty")


def test_what_is_no_whole_backup_is_refused_and_nothing_is_half_done(whole: Path, beside: Installation) -> None:
    for kind in KINDS:
        refused = beside.run("restore", str(damaged(whole, kind)), check=False)
        assert refused.returncode == 2, f"{kind}: {refused.stderr}"
        assert "Traceback" not in refused.stderr, kind
        assert any(word in refused.stderr for word in ("damaged", "cut off", "no backup made by Rapport")), f"{kind}: {refused.stderr}"
        assert not (beside.folder / "uploads").exists(), kind
        assert not (beside.folder / ".restoring").exists(), kind
    beside.run("restore", str(whole))


@pytest.mark.parametrize("mask", [0x01, 0xFF])
def test_a_changed_byte_is_seen_wherever_it_stands(tmp_path: Path, mask: int) -> None:
    """Words that the compressor leaves as they are, too: head, columns and sums are in them."""
    path, changed = tmp_path / "house.backup", tmp_path / "changed.backup"
    head = Head(rapport="1", database="postgresql", made_us=1, steps=["customers.0001_initial"])
    with path.open("wb") as file:
        writer = Writer(file, head)
        writer.manifest.tables["customers_consent"] = {"rows": 1, "checksum": [1, 2], "columns": ["id", "given"]}
        writer.add("tables/customers_consent", [random.Random(5).randbytes(400)])
        writer.end()
    body, manifest = path.read_bytes(), read_whole(path, quiet)
    seen = 0
    for at in range(len(body)):
        changed.write_bytes(body[:at] + bytes([body[at] ^ mask]) + body[at + 1 :])
        try:
            assert (read_head(changed), read_whole(changed, quiet)) == (head, manifest), at
        except Refusal:
            seen += 1
    assert seen > len(body) * 0.9


def test_a_house_with_anything_in_it_is_left_alone(whole: Path, installation: Installation, beside: Installation) -> None:
    before = everything(installation)
    refused = installation.run("restore", str(whole), check=False)
    assert refused.returncode == 2
    assert "holds something already" in refused.stderr
    assert everything(installation) == before
    (beside.folder / "uploads").mkdir(parents=True)
    (beside.folder / "uploads" / "mine.csv").write_text("a\n")
    refused = beside.run("restore", str(whole), check=False)
    assert refused.returncode == 2
    assert "uploads" in refused.stderr


def test_tables_without_a_row_are_no_hindrance(whole: Path, installation: Installation, beside: Installation) -> None:
    beside.run("migrate")
    beside.run("restore", str(whole))
    assert everything(beside) == everything(installation)


def test_a_backup_goes_back_to_its_own_kind_of_database(whole: Path, installation: Installation, tmp_path: Path) -> None:
    head = read_head(whole)
    assert head.database == ("postgresql" if installation.database_url else "sqlite")
    if installation.database_url:
        refused = give(tmp_path / "other", "restore", str(whole))
        assert refused.returncode == 2
        assert "RAPPORT_DATABASE_URL" in refused.stderr


def test_an_older_record_comes_back_as_it_was_and_is_upgraded(installation: Installation, beside: Installation, tmp_path: Path) -> None:
    fill(installation, tmp_path)
    kept = {
        table: rows
        for table, rows in everything(installation).items()
        if table not in ("commerce_branch", "commerce_companycurrency", "django_migrations")
    }
    installation.run("migrate", "commerce", "0001")
    assert "Stop the server" in installation.run("segment", "count", "everyone", check=False).stderr
    installation.run("backup", str(tmp_path / "old.backup"))
    said = beside.run("restore", str(tmp_path / "old.backup")).stdout
    assert "rapport upgrade" in said
    assert everything(beside) == everything(installation)
    assert "2 steps" in beside.run("upgrade").stdout
    assert {table: rows for table, rows in everything(beside).items() if table in kept} == kept
    assert beside.ask("segment", "count", "everyone")["count"] == 7


def test_a_newer_record_is_refused_in_words(installation: Installation, tmp_path: Path) -> None:
    add = "INSERT INTO django_migrations (app, name, applied) VALUES ('customers', '0999_tomorrow', CURRENT_TIMESTAMP)"
    installation.run("key", "add", "--source", "shop")
    write(installation, add)
    refused = installation.run("backup", str(tmp_path / "new.backup"), check=False)
    assert refused.returncode == 2
    assert "newer Rapport" in refused.stderr


def write(house: Installation, sql: str) -> None:
    if house.database_url:
        with psycopg.connect(house.database_url) as connection:
            connection.execute(sql)
        return
    with sqlite3.connect(house.folder / "record.sqlite") as record:
        record.execute(sql)


def test_the_backup_says_when_it_was_made_for_whoever_watches(whole: Path, installation: Installation) -> None:
    assert json.loads((installation.folder / "last-backup.json").read_text())["bytes"] == whole.stat().st_size
