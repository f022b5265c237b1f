"""A lake without a warehouse: plain DuckDB tables in memory, for what must hold whatever the warehouse does."""

from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb
import ibis
import ibis.expr.types as ir

from rapport.events.catalogue import IDENTIFY, Catalogue, EventTypeFacts, PropertyFacts
from rapport.lib.arrow import pa

FACT = "customer_id INTEGER, time TIMESTAMP, event_id BIGINT, load_id INTEGER, unrated BOOLEAN"
LINE = "customer_id INTEGER, time TIMESTAMP, event_id BIGINT, load_id INTEGER, line INTEGER"


@dataclass
class PlainReader:
    """What a reader of the warehouse gives, over tables made by hand. Keeps every question it was asked."""

    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    engine: str = "duckdb"

    def begin(self, question: ir.Table) -> Callable[[], pa.Table]:
        found = self.connection.execute(ibis.to_sql(question, dialect=self.engine)).to_arrow_table()
        return lambda: found

    def given(self, rows: pa.Table, columns: dict[str, str]) -> str:
        self.connection.register("given", rows)
        return "given"

    def __post_init__(self) -> None:
        self.connection.execute("CREATE TABLE known (customer_id INTEGER); CREATE TABLE aliases (customer_id INTEGER, root_id INTEGER)")

    @property
    def tables(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for table, column, kind in self.connection.execute("SELECT table_name, column_name, data_type FROM duckdb_columns()").fetchall():
            found.setdefault(table, {})[column] = kind
        return found

    @property
    def filled(self) -> frozenset[str]:
        return frozenset(self.tables)

    def make(self, table: str, columns: str, *rows: str) -> None:
        """A table with these rows, each as SQL writes it; `columns` come after those every fact has."""
        self.connection.execute(f"CREATE TABLE {table} ({LINE if '__' in table else FACT}{columns and f', {columns}'})")
        for row in rows:
            self.connection.execute(f"INSERT INTO {table} VALUES ({row})")

    def know(self, *customers: int) -> None:
        self.connection.executemany("INSERT INTO known VALUES (?)", [[customer] for customer in customers])

    def merge(self, alias: int, root: int) -> None:
        self.connection.execute("INSERT INTO aliases VALUES (?, ?)", [alias, root])


def prop(path: str, kind: str, *, many: bool = False, list_path: str = "") -> PropertyFacts:
    return PropertyFacts(path, kind, many, list_path, path.removeprefix(f"{list_path}.").replace(".", "_"), False, 0)


def catalogue(**kinds: list[PropertyFacts]) -> Catalogue:
    """Kinds of facts done by the person, with their properties; `identify` are the traits."""
    found = {}
    for number, (table, properties) in enumerate(kinds.items(), 1):
        name, done = (IDENTIFY, "machine") if table == "identify" else (table.replace("_", " ").title(), "by")
        found[name] = EventTypeFacts(number, name, table, done, False, 0, {one.path: one for one in properties})
    return Catalogue(found)
