"""What changed at each node against another version of a rule: who came and left, or that the node is new."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from rapport.console.pages.paths import OPERATORS, walked
from rapport.segments.nodes import Rule

Nodes = Sequence[tuple[str, BitMap]]  # an answer's: canonical text and set of each node, in pre-order


@dataclass(frozen=True)
class Change:
    """Against the node it was; `is_new` where it was none."""

    came: int = 0
    left: int = 0
    is_new: bool = False


def changes(rule: Rule, nodes: Nodes, old_rule: Rule, old_nodes: Nodes) -> list[Change]:
    """For each node in pre-order. A node is the one with the same canonical text, else the unmatched one in the same place."""
    matched = _matched(rule, nodes, old_rule, old_nodes)
    found = []
    for number, (_, people) in enumerate(nodes):
        old = matched.get(number)
        if old is None:
            found.append(Change(is_new=True))
        else:
            before = old_nodes[old][1]
            found.append(Change(len(people - before), len(before - people)))
    return found


def _matched(rule: Rule, nodes: Nodes, old_rule: Rule, old_nodes: Nodes) -> dict[int, int]:
    left: dict[str, list[int]] = {}
    for number, (text, _) in enumerate(old_nodes):
        left.setdefault(text, []).append(number)
    matched: dict[int, int] = {}
    for number, (text, _) in enumerate(nodes):
        if left.get(text):
            matched[number] = left[text].pop(0)
    free = {number for numbers in left.values() for number in numbers}
    places = {(tuple(path), _is_group(node)): number for number, (node, path) in enumerate(walked(old_rule)) if number in free}
    for number, (node, path) in enumerate(walked(rule)):
        if number not in matched and (old := places.pop((tuple(path), _is_group(node)), None)) is not None:
            matched[number] = old
    return matched


def _is_group(node: Rule) -> bool:
    return isinstance(node, OPERATORS)
