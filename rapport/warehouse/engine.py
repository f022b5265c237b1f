"""DuckDB instances over the lake: where it lives, who may write, a cursor for each reader.

The record is never opened here: two SQLite libraries on one file in one process destroy it. DuckDB opens the catalog alone.
"""

import importlib.util
import itertools
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import duckdb
from django.conf import settings
from django.db import connection

from rapport.lib.locks import loop_lock, own_session, server_words
from rapport.lib.refusals import Refusal
from rapport.warehouse import schema

LOCK = "warehouse"  # who holds it may write
MAKE_SECONDS_MAX = 60
FILES, WHOLE = "files", "whole"  # a lake's folders: its own files, and those without the rows that are gone, for other engines
EXTENSIONS = ("ducklake", "sqlite_scanner", "postgres_scanner")


class Overtaken(Refusal):
    """Another writer was first: nothing of ours was kept."""

    code = "overtaken"


@dataclass(frozen=True)
class Home:
    """One lake: a folder of Parquet files with its catalog. A rebuild makes a new one and moves the pointer."""

    name: str  # also the catalog's schema on PostgreSQL

    @property
    def folder(self) -> Path:
        return Path(settings.LAKE_DIR) / self.name

    def attach(self, *, read_only: bool) -> str:
        """The statement that opens it as `w`. Small inserts are never inlined: that breaks open readers at the next new column."""
        options = [f"DATA_PATH {quoted(str(self.folder / FILES))}", "DATA_INLINING_ROW_LIMIT 0"]
        if connection.vendor == "postgresql":
            source = f"postgres:{server_words()}"
            options.append(f"META_SCHEMA {quoted(self.name)}")
        else:
            source = f"sqlite:{self.folder / 'catalog.sqlite'}"
            options += ["META_JOURNAL_MODE 'WAL'", "META_BUSY_TIMEOUT 10000"]
        if read_only:
            options.append("READ_ONLY")
        return f"ATTACH {quoted(f'ducklake:{source}')} AS w ({', '.join(options)})"


@dataclass
class _Held:
    """What this process keeps open, for one lake each."""

    pid: int = field(default_factory=os.getpid)
    writers: dict[Home, duckdb.DuckDBPyConnection] = field(default_factory=dict)
    readers: dict[Home, duckdb.DuckDBPyConnection] = field(default_factory=dict)


_held = _Held()
_gate = threading.RLock()  # one writing thread a process
_reader_gate = threading.Lock()
_left_to_parent: list[_Held] = []  # never closed in a forked child: their threads are not there
_proved: dict[Path, int] = {}  # files of extensions whose signature was found right, and when they were last changed
_numbers = itertools.count(1)


# Where the lake is


def home() -> Home:
    """The lake that answers now; made, empty, where there is none."""
    found = pointed_at()
    if found is None:
        with plain_words(), loop_lock(LOCK, MAKE_SECONDS_MAX):
            found = pointed_at()
            if found is None:
                found = new_home()
                point_at(found)
    return found


def pointed_at() -> Home | None:
    """The lake that answers now; None where none was made yet."""
    try:
        return Home((Path(settings.LAKE_DIR) / "current").read_text().strip())
    except (FileNotFoundError, NotADirectoryError):
        return None


def new_home() -> Home:
    """An empty lake that nobody reads yet."""
    made = Home(f"wh_{secrets.token_hex(6)}")
    (made.folder / FILES).mkdir(parents=True)
    if connection.vendor == "postgresql":
        with own_session() as session:
            session.execute(f'CREATE SCHEMA "{made.name}"'.encode())
    with writing(made) as lake:
        schema.found(lake)
    return made


def point_at(found: Home) -> None:
    """From now on readers and writers open this lake. A kill in between leaves the old one."""
    pointer = Path(settings.LAKE_DIR) / "current"
    fresh = pointer.with_suffix(f".{secrets.token_hex(4)}")
    with fresh.open("w") as file:
        file.write(found.name)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(pointer)


# Writing


