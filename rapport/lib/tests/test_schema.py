"""An empty record gets its tables by itself, an older one waits for upgrade, a newer one is left alone."""

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from rapport.lib import schema
from rapport.lib.refusals import Refusal
from rapport.run.tests.bare import environment, give
from tests.installation import COMMAND, Installation


@pytest.mark.django_db
def test_the_record_of_a_test_is_current() -> None:
    assert schema.schema() is schema.Schema.CURRENT
    schema.ready()


@pytest.mark.django_db
def test_tables_that_are_short_and_hold_something_are_older(monkeypatch: pytest.MonkeyPatch, till: object) -> None:
    monkeypatch.setattr(schema, "steps", lambda: (["events.9999"], [], ["events.0001"]))
    with pytest.raises(Refusal, match="rapport upgrade"):
        schema.ready()


@pytest.mark.django_db
def test_tables_of_a_later_version_are_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "steps", lambda: ([], ["events.9999"], ["events.0001"]))
    with pytest.raises(Refusal, match="newer Rapport"):
        schema.ready()


def test_four_processes_at_once_make_the_tables_of_an_empty_folder_once(tmp_path: Path) -> None:
    words, place = [*COMMAND, "key", "list", "--json"], environment(tmp_path / "data")
    asking = [subprocess.Popen(words, env=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    for process in asking:
        said, trouble = process.communicate()
        assert process.returncode == 0, trouble.decode()
        assert json.loads(said) == {"keys": []}


def test_a_first_start_that_was_cut_short_is_taken_up(tmp_path: Path) -> None:
    assert give(tmp_path, "migrate", "contenttypes").returncode == 0
    assert json.loads(give(tmp_path, "key", "list", "--json").stdout) == {"keys": []}


def test_an_older_record_is_refused_until_upgraded_and_loses_nothing(installation: Installation) -> None:
    installation.run("key", "add", "--source", "shop")
    installation.run("migrate", "segments", "zero")
    refused = installation.run("key", "list", check=False)
    assert refused.returncode == 2
    assert "rapport upgrade" in refused.stderr
    upgraded = installation.run("upgrade")
    assert "Upgraded" in upgraded.stdout
    assert [key["source"] for key in installation.ask("key", "list")["keys"]] == ["shop"]
    assert "already" in installation.run("upgrade").stdout
    if not installation.database_url:
        (copy,) = (installation.folder / "before-upgrade").glob("*.sqlite")
        assert sqlite3.connect(copy).execute("SELECT count(*) FROM intake_writekey").fetchone() == (1,)


def test_a_folder_that_cannot_be_is_refused_in_plain_words(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    for word in (["key", "list"], ["migrate"], ["check"]):
        done = give(blocked / "data", *word)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert str(blocked) in done.stderr
        assert "RAPPORT_DATA_DIR" in done.stderr
