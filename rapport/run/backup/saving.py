"""Making a backup: under a temporary name, then by its own once it is whole and on the disk."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection

from rapport.lib import schema
from rapport.lib.clock import now_us
from rapport.lib.locks import loop_lock
from rapport.lib.refusals import Refusal
from rapport.run.backup import folder, record_postgres, record_sqlite
from rapport.run.backup.archive import Head, Progress, Writer

PARTIAL = ".partial"


@dataclass(frozen=True)
class Saved:
    """What a backup holds."""

    file: str
    tables: int
    rows: int
    files: int
    bytes: int
    seconds: float


def backup(target: Path, progress: Progress) -> Saved:
    """The record of one moment, secrets and files, in one file for its owner's eyes; others may go on writing. Never over another file."""
    began, target = time.monotonic(), target.expanduser().absolute()
    if os.path.lexists(target):
        raise Refusal(f"{target} is there already.", mend="Name another file: a backup never takes the place of another.")
    if not target.parent.is_dir():
        raise Refusal(f"There is no folder {target.parent}.", mend="Make it first, or name another place.")
    standing = schema.schema()
    if standing is schema.Schema.EMPTY:
        raise Refusal(f"There is nothing to save: {settings.DATA_DIR} holds no record.", mend="Is RAPPORT_DATA_DIR the right one?")
    if standing is schema.Schema.NEWER:
        raise Refusal("This record was made by a newer Rapport.", mend="Save it with that version.")
    _sweep(target.parent)
    with loop_lock(schema.LOCK, schema.WAIT_SECONDS_MAX), _partial(target) as file:  # tables stay as they are meanwhile
        archive = Writer(file, Head(version("rapport"), connection.vendor, now_us(), schema.steps()[2]))
        if connection.vendor == "postgresql":
            record_postgres.save(archive, progress)
        else:
            _save_sqlite(archive, target, progress)
        files = folder.add_files(archive)
        archive.end()
    tables = archive.manifest.tables
    rows = sum(table["rows"] for table in tables.values())
    saved = Saved(str(target), len(tables), rows, files, target.stat().st_size, round(time.monotonic() - began, 3))
    _write_down(saved)
    return saved


def _save_sqlite(archive: Writer, target: Path, progress: Progress) -> None:
    with TemporaryDirectory(prefix=f".{target.name}.", suffix=PARTIAL, dir=target.parent) as room, _held(Path(room)):
        copy = Path(room) / record_sqlite.CONTENT
        record_sqlite.copy_record(copy, progress)
        archive.manifest.tables = record_sqlite.tables_of(copy, progress)
        size, done = copy.stat().st_size, 0
        for_progress = record_sqlite.read_blocks(copy)

        def blocks() -> Iterator[bytes]:
            nonlocal done
            for block in for_progress:
                yield block
                done += len(block)
                progress("packing the record", done, size)

        archive.add(record_sqlite.CONTENT, blocks())


@contextmanager
def _partial(target: Path) -> Iterator[BinaryIO]:
    """An open file of mode 600 that gets the target's name when all went well, and is gone when not."""
    place = target.with_name(f".{target.name}.{os.getpid()}{PARTIAL}")
    number = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(number, "wb") as file:  # noqa: PTH123  opened above, with its mode
            fcntl.flock(file, fcntl.LOCK_EX)  # says that somebody still writes it
            yield file
            file.flush()
            os.fsync(file.fileno())
            _give_name(place, target)
    finally:
        place.unlink(missing_ok=True)
    parent = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _give_name(place: Path, target: Path) -> None:
    try:
        os.link(place, target)  # fails where another was first, which a rename would overwrite
    except FileExistsError as there:
        raise Refusal(f"{target} is there already.", mend="Name another file.") from there
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise Refusal(f"{target} is there already.", mend="Name another file.") from None
        place.rename(target)


@contextmanager
def _held(room: Path) -> Iterator[None]:
    number = os.open(room, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _sweep(place: Path) -> None:
    """Take away what killed backups left here; what another one is writing is locked, and stays."""
    for left in place.glob(f".*{PARTIAL}"):
        with suppress(OSError):
            number = os.open(left, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if left.is_dir():
                    for inside in left.iterdir():
                        inside.unlink()
                    left.rmdir()
                else:
                    left.unlink()
            finally:
                os.close(number)


def _write_down(saved: Saved) -> None:
    """For whoever watches: when the last backup was made."""
    place = Path(settings.DATA_DIR) / folder.LAST_BACKUP
    fresh = place.with_name(f".{place.name}-{os.getpid()}")
    fresh.write_text(json.dumps({"at_us": now_us(), "bytes": saved.bytes, "seconds": saved.seconds}))
    fresh.chmod(0o600)
    fresh.replace(place)


def last_backup() -> dict[str, Any]:
    """When this installation was last saved, how large that was and how long it took; {} where never."""
    try:
        said = json.loads((Path(settings.DATA_DIR) / folder.LAST_BACKUP).read_text())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
