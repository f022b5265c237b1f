"""What a table holds, in one number that does not depend on the order of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

BITS = 128


@dataclass
class Checksum:
    """The sum of its rows' digests; equal tables have equal sums, in whatever order they were read."""

    rows: int = 0
    total: int = 0

    def add(self, rows: Sequence[bytes]) -> None:
        number = int.from_bytes
        self.total += sum([number(blake2b(row, digest_size=BITS // 8).digest(), "big") for row in rows])
        self.rows += len(rows)

    @property
    def words(self) -> str:
        return f"{self.total % 2**BITS:032x}"
