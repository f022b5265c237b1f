"""The file a backup is: a tar of parts, compressed, first what it is, last a manifest that proves the rest.

`tar --zstd -tf FILE` lists it. Each content is cut into parts, so that a stream of unknown length can be written and nothing
has to fit in memory. The manifest proves the contents; head and manifest are each followed by their own SHA-256, as
`sha256sum -c` reads it. A file without its manifest at the end was cut off.
"""

import hashlib
import io
import itertools
import json
import os
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from rapport.lib.arrow import pa
from rapport.lib.refusals import Refusal

FORMAT = 1
HEAD, MANIFEST = "rapport-backup.json", "manifest.json"
PART_BYTES = 16 << 20
BLOCK_BYTES = 1 << 20  # given to the compressor at a time
WORDS_BYTES_MAX = 256 << 20  # of head and manifest: a line a file
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
Progress = Callable[[str, int, int], None]  # what is being done, how far, of how much (0: unknown)


class NotWhole(Refusal):
    """The file is no backup, or not all of one."""

    code = "not_whole"


@dataclass(frozen=True)
class Head:
    """What stands at the front: enough to refuse a stranger at once."""

    rapport: str
    database: str  # sqlite or postgresql
    made_us: int
    steps: list[str]  # of the schema, as `app.step`
    format: int = FORMAT


