"""Runs a command with RAPPORT_DATABASE_URL naming a throw-away PostgreSQL cluster, and removes the cluster afterwards.

python tools/with_postgres.py pytest -m tables
python tools/with_postgres.py --clusters 2 pytest -n 2 -m tables

Readers of the log wait for every open transaction of a cluster, so each test worker gets a cluster of its own, by RAPPORT_TEST_CLUSTERS.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

# A test cluster may lose everything in a power cut, so it waits for no disk.
SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200", "shared_buffers": "256MB"}


def program(name: str) -> str:
    """A program of PostgreSQL; Debian keeps them off the PATH, newest version last."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    found = str(kept[-1]) if kept else shutil.which(name)
    if not found:
        sys.exit(f"PostgreSQL's {name} is not there. Debian: apt-get install postgresql")
    return found


def unprivileged() -> tuple[list[str], int]:
    """How to run as somebody who is not root, which PostgreSQL refuses to serve; and whose the files are."""
    if os.getuid() != 0:
        return [], os.getuid()
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    return ["runuser", "-u", user, "--"], pwd.getpwnam(user).pw_uid


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a database in a fresh cluster on loopback."""
    as_user, owner = unprivileged()
    home = Path(tempfile.mkdtemp(prefix="rapport-postgres-"))
    os.chown(home, owner, -1)
    port, data = free_port(), home / "data"
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    options += f" -c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home}"
    control = [*as_user, program("pg_ctl"), "-D", str(data), "-w", "-s"]
    run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": str(home)}
    try:
        subprocess.run(
            [*as_user, program("initdb"), "-D", str(data), "-U", "rapport", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            **run,  # type: ignore[call-overload]
        )
        subprocess.run([*control, "-l", str(home / "log"), "-o", options, "start"], **run)  # type: ignore[call-overload]
        try:
            yield f"postgres://rapport@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    words, clusters = sys.argv[1:], 1
    if words[:1] == ["--clusters"] and len(words) > 1 and words[1].isdigit():
        words, clusters = words[2:], int(words[1])
    if not words:
        sys.exit(__doc__)
    with ExitStack() as opened:
        addresses = [opened.enter_context(cluster()) for _ in range(clusters)]
        named = {"RAPPORT_DATABASE_URL": addresses[0], "RAPPORT_TEST_CLUSTERS": " ".join(addresses)}
        with subprocess.Popen(words, env={**os.environ, **named}) as child:
            signal.signal(signal.SIGTERM, lambda *_: child.terminate())  # and the clusters go as they do at the end
            return child.wait()


if __name__ == "__main__":
    sys.exit(main())
