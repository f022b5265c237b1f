"""The verbs of the warehouse: load the next stretch of the log, catch up with it, keep the files tidy, make all of it anew."""

import time

from rapport.events import queries as log
from rapport.lib.locks import HeldByAnother, loop_lock
from rapport.lib.refusals import Refusal
from rapport.warehouse import engine, loader, queries, rebuilding, upkeep
from rapport.warehouse.engine import LOCK, Overtaken, plain_words
from rapport.warehouse.rebuilding import Compared, Rebuilt, Told
from rapport.warehouse.upkeep import Tidied

PASS_ROWS = 20_000
CATCH_UP_SECONDS = 600
CATCH_UP_ROWS = 50_000  # somebody waits: fewer, larger commits
POLL_SECONDS = 0.05


@plain_words()
def load_pass(rows_max: int = PASS_ROWS) -> int:
    """Load at most `rows_max` facts in one commit; answers how many, 0 when there are none. HeldByAnother while another loads."""
    where = engine.home()
    if not loader.is_behind(where):
        return 0
    with loop_lock(LOCK):
        return loader.load(where, rows_max)


def catch_up(timeout_seconds: float = CATCH_UP_SECONDS) -> None:
    """Return once the warehouse has read all that was committed before the call, by our hand or by that of who loads already."""
    end, deadline = log.log_end(), time.monotonic() + timeout_seconds
    while queries.watermark() < end:
        try:
            moved = load_pass(CATCH_UP_ROWS) > 0
        except (HeldByAnother, Overtaken):
            moved = False
        if time.monotonic() > deadline:
            raise Refusal(
                f"The warehouse has not read the log to its end within {timeout_seconds:g} seconds.",
                mend="See whether a loader runs, or whether a writing transaction stays open in the database; then ask again.",
                seconds=timeout_seconds,
            )
        if not moved:
            time.sleep(POLL_SECONDS)


@plain_words()
def tidy() -> Tidied:
    """One bite of upkeep, some seconds at most; call it now and then from the loop that loads."""
    where = engine.home()
    with loop_lock(LOCK):
        return upkeep.tidy(where)


@plain_words()
def rebuild(told: Told = lambda facts: None) -> Rebuilt:
    """Make the warehouse anew from the log; `told` hears how many facts are in."""
    return rebuilding.rebuild(told)


@plain_words()
def verify(told: Told = lambda facts: None) -> list[Compared]:
    """Compare what is kept with a fresh rebuild, table by table; nothing is changed."""
    return rebuilding.verify(told)
