"""What changed at each node: matched by text first, then by place; a node without a match is new."""

from pyroaring import BitMap

from rapport.console.pages.changes import Change, changes
from rapport.segments.nodes import preorder
from rapport.segments.queries import parse_rule
from rapport.segments.text import rule_text

OLD = "a = 1 AND b = 1"


def compared(text: str, sets: list[set[int]], old_sets: list[set[int]]) -> list[Change]:
    rule, old = parse_rule(text), parse_rule(OLD)
    nodes = [(rule_text(node), BitMap(people)) for node, people in zip(preorder(rule), sets, strict=True)]
    old_nodes = [(rule_text(node), BitMap(people)) for node, people in zip(preorder(old), old_sets, strict=True)]
    return changes(rule, nodes, old, old_nodes)


def test_a_condition_changed_in_its_place_says_who_came_and_left() -> None:
    assert compared("a = 1 AND b = 2", [{2, 3}, {1, 2, 3}, {2, 3}], [{1, 2}, {1, 2, 3}, {1, 2}]) == [
        Change(came=1, left=1), Change(), Change(came=1, left=1),
    ]  # fmt: skip


def test_a_condition_that_moved_is_known_by_its_text() -> None:
    assert compared("b = 1 AND a = 1", [{1}, {1, 2}, {1}], [{1}, {1}, {1, 2}]) == [Change(), Change(), Change()]


def test_a_condition_more_is_new_and_a_group_is_no_condition() -> None:
    found = compared("a = 1 AND (b = 1 OR c = 1)", [{1, 2}, {1, 2}, {1, 2}, {1}, {2}], [{1}, {1, 2}, {1}])
    assert found == [Change(came=1), Change(), Change(is_new=True), Change(), Change(is_new=True)]
