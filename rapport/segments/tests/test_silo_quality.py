"""The figures of a review against sums done by hand and the plainest code there is."""

from random import Random

import numpy as np
import pytest
from pyroaring import BitMap

from rapport.lib.clock import DAY_US
from rapport.segments.lake import lake_at
from rapport.segments.silos.facts import NEVER_US, features, known_of
from rapport.segments.silos.measuring import labels_of, measured
from rapport.segments.silos.partition import Placed
from rapport.segments.silos.quality import (
    SAMPLE_MAX,
    adjusted_rand,
    apartness,
    eta_squared,
    mean_with_interval,
    silhouettes,
)
from rapport.segments.tests.plain_lake import PlainReader, catalogue, prop
from rapport.segments.vocabulary import Vocabulary

NOW = 1_700_000_000_000_000  # 2023-11-14T22:13:20Z


def plain_silhouette(points: np.ndarray, own: np.ndarray, one: int) -> float:
    def mean_to(label: int) -> float:
        others = [n for n in range(len(points)) if own[n] == label and n != one]
        return sum(float(np.linalg.norm(points[one] - points[n])) for n in others) / len(others) if others else 0.0

    if list(own).count(own[one]) == 1:
        return 0.0
    inside, other = mean_to(own[one]), min(mean_to(label) for label in set(own) if label != own[one])
    return (other - inside) / max(inside, other)


@pytest.mark.parametrize("seed", range(8))
def test_a_silhouette_is_what_its_definition_says(seed: int) -> None:
    chance = np.random.default_rng(seed)
    own = np.concatenate([chance.integers(0, 3, 40), [3]])  # one alone
    points = chance.normal(size=(41, 3)) + own[:, None]
    found = silhouettes(points, own, 4)
    assert found == pytest.approx([plain_silhouette(points, own, one) for one in range(41)], abs=1e-9)


def test_agreement_of_two_partitions() -> None:
    one = np.array([0, 0, 1, 1, 2, 2])
    assert adjusted_rand(one, np.array([2, 2, 0, 0, 1, 1])) == 1.0
    assert adjusted_rand(one, np.array([0, 0, 1, 1, 1, 1])) == pytest.approx((3 - 3 * 7 / 15 + 0) / ((3 + 7) / 2 - 3 * 7 / 15))
    shuffled = np.random.default_rng(1).integers(0, 3, (2, 3000))
    assert abs(adjusted_rand(shuffled[0], shuffled[1])) < 0.02


def test_value_explained() -> None:
    labels = np.repeat([0, 1], 20)
    assert eta_squared(np.repeat([1.0, 5.0], 20), labels) == pytest.approx(1.0)
    values = np.tile([1.0, 3.0], 20)
    assert eta_squared(values, labels) == pytest.approx(0.0)
    assert eta_squared(values + labels * 2, labels) == pytest.approx(0.5)
    assert eta_squared(values, np.zeros(40, int)) is None
    assert eta_squared(np.ones(40), labels) is None
    assert eta_squared(values[:29], labels[:29]) is None


def test_a_mean_says_how_sure_it_is() -> None:
    mean, low, high = mean_with_interval(np.tile([8.0, 12.0], 50)) or (0, 0, 0)
    assert mean == 10.0 and low < mean
    assert high - mean == pytest.approx(1.6449 * 2.01008 / 10, rel=1e-3)
    assert mean_with_interval(np.ones(29)) is None


def test_clear_silos_are_apart_and_stable_and_muddled_ones_are_not() -> None:
    chance = np.random.default_rng(3)
    labels = np.repeat([0, 1, 2], 200)
    clear = apartness(chance.normal(size=(600, 3)) + 20 * labels[:, None], labels)
    muddled = apartness(chance.normal(size=(600, 3)), labels)
    assert clear.silhouette is not None and muddled.silhouette is not None
    assert clear.stable == pytest.approx(1.0) and clear.silhouette > 0.8 and all((one or 0) > 0.8 for one in clear.apart.values())
    assert muddled.silhouette < 0.05 and (muddled.stable or 0) < 0.9
    assert min(clear.near.values()) > 3 > max(muddled.near.values())
    again = apartness(chance.normal(size=(2 * SAMPLE_MAX, 3)), np.tile([0, 1], SAMPLE_MAX))
    assert again.silhouette is not None


def test_of_few_people_nothing_is_told() -> None:
    found = apartness(np.zeros((29, 3)), np.repeat([0, 1], [20, 9]))
    assert (found.silhouette, found.stable, found.apart, found.near) == (None, None, {0: None, 1: None}, {})
    some = apartness(np.random.default_rng(1).normal(size=(60, 3)), np.repeat([0, 1], [50, 10]))
    assert some.alike[1] is None and some.apart[1] is None and some.apart[0] is not None


