"""Bringing a backup back: read through first, put together aside, proved, and only then moved to its place, the record last.

A restore that is killed leaves a folder `.restoring` with a list of what it moved; the next one takes that away and begins anew.
"""

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from rapport.lib import schema
from rapport.lib.locks import loop_lock, own_session, serving
from rapport.lib.refusals import Refusal
from rapport.run.backup import folder, record_postgres, record_sqlite
from rapport.run.backup.archive import Head, Manifest, NotWhole, Progress, contents, read_head, read_whole

MOVED = "moved.json"


@dataclass(frozen=True)
class Restored:
    """What came back."""

    tables: int
    rows: int
    files: int
    made_us: int
    rapport: str  # the version that made it
    is_older: bool  # `rapport upgrade` comes next
    seconds: float


def restore(source: Path, progress: Progress) -> Restored:
    """Fill an empty installation from a backup; refused where anything is there. Verified before it counts as done."""
    began, head = time.monotonic(), read_head(source)
    if head.database != connection.vendor:
        mend = "Set RAPPORT_DATABASE_URL to an empty database." if head.database == "postgresql" else "Leave RAPPORT_DATABASE_URL out."
        raise Refusal(f"This backup was made on {head.database}, and the record here is to be on {connection.vendor}.", mend=mend)
    with serving(), loop_lock(schema.LOCK, schema.WAIT_SECONDS_MAX):
        _clear_unfinished()
        _refuse_anything_there()
        _refuse_newer(head)
        manifest = read_whole(source, progress)
        with _staging() as room:
            if head.database == "postgresql":
                files = _restore_postgres(source, head, manifest, room, progress)
            else:
                files = _restore_sqlite(source, manifest, room, progress)
    rows = sum(table["rows"] for table in manifest.tables.values())
    is_older = schema.schema() is schema.Schema.OLDER
    return Restored(len(manifest.tables), rows, files, head.made_us, head.rapport, is_older, round(time.monotonic() - began, 3))


def _restore_sqlite(source: Path, manifest: Manifest, room: Path, progress: Progress) -> int:
    files = _unpack(source, room, progress)
    copy = room / record_sqlite.CONTENT
    if not copy.is_file():
        raise NotWhole(f"{source} holds no record.", mend="Take another backup.")
    record_sqlite.check_pages(copy)
    if record_sqlite.tables_of(copy, progress) != manifest.tables:
        raise NotWhole("The record did not come back as it was saved.", mend="Nothing was kept. Try another backup.")
    connection.close()  # the empty one's
    _move(files, room)
    for path in record_sqlite.record_files():
        path.unlink(missing_ok=True)
    _put_in_place(copy, record_sqlite.record_path())  # from here on it is restored
    return len(files)


def _put_in_place(copy: Path, record: Path) -> None:
    """One rename, so that it is there whole or not at all; RAPPORT_DATABASE_URL may name a place on another disk."""
    try:
        copy.replace(record)
    except OSError as trouble:
        if trouble.errno != errno.EXDEV:
            raise
        near = record.with_name(f".{record.name}-{os.getpid()}")
        shutil.copyfile(copy, near)
        near.chmod(0o600)
        near.replace(record)
    number = os.open(record.parent, os.O_RDONLY)
    try:
        os.fsync(number)  # the name, too, is on the disk
    finally:
        os.close(number)


def _restore_postgres(source: Path, head: Head, manifest: Manifest, room: Path, progress: Progress) -> int:
    record_postgres.make_tables(head.steps)
    with own_session() as session:
        filling = record_postgres.Filling(session, manifest)
        files = _unpack(source, room, progress, filling)
        filling.prove(progress)
        _move(files, room)
        session.execute("COMMIT")  # from here on it is restored
    return len(files)


def _unpack(source: Path, room: Path, progress: Progress, filling: record_postgres.Filling | None = None) -> list[Path]:
    """Files into the staging folder, tables into the database; the files' paths."""
    files = []
    for number, (name, parts) in enumerate(contents(source)):
        progress("bringing it back", number, 0)
        kind, _, rest = name.partition("/")
        if kind == record_postgres.CONTENT and filling is not None:
            filling.take(rest, parts)
            continue
        path = Path(record_sqlite.CONTENT) if name == record_sqlite.CONTENT else "files" / folder.path_inside(name)
        place = room / path
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        if name != record_sqlite.CONTENT:
            files.append(path.relative_to("files"))
    return files


def _move(files: list[Path], room: Path) -> None:
    """To their places in the data folder; the list is written first, so that a kill in between can be undone."""
    home = Path(settings.DATA_DIR)
    (room / MOVED).write_text(json.dumps([str(path) for path in files]))
    folder.drop_lake()
    for path in files:
        place = home / path
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (room / "files" / path).replace(place)


@contextmanager
def _staging() -> Iterator[Path]:
    room = Path(settings.DATA_DIR) / folder.STAGING
    room.mkdir(mode=0o700)
    try:
        yield room
    except BaseException:
        _clear_unfinished()
        raise
    shutil.rmtree(room)


def _clear_unfinished() -> None:
    """Take away what a restore that came to no end left behind; what is in the record decides whether it did."""
    home, room = Path(settings.DATA_DIR), Path(settings.DATA_DIR) / folder.STAGING
    if not room.is_dir():
        return
    try:
        moved = json.loads((room / MOVED).read_text())
    except (OSError, ValueError):
        moved = []
    if moved and _record_is_empty():
        for name in moved:
            path = home / folder.path_inside(name)
            if path.parts[len(home.parts)] != "secrets":
                path.unlink(missing_ok=True)
    shutil.rmtree(room)


def _refuse_anything_there() -> None:
    if not _record_is_empty():
        raise Refusal(
            "The record here holds something already.", mend="Restore into an empty data folder: set RAPPORT_DATA_DIR to a new one."
        )
    if found := folder.what_is_there():
        names = ", ".join(path.name for path in found[:3])
        mend = "Restore into an empty data folder: set RAPPORT_DATA_DIR to a new one."
        raise Refusal(f"{settings.DATA_DIR} is not empty: it holds {names}.", mend=mend)


def _record_is_empty() -> bool:
    try:
        return not schema.holds_anything()
    except DatabaseError as trouble:
        if connection.vendor != "sqlite":
            raise
        place = record_sqlite.record_path()
        raise Refusal(f"{place} is there, and cannot be read ({trouble}).", mend="Move it away, then restore.") from trouble


def _refuse_newer(head: Head) -> None:
    """A step of ours that this version does not know makes a schema it cannot work with."""
    if unknown := schema.unknown_steps(head.steps):
        what = f"This backup was made by a newer Rapport ({head.rapport}): it knows steps that this one does not, as {unknown[0]}."
        raise Refusal(what, mend="Install that version, or a later one, then restore.")
