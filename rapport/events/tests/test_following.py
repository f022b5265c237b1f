"""Readers of the log in another cluster have behind them exactly what they had."""

import random
from typing import Any

from rapport.events import following
from rapport.events.following import CURSORS, EVENTS, Places


class Cluster:
    """Answers how far it has counted its transactions."""

    def __init__(self, own_tx: int) -> None:
        self.own_tx = own_tx

    def execute(self, _sql: str) -> "Cluster":
        return self

    def fetchone(self) -> tuple[int]:
        return (self.own_tx,)


def moved(places: Places, table: str, columns: list[str], rows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    body = b"".join(b"%d\tx\t%d\n" % row for row in rows)
    out = b"".join(places.moved(table, columns, [body]))
    return [(int(line.split(b"\t")[0]), int(line.split(b"\t")[2])) for line in out.splitlines()]


def test_every_reader_has_behind_it_what_it_had_and_before_it_the_rest() -> None:
    chance = random.Random(7)
    facts = [(chance.randrange(5_000, 5_040), number) for number in range(1, 400)]  # a lower id may have committed later
    readers = [chance.choice(facts) for _ in range(6)] + [(0, 0), max(facts)]
    cluster: Any = Cluster(800)
    places = Places(cluster, max(facts)[0], readers)
    assert places.anew
    new_facts = moved(places, EVENTS, ["tx", "payload", "id"], facts)
    new_readers = moved(places, CURSORS, ["tx", "name", "event_id"], readers)
    assert [number for _, number in new_facts] == [number for _, number in facts]
    assert all(3 <= tx < 800 for tx, _ in new_facts)
    for reader, new_reader in zip(readers, new_readers, strict=True):
        unread = {number for tx, number in facts if (tx, number) > reader}
        assert {number for tx, number in new_facts if (tx, number) > new_reader} == unread


def test_in_a_cluster_that_has_counted_further_nothing_changes() -> None:
    cluster: Any = Cluster(6_000)
    places = Places(cluster, 5_039, [(5_000, 1)])
    assert not places.moves(following.EVENTS)
    assert list(places.moved(following.EVENTS, ["tx", "id"], [b"5\t1\n"])) == [b"5\t1\n"]
