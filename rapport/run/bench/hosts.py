"""Hosts for a benchmark: network namespaces with a bridge between them, a Spark master in one and a worker in each of the others."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from rapport.run.bench.frame import Tell

MASTER = "spark://10.213.7.11:7077"
BRIDGE, HERE = "rapport-br", "10.213.7.1"
ADDRESSES = {"master": "10.213.7.11", "one": "10.213.7.12", "two": "10.213.7.13"}
CLASS = "org.apache.spark.deploy"
WORKERS = ("one", "two")
START_SECONDS_MAX = 90
STOP_SECONDS_MAX = 15


class CannotMakeHosts(Exception):
    """This machine gives no network namespaces: it wants root, and `ip` of iproute2."""


@contextmanager
def hosts(tell: Tell, *, with_spark: bool = True) -> Iterator[str]:
    """The master's address while the hosts stand; all of them are gone afterwards, whatever happens."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        raise CannotMakeHosts("only root may make them, with `ip` of iproute2")
    with ExitStack() as standing:
        standing.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _end))
        _bridge(standing)
        for name, address in ADDRESSES.items():
            _host(name, address, standing)
        if with_spark:
            _cluster(standing, tell)
        yield MASTER


def _end(number: int, _: object) -> None:
    """Told to stop, it takes its hosts down first."""
    raise SystemExit(128 + number)


def _bridge(standing: ExitStack) -> None:
    _ip("link", "add", BRIDGE, "type", "bridge")
    standing.callback(_gone, "link", "del", BRIDGE)
    _ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
    _ip("link", "set", BRIDGE, "up")


def _host(name: str, address: str, standing: ExitStack) -> None:
    space, here = f"rapport-{name}", f"rap-{name}"
    _ip("netns", "add", space)
    standing.callback(_gone, "netns", "del", space)
    _ip("link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", space)
    _ip("link", "set", here, "master", BRIDGE, "up")
    _ip("-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
    _ip("-n", space, "link", "set", "eth0", "up")
    _ip("-n", space, "link", "set", "lo", "up")


def _cluster(standing: ExitStack, tell: Tell) -> None:
    work = standing.enter_context(tempfile.TemporaryDirectory(prefix="rapport-hosts-"))
    host, _, port = MASTER.removeprefix("spark://").rpartition(":")
    _start(standing, "master", work, f"{CLASS}.master.Master", "--host", host, "--port", port, "--webui-port", "0")
    _wait_for(host, int(port))
    for name in WORKERS:
        words = ("--host", ADDRESSES[name], "--cores", "1", "--memory", "1g", "--webui-port", "0", "--work-dir", work, MASTER)
        _start(standing, name, work, f"{CLASS}.worker.Worker", *words)
    before, os.environ["SPARK_LOCAL_IP"] = os.environ.get("SPARK_LOCAL_IP"), HERE  # where the workers find the driver
    standing.callback(_put_back, before)
    tell(f"  a Spark master at {MASTER}, workers at {', '.join(ADDRESSES[name] for name in WORKERS)}")


def _put_back(before: str | None) -> None:
    if before is None:
        os.environ.pop("SPARK_LOCAL_IP", None)
    else:
        os.environ["SPARK_LOCAL_IP"] = before


def _start(standing: ExitStack, name: str, work: str, *words: str) -> None:
    found = find_spec("pyspark")
    assert found is not None and found.origin is not None, "the bench needs the extra [spark]"
    home = str(Path(found.origin).parent)
    env = os.environ | {"SPARK_HOME": home, "SPARK_LOCAL_IP": ADDRESSES[name], "SPARK_DAEMON_MEMORY": "512m"}
    log = standing.enter_context(Path(work, f"{name}.log").open("wb"))  # noqa: SIM115  closed when the hosts go
    started = subprocess.Popen(
        ["ip", "netns", "exec", f"rapport-{name}", f"{home}/bin/spark-class", *words], env=env, stdout=log, stderr=log, cwd=work
    )
    standing.callback(_stop, started)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(host: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        with suppress(OSError):
            socket.create_connection((host, port), timeout=1).close()
            return
        time.sleep(0.5)
    raise TimeoutError(f"the master at {host}:{port} did not start in {START_SECONDS_MAX} seconds")


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode:
        raise CannotMakeHosts(f"`ip {' '.join(words)}` says: {done.stderr.strip()}")


def _gone(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, check=False)
