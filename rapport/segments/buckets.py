"""Stable drawings: everyone's bucket from 0 to 9,999 follows from their id and the drawing's name, and from nothing else."""

from hashlib import blake2b

import numpy as np
from pyroaring import BitMap

from rapport.segments.nodes import BUCKETS
from rapport.segments.sets import bitmap

MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))  # the finaliser of splitmix64
LAST_SHIFT = 31


def drawn(everyone: BitMap, first: int, last: int, name: str) -> BitMap:
    """Those whose bucket lies between two, both included."""
    ids = np.array(everyone.to_array(), dtype=np.uint64)
    buckets = buckets_of(ids, name)
    return bitmap(ids[(buckets >= first) & (buckets <= last)].astype(np.int64))


def buckets_of(ids: np.ndarray, name: str) -> np.ndarray:
    """The bucket of each id in the drawing of that name."""
    seed = np.uint64(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big"))
    mixed = ids.astype(np.uint64) + seed  # wraps round, as it should
    for shift, factor in MIX:
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(LAST_SHIFT)
    return mixed % np.uint64(BUCKETS)
