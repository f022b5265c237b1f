"""Questions to Spark or Sail over the lake's own Parquet files: those of one moment, without the rows that are gone by then.

They read files and not the catalog, so DuckDB lists the files. A file of which rows are gone is written anew beside the lake,
once; the machines of a cluster must reach the lake's folder under the same path.
"""

import itertools
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings

from rapport.lib.arrow import pa
from rapport.warehouse import schema, spark_sessions
from rapport.warehouse.engine import FILES, WHOLE, quoted
from rapport.warehouse.spark_sessions import DUCKDB, EngineFailed, Place, plain_words

TYPES = {
    "INTEGER": "INT",
    "BIGINT": "BIGINT",
    "VARCHAR": "STRING",
    "DOUBLE": "DOUBLE",
    "DECIMAL(18,6)": "DECIMAL(18, 6)",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP_NTZ",
}
_numbers = itertools.count(1)


@dataclass
class Elsewhere:
    """One moment of the lake asked of Spark or Sail. Its tables there are views, made when a question first names them."""

    at: Place
    lake: duckdb.DuckDBPyConnection  # a cursor within a transaction: that fixes the moment
    tables: dict[str, schema.Columns]
    number: str = field(default_factory=lambda: f"q{os.getpid()}_{secrets.token_hex(4)}_{next(_numbers)}")
    views: dict[str, str] = field(default_factory=dict)

    def ask(self, question: Any) -> pa.Table:
        """The answer to an Ibis expression over the lake's tables."""
        from rapport.warehouse.spark_words import SailWords, SparkWords  # noqa: PLC0415  needs packages that may not be there

        words = (SparkWords if self.at.kind == "spark" else SailWords)(self._view)
        session = self.session
        with plain_words(self.at):
            return session.sql(words.sql(question)).toArrow()

    def rows_of(self, copy: str, table: str, columns: Sequence[str], asked: pa.Table) -> None:
        """Let a name stand for what customers have in a table, some columns of it; `asked` has each `@id` with the `@root` it is there."""
        of_roots = ["`@root` AS customer_id" if one == "customer_id" else f"`{one.replace('`', '``')}`" for one in columns]
        with plain_words(self.at):
            rows, whose = self.session.table(self._view(table)), self.session.createDataFrame(asked)
            self._name(copy, rows.join(whose, rows["customer_id"] == whose["@id"]).selectExpr(*of_roots))
        self.tables[copy] = {column: self.tables[table][column] for column in columns}

    def given(self, name: str, rows: pa.Table, columns: schema.Columns) -> None:
        """Let a name stand for rows that are not of the lake."""
        typed = [f"CAST(`{one}` AS {_type(kind)}) AS `{one}`" for one, kind in columns.items()]
        with plain_words(self.at):
            self._name(name, self.session.createDataFrame(rows).selectExpr(*typed))
        self.tables[name] = columns

    @cached_property
    def session(self) -> Any:
        return spark_sessions.session(self.at)

    def close(self) -> None:
        if self.views:
            with plain_words(self.at):
                for view in self.views.values():
                    self.session.catalog.dropTempView(view)

    def _view(self, table: str) -> str:
        """What a table is called there. Columns that came later are unknown in older files."""
        if table not in self.views:
            session, columns = self.session, self.tables[table]
            typed = {f"`{name.replace('`', '``')}`": _type(kind) for name, kind in columns.items()}
            if files := self._files(table):
                rows = session.read.schema(", ".join(f"{name} {kind}" for name, kind in typed.items())).parquet(*files)
            else:
                rows = session.sql(f"SELECT {', '.join(f'CAST(NULL AS {kind}) AS {name}' for name, kind in typed.items())} LIMIT 0")
            self._name(table, rows)
        return self.views[table]

    def _name(self, table: str, rows: Any) -> None:
        name = f"{self.number}_{len(self.views)}"
        rows.createOrReplaceTempView(name)
        self.views[table] = name

    def _files(self, table: str) -> list[str]:
        listed = f"SELECT data_file, delete_file FROM ducklake_list_files('w', {quoted(table)})"
        return [file if gone is None else self._whole(table, file, gone) for file, gone in self.lake.execute(listed).fetchall()]

    def _whole(self, table: str, file: str, gone: str) -> str:
        """A file without the rows that another says are gone: the same two always come to the same one."""
        folder = next(above for above in Path(file).parents if above.name == FILES).parent / WHOLE
        made = folder / f"{Path(file).stem}-{Path(gone).stem}.parquet"
        try:
            os.utime(made)  # upkeep removes what nobody has asked for in a while
        except FileNotFoundError:
            folder.mkdir(exist_ok=True)
            fresh = made.with_suffix(f".{secrets.token_hex(4)}")
            left = f"SELECT * FROM {schema.name(table)} WHERE filename = {quoted(file)}"
            self.lake.execute(f"COPY ({left}) TO {quoted(str(fresh))} (FORMAT parquet, COMPRESSION snappy)")
            fresh.replace(made)
        return str(made)


@contextmanager
def elsewhere(lake: duckdb.DuckDBPyConnection) -> Iterator[Elsewhere | None]:
    """Who answers in DuckDB's place, where RAPPORT_ENGINE names somebody."""
    at = spark_sessions.place(settings.ENGINE)
    if at.kind == DUCKDB:
        yield None
        return
    found = Elsewhere(at, lake, schema.kept_tables(lake))
    try:
        yield found
    except EngineFailed:
        found.views.clear()  # they go with their session
        raise
    finally:
        found.close()


def _type(kind: str) -> str:
    return f"ARRAY<{TYPES[kind[:-2]]}>" if kind.endswith("[]") else TYPES[kind]
