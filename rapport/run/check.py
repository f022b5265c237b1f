"""The look-over of an installation: each finding names the place and, where something is amiss, the mend.

The record is asked through Django alone and the lake through DuckDB alone: never one SQLite file by two libraries.
"""

import os
import shutil
import stat
from collections.abc import Callable

import duckdb
from django.conf import settings
from django.db import DatabaseError, connection

from rapport.lib import schema
from rapport.lib.clock import from_us
from rapport.lib.refusals import Refusal
from rapport.run.backup.saving import last_backup
from rapport.run.findings import Finding
from rapport.run.settings_check import settings_findings
from rapport.warehouse import queries as warehouse

ROOM_GB_MIN = 1.0
OPEN_SECONDS_MAX = 60  # of a writing transaction: while one is open, readers of the log stand still
BEHIND_SECONDS_MAX = 300


def findings() -> list[Finding]:
    """Everything that was looked at; what rests on something broken is left out."""
    found = [*settings_findings(), folder(), secrets_kept(), saved()]
    looks: list[Callable[[], Finding]] = [database, tables]
    if connection.vendor == "postgresql":
        looks.append(open_transactions)
    for look in [*looks, engine]:
        if not all(finding.ok for finding in found):
            break
        found.append(look())
    return found


def folder() -> Finding:
    """The data folder takes files, and there is room."""
    place, probe = settings.DATA_DIR, settings.DATA_DIR / f".probe-{os.getpid()}"
    try:
        probe.write_bytes(b"")
        probe.unlink()
        free_gb = shutil.disk_usage(place).free / 1e9
    except OSError as trouble:
        mend = "Give this user the right to it, or set RAPPORT_DATA_DIR to a folder you own."
        return Finding("data folder", False, f"{place} cannot be written ({trouble.strerror}).", mend)
    if free_gb < ROOM_GB_MIN:
        return Finding("data folder", False, f"{place} has {free_gb:.1f} GB left.", "Make room: a full disk stops intake.")
    return Finding("data folder", True, f"{place}, {free_gb:,.0f} GB free")


def secrets_kept() -> Finding:
    """Nobody else on this machine reads our secrets."""
    place = settings.DATA_DIR / "secrets"
    loose = [path for path in place.glob("*") if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if loose:
        names = " ".join(map(str, sorted(loose)))
        return Finding("secrets", False, f"Others may read {names}.", f"chmod 600 {names}")
    return Finding("secrets", True, f"{place}, for their owner alone")


def saved() -> Finding:
    """When the last backup was made. None is no fault of an installation that was made today."""
    at_us = last_backup().get("at_us")
    if not isinstance(at_us, int):
        return Finding("backup", True, "none made yet: `rapport backup FILE`")
    return Finding("backup", True, f"the last one {from_us(at_us):%Y-%m-%d %H:%M} UTC")


def database() -> Finding:
    """The record answers, and is set up as it has to be."""
    try:
        connection.ensure_connection()
    except DatabaseError as trouble:
        words = str(trouble).strip().splitlines()[0]
        return Finding("database", False, f"It does not answer: {words}", "Start it, or mend RAPPORT_DATABASE_URL.")
    if connection.vendor != "sqlite":
        return Finding("database", True, f"PostgreSQL {_server_version()}")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
    if mode != "wal":
        what = f"{connection.settings_dict['NAME']} is in {mode} mode: the folder may lie on a network drive."
        return Finding("database", False, what, "Put RAPPORT_DATA_DIR on a local disk, or use PostgreSQL.")
    return Finding("database", True, f"SQLite, {connection.settings_dict['NAME']}")


def _server_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def tables() -> Finding:
    match schema.schema():
        case schema.Schema.CURRENT:
            return Finding("tables", True, "as this version expects them")
        case schema.Schema.EMPTY:
            return Finding("tables", True, "none yet: the first command makes them")
        case schema.Schema.OLDER:
            return Finding("tables", False, "The record was made by an older Rapport.", "Stop the server and run `rapport upgrade`.")
        case schema.Schema.NEWER:
            return Finding("tables", False, "The record was made by a newer Rapport.", "Install that version again, or a later one.")


def open_transactions() -> Finding:
    """On PostgreSQL one open writing transaction anywhere in the cluster holds back every reader of the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'process ' || pid, datname, extract(epoch FROM now() - xact_start)::int FROM pg_stat_activity"
            " WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND xact_start < now() - make_interval(secs => %s)"
            " UNION ALL SELECT 'prepared ' || gid, database, extract(epoch FROM now() - prepared)::int FROM pg_prepared_xacts"
            " WHERE prepared < now() - make_interval(secs => %s) ORDER BY 3 DESC",
            [OPEN_SECONDS_MAX, OPEN_SECONDS_MAX],
        )
        stuck = cursor.fetchall()
    if not stuck:
        return Finding("open transactions", True, f"none older than {OPEN_SECONDS_MAX} seconds")
    who, where, seconds = stuck[0]
    mend = "End it: `SELECT pg_terminate_backend(pid)`, for a prepared one `ROLLBACK PREPARED`."
    what = f"A writing transaction ({who}, database {where}) has been open for {seconds:,} seconds: new facts stay out of the warehouse."
    return Finding("open transactions", False, what, mend)


def engine() -> Finding:
    """DuckDB has its extensions, opens the lake, and the lake keeps up."""
    if schema.schema() is not schema.Schema.CURRENT:
        return Finding("warehouse", True, "none yet")
    try:
        lag = warehouse.lag()
    except Refusal as no:
        return Finding("warehouse", False, no.what, no.mend)
    except duckdb.Error as trouble:
        words = str(trouble).splitlines()[0]
        return Finding(
            "warehouse", False, f"{settings.LAKE_DIR} does not open: {words}", "`rapport rebuild` makes it anew from the record."
        )
    if lag.seconds > BEHIND_SECONDS_MAX:
        what = f"The warehouse is {lag.seconds / 60:,.0f} minutes behind the record."
        return Finding("warehouse", False, what, "Run `rapport serve` or `rapport worker`; their words tell if the loop fails.")
    return Finding("warehouse", True, f"DuckDB {duckdb.__version__}, {lag.facts_loaded:,} facts, {lag.seconds:.0f} seconds behind")
