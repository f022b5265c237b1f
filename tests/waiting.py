"""For what another process or a page will do in its own time."""

import time
from collections.abc import Callable

WAIT_SECONDS = 30


def wait_for(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"waited {WAIT_SECONDS} s for {what}"
        time.sleep(0.1)
