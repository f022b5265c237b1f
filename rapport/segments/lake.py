"""The lake as the leaves see it: its tables as Ibis expressions, aliases resolved, nothing from the moment on or after it.

A table or column the catalogue names and the lake has not yet is empty or unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from pyroaring import BitMap

from rapport.events.catalogue import EventTypeFacts, PropertyFacts
from rapport.segments.bounds import Moment, moment_of
from rapport.segments.sets import bitmap

TYPES = {  # as the engine calls them, and as Ibis does
    "INTEGER": "int32",
    "BIGINT": "int64",
    "VARCHAR": "string",
    "DOUBLE": "float64",
    "DECIMAL(18,6)": "decimal(18, 6)",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
OF_EVERY_FACT = ("customer_id", "time", "event_id")
CUSTOMER, ALIAS, ROOT = "@customer", "@alias", "@root"  # no column of the lake is called so


class Reader(Protocol):
    """What the warehouse hands out for the length of one question."""

    connection: duckdb.DuckDBPyConnection

    @property
    def tables(self) -> dict[str, dict[str, str]]: ...


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a kind of fact, or of the elements of one of its lists. Equal questions share one object, so one scan."""

    table: ir.Table
    facts: EventTypeFacts | None
    list_path: str = ""

    @property
    def customer(self) -> ir.IntegerColumn:
        return self.table[CUSTOMER]

    def find(self, path: str) -> PropertyFacts | None:
        """A property by its full path."""
        return None if self.facts is None else self.facts.properties.get(path)

    def column(self, facts: PropertyFacts) -> ir.Value | None:
        """Its column here; None where it stands in another table or the lake has not got it yet."""
        if facts.list_path != self.list_path or facts.kind == "list" or facts.column not in self.table.columns:
            return None
        return self.table[facts.column]


@dataclass
class Lake:
    """One lake at one moment, for one question."""

    reader: Reader
    moment: Moment
    _rows: dict[tuple[int, str, bool], Rows | None] = field(default_factory=dict)

    @cached_property
    def alias_ids(self) -> BitMap:
        return self._ids("aliases")

    @cached_property
    def everyone(self) -> BitMap:
        """Each customer known by more than an anonymous id and not merged away."""
        return self._ids("known") - self.alias_ids

    def ask(self, question: ir.Table) -> pa.Table:
        """Put one Ibis expression to the engine."""
        return self.reader.connection.execute(ibis.to_sql(question, dialect="duckdb")).to_arrow_table()

    def rows(self, facts: EventTypeFacts, *, list_path: str = "", named: bool = True) -> Rows | None:
        """A kind of fact's rows before the moment, of a list's elements where one is named; None where the lake has none.

        `named` rows carry their customer; others are for looking facts up by `event_id`.
        """
        key = (facts.id, list_path, named)
        if key not in self._rows:
            name = f"{facts.table}__{facts.properties[list_path].column}" if list_path else facts.table
            table = self.table(name, named=named)
            self._rows[key] = None if table is None else Rows(table, facts, list_path)
        return self._rows[key]

    def table(self, name: str, *, named: bool = True) -> ir.Table | None:
        """One table before the moment, with the columns it has by now."""
        table = self._whole(name)
        if table is None:
            return None
        table = table.filter(table.time < moment_of(self.moment.us))
        return self.of_customers(table) if named else table

    def of_customers(self, table: ir.Table) -> ir.Table:
        """Each row with the customer its id stands for now."""
        if not self.alias_ids:  # the join costs a quarter of the question
            return table.mutate(**{CUSTOMER: table.customer_id})
        aliases = self._whole("aliases")
        assert aliases is not None, "ids were read from it"
        aliases = aliases.rename({ALIAS: "customer_id", ROOT: "root_id"})
        joined = table.left_join(aliases, table.customer_id == aliases[ALIAS])
        return joined.mutate(**{CUSTOMER: ibis.coalesce(joined[ROOT], joined.customer_id)}).drop(ALIAS, ROOT)

    def unrated(self, kinds: Iterable[EventTypeFacts]) -> int:
        """How many facts of these kinds, before the moment, have an amount and no rate for it."""
        total = 0
        for facts in kinds:
            table = self.table(facts.table, named=False)
            if table is not None and "unrated" in table.columns:
                total += self.ask(table.filter(table.unrated).aggregate(n=ibis._.count()))["n"][0].as_py()
        return total

    def _ids(self, name: str) -> BitMap:
        table = self._whole(name)
        return BitMap() if table is None else bitmap(self.ask(table.select("customer_id"))["customer_id"])

    def _whole(self, name: str) -> ir.Table | None:
        """A table with every column: Ibis writes `*` where it believes it asks for all."""
        columns = self.reader.tables.get(name)
        return None if columns is None else ibis.table({column: _type(kind) for column, kind in columns.items()}, name=name)


def _type(kind: str) -> str:
    return f"array<{TYPES[kind[:-2]]}>" if kind.endswith("[]") else TYPES[kind]
