"""Keeping the lake's files few: every pass adds small ones, and what is no longer read has to go. Done by who loads, in small bites.

Files are merged by writing their rows anew in a plain transaction. DuckLake's own merging (1.5.5) rewrites the past: a reader
that began before it counts 0 rows in a table of thousands, without an error. A test holds that we never call it.
"""

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from django.conf import settings
from django.db import connection

from rapport.lib.locks import HeldByAnother, loop_lock, own_session
from rapport.warehouse import engine, schema
from rapport.warehouse.engine import Home, quoted

QUERY_SECONDS_MAX = 900  # no question and no load runs longer: what is older may go
ORPHAN_SECONDS = 4 * QUERY_SECONDS_MAX  # files of a pass that was killed before its commit
TIERS = (1_000_000, 16_000_000, 256_000_000)  # bytes: files merge with their like, so that each byte is rewritten a few times at most
FILES_PER_TIER = 8
FILE_BYTES = 512_000_000
EXPIRED_MAX = 5_000  # moments a bite
DELETE_FILES_MAX = 4  # files that only say which rows of another are gone
SECONDS_MAX = 20.0
REBUILD_LOCK = "rebuild"


@dataclass(frozen=True)
class Tidied:
    """What one bite did."""

    tables_merged: int
    snapshots_expired: int
    files_removed: int


def tidy(at: Home) -> Tidied:
    """Merge what has become many, forget moments nobody reads any more, remove their files. The caller holds the lock."""
    deadline, merged = time.monotonic() + SECONDS_MAX, 0
    with engine.writer(at) as lake:
        tables = lake.execute("SELECT table_name, file_count, delete_file_count FROM ducklake_table_info('w')").fetchall()
    for table, files, deletes in tables:
        if time.monotonic() > deadline:
            break  # the next bite goes on
        if files >= FILES_PER_TIER or deletes > DELETE_FILES_MAX:
            merged += _merge(at, table)
    with engine.writer(at) as lake:
        expired = _expire(lake)
        removed = _count(lake, "ducklake_cleanup_old_files('w', cleanup_all => true)")  # of moments that are gone by now
        removed += _count(lake, f"ducklake_delete_orphaned_files('w', older_than => {_ago(ORPHAN_SECONDS)})")
    _remove_whole(at)
    _remove_retired(at)
    _remove_spills()
    return Tidied(merged, expired, removed)


def merge_all(at: Home) -> None:
    """After a rebuild: each table in as few files as there may be."""
    with engine.writer(at) as lake:
        tables = [row[0] for row in lake.execute("SELECT table_name FROM ducklake_table_info('w') WHERE file_count > 1").fetchall()]
    for table in tables:
        with engine.writer(at) as lake:
            files = _files(lake, table)
        for group in _groups([file for file in files if file.size < TIERS[-1]]):
            _write_anew(at, table, group)


@dataclass(frozen=True)
class _File:
    path: str
    size: int  # bytes
    has_gone_rows: bool  # another file says which


def _files(lake: duckdb.DuckDBPyConnection, table: str) -> list[_File]:
    listed = f"SELECT data_file, data_file_size_bytes, delete_file IS NOT NULL FROM ducklake_list_files('w', {quoted(table)})"
    return [_File(*row) for row in lake.execute(listed).fetchall()]


def _merge(at: Home, table: str) -> bool:
    """Write anew the tier of files that has become many, or the files of which rows are gone."""
    with engine.writer(at) as lake:
        files = _files(lake, table)
    gone = [file for file in files if file.has_gone_rows]
    chosen = gone if len(gone) > DELETE_FILES_MAX else []
    for lower, upper in zip((0, *TIERS), TIERS, strict=False):
        if sum(lower <= file.size < upper for file in files) >= FILES_PER_TIER:
            chosen = [file for file in files if file.size < upper or file in chosen]
    for group in _groups(chosen):
        _write_anew(at, table, group)
    return bool(chosen)


def _groups(files: list[_File]) -> list[list[_File]]:
    """Files to become one each, none larger than FILE_BYTES; a whole one alone stays as it is."""
    groups: list[list[_File]] = [[]]
    for file in sorted(files, key=lambda file: file.size):
        if sum(one.size for one in groups[-1]) + file.size > FILE_BYTES:
            groups.append([])
        groups[-1].append(file)
    return [group for group in groups if len(group) > 1 or any(file.has_gone_rows for file in group)]


def _write_anew(at: Home, table: str, files: list[_File]) -> None:
    """The rows of these files in one new one, sorted; readers of earlier moments keep the old ones."""
    named = ", ".join(quoted(file.path) for file in files)
    mine = f"FROM w.{schema.name(table)} WHERE filename IN ({named})"
    with engine.writing(at) as lake:
        lake.execute(f"INSERT INTO w.{schema.name(table)} SELECT * {mine} ORDER BY {schema.order_of(table) or 'ALL'}")
        lake.execute(f"DELETE {mine}")


def _count(lake: duckdb.DuckDBPyConnection, call: str) -> int:
    return int(lake.execute(f"SELECT count(*) FROM {call}").fetchall()[0][0])  # read to its end, or it is not committed


def _expire(lake: duckdb.DuckDBPyConnection) -> int:
    """Forget the moments that were followed by another so long ago that nobody reads them.

    The moments are named one by one: DuckLake 1.5.5 compares `older_than` with a SQLite catalog's times as text, which holds
    for all of the same day; and a moment's own age says nothing, for the newest one of a quiet lake is old and is read.
    """
    gone = lake.execute(
        "SELECT snapshot_id FROM (SELECT snapshot_id, lead(snapshot_time) OVER (ORDER BY snapshot_id) AS followed FROM w.snapshots())"
        f" WHERE followed < {_ago(QUERY_SECONDS_MAX)} ORDER BY snapshot_id LIMIT {EXPIRED_MAX}"
    ).fetchall()
    if gone:
        _count(lake, f"ducklake_expire_snapshots('w', versions => [{', '.join(str(row[0]) for row in gone)}])")
    return len(gone)


def _ago(seconds: float) -> str:
    return f"TIMESTAMPTZ {quoted(datetime.fromtimestamp(time.time() - seconds, UTC).isoformat())}"


def _remove_retired(current: Home) -> None:
    """Lakes a rebuild has replaced, once no reader can be inside, and those of a rebuild that was killed."""
    with suppress(HeldByAnother), loop_lock(REBUILD_LOCK):
        for folder in Path(settings.LAKE_DIR).glob("wh_*"):
            if folder.name != current.name and time.time() - folder.stat().st_mtime > QUERY_SECONDS_MAX:
                remove(Home(folder.name))


def remove(gone: Home) -> None:
    """Delete a lake that is not the current one."""
    engine.forget_writer(gone)
    if connection.vendor == "postgresql":
        with own_session() as session:
            session.execute(f'DROP SCHEMA IF EXISTS "{gone.name}" CASCADE'.encode())
    shutil.rmtree(gone.folder, ignore_errors=True)


def _remove_whole(at: Home) -> None:
    """Files written anew for other engines that no question has named for so long that none reads them."""
    for file in (at.folder / engine.WHOLE).glob("*"):
        if time.time() - file.stat().st_mtime > QUERY_SECONDS_MAX:
            file.unlink(missing_ok=True)


def _remove_spills() -> None:
    """Folders of instances whose process was killed."""
    for folder in engine.spill_folder().glob("*-*"):
        process = folder.name.split("-")[0]
        if not Path(f"/proc/{process}").exists() and _is_gone(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
