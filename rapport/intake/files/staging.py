"""Rows on disk between reading and loading, so that rows of one order come together however far apart they stand.

A DuckDB database of its own beside the record, bounded in memory; it dies with the load and is never the record.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from rapport.intake.files.rows import Row
from rapport.lib.arrow import pa

SEPARATOR = "\x1f"
ESCAPED = "\x1e"  # begins a packed row with a cell that holds the separator itself
MEMORY = "256MB"
BATCH_ROWS = 2_048
SCHEMA = pa.schema([("line", pa.int64()), ("key", pa.string()), ("packed", pa.string())])


class Staging:
    """Holds rows under a key; gives them back key by key, in the order in which each key was first met."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._remove()
        self._base = duckdb.connect(
            str(path),
            config={"memory_limit": MEMORY, "threads": 2, "temp_directory": f"{path}.tmp", "autoload_known_extensions": False},
        )
        self._base.execute("CREATE TABLE rows (line BIGINT, key VARCHAR, packed VARCHAR)")
        self._waiting: list[tuple[int, str, str]] = []
        self._last_key = ""
        self._runs = 0  # how often the key changed from one row to the next
        self.rows = 0

    def add(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Keep rows with their keys; call `flush` behind the last."""
        for key, (line, cells) in rows:
            if key != self._last_key:
                self._runs += 1
                self._last_key = key
            self._waiting.append((line, key, pack(cells)))
        if len(self._waiting) >= 20_000:
            self.flush()

    def flush(self) -> None:
        if not self._waiting:
            return
        lines, keys, packed = zip(*self._waiting, strict=True)
        table = pa.Table.from_arrays([pa.array(lines), pa.array(keys, pa.string()), pa.array(packed, pa.string())], schema=SCHEMA)
        self._base.register("fresh", table)
        self._base.execute("INSERT INTO rows SELECT * FROM fresh")
        self._base.unregister("fresh")
        self.rows += len(self._waiting)
        self._waiting = []

    def groups(self) -> Iterator[tuple[str, list[Row]]]:
        """(key, rows) with the rows in the order of the file, however far apart they stood."""
        key = ""
        rows: list[Row] = []
        for line, one, packed in self._sorted():
            if one != key and rows:
                yield key, rows
                rows = []
            key = one
            rows.append((line, unpack(packed)))
        if rows:
            yield key, rows

    def _sorted(self) -> Iterator[tuple[int, str, str]]:
        self.flush()
        keys = self._base.execute("SELECT count(DISTINCT key) FROM rows").fetchone()
        if keys and keys[0] == self._runs:  # together already, as nearly every shop writes them
            query = "SELECT line, key, packed FROM rows ORDER BY line"
        else:
            query = (
                "SELECT line, key, packed FROM rows JOIN (SELECT key, min(line) AS first FROM rows GROUP BY key) USING (key)"
                " ORDER BY first, line"
            )
        reader = self._base.execute(query).to_arrow_reader(BATCH_ROWS)
        for batch in reader:
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def close(self) -> None:
        self._base.close()
        self._remove()

    def __enter__(self) -> "Staging":
        return self

    def __exit__(self, *trouble: object) -> None:
        self.close()

    def _remove(self) -> None:
        """Also what a killed load left behind."""
        for path in (self.path, Path(f"{self.path}.wal")):
            path.unlink(missing_ok=True)
        folder = Path(f"{self.path}.tmp")
        if folder.is_dir():
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                folder.rmdir()


def pack(cells: list[str]) -> str:
    """A row in one text, the quickest there is to cut again."""
    packed = SEPARATOR.join(cells)
    if packed.count(SEPARATOR) != len(cells) - 1 or packed.startswith(ESCAPED):
        return ESCAPED + json.dumps(cells)
    return packed


def unpack(packed: str) -> list[str]:
    return json.loads(packed[1:]) if packed.startswith(ESCAPED) else packed.split(SEPARATOR)
