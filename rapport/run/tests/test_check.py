"""The look-over: all well in a sound installation, and each trouble with its mend."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from rapport.lib.locks import own_session
from rapport.run import check
from rapport.run.tests.bare import give
from tests.installation import Installation


def test_a_sound_installation_is_well(installation: Installation) -> None:
    answer = installation.ask("check")
    assert answer["ok"], answer
    assert {"data folder", "secrets", "database", "tables", "warehouse"} <= {finding["name"] for finding in answer["findings"]}
    assert ("open transactions" in {finding["name"] for finding in answer["findings"]}) == bool(installation.database_url)


def test_an_empty_folder_is_well_and_stays_without_tables(tmp_path: Path) -> None:
    for _ in range(2):
        done = give(tmp_path / "data", "check")
        assert done.returncode == 0
        assert "none yet" in done.stdout


def test_secrets_others_may_read_are_named_with_the_mend() -> None:
    secret = settings.DATA_DIR / "secrets" / "django"
    secret.chmod(0o644)
    try:
        found = check.secrets_kept()
    finally:
        secret.chmod(0o600)
    assert not found.ok
    assert found.mend == f"chmod 600 {secret}"
    assert check.secrets_kept().ok


def test_a_folder_without_room_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "ROOM_GB_MIN", 1e9)
    assert not check.folder().ok
    assert "Make room" in check.folder().mend


@pytest.mark.django_db(transaction=True)
def test_a_writing_transaction_left_open_is_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(check, "OPEN_SECONDS_MAX", 0)
    with own_session() as other:
        other.execute("BEGIN")
        other.execute("SELECT pg_current_xact_id()")
        stuck = check.open_transactions()
        assert not stuck.ok
        assert "stay out of the warehouse" in stuck.what
        assert str(other.info.backend_pid) in stuck.what
        other.execute("ROLLBACK")


def test_a_damaged_lake_is_named_with_the_mend(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    give(folder, "key", "list")
    assert give(folder, "check").returncode == 0
    (catalog,) = (folder / "lake").glob("*/catalog.sqlite")
    catalog.write_bytes(b"this is no catalog" * 500)
    done = give(folder, "check")
    assert done.returncode == 1
    assert "rapport rebuild" in done.stdout
    assert "Traceback" not in done.stderr
