"""The tree form of a rule, both ways, and the one door through which a command or a request hands in a rule in any form."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from rapport.segments.errors import RuleError
from rapport.segments.limits import LEVELS_MAX, TEXT_LENGTH_MAX, too_deep, too_long
from rapport.segments.nodes import Rule
from rapport.segments.parse import parse_rule
from rapport.segments.tree_reading import from_tree
from rapport.segments.tree_writing import filter_tree, to_tree, value_tree

__all__ = ["filter_tree", "from_tree", "json_rule", "read_rule", "rule_in", "to_tree", "value_tree"]

JSON_LENGTH_MAX = 10 * TEXT_LENGTH_MAX  # its keys and escapes take room that text does not
JSON_LEVELS_MAX = 2 * LEVELS_MAX + 4
IN_QUOTES = re.compile(r'"(?:\\.|[^"\\])*"?', re.DOTALL)


def read_rule(said: str) -> Rule:
    """A rule as given to a command: text, a JSON tree, or @FILE with either."""
    return rule_in(_file_text(said[1:]) if said.startswith("@") else said)


def rule_in(text: str) -> Rule:
    """A rule written as text or as a JSON tree. It opens no file, whatever it says, so it is safe for what comes from outside."""
    return json_rule(text) if text.lstrip().startswith("{") else parse_rule(text)


def json_rule(text: str) -> Rule:
    """The rule of a tree written as JSON. A key that stands twice in an object is refused, not overwritten."""
    if len(text) > JSON_LENGTH_MAX:
        raise too_long(len(text))
    _refuse_deep(text)
    try:
        tree = json.loads(text, object_pairs_hook=_object, parse_float=Decimal)
    except json.JSONDecodeError as stumble:
        where = f"Line {stumble.lineno}, column {stumble.colno}: "
        raise RuleError(f"{where}this is no JSON: {stumble.msg}.", mend="A tree begins and ends with braces.") from None
    except ValueError:  # a whole number of thousands of digits
        raise RuleError("This is no JSON that can be read: a number is too long.", mend="Round it.") from None
    return from_tree(tree)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RuleError(f"The key {twice[:40]} stands twice in one object.", mend="Join two conditions with and.")
    return found


def _refuse_deep(text: str) -> None:
    level = 0
    for sign in re.findall(r"[\[\]{}]", IN_QUOTES.sub("", text)):
        level += 1 if sign in "[{" else -1
        if level > JSON_LEVELS_MAX:
            raise too_deep()


def _file_text(name: str) -> str:
    path = Path(name)
    try:
        if path.stat().st_size > 4 * JSON_LENGTH_MAX:
            raise too_long(path.stat().st_size)
        return path.read_text(encoding="utf-8-sig").strip()
    except OSError as trouble:
        raise RuleError(f"The file {name} cannot be read: {trouble.strerror}.", mend="Give @ and the path of a file with a rule.") from None
    except (UnicodeDecodeError, ValueError):
        raise RuleError(f"The file {name!r} holds no text in UTF-8.", mend="Save it as UTF-8.") from None
