"""Many rows at once, as fast as each database takes them: executemany on SQLite, COPY on PostgreSQL."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from django.db import connection
from django.db.models import Model

T = TypeVar("T")
IN_MAX = 900  # values in one IN (...): below SQLite's oldest limit
_encode = msgspec.json.Encoder().encode


def reserve_ids(model: type[Model], count: int) -> Sequence[int]:
    """Ids of a table in rising order, never handed out again. Call inside a write transaction."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS s) AS q, generate_series(1, %s)",
                [table, count],
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        last = row[0] if row else 0
        cursor.execute(
            "UPDATE sqlite_sequence SET seq = %s WHERE name = %s" if row else "INSERT INTO sqlite_sequence (seq, name) VALUES (%s, %s)",
            [last + count, table],
        )
    return range(last + 1, last + count + 1)


def insert_rows(model: type[Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert plain tuples; a unique key that is there already raises IntegrityError."""
    if not rows:
        return
    if empty := {place for place, value in enumerate(rows[0]) if value is None and all(row[place] is None for row in rows)}:
        filled = itemgetter(*(place for place in range(len(columns)) if place not in empty))
        columns, rows = filled(columns), [filled(row) for row in rows]
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)


def counted_anew(model: type[Model]) -> None:
    """Let PostgreSQL know at once that a table has grown by thousands; its own look comes a minute later. SQLite plans without counting."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')


def slices(items: Iterable[T], size: int = IN_MAX) -> Iterator[list[T]]:
    """Lists of at most `size` items, in order."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
