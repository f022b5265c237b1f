"""A rule as the tree beside the editor: every node with its count, what BUT NOT takes away, and where it stands in the text.

The tree comes as a flat list with the number of lists to close after each node, since a rule may be deeper than a template can recurse.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from rapport.segments.nodes import And, ButNot, Or, Place, Rule, preorder

OPERATORS = {And: "and", Or: "or", ButNot: "not"}


@dataclass(frozen=True)
class NodeShown:
    """One row of the tree."""

    number: int  # in pre-order
    text: str  # canonical
    operator: str  # and, or, not; "" for a condition
    level: int
    taken: bool  # it stands after a BUT NOT
    takes: int  # how many it takes away from what stood before it
    takes_rule: str  # who those are, as a rule
    count: int
    fill: str  # the bar's
    closes: int  # lists that end after it
    place: Place | None


@dataclass
class _Open:
    """An operator whose children are still being walked."""

    node: Rule
    number: int
    left: int
    first: bool = True
    rest: BitMap | None = None  # what BUT NOT has left so far
    rest_rule: str = ""


def shown(rule: Rule, nodes: Sequence[tuple[str, BitMap]]) -> list[NodeShown]:
    """`nodes` are the answer's: canonical text and set of each node, in pre-order."""
    rows: list[NodeShown] = []
    opened: list[_Open] = []
    for number, (node, (text, people)) in enumerate(zip(preorder(rule), nodes, strict=True)):
        parent = opened[-1] if opened else None
        taken, takes, takes_rule = _taking(parent, people, text)
        operator = OPERATORS.get(type(node), "")
        level = len(opened)
        if operator:
            opened.append(_Open(node, number, len(_children(node))))
            closes = 0
        else:
            closes = _close(opened)
        fill = "fb" if taken else "fo" if operator == "or" or (parent and isinstance(parent.node, Or)) else "f"
        rows.append(NodeShown(number, text, operator, level, taken, takes, takes_rule, len(people), fill, closes, node.place))
    return rows


def _children(node: Rule) -> tuple[Rule, ...]:
    assert isinstance(node, And | Or | ButNot)
    return node.children


def _taking(parent: _Open | None, people: BitMap, text: str) -> tuple[bool, int, str]:
    """Under BUT NOT: whether this child takes away, how many of what was left, and who they are."""
    if parent is None or not isinstance(parent.node, ButNot):
        return False, 0, ""
    if parent.first:
        parent.first, parent.rest, parent.rest_rule = False, people, f"({text})"
        return False, 0, ""
    assert parent.rest is not None, "the first child came before"
    takes, who = len(parent.rest & people), f"({parent.rest_rule}) AND ({text})"
    parent.rest, parent.rest_rule = parent.rest - people, f"{parent.rest_rule} BUT NOT ({text})"
    return True, takes, who


def _close(opened: list[_Open]) -> int:
    """A condition is done, and with it every operator whose last child it was."""
    closed = 0
    while opened:
        opened[-1].left -= 1
        if opened[-1].left:
            break
        opened.pop()
        closed += 1
    return closed
