"""Drawings: stable, even, independent of one another, and the same for one customer as for everybody."""

import numpy as np
from pyroaring import BitMap

from rapport.events.catalogue import Catalogue
from rapport.segments.buckets import buckets_of, drawn
from rapport.segments.nodes import Bucket
from rapport.segments.person import History
from rapport.segments.person.whereabouts import bucket_number
from rapport.segments.vocabulary import Vocabulary

IDS = np.arange(1, 200_001, dtype=np.uint64)
STANDING, STANDING_LAST = [7327, 8146, 7904], [7659]
PARTS = 100  # of 100 buckets each
CHI_SQUARED_MAX = 149  # 99 degrees of freedom: chance exceeds it once in a thousand


def chi_squared(counts: np.ndarray) -> float:
    expected = counts.sum() / counts.size
    return float(((counts - expected) ** 2 / expected).sum())


def test_every_part_of_the_buckets_holds_as_many_people() -> None:
    for name in ("", "spring test", "autumn test"):
        buckets = buckets_of(IDS, name)
        assert buckets.max() == 9_999
        assert chi_squared(np.bincount(buckets.astype(np.int64) // 100, minlength=PARTS)) < CHI_SQUARED_MAX


def test_two_drawings_know_nothing_of_each_other() -> None:
    one, other = (buckets_of(IDS, name).astype(np.int64) // 1_000 for name in ("spring test", "autumn test"))
    together = np.bincount(one * 10 + other, minlength=PARTS)
    assert chi_squared(together) < CHI_SQUARED_MAX
    assert chi_squared(np.bincount(one * 10 + one, minlength=PARTS)) > 100 * CHI_SQUARED_MAX  # as it would be if they did


def test_a_drawing_splits_everyone() -> None:
    everyone = BitMap(range(1, 5_000, 3))
    parts = [drawn(everyone, first, first + 2_499, "x") for first in range(0, 10_000, 2_500)]
    assert BitMap.union(*parts) == everyone
    assert sum(map(len, parts)) == len(everyone)
    assert not drawn(BitMap(), 0, 9_999, "x")


def test_one_customer_has_the_bucket_everybody_gives_them() -> None:
    words = Vocabulary(Catalogue({}))
    for name in ("", "spring test", "São Paulo"):
        over_many = buckets_of(IDS[:50], name).tolist()
        alone = [bucket_number(Bucket(0, 0, name), History(int(one), True, words)) for one in IDS[:50]]
        assert alone == over_many


def test_a_bucket_stays_what_it_was() -> None:
    """Holding people out works only while nobody changes sides: these numbers must never change."""
    assert buckets_of(np.array([1, 2, 3], dtype=np.uint64), "").tolist() == STANDING
    assert buckets_of(np.array([2**31 - 1], dtype=np.uint64), "spring test").tolist() == STANDING_LAST
