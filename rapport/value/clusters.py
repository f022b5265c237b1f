"""Customers parted by where they cluster: who is alike in what they will bring, brought, and in how likely they are to stay away.

k-means finds the clusters, a shallow tree says them by limits that a person can read, and those limits are the parts: everyone is in
exactly one, and a rule in the rule language means the same people. As many clusters are taken as other customers of the same kind would
give again. That says where borders lie, not that there are gaps between: customers are more often a slope than islands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal
from itertools import combinations
from math import ceil
from typing import Any

import numpy as np
from django.utils.translation import gettext_noop

from rapport.segments.silos.quality import adjusted_rand, apartness
from rapport.segments.text import number_text
from rapport.value.btyd.threads import alone

VALUE, CHURN, PAST = "told_value", "told_churn", "told_past"
ONCE = "once"  # whether they bought on one day alone: gives parts their names
COLUMNS = (VALUE, CHURN, PAST)  # in the order that rules name them
LEARNERS_MIN, LEARNERS_MAX = 200, 20_000
COUNTS = (3, 4, 5, 6)  # of clusters, that are tried
DRAWS = 8  # bootstrap samples for each count
STABLE_MIN = 0.8  # mean adjusted Rand index between them
STARTS = 4  # of k-means, the best of which is taken
DEPTH_MAX, LEAF_SHARE_MIN = 3, 0.02  # of the tree
GAIN_MIN = 0.08  # bits a customer, of each more leaf: a rule that is a little less exact is one that is read
MOVED_MAX = 0.05  # of the customers whom a limit parts, so many may be on its other side once it is rounded
STAYING, LEAVING = 0.35, 0.65  # mean P(no purchase within the churn horizon): below, above
ONCE_SHARE = 0.9  # a part of whom so many bought once is called by that
SEED = 20_120_318

# kept in English; a row for each level of value, a column each for who stays, may leave, leaves, and bought once
NAMES = (
    (gettext_noop("Best, staying"), gettext_noop("Best, unsure"), gettext_noop("Best, leaving"), gettext_noop("Best, bought once")),
    (
        gettext_noop("Very good, staying"),
        gettext_noop("Very good, unsure"),
        gettext_noop("Very good, leaving"),
        gettext_noop("Very good, bought once"),
    ),
    (gettext_noop("Good, staying"), gettext_noop("Good, unsure"), gettext_noop("Good, leaving"), gettext_noop("Good, bought once")),
    (gettext_noop("Middle, staying"), gettext_noop("Middle, unsure"), gettext_noop("Middle, leaving"), gettext_noop("Middle, bought once")),
    (gettext_noop("Small, staying"), gettext_noop("Small, unsure"), gettext_noop("Small, leaving"), gettext_noop("Small, bought once")),
    (
        gettext_noop("Smallest, staying"),
        gettext_noop("Smallest, unsure"),
        gettext_noop("Smallest, leaving"),
        gettext_noop("Smallest, bought once"),
    ),
)
LEVELS = {2: (0, 4), 3: (0, 3, 4), 4: (0, 2, 3, 4), 5: (0, 2, 3, 4, 5), 6: (0, 1, 2, 3, 4, 5)}  # rows of NAMES by number of parts
Box = dict[str, tuple[float, float]]  # of each column: from, and up to but without; infinite where there is no limit


@dataclass(frozen=True)
class Bound:
    """low <= x < high; None: no limit on that side."""

    column: str
    low: float | None
    high: float | None

    def holds(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """For whom it holds; of shape (customers,)."""
        own = columns[self.column]
        found = np.ones(len(own), bool)
        if self.low is not None:
            found &= own >= self.low
        if self.high is not None:
            found &= own < self.high
        return found

    def texts(self, trait: str) -> list[str]:
        limits = ((">=", self.low), ("<", self.high))
        return [f"{trait} {sign} {number_text(Decimal(str(limit)))}" for sign, limit in limits if limit is not None]


@dataclass(frozen=True)
class Part:
    """Customers for whom all bounds of one of the rules hold."""

    name: str  # in English, one of NAMES
    rules: tuple[tuple[Bound, ...], ...]

    def rule(self, traits: Mapping[str, str]) -> str:
        """In the rule language; `traits` names each column as a rule does."""
        found = [[text for bound in bounds for text in bound.texts(traits[bound.column])] for bounds in self.rules]
        if len(found) == 1:
            return " AND ".join(found[0])
        return " OR ".join(f"({' AND '.join(texts)})" if len(texts) > 1 else texts[0] for texts in found)

    def holds(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """For whom the rule holds; of shape (customers,)."""
        found = np.zeros(len(columns[VALUE]), bool)
        for bounds in self.rules:
            found |= np.logical_and.reduce([bound.holds(columns) for bound in bounds])
        return found


@dataclass(frozen=True)
class Clusters:
    """The parts, most valuable first."""

    parts: tuple[Part, ...]
    agreement: float  # share of learners whom the rules place in the cluster that k-means put them in
    stability: float  # mean adjusted Rand index between k-means of bootstrap samples

    def places(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The number of each customer's part; columns and answer of shape (customers,)."""
        _refuse_what_is_no_figure(columns)
        found = np.full(len(columns[VALUE]), len(self.parts) - 1, np.int32)
        for number in range(len(self.parts) - 2, -1, -1):
            found[self.parts[number].holds(columns)] = number
        return found