@pytest.fixture
def shop() -> tuple[PlainReader, Vocabulary]:
    """1 bought twice, once long ago; 2 bought under an alias, 9; 3 was mailed and clicked, 4 mailed alone; 5 did nothing."""
    reader = PlainReader()
    reader.know(1, 2, 3, 4, 5, 9)
    reader.merge(9, 2)
    reader.make(
        "order_completed",
        "revenue DECIMAL(18,6)",
        "1, TIMESTAMP '2021-05-01', 1, NULL, false, 1000",
        "1, TIMESTAMP '2023-11-01', 2, NULL, false, 10.5",
        "9, TIMESTAMP '2023-10-01', 3, NULL, false, 20",
        "3, TIMESTAMP '2023-12-01', 4, NULL, false, 99",
        "2, TIMESTAMP '2023-11-02', 5, NULL, true, NULL",
    )
    mails = [f"{one}, TIMESTAMP '2023-11-0{one}', {10 + one}, NULL, false" for one in (1, 3, 4)]
    reader.make("email_sent", "", *mails, "5, TIMESTAMP '2023-01-01', 20, NULL, false")
    reader.make("email_link_clicked", "", "3, TIMESTAMP '2023-11-05', 30, NULL, false", "4, TIMESTAMP '2023-11-01', 31, NULL, false")
    kinds = catalogue(order_completed=[prop("revenue", "money")], email_sent=[], email_link_clicked=[])
    return reader, Vocabulary(kinds)


def test_what_is_known_comes_from_a_few_grouped_questions(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    lake = lake_at(reader, NOW)
    since = NOW - 20 * DAY_US
    known = known_of(lake.everyone, lake, words, since_us=since, active=BitMap([1, 2, 7]))
    assert known.ids.tolist() == [1, 2, 3, 4, 5]
    assert known.spent.tolist() == [10.5, 20.0, 0.0, 0.0, 0.0]
    assert known.orders.tolist() == [2, 2, 0, 0, 0]
    assert [us == NEVER_US for us in known.last_us] == [False, False, True, True, True]
    assert (set(known.mailed), set(known.answered), set(known.active)) == ({1, 3, 4}, {3}, {1, 2})
    assert np.isfinite(features(known, NOW)).all()


def test_the_figures_of_a_review_add_up(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    lake = lake_at(reader, NOW)
    known = known_of(lake.everyone, lake, words, since_us=NOW - 20 * DAY_US, active=BitMap([1, 2]))
    found = Placed(NOW, {"bought": BitMap([1, 2]), "rest": BitMap([3, 4, 5])})
    assert labels_of(known, found.sets).tolist() == [0, 0, 1, 1, 1]
    figures = measured(found, {"bought": BitMap([1, 3]), "rest": BitMap([2, 4])}, known, None)
    assert figures["everyone"] == 5 and figures["eta"] is None
    assert sorted(map(tuple, figures["flows"])) == [
        ("", "rest", 1), ("bought", "bought", 1), ("bought", "rest", 1), ("rest", "bought", 1), ("rest", "rest", 1),
    ]  # fmt: skip
    bought = figures["silos"]["bought"]
    assert (bought["people"], bought["were"], bought["left"], bought["mailed"], bought["answered"]) == (2, 2, 1, 1, 0)
    assert bought["few"] and not figures["silos"]["rest"]["few"], "a remainder has no rule to catch anybody"
    assert bought["worth"] is None and bought["mean"] == pytest.approx(15.25)


def test_two_that_came_closer_are_named(shop: tuple[PlainReader, Vocabulary]) -> None:
    from rapport.segments.silos.measuring import _grown_alike

    last = {"near": [["a", "b", 2.0], ["b", "c", 1.0]]}
    assert _grown_alike({("a", "b"): 1.5, ("b", "c"): 0.95}, last) == ["a", "b"]
    assert _grown_alike({("a", "b"): 1.9}, last) is None
    assert _grown_alike({("a", "b"): 1.9}, None) is None


def test_sets_of_many_people_are_labelled_at_once() -> None:
    chance = Random(5)
    ids = sorted(chance.sample(range(1, 10**6), 20_000))
    sets = {"a": BitMap(ids[::2]), "b": BitMap(ids[1::2])}
    known = known_of(BitMap(ids), lake_at(PlainReader(), NOW), Vocabulary(catalogue()), since_us=0, active=BitMap())
    assert labels_of(known, sets).tolist() == [0, 1] * 10_000
