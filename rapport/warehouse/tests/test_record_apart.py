"""DuckDB never opens the record: its SQLite is another library than Python's, and two of them on one file in a process destroy it."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from django.db import connection, connections

import rapport
from rapport.warehouse import actions, engine, queries
from rapport.warehouse.tests.conftest import Write, load_all, rows, write_facts

PACKAGE = Path(rapport.__file__).parent
OPENERS = ("ATTACH", "sqlite_scan", "sqlite_query", "sqlite_attach", "ibis.sqlite", "ibis.duckdb.connect")


def test_one_module_alone_lets_duckdb_open_sqlite_files() -> None:
    sources = [path for path in PACKAGE.rglob("*.py") if "tests" not in path.parts]
    assert len(sources) > 50
    found = {(path.relative_to(PACKAGE).as_posix(), opener) for path in sources for opener in OPENERS if opener in path.read_text()}
    assert found == {("warehouse/engine.py", "ATTACH"), ("warehouse/engine.py", "sqlite_scan")}


def test_with_django_gone_nobody_has_the_record_open(write: Write) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("the record is one file on SQLite alone")
    write("Visited", {"page": "a"})
    load_all()
    with queries.reader() as reader, engine.writer(engine.home()) as lake:
        counted = [open_to.execute("SELECT count(*) FROM visited").fetchall() for open_to in (reader.connection, lake)]
        connection.close()
        opened = {str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()}
    assert counted == [[(1,)], [(1,)]]
    assert str(engine.home().folder / "catalog.sqlite") in opened
    record = str(connection.settings_dict["NAME"])
    assert not [path for path in opened if path.startswith(record)]


def test_the_record_stays_whole_while_the_loader_reads_and_the_doors_write(write: Write) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("the record is one file on SQLite alone")
    write("Visited", {"page": "a"})
    stop, written = threading.Event(), [1]

    def doors() -> None:
        try:
            while not stop.is_set():
                time.sleep(0.01)
                written[0] += len(write_facts("Visited", *({"page": str(number)} for number in range(20))))
        finally:
            connection.close()

    door = threading.Thread(target=doors)
    door.start()
    try:
        for _ in range(15):
            actions.load_pass()
            assert rows("SELECT count(*) = (SELECT facts FROM watermark) FROM visited") == [(True,)]
    finally:
        stop.set()
        door.join()
    load_all()
    assert rows("SELECT count(*), count(DISTINCT event_id) FROM visited") == [(written[0], written[0])]
    with sqlite3.connect(connections["default"].settings_dict["NAME"]) as record:
        assert record.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert record.execute("SELECT count(*) FROM events_event").fetchall() == [(written[0],)]
    record.close()
    assert queries.watermark()[1] >= written[0]
