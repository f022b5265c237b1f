"""Ids become exact sets, and a rule's operators their algebra, however deep."""

import numpy as np
import pytest
from pyroaring import BitMap

from rapport.lib.arrow import pa
from rapport.segments.nodes import And, ButNot, Everyone, InSegment, Leaf, Or, Rule
from rapport.segments.sets import ID_MAX, bitmap, node_sets

SETS = {"a": BitMap([1, 2, 3, 9]), "b": BitMap([2, 3, 4]), "c": BitMap([3])}
EVERYONE = BitMap([1, 2, 3, 4, 5])
A, B, C = InSegment("a"), InSegment("b"), InSegment("c")


def of_leaf(leaf: Leaf) -> BitMap:
    return SETS[leaf.name] if isinstance(leaf, InSegment) else EVERYONE


@pytest.mark.parametrize(
    ("rule", "sets"),
    [
        (A, [{1, 2, 3}]),  # within everyone
        (And((A, B)), [{2, 3}, {1, 2, 3}, {2, 3, 4}]),
        (Or((B, C, Everyone())), [{1, 2, 3, 4, 5}, {2, 3, 4}, {3}, {1, 2, 3, 4, 5}]),
        (ButNot((A, C, InSegment("b"))), [{1}, {1, 2, 3}, {3}, {2, 3, 4}]),
        (ButNot((Everyone(), And((A, Or((B, C)))))), [{1, 4, 5}, EVERYONE, {2, 3}, {1, 2, 3}, {2, 3, 4}, {2, 3, 4}, {3}]),
    ],
)
def test_every_node_has_its_set_in_pre_order(rule: Rule, sets: list[set[int]]) -> None:
    assert [set(found) for found in node_sets(rule, of_leaf, EVERYONE)] == [set(expected) for expected in sets]


def test_a_rule_of_any_depth_needs_no_recursion() -> None:
    rule: Rule = A
    for _ in range(5000):
        rule = ButNot((Everyone(), rule))
    assert set(node_sets(rule, of_leaf, EVERYONE)[0]) == {1, 2, 3}


def test_ids_in_any_order_doubled_or_missing_are_one_set() -> None:
    assert set(bitmap(pa.chunked_array([[5, 3], [3, None, ID_MAX]], pa.int64()))) == {3, 5, ID_MAX}
    assert not bitmap(np.empty(0, np.int32))


@pytest.mark.parametrize("wrong", [0, -1, ID_MAX + 1, 2**32 + 7])
def test_an_id_that_would_wrap_round_is_an_error_not_another_customer(wrong: int) -> None:
    with pytest.raises(AssertionError, match="customer ids"):
        bitmap(np.array([1, wrong]))
