"""Nothing here is too long to be read once."""

import ast

from tests.house.source import code, here, is_test, tracked, tree

FILE_LINES_MAX = 400
TEST_FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 60


def test_files_can_be_read_in_one_sitting() -> None:
    long = [
        f"{here(path)} has {lines} lines"
        for path in tracked()
        if path.suffix in (".py", ".html", ".sql", ".lark", ".sh")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > (TEST_FILE_LINES_MAX if is_test(path) else FILE_LINES_MAX)
    ]
    assert not long


def test_functions_can_be_seen_at_a_glance() -> None:
    long = [
        f"{here(path, node)} {node.name} has {lines} lines"
        for path in code(tests=True)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert not long
