"""The refusals of the rule language: each names the place, the trouble in plain words, and the nearest mend."""

from typing import Any

from rapport.lib.refusals import Refusal
from rapport.segments.nodes import Place


class RuleError(Refusal):
    """A rule that cannot be read, or cannot be true of data. In text it has a line and a column, in a tree a path."""

    code = "rule_refused"

    def __init__(self, trouble: str, *, mend: str = "", place: Place | None = None, path: str = "", **facts: Any) -> None:
        where = f"Line {place.line}, column {place.column}: " if place else f"{path}: " if path else ""
        self.trouble, self.place, self.path = trouble, place, path
        self.line, self.column = (place.line, place.column) if place else (0, 0)
        spot: dict[str, Any] = {"line": place.line, "column": place.column} if place else {"path": path} if path else {}
        super().__init__(where + trouble, mend=mend, **spot, **facts)


class NameTaken(Refusal):
    """Another segment, scheme or list has this name already."""

    code = "name_taken"

    def __init__(self, name: str, what: str = "segment") -> None:
        super().__init__(f'Another {what} is called "{name}" already.', mend="Choose another name.", name=name)
