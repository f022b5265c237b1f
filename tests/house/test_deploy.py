"""What is handed to whoever runs it names real settings, all of them, and fits together."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT

DEPLOY = ROOT / "deploy"
PAGES = [*sorted(path for path in DEPLOY.iterdir() if path.is_file()), ROOT / "docs" / "running.md"]
SETTING = re.compile(r"\bRAPPORT_[A-Z][A-Z_]*[A-Z]\b")
EXAMPLE = DEPLOY / "environment.example"


def settings_read() -> set[str]:
    return set(re.findall(r"env\.\w+\(\s*\"(RAPPORT_[A-Z_]+)\"", (PACKAGE / "settings.py").read_text()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_named_is_one_that_is_read(page: Path) -> None:
    assert set(SETTING.findall(page.read_text())) <= settings_read()


def test_the_example_names_every_setting_there_is() -> None:
    named = set(re.findall(r"^#?(RAPPORT_[A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE))
    assert named == settings_read()


def test_the_example_holds_no_secret() -> None:
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    assert values["RAPPORT_METRICS_TOKEN"] == ""
    assert values["POSTGRES_PASSWORD"] == "change-me"
    assert ":change-me@" in values["RAPPORT_DATABASE_URL"]


def test_the_service_is_started_again_and_has_few_rights() -> None:
    unit = (DEPLOY / "rapport.service").read_text()
    for line in ("Restart=always", "User=rapport", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077"):
        assert f"\n{line}\n" in unit
    stop = int(re.search(r"TimeoutStopSec=(\d+)", unit)[1])  # type: ignore[index]
    assert stop > 2 * 15, "web and worker may each take fifteen seconds to stop"


def test_the_container_runs_as_nobody_in_particular_and_is_asked_for_its_health() -> None:
    words = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^USER rapport$", words, re.MULTILINE)
    assert "HEALTHCHECK" in words
    assert "/healthz" in words
    assert "--require-hashes -r requirements.lock" in words
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert needed["readme"] in words, "the build reads it"
    assert needed["requires-python"] == ">=3.11", "Debian bookworm has 3.11"
