"""What is installed is what was tested: exact versions with hashes, and no addresses."""

import json
import re
import tomllib
from itertools import chain

from tests.house.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
NPM = json.loads((ROOT / "tests" / "sdk" / "package-lock.json").read_text())


def test_every_dependency_is_pinned_and_locked() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    asked = [*PROJECT["project"]["dependencies"], *chain.from_iterable(extras), *PROJECT["build-system"]["requires"]]
    missing = []
    for words in asked:
        name, version = re.fullmatch(r"([A-Za-z0-9-]+)(?:\[[a-z,-]+\])?==([0-9a-z.]+)(?:;.*)?", words).groups()  # type: ignore[union-attr]
        if not re.search(rf"^{re.escape(name)}(\[[a-z,-]+\])?=={re.escape(version)}\b", LOCK, re.MULTILINE):
            missing.append(words)
    assert not missing


def test_every_locked_package_has_hashes_and_no_address() -> None:
    packages = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(packages) > 50
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
    assert "://" not in LOCK


def test_the_node_client_is_locked_without_addresses() -> None:
    packages = {name: package for name, package in NPM["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package or "integrity" not in package] == []
