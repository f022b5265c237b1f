"""The reject file: every row that could not be taken, with line and reason, safe to open in a spreadsheet. Card numbers are struck out.

What a killed load wrote behind its last commit is cut off when it goes on.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings

from rapport.intake.files.rows import Trouble
from rapport.intake.files.spreadsheets import RISKY, harmless
from rapport.intake.messages import without_cards

ABOUT = ("line", "reason", "field")
SIGNS = frozenset({*RISKY, "'"})  # what a cell that is not harmless begins with
REASONS_MAX = 200  # different (reason, field) pairs counted apart; the rest are counted together


class RejectFile:
    """Appends troubles to one CSV file; made when the first comes."""

    def __init__(self, path: Path, header: Sequence[str], *, size: int) -> None:
        self.path, self.header, self.size = path, header, size
        if path.exists():
            with path.open("r+b") as file:
                file.truncate(size)
        elif size:
            self.size = 0  # somebody took it away; what comes from now on is kept

    def append(self, troubles: Iterable[Trouble]) -> None:
        """Write and flush; `size` is what the next commit may rely on."""
        rows = [(str(one.line), one.reason, one.field, *one.cells) for one in troubles]
        if not rows:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if not self.size:
            writer.writerow((*ABOUT, *map(harmless, self.header)))
        writer.writerows([[harmless(cell) if cell[:1] in SIGNS else cell for cell in row] for row in rows])
        data = without_cards(text.getvalue()).encode("utf-8", errors="replace")
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.seek(self.size)
            file.truncate()
            file.write(data)
        self.size += len(data)


def reject_path(load_id: int) -> Path:
    return settings.REJECT_DIR / f"load-{load_id}.csv"


def notes_path(load_id: int) -> Path:
    return settings.REJECT_DIR / f"load-{load_id}-notes.csv"


def count_reasons(kept: dict[str, int], troubles: Iterable[Trouble]) -> None:
    """Add to a tally by `field: reason`, which stays small whatever the file holds."""
    for key, count in Counter(f"{one.field}: {one.reason}" if one.field else one.reason for one in troubles).items():
        name = key if key in kept or len(kept) < REASONS_MAX else "other reasons"
        kept[name] = kept.get(name, 0) + count


def read_rejects(path: Path, *, limit: int) -> list[dict[str, str]]:
    """The first rows of a reject file, for a page."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [dict(row) for _, row in zip(range(limit), rows, strict=False)]
