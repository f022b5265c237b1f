"""One at a time, across processes: locks that the kernel or the database server frees when their holder dies."""

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction

from rapport.lib.refusals import Refusal

if TYPE_CHECKING:
    import psycopg

RETRY_SECONDS = 0.05
WRITE_WAIT_SECONDS, WRITE_RETRY_SECONDS = 20.0, 0.002
OPEN_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
_mine = threading.local()  # what this thread holds already: a verb under the lock may call another that wants it
_open_files: set[int] = set()


class HeldByAnother(Refusal):
    """Somebody else does this very work at the moment."""

    code = "held_by_another"


@contextmanager
def loop_lock(name: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the installation's lock of this name; HeldByAnother where it is not free within the wait.

    On SQLite a lock on a file in LOCK_DIR, on PostgreSQL an advisory lock of a session of its own.
    A thread that holds it may take it again.
    """
    held: set[str] = _mine.__dict__.setdefault("names", set())
    if name in held:
        yield
        return
    with _server_lock(name, wait_seconds) if connection.vendor == "postgresql" else _file_lock(name, wait_seconds):
        held.add(name)
        try:
            yield
        finally:
            held.discard(name)


_writing = threading.Lock()


@contextmanager
def writing(wait_seconds: float = -1) -> Iterator[None]:
    """Whoever holds it writes, of all threads and processes of this data folder: for a database that has one writer.

    HeldByAnother where the threads of this process leave no room for so long; by default it waits as long as it takes.

    Those that wait inside SQLite's BEGIN IMMEDIATE sleep ever longer and hold a mark on its write-ahead log: beside another process
    that wrote without a pause, a single fact waited up to eight seconds for a lucky moment. Here they ask every WRITE_RETRY_SECONDS.
    """
    if not _writing.acquire(timeout=wait_seconds):
        raise HeldByAnother("Others write at the moment.", mend="Try again in a moment.", name="writing")
    number = None
    try:
        path, number = _open("writing")
        with suppress(HeldByAnother):  # a holder may have been stopped: then it is SQLite's to wait, and to refuse
            _insist(lambda: _flock(number), "writing", WRITE_WAIT_SECONDS, WRITE_RETRY_SECONDS, holder=path)
        yield
    finally:
        if number is not None:
            _close(number)
        _writing.release()


@contextmanager
def turn(wait_seconds: float = -1) -> Iterator[None]:
    """One writer after the other, where the database has one; for a single statement.

    Within a transaction of the caller nobody waits: whoever waited for a turn now would hold up those whose turn it is.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with writing(wait_seconds):
        yield


@contextmanager
def turn_to_write(wait_seconds: float = -1) -> Iterator[None]:
    """A transaction in one's turn; within a transaction of the caller it takes part in that one."""
    with turn(wait_seconds), transaction.atomic():
        yield


@contextmanager
def serving() -> Iterator[None]:
    """Hold the data folder for one server; a plain refusal for the second. A lock of the folder, whatever the database."""
    try:
        with _file_lock("serve", 0) as path:
            path.write_text(str(os.getpid()))
            yield
    except HeldByAnother as held:
        raise HeldByAnother(
            f"Another server (process {held.facts['holder']}) works in the data folder {settings.DATA_DIR} already.",
            mend="Stop it first, or give this one a folder of its own by RAPPORT_DATA_DIR.",
            **held.facts,
        ) from held


@contextmanager
def _file_lock(name: str, wait_seconds: float) -> Iterator[Path]:
    path, number = _open(name)
    try:
        _insist(lambda: _flock(number), name, wait_seconds, RETRY_SECONDS, holder=path)
        yield path
    finally:
        _close(number)


def _open(name: str) -> tuple[Path, int]:
    path = settings.LOCK_DIR / f"{name}.lock"
    try:
        number = os.open(path, OPEN_FLAGS, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(path, OPEN_FLAGS, 0o600)
    _open_files.add(number)
    return path, number


def _close(number: int) -> None:
    _open_files.discard(number)
    with suppress(OSError):  # a forked child has closed it already
        os.close(number)


def _flock(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _server_lock(name: str, wait_seconds: float) -> Iterator[None]:
    import psycopg  # noqa: PLC0415  half a second that SQLite need not pay

    key = int.from_bytes(hashlib.blake2b(f"rapport:{name}".encode(), digest_size=8).digest(), signed=True)
    with own_session() as session:

        def taken() -> bool:
            row = session.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
            return bool(row and row[0])

        _insist(taken, name, wait_seconds, RETRY_SECONDS)
        try:
            yield
        finally:
            with suppress(psycopg.Error):  # the session's end frees it too, a moment after we have gone on
                session.execute("SELECT pg_advisory_unlock(%s)", [key])


def _insist(taken: Callable[[], bool], name: str, wait_seconds: float, retry_seconds: float, holder: Path | None = None) -> None:
    deadline = time.monotonic() + wait_seconds
    while not taken():
        if time.monotonic() >= deadline:
            who = (holder.read_text() if holder else "") or "unknown"
            raise HeldByAnother(f'"{name}" is held by another process.', mend="Try again when it has ended.", name=name, holder=who)
        time.sleep(retry_seconds)


def server_words() -> str:
    """How to reach the record's PostgreSQL database, in libpq's words."""
    import psycopg  # noqa: PLC0415  half a second that SQLite need not pay
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    wanted = connection.get_connection_params()
    return make_conninfo(**{word: value for word, value in wanted.items() if word in known and value not in (None, "")})


def own_session() -> "psycopg.Connection[Any]":
    """A session beside Django's own, in autocommit: what it does outlives a request's transaction."""
    import psycopg  # noqa: PLC0415

    return psycopg.connect(server_words(), autocommit=True, keepalives=1, keepalives_idle=30)


def _let_go_in_child() -> None:
    """A forked child shares its parent's open files; were they to stay open, the lock would outlive the parent."""
    _mine.__dict__.clear()
    while _open_files:
        with suppress(OSError):
            os.close(_open_files.pop())


os.register_at_fork(after_in_child=_let_go_in_child)