@dataclass
class Manifest:
    """What stands at the end."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)  # {"rows", "checksum", "columns"}
    sequences: dict[str, list[Any]] = field(default_factory=dict)  # PostgreSQL: the last number handed out, and whether it was
    places: dict[str, Any] = field(default_factory=dict)  # PostgreSQL: where the readers of the log stood
    contents: dict[str, dict[str, Any]] = field(default_factory=dict)  # {"parts", "bytes", "sha256"}


class Writer:
    """Writes to an open file. `end` closes the archive, not the file."""

    def __init__(self, file: BinaryIO, head: Head) -> None:
        own = os.fdopen(os.dup(file.fileno()), "wb")  # closed with the stream, which the file itself must survive
        self._stream = pa.CompressedOutputStream(pa.PythonFile(own, mode="w"), "zstd")
        self._tar = tarfile.open(fileobj=self._stream, mode="w|", format=tarfile.PAX_FORMAT, bufsize=BLOCK_BYTES)  # noqa: SIM115  closed by `end`
        self.manifest = Manifest()
        self._put_proved(HEAD, json.dumps(asdict(head)).encode())

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        """One content, as long as its blocks go on."""
        digest, size, parts = hashlib.sha256(), 0, 0
        for part in _parts(blocks):
            digest.update(part)
            size += len(part)
            self._put(f"{name}/{parts:06d}", part)
            parts += 1
        self.manifest.contents[name] = {"parts": parts, "bytes": size, "sha256": digest.hexdigest()}

    def end(self) -> None:
        self._put_proved(MANIFEST, json.dumps(asdict(self.manifest)).encode())
        self._tar.close()
        self._stream.close()

    def _put_proved(self, name: str, body: bytes) -> None:
        self._put(name, body)
        self._put(*_proof(name, body))

    def _put(self, name: str, body: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = len(body), 0o600, int(time.time())
        self._tar.addfile(member, io.BytesIO(body))


def _proof(name: str, body: bytes) -> tuple[str, bytes]:
    """The member that follows `name`: its sum."""
    return f"{name}.sha256", f"{hashlib.sha256(body).hexdigest()}  {name}\n".encode()


def _parts(blocks: Iterable[bytes]) -> Iterator[bytes]:
    held, size = [], 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size >= PART_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)  # an empty content has one part, too


def read_head(path: Path) -> Head:
    """What the file says it is; NotWhole where it is no backup of ours."""
    if not path.is_file():
        raise Refusal(f"There is no file {path}.", mend="Name a file that `rapport backup` wrote.")
    try:
        with path.open("rb") as file:
            if file.read(len(ZSTD_MAGIC)) != ZSTD_MAGIC:
                raise NotWhole(f"{path} is no backup made by Rapport.", mend="Name a file that `rapport backup` wrote.")
        name, body = next(_members(path))
        said = json.loads(body) if name == HEAD else {}
        if not isinstance(said, dict) or said.get("format") is None:
            raise NotWhole(f"{path} is no backup made by Rapport.", mend="Name a file that `rapport backup` wrote.")
        if said["format"] != FORMAT:
            raise Refusal(f"{path} was written by a newer Rapport ({said.get('rapport')}).", mend="Install that version, then restore.")
        return Head(**said)
    except (StopIteration, TypeError, ValueError) as trouble:
        raise NotWhole(f"{path} is no backup made by Rapport.", mend="Name a file that `rapport backup` wrote.") from trouble


def is_backup(path: Path) -> bool:
    """Whether a file is a backup itself."""
    try:
        read_head(path)
    except (Refusal, OSError):
        return False
    return True


def read_whole(path: Path, progress: Progress) -> Manifest:
    """The manifest, once every part has been read and found to be what the manifest says. Nothing is written."""
    size, seen = path.stat().st_size, 0
    digests: dict[str, Any] = {}
    found: dict[str, dict[str, Any]] = {}
    for name, body in _members(path):
        if name == MANIFEST:
            manifest = _manifest(path, body)
            if found != manifest.contents:
                raise NotWhole(f"{path} is damaged: what it holds is not what was written.", mend="Take another backup.")
            return manifest
        if name == HEAD:
            continue
        content, _, number = name.rpartition("/")
        said = found.setdefault(content, {"parts": 0, "bytes": 0, "sha256": ""})
        if number != f"{said['parts']:06d}":
            raise NotWhole(f"{path} is damaged: a part is missing.", mend="Take another backup.")
        digest = digests.setdefault(content, hashlib.sha256())
        digest.update(body)
        said["parts"], said["bytes"], said["sha256"] = said["parts"] + 1, said["bytes"] + len(body), digest.hexdigest()
        seen += len(body)
        progress("reading the backup through", seen, 0 if seen > size else size)
    raise NotWhole(f"{path} is cut off: its end is missing.", mend="Copy it again, or take another backup.")


def _manifest(path: Path, body: bytes) -> Manifest:
    try:
        return Manifest(**json.loads(body))
    except (TypeError, ValueError) as trouble:
        raise NotWhole(f"{path} is damaged: its manifest cannot be read.", mend="Take another backup.") from trouble


def contents(path: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each content with its parts, in the order written; take the parts before the next content."""
    parts = ((name.rpartition("/")[0], body) for name, body in _members(path) if name not in (HEAD, MANIFEST))
    for name, group in itertools.groupby(parts, key=lambda part: part[0]):
        yield name, (body for _, body in group)


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """What the archive holds, one after the other; head and manifest only where their sum follows and is right."""
    to_prove: tuple[str, bytes] | None = None
    try:
        with pa.OSFile(str(path)) as file, pa.CompressedInputStream(file, "zstd") as stream:
            tar = tarfile.open(fileobj=stream, mode="r|", bufsize=BLOCK_BYTES)  # noqa: SIM115  of a stream that is closed with the file
            for member in tar:
                bound = WORDS_BYTES_MAX if member.name in (HEAD, MANIFEST) else 4 * PART_BYTES
                if not member.isfile() or member.size > bound:
                    raise NotWhole(f"{path} holds what no backup of ours holds.", mend="Name a file that `rapport backup` wrote.")
                reader = tar.extractfile(member)
                assert reader is not None
                name, body = member.name, reader.read()
                if to_prove is not None:
                    if (name, body) != _proof(*to_prove):
                        raise NotWhole(f"{path} is damaged: {to_prove[0]} is not what was written.", mend="Take another backup.")
                    yield to_prove
                    to_prove = None
                elif name in (HEAD, MANIFEST):
                    to_prove = name, body
                else:
                    yield name, body
                tar.members = []  # type: ignore[attr-defined]  # it would remember each of them
    except (tarfile.TarError, pa.ArrowException, EOFError) as trouble:
        raise NotWhole(f"{path} is damaged or cut off ({str(trouble) or 'its end is missing'}).", mend="Take another backup.") from trouble
    except OSError as trouble:
        if trouble.errno:  # the disk's or the folder's own
            raise
        raise NotWhole(f"{path} is damaged or cut off.", mend="Copy it again, or take another backup.") from trouble
