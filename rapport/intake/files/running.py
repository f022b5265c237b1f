"""The loop that brings a file in: batch by batch, each a transaction that moves the load's progress with it.

Killed anywhere, it goes on behind its last commit; run twice at once, the second is refused; stopped, it stops between batches.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from pyroaring import BitMap

from rapport.events import catalogue
from rapport.events import queries as log
from rapport.intake.actions import Refused, keep_rejects, receive
from rapport.intake.files.kinds.kind import Kind
from rapport.intake.files.rejects import RejectFile, notes_path, reject_path
from rapport.intake.files.rows import Trouble
from rapport.intake.files.tally import IN_FACTS, IN_ROWS, Tally
from rapport.intake.files.units import Context, Unit
from rapport.intake.messages import without_cards
from rapport.intake.models import Load
from rapport.lib.clock import now_us
from rapport.lib.locks import turn_to_write

BATCH_MESSAGES = 5_000
BATCH_ROWS = 10_000
BATCH_CELLS = 400_000
TRIES_MAX = 6  # two loads that meet the same new customer: one of them begins its batch again
REJECTS_LISTED_MAX = 1_000  # of a load; the reject file has all
PAGE = 10_000
BEAT_US = 500_000


class Stopped(Exception):
    """Somebody asked the load to stop; what is in stays in."""


@dataclass(frozen=True)
class Progress:
    """How far a load is, for a bar."""

    share: float  # of the whole work, 0 to 1
    rows: int  # done, of this load
    rows_total: int  # as far as can be said
    rejected: int
    reading: bool  # rows are still being put in order


class Run:
    """One run of a load by one process, under its lock."""

    def __init__(
        self, load: Load, kind: Kind, context: Context, *, watch: Callable[[Progress], None], stopping: Callable[[], bool]
    ) -> None:
        self.load, self.kind, self.context = load, kind, context
        self.watch, self.stopping = watch, stopping
        self.before: dict[str, Any] = dict(load.counts)  # of earlier runs of this load
        self.tally = Tally(reasons=dict(self.before.get("reasons", {})))
        self.done = load.done_units
        self.rejects = RejectFile(reject_path(load.id), kind.table.header, size=self.before.get("reject_bytes", 0))
        self.notes = RejectFile(notes_path(load.id), kind.table.header, size=self.before.get("notes_bytes", 0))
        self.listed = self.before.get("listed", 0)
        self._beat_us = 0
        self.earlier = self._customers_so_far() if self.done else BitMap()

    def go(self) -> None:
        """To the end of the file, or to Stopped."""
        for items in self._batches():
            self._take(items)
            self._say(between=False)

    def _batches(self) -> Iterator[list[Unit | Trouble]]:
        """Items not yet taken, in batches bounded in messages, rows and cells."""
        batch: list[Unit | Trouble] = []
        place = messages = rows = cells = 0
        width = len(self.kind.table.header)
        for chunk in self.kind.units():
            for item in chunk:
                place += 1
                if place <= self.done:
                    continue
                batch.append(item)
                if isinstance(item, Unit):
                    messages += len(item.messages) or 1
                    rows += len(item.rows)
                    cells += len(item.rows) * width
                else:
                    rows += 1
                if messages >= BATCH_MESSAGES or rows >= BATCH_ROWS or cells >= BATCH_CELLS:
                    yield batch
                    batch, messages, rows, cells = [], 0, 0, 0
            self._say(between=True)
        if batch:
            yield batch

    # One batch

    def _take(self, items: Sequence[Unit | Trouble]) -> None:
        """All of it in one transaction; begun again where another worker was first, or where a unit was taken in part."""
        barred: dict[int, Refused] = {}
        attempt = 0
        while True:
            tally, sizes = self.tally.copy(), (self.rejects.size, self.notes.size, self.listed)
            try:
                with turn_to_write():
                    partly = self._record(items, barred, tally)
                    if not partly:
                        self._keep(len(items), tally)
            except (IntegrityError, OperationalError) as trouble:
                catalogue.forget()
                self.rejects.size, self.notes.size, self.listed = sizes
                attempt += 1
                if attempt >= TRIES_MAX or not (isinstance(trouble, IntegrityError) or "deadlock" in str(trouble)):
                    raise
                continue
            except BaseException:
                self.rejects.size, self.notes.size, self.listed = sizes
                raise
            if not partly:
                self.tally = tally
                self.done += len(items)
                return
            self.rejects.size, self.notes.size, self.listed = sizes
            barred.update(partly)

    def _record(self, items: Sequence[Unit | Trouble], barred: dict[int, Refused], tally: Tally) -> dict[int, Refused]:
        """Take the batch in. Where a unit would be taken in part, everything is undone, and those units are answered."""
        units = [(place, item) for place, item in enumerate(items) if isinstance(item, Unit) and place not in barred]
        self.kind.settle([unit for _, unit in units])
        troubles = [item for item in items if isinstance(item, Trouble)]
        outcomes = self.kind.take([unit for _, unit in units])
        if outcomes is None:
            partly, refused = self._send(units, tally)
            if partly:
                transaction.set_rollback(True)
                catalogue.forget()
                return partly
            barred = {**barred, **refused}
        else:
            for (_, unit), outcome in zip(units, outcomes, strict=True):
                if isinstance(outcome, Trouble):
                    troubles.append(outcome)
                else:
                    tally.rows(outcome, len(unit.rows))
        for place, why in barred.items():
            spoiled = items[place]
            assert isinstance(spoiled, Unit), "only units are barred"
            troubles.extend(Trouble(line, why.reason, why.field, tuple(cells)) for line, cells in spoiled.rows)
        notes = [note for _, unit in units for note in unit.notes]
        tally.set_aside(troubles)
        tally.counts["notes"] += len(notes)
        self.rejects.append(troubles)
        self.notes.append(notes)
        self._list(troubles)
        return {}

    def _send(self, units: Sequence[tuple[int, Unit]], tally: Tally) -> tuple[dict[int, Refused], dict[int, Refused]]:
        """Receive the messages of units; answers the units taken in part, and those not taken at all."""
        messages = [message for _, unit in units for message in unit.messages]
        receipt = receive(messages, source_id=self.context.source_id, replay=True, load_id=self.load.id, zone=self.context.zone)
        why = {one.index: one for one in receipt.refused}
        partly: dict[int, Refused] = {}
        refused: dict[int, Refused] = {}
        rows = {"accepted": 0, "repeated": 0}
        start = 0
        for place, unit in units:
            end = start + len(unit.messages)
            outcomes = receipt.outcomes[start:end]
            if "rejected" in outcomes:
                first = next(why[index] for index in range(start, end) if index in why)
                (partly if "accepted" in outcomes else refused)[place] = first
            else:
                rows[self._outcome(unit, outcomes)] += len(unit.rows)
            start = end
        for outcome, number in rows.items():
            tally.rows(outcome, number)
        if not partly:
            tally.facts(messages, receipt.outcomes, receipt.customer_ids)
        return partly, refused

    def _outcome(self, unit: Unit, outcomes: Sequence[str]) -> str:
        """Of a unit none of whose messages was rejected: news where one of those that count is."""
        if not self.kind.introduces:
            return "accepted" if "accepted" in outcomes else "repeated"
        decide = zip(outcomes, unit.messages, strict=True)
        return "accepted" if any(outcome == "accepted" and message["type"] != "identify" for outcome, message in decide) else "repeated"

    def _list(self, troubles: Sequence[Trouble]) -> None:
        """The first rejects stand in the reject list, too, where pages show them."""
        shown = troubles[: max(0, REJECTS_LISTED_MAX - self.listed)]
        self.listed += len(shown)
        keep_rejects(
            [Refused(place, one.reason, one.field, excerpt=without_cards(" ".join(one.cells)[:500])) for place, one in enumerate(shown)],
            self.context.source_id,
            self.load.id,
            lines={place: one.line for place, one in enumerate(shown)},
        )

    # What is kept of progress

    def counts(self, tally: Tally) -> dict[str, Any]:
        """Of the load over all its runs."""
        found: dict[str, Any] = {name: self.before.get(name, 0) + tally.counts[name] for name in (*IN_ROWS, *IN_FACTS)}
        found["customers"] = len(tally.customers | self.earlier)
        kept = {name: self.before[name] for name in ("digest", "after_event") if name in self.before}
        return found | kept | {"reasons": tally.reasons}

    def _customers_so_far(self) -> BitMap:
        """Whom earlier runs of this load told of."""
        found, last = BitMap(), self.before.get("after_event", 0)
        while page := list(log.load_events(self.load.id, after_id=last, limit=PAGE)):
            found.update(customer_id for _, customer_id, _ in page if customer_id is not None)
            last = page[-1][0]
        return found

    def _keep(self, units: int, tally: Tally) -> None:
        counts = self.counts(tally) | {"reject_bytes": self.rejects.size, "notes_bytes": self.notes.size, "listed": self.listed}
        share = max(self.kind.share(), 0.001)
        Load.objects.filter(id=self.load.id).update(
            done_units=self.done + units,
            rows_done=counts["rows"],
            rows_total=max(counts["rows"], int(counts["rows"] / share)),
            counts=counts,
            reject_file=str(self.rejects.path) if self.rejects.size else "",
            beat_us=now_us(),
        )

    def _say(self, *, between: bool) -> None:
        """Show progress; now and then look whether somebody wants the load to stop."""
        now = now_us()
        if between and now - self._beat_us < BEAT_US:
            return
        rows = self.before.get("rows", 0) + self.tally.counts["rows"]
        share = self.kind.share()
        total = max(rows, int(rows / share)) if share else rows
        rejected = self.before.get("rejected", 0) + self.tally.counts["rejected"]
        self.watch(Progress(share, rows, total, rejected, self.kind.reading))
        if now - self._beat_us >= BEAT_US:
            self._beat_us = now
            Load.objects.filter(id=self.load.id).update(beat_us=now)
            if self.stopping() or Load.objects.filter(id=self.load.id, stop_asked=True).exists():
                raise Stopped
