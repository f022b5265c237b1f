"""What is vendored is what the list says, byte for byte, each with its licence."""

import hashlib
import json
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parents[1] / "static" / "vendor"


def listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VENDOR / "VENDORED.json").read_text(encoding="utf-8"))
    return found


def test_every_file_has_the_hash_the_list_names() -> None:
    changed = [
        f"{library['folder']}/{file['to']}"
        for library in listed()
        for file in library["files"]
        if hashlib.sha256((VENDOR / library["folder"] / file["to"]).read_bytes()).hexdigest() != file["sha256"]
    ]
    assert not changed


def test_nothing_lies_there_unlisted() -> None:
    named = {VENDOR / library["folder"] / file["to"] for library in listed() for file in library["files"]} | {VENDOR / "VENDORED.json"}
    assert {path for path in VENDOR.rglob("*") if path.is_file()} == named


def test_every_library_carries_its_licence_and_names_its_version() -> None:
    for library in listed():
        assert library["licence"], library["name"]
        assert (VENDOR / library["folder"] / "LICENSE").stat().st_size > 300, library["name"]
        assert library["folder"].endswith(library["version"])
