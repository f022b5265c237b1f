"""The verbs of loads: start, run, stop, resume, take back. A command calls them, and a page, and the worker."""

import gc
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
from django.db import DatabaseError

from rapport.events import queries as log
from rapport.intake import keys
from rapport.intake.files import taking_back
from rapport.intake.files.plans import checked, columns_of, context_of, digest_of, kind_named, open_table
from rapport.intake.files.previews import Preview, guess_kind, preview
from rapport.intake.files.running import Progress, Run, Stopped
from rapport.intake.files.tally import IN_FACTS, IN_ROWS
from rapport.intake.files.units import Options
from rapport.intake.models import Load, LoadState
from rapport.lib.clock import now_us
from rapport.lib.locks import HeldByAnother, loop_lock
from rapport.lib.refusals import Refusal

log_of_loads = logging.getLogger(__name__)
GOES_ON = (LoadState.WAITING, LoadState.RUNNING, LoadState.STOPPED, LoadState.FAILED)
DEFAULT_SOURCE = "files"
CUT_SHORT = "cut short"
GC_OBJECTS = 100_000
Watch = Callable[[Progress], None]


def start_load(
    path: Path, kind: str, *, source: str = "", options: Options | None = None, by: str = "", name: str = "", path_kept: bool = True
) -> Load:
    """A load of this file, waiting to be run: a new one, or the one that did not come to its end. Refuses what cannot be read."""
    wanted = checked(options or Options())
    chosen = kind_named(kind)
    path = path.expanduser().absolute()
    columns_of(open_table(path, chosen, wanted), path, chosen, wanted)
    digest = digest_of(path)
    said = msgspec.json.encode([digest, kind, source or DEFAULT_SOURCE, asdict(wanted)], order="sorted")
    fingerprint = blake2b(said, digest_size=32).hexdigest()
    kept = Load.objects.filter(fingerprint=fingerprint).order_by("-id").first()
    if kept is not None and kept.state == LoadState.TAKING_BACK:
        raise Refusal(f"Load {kept.id} of this file is being taken back.", mend=f"Finish that first: rapport load --take-back {kept.id}.")
    if kept is not None and kept.state in GOES_ON:
        Load.objects.filter(id=kept.id).update(path=str(path), stop_asked=False)
        return Load.objects.get(id=kept.id)
    return Load.objects.create(
        path=str(path),
        name=(name or path.name)[:255],
        kind=kind,
        source=keys.source(source or DEFAULT_SOURCE),
        options=asdict(wanted),
        fingerprint=fingerprint,
        counts={"digest": digest},
        by=by,
        created_us=now_us(),
    )


def run_load(load_id: int, *, watch: Watch | None = None, stopping: Callable[[], bool] | None = None) -> dict[str, Any]:
    """Bring a load to its end, or to where it is stopped; answers the counts of this run.

    A second process that runs the same load is refused. What goes wrong is kept with the load and raised; nothing of a
    batch is left half-done, and the same call goes on where this one ended.
    """
    started = time.monotonic()
    try:
        with loop_lock(_lock(load_id)):
            load = load_of(load_id)
            if load.state not in GOES_ON:
                raise Refusal(f"Load {load_id} is {load.get_state_display()}.", mend="Load the file again.")
            return _run(load, watch or _nobody, stopping or _never) | {"seconds": round(time.monotonic() - started, 3)}
    except HeldByAnother as held:
        raise Refusal(
            f"Load {load_id} is running in another process.", mend=f"Wait for it, or stop it: rapport load --stop {load_id}."
        ) from held


def stop_load(load_id: int) -> None:
    """Ask a load to stop behind the batch at hand. Harmless where it does not run."""
    load = load_of(load_id)
    if load.state in (LoadState.RUNNING, LoadState.WAITING):
        Load.objects.filter(id=load_id).update(stop_asked=True)
        with suppress(HeldByAnother), loop_lock(_lock(load_id)):  # nobody runs it: it is stopped already
            Load.objects.filter(id=load_id).update(state=LoadState.STOPPED, stop_asked=False)


def resume_load(load_id: int) -> Load:
    """Let a stopped or failed load wait for its next run; refuses where the file is another by now."""
    load = load_of(load_id)
    if load.state not in GOES_ON:
        raise Refusal(f"Load {load_id} is {load.get_state_display()}.", mend="Load the file again.")
    path = Path(load.path)
    if not path.is_file():
        raise Refusal(f"The file {path} is gone.", mend="Put it back, or load it from where it is now.")
    if digest_of(path) != load.counts.get("digest"):
        raise Refusal(f"The file {path} has changed since.", mend="Load it anew; rows that are in already count once.")
    Load.objects.filter(id=load_id).update(stop_asked=False, state=LoadState.WAITING, error="")
    return load_of(load_id)


