"""The tree beside the editor: what BUT NOT takes away adds up, and the flat list closes every list it opens."""

from collections.abc import Sequence

import pytest
from pyroaring import BitMap

from rapport.console.pages.tree import NodeShown, shown
from rapport.segments.nodes import And, ButNot, Everyone, NoOne, Or, Rule, preorder
from rapport.segments.queries import parse_rule

RULE = "(everyone AND (a = 1 OR b = 1)) BUT NOT c = 1 BUT NOT (d = 1 AND e = 1)"


def tree_of(text: str, sets: Sequence[set[int]]) -> list[NodeShown]:
    rule = parse_rule(text)
    return shown(rule, [(str(number), BitMap(people)) for number, people in zip(range(len(sets)), sets, strict=True)])


def test_what_is_taken_away_is_counted_once_and_adds_up() -> None:
    first, one, other = set(range(1, 11)), {1, 2, 3, 20}, {3, 4}
    rows = tree_of("everyone BUT NOT a = 1 BUT NOT b = 1", [first - one - other, first, one, other])
    assert [row.takes for row in rows] == [0, 0, 3, 1]
    assert rows[0].count == rows[1].count - sum(row.takes for row in rows)
    assert [row.taken for row in rows] == [False, False, True, True]


def test_those_taken_away_can_be_asked_for() -> None:
    rows = tree_of("everyone BUT NOT a = 1 BUT NOT b = 1", [set(), {1, 2}, {1}, {2}])
    assert rows[3].takes_rule == "((1) BUT NOT (2)) AND (3)"


@pytest.mark.parametrize("text", ["everyone", "a = 1 AND b = 1", RULE, "(a = 1 OR (b = 1 AND (c = 1 BUT NOT d = 1))) AND e = 1"])
def test_every_list_that_opens_closes(text: str) -> None:
    rule = parse_rule(text)
    rows = shown(rule, [("x", BitMap([1])) for _ in preorder(rule)])
    assert sum(row.closes for row in rows) == sum(bool(row.operator) for row in rows)
    level = 0
    for row in rows:
        assert row.level == level
        level += bool(row.operator) - row.closes
    assert level == 0


def test_a_rule_as_deep_as_may_be_is_still_drawn() -> None:
    rule: Rule = Everyone()
    for level in range(200):
        rule = (And, Or, ButNot)[level % 3]((rule, NoOne()))
    rows = shown(rule, [("x", BitMap([1])) for _ in preorder(rule)])
    assert max(row.level for row in rows) == 200
