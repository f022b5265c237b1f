"""A node of a rule's tree moved by keys: up and down among its siblings, into a group with the one before it, out of its group."""

from dataclasses import replace
from typing import Literal

from rapport.console.pages.paths import OPERATORS, Path, group_at, number_of, path_to, with_node
from rapport.segments.nodes import And, ButNot, Or, Rule
from rapport.segments.text import rule_text

Way = Literal["up", "down", "in", "out"]
WAYS: tuple[Way, ...] = ("up", "down", "in", "out")
WORDS = {And: "AND", Or: "OR", ButNot: "BUT NOT"}


def moved(rule: Rule, number: int, way: Way) -> tuple[Rule, int] | None:
    """The rule after the move, and the node's new number in pre-order; None where there is no way."""
    path = path_to(rule, number)
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
    return after, number_of(after, target)


def laid_out(rule: Rule) -> str:
    """Its text with a line for each side of the outermost operator; reads back as the same rule."""
    if not isinstance(rule, OPERATORS):
        return rule_text(rule)
    sides = [f"({rule_text(side)})" if isinstance(side, OPERATORS) else rule_text(side) for side in rule.children]
    return f"\n{WORDS[type(rule)]} ".join(sides)


Made = tuple[Rule, Path]


def _swapped(rule: Rule, above: Path, place: int, to: int) -> Made | None:
    parent = group_at(rule, above)
    if not 0 <= to < len(parent.children):
        return None
    sides = list(parent.children)
    sides[place], sides[to] = sides[to], sides[place]
    return with_node(rule, above, replace(parent, children=tuple(sides))), [*above, to]


def _nested(rule: Rule, above: Path, place: int) -> Made | None:
    """Into the group before it; beside a plain condition a new group of the other kind."""
    parent = group_at(rule, above)
    if place == 0 or (isinstance(parent, ButNot) and place == 1) or len(parent.children) == 2:
        return None
    before, node = parent.children[place - 1], parent.children[place]
    if isinstance(before, OPERATORS):
        group: Rule = replace(before, children=(*before.children, node))
    else:
        group = And((before, node)) if isinstance(parent, Or) else Or((before, node))
    sides = (*parent.children[: place - 1], group, *parent.children[place + 1 :])
    assert isinstance(group, OPERATORS)
    return with_node(rule, above, replace(parent, children=sides)), [*above, place - 1, len(group.children) - 1]


def _freed(rule: Rule, above: Path, place: int) -> Made | None:
    """Out of its group, to stand right behind it; a group of one is no group."""
    if not above:
        return None
    *higher, parent_place = above
    parent, grand = group_at(rule, above), group_at(rule, higher)
    left = (*parent.children[:place], *parent.children[place + 1 :])
    group = left[0] if len(left) == 1 else replace(parent, children=left)
    sides = (*grand.children[:parent_place], group, parent.children[place], *grand.children[parent_place + 1 :])
    return with_node(rule, higher, replace(grand, children=sides)), [*higher, parent_place + 1]
