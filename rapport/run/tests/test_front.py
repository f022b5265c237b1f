"""The front desk: every word is listed, and trouble is told in plain words with an exit status."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands
from django.db import OperationalError

from rapport import __main__ as command
from rapport.lib.refusals import Refusal
from rapport.run import front
from rapport.run.settings_check import wrong_settings
from rapport.run.tests.bare import give
from tests.installation import COMMAND


def test_every_command_of_ours_is_listed_and_every_listed_one_is_there() -> None:
    listed = {word for group in front.WORDS.values() for word in group}
    known = get_commands()
    ours = {word for word, home in known.items() if str(home).startswith("rapport.")}
    assert ours <= listed
    assert listed <= set(known)


@pytest.mark.parametrize("words", [[], ["--help"], ["help"]])
def test_the_command_alone_lists_the_words(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(words) == 0
    said = capsys.readouterr().out
    assert all(f"  {word} " in said for group in front.WORDS.values() for word in group)


def test_help_makes_no_folder(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "RAPPORT_DATA_DIR"}
    environment["PYTHONPATH"] = str(Path(command.__file__).parents[1])
    done = subprocess.run([*COMMAND, "--help"], env=environment, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0
    assert not list(tmp_path.iterdir())


def test_a_word_with_a_typo_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["serv"]) == 2
    assert "rapport serve" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        (Refusal("The till is closed.", mend="Come back at nine."), 2, "The till is closed. Come back at nine."),
        (ImproperlyConfigured("The data folder cannot be written."), 2, "cannot be written"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), 2, "disk is full"),
        (OSError(errno.EROFS, "Read-only file system", "data/x"), 2, "data/x: Read-only file system"),
        (OperationalError("database or disk is full"), 2, "disk is full"),
        (OperationalError("attempt to write a readonly database"), 2, "cannot be written"),
        (OperationalError("database is locked"), 2, "Another program"),
        (OperationalError("connection to server failed: refused"), 2, "RAPPORT_DATABASE_URL"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_trouble_becomes_one_plain_message(
    trouble: BaseException, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(words: list[str]) -> int:
        raise trouble

    monkeypatch.setattr(front, "answer", fail)
    assert command.run(["load"]) == status
    words = capsys.readouterr().err
    assert said in words
    assert "Traceback" not in words


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(words: list[str]) -> int:
        raise AssertionError("ours")

    monkeypatch.setattr(front, "answer", fail)
    with pytest.raises(AssertionError):
        command.run(["load"])


def test_a_reader_that_has_had_enough_is_no_trouble(tmp_path: Path) -> None:
    asked = subprocess.Popen([sys.executable, "-m", "rapport", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert asked.stdout is not None
    assert asked.stderr is not None
    asked.stdout.close()
    assert asked.stderr.read() == b""
    assert asked.wait() == command.PIPE_CLOSED


def test_a_wrong_setting_is_named_before_anything_is_done(tmp_path: Path) -> None:
    done = give(tmp_path / "data", "key", "list", RAPPORT_TIME_ZONE="Mars/Olympus", RAPPORT_LOG_LEVEL="LOUD")
    assert done.returncode == 2
    assert done.stderr.startswith('RAPPORT_TIME_ZONE is "Mars/Olympus"')
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMPANY_TIME_ZONE", "Mars/Olympus"),
        ("CURRENCY", "EURO"),
        ("ENGINE", "abacus"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("VALUE_HORIZON_DAYS", 0),
        ("VALUE_MARGIN", 40.0),
        ("VALUE_MARGIN", float("nan")),
        ("VALUE_DISCOUNT", -0.1),
    ],
)
def test_each_setting_that_cannot_be_is_found(name: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong_settings() == []
    monkeypatch.setattr(settings, name, value)
    (wrong,) = wrong_settings()
    assert str(value) in wrong.what
    assert wrong.mend


@pytest.mark.parametrize("token", ["short", "with a space in it, long", "ünïcödé-and-long-enough"])
def test_a_token_that_is_no_secret_is_refused_and_not_repeated(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", token)
    (wrong,) = wrong_settings()
    assert "RAPPORT_METRICS_TOKEN" in wrong.what
    assert token not in wrong.what + wrong.mend
