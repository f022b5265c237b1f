"""Rules edited in their tree: what is asked for and what is taken away stay what they were; no group of one is left."""

import random

import pytest

from rapport.console.pages import editing
from rapport.console.pages.editing import Joint, Side
from rapport.console.pages.moving import laid_out
from rapport.lib.refusals import Refusal
from rapport.segments.nodes import And, ButNot, Or, preorder
from rapport.segments.queries import parse_rule
from rapport.segments.text import rule_text

RULE = "(a = 1 AND (b = 1 OR c = 1) AND d = 1) BUT NOT e = 1 BUT NOT f = 1"  # 0 BUT NOT, 1 AND, 2 a, 3 OR, 4 b, 5 c, 6 d, 7 e, 8 f
NEW = parse_rule("x = 1")


@pytest.mark.parametrize(
    ("number", "joint", "text"),
    [
        (2, "and", "(a = 1 AND x = 1 AND (b = 1 OR c = 1) AND d = 1) BUT NOT e = 1 BUT NOT f = 1"),
        (2, "or", "((a = 1 OR x = 1) AND (b = 1 OR c = 1) AND d = 1) BUT NOT e = 1 BUT NOT f = 1"),
        (3, "or", "(a = 1 AND (b = 1 OR c = 1 OR x = 1) AND d = 1) BUT NOT e = 1 BUT NOT f = 1"),
        (7, "not", "(a = 1 AND (b = 1 OR c = 1) AND d = 1) BUT NOT e = 1 BUT NOT x = 1 BUT NOT f = 1"),
        (4, "not", "(a = 1 AND ((b = 1 BUT NOT x = 1) OR c = 1) AND d = 1) BUT NOT e = 1 BUT NOT f = 1"),
        (0, "and", f"({RULE}) AND x = 1"),
    ],
)
def test_a_condition_is_added_where_its_joint_says(number: int, joint: Joint, text: str) -> None:
    after, now = editing.added(parse_rule(RULE), number, joint, NEW)
    assert after == parse_rule(text)
    assert preorder(after)[now] is NEW


def test_a_condition_added_apart_makes_a_group_of_the_two() -> None:
    after, now = editing.added(parse_rule("a = 1 AND b = 1"), 1, "and", NEW, apart=True)
    assert (after, now) == (parse_rule("(a = 1 AND x = 1) AND b = 1"), 3)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2, "((b = 1 OR c = 1) AND d = 1) BUT NOT e = 1 BUT NOT f = 1"),
        (4, "(a = 1 AND c = 1 AND d = 1) BUT NOT e = 1 BUT NOT f = 1"),
        (7, "(a = 1 AND (b = 1 OR c = 1) AND d = 1) BUT NOT f = 1"),
        (1, "everyone BUT NOT e = 1 BUT NOT f = 1"),
    ],
)
def test_what_is_deleted_leaves_a_rule_behind(number: int, text: str) -> None:
    made = editing.deleted(parse_rule(RULE), number)
    assert made is not None
    assert made[0] == parse_rule(text)


def test_the_whole_rule_deleted_leaves_nothing_and_everyone_cannot_be_deleted_from_under_but_not() -> None:
    assert editing.deleted(parse_rule(RULE), 0) is None
    with pytest.raises(Refusal, match="takes away from everyone"):
        editing.deleted(parse_rule("everyone BUT NOT a = 1"), 1)


def test_a_node_is_turned_round_and_back() -> None:
    rule = parse_rule("a = 1 AND b = 1")
    after, now = editing.turned_round(rule, 2)
    assert (rule_text(after), now) == ("a = 1 AND (everyone BUT NOT b = 1)", 2)
    assert editing.turned_round(after, now)[0] == rule


def test_an_operator_changes_and_its_sides_stay() -> None:
    assert editing.joined_by(parse_rule(RULE), 3, "and")[0] == parse_rule(RULE.replace("OR", "AND"))
    assert editing.joined_by(parse_rule("a = 1 AND b = 1"), 0, "not")[0] == parse_rule("a = 1 BUT NOT b = 1")
    with pytest.raises(Refusal, match="joins nothing"):
        editing.joined_by(parse_rule(RULE), 2, "or")


