"""The warehouse is a pure function of the log: made anew it is the same, whatever befell the one that is kept."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from rapport.lib.locks import loop_lock
from rapport.warehouse import actions, engine, loader, queries, rebuilding
from rapport.warehouse.tests.conftest import Write, load_all, rows

ORDER = {"order_id": "o", "products": [{"sku": "a"}, {"sku": "b"}]}
LOAD = """
import django
django.setup()
from rapport.warehouse import actions
print("loading", flush=True)
while actions.load_pass(40):
    pass
"""
REBUILD = LOAD.replace("while actions.load_pass(40):\n    pass", "while True: actions.rebuild()")


def start(script: str, lake: Path) -> "subprocess.Popen[str]":
    words = connection.settings_dict
    url = f"postgres://{words['USER']}:{words['PASSWORD']}@{words['HOST']}:{words['PORT']}/{words['NAME']}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "rapport.settings", "RAPPORT_DATA_DIR": str(lake.parent)}
    environment["RAPPORT_DATABASE_URL"] = url
    if connection.vendor != "postgresql":
        environment["RAPPORT_DATABASE_URL"] = f"sqlite:///{words['NAME']}"
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n", process.communicate()[1]
    return process


def verify() -> tuple[int, dict[str, Any]]:
    """The command's exit status and its answer."""
    out, status = StringIO(), 0
    try:
        call_command("rebuild", "--verify", "--json", stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    return status, json.loads(out.getvalue())


def test_the_first_lake_of_all_can_come_from_a_rebuild(write: Write, lake: Path) -> None:
    write("Order Completed", ORDER, ORDER)
    assert engine.pointed_at() is None
    assert actions.rebuild().facts == 2
    assert queries.ask(lambda reader: "order_completed" in reader.filled)


def test_a_rebuild_takes_the_place_of_the_old_one(write: Write, lake: Path) -> None:
    write("Order Completed", ORDER, ORDER)
    load_all()
    old = engine.home()
    with queries.reader() as reader:
        done = actions.rebuild()
        assert reader.connection.execute("SELECT count(*) FROM order_completed__products").fetchall() == [(4,)]  # still inside the old one
    assert done.facts == 2
    assert engine.home() != old
    assert rows("SELECT count(*) FROM order_completed__products") == [(4,)]
    write("Order Completed", ORDER)
    assert load_all() == 1
    assert verify()[0] == 0


def test_verify_tells_a_row_too_many_too_few_and_changed(write: Write) -> None:
    write("Order Completed", ORDER, {**ORDER, "coupon": "X"})
    write("Consent Given", {"channel": "email"})
    load_all()
    status, answer = verify()
    assert (status, answer["equal"]) == (0, True)
    assert {table["table"]: table["kept"] for table in answer["tables"]} == {
        "watermark": 1, "order_completed": 2, "order_completed__products": 4, "consent_given": 1, "consents": 1,
    }  # fmt: skip
    with engine.writing() as lake:
        lake.execute("INSERT INTO order_completed__products SELECT * FROM order_completed__products LIMIT 1")
        lake.execute("DELETE FROM consents")
        lake.execute("UPDATE order_completed SET coupon = 'Y' WHERE coupon = 'X'")
        lake.execute("INSERT INTO aliases VALUES (1, 2)")
    status, answer = verify()
    different = [one["table"] for one in answer["tables"] if not one["equal"]]
    assert (status, different) == (1, ["aliases", "consents", "order_completed", "order_completed__products"])
    call_command("rebuild", "--json", stdout=StringIO())
    assert verify()[0] == 0


def test_nothing_is_left_of_a_comparison(write: Write, lake: Path) -> None:
    write("Order Completed", ORDER)
    load_all()
    assert verify()[0] == 0
    assert [folder.name for folder in lake.glob("wh_*")] == [engine.home().name]


@pytest.mark.slow
def test_loaders_killed_at_any_moment_count_nothing_twice(write: Write, lake: Path) -> None:
    chance = random.Random(3)
    write("Order Completed", *[ORDER] * 600)
    for _ in range(3):
        loading = start(LOAD, lake)
        time.sleep(chance.random() * 1.5)
        loading.send_signal(signal.SIGKILL)
        loading.communicate()
    load_all()
    assert rows("SELECT count(*), count(DISTINCT event_id) FROM order_completed") == [(600, 600)]
    assert verify()[0] == 0


@pytest.mark.slow
def test_a_rebuild_killed_at_any_moment_leaves_a_whole_one(write: Write, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    write("Order Completed", *[ORDER] * 100)
    load_all()
    for _ in range(3):
        rebuilding_process = start(REBUILD, lake)
        time.sleep(0.3 + chance.random() * 2)
        rebuilding_process.send_signal(signal.SIGKILL)
        rebuilding_process.communicate()
        assert rows("SELECT count(*) FROM order_completed__products") == [(200,)]
    with loop_lock(rebuilding.upkeep.REBUILD_LOCK, 30):  # a database server under load needs a moment to see that a holder is gone
        pass
    assert verify()[0] == 0


def test_facts_that_come_during_a_rebuild_are_in_it(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("Order Completed", ORDER)
    load_all()
    merge_all, came = rebuilding.upkeep.merge_all, []

    def meanwhile(fresh: engine.Home) -> None:
        came.extend(write("Order Completed", ORDER))
        loader.load(engine.home(), 100)
        merge_all(fresh)

    monkeypatch.setattr(rebuilding.upkeep, "merge_all", meanwhile)
    assert actions.rebuild().facts == 2
    assert rows("SELECT count(*) FROM order_completed") == [(2,)]
