"""Processes that belong together: a child ends when its parent has died, so that `kill -9` leaves nobody behind with the port."""

import os
import threading
import time

PARENT = "RAPPORT_PARENT_PROCESS"  # set by `serve` for what it starts
LOOK_SECONDS = 0.25


def adopt_children() -> None:
    """What this process starts from now on ends with it."""
    os.environ[PARENT] = str(os.getpid())


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone. Safe anywhere: what is answered is committed."""
    if parent := os.environ.get(PARENT):
        threading.Thread(target=_watch, args=(int(parent),), name="parent watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)