def test_a_condition_is_doubled_behind_itself_and_never_taken_from_itself() -> None:
    assert editing.doubled(parse_rule("a = 1 AND b = 1"), 1) == (parse_rule("a = 1 AND a = 1 AND b = 1"), 2)
    assert editing.doubled(parse_rule("a = 1 BUT NOT b = 1"), 1)[0] == parse_rule("(a = 1 OR a = 1) BUT NOT b = 1")


def test_a_group_put_in_a_group_joined_alike_becomes_part_of_it() -> None:
    assert editing.replaced(parse_rule("a = 1 AND b = 1"), 2, parse_rule("c = 1 AND d = 1"))[0] == parse_rule("a = 1 AND c = 1 AND d = 1")
    assert editing.replaced(parse_rule("a = 1 BUT NOT b = 1"), 2, parse_rule("c = 1 BUT NOT d = 1"))[0] == parse_rule(
        "a = 1 BUT NOT (c = 1 BUT NOT d = 1)"
    )


@pytest.mark.parametrize(
    ("number", "target", "side", "text"),
    [
        (2, 6, "after", "((b = 1 OR c = 1) AND d = 1 AND a = 1) BUT NOT e = 1 BUT NOT f = 1"),
        (8, 2, "before", "(f = 1 AND a = 1 AND (b = 1 OR c = 1) AND d = 1) BUT NOT e = 1"),
        (6, 3, "in", "(a = 1 AND (b = 1 OR c = 1 OR d = 1)) BUT NOT e = 1 BUT NOT f = 1"),
        (6, 2, "in", "((a = 1 OR d = 1) AND (b = 1 OR c = 1)) BUT NOT e = 1 BUT NOT f = 1"),
        (5, 4, "in", "(a = 1 AND b = 1 AND c = 1 AND d = 1) BUT NOT e = 1 BUT NOT f = 1"),
        (1, 8, "after", "everyone BUT NOT e = 1 BUT NOT f = 1 BUT NOT (a = 1 AND (b = 1 OR c = 1) AND d = 1)"),
    ],
)
def test_a_node_is_dropped_beside_or_into_another(number: int, target: int, side: Side, text: str) -> None:
    rule = parse_rule(RULE)
    after, now = editing.dropped(rule, number, target, side)
    assert parse_rule(rule_text(after)) == after
    assert after == parse_rule(text)
    assert rule_text(preorder(after)[now]) == rule_text(preorder(rule)[number])


def test_a_group_cannot_be_dropped_within_itself_nor_beside_the_whole() -> None:
    for number, target, side in ((1, 2, "in"), (1, 1, "after"), (2, 0, "before")):
        with pytest.raises(Refusal):
            editing.dropped(parse_rule(RULE), number, target, side)  # type: ignore[arg-type]


def test_any_row_of_edits_leaves_a_rule_that_reads_back_with_every_condition_it_had() -> None:
    chance = random.Random(7)
    for _ in range(400):
        rule = parse_rule(RULE)
        for _step in range(5):
            numbers = len(preorder(rule))
            source, target, side = chance.randrange(numbers), chance.randrange(numbers), chance.choice(editing.SIDES)
            try:
                after, now = editing.dropped(rule, source, target, side)
            except Refusal:
                continue
            assert parse_rule(laid_out(after)) == after
            assert rule_text(preorder(after)[now]) == rule_text(preorder(rule)[source])
            assert _conditions(after) - {"everyone"} == _conditions(rule) - {"everyone"}
            assert all(len(node.children) > 1 for node in preorder(after) if isinstance(node, And | Or | ButNot))
            rule = after


def _conditions(rule: object) -> set[str]:
    return {rule_text(node) for node in preorder(rule) if not isinstance(node, And | Or | ButNot)}  # type: ignore[arg-type]
