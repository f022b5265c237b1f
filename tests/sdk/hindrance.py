"""A network as it is on bad days: stands before a real server and spoils requests by a plan, then lets all pass."""

import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Literal

Deed = Literal[
    "pass",  # as if nobody stood here
    "busy",  # 429 with Retry-After, nothing forwarded
    "trouble",  # 503, nothing forwarded
    "lose answer",  # forwarded and stored, but the sender never hears of it
    "silence",  # nothing forwarded, no answer: the sender's time-out has to end it
]
BAD_DAY: tuple[Deed, ...] = ("busy", "pass", "lose answer", "trouble", "pass", "silence", "lose answer", "pass", "busy", "pass")
SILENCE_SECONDS = 3.0


class Hindrance(ThreadingHTTPServer):
    """Listens on a free port of loopback and forwards to `port`."""

    daemon_threads = True

    def __init__(self, port: int, plan: Sequence[Deed]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan: Iterator[Deed] = itertools.chain(plan, itertools.repeat("pass"))
        self.behind, self.turn = port, threading.Lock()
        self.done: Counter[str] = Counter()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_deed(self) -> Deed:
        with self.turn:
            return next(self.plan)

    def note(self, deed: str) -> None:
        with self.turn:
            self.done[deed] += 1


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hindrance
    answers: ClassVar[dict[str, int]] = {"busy": 429, "trouble": 503}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        deed = self.server.next_deed()
        self.server.note(deed)
        if deed in self.answers:
            self.answer(self.answers[deed], b"{}", retry_after=deed == "busy")
        elif deed == "silence":
            time.sleep(SILENCE_SECONDS)
            self.hang_up()
        else:
            self.forward(body, answered=deed == "pass")

    def forward(self, body: bytes, *, answered: bool) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        server = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=20)
        try:
            server.request("POST", self.path, body, headers)
            reply = server.getresponse()
            said = reply.read()
        except (OSError, http.client.HTTPException):
            self.server.note("server away")
            self.hang_up()
            return
        finally:
            server.close()
        self.server.note(f"server said {reply.status}")
        if answered:
            self.answer(reply.status, said)
        else:
            self.hang_up()

    def answer(self, status: int, body: bytes, *, retry_after: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Says nothing; `done` counts."""


@contextmanager
def hindrance(port: int, plan: Sequence[Deed] = BAD_DAY) -> Iterator[Hindrance]:
    server = Hindrance(port, plan)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
