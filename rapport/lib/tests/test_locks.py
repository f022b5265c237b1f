"""One at a time, across threads and processes, and free again when the holder dies."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from rapport.lib import locks as lib_locks
from rapport.lib.locks import HeldByAnother, loop_lock, serving, turn_to_write

HOLD = """
import sys, time
import django
django.setup()
from rapport.lib.locks import loop_lock, serving, writing
with (serving() if sys.argv[1] == "serve" else writing() if sys.argv[1] == "writing" else loop_lock(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

FORK = """
import os, signal
import django
django.setup()
from rapport.lib.locks import loop_lock
lock = loop_lock("loop")
lock.__enter__()
if os.fork() == 0:
    print(os.getpid(), flush=True)
    signal.pause()
os._exit(0)
"""


@pytest.fixture(autouse=True)
def locks(transactional_db: None, tmp_path: Path, settings: Any) -> None:
    settings.LOCK_DIR = tmp_path / "locks"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Any]:
    """Hold a lock in another process."""
    started: list[subprocess.Popen[str]] = []

    def hold(name: str) -> subprocess.Popen[str]:
        words = connection.settings_dict
        url = f"postgres://{words['USER']}:{words['PASSWORD']}@{words['HOST']}:{words['PORT']}/{words['NAME']}"
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "rapport.settings", "RAPPORT_DATA_DIR": str(tmp_path)}
        environment["RAPPORT_DATABASE_URL"] = url if connection.vendor == "postgresql" else ""
        process = subprocess.Popen([sys.executable, "-c", HOLD, name], env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_process_is_refused_until_the_first_dies(elsewhere: Any) -> None:
    holder = elsewhere("warehouse")
    with pytest.raises(HeldByAnother), loop_lock("warehouse"):
        pytest.fail("two held one lock")
    with loop_lock("another"):
        pass  # a lock of another name is free
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with loop_lock("warehouse", 5):
        pass


def test_two_threads_are_two_holders_and_one_thread_is_one() -> None:
    refused: list[bool] = []

    def try_it() -> None:
        try:
            with loop_lock("loop"):
                refused.append(False)
        except HeldByAnother:
            refused.append(True)
        finally:
            connection.close()

    with loop_lock("loop"), loop_lock("loop"):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert refused == [True]
    with loop_lock("loop"):
        pass


def test_a_trouble_inside_frees_it() -> None:
    with pytest.raises(ZeroDivisionError), loop_lock("loop"):
        raise ZeroDivisionError
    with loop_lock("loop"):
        pass


def test_a_second_server_in_one_folder_is_told_plainly(elsewhere: Any, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    holder = elsewhere("serve")
    with pytest.raises(HeldByAnother) as refusal, serving():
        pytest.fail("two servers in one folder")
    assert str(holder.pid) in refusal.value.what
    assert str(tmp_path) in refusal.value.what
    assert "RAPPORT_DATA_DIR" in refusal.value.mend


def test_a_forked_child_does_not_keep_the_lock_of_a_dead_parent(tmp_path: Path) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("there the server frees the lock with the session")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "rapport.settings", "RAPPORT_DATA_DIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", FORK], env=environment, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        parent.wait()
        with loop_lock("loop"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        parent.stdout.close()


def test_a_writer_of_another_process_is_waited_for_until_it_dies(elsewhere: Any) -> None:
    holder, wrote = elsewhere("writing"), threading.Event()

    def write() -> None:
        with turn_to_write():
            wrote.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    if connection.vendor == "postgresql":
        assert wrote.wait(30)  # there writers work side by side
    else:
        assert not wrote.wait(0.3)
    holder.kill()
    writer.join(30)
    assert wrote.is_set()


def test_a_writer_that_was_stopped_holds_nobody_up_for_ever(elsewhere: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lib_locks, "WRITE_WAIT_SECONDS", 0.1)
    elsewhere("writing").send_signal(signal.SIGSTOP)
    with turn_to_write():
        assert connection.in_atomic_block


def test_who_wants_a_turn_by_a_moment_is_told_that_others_write() -> None:
    with lib_locks.writing(), pytest.raises(HeldByAnother), lib_locks.writing(0.05):
        pass
