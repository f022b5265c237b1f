"""Walks over rules and filters without recursion: a rule may be 200 levels deep, and a reader's own stack is no place for that."""

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Several
from typing import TypeAlias, TypeVar

from rapport.segments.nodes import (
    And,
    ButNot,
    Did,
    Element,
    Filter,
    FilterAnd,
    FilterButNot,
    FilterOr,
    Measure,
    Or,
    PropertyTest,
    Relative,
    Rule,
    Sequence,
    Step,
    Test,
)

Node: TypeAlias = Rule | Filter | Step
RULE_OPERATORS = (And, Or, ButNot)
FILTER_OPERATORS = (FilterAnd, FilterOr, FilterButNot)

Item = TypeVar("Item")
Made = TypeVar("Made")


def fold(root: Item, parts_of: Callable[[Item], Several[Item]], made_of: Callable[[Item, list[Made]], Made]) -> Made:
    """Build a result from the leaves up: `made_of` is handed a thing and what was made of its parts, in order."""
    waiting: list[tuple[Item, int]] = [(root, -1)]  # -1: its parts are not yet made; else how many of them there are
    made: list[Made] = []
    while waiting:
        item, count = waiting.pop()
        if count < 0:
            parts = parts_of(item)
            waiting.append((item, len(parts)))
            waiting.extend((part, -1) for part in reversed(parts))
        else:
            ready = made[len(made) - count :]
            del made[len(made) - count :]
            made.append(made_of(item, ready))
    return made[0]


def built(node: Node, made_of: Callable[[Node, list[Made]], Made]) -> Made:
    """`fold` over a rule or a filter."""
    return fold(node, parts_of, made_of)


def parts_of(node: Node) -> Several[Node]:
    """What stands directly within a node: the sides of an operator, the steps of a sequence, the filter of a condition."""
    match node:
        case And() | Or() | ButNot() | FilterAnd() | FilterOr() | FilterButNot():
            return node.children
        case Element():
            return (node.filter,)
        case Sequence():
            return node.steps
        case Did() | Step() if node.where is not None:
            return (node.where,)
        case Measure() | Relative() if node.amount.where is not None:
            return (node.amount.where,)
    return ()


def tests_in(where: Filter | None) -> Iterator[tuple[str, Test | None]]:
    """Every property a filter names, by its full path, with what is asked of it; of a list itself nothing."""
    waiting: list[tuple[Filter, str]] = [] if where is None else [(where, "")]
    while waiting:
        node, within = waiting.pop()
        match node:
            case PropertyTest(path, test):
                yield within + path, test
            case Element(path, inner):
                yield within + path, None
                waiting.append((inner, f"{within}{path}."))
            case _:
                waiting.extend((child, within) for child in node.children)


def preorder_of(root: Node) -> list[Node]:
    """Every node, filters included, root first."""
    found: list[Node] = []
    waiting: list[Node] = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(reversed(parts_of(node)))
    return found