@contextmanager
def writing(to: Home | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """One transaction on the lake: all of it, or nothing."""
    target = to or home()
    with writer(target) as lake:
        lake.execute("BEGIN")
        try:
            yield lake
        except BaseException as trouble:
            with suppress(duckdb.Error):  # it is over already where the trouble ended it
                lake.execute("ROLLBACK")
            if isinstance(trouble, duckdb.Error):
                forget_writer(target)
            raise
        try:
            lake.execute("COMMIT")
        except duckdb.Error as trouble:
            forget_writer(target)
            if "conflict" in str(trouble) or "database is locked" in str(trouble):
                raise Overtaken(
                    "Another loader wrote to the warehouse first; nothing of this pass was kept.", mend="Ask again."
                ) from trouble
            raise


@contextmanager
def plain_words() -> Iterator[None]:
    """A full disk or a folder that cannot be written, said so that a person can mend it. What was kept before is whole."""
    try:
        yield
    except (duckdb.IOException, duckdb.TransactionException, OSError) as trouble:
        words = str(trouble).strip().splitlines()[-1]
        raise Refusal(
            f"The warehouse in {settings.LAKE_DIR} could not be read or written: {words}",
            mend="Make room on the disk and see that the folder may be written; nothing was half-done.",
        ) from trouble


@contextmanager
def writer(target: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The process's one writing connection, for one thread at a time, in no transaction."""
    with _gate:
        held = _of_this_process().writers
        if target not in held:
            made = _instance()
            made.execute(target.attach(read_only=False))
            made.execute("USE w")
            held[target] = made
        yield held[target]


def forget_writer(target: Home) -> None:
    """After trouble the next writing opens an instance of its own."""
    with _gate:
        gone = _of_this_process().writers.pop(target, None)
        if gone is not None:
            gone.close()


# Reading


@contextmanager
def reading(of: Home | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor of one's own, inside a transaction: everything asked through it is of one moment, the first question's."""
    cursor = _reader(of or home()).cursor()
    try:
        cursor.execute("USE w")
        cursor.execute("BEGIN")
        yield cursor
    finally:
        with suppress(duckdb.Error):  # an error has ended the transaction already
            cursor.execute("ROLLBACK")
        cursor.close()


def _reader(of: Home) -> duckdb.DuckDBPyConnection:
    with _reader_gate:
        held = _of_this_process().readers
        if of not in held:
            made = _instance()
            made.execute(of.attach(read_only=True))
            held.clear()  # threads still asking the old lake keep it by their cursors
            held[of] = made
        return held[of]


def forget_readers() -> None:
    """The next reader attaches anew."""
    with _reader_gate:
        _of_this_process().readers.clear()


def forget() -> None:
    """Let go of every instance: when the data folder changes, and between tests."""
    with _gate, _reader_gate:
        held = _of_this_process()
        for kept in (*held.writers.values(), *held.readers.values()):
            kept.close()
        held.writers.clear()
        held.readers.clear()


# Instances


def _of_this_process() -> _Held:
    global _held
    if _held.pid != os.getpid():
        _left_to_parent.append(_held)
        _held = _Held()
    return _held


def _instance() -> duckdb.DuckDBPyConnection:
    """DuckDB in memory with its signed extensions; nothing is ever downloaded.

    DuckDB proves a signature by reading all 70 MB, at each LOAD. One proof a process is enough while the files stay the same.
    """
    catalog = "postgres_scanner" if connection.vendor == "postgresql" else "sqlite_scanner"
    spill_folder().mkdir(parents=True, exist_ok=True)  # DuckDB makes no more than the last of a folder's names
    files = {_extension(name): _extension(name).stat().st_mtime_ns for name in ("ducklake", catalog)}
    made = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_unsigned_extensions": "true" if files.items() <= _proved.items() else "false",
            "memory_limit": settings.WAREHOUSE_MEMORY,
            "temp_directory": str(spill_folder() / f"{os.getpid()}-{next(_numbers)}"),
            "preserve_insertion_order": "false",  # rows are sorted where it matters; this lets threads share the work
        }
    )
    for file in files:
        made.execute(f"LOAD {quoted(str(file))}")
    _proved.update(files)
    made.execute("SET TimeZone = 'UTC'")
    if settings.WAREHOUSE_THREADS:
        made.execute(f"SET threads = {settings.WAREHOUSE_THREADS}")
    return made


@lru_cache
def _extension(name: str) -> Path:
    """Where the package of an extension keeps its signed file."""
    found = importlib.util.find_spec(f"duckdb_extension_{name}")
    assert found is not None, f"duckdb-extension-{name} is installed with us"
    for folder in found.submodule_search_locations or ():
        for file in Path(folder).glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension"):
            return file
    raise Refusal(
        f"The DuckDB extension {name} is not there for DuckDB {duckdb.__version__}.",
        mend=f"Install duckdb-extension-{name}=={duckdb.__version__}.",
    )


def spill_folder() -> Path:
    """Where queries too large for memory put what does not fit, a folder for each instance."""
    return Path(settings.LAKE_DIR) / "spill"


def quoted(text: str) -> str:
    """A value in SQL that takes no bound one."""
    return "'" + text.replace("'", "''") + "'"


def _renew_gates() -> None:
    """A gate held by a thread of the parent would never open in a forked child."""
    global _gate, _reader_gate
    _gate, _reader_gate = threading.RLock(), threading.Lock()


os.register_at_fork(after_in_child=_renew_gates)
