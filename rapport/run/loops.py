"""The loops: what the house does by itself, each a bounded pass under a lock of its own, so that any number of workers may run.

A loop is a plain verb, harmless when run twice or killed anywhere. One that fails says so, waits longer each time, and stops no other.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from django.db import close_old_connections, connections

from rapport.lib.locks import HeldByAnother, loop_lock
from rapport.lib.refusals import Refusal

PAUSE_SECONDS_MAX = 60
STOP_SECONDS_MAX = 20  # how long a pass under way may go on after the order to stop
log = logging.getLogger(__name__)


Stopping = Callable[[], bool]


@dataclass(frozen=True)
class Loop:
    name: str
    verb: Callable[[Stopping], bool]  # one pass, bounded or soon over when asked to stop; says whether there was work
    pause_seconds: float  # after a pass without work
    lock: str = ""  # "": the verb takes its own


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
                if _one_pass(loop, stop.is_set):
                    pause = 0
                if failures:
                    log.warning("loop %s: works again", loop.name)
                failures = 0
            except Exception as trouble:
                failures += 1
                pause = min(PAUSE_SECONDS_MAX, max(1, loop.pause_seconds) * 2 ** min(failures, 10))
                known = isinstance(trouble, Refusal)  # its words suffice; of anything else the place is wanted too
                log.error("loop %s failed (%d times in a row), again in %d s: %s", loop.name, failures, pause, trouble, exc_info=not known)
            stop.wait(pause)
    finally:
        connections.close_all()  # this thread's own


def _one_pass(loop: Loop, stopping: Stopping) -> bool:
    close_old_connections()
    try:
        with loop_lock(loop.lock) if loop.lock else nullcontext():
            return loop.verb(stopping)
    except HeldByAnother:  # another worker does it
        return False
