"""The loops: what the house does by itself, each a bounded pass under a lock of its own, so that any number of workers may run.

A loop is a plain verb, harmless when run twice or killed anywhere. One that fails says so, waits longer each time, and stops no other.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import close_old_connections, connections

from rapport.lib.locks import HeldByAnother, loop_lock

PAUSE_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20  # how long a pass under way may go on after the order to stop
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loop:
    name: str  # of the lock too: never change it
    verb: Callable[[], bool]  # one bounded pass; says whether there was work
    pause_seconds: float  # after a pass without work


def run_loops(loops: Sequence[Loop], stop: threading.Event) -> None:
    """Run them all until told to stop: a thread each, since each mostly waits. Returns when every pass under way is over."""
    threads = [threading.Thread(target=run_loop, args=(loop, stop), name=loop.name, daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    stop.wait()
    deadline = time.monotonic() + STOP_SECONDS_MAX
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            log.warning("loop %s: its pass did not end in time; it is cut off and begins again at the next start", thread.name)


def run_loop(loop: Loop, stop: threading.Event) -> None:
    """Pass after pass: at once after work, after a pause without, ever later after failures."""
    failures = 0
    try:
        while not stop.is_set():
            pause = loop.pause_seconds
            try:
                if _one_pass(loop):
                    pause = 0
                if failures:
                    log.warning("loop %s: works again", loop.name)
                failures = 0
            except Exception:
                failures += 1
                pause = min(PAUSE_SECONDS_MAX, max(1, loop.pause_seconds) * 2**failures)
                log.exception("loop %s failed (%d times in a row); again in %d s", loop.name, failures, pause)
            stop.wait(pause)
    finally:
        connections.close_all()  # this thread's own


def _one_pass(loop: Loop) -> bool:
    close_old_connections()
    try:
        with loop_lock(loop.name):
            return loop.verb()
    except HeldByAnother:  # another worker does it
        return False
