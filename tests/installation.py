"""A whole installation of its own, driven from outside by the real command: `rapport serve` and its likes.

On SQLite it is a data folder; on PostgreSQL it has a database of its own in the cluster of the test run beside it.
"""

import atexit
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

COMMAND = [sys.executable, "-m", "rapport"]
START_SECONDS_MAX = 60
numbers = itertools.count(1)


@dataclass
class Installation:
    """A data folder and a database nobody else uses."""

    folder: Path
    database_url: str
    end: ExitStack  # of the test: takes down what was opened
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)  # RAPPORT_…, beside folder and database

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
        return {**kept, "RAPPORT_DATA_DIR": str(self.folder), "RAPPORT_DATABASE_URL": self.database_url, **self.settings}

    def run(self, *words: str, check: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """One command to its end; its words are in the failure where it fails."""
        done = subprocess.run([*COMMAND, *words], env=self.environment, capture_output=True, text=True, input=stdin)
        if check and done.returncode:
            raise AssertionError(f"rapport {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def ask(self, *words: str) -> Any:
        """The JSON answer of a command."""
        return json.loads(self.run(*words, "--json").stdout)

    def play(self, module: str, *words: str) -> str:
        """A module of the tests, run inside this installation; what it prints."""
        done = subprocess.run([sys.executable, "-m", module, *words], env=self.environment, capture_output=True, text=True)
        assert not done.returncode, f"{module} {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A command that stays, in a process group of its own, with its words kept beside the data folder."""
        with (self.folder.parent / f"{self.folder.name}-{words[0]}.log").open("ab") as log:
            process = subprocess.Popen([*COMMAND, *words], env=self.environment, stdout=log, stderr=log, start_new_session=True)
        self.running.append(process)
        return process

    def serve(self, port: int, *words: str) -> subprocess.Popen[bytes]:
        """The real server, once it answers."""
        process = self.start("serve", "--port", str(port), *words)
        deadline = time.monotonic() + START_SECONDS_MAX
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"rapport serve did not come up:\n{self.words_of('serve')}")
            time.sleep(0.1)
        return process

    def words_of(self, command: str) -> str:
        return (self.folder.parent / f"{self.folder.name}-{command}.log").read_text(errors="replace")[-4000:]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the record holds, read by the database itself, past our own code."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(sql).fetchall()
        with closing(sqlite3.connect(self.folder / "record.sqlite", timeout=20)) as record:
            return record.execute(sql).fetchall()

    def another(self, name: str) -> "Installation":
        """A second house beside this one, with nothing in common."""
        return opened(self.folder.parent / name, self.end)

    def close(self) -> None:
        for process in self.running:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """`kill -9` for the process and all it started."""
    with suppress(ProcessLookupError):  # it ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/app/sign-in/", timeout=5) as page:
            return bool(page.status == 200)
    except urllib.error.HTTPError:
        return True  # it speaks, whatever it says
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A fresh, migrated installation; whatever it started is gone afterwards."""
    with ExitStack() as end:
        yield opened(tmp_path / "data", end)


def opened(folder: Path, end: ExitStack) -> Installation:
    """A house of its own, taken down at the end: a copy of one whose tables were made once."""
    cluster = os.environ.get("RAPPORT_DATABASE_URL", "")
    pattern = _pattern(cluster)
    own = end.enter_context(database(cluster, pattern.database_url)) if cluster else ""
    shutil.copytree(pattern.folder, folder)
    house = Installation(folder, own, end)
    end.callback(house.close)
    return house


@cache
def _pattern(cluster: str) -> Installation:
    """Fresh tables and nothing in them; of this process, gone with it."""
    end = ExitStack()
    atexit.register(end.close)
    folder = Path(end.enter_context(tempfile.TemporaryDirectory(prefix="rapport-pattern-")))
    pattern = Installation(folder / "data", end.enter_context(database(cluster)) if cluster else "", end)
    pattern.run("migrate")
    shutil.rmtree(folder / "data" / "secrets", ignore_errors=True)  # each house makes its own
    return pattern


@contextmanager
def database(cluster: str, pattern: str = "") -> Iterator[str]:
    """The address of a new database in the cluster of this test run, a copy of another where one is named."""
    name = f"installation_{os.getpid()}_{next(numbers)}"
    copied = f' TEMPLATE "{urlsplit(pattern).path[1:]}"' if pattern else ""
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{copied}')
    try:
        yield urlunsplit(urlsplit(cluster)._replace(path=f"/{name}"))
    finally:
        with suppress(psycopg.OperationalError), psycopg.connect(cluster, autocommit=True) as connection:  # the cluster may be gone first
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
