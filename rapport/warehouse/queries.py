"""The questions others may ask of the warehouse: a reader of one moment, how far it has read, how far behind it is."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeVar

import duckdb
import numpy as np

from rapport.events import queries as log
from rapport.lib.arrow import pa
from rapport.lib.clock import DAY_US, now_us
from rapport.warehouse import engine, schema
from rapport.warehouse.loader import Mark, read_mark
from rapport.warehouse.spark import Elsewhere, elsewhere
from rapport.warehouse.spark_sessions import DUCKDB, EngineFailed

T = TypeVar("T")
COARSE = 4  # ids to a bit
INTERRUPT_SECONDS = 0.05


@dataclass
class Reader:
    """The lake at one moment, for one thread: all that is asked through it agrees."""

    connection: duckdb.DuckDBPyConnection  # a cursor of one's own, `w` in use
    home: str  # the lake's name: a rebuild makes another, whose snapshots are numbered anew
    elsewhere: Elsewhere | None = None  # who answers in DuckDB's place
    _worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "lake"))  # without a thread before the first question
    _begun: list[Future[pa.Table]] = field(default_factory=list)
    _to_make: deque[Callable[[], None]] = field(default_factory=deque)  # tables that a name stands for, before the next answer

    @property
    def engine(self) -> str:
        return DUCKDB if self.elsewhere is None else self.elsewhere.at.kind

    def begin(self, question: Any) -> Callable[[], pa.Table]:
        """Put an Ibis expression over the lake's tables to the engine that RAPPORT_ENGINE names; answers who waits for its answer.

        Questions are answered one after the other in a thread of their own, while the caller words the next one.
        """
        import ibis  # noqa: PLC0415  seconds to import: only who asks pays

        if self.elsewhere is not None:
            found = self.elsewhere.ask(question)
            return lambda: found
        begun = self._worker.submit(self._answer, str(ibis.to_sql(question, dialect=DUCKDB)))
        self._begun = [*(one for one in self._begun if not one.done()), begun]  # no answer is held longer than by who waits for it
        return begun.result

    def ask(self, question: Any) -> pa.Table:
        """The answer to an Ibis expression over the lake's tables."""
        return self.begin(question)()

    def rows_of(self, table: str, columns: Sequence[str], ids: np.ndarray, roots: np.ndarray) -> str:
        """Let a name stand for a copy of what customers have in a table, some columns of it, for as long as the reader lives.

        `ids` are as recorded; in the copy each is the customer beside it in `roots`.
        """
        copy = f"{table}@{len(self.tables)}"
        # under names that no column of the lake has
        asked = pa.table({"@id": pa.array(ids, pa.int32()), "@root": pa.array(roots, pa.int32())})
        if self.elsewhere is not None:
            self.elsewhere.rows_of(copy, table, columns, asked)
        else:
            self._to_make.append(partial(self._copy, copy, table, columns, asked))
        self.tables[copy] = {column: self.tables[table][column] for column in columns}
        return copy

    def given(self, rows: pa.Table, columns: schema.Columns) -> str:
        """Let a name stand for rows that are not of the lake, for as long as the reader lives; `columns` as the lake types them."""
        name = f"given@{len(self.tables)}"
        if self.elsewhere is not None:
            self.elsewhere.given(name, rows, columns)
        else:
            self._to_make.append(partial(self._give, name, rows, columns))
        self.tables[name] = columns
        return name

    def end(self) -> None:
        """Leave unasked what nobody waits for any more."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        while running := [one for one in self._begun if not one.done()]:
            self.connection.interrupt()  # passes unheard while a question is planned
            wait(running, INTERRUPT_SECONDS)

    def _idle(self) -> duckdb.DuckDBPyConnection:
        """The connection, once nothing more is asked through it."""
        wait(self._begun)
        return self.connection

    def _answer(self, sql: str) -> pa.Table:
        while self._to_make:
            self._to_make.popleft()()
        # a relation's answer is made by all threads, that of `execute` by one alone
        return self.connection.sql(sql).to_arrow_table()

    def _copy(self, copy: str, table: str, columns: Sequence[str], asked: pa.Table) -> None:
        ids = asked["@id"].to_numpy()
        last = int(ids.max())
        self.connection.register("@asked", asked)
        self.connection.execute("SET VARIABLE near = $bits::BLOB::BIT", {"bits": _coarse_bits(ids, last)})
        near = f"get_bit(getvariable('near'), least(customer_id // {COARSE}, {last // COARSE + 1})) = 1"
        of_roots = ['"@root" AS customer_id' if column == "customer_id" else schema.name(column) for column in columns]
        # materialized: joined at the end of the scan, the same takes twice as long
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {schema.name(copy)} AS"
            f' WITH "@near" AS MATERIALIZED (SELECT {schema.names(columns)} FROM w.{schema.name(table)} WHERE {near})'
            f' SELECT {", ".join(of_roots)} FROM "@near" JOIN "@asked" ON customer_id = "@id"'
        )
        self.connection.unregister("@asked")

    def _give(self, name: str, rows: pa.Table, columns: schema.Columns) -> None:
        typed = ", ".join(f"{schema.name(one)}::{kind} AS {schema.name(one)}" for one, kind in columns.items())
        self.connection.register("@given", rows)
        self.connection.execute(f'CREATE OR REPLACE TEMP TABLE {schema.name(name)} AS SELECT {typed} FROM "@given"')
        self.connection.unregister("@given")

    @cached_property
    def ibis(self) -> Any:
        """Ibis over the same cursor. Ask by `.to_pyarrow()`."""
        import ibis  # noqa: PLC0415  seconds to import: only who asks pays

        return ibis.duckdb.from_connection(self._idle())

    @cached_property
    def mark(self) -> Mark:
        return read_mark(self._idle())

    @property
    def watermark(self) -> tuple[int, int]:
        """The last fact it holds, as (tx, id)."""
        return self.mark.place

    @cached_property
    def snapshot(self) -> tuple[str, int]:
        """Which state of which lake this is: equal ones hold the same rows."""
        (number,) = self._idle().execute("SELECT id FROM ducklake_current_snapshot('w')").fetchall()[0]
        return self.home, int(number)

    @cached_property
    def tables(self) -> dict[str, schema.Columns]:
        """What is there at this moment: the catalogue may have learned more since."""
        return schema.kept_tables(self._idle())

    @cached_property
    def filled(self) -> frozenset[str]:
        """The tables with any file: to name an empty one in a question costs as much as a small scan."""
        found = self._idle().execute("SELECT table_name FROM ducklake_table_info('w') WHERE file_count > 0").fetchall()
        return frozenset(name for (name,) in found)


def _coarse_bits(ids: np.ndarray, last: int) -> bytes:
    """A bit for each COARSE ids in a row, set where one of them is asked for, and a last 0 for all that come after.

    A test of these bits goes down into the scan, which then leaves whole stretches of the other columns unread; a join does not.
    A bit for each id would be as exact as the join, but DuckDB is the slower the more bits there are.
    """
    near = np.zeros(last // COARSE + 2, dtype=np.bool_)
    near[ids // COARSE] = True
    return np.packbits(near).tobytes()


@contextmanager
def reader() -> Iterator[Reader]:
    """Ask within; everything asked is of one moment, that of the first question."""
    of = engine.home()
    with engine.reading(of) as cursor, elsewhere(cursor) as other:
        found = Reader(cursor, of.name, other)
        try:
            yield found
        finally:
            found.end()


def ask(question: Callable[[Reader], T]) -> T:
    """Ask in a reader; where the catalog or a file has changed under it, or an engine was started anew, ask once more."""
    try:
        with reader() as found:
            return question(found)
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.IOException, duckdb.InternalException, EngineFailed):
        engine.forget_readers()
        with reader() as found:
            return question(found)


def watermark() -> tuple[int, int]:
    """How far the warehouse has read the log, as (tx, id)."""
    return ask(lambda found: found.watermark)


@dataclass(frozen=True)
class Lag:
    """How stale the warehouse is: seconds since the oldest fact it lacks was received."""

    seconds: float
    facts_loaded: int


def lag() -> Lag:
    mark = ask(lambda found: found.mark)
    waiting = log.read_after(*mark.place, 1)
    return Lag(max(0.0, (now_us() - waiting[0][6]) / 1e6) if waiting else 0.0, mark.facts)


def facts_by_day(tables: Sequence[str], since_us: int) -> dict[str, dict[int, int]]:
    """How many facts each of these tables holds of each UTC day since then, by the day's number since 1970."""
    return ask(lambda found: {table: _by_day(found, table, since_us) for table in tables})


def _by_day(found: Reader, table: str, since_us: int) -> dict[int, int]:
    if table not in found.tables or table not in found.filled:
        return {}
    recent = f"FROM {schema.name(table)} WHERE time >= make_timestamp({since_us:d})"
    rows = found.connection.execute(f"SELECT epoch_us(time) // {DAY_US} AS day, count(*) {recent} GROUP BY 1").fetchall()
    return {int(day): count for day, count in rows}


def warm() -> None:
    """Import Ibis, attach the lake and start the engine ahead of the first question: call it in a thread after start."""
    import ibis  # noqa: PLC0415  seconds to import: only who asks pays

    ask(lambda found: found.ask(ibis.table({"customer_id": "int32"}, name="known").aggregate(n=ibis._.count())))
