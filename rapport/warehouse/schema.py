"""The lake's tables, made from the catalogue: one for each kind of fact, one for each list of things in it, and the house's own."""

from collections import defaultdict
from collections.abc import Iterable

import duckdb

from rapport.events.catalogue import EventTypeFacts, PropertyFacts
from rapport.lib.refusals import Refusal

Columns = dict[str, str]  # a table's columns with their types, in order
TYPES = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "money": "DECIMAL(18,6)",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIMESTAMP",
}
FACT_COLUMNS: Columns = {"customer_id": "INTEGER", "time": "TIMESTAMP", "event_id": "BIGINT", "load_id": "INTEGER", "unrated": "BOOLEAN"}
LINE_COLUMNS: Columns = {"customer_id": "INTEGER", "time": "TIMESTAMP", "event_id": "BIGINT", "load_id": "INTEGER", "line": "INTEGER"}
HOUSE_TABLES: dict[str, Columns] = {
    "watermark": {"tx": "BIGINT", "event_id": "BIGINT", "facts": "BIGINT", "received_us": "BIGINT"},
    "known": {"customer_id": "INTEGER"},
    "aliases": {"customer_id": "INTEGER", "root_id": "INTEGER"},
    "consents": {
        "customer_id": "INTEGER",
        "channel": "VARCHAR",
        "purpose": "VARCHAR",
        "time": "TIMESTAMP",
        "given": "BOOLEAN",
        "event_id": "BIGINT",
        "load_id": "INTEGER",
    },
    "suppressions": {
        "channel": "VARCHAR",
        "address": "VARCHAR",
        "time": "TIMESTAMP",
        "suppressed": "BOOLEAN",
        "event_id": "BIGINT",
        "load_id": "INTEGER",
    },
}
SORTED = {
    "watermark": "",
    "known": "customer_id",
    "aliases": "customer_id",
    "consents": "customer_id, time",
    "suppressions": "address, time",
}


def found(lake: duckdb.DuckDBPyConnection) -> None:
    """Lay out an empty lake."""
    # version 2 packs numbers and moments as small as zstd makes them in version 1, and reads them in a third of the time
    lake.execute("CALL w.set_option('parquet_version', 2)")
    lake.execute("CALL w.set_option('parquet_compression', 'snappy')")
    lake.execute("CALL w.set_option('data_inlining_row_limit', 0)")
    for table, columns in HOUSE_TABLES.items():
        _create(lake, table, columns)
    lake.execute("INSERT INTO watermark VALUES (0, 0, 0, 0)")


def ensure(lake: duckdb.DuckDBPyConnection, kinds: Iterable[EventTypeFacts], kept: dict[str, Columns]) -> dict[str, Columns]:
    """Make the tables and columns that these kinds of facts have and the lake has not. Answers what there is then."""
    there = dict(kept)
    for facts in kinds:
        for table, columns in tables_of(facts).items():
            if table not in there:
                _create(lake, table, columns)
            elif there[table] != columns:
                _widen(lake, table, there[table], columns)
            there[table] = there.get(table, {}) | columns
    return there


def kept_tables(lake: duckdb.DuckDBPyConnection) -> dict[str, Columns]:
    """The lake's tables as they are."""
    found: dict[str, Columns] = defaultdict(dict)
    for table, column, kind in lake.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'w' AND schema_name = 'main'"
        " ORDER BY table_name, column_index"
    ).fetchall():
        found[table][column] = kind
    return dict(found)


def tables_of(facts: EventTypeFacts) -> dict[str, Columns]:
    """The table of a kind of fact and those of its lists."""
    tables = {facts.table: FACT_COLUMNS | {one.column: column_type(one) for one in plain_properties(facts)}}
    for path, table in line_tables(facts).items():
        tables[table] = LINE_COLUMNS | {one.column: column_type(one) for one in line_properties(facts, path)}
    return tables


def plain_properties(facts: EventTypeFacts) -> list[PropertyFacts]:
    """What has a column in the table of the fact itself."""
    return [one for one in facts.properties.values() if not one.list_path and one.kind != "list"]


def line_properties(facts: EventTypeFacts, list_path: str) -> list[PropertyFacts]:
    """What has a column in the table of this list's elements."""
    return [one for one in facts.properties.values() if one.list_path == list_path and one.kind != "list"]


def line_tables(facts: EventTypeFacts) -> dict[str, str]:
    """The table of each list of objects, by the list's path."""
    lists = {one.path for one in facts.properties.values() if one.kind == "list" and not one.list_path}
    lists |= {one.list_path for one in facts.properties.values() if one.list_path in facts.properties}
    return {path: f"{facts.table}__{facts.properties[path].column}" for path in sorted(lists)}


def column_type(facts: PropertyFacts) -> str:
    return TYPES[facts.kind] + ("[]" if facts.many else "")


def order_of(table: str) -> str:
    """How the rows of a table lie: those of one customer side by side."""
    return SORTED.get(table, "customer_id, time")


def _create(lake: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    lake.execute(f"CREATE TABLE {name(table)} ({', '.join(f'{name(column)} {kind}' for column, kind in columns.items())})")
    if order := order_of(table):
        lake.execute(f"ALTER TABLE {name(table)} SET SORTED BY ({order})")


def _widen(lake: duckdb.DuckDBPyConnection, table: str, there: Columns, wanted: Columns) -> None:
    for column, kind in wanted.items():
        if column not in there:
            lake.execute(f"ALTER TABLE {name(table)} ADD COLUMN {name(column)} {kind}")
        elif there[column] != kind:
            raise Refusal(
                f'The column "{column}" of the warehouse table "{table}" is {there[column]}, its property is {kind} by now.',
                mend="Run `rapport rebuild`: it makes the warehouse anew from the log.",
            )


def name(text: str) -> str:
    """A table or column in SQL."""
    return '"' + text.replace('"', '""') + '"'


def names(columns: Iterable[str]) -> str:
    return ", ".join(map(name, columns))
