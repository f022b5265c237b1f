"""A statement that is run again and again: PostgreSQL plans it once a connection, SQLite remembers its own."""

from collections.abc import Sequence
from typing import Any

from django.db import connection


def first_row(sql: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row a statement answers; None where it answers none.

    For short statements run by the thousand: planning one took PostgreSQL twice as long as doing what it says.
    """
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone()
    import psycopg  # noqa: PLC0415  half a second that SQLite need not pay

    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(sql, values, prepare=True).fetchone()
