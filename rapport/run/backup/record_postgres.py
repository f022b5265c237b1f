"""The record on PostgreSQL: every table copied out in one repeatable-read transaction, and copied in below the steps that made it.

Not pg_dump: that has to be installed beside us in a version no older than the server's, and would be a second path that is
tried on the day it is needed. The tables are made by the very migration steps the backup names, so an older schema comes back as
it was.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from rapport.events.following import Places, saved_places
from rapport.lib.locks import own_session
from rapport.lib.refusals import Refusal
from rapport.run.backup.archive import Manifest, NotWhole, Progress, Writer
from rapport.run.backup.checksum import Checksum

if TYPE_CHECKING:
    import psycopg

CONTENT = "tables"
BLOCK_BYTES = 1 << 20
OF_DJANGO = {"django_migrations", "django_content_type", "django_session"}
COLUMNS = (
    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
    " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
)


def our_tables(session: "psycopg.Connection[Any]") -> list[str]:
    """The tables of our rooms and of the apps we stand on, whether or not this version still knows them."""
    known = set(connection.introspection.django_table_names(include_views=False)) | OF_DJANGO
    labels = tuple(f"{app.label}_" for app in apps.get_app_configs())
    rows = session.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
        " ORDER BY relname"
    ).fetchall()
    return [name for (name,) in rows if name in known or name.startswith(labels)]


def save(archive: Writer, progress: Progress) -> None:
    """Every table and where its numbers stand, as of one moment, while others write."""
    with own_session() as session:
        speak_plainly(session)
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        tables = our_tables(session)
        for number, table in enumerate(tables):
            progress("copying the tables", number, len(tables))
            columns = columns_of(session, table)
            total = Checksum()
            archive.add(f"{CONTENT}/{table}", added_up(copied_out(session, table, columns), total))
            archive.manifest.tables[table] = {"rows": total.rows, "checksum": total.words, "columns": columns}
        archive.manifest.places = saved_places(session)
        archive.manifest.sequences = _sequences(session, tables)  # after the snapshot: never less than it needs
        session.execute("COMMIT")


def speak_plainly(session: "psycopg.Connection[Any]") -> None:
    """Values are written the same way whatever the server's own settings."""
    for setting in (
        "TimeZone = 'UTC'",
        "DateStyle = 'ISO, YMD'",
        "IntervalStyle = 'iso_8601'",
        "extra_float_digits = 1",
        "bytea_output = 'hex'",
        "client_encoding = 'UTF8'",
    ):
        session.execute(f"SET {setting}")


def columns_of(session: "psycopg.Connection[Any]", table: str) -> list[str]:
    return [name for (name,) in session.execute(COLUMNS, [f'"{table}"']).fetchall()]


def copied_out(session: "psycopg.Connection[Any]", table: str, columns: list[str]) -> Iterator[bytes]:
    """A table as lines of COPY's text format, some whole lines at a time."""
    names = ", ".join(f'"{column}"' for column in columns)
    rest: list[bytes] = []
    size = 0
    with session.cursor() as cursor, cursor.copy(f'COPY (SELECT {names} FROM "{table}") TO STDOUT') as copy:
        for data in copy:
            rest.append(bytes(data))
            size += len(data)
            if size >= BLOCK_BYTES and rest[-1].endswith(b"\n"):
                yield b"".join(rest)
                rest, size = [], 0
    if rest:
        yield b"".join(rest)


def added_up(blocks: Iterable[bytes], total: Checksum) -> Iterator[bytes]:
    """The same blocks, each of whole lines, with every line added to the sum."""
    for block in blocks:
        total.add(block.removesuffix(b"\n").split(b"\n"))
        yield block


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks cut anew behind a line's end."""
    rest = b""
    for block in blocks:
        head, newline, tail = block.rpartition(b"\n")
        if newline:
            yield rest + head + newline
            rest = tail
        else:
            rest += block
    if rest:
        yield rest


def _sequences(session: "psycopg.Connection[Any]", tables: list[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for table in tables:
        for column in columns_of(session, table):
            row = session.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', column]).fetchone()
            if row and row[0]:
                last = session.execute(f"SELECT last_value, is_called FROM {row[0]}").fetchone()
                assert last is not None
                found[f"{table}.{column}"] = list(last)
    return found


# The way back


def make_tables(steps: list[str]) -> None:
    """The tables as these steps make them, in a database that holds nothing of ours. Each step is a transaction: run again, it goes on."""
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names(cursor)) & _tables_there():
            cursor.execute(f'DROP TABLE "{table}" CASCADE')
    executor = MigrationExecutor(connection)
    targets = [(app, name) for app, _, name in (step.partition(".") for step in steps)]
    if unknown := [step for step in targets if step not in executor.loader.graph.nodes]:
        named = ", ".join(".".join(step) for step in unknown[:3])
        raise Refusal(f"The backup has steps this version does not know ({named}).", mend="Restore it with the version that made it.")
    taken = set(targets)
    executor.migrate([step for step in targets if not taken & {child.key for child in executor.loader.graph.node_map[step].children}])


def _tables_there() -> set[str]:
    with own_session() as session:
        return set(our_tables(session))


class Filling:
    """One transaction that fills the tables; nothing of it is there until `session` commits."""

    def __init__(self, session: "psycopg.Connection[Any]", manifest: Manifest) -> None:
        self.session, self.manifest = session, manifest
        self.sums: dict[str, Checksum] = {}
        speak_plainly(session)
        session.execute("BEGIN")
        names = ", ".join(f'"{table}"' for table in our_tables(session))
        session.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")  # what the steps themselves put in
        self.places = Places(session, **manifest.places)

    def take(self, table: str, blocks: Iterable[bytes]) -> None:
        """One table's lines."""
        if table not in self.manifest.tables or table not in our_tables(self.session):
            raise NotWhole(f"The backup holds a table that its schema does not have: {table}.", mend="Take another backup.")
        columns = self.manifest.tables[table]["columns"]
        names = ", ".join(f'"{column}"' for column in columns)
        self.sums[table] = Checksum()
        lines = self.places.moved(table, columns, whole_lines(blocks))
        with self.session.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for block in added_up(lines, self.sums[table]):
                copy.write(block)

    def prove(self, progress: Progress) -> None:
        """Read every table back and compare; then the numbers go on where they stood."""
        for number, (table, said) in enumerate(self.manifest.tables.items()):
            progress("comparing the tables", number, len(self.manifest.tables))
            held = Checksum()
            for _ in added_up(copied_out(self.session, table, said["columns"]), held):
                pass
            put = self.sums.get(table, Checksum())
            as_saved = said["checksum"] if not self.places.moves(table) else put.words
            if (held.rows, held.words) != (said["rows"], put.words) or held.words != as_saved:
                raise NotWhole(f"{table} did not come back as it was saved.", mend="Nothing was kept. Try another backup.")
        for name, (last, called) in self.manifest.sequences.items():
            table, _, column = name.partition(".")
            self.session.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", [f'"{table}"', column, last, called])