def take_back(load_id: int, *, watch: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Undo a load: its facts, and what they made of customers and orders, its products and rates. Killed, it can go on."""
    load = load_of(load_id)
    if load.state == LoadState.TAKEN_BACK:
        raise Refusal(f"Load {load_id} was taken back already.", mend="There is nothing left to do.")
    try:
        with loop_lock(_lock(load_id)):
            Load.objects.filter(id=load_id).update(state=LoadState.TAKING_BACK, stop_asked=False, error="")
            taking_back.take_away_facts(load, watch or _uncounted)
            taking_back.put_back_rows(load)
            taking_back.close(load)
    except HeldByAnother as held:
        raise Refusal(f"Load {load_id} is running.", mend=f"Stop it first: rapport load --stop {load_id}.") from held
    return {"load": load_id, "state": LoadState.TAKEN_BACK.value}


def ask_take_back(load_id: int) -> None:
    """Hand a load to the worker, to be taken back; harmless twice. For pages, which do not wait."""
    load = load_of(load_id)
    if load.state == LoadState.TAKEN_BACK:
        raise Refusal(f"Load {load_id} was taken back already.", mend="There is nothing left to do.")
    try:
        with loop_lock(_lock(load_id)):
            Load.objects.filter(id=load_id).update(state=LoadState.TAKING_BACK, stop_asked=False, error="")
    except HeldByAnother as held:
        if load.state != LoadState.TAKING_BACK:
            raise Refusal(f"Load {load_id} is running.", mend="Stop it first.") from held


def run_waiting(*, stopping: Callable[[], bool] | None = None) -> bool:
    """One pass of the worker: run the oldest load that waits, or goes on after a death. False where there is none."""
    for load in Load.objects.filter(state__in=(LoadState.WAITING, LoadState.RUNNING), by__gt="").order_by("id"):
        try:
            with loop_lock(_lock(load.id)):
                run_load(load.id, stopping=stopping)
        except HeldByAnother:
            continue  # another process runs it
        except Refusal as no:
            log_of_loads.warning("Load %s: %s", load.id, no)  # kept with the load too, where people see it
        return True
    return False


def standing_of(load: Load) -> str:
    """Its state; "cut short" where it says that it runs, and no process runs it: killed, or stopped by a full disk."""
    if load.state != LoadState.RUNNING:
        return load.state
    try:
        with loop_lock(_lock(load.id)):
            return CUT_SHORT
    except HeldByAnother:
        return load.state


def load_of(load_id: int) -> Load:
    load = Load.objects.select_related("source").filter(id=load_id).first()
    if load is None:
        raise Refusal(f"There is no load {load_id}.", mend="`rapport load --list` shows them.")
    return load


def _run(load: Load, watch: Watch, stopping: Callable[[], bool]) -> dict[str, Any]:
    path = Path(load.path)
    options = Options(**load.options)
    load.counts.setdefault("after_event", log.log_end()[1])
    Load.objects.filter(id=load.id).update(state=LoadState.RUNNING, beat_us=now_us(), error="", counts=load.counts)
    try:
        if digest_of(path) != load.counts["digest"]:
            raise Refusal(f"The file {path} has changed since this load began.", mend="Load it anew; rows that are in already count once.")
        chosen = kind_named(load.kind)
        table = open_table(path, chosen, options)
        context = context_of(load, options)
        columns = columns_of(table, path, chosen, options)
        run = Run(load, chosen(context, table, columns), context, watch=watch, stopping=stopping)
        with _rare_collections():
            run.go()
    except (Stopped, KeyboardInterrupt) as stop:
        Load.objects.filter(id=load.id).update(state=LoadState.STOPPED, stop_asked=False)
        if isinstance(stop, KeyboardInterrupt):
            raise
        raise Refusal(
            f"Load {load.id} was stopped; what is in stays in.", mend=f"The same command goes on, or: rapport load --resume {load.id}."
        ) from stop
    except Exception as trouble:
        with suppress(DatabaseError, OSError):  # a full disk keeps even this from being written; the state is found out by its lock
            Load.objects.filter(id=load.id).update(state=LoadState.FAILED, error=str(trouble)[:2000])
        raise
    Load.objects.filter(id=load.id).update(state=LoadState.DONE, finished_us=now_us())
    return answer(run, columns.left_out)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Rows make many objects and no cycles: looking for cycles as often as Python does costs a fifth of the time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(GC_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def answer(run: Run, left_out: tuple[str, ...]) -> dict[str, Any]:
    """The counts of this run; rows that an earlier run of the same load took in are repeated."""
    counts, before = run.tally.counts, run.before
    was = {name: before.get(name, 0) for name in IN_ROWS}
    return {
        "rows": was["rows"] + counts["rows"],
        "accepted": counts["accepted"],
        "repeated": was["accepted"] + was["repeated"] + counts["repeated"],
        "rejected": was["rejected"] + counts["rejected"],
        "reject_file": str(run.rejects.path) if run.rejects.size else None,
        "customers": len(run.tally.customers),
        **{name: counts[name] for name in IN_FACTS if name != "notes"},
        "without_consent": len(run.tally.customers - run.tally.consenting) if run.load.kind == "customers" else None,
        "notes": before.get("notes", 0) + counts["notes"],
        "notes_file": str(run.notes.path) if run.notes.size else None,
        "columns_left_out": list(left_out),
        "reasons": run.tally.reasons,
        "load": run.load.id,
    }


def _lock(load_id: int) -> str:
    return f"load-{load_id}"


def _nobody(progress: Progress) -> None:
    """Nobody watches."""


def _uncounted(facts: int) -> None:
    """Nobody counts along."""


def _never() -> bool:
    return False


__all__ = [
    "Options", "Preview", "Progress", "ask_take_back", "guess_kind", "load_of", "preview", "resume_load", "run_load", "run_waiting",
    "start_load", "stop_load", "take_back",
]  # fmt: skip
