"""What the worker finds to do: files that wait, loads to be taken back, the warehouse's next stretch."""

import time
from pathlib import Path

import pytest

from rapport.events.models import Event
from rapport.intake.files import actions as files
from rapport.intake.models import Load, LoadState
from rapport.run import timetable
from rapport.warehouse import queries as warehouse
from tests.cast import Tell, identify


def never() -> bool:
    return False


@pytest.fixture
def waiting(lake: Path, tmp_path: Path) -> Load:
    """A file given in by a page."""
    path = tmp_path / "customers.csv"
    path.write_text("user_id,email\nbob,bob@example.com\nana,ana@example.com\n")
    return files.start_load(path, "customers", by="ana@example.com")


def test_a_waiting_file_is_loaded_and_taken_back_when_asked(waiting: Load) -> None:
    assert timetable.run_loads(never)
    waiting.refresh_from_db()
    assert waiting.state == LoadState.DONE
    assert Event.objects.filter(load_id=waiting.id).exists()
    assert not timetable.take_back_loads(never)
    Load.objects.filter(id=waiting.id).update(state=LoadState.TAKING_BACK)  # asked for, then the process died
    assert timetable.take_back_loads(never)
    waiting.refresh_from_db()
    assert waiting.state == LoadState.TAKEN_BACK
    assert not Event.objects.filter(load_id=waiting.id).exists()
    assert not timetable.take_back_loads(never)
    assert not timetable.run_loads(never)


def test_the_warehouse_is_loaded_and_now_and_then_tidied(lake: Path, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    tidied: list[float] = []
    monkeypatch.setattr(timetable.warehouse, "tidy", lambda: tidied.append(time.monotonic()))
    keep = timetable.Warehouse()
    tell(identify("bob", days_ago=3, email="bob@example.com"))
    assert keep(never)
    assert not keep(never)
    assert warehouse.lag().seconds == 0
    assert not tidied
    monkeypatch.setattr(timetable, "TIDY_SECONDS", 0)
    keep = timetable.Warehouse()
    keep(never)
    keep(never)
    assert len(tidied) == 2


def test_each_loop_has_a_name_of_its_own() -> None:
    names = [loop.name for loop in timetable.LOOPS]
    assert len(set(names)) == len(names)
    assert {"warehouse", "reactions", "loads"} <= set(names)
