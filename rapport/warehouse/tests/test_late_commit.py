"""On PostgreSQL a lower id may be committed after a higher one: the loader waits for it, and reads each fact once."""

import json
import random
import threading
import time

import psycopg
import pytest
from django.db import connection, transaction

from rapport.events import actions as log
from rapport.events.catalogue import event_type_ids
from rapport.lib.locks import own_session
from rapport.lib.refusals import Refusal
from rapport.warehouse import actions
from rapport.warehouse.tests.conftest import START_US, Write, load_all, rows

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer: an id is a watermark there")
INSERT = f"INSERT INTO events_event ({', '.join(log.COLUMNS)}) VALUES (%s, %s, %s, 1, %s, %s, NULL, NULL, NULL, %s)"


def insert(session: "psycopg.Connection[tuple[object, ...]]", number: int, kind: int) -> None:
    session.execute(INSERT.encode(), [number, f"m{number}", kind, START_US, START_US, json.dumps({"properties": {"n": number}})])


def ids_and_kind(count: int) -> tuple[list[int], int]:
    with transaction.atomic():
        return list(log.append_ids(count)), event_type_ids(["Visited"])["Visited"]


def test_a_lower_id_committed_later_is_read_once(write: Write) -> None:
    (low, high), kind = ids_and_kind(2)
    with own_session() as early, own_session() as late:
        early.execute("BEGIN")
        insert(early, low, kind)
        insert(late, high, kind)  # commits at once
        assert load_all() == 0  # the open one might hold a lower place
        with pytest.raises(Refusal, match="end within"):
            actions.catch_up(0.2)
        early.execute("COMMIT")
    assert load_all() == 2
    assert rows("SELECT event_id FROM visited ORDER BY 1") == [(low,), (high,)]


def test_a_lower_id_in_a_later_transaction_is_read_after_the_higher(write: Write) -> None:
    (low, high), kind = ids_and_kind(2)
    with own_session() as session:
        insert(session, high, kind)
        assert load_all() == 1
        insert(session, low, kind)
        assert load_all() == 1
    assert rows("SELECT n::INTEGER FROM visited ORDER BY 1") == [(low,), (high,)]


def test_six_writers_out_of_order_lose_nothing(write: Write) -> None:
    ids, kind = ids_and_kind(600)
    chance = random.Random(7)
    chance.shuffle(ids)

    def door(mine: list[int]) -> None:
        with own_session() as session:
            for start in range(0, len(mine), 10):
                session.execute("BEGIN")
                for number in mine[start : start + 10]:
                    insert(session, number, kind)
                time.sleep(0.003)
                session.execute("COMMIT")

    doors = [threading.Thread(target=door, args=(ids[number::6],)) for number in range(6)]
    for thread in doors:
        thread.start()
    while any(thread.is_alive() for thread in doors):
        actions.load_pass()
    for thread in doors:
        thread.join()
    load_all()
    assert rows("SELECT count(*), count(DISTINCT event_id) FROM visited") == [(600, 600)]
