"""The pages people read tell the truth: every setting, command and link in them is there, and every setting is told of."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.house.source import PACKAGE, ROOT, tracked

PAGES = [path for path in tracked() if path.suffix == ".md"]
SETTING = re.compile(r"\bRAPPORT_[A-Z_]+\b")


def test_every_setting_is_explained_and_none_is_invented() -> None:
    read = set(re.findall(r"env\.\w+\(\s*\"(RAPPORT_[A-Z_]+)\"", (PACKAGE / "settings.py").read_text()))
    told = set(re.findall(r"^\| `(RAPPORT_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert read
    assert told == read


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    assert not [target for target in targets if "://" not in target and not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_a_page_can_be_given(page: Path) -> None:
    """Each `.venv/bin/rapport ...` line parses with the command's own parser."""
    for line in re.findall(r"^\.venv/bin/rapport (.+)$", page.read_text(), re.MULTILINE):
        name, *words = shlex.split(line.partition("  #")[0])
        command = load_command_class(get_commands()[name], name)
        command.create_parser("rapport", name).parse_args(words)


def test_make_knows_every_verb_a_page_names() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {verb for page in PAGES for verb in re.findall(r"^make ([a-z]+)", page.read_text(), re.MULTILINE)}
    assert {"setup", "demo", "test", "lint", "bench", "soak"} <= named
    assert named <= verbs
