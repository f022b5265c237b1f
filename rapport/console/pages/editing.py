"""A rule changed in its tree: conditions added, replaced, doubled, deleted; groups made and turned; nodes dropped elsewhere.

Each deed is a pure function from a rule to a rule and the number of the node to choose afterwards; the text of the outcome is the rule.
What BUT NOT takes away must never become what is asked for, so where its first set goes, `everyone` stands in its place.
"""

from dataclasses import replace
from typing import Literal

from django.utils.translation import gettext as _

from rapport.console.pages.paths import OPERATORS, Path, at, group_at, number_of, path_of, path_to, with_node
from rapport.lib.refusals import Refusal
from rapport.segments.nodes import And, ButNot, Everyone, Or, Rule

Joint = Literal["and", "or", "not"]
Side = Literal["before", "after", "in"]
JOINTS: dict[str, type[And | Or | ButNot]] = {"and": And, "or": Or, "not": ButNot}
SIDES: tuple[Side, ...] = ("before", "after", "in")
Edited = tuple[Rule, int]


def added(rule: Rule, number: int, joint: Joint, condition: Rule, *, apart: bool = False) -> Edited:
    """A condition joined to a node: into its group where that is joined the same way, else in a group of the two.

    `apart`: a group of the two in any case.
    """
    path = _path(rule, number)
    node, kind = at(rule, path), JOINTS[joint]
    if not apart and isinstance(node, kind):
        return _chosen(with_node(rule, path, replace(node, children=(*node.children, condition))), condition)
    if not apart and path and isinstance(parent := group_at(rule, path[:-1]), kind):
        place = path[-1] + 1
        sides = (*parent.children[:place], condition, *parent.children[place:])
        return _chosen(with_node(rule, path[:-1], replace(parent, children=sides)), condition)
    return _chosen(with_node(rule, path, kind((node, condition))), condition)


def turned_round(rule: Rule, number: int) -> Edited:
    """All but those a node means; done twice it is the node again."""
    path = _path(rule, number)
    node = at(rule, path)
    if isinstance(node, ButNot) and len(node.children) == 2 and isinstance(node.children[0], Everyone):
        return _settled(rule, path, node.children[1])
    return _chosen(with_node(rule, path, made := ButNot((Everyone(), node))), made)


def joined_by(rule: Rule, number: int, joint: Joint) -> Edited:
    """A group with another operator over the same sides."""
    path = _path(rule, number)
    node = at(rule, path)
    if not isinstance(node, OPERATORS):
        raise Refusal(_("A condition joins nothing: choose AND, OR or BUT NOT itself."))
    return _chosen(with_node(rule, path, made := JOINTS[joint](node.children)), made)


def replaced(rule: Rule, number: int, condition: Rule) -> Edited:
    """Another condition, or a whole rule, in the place of a node."""
    return _settled(rule, _path(rule, number), condition)


def doubled(rule: Rule, number: int) -> Edited:
    """The same once more, right behind it. BUT NOT takes it away, so the first set of one is doubled within a group."""
    path = _path(rule, number)
    twin = replace(at(rule, path))
    if not path or _is_asked_for(rule, path):
        return _chosen(with_node(rule, path, Or((at(rule, path), twin))), twin)
    parent, place = group_at(rule, path[:-1]), path[-1] + 1
    return _chosen(with_node(rule, path[:-1], replace(parent, children=(*parent.children[:place], twin, *parent.children[place:]))), twin)


def deleted(rule: Rule, number: int) -> Edited | None:
    """Without a node; None where nothing is left. A group of one is no group."""
    path = _path(rule, number)
    if not path:
        return None
    if not _is_asked_for(rule, path):
        return _without(rule, path)
    if isinstance(at(rule, path), Everyone):
        raise Refusal(_("BUT NOT takes away from everyone here."), mend=_("Delete what it takes away, or turn it round."))
    return _chosen(with_node(rule, path, stay := Everyone()), stay)


def dropped(rule: Rule, number: int, target: int, side: Side) -> Edited:
    """A node taken up and put before or after another, or into it: into a group as its last, onto a condition as a group of the two."""
    source, goal = _path(rule, number), _path(rule, target)
    if goal[: len(source)] == source:
        raise Refusal(_("A group cannot stand within itself."))
    node, hole = at(rule, source), Everyone()
    holed = _put(with_node(rule, source, hole), goal, side, node)
    gap = path_of(holed, hole)
    assert gap, "the gap stands beside what was dropped"
    return _chosen(holed if _is_asked_for(holed, gap) else _without(holed, gap)[0], node)


def _put(rule: Rule, goal: Path, side: Side, node: Rule) -> Rule:
    there = at(rule, goal)
    if side == "in":
        if isinstance(there, OPERATORS):
            return with_node(rule, goal, replace(there, children=(*there.children, node)))
        within = group_at(rule, goal[:-1]) if goal else None
        return with_node(rule, goal, And((there, node)) if isinstance(within, Or) else Or((there, node)))
    if not goal:
        raise Refusal(_("Nothing stands beside the whole rule: drop it into the rule."))
    parent, place = group_at(rule, goal[:-1]), goal[-1] + (side == "after")
    return with_node(rule, goal[:-1], replace(parent, children=(*parent.children[:place], node, *parent.children[place:])))


def _is_asked_for(rule: Rule, path: Path) -> bool:
    """Whether it is the first set of a BUT NOT, from which the others are taken."""
    return isinstance(group_at(rule, path[:-1]), ButNot) and path[-1] == 0


def _without(rule: Rule, path: Path) -> Edited:
    """The rule without the node at the end of a path, and the number of what stands in its stead."""
    *above, place = path
    parent = group_at(rule, above)
    sides = (*parent.children[:place], *parent.children[place + 1 :])
    if len(sides) == 1:
        return _settled(rule, above, sides[0])
    after = with_node(rule, above, replace(parent, children=sides))
    return after, number_of(after, [*above, min(place, len(sides) - 1)])


def _settled(rule: Rule, path: Path, node: Rule) -> Edited:
    """A node put in place; joined as the group around it is, its sides become that group's own."""
    if path and isinstance(node, OPERATORS):
        *above, place = path
        parent = group_at(rule, above)
        if type(parent) is type(node) and (not isinstance(node, ButNot) or place == 0):
            sides = (*parent.children[:place], *node.children, *parent.children[place + 1 :])
            after = with_node(rule, above, replace(parent, children=sides))
            return after, number_of(after, [*above, place])
    after = with_node(rule, path, node)
    return after, number_of(after, path)


def _chosen(rule: Rule, node: Rule) -> Edited:
    path = path_of(rule, node)
    assert path is not None, "it was put there just now"
    return rule, number_of(rule, path)


def _path(rule: Rule, number: int) -> Path:
    path = path_to(rule, number)
    if path is None:
        raise Refusal(_("That node is not there any more."), mend=_("Choose another one."))
    return path
