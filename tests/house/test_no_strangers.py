"""No page fetches from elsewhere, and no file names a package registry or somebody's machine."""

import re
from pathlib import Path

import pytest

from tests.house.source import PACKAGE, ROOT, here, tracked

ADDRESS = re.compile(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.IGNORECASE)
FETCHES = re.compile(
    r"""(?:src|href|action|srcset|poster|hx-get|hx-post|data)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import"""
)
HARMLESS = {"www.w3.org"}  # names of XML dialects, never fetched
REGISTRIES = ["pypi" + r"\.(org|io)", "python" + "hosted", r"registry\.np" + "mjs", r"np" + r"mjs\.(org|com)", r"proxy\.go" + r"lang\.org"]
MACHINES = [r"/work" + r"/", r"/home/[a-z]", r"/ro" + r"ot/", r"/Us" + r"ers/", r"/opt/whe" + "els", r"/opt/py" + "pi"]
OURS = {".html", ".css", ".js", ".svg"}


def own_front_files() -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix in OURS and PACKAGE in path.parents and "vendor" not in path.parts and "tests" not in path.parts
    ]


def test_no_page_names_a_foreign_host() -> None:
    named = [
        f"{here(path)}: {host}"
        for path in own_front_files()
        for host in ADDRESS.findall(path.read_text(encoding="utf-8"))
        if host.lower() not in HARMLESS
    ]
    assert not named


def test_vendored_style_sheets_fetch_nothing() -> None:
    fetching = [
        here(path)
        for path in tracked()
        if path.suffix == ".css" and PACKAGE in path.parents and FETCHES.search(path.read_text(encoding="utf-8"))
    ]
    assert not fetching


@pytest.mark.parametrize("pattern", REGISTRIES + MACHINES)
def test_no_file_names_a_registry_or_a_machine(pattern: str) -> None:
    named = []
    for path in tracked():
        if "vendor" in path.parts or path.suffix in (".png", ".woff2", ".ico", ".parquet", ".gz", ".xlsx"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if re.search(pattern, line):
                named.append(f"{path.relative_to(ROOT)}:{number}")
    assert not named