@dataclass(frozen=True)
class _Means:
    """k-means of the learners."""

    own: np.ndarray  # (learners,): the cluster of each
    stability: float
    silhouette: float


def columns(value: np.ndarray, churn: np.ndarray, past: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """What clusters are found in: value and past in money, churn from 0 to 1, on how many days they bought; of shape (customers,)."""
    return {VALUE: value, CHURN: churn, PAST: past, ONCE: counts == 1}


def found(columns: Mapping[str, np.ndarray]) -> Clusters | None:
    """Clusters of customers in order of their id, by `columns`.

    None where there are too few customers, all are worth the same, or no number of clusters is stable. ValueError names a column with a
    value that is no figure. The same columns give the same clusters.
    """
    _refuse_what_is_no_figure(columns)
    many = len(columns[VALUE])
    if many < LEARNERS_MIN:
        return None
    chosen = np.arange(many) if many <= LEARNERS_MAX else np.linspace(0, many - 1, LEARNERS_MAX).astype(np.int64)
    learners = {name: np.asarray(column[chosen], np.float64) for name, column in columns.items()}
    points = _points(learners)
    if not points[:, COLUMNS.index(VALUE)].any():
        return None
    import sklearn.cluster  # noqa: PLC0415  seconds to load, and before its threads are counted
    import sklearn.tree  # noqa: F401, PLC0415

    means = _best_means(points)
    return None if means is None else _told_by_rules(learners, means)


def _refuse_what_is_no_figure(columns: Mapping[str, np.ndarray]) -> None:
    for name in COLUMNS:
        assert len(columns[name]) == len(columns[VALUE]), "each column has a row for each customer"
        if not np.isfinite(columns[name]).all():
            raise ValueError(f"{name} has a value that is no finite number.")


def _points(learners: Mapping[str, np.ndarray]) -> np.ndarray:
    """Standardised features of shape (learners, 3); one that does not vary is 0."""
    features = np.column_stack([np.log1p(np.maximum(learners[VALUE], 0)), learners[CHURN], np.log1p(np.maximum(learners[PAST], 0))])
    varies = np.ptp(features, axis=0) > 0  # the spread of equal values need not be 0 to the last digit
    return np.where(varies, features - features.mean(axis=0), 0) / np.where(varies, features.std(axis=0), 1)


@alone
def _best_means(points: np.ndarray) -> _Means | None:
    """Of the numbers of clusters that are stable, the one that parts best; None where none is."""
    different = len(np.unique(points, axis=0))
    stable = [(count, told) for count in COUNTS if count <= different and (told := _stability(points, count)) >= STABLE_MIN]
    tried = []
    for count, stability in stable:
        own = _k_means(points, count).labels_.astype(np.int64)
        tried.append(_Means(own, stability, apartness(points, own).silhouette or 0.0))
    return max(tried, key=lambda one: one.silhouette, default=None)


def _k_means(points: np.ndarray, count: int) -> Any:
    from sklearn.cluster import KMeans  # noqa: PLC0415

    return KMeans(count, n_init=STARTS, random_state=SEED).fit(points)


def _stability(points: np.ndarray, count: int) -> float:
    """How far k-means of bootstrap samples agree on the points that two of them have in common."""
    chance = np.random.default_rng(SEED)
    drawn = [chance.integers(0, len(points), len(points)) for _ in range(DRAWS)]
    placed = [_k_means(points[one], count).predict(points).astype(np.int64) for one in drawn]
    seen = [np.bincount(one, minlength=len(points)) > 0 for one in drawn]
    agreed = []
    for one, other in combinations(range(DRAWS), 2):
        both = seen[one] & seen[other]
        agreed.append(adjusted_rand(placed[one][both], placed[other][both]))
    return float(np.mean(agreed))


def _told_by_rules(learners: Mapping[str, np.ndarray], means: _Means) -> Clusters | None:
    """The clusters as a tree tells them; None where it tells fewer than two."""
    leaves = _leaves(learners, means.own)
    clusters = sorted({cluster for _, cluster in leaves})
    if len(clusters) < 2:
        return None
    boxes = {one: [box for box, cluster in leaves if cluster == one] for one in clusters}
    rules = {one: _rules(boxes[one], [box for other in clusters if other != one for box in boxes[other]]) for one in clusters}
    unnamed = {one: Part("", rules[one]) for one in clusters}
    inside = {one: part.holds(learners) for one, part in unnamed.items()}
    agreement = sum(int((means.own[inside[one]] == one).sum()) for one in clusters) / len(means.own)
    falling = sorted(clusters, key=lambda one: -float(learners[VALUE][inside[one]].mean()))
    levels = LEVELS[len(clusters)]
    parts = [Part(NAMES[level][_mood(learners, inside[one])], rules[one]) for level, one in zip(levels, falling, strict=True)]
    return Clusters(tuple(parts), agreement, means.stability)


def _mood(learners: Mapping[str, np.ndarray], inside: np.ndarray) -> int:
    """The column of NAMES for those of a part."""
    if float(learners[ONCE][inside].mean()) >= ONCE_SHARE:
        return 3
    churn = float(learners[CHURN][inside].mean())
    return 0 if churn < STAYING else 2 if churn > LEAVING else 1


@alone
def _leaves(learners: Mapping[str, np.ndarray], own: np.ndarray) -> list[tuple[Box, int]]:
    """(box, cluster of most of its learners) of each leaf of a tree: of a pruned one, or of the whole where that loses a cluster."""
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    table = np.column_stack([learners[name] for name in COLUMNS])
    everywhere = dict.fromkeys(COLUMNS, (-np.inf, np.inf))
    leaves: list[tuple[Box, int]] = []
    for gain in (GAIN_MIN, 0.0):
        options = {
            "criterion": "entropy",
            "max_depth": DEPTH_MAX,
            "min_samples_leaf": LEAF_SHARE_MIN,
            "ccp_alpha": gain,
            "random_state": SEED,
        }
        tree = DecisionTreeClassifier(**options).fit(table, own).tree_
        leaves = _Leaves(tree, learners, own).below(0, np.arange(len(table)), everywhere)
        if len({cluster for _, cluster in leaves}) == len(np.unique(own)):
            break
    return leaves


@dataclass(frozen=True)
class _Leaves:
    """A tree read with round limits."""

    tree: Any
    learners: Mapping[str, np.ndarray]
    own: np.ndarray  # (learners,): the cluster of each

    def below(self, node: int, inside: np.ndarray, box: Box) -> list[tuple[Box, int]]:
        """(box, cluster of most of its learners) of each leaf below a node, for the learners at these places. A limit that parts nobody,
        and one with the same cluster on both sides, is left out."""
        left, right = int(self.tree.children_left[node]), int(self.tree.children_right[node])
        usual = int(np.bincount(self.own[inside]).argmax())
        if left == right:
            return [(box, usual)]
        column = COLUMNS[self.tree.feature[node]]
        values = self.learners[column][inside]
        limit = _limit(column, float(self.tree.threshold[node]), values)
        under = values < limit
        if under.all() or not under.any():
            return self.below(left if under.any() else right, inside, box)
        low, high = box[column]
        leaves = self.below(left, inside[under], box | {column: (low, limit)})
        leaves += self.below(right, inside[~under], box | {column: (limit, high)})
        return [(box, usual)] if len({cluster for _, cluster in leaves}) == 1 else leaves


def _limit(column: str, exact: float, values: np.ndarray) -> float:
    """As round as it can be without an empty side and without many who change sides; else as fine as columns are told, and no less, so
    that nobody changes sides who is told so."""
    if column == CHURN:
        round_one, finer = round(exact * 20) / 20, ceil(exact * 100) / 100
    else:
        round_one, finer = _digits(exact, 2, ROUND_HALF_EVEN), _digits(exact, 3, ROUND_CEILING)
    under = values < round_one
    moved = float((under != (values < exact)).mean())
    return round_one if moved <= MOVED_MAX and under.any() and not under.all() else finer


def _digits(exact: float, digits: int, rounding: str) -> float:
    """To so many significant ones."""
    return float(Context(digits, rounding).create_decimal(exact)) + 0.0  # never -0


def _rules(boxes: Sequence[Box], others: Sequence[Box]) -> tuple[tuple[Bound, ...], ...]:
    """Bounds that part these boxes from the others; each box grows into others of its own kind, until only bounds are left that bind."""
    grown = [_grown(box, others) for box in boxes]
    kept: list[Box] = []
    for number, box in enumerate(grown):
        if not any(_is_within(box, other) for other in [*kept, *grown[number + 1 :]]):
            kept.append(box)
    return tuple(tuple(_bound(name, *box[name]) for name in COLUMNS if box[name] != (-np.inf, np.inf)) for box in kept)


def _grown(box: Box, others: Sequence[Box]) -> Box:
    """Without each limit that can go without meeting the others."""
    for name in reversed(COLUMNS):  # the past is the first that a rule can do without
        for side in (0, 1):
            low, high = box[name]
            tried = box | {name: (low, np.inf) if side else (-np.inf, high)}
            if not any(_do_meet(tried, other) for other in others):
                box = tried
    return box


def _do_meet(one: Box, other: Box) -> bool:
    return all(max(one[name][0], other[name][0]) < min(one[name][1], other[name][1]) for name in COLUMNS)


def _is_within(one: Box, other: Box) -> bool:
    return all(other[name][0] <= one[name][0] and one[name][1] <= other[name][1] for name in COLUMNS)


def _bound(column: str, low: float, high: float) -> Bound:
    return Bound(column, low if np.isfinite(low) else None, high if np.isfinite(high) else None)
