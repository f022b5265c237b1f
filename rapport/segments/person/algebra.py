"""AND, OR and BUT NOT over what the leaves say, for rules and filters alike; without recursion, since either may be deep."""

from collections.abc import Callable, Sequence
from typing import Any

from rapport.segments.nodes import And, ButNot, FilterAnd, FilterButNot, FilterOr, Or

OPERATORS = And | Or | ButNot | FilterAnd | FilterOr | FilterButNot


def flat(root: Any) -> list[Any]:
    """Every node of a rule or a filter, root first, then its first child's, and so on."""
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, OPERATORS):
            waiting.extend(reversed(node.children))
    return found


def truths(nodes: Sequence[Any], leaf_holds: Callable[[Any], bool]) -> list[bool]:
    """Whether each node holds, in the order of `flat`. Read backwards, children come before their parent."""
    answers = [False] * len(nodes)
    ready: list[bool] = []  # answers still without a parent; the first child of the next parent is on top
    for number in range(len(nodes) - 1, -1, -1):
        node = nodes[number]
        if isinstance(node, OPERATORS):
            parts = [ready.pop() for _ in node.children]
            answers[number] = _joined(node, parts)
        else:
            answers[number] = leaf_holds(node)
        ready.append(answers[number])
    return answers


def _joined(node: Any, parts: list[bool]) -> bool:
    if isinstance(node, And | FilterAnd):
        return all(parts)
    if isinstance(node, Or | FilterOr):
        return any(parts)
    return parts[0] and not any(parts[1:])
