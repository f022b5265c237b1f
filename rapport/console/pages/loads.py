"""A load as a progress row: how far, how long still, what was set aside, and what may be done about it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _

from rapport.intake.models import Load, LoadState, Reject
from rapport.lib.clock import now_us

MOVING = (LoadState.WAITING, LoadState.RUNNING, LoadState.TAKING_BACK)
LINES_SHOWN = 5
SILENT_SECONDS = 60  # a running load that says nothing for so long has lost its worker


@dataclass(frozen=True)
class Progress:
    """What the row shows."""

    load: Load
    percent: int
    about: str  # time left, or how it stands
    aside: int
    silent: bool

    @property
    def counts(self) -> dict[str, Any]:
        return dict(self.load.counts)


def is_moving(load: Load) -> bool:
    return load.state in MOVING


def progress(load: Load) -> Progress:
    total = load.rows_total or load.rows_done
    percent = 100 if load.state == LoadState.DONE else round(100 * load.rows_done / total) if total else 0
    silent = load.state == LoadState.RUNNING and now_us() - (load.beat_us or load.created_us) > SILENT_SECONDS * 1_000_000
    return Progress(load, min(percent, 100), _about(load, silent), int(load.counts.get("rejected", 0) or 0), silent)


def _about(load: Load, silent: bool) -> str:
    if load.state == LoadState.WAITING:
        return _("waits for the worker")
    if load.state == LoadState.TAKING_BACK:
        return _("is being taken back")
    if load.stop_asked and load.state == LoadState.RUNNING:
        return _("stops after this slice")
    if silent:
        return _("its worker fell silent; it goes on when one is there")
    if load.state == LoadState.RUNNING:
        return _left(load)
    return ""


def _left(load: Load) -> str:
    """Time left at the pace so far; nothing where there is no pace yet."""
    seconds = ((load.beat_us or now_us()) - load.created_us) / 1_000_000
    if not load.rows_done or not load.rows_total or seconds <= 0:
        return ""
    left = (load.rows_total - load.rows_done) * seconds / load.rows_done
    return _("about %(n)s min") % {"n": round(left / 60)} if left >= 90 else _("about %(n)s s") % {"n": max(1, round(left))}


@dataclass(frozen=True)
class Reason:
    """Why rows were set aside: how many, the first lines, one of them in short."""

    words: str
    count: int
    lines: list[int]
    excerpt: str

    @property
    def trouble(self) -> str:
        """The words without the mend, which the page gives as a link."""
        return self.words.partition(";")[0] if self.lacks_customer or self.lacks_time else self.words

    @property
    def lacks_customer(self) -> bool:
        """Mended by taking them as anonymous."""
        return "no customer" in self.words

    @property
    def lacks_time(self) -> bool:
        """Mended by saying how times are written."""
        return "--time-format" in self.words


def reasons_of(load: Load, rejects: Sequence[Reject]) -> list[Reason]:
    """The load's own tally, with the lines that stand in the reject list. Sums to the rows set aside."""
    listed: dict[str, list[Reject]] = defaultdict(list)
    for row in reversed(rejects):
        listed[f"{row.field}: {row.reason}" if row.field else row.reason].append(row)
    tally: dict[str, int] = load.counts.get("reasons", {})
    found = []
    for words, count in sorted(tally.items(), key=lambda pair: -pair[1]):
        rows = listed.get(words, [])
        lines = [row.line for row in rows[:LINES_SHOWN] if row.line is not None]
        found.append(Reason(words, count, lines, rows[0].excerpt[:120] if rows else ""))
    return found


def reject_file(kept: str, name: str = "") -> FileResponse:
    """A reject file as it lies on disk, under a name of its own where one is given; 404 where there is none any more."""
    path = Path(kept or "none")
    if settings.REJECT_DIR not in path.parents or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=name or path.name)
