"""Rooms talk to one another by verbs, questions and facts, and never reach into one another's tables."""

import ast
import re
import tomllib
from pathlib import Path

from django.apps import apps
from django.conf import settings

from tests.house.source import PACKAGE, ROOT, code, here, imports, is_test, room_of, rooms, tracked, tree

DOORS = {"actions", "queries", "events", "errors"}  # modules or folders of that name, open to every room above
REGISTERS = {  # what a room keeps for others to hang something on, or a closed list that others read
    "accounts": {"rights"},
    "events": {"catalogue", "rating", "reactions", "values"},
    "intake": {"files", "keys"},
    "messaging": {"gates", "transports"},
    "segments": {
        "nodes",
        "parse",
        "check",
        "text",
        "tree",
        "vocabulary",
        "editor",
        "answer",
        "person",
        "history",
        "silos",
        "characteristics",
        "worth",
        "lake",
        "bounds",
        "amounts",
    },  # the language and its answers
}
NOUNS = "models"  # instances may be read and named in a signature; only their owner queries, saves or deletes them
ASKING = {"objects", "_default_manager", "_base_manager", "_meta"}
OPEN = {"lib"}
PEERS = PACKAGE / "run" / "bench"  # what a benchmark compares us with is plain SQL on the same tables
TOP = {"run"}  # runs the whole house: starts its loops and servers


def test_every_room_says_what_it_owns() -> None:
    silent = [room for room in rooms() if not (doc := module_words(PACKAGE / room / "__init__.py")) or not doc.endswith(".")]
    assert not silent


def test_a_rooms_front_page_holds_words_and_no_code() -> None:
    busy = [room for room in rooms() if len(tree(PACKAGE / room / "__init__.py").body) != 1]
    assert not busy


def test_every_file_tells_why_it_exists() -> None:
    mute = [here(path) for path in code(tests=True) if path.stat().st_size and not module_words(path)]
    assert not mute


def test_every_room_is_installed_and_has_its_storey() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    placed = {room.strip(" ()") for storey in contract["layers"] for room in storey.split("|")}
    installed = {app.removeprefix("rapport.") for app in settings.INSTALLED_APPS if app.startswith("rapport.")}
    assert set(rooms()) == installed
    assert set(rooms()) <= placed


def test_rooms_import_only_the_doors_of_others() -> None:
    wrong = []
    for path in code():
        room = room_of(path)
        if not room or room in TOP:
            continue
        for node, module, name in imports(path):
            parts = [*module.split("."), *([name] if name else [])]
            if parts[0] != "rapport" or len(parts) < 2 or parts[1] in (room, *OPEN) or not (PACKAGE / parts[1]).is_dir():
                continue
            door = parts[2] if len(parts) > 2 else ""
            if door not in DOORS | REGISTERS.get(parts[1], set()) | {NOUNS}:
                wrong.append(f"{here(path, node)}: {'.'.join(parts)}")
    assert not wrong


def test_only_a_nouns_owner_asks_its_table() -> None:
    """`Customer.objects` outside `customers` is a question that `customers.queries` should answer."""
    wrong = []
    for path in code():
        foreign = {
            name: module
            for _, module, name in imports(path)
            if module.startswith("rapport.") and ".models" in module and module.split(".")[1] != room_of(path)
        }
        wrong += [
            f"{here(path, node)}: {node.value.id}.{node.attr} of {foreign[node.value.id]}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute) and node.attr in ASKING and isinstance(node.value, ast.Name) and node.value.id in foreign
        ]
    assert not wrong


def test_sql_by_hand_names_only_the_rooms_own_tables() -> None:
    owners = {model._meta.db_table: model._meta.app_label for model in apps.get_models() if model.__module__.startswith("rapport.")}
    named = re.compile(r"\b(" + "|".join(map(re.escape, owners)) + r")\b")
    wrong = [
        f"{here(path, node)}: {table}"
        for path, node, text in written_sql()
        for table in named.findall(text)
        if owners[table] != room_of(path) and PEERS not in path.parents
    ]
    assert not wrong


def written_sql() -> list[tuple[Path, ast.AST | None, str]]:
    """Every literal of the code and every .sql file, that is, wherever a table's name could stand."""
    literals: list[tuple[Path, ast.AST | None, str]] = [
        (path, node, node.value)
        for path in code()
        if room_of(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    files: list[tuple[Path, ast.AST | None, str]] = [
        (path, None, path.read_text()) for path in tracked() if path.suffix == ".sql" and PACKAGE in path.parents and not is_test(path)
    ]
    return literals + files


def module_words(path: Path) -> str:
    return (ast.get_docstring(tree(path)) or "").strip()
