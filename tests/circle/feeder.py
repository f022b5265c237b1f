"""A shop that rings its tills over HTTP as SDKs do: it sends a batch until it is acknowledged, then the next."""

import base64
import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

RINGS = 20  # facts "Till Rang" of each customer
AS_VISITOR = 5  # of them before the customer was known
PATIENCE_SECONDS = 120
THREADS = 2


class Feeder:
    """One customer a batch: some visits under an anonymous id, then who it was, then the rest."""

    def __init__(self, port: int, write_key: str) -> None:
        self.address = f"http://127.0.0.1:{port}/v1/batch"
        self.password = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
        self.acknowledged: set[str] = set()
        self.customers = 0
        self.troubles: list[str] = []
        self._turn, self._moved, self._stop = threading.Lock(), threading.Condition(), threading.Event()
        self._threads = [threading.Thread(target=self._feed, name=f"feeder-{n}", daemon=True) for n in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for_more(self) -> None:
        """Until the server has acknowledged something more: it is up, and under way."""
        with self._moved:
            before = len(self.acknowledged)
            moved = self._moved.wait_for(lambda: len(self.acknowledged) > before or bool(self.troubles), PATIENCE_SECONDS)
        assert moved, "no batch was acknowledged"
        assert not self.troubles, self.troubles

    def finish(self) -> None:
        """Stop after the batches under way; each of them is sent until it is acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "a batch is still not acknowledged"
        assert not self.troubles, self.troubles

    def acknowledged_so_far(self) -> set[str]:
        with self._moved:
            return set(self.acknowledged)

    def _feed(self) -> None:
        while not self._stop.is_set():
            with self._turn:
                number = self.customers
                self.customers += 1
            batch = visit(number)
            body = json.dumps({"batch": batch}).encode()
            while not self._send(body):
                threading.Event().wait(0.1)
            with self._moved:
                self.acknowledged.update(message["messageId"] for message in batch)
                self._moved.notify_all()

    def _send(self, body: bytes) -> bool:
        request = urllib.request.Request(self.address, body, {"Authorization": self.password, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                said = json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            if refused.code not in (429, 503):
                self.troubles.append(f"{refused.code}: {refused.read()[:300]!r}")
                raise
            return False
        except (OSError, ValueError, http.client.HTTPException):  # nobody there, hung up, or half an answer
            return False
        if said != {"success": True}:
            self.troubles.append(str(said))
        return True


def visit(number: int) -> list[dict[str, Any]]:
    """All that customer `number` ever does."""
    person, visitor = {"userId": f"customer-{number}"}, {"anonymousId": f"visitor-{number}"}
    rings = [
        {"type": "track", "event": "Till Rang", "messageId": f"{number}:{n}", "properties": {"n": n, "amount": number % 100}}
        | (visitor if n < AS_VISITOR else person)
        for n in range(RINGS)
    ]
    known = {"type": "identify", "messageId": f"{number}:who", "traits": {"email": f"c{number}@example.com"}, **person, **visitor}
    return [*rings[:AS_VISITOR], known, *rings[AS_VISITOR:]]


@contextmanager
def feeding(port: int, write_key: str) -> Iterator[Feeder]:
    feeder = Feeder(port, write_key)
    feeder.start()
    try:
        yield feeder
    finally:
        feeder._stop.set()
