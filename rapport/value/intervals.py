"""How sure a forecast is, two ways: of the expectation (how well the parameters are known), and of what this customer may really do.

What somebody may spend is a sum of n purchases, with n by the model of buying and each purchase by Gamma-Gamma: given k purchases of
the past worth m each, (gamma + k m) times a beta prime of n p and q + p k. So what depends on money alone is one factor, and what is
left depends on (x, T), how likely they are alive, and nothing else: a few thousand distributions speak for millions of customers.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isnan, log1p, sqrt
from typing import Any

import numpy as np
from scipy.special import betainc, betaincinv, ndtri

from rapport.value.btyd.gamma_gamma import GammaGamma
from rapport.value.btyd.models import Buying, Fitted
from rapport.value.btyd.rows import Rows
from rapport.value.btyd.threads import alone

SHARE = 0.9  # of each interval
COMPONENTS = 8  # sets of parameters and levels that a predictive distribution is a mixture of
LOG_STEP = 1e-4
LOG_SPREAD_MAX = 3.0  # of a parameter drawn: further away it is not known at all, and its size no longer matters
GRID = 128  # sums of money a distribution is worked out at
ALIKE_FROM, ALIKE = 32, 0.04  # from here on counts so near to each other (as logarithms) stand for each other
PURCHASE_BINS = 256  # numbers of purchases that are told apart
CELLS_AT_ONCE = 2_000_000
Z = float(ndtri((1 + SHARE) / 2))
LEVEL_UNKNOWN = 0.3  # standard error of the logarithm of a total where no back-test tells it
LEVEL_ERROR_MAX = 1.0  # totals that were further off say that nothing can be told, however wide the interval


def level_error(total_errors: Iterable[float]) -> float:
    """The standard error of the logarithm of a total, by how far totals (forecast / actual - 1) were off; nan is left out of it."""
    squares = [log1p(max(error, -0.95)) ** 2 for error in total_errors if not isnan(error)]
    return min(sqrt(sum(squares) / len(squares)), LEVEL_ERROR_MAX) if squares else LEVEL_UNKNOWN


def around(expected: np.ndarray, level: np.ndarray | float, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) with 90 % of what is off by a factor, whose logarithm has the standard error `level`, and by chance, a standard error.

    The two are independent: on each side what they allow for stands at right angles. Nothing falls below 0.
    """
    low, high = (np.hypot(expected * (1 - np.exp(way * Z * level)), Z * chance) for way in (-1, 1))
    return np.maximum(expected - low, 0), expected + high


def log_error(model: Fitted, expected: Callable[[Any], np.ndarray]) -> np.ndarray:
    """The standard error of the logarithm of what is expected, by the delta method; of the shape of `expected(model)`."""
    size = len(model.fit.parameters)
    slopes = []
    for number in range(size):
        step = np.zeros(size)
        step[number] = LOG_STEP
        higher, lower = (np.log(np.maximum(expected(model.moved(side)), 1e-300)) for side in (step, -step))
        slopes.append((higher - lower) / (2 * LOG_STEP))
    slope = np.array(slopes)
    return np.sqrt(np.maximum(np.einsum("ki,kl,li->i", slope, model.fit.covariance, slope), 0))


@dataclass(frozen=True)
class Likely:
    """Between what a customer's spending lies with 90 %, as multiples of gamma + k m with k = x + 1; arrays of shape (rows,)."""

    low: np.ndarray
    high: np.ndarray


@alone
def predictive(buying: Buying, spending: GammaGamma, rows: Rows, t: float, *, level: float = 1.0, log_level_error: float = 0.0) -> Likely:
    """Parameters, buying and spending together, over t weeks; the spending model knows the first purchase too.

    `level` multiplies how much everybody buys; `log_level_error` is the standard error of its logarithm, as back-tests showed it.
    """
    drawn = _drawn(buying, level, log_level_error)
    x, T = _alike(rows.x), np.maximum(np.round(rows.T), 0)
    alive = np.array([model.alive(rows) for model, _ in drawn])
    low, high = np.zeros(len(rows.x)), np.zeros(len(rows.x))
    order = np.lexsort((T, x))
    for part in np.split(order, np.flatnonzero(np.diff(x[order])) + 1):
        if len(part):
            distribution = _Distribution(drawn, spending, float(x[part[0]]), t)
            low[part], high[part] = distribution.between(T[part], alive[:, part])
    return Likely(low, high)


