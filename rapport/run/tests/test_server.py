"""The server as a whole: it loads by itself, refuses a second one, stops in order, and leaves nobody behind."""

import base64
import json
import os
import signal
import subprocess
import urllib.request

from tests.installation import Installation, answers, free_port
from tests.waiting import WAIT_SECONDS, wait_for


def send(port: int, key: str) -> None:
    body = json.dumps({"userId": "bob", "event": "Order Completed", "messageId": "m-1", "properties": {"order_id": "1"}})
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/track", body.encode(), {"Content-Type": "application/json"})
    request.add_header("Authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode())
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert json.load(answer) == {"success": True}


def children(process: "subprocess.Popen[bytes]") -> dict[int, str]:
    """Those of a process, with what they run."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    return {int(pid): args for pid, parent, args in rows if int(parent) == process.pid and "<defunct>" not in args}


def is_gone(pid: int) -> bool:
    """Ended, whether or not anybody has noticed."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return not shown or shown.startswith("Z")


def test_facts_reach_the_warehouse_by_themselves_and_a_stop_is_in_order(installation: Installation) -> None:
    key, port = installation.ask("key", "add", "--source", "shop")["key"], free_port()
    server = installation.serve(port)
    wait_for(lambda: f"http://localhost:{port}" in installation.words_of("serve"), "the address")
    send(port, key)
    wait_for(lambda: "1 facts" in installation.run("check").stdout, "the fact in the warehouse")
    server.send_signal(signal.SIGTERM)
    assert server.wait(WAIT_SECONDS) == 0
    assert not answers(port)
    assert "Traceback" not in installation.words_of("serve")


def test_a_second_server_and_a_taken_port_are_refused_in_words(installation: Installation) -> None:
    port = free_port()
    server = installation.serve(port, "--no-worker")
    second = installation.run("serve", "--port", str(free_port()), check=False)
    assert second.returncode == 2
    assert str(installation.folder) in second.stderr
    assert str(server.pid) in second.stderr
    assert installation.run("upgrade", check=False).returncode == 2
    other = installation.another("other").run("serve", "--port", str(port), check=False)
    assert other.returncode == 2
    assert f":{port}" in other.stderr
    assert "--port" in other.stderr


def test_a_killed_server_leaves_nobody_behind(installation: Installation) -> None:
    port = free_port()
    server = installation.serve(port)
    wait_for(lambda: any("worker" in args for args in children(server).values()), "the worker")
    family = children(server)
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    wait_for(lambda: all(is_gone(pid) for pid in family), "the children to end")
    assert not answers(port)
    installation.serve(port)  # folder and port are free again


def test_a_killed_worker_is_started_again(installation: Installation) -> None:
    server = installation.serve(free_port())

    def worker() -> int:
        return next((pid for pid, args in children(server).items() if args.endswith("rapport worker")), 0)

    wait_for(worker, "the worker")
    first = worker()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: worker() not in (0, first), "another worker")
    assert "The worker ended with status -9" in installation.words_of("serve")


def test_a_worker_alone_does_the_work_and_stops_in_order(installation: Installation) -> None:
    key, port = installation.ask("key", "add", "--source", "shop")["key"], free_port()
    installation.serve(port, "--no-worker")
    worker = installation.start("worker")
    send(port, key)
    wait_for(lambda: "1 facts" in installation.run("check").stdout, "the fact in the warehouse")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(WAIT_SECONDS) == 0
    assert installation.words_of("worker") == ""
