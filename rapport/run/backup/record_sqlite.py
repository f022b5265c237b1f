"""The record on SQLite: its pages copied at one moment while others write, and every table counted and summed.

The pages are copied inside one read transaction, so that writers neither wait nor make it begin anew; VACUUM INTO would
write every index afresh and could show no progress. Python's SQLite library alone opens the file, never DuckDB's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection

from rapport.run.backup.archive import NotWhole, Progress
from rapport.run.backup.checksum import Checksum

CONTENT = "record.sqlite"
PAGES = 4_096  # copied at a time
ROWS = 2_000  # fetched at a time
BLOCK_BYTES = 4 << 20
LEFTOVERS = ("", "-wal", "-shm", "-journal")
_encode = msgspec.msgpack.Encoder().encode


def record_path() -> Path:
    return Path(connection.settings_dict["NAME"])


def record_files() -> list[Path]:
    return [Path(f"{record_path()}{tail}") for tail in LEFTOVERS]


def copy_record(place: Path, progress: Progress) -> None:
    """The record as it is at this moment, in a file of its own."""
    with closing(sqlite3.connect(record_path(), isolation_level=None, timeout=20)) as source:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it is one moment

        def tell(_status: int, remaining: int, total: int) -> None:
            progress("copying the record", total - remaining, total)

        with closing(sqlite3.connect(place, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous=OFF")
            source.backup(target, pages=PAGES, progress=tell, sleep=0.01)


def read_blocks(place: Path) -> Iterator[bytes]:
    with place.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def tables_of(place: Path, progress: Progress) -> dict[str, dict[str, Any]]:
    """Rows and checksum of every table of a record that nobody writes to."""
    found = {}
    with closing(sqlite3.connect(f"file:{_uri(place)}?mode=ro&immutable=1", uri=True)) as record:
        record.text_factory = bytes
        names = record.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
        ).fetchall()
        for number, (name,) in enumerate(names):
            table = name.decode()
            progress("adding up the tables", number, len(names))
            found[table] = _table(record, table)
    return found


def _table(record: sqlite3.Connection, table: str) -> dict[str, Any]:
    rows = record.execute(f'SELECT * FROM "{table}"')
    columns = [column[0] for column in rows.description]
    sum_ = Checksum()
    while some := rows.fetchmany(ROWS):
        sum_.add([_encode(row) for row in some])
    return {"rows": sum_.rows, "checksum": sum_.words, "columns": columns}


def check_pages(place: Path) -> None:
    """SQLite's own look-over of a restored file."""
    with closing(sqlite3.connect(f"file:{_uri(place)}?mode=ro&immutable=1", uri=True)) as record:
        said = record.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise NotWhole(f"The record in the backup is damaged ({said}).", mend="Take another backup.")


def _uri(place: Path) -> str:
    return place.as_uri().removeprefix("file://")
