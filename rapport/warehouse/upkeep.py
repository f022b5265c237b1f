"""Keeping the lake's files few: every pass adds small ones, and what is no longer read has to go. Done by who loads, in small bites."""

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
from django.conf import settings
from django.db import connection

from rapport.lib.locks import HeldByAnother, loop_lock, own_session
from rapport.warehouse import engine
from rapport.warehouse.engine import Home, quoted

QUERY_SECONDS_MAX = 900  # no question and no load runs longer: what is older may go
ORPHAN_SECONDS = 4 * QUERY_SECONDS_MAX  # files of a pass that was killed before its commit
TIERS = (1_000_000, 16_000_000, 256_000_000)  # bytes: files merge with their like, so that each byte is rewritten a few times at most
FILES_PER_TIER = 8
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
        for table, files, deletes in lake.execute(
            "SELECT table_name, file_count, delete_file_count FROM ducklake_table_info('w')"
        ).fetchall():
            if time.monotonic() > deadline:
                break  # the next bite goes on
            merged += _merge(lake, table, files, deletes)
        older = f"now() - INTERVAL {QUERY_SECONDS_MAX} SECOND"
        expired = _count(lake, f"ducklake_expire_snapshots('w', older_than => {older})")
        removed = _count(lake, f"ducklake_cleanup_old_files('w', older_than => {older})")
        removed += _count(lake, f"ducklake_delete_orphaned_files('w', older_than => now() - INTERVAL {ORPHAN_SECONDS} SECOND)")
    _remove_retired(at)
    _remove_spills()
    return Tidied(merged, expired, removed)


def merge_all(at: Home) -> None:
    """After a rebuild: each table in as few files as there may be."""
    with engine.writer(at) as lake:
        for (table,) in lake.execute("SELECT table_name FROM ducklake_table_info('w') WHERE file_count > 1").fetchall():
            lake.execute(f"CALL ducklake_merge_adjacent_files('w', {quoted(table)})")


def _merge(lake: duckdb.DuckDBPyConnection, table: str, files: int, deletes: int) -> bool:
    if deletes > DELETE_FILES_MAX:
        lake.execute(f"CALL ducklake_rewrite_data_files('w', {quoted(table)}, delete_threshold => 0.0)")
    if files < FILES_PER_TIER:
        return deletes > DELETE_FILES_MAX
    sizes = [row[0] for row in lake.execute(f"SELECT data_file_size_bytes FROM ducklake_list_files('w', {quoted(table)})").fetchall()]
    for lower, upper in reversed(list(zip((0, *TIERS), TIERS, strict=False))):
        if sum(lower <= size < upper for size in sizes) >= FILES_PER_TIER:
            lake.execute(f"CALL ducklake_merge_adjacent_files('w', {quoted(table)}, max_file_size => {upper})")
            return True
    return deletes > DELETE_FILES_MAX


def _count(lake: duckdb.DuckDBPyConnection, call: str) -> int:
    row = lake.execute(f"SELECT count(*) FROM {call}").fetchone()
    return int(row[0]) if row else 0


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
