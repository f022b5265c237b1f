"""Nodes moved in the tree: among siblings, into groups and out of them; the text stays the rule."""

import pytest

from rapport.console.pages.moving import Way, laid_out, moved
from rapport.segments.nodes import preorder
from rapport.segments.queries import parse_rule
from rapport.segments.text import rule_text

RULE = "(a = 1 AND (b = 1 OR c = 1) AND d = 1) BUT NOT e = 1 BUT NOT f = 1"  # 0 BUT NOT, 1 AND, 2 a, 3 OR, 4 b, 5 c, 6 d, 7 e, 8 f


@pytest.mark.parametrize(
    ("number", "way", "text", "now"),
    [
        (2, "down", "((b = 1 OR c = 1) AND a = 1 AND d = 1) BUT NOT e = 1 BUT NOT f = 1", 5),
        (6, "up", "(a = 1 AND d = 1 AND (b = 1 OR c = 1)) BUT NOT e = 1 BUT NOT f = 1", 3),
        (8, "up", "(a = 1 AND (b = 1 OR c = 1) AND d = 1) BUT NOT f = 1 BUT NOT e = 1", 7),
        (6, "in", "(a = 1 AND (b = 1 OR c = 1 OR d = 1)) BUT NOT e = 1 BUT NOT f = 1", 6),
        (8, "in", "(a = 1 AND (b = 1 OR c = 1) AND d = 1) BUT NOT (e = 1 OR f = 1)", 9),
        (5, "out", "(a = 1 AND b = 1 AND c = 1 AND d = 1) BUT NOT e = 1 BUT NOT f = 1", 4),
        (2, "out", "((b = 1 OR c = 1) AND d = 1) BUT NOT a = 1 BUT NOT e = 1 BUT NOT f = 1", 6),
    ],
)
def test_a_node_goes_where_the_keys_say(number: int, way: Way, text: str, now: int) -> None:
    rule = parse_rule(RULE)
    made = moved(rule, number, way)
    assert made is not None
    after, at = made
    assert after == parse_rule(text)
    assert at == now
    assert rule_text(preorder(after)[at]) == rule_text(preorder(rule)[number])


@pytest.mark.parametrize(("number", "way"), [(0, "down"), (1, "up"), (8, "down"), (7, "in"), (2, "in"), (7, "out"), (99, "up")])
def test_where_there_is_no_way_nothing_moves(number: int, way: Way) -> None:
    assert moved(parse_rule(RULE), number, way) is None


@pytest.mark.parametrize("text", ["everyone", "a = 1 OR b = 1", RULE, "a = 1 BUT NOT (b = 1 BUT NOT c = 1)"])
def test_a_rule_laid_out_in_lines_is_the_same_rule(text: str) -> None:
    assert parse_rule(laid_out(parse_rule(text))) == parse_rule(text)
