"""What lies in the data folder beside the record: secrets, uploads, reject files and whatever a room keeps there.

Left out is what is made again (the lake), what is only of the moment (locks), and copies of the record itself.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from django.conf import settings

from rapport.lib.refusals import Refusal
from rapport.run.backup.archive import Writer, is_backup
from rapport.run.backup.record_sqlite import LEFTOVERS, record_files

CONTENT = "files"
LAST_BACKUP = "last-backup.json"
STAGING = ".restoring"
LEFT_OUT = {"lake", "locks", "before-upgrade", LAST_BACKUP, STAGING, *(f"test-record.sqlite{tail}" for tail in LEFTOVERS)}
BLOCK_BYTES = 1 << 20


def kept_files() -> Iterator[Path]:
    """Every file that belongs to a backup, relative to the data folder, in order of name."""
    home, record = Path(settings.DATA_DIR), set(record_files())
    for top in sorted(home.iterdir()):
        if top.name in LEFT_OUT or top in record or top.is_symlink() or top.name.startswith("."):
            continue
        inside = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file() and not path.is_symlink())
        yield from (path.relative_to(home) for path in inside if not is_backup(path))


def add_files(archive: Writer) -> int:
    """Put them into the archive, after the record, so that none it names is missing; how many there were."""
    count = 0
    for path in kept_files():
        try:
            with (Path(settings.DATA_DIR) / path).open("rb") as file:
                archive.add(f"{CONTENT}/{path.as_posix()}", iter(lambda: file.read(BLOCK_BYTES), b""))
        except FileNotFoundError:  # it was taken away meanwhile
            continue
        count += 1
    return count


def path_inside(name: str) -> Path:
    """Where a file of the archive goes; refused where that is no place for it."""
    path = PurePosixPath(name.removeprefix(f"{CONTENT}/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or path.parts[0] in LEFT_OUT or path.parts[0].startswith("."):
        raise Refusal(f"The backup holds a file that belongs nowhere: {name}.", mend="Take another backup.")
    return Path(path)


def what_is_there() -> list[Path]:
    """What a fresh folder does not have: files that a restore would have to overwrite. Secrets are made by any command."""
    home, record = Path(settings.DATA_DIR), set(record_files())
    found = []
    for top in sorted(home.iterdir()):
        if top.name in LEFT_OUT - {"before-upgrade"} or top.name == "secrets" or top in record or top.name.startswith(".probe-"):
            continue
        if top.is_file() or top.is_symlink() or any(path.is_file() for path in top.rglob("*")):
            found.append(top)
    return found


def drop_lake() -> None:
    """The lake of an empty record knows nothing; one of another record would know wrong things."""
    shutil.rmtree(settings.LAKE_DIR, ignore_errors=True)
