"""Events, one JSON object a line, each handed on as the text it is; its meaning is the kind's matter."""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import duckdb

from rapport.intake.files.opening import Opened, encoding_of, open_bytes, progress_of
from rapport.intake.files.rows import Row, Trouble
from rapport.lib.arrow import pa
from rapport.lib.refusals import Refusal

CHUNK_ROWS = 2_000
CHUNK_BYTES = 16_777_216
LINE_BYTES_MAX = 16_777_216


class JsonLines:
    """A file of JSON lines, plain or gz, in UTF-8 (or UTF-16 with its mark)."""

    header = ["fact"]

    def __init__(self, opened: Opened, *, encoding: str = "") -> None:
        self.opened = opened
        self.encoding = encoding_of(opened, encoding)
        self._data: BinaryIO | None = None
        first = opened.head.decode(self.encoding, errors="replace").lstrip("\ufeff \t\r\n")[:1]
        if first == "[":
            raise Refusal(f"{opened.path.name} is one JSON list.", mend="Write one object a line, for example with: jq -c '.[]'")
        if first != "{":
            raise Refusal(
                f"{opened.path.name} holds no JSON lines: its first line does not begin with {{.",
                mend="Events come as one JSON object a line; for tables say --as customers, orders or what else its rows are.",
            )

    def share_read(self) -> float:
        return 1.0 if self._data is None else progress_of(self._data, self.opened.path)

    def chunks(self) -> Iterator[list[Row | Trouble]]:
        with open_bytes(self.opened.path, zipped=self.opened.zipped) as data:
            self._data = data
            chunk: list[Row | Trouble] = []
            size = 0
            for number, raw in self._lines(data):
                if len(raw) >= LINE_BYTES_MAX:
                    chunk.append(Trouble(number, "longer than 16 MB", cells=(raw[:200].decode(errors="replace"),)))
                    continue
                try:
                    chunk.append((number, [raw.decode(self.encoding)]))
                except UnicodeDecodeError as trouble:
                    place = f"byte 0x{raw[trouble.start]:02x} at position {trouble.start + 1}"
                    chunk.append(Trouble(number, "not UTF-8 text; say how it was saved with --encoding", place))
                size += len(raw)
                if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
                    yield chunk
                    chunk, size = [], 0
            if chunk:
                yield chunk
        self._data = None

    def _lines(self, data: BinaryIO) -> Iterator[tuple[int, bytes]]:
        """Lines that are not empty, without their ends."""
        if self.opened.mark:
            data.read(len(self.opened.mark[0]))
        number, whole = 0, True
        while raw := data.readline(LINE_BYTES_MAX):
            if whole:
                number += 1
                if line := raw.strip():
                    yield number, line
            whole = raw.endswith(b"\n") or len(raw) < LINE_BYTES_MAX  # the rest of a line too long is passed over

    def places_among_equals(self, scratch: Path) -> dict[int, int]:
        """For each line that stood in the file before, word for word, the how-manieth it is (2, 3, ...); others are left out."""
        with open_bytes(self.opened.path, zipped=self.opened.zipped) as data:
            scratch.parent.mkdir(parents=True, exist_ok=True)
            scratch.unlink(missing_ok=True)
            with duckdb.connect(str(scratch), config={"memory_limit": "256MB", "threads": 2, "temp_directory": f"{scratch}.tmp"}) as base:
                base.execute("CREATE TABLE lines (line BIGINT, hash UBIGINT)")
                hashed = ((number, int.from_bytes(blake2b(raw, digest_size=8).digest())) for number, raw in self._lines(data))
                while batch := list(islice(hashed, 50_000)):
                    numbers, hashes = zip(*batch, strict=True)
                    base.register("fresh", pa.table({"line": pa.array(numbers, pa.int64()), "hash": pa.array(hashes, pa.uint64())}))
                    base.execute("INSERT INTO lines SELECT * FROM fresh")
                found = base.execute(
                    "SELECT line, nth FROM (SELECT line, row_number() OVER (PARTITION BY hash ORDER BY line) AS nth FROM lines"
                    " WHERE hash IN (SELECT hash FROM lines GROUP BY hash HAVING count(*) > 1)) WHERE nth > 1"
                ).fetchall()
            scratch.unlink(missing_ok=True)
        return dict(found)
