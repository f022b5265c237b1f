"""Statements that are run again and again, in SQL: planned once a connection, with no query built for each.

Building a query of fifty ids and planning it cost a mailing more than what it said. Written as PostgreSQL reads it;
a list is one value, asked for by `= ANY(%s)`, so the statement's text never changes however long it is.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection

_encode = msgspec.json.Encoder().encode


def rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What a statement answers; nothing, unasked, where one of its lists is empty."""
    if [] in values:
        return []
    if connection.vendor == "postgresql":
        import psycopg  # noqa: PLC0415  half a second that SQLite need not pay

        connection.ensure_connection()
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            return cursor.execute(sql, values, prepare=True).fetchall()
    with connection.cursor() as cursor:
        cursor.execute(_as_sqlite(sql), [_encode(value).decode() if isinstance(value, list) else value for value in values])
        return cursor.fetchall()


@lru_cache(maxsize=256)
def _as_sqlite(sql: str) -> str:
    return sql.replace("= ANY(%s)", "IN (SELECT value FROM json_each(%s))")
