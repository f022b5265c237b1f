"""Ids to roaring bitmaps, and the algebra of a rule over them: an exact set at every node."""

from array import array
from collections.abc import Callable

import numpy as np
from pyroaring import BitMap

from rapport.lib.arrow import pa
from rapport.segments.nodes import And, ButNot, Leaf, Or, Rule, preorder

ID_MAX = 2**31 - 1  # ids are positive 32-bit integers
BITS_MAX = 62
SPREAD = 20  # places to an id, at most


def bitmap(ids: pa.ChunkedArray | np.ndarray) -> BitMap:
    """A set of customer ids; NULL and doubled ids are passed over."""
    if isinstance(ids, pa.ChunkedArray):
        ids = (ids.drop_null() if ids.null_count else ids).to_numpy()
    if not len(ids):
        return BitMap()
    return _of_rising(np.sort(ids))


def bitmaps(ids: np.ndarray, bits: np.ndarray, count: int) -> list[BitMap]:
    """For each of the lowest `count` bits the ids that have it; no id comes twice."""
    if not len(ids):
        return [BitMap() for _ in range(count)]
    last = int(ids.max())
    if last < SPREAD * len(ids):  # put in order by their places: sorting would be the longest part
        assert ids.min() > 0, f"customer ids lie between 1 and {ID_MAX}"
        spread = np.zeros(last + 1, bits.dtype)
        spread[ids] = bits
        return [_of_rising(np.flatnonzero(spread & (1 << number))) for number in range(count)]
    order = np.argsort(ids)
    ids, bits = ids[order], bits[order]
    return [_of_rising(ids[bits & (1 << number) != 0]) for number in range(count)]


def _of_rising(ids: np.ndarray) -> BitMap:
    if not len(ids):
        return BitMap()
    # a cast would wrap a large id silently
    assert ids[0] > 0, f"customer ids lie between 1 and {ID_MAX}"
    assert ids[-1] <= ID_MAX, f"customer ids lie between 1 and {ID_MAX}"
    # from an array of sorted ids a bitmap is made three to thirty times faster than from numpy
    return BitMap(array("I", ids.astype(np.uint32).tobytes()))


def node_sets(rule: Rule, of_leaf: Callable[[Leaf], BitMap], everyone: BitMap) -> list[BitMap]:
    """The set of every node in pre-order, each within everyone. Works without recursion: a rule may be deep."""
    nodes = preorder(rule)
    found: list[BitMap] = [BitMap()] * len(nodes)
    waiting: list[int] = []  # nodes done whose parent is not, the leftmost on top
    for number in reversed(range(len(nodes))):
        node = nodes[number]
        if isinstance(node, And | Or | ButNot):
            children = [found[waiting.pop()] for _ in node.children]
            found[number] = _combined(node, children)
        else:
            found[number] = of_leaf(node) & everyone
        waiting.append(number)
    return found


def _combined(node: And | Or | ButNot, children: list[BitMap]) -> BitMap:
    match node:
        case And():
            return BitMap.intersection(*children)
        case Or():
            return BitMap.union(*children)
        case ButNot():
            return BitMap.difference(*children)
