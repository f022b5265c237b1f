"""The warehouse made anew from the log: beside the one that answers, then put in its place; or only compared with it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from rapport.events import queries as log
from rapport.lib.locks import loop_lock
from rapport.lib.refusals import Refusal
from rapport.warehouse import engine, loader, schema, upkeep
from rapport.warehouse.engine import LOCK, Home
from rapport.warehouse.schema import Columns

PASS_ROWS = 100_000
LOCK_WAIT_SECONDS = 120
TRIES_MAX = 5  # of a comparison while facts keep coming
Told = Callable[[int], None]  # called with the number of facts loaded so far


@dataclass(frozen=True)
class Rebuilt:
    facts: int
    seconds: float


@dataclass(frozen=True)
class Compared:
    """One table in the lake that is kept and in a fresh one."""

    table: str
    kept: int  # rows
    fresh: int
    equal: bool


def rebuild(told: Told) -> Rebuilt:
    """Make the warehouse anew. Readers keep the old one until the new one is whole; a kill in between leaves the old one."""
    began = time.monotonic()
    with loop_lock(upkeep.REBUILD_LOCK):
        fresh = engine.new_home()
        facts = _load_all(fresh, told)
        upkeep.merge_all(fresh)
        with loop_lock(LOCK, LOCK_WAIT_SECONDS):
            facts += _load_all(fresh, told, so_far=facts)
            old = engine.pointed_at()
            engine.point_at(fresh)
            if old is not None:
                os.utime(old.folder)  # retired now: the next tidying removes it once no reader can be inside
                engine.forget_writer(old)
    return Rebuilt(facts, time.monotonic() - began)


def verify(told: Told) -> list[Compared]:
    """Compare a fresh rebuild, in a temporary place, with what is kept: every table, every row, whatever their order."""
    kept = engine.home()
    with _temporary_home() as fresh:
        _load_all(fresh, told)
        for _ in range(TRIES_MAX):
            with loop_lock(LOCK, LOCK_WAIT_SECONDS):
                end = log.log_end()
                _load_all(kept, told)
                _load_all(fresh, told)
                found = _compare(kept, fresh)
                if all(one.equal for one in found) or log.log_end() == end:
                    return found  # else facts came while the record was asked: once more
    raise Refusal(
        f"Facts kept coming through {TRIES_MAX} comparisons, so none of them is sure.", mend="Ask again when the doors are quiet."
    )


@contextmanager
def _temporary_home() -> Iterator[Home]:
    with loop_lock(upkeep.REBUILD_LOCK):
        fresh = engine.new_home()
        try:
            yield fresh
        finally:
            upkeep.remove(fresh)


def _load_all(to: Home, told: Told, *, so_far: int = 0) -> int:
    facts = 0
    while count := loader.load(to, PASS_ROWS):
        facts += count
        told(so_far + facts)
    return facts


def _compare(kept: Home, fresh: Home) -> list[Compared]:
    with engine.reading(kept) as one, engine.reading(fresh) as other:
        ours, theirs = _filled_tables(one), _filled_tables(other)
        found = []
        for table in sorted(ours.keys() | theirs.keys()):
            columns = {**ours.get(table, {}), **theirs.get(table, {})}
            if table == "watermark":  # how many facts it took to come here may differ: a load may have been taken back
                columns = {column: kind for column, kind in columns.items() if column in ("tx", "event_id")}
            left, right = (_sum_of(lake, table, columns, there.get(table)) for lake, there in ((one, ours), (other, theirs)))
            found.append(Compared(table, left[0], right[0], left == right))
        return found


def _filled_tables(lake: duckdb.DuckDBPyConnection) -> dict[str, Columns]:
    """The tables with rows: of two thousand kinds of facts most may have none."""
    filled = {row[0] for row in lake.execute("SELECT table_name FROM ducklake_table_info('w') WHERE file_count > 0").fetchall()}
    return {table: columns for table, columns in schema.kept_tables(lake).items() if table in filled}


def _sum_of(lake: duckdb.DuckDBPyConnection, table: str, columns: Columns, there: Columns | None) -> tuple[int, int, int]:
    """How many rows, and two sums over all of them that no order changes. A column or table that is not there holds nothing."""
    if there is None:
        return 0, 0, 0
    values = ", ".join(schema.name(one) if one in there else f"NULL::{kind}" for one, kind in sorted(columns.items()))
    hashes = f"SELECT hash({values}) AS h FROM w.{schema.name(table)}"
    row = lake.execute(f"SELECT count(*), coalesce(sum(h::HUGEINT), 0), coalesce(bit_xor(h), 0) FROM ({hashes})").fetchall()[0]
    return row[0], row[1], row[2]
