"""Clients of the Segment spec, unchanged, against the real server: every valid fact is stored once, whatever happens on the way."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.installation import Installation, free_port, kill
from tests.sdk.hindrance import Hindrance, hindrance

HERE = Path(__file__).parent
FACTS = 20 + 6 * (60 + 2) + 3
SECONDS_MAX = 150
PROGRAMS = {
    "segment-analytics-python": [sys.executable, str(HERE / "send_python.py"), "segment"],
    "rudder-sdk-python": [sys.executable, str(HERE / "send_python.py"), "rudder"],
    "@segment/analytics-node": ["node", str(HERE / "send_node.js")],
}


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> list[str]:
    if request.param.startswith("@") and not (HERE / "node_modules").is_dir():
        words = "the Node SDK is not installed: make test-needs"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return PROGRAMS[request.param]


@pytest.mark.slow
def test_every_valid_fact_of_an_sdk_is_stored_once(program: list[str], installation: Installation) -> None:
    """Over 429, 503, lost answers, time-outs, and a server that is killed and comes back."""
    key = installation.ask("key", "add", "--source", "shop")["key"]
    port = free_port()
    server = installation.serve(port, "--no-worker")
    with hindrance(port) as way:
        sender = subprocess.Popen([*program, way.address, key], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(way, requests=3)
        kill(server)
        installation.serve(port, "--no-worker")
        out, words = sender.communicate(timeout=SECONDS_MAX)
        assert sender.returncode == 0, words
        assert {"busy", "trouble", "lose answer", "silence"} <= set(way.done), way.done
    sent = json.loads(out)
    assert not sent["given_up"]
    assert len(sent["ids"]) == len(set(sent["ids"])) == FACTS
    stored = installation.rows("SELECT message_id FROM events_event WHERE source_id IS NOT NULL")
    assert sorted(message_id for (message_id,) in stored) == sorted(sent["ids"])
    assert installation.rows("SELECT count(*) FROM intake_reject") == [(0,)]


def wait_for(way: Hindrance, *, requests: int) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while sum(way.done.values()) < requests:
        assert time.monotonic() < deadline, "the program sends nothing"
        time.sleep(0.05)
