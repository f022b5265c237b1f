"""What to show of a rule that cannot be read: whether it is only unfinished, which piece is wrong, and the text with the mend applied."""

import re
from dataclasses import dataclass

from rapport.lib.refusals import Refusal
from rapport.segments.errors import RuleError

MEANT = re.compile(r"^Did you mean (?:`(?P<tick>[^`]+)`|(?P<name>.+?))(?: for `(?P<wrong>[^`]+)`)?\?$", re.DOTALL)
WRONG = re.compile(r"(?:is called|property|stands?|read) (?P<name>\"(?:\\.|[^\"\\])*\"|`[^`]+`|[\w.]+)")


@dataclass(frozen=True)
class Stumble:
    """A refused rule as the page shows it. Offsets count as JavaScript does."""

    what: str
    mend: str
    line: int
    column: int
    unfinished: bool  # the text merely ends too early
    start: int | None = None
    end: int | None = None
    nearest: str = ""
    mended: str = ""


def stumble(text: str, refusal: Refusal) -> Stumble:
    """A refusal of any kind; only those of the rule language have a place."""
    if not isinstance(refusal, RuleError) or not refusal.line:
        return Stumble(refusal.what, refusal.mend, 0, 0, False)
    at = offset_of(text, refusal.line, refusal.column)
    start, end = _piece(text, at, refusal)
    is_open = start is not None and end == len(text) and text[start] == '"' and not text.endswith('"')
    unfinished = is_open or at >= len(text.rstrip())
    meant = MEANT.match(refusal.mend)
    nearest, mended = "", ""
    if meant and start is not None and end is not None:
        nearest = str(meant["tick"] or meant["name"])
        mended = text[:start] + nearest + text[end:]
    return Stumble(
        refusal.what,
        refusal.mend,
        refusal.line,
        refusal.column,
        unfinished,
        None if start is None else _units(text[:start]),
        None if end is None else _units(text[:end]),
        nearest,
        mended,
    )


def offset_of(text: str, line: int, column: int) -> int:
    """Where a line and column, both from 1, lie in the text."""
    lines = text.split("\n")
    return min(sum(len(one) + 1 for one in lines[: line - 1]) + column - 1, len(text))


def _piece(text: str, at: int, refusal: RuleError) -> tuple[int | None, int | None]:
    """The piece that is wrong: the name the refusal speaks of, else the word at its place."""
    meant = MEANT.match(refusal.mend)
    if meant and meant["wrong"]:
        found = text.rfind(meant["wrong"], 0, at + len(meant["wrong"]))
        return (found, found + len(meant["wrong"])) if found >= 0 else (None, None)
    if wrong := WRONG.search(refusal.trouble):
        found = text.find(wrong["name"], at)
        if found >= 0:
            return found, found + len(wrong["name"])
    word = re.compile(r"\"(?:\\.|[^\"\\\n])*\"?|`[^`\n]*`?|[\w.]+|\S").match(text, at)
    return (word.start(), word.end()) if word else (None, None)


def _units(text: str) -> int:
    """The length as JavaScript counts it."""
    return len(text.encode("utf-16-le")) // 2
