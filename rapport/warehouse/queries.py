"""The questions others may ask of the warehouse: a reader of one moment, how far it has read, how far behind it is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import duckdb

from rapport.events import queries as log
from rapport.lib.arrow import pa
from rapport.lib.clock import DAY_US, now_us
from rapport.warehouse import engine, schema
from rapport.warehouse.loader import Mark, read_mark

T = TypeVar("T")


@dataclass
class Reader:
    """The lake at one moment, for one thread: all that is asked through it agrees."""

    connection: duckdb.DuckDBPyConnection  # a cursor of one's own, `w` in use
    engine: str = "duckdb"

    def ask(self, question: Any) -> pa.Table:
        """The answer to an Ibis expression over the lake's tables."""
        import ibis  # noqa: PLC0415  seconds to import: only who asks pays

        return self.connection.execute(ibis.to_sql(question, dialect=self.engine)).to_arrow_table()

    @cached_property
    def ibis(self) -> Any:
        """Ibis over the same cursor. Ask by `.to_pyarrow()`."""
        import ibis  # noqa: PLC0415  seconds to import: only who asks pays

        return ibis.duckdb.from_connection(self.connection)

    @cached_property
    def mark(self) -> Mark:
        return read_mark(self.connection)

    @property
    def watermark(self) -> tuple[int, int]:
        """The last fact it holds, as (tx, id)."""
        return self.mark.place

    @cached_property
    def snapshot(self) -> tuple[str, int]:
        """Which state of which lake this is: equal ones hold the same rows."""
        (catalog,) = self.connection.execute("SELECT path FROM duckdb_databases() WHERE database_name = 'w'").fetchall()[0]
        (number,) = self.connection.execute("SELECT id FROM ducklake_current_snapshot('w')").fetchall()[0]
        return str(catalog), int(number)

    @cached_property
    def tables(self) -> dict[str, schema.Columns]:
        """What is there at this moment: the catalogue may have learned more since."""
        return schema.kept_tables(self.connection)

    @cached_property
    def filled(self) -> frozenset[str]:
        """The tables with any file: to name an empty one in a question costs as much as a small scan."""
        found = self.connection.execute("SELECT table_name FROM ducklake_table_info('w') WHERE file_count > 0").fetchall()
        return frozenset(name for (name,) in found)


@contextmanager
def reader() -> Iterator[Reader]:
    """Ask within; everything asked is of one moment, that of the first question."""
    with engine.reading() as cursor:
        yield Reader(cursor)


def ask(question: Callable[[Reader], T]) -> T:
    """Ask in a reader; where the catalog or a file has changed under it, attach anew and ask once more."""
    try:
        with reader() as found:
            return question(found)
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.IOException, duckdb.InternalException):
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
    """Import Ibis and attach the lake ahead of the first question: call it in a thread after start."""
    ask(lambda found: found.ibis.table("watermark").count().to_pyarrow())
