"""Where a node of a rule's tree lies: the way to it from the root, and a rule with another node in its place. Nothing recurses."""

from dataclasses import replace

from rapport.segments.nodes import And, ButNot, Or, Rule, preorder

OPERATORS = And | Or | ButNot
Path = list[int]  # the places to go through from the root


def path_to(rule: Rule, number: int) -> Path | None:
    """The way to a node by its number in pre-order; None where there is no such node."""
    return next((path for seen, (_, path) in enumerate(walked(rule)) if seen == number), None)


def path_of(rule: Rule, node: Rule) -> Path | None:
    """The way to this very node: an equal one elsewhere is another."""
    return next((path for found, path in walked(rule) if found is node), None)


def walked(rule: Rule) -> list[tuple[Rule, Path]]:
    """Every node in pre-order with the way to it."""
    found: list[tuple[Rule, Path]] = []
    waiting: list[tuple[Rule, Path]] = [(rule, [])]
    while waiting:
        node, path = waiting.pop()
        found.append((node, path))
        if isinstance(node, OPERATORS):
            waiting.extend((side, [*path, place]) for place, side in reversed(list(enumerate(node.children))))
    return found


def at(rule: Rule, path: Path) -> Rule:
    for place in path:
        rule = group_at(rule, []).children[place]
    return rule


def group_at(rule: Rule, path: Path) -> And | Or | ButNot:
    """The group at the end of a path that goes on below it."""
    node = at(rule, path) if path else rule
    assert isinstance(node, OPERATORS)
    return node


def with_node(rule: Rule, path: Path, node: Rule) -> Rule:
    """The rule with another node at the end of the path."""
    for depth in range(len(path), 0, -1):
        parent, place = group_at(rule, path[: depth - 1]), path[depth - 1]
        node = replace(parent, children=(*parent.children[:place], node, *parent.children[place + 1 :]))
    return node


def number_of(rule: Rule, path: Path) -> int:
    """The number in pre-order of the node at the end of the path."""
    number = 0
    for place in path:
        sides = group_at(rule, []).children
        number += 1 + sum(len(preorder(side)) for side in sides[:place])
        rule = sides[place]
    return number
