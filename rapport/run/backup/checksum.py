"""What a table holds, in one number that does not depend on the order of its rows."""

import hashlib
from dataclasses import dataclass

BITS = 128


@dataclass
class Checksum:
    """The sum of its rows' digests; equal tables have equal sums, in whatever order they were read."""

    rows: int = 0
    total: int = 0

    def add(self, row: bytes) -> None:
        self.rows += 1
        self.total += int.from_bytes(hashlib.blake2b(row, digest_size=BITS // 8).digest())

    @property
    def words(self) -> str:
        return f"{self.total % 2**BITS:032x}"
