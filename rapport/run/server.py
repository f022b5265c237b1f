"""`serve`: the web server with its supervisor, and beside it the worker in a process of its own, so that loops never hold up a page.

The web server ends its process tree in order when told to stop; children of a killed supervisor end themselves.
"""

import http.client
import logging
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from django.conf import settings
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from rapport.lib.locks import serving
from rapport.lib.ports import address, is_any, refuse_taken_port
from rapport.run.kin import adopt_children

BLOCKING_THREADS = 4  # what they received is written together; eight were slower on two cores: they share one interpreter lock
STOP_SECONDS_MAX = 15
ANSWER_SECONDS_MAX = 60
RESTART_SECONDS_MAX = 60
STEADY_SECONDS = 60  # a worker that ran this long begins with a short wait again
log = logging.getLogger(__name__)


def serve(host: str, port: int, *, with_worker: bool, listening: Callable[[str], None]) -> int:
    """Serve until told to stop; the exit status. `listening` is called with the address once pages are answered."""
    with serving():
        refuse_taken_port(host, port)
        adopt_children()
        multiprocessing.set_start_method("spawn", force=True)  # a fork would take threads' locks and open files along
        server = Granian(
            "rapport.run.web:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=BLOCKING_THREADS,
            websockets=False,
            log_level=LogLevels.warning,
            log_dictconfig=settings.LOGGING,
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS_MAX,
        )
        keeper = WorkerKeeper() if with_worker else None
        threading.Thread(target=_announce, args=(host, port, listening), name="announce", daemon=True).start()
        if keeper:
            keeper.start()
        try:
            server.serve()
        except SystemExit as end:
            log.error("The web process ended twice within seconds; what it said stands above.")
            return int(end.code or 0) if isinstance(end.code, int | None) else 1
        finally:
            if keeper:
                keeper.stop()
    return 0


def _announce(host: str, port: int, listening: Callable[[str], None]) -> None:
    """Say the address when it is true: once a page is answered."""
    door = "localhost" if is_any(host) else host
    deadline = time.monotonic() + ANSWER_SECONDS_MAX
    while time.monotonic() < deadline:
        asked = http.client.HTTPConnection(door, port, timeout=5)
        try:
            asked.request("GET", "/healthz")
            asked.getresponse()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            continue
        finally:
            asked.close()
        listening(address(host, port))
        return
    log.error("No page was answered within %d seconds.", ANSWER_SECONDS_MAX)


class WorkerKeeper(threading.Thread):
    """Keeps one worker process running; one that ends by itself is started again, later each time."""

    def __init__(self) -> None:
        super().__init__(name="worker keeper", daemon=True)
        self._stop_asked = threading.Event()
        self._gate = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        pause = 1
        while process := self._begin():
            began = time.monotonic()
            status = process.wait()
            if status == 0 and self._stop_asked.wait(2):  # Ctrl-C reaches both of us
                return
            if self._stop_asked.is_set():
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = 1
            log.error("The worker ended with status %d; it starts again in %d s.", status, pause)
            self._stop_asked.wait(pause)
            pause = min(2 * pause, RESTART_SECONDS_MAX)

    def _begin(self) -> subprocess.Popen[bytes] | None:
        with self._gate:
            if self._stop_asked.is_set():
                return None
            self._process = subprocess.Popen([sys.executable, "-m", "rapport", "worker"])
            return self._process

    def stop(self) -> None:
        """In order, and with force where that takes too long."""
        with self._gate:
            self._stop_asked.set()
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            log.warning("The worker did not stop in time; it is ended. Its loops go on where they were at the next start.")
            process.kill()
            process.wait()