def _drawn(buying: Buying, level: float, log_level_error: float) -> list[tuple[Buying, float]]:
    """The same ones each time: levels evenly over their distribution, parameters by Laplace's approximation."""
    size = len(buying.fit.parameters)
    values, vectors = np.linalg.eigh(buying.fit.covariance)
    spread = vectors * np.minimum(np.sqrt(np.maximum(values, 0)), LOG_SPREAD_MAX)
    chance = np.random.default_rng(COMPONENTS).standard_normal((COMPONENTS // 2, size))
    moves = np.vstack([chance, -chance]) @ spread.T  # each with its opposite: the mean is kept
    levels = level * np.exp(log_level_error * ndtri((np.arange(COMPONENTS) + 0.5) / COMPONENTS))
    return [(buying.moved(np.clip(move, -LOG_SPREAD_MAX, LOG_SPREAD_MAX)), float(one)) for move, one in zip(moves, levels, strict=True)]


def _alike(x: np.ndarray) -> np.ndarray:
    """Counts, those above ALIKE_FROM by steps of a few per cent."""
    steps = np.round(np.log(np.maximum(x, 1) / ALIKE_FROM) / ALIKE)
    return np.where(x <= ALIKE_FROM, x, np.round(ALIKE_FROM * np.exp(steps * ALIKE)))


class _Distribution:
    """Of what customers with x repeat purchases spend within t, for each T, as a multiple of gamma + (x + 1) m."""

    def __init__(self, drawn: list[tuple[Buying, float]], spending: GammaGamma, x: float, t: float) -> None:
        self.drawn, self.x, self.t = drawn, x, t
        p, q, _ = spending.fit.parameters
        self.per_purchase, self.own = p, q + p * (x + 1)

    def between(self, T: np.ndarray, alive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(low, high) of rows with T of shape (rows,) and P(alive) of (components, rows)."""
        times, which = np.unique(T, return_inverse=True)
        most = max(model.most(self.x, float(times.min(initial=0)), self.t * level) for model, level in self.drawn)
        bins = self._bins(most)
        n = np.arange(most + 1)
        middle = np.add.reduceat(n, bins) / np.diff(np.append(bins, most + 1))
        sums = self._grid(middle)
        with np.errstate(under="ignore"):
            below = betainc(self.per_purchase * middle[1:, None], self.own, (sums / (1 + sums))[None, :])
        low, high = np.empty(len(T)), np.empty(len(T))
        cells = max(1, CELLS_AT_ONCE // ((most + 1) * 2))
        for start in range(0, len(times), cells):
            chosen = np.flatnonzero((which >= start) & (which < start + cells))
            told = [self._of(model, level, times[start : start + cells], most, bins, below) for model, level in self.drawn]
            rows_at_once = max(1, CELLS_AT_ONCE // GRID)
            for first in range(0, len(chosen), rows_at_once):
                some = chosen[first : first + rows_at_once]
                mixed = np.zeros((len(some), len(sums) + 1))
                for number, distribution in enumerate(told):
                    mixed += 1 - alive[number, some][:, None] * (1 - distribution[which[some] - start])
                mixed /= len(told)
                low[some], high[some] = (_quantile(mixed, sums, share) for share in ((1 - SHARE) / 2, (1 + SHARE) / 2))
        return low, high

    def _of(self, model: Buying, level: float, times: np.ndarray, most: int, bins: np.ndarray, below: np.ndarray) -> np.ndarray:
        """P(no more than each sum, 0 the first of them) of those alive; of shape (times, sums + 1)."""
        counts = model.counts(np.full(len(times), self.x), times, self.t * level, most)
        counts = np.add.reduceat(counts, bins, axis=1)
        counts /= counts.sum(axis=1, keepdims=True)
        return np.column_stack([counts[:, 0], counts[:, :1] + counts[:, 1:] @ below])

    @staticmethod
    def _bins(most: int) -> np.ndarray:
        """Where bins of numbers of purchases begin; 0 is one of its own."""
        return np.append(0, np.unique(np.linspace(1, most, PURCHASE_BINS).astype(int))) if most > PURCHASE_BINS else np.arange(most + 1)

    def _grid(self, middle: np.ndarray) -> np.ndarray:
        few, many = (betaincinv(self.per_purchase * n, self.own, share) for n, share in ((1.0, 1e-3), (middle[-1], 0.999)))
        few, many = max(few, 1e-12), min(many, 1 - 1e-12)
        return np.geomspace(few / (1 - few), many / (1 - many), GRID)


def _quantile(below: np.ndarray, sums: np.ndarray, share: float) -> np.ndarray:
    """The least sum below which there is so much, between two sums by the line; of shape (rows,)."""
    place = np.minimum((below < share).sum(axis=1), len(sums))
    rows = np.arange(len(below))
    upper, lower = below[rows, place], below[rows, np.maximum(place - 1, 0)]
    ends = np.append(0.0, sums)
    part = np.clip((share - lower) / np.maximum(upper - lower, 1e-300), 0, 1)
    return np.where(place == 0, 0.0, ends[np.maximum(place - 1, 0)] + part * (ends[place] - ends[np.maximum(place - 1, 0)]))
