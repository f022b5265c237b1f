"""A node of a rule's tree moved by keys: up and down among its siblings, into a group with the one before it, out of its group."""

from dataclasses import replace
from typing import Literal

from rapport.segments.nodes import And, ButNot, Or, Rule, preorder
from rapport.segments.text import rule_text

Way = Literal["up", "down", "in", "out"]
WAYS: tuple[Way, ...] = ("up", "down", "in", "out")
OPERATORS = And | Or | ButNot
WORDS = {And: "AND", Or: "OR", ButNot: "BUT NOT"}


def moved(rule: Rule, number: int, way: Way) -> tuple[Rule, int] | None:
    """The rule after the move, and the node's new number in pre-order; None where there is no way."""
    path = _path_to(rule, number)
    if not path:
        return None
    *above, place = path
    match way:
        case "up":
            made = _swapped(rule, above, place, place - 1)
        case "down":
            made = _swapped(rule, above, place, place + 1)
        case "in":
            made = _nested(rule, above, place)
        case "out":
            made = _freed(rule, above, place)
    if made is None:
        return None
    after, target = made
    return after, _number_of(after, target)


def laid_out(rule: Rule) -> str:
    """Its text with a line for each side of the outermost operator; reads back as the same rule."""
    if not isinstance(rule, OPERATORS):
        return rule_text(rule)
    sides = [f"({rule_text(side)})" if isinstance(side, OPERATORS) else rule_text(side) for side in rule.children]
    return f"\n{WORDS[type(rule)]} ".join(sides)


Made = tuple[Rule, list[int]]


def _swapped(rule: Rule, above: list[int], place: int, to: int) -> Made | None:
    parent = _at(rule, above)
    assert isinstance(parent, OPERATORS)
    if not 0 <= to < len(parent.children):
        return None
    sides = list(parent.children)
    sides[place], sides[to] = sides[to], sides[place]
    return _with(rule, above, replace(parent, children=tuple(sides))), [*above, to]


def _nested(rule: Rule, above: list[int], place: int) -> Made | None:
    """Into the group before it; beside a plain condition a new group of the other kind."""
    parent = _at(rule, above)
    assert isinstance(parent, OPERATORS)
    if place == 0 or (isinstance(parent, ButNot) and place == 1) or len(parent.children) == 2:
        return None
    before, node = parent.children[place - 1], parent.children[place]
    if isinstance(before, OPERATORS):
        group: Rule = replace(before, children=(*before.children, node))
    else:
        group = And((before, node)) if isinstance(parent, Or) else Or((before, node))
    sides = (*parent.children[: place - 1], group, *parent.children[place + 1 :])
    assert isinstance(group, OPERATORS)
    return _with(rule, above, replace(parent, children=sides)), [*above, place - 1, len(group.children) - 1]


def _freed(rule: Rule, above: list[int], place: int) -> Made | None:
    """Out of its group, to stand right behind it; a group of one is no group."""
    if not above:
        return None
    *higher, parent_place = above
    parent, grand = _at(rule, above), _at(rule, higher)
    assert isinstance(parent, OPERATORS)
    assert isinstance(grand, OPERATORS)
    left = (*parent.children[:place], *parent.children[place + 1 :])
    group = left[0] if len(left) == 1 else replace(parent, children=left)
    sides = (*grand.children[:parent_place], group, parent.children[place], *grand.children[parent_place + 1 :])
    return _with(rule, higher, replace(grand, children=sides)), [*higher, parent_place + 1]


def _path_to(rule: Rule, number: int) -> list[int]:
    """The places to go through from the root; empty for the root and for a number that is none."""
    waiting: list[tuple[Rule, list[int]]] = [(rule, [])]
    seen = 0
    while waiting:
        node, path = waiting.pop()
        if seen == number:
            return path
        seen += 1
        if isinstance(node, OPERATORS):
            waiting.extend((side, [*path, place]) for place, side in reversed(list(enumerate(node.children))))
    return []


def _at(rule: Rule, path: list[int]) -> Rule:
    for place in path:
        assert isinstance(rule, OPERATORS)
        rule = rule.children[place]
    return rule


def _with(rule: Rule, path: list[int], node: Rule) -> Rule:
    """The rule with another node at the end of the path."""
    for depth in range(len(path), 0, -1):
        parent = _at(rule, path[: depth - 1])
        assert isinstance(parent, OPERATORS)
        place = path[depth - 1]
        node = replace(parent, children=(*parent.children[:place], node, *parent.children[place + 1 :]))
    return node


def _number_of(rule: Rule, path: list[int]) -> int:
    number = 0
    for place in path:
        assert isinstance(rule, OPERATORS)
        number += 1 + sum(len(preorder(side)) for side in rule.children[:place])
        rule = rule.children[place]
    return number
