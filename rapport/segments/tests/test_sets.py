"""Ids become exact sets, and a rule's operators their algebra, however deep."""

import numpy as np
import pytest
from pyroaring import BitMap

from rapport.lib.arrow import pa
from rapport.segments.nodes import And, ButNot, Everyone, InSegment, Leaf, Or, Rule
from rapport.segments.sets import ID_MAX, bitmap, bitmaps, node_sets

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


@pytest.mark.parametrize("ids", [[5, 3, 9, 1], [5, 3, ID_MAX, 1], []], ids=["close together", "far apart", "none"])
def test_bits_become_a_set_each(ids: list[int]) -> None:
    several = {1: 0b001, 3: 0b101, 5: 1 << 61, 9: 0, ID_MAX: 0}
    bits = np.array([several[one] for one in ids], np.int64)
    found = bitmaps(np.array(ids, np.int32), bits, 62)
    assert {number: set(one) for number, one in enumerate(found) if one} == ({0: {1, 3}, 2: {3}, 61: {5}} if ids else {})
    assert len(found) == 62


def test_bits_of_an_id_that_is_none_are_refused() -> None:
    with pytest.raises(AssertionError, match="between 1 and"):
        bitmaps(np.array([0, 3], np.int32), np.array([1, 1]), 1)
