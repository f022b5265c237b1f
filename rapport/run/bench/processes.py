"""Servers that a benchmark starts on a free port and ends again."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rapport.lib.refusals import Refusal

START_SECONDS_MAX = 60


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def server(
    words: Sequence[str], said: Path, *, is_up: Callable[[int], bool] = listens, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """`python -m WORDS PORT`, once it is up; the port. What it says goes to a file. Gone afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with said.open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", *words, str(port)], env=environment, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while not is_up(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Refusal("The server did not come up.", mend=f"What it said: {said}")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


RAPPORT = ("rapport", "serve", "--no-worker", "--port")
