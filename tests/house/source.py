"""The house's own source, read as text and trees, for the tests that hold its order."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "rapport"


@cache
def tracked() -> tuple[Path, ...]:
    """Every file the project keeps: what git knows, or is about to know."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def rooms() -> list[str]:
    return sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file())


def room_of(path: Path) -> str:
    """The room a file of the package lies in; "" for the files at its door (settings, urls)."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(ROOT).parts or path.name == "conftest.py"


def code(*, tests: bool = False) -> Iterator[Path]:
    """The package's Python files, migrations left out: those are written by a machine and never edited. With tests: all there are."""
    for path in tracked():
        if path.suffix == ".py" and "migrations" not in path.parts and (tests or (PACKAGE in path.parents and not is_test(path))):
            yield path


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def here(path: Path, node: ast.AST | None = None) -> str:
    """Where a reader finds it."""
    line = f":{node.lineno}" if node is not None and hasattr(node, "lineno") else ""
    return f"{path.relative_to(ROOT)}{line}"


def imports(path: Path) -> Iterator[tuple[ast.stmt, str, str]]:
    """(node, module, name) for each name a file imports; name is "" for `import module`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{here(path, node)}: rooms are named in full"
            for alias in node.names:
                yield node, node.module, alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name, ""
