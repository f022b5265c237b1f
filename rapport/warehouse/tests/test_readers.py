"""Readers see one moment, each with a cursor of its own, whatever the loader does meanwhile."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pytest
from django.db import connection
from pytest_django import Settings

from rapport.warehouse import actions, engine, queries
from rapport.warehouse.tests.conftest import DAY_US, START_US, Write, load_all, rows

ORDER = {"order_id": "o", "products": [{"sku": "a"}, {"sku": "b"}]}
WATCH = """
import django
django.setup()
from rapport.warehouse import queries
def look(reader):
    ask = lambda sql: reader.connection.execute(sql).fetchall()[0][0]
    orders = ask("SELECT count(*) FROM order_completed")
    lines = ask("SELECT count(*) FROM order_completed__products")
    facts = ask("SELECT facts FROM watermark")
    assert lines == 2 * orders and facts == orders, (facts, orders, lines)
    return orders
seen = {queries.ask(look)}
print("ready", flush=True)
while max(seen) < 321:
    seen.add(queries.ask(look))
print(len(seen), flush=True)
"""


def test_a_reader_stays_in_its_moment(write: Write) -> None:
    write("Order Completed", ORDER)
    load_all()
    with queries.reader() as reader:
        assert reader.connection.execute("SELECT count(*) FROM order_completed").fetchall() == [(1,)]
        write("Order Completed", ORDER, ORDER)
        load_all()
        assert reader.connection.execute("SELECT count(*) FROM order_completed__products").fetchall() == [(2,)]
        assert reader.mark.facts == 1
    assert rows("SELECT count(*) FROM order_completed__products") == [(6,)]


def test_questions_begun_are_answered_in_turn_and_those_nobody_waits_for_are_left(write: Write) -> None:
    write("Order Completed", *[{"order_id": f"o{number}"} for number in range(200)])
    load_all()
    started = time.monotonic()
    with queries.reader() as reader:
        orders = ibis.table({"order_id": "string"}, name="order_completed")
        endless = orders.cross_join(*(orders.select(**{f"of_{number}": "order_id"}) for number in range(6)))  # 200 to the 7th
        first, second = reader.begin(orders.count().as_table()), reader.begin(orders.order_id.nunique().as_table())
        reader.begin(endless.aggregate(n=endless.of_5.max()))
        reader.begin(orders.count().as_table())
        assert (second()[0][0].as_py(), first()[0][0].as_py()) == (200, 200)
    assert time.monotonic() - started < 60  # it would take hours
    assert rows("SELECT count(*) FROM order_completed") == [(200,)]


def test_trouble_with_a_copy_is_told_to_who_asks(write: Write) -> None:
    write("Order Completed", ORDER)
    load_all()
    with queries.reader() as reader:
        ids = np.array([1], np.int32)
        reader.tables["order_completed"]["no_such_column"] = "BIGINT"
        copy = reader.rows_of("order_completed", ["customer_id", "no_such_column"], ids, ids)
        with pytest.raises(duckdb.BinderException, match="no_such_column"):
            reader.ask(ibis.table({"customer_id": "int32"}, name=copy).count().as_table())


def test_a_new_column_breaks_no_open_reader(write: Write) -> None:
    write("Visited", {"page": "a"})
    load_all()
    with queries.reader() as early, queries.reader() as late:
        early.connection.execute("SELECT * FROM visited").fetchall()
        write("Visited", {"page": "b", "depth": 2})
        load_all()
        actions.tidy()
        assert early.connection.execute("SELECT page FROM visited").fetchall() == [("a",)]
        assert "depth" not in early.tables["visited"]
        assert len(late.connection.execute("SELECT page FROM visited").fetchall()) in (1, 2)  # its moment begins with its first question
    assert rows("SELECT page, depth FROM visited ORDER BY 1") == [("a", None), ("b", 2.0)]


def test_nothing_small_is_kept_in_the_catalog(write: Write) -> None:
    write("Visited", {"page": "a"})
    load_all()
    assert rows("SELECT value FROM ducklake_options('w') WHERE option_name = 'data_inlining_row_limit'") == [("0",)]
    assert rows("SELECT file_count FROM ducklake_table_info('w') WHERE table_name IN ('visited', 'watermark')") == [(1,), (1,)]


def test_eight_threads_count_alike(write: Write) -> None:
    for _ in range(3):
        write("Order Completed", *[ORDER] * 100)
        load_all()
    found: list[tuple[int, int]] = []

    def count() -> None:
        for _ in range(6):
            with queries.reader() as reader:
                orders = reader.connection.execute("SELECT count(*) FROM order_completed").fetchall()[0][0]
                lines = reader.ibis.table("order_completed__products").count().to_pyarrow().as_py()
                found.append((orders, lines))
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(300, 600)] * 48


def test_several_processes_read_while_one_writes(write: Write, lake: Path) -> None:
    write("Order Completed", ORDER)
    load_all()
    words = connection.settings_dict
    url = f"postgres://{words['USER']}:{words['PASSWORD']}@{words['HOST']}:{words['PORT']}/{words['NAME']}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "rapport.settings", "RAPPORT_DATA_DIR": str(lake.parent)}
    environment["RAPPORT_DATABASE_URL"] = url if connection.vendor == "postgresql" else ""
    watchers = [
        subprocess.Popen([sys.executable, "-c", WATCH], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        for watcher in watchers:
            assert watcher.stdout is not None
            assert watcher.stdout.readline() == "ready\n"
        for number in range(16):
            write("Order Completed", *[{**ORDER, f"p{number}": number}] * 20)  # a new column each time
            load_all()
            if number % 8 == 7:
                actions.tidy()
        for watcher in watchers:
            words_said, troubles = watcher.communicate(timeout=60)
            assert watcher.returncode == 0, troubles
            assert int(words_said) > 2, "it saw the lake grow"
    finally:
        for watcher in watchers:
            watcher.kill()
            watcher.communicate()


def test_a_question_is_asked_once_more_after_the_lake_was_changed_under_it(write: Write) -> None:
    write("Visited", {"page": "a"})
    load_all()
    tries = []

    def question(reader: queries.Reader) -> int:
        tries.append(engine._of_this_process().readers.copy())
        if len(tries) == 1:
            reader.connection.execute("SELECT * FROM no_longer_here")
        return int(reader.connection.execute("SELECT count(*) FROM visited").fetchall()[0][0])

    assert queries.ask(question) == 1
    assert len(tries) == 2
    assert list(tries[0].values()) != list(tries[1].values())


def test_warming_up_is_harmless_on_an_empty_lake(lake: Path) -> None:
    queries.warm()
    assert rows("SELECT facts FROM watermark") == [(0,)]


def test_facts_are_counted_by_their_own_day(write: Write) -> None:
    (_, second), (third,) = write("Visited", {"page": "a"}, {"page": "b"}), write("Left", {"page": "a"})  # a fact's day is its number
    load_all()
    before = START_US // DAY_US
    found = queries.facts_by_day(["visited", "left", "never_heard_of"], START_US + second * DAY_US)
    assert found == {"visited": {before + second: 1}, "left": {before + third: 1}, "never_heard_of": {}}


def test_what_memory_does_not_hold_is_spilled(lake: Path, settings: Settings) -> None:
    settings.WAREHOUSE_MEMORY = "200MB"
    with engine.writing() as to:
        to.execute("CREATE TEMP TABLE wide AS SELECT hash(range) AS h, repeat('x', 200) AS text FROM range(2_000_000) ORDER BY h")
        assert any(engine.spill_folder().glob("*-*/*"))
        assert to.execute("SELECT count(*), min(length(text)) FROM wide").fetchall() == [(2_000_000, 200)]
