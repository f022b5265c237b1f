"""Loops: each runs on its own, a failing one says so and waits longer, and all of them stop when told."""

import logging
import threading
import time
from collections.abc import Callable

import pytest

from rapport.lib.locks import loop_lock
from rapport.lib.refusals import Refusal
from rapport.run.loops import Loop, run_loops


def run_until(done: Callable[[], bool], *loops: Loop) -> None:
    """Run the loops in a thread of their own until it is done, then stop them."""
    stop = threading.Event()
    runner = threading.Thread(target=run_loops, args=(loops, stop))
    runner.start()
    deadline = time.monotonic() + 20
    while not done() and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    runner.join(20)
    assert not runner.is_alive()
    assert done()


def test_work_is_followed_by_the_next_pass_at_once() -> None:
    passes: list[float] = []

    def work(stopping: Callable[[], bool]) -> bool:
        passes.append(time.monotonic())
        return len(passes) < 50

    run_until(lambda: len(passes) >= 50, Loop("busy", work, pause_seconds=30))
    assert passes[-1] - passes[0] < 10


def test_a_failing_loop_says_so_waits_longer_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[float] = []
    passes: list[int] = []

    def fail(stopping: Callable[[], bool]) -> bool:
        failures.append(time.monotonic())
        raise Refusal("The shelf is empty.") if len(failures) > 1 else ZeroDivisionError("by nought")

    def work(stopping: Callable[[], bool]) -> bool:
        passes.append(1)
        return False

    def said() -> list[logging.LogRecord]:
        return [record for record in caplog.records if "loop bad failed" in record.getMessage()]

    with caplog.at_level(logging.ERROR):
        run_until(lambda: len(said()) >= 2 and len(passes) > 20, Loop("bad", fail, 0.1), Loop("good", work, 0.01))
    assert failures[1] - failures[0] >= 1.9
    first, second = said()[:2]
    assert first.exc_info is not None
    assert "by nought" in first.getMessage()
    assert not second.exc_info
    assert "The shelf is empty." in second.getMessage()


def test_a_loop_leaves_its_pass_to_who_holds_its_lock() -> None:
    passes: list[int] = []
    looked: list[int] = []

    def work(stopping: Callable[[], bool]) -> bool:
        passes.append(1)
        return False

    def look(stopping: Callable[[], bool]) -> bool:
        looked.append(1)
        return False

    with loop_lock("test-shelf"):
        run_until(lambda: len(looked) > 10, Loop("held", work, 0.01, lock="test-shelf"), Loop("free", look, 0.01))
        assert not passes
    run_until(lambda: bool(passes), Loop("held", work, 0.01, lock="test-shelf"))


def test_a_long_pass_hears_that_it_should_stop() -> None:
    begun = threading.Event()
    ended = threading.Event()

    def work(stopping: Callable[[], bool]) -> bool:
        begun.set()
        while not stopping():
            time.sleep(0.01)
        ended.set()
        return True

    run_until(begun.is_set, Loop("long", work, 1))
    assert ended.is_set()
