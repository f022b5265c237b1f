"""NBD for customers of two kinds, as households and traders: where one Gamma's tail is too thin, it draws those who buy most to the rest.

A mixture of two negative binomials, after Simar, "Maximum Likelihood Estimation of a Compound Poisson Process", Annals of Statistics 4
(1976) 1200, with two Gammas in the place of points. Nobody leaves.
"""

from typing import ClassVar, Self

import numpy as np
from scipy.special import digamma, gammaln

from rapport.value.btyd.fitting import maximum
from rapport.value.btyd.gammas import Counted
from rapport.value.btyd.models import Buying, negative_binomial
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import Rows

OTHERS = np.array([1.0, 0.25, 0.1])  # where the second kind starts: as the one kind, four times as fast, one in eleven


class TwoKinds(Buying):
    """Rates are Gamma(r, alpha) over the first kind, Gamma(r_2, alpha_2) over the second; `odds` of the second kind to the first."""

    name: ClassVar[str] = "NBD of two kinds"
    symbols: ClassVar[tuple[str, ...]] = ("r", "alpha", "r_2", "alpha_2", "odds")

    @classmethod
    def of(cls, rows: Rows) -> Self:
        counted = Counted(rows)
        one = Nbd.of(rows).fit.parameters
        start = np.concatenate([one, one * OTHERS[:2], OTHERS[2:]])
        return cls(maximum(lambda parameters: likelihood(parameters, counted), start, rows.customers))

    def alive(self, rows: Rows) -> np.ndarray:
        return np.ones(len(rows.x))

    def purchases(self, rows: Rows, t: float) -> np.ndarray:
        r, alpha, r_2, alpha_2, _ = self.fit.parameters
        second = self._second(rows.x, rows.T)
        return t * ((1 - second) * (r + rows.x) / (alpha + rows.T) + second * (r_2 + rows.x) / (alpha_2 + rows.T))

    def none_within(self, rows: Rows, h: float) -> np.ndarray:
        return self.counts(rows.x, rows.T, h, 0)[:, 0]

    def counts(self, x: np.ndarray, T: np.ndarray, t: float, most: int) -> np.ndarray:
        r, alpha, r_2, alpha_2, _ = self.fit.parameters
        second = self._second(x, T)[:, None]
        first = negative_binomial(r + x, (alpha + T) / (alpha + T + t), most)
        return (1 - second) * first + second * negative_binomial(r_2 + x, (alpha_2 + T) / (alpha_2 + T + t), most)

    def new_customer(self, t: np.ndarray) -> np.ndarray:
        r, alpha, r_2, alpha_2, odds = self.fit.parameters
        return (r / alpha + odds * r_2 / alpha_2) / (1 + odds) * np.asarray(t)

    def rates(self, x: np.ndarray, watched: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Those of the likelier kind."""
        r, alpha, r_2, alpha_2, _ = self.fit.parameters
        is_second = self._second(x, watched) > 0.5
        return np.where(is_second, r_2, r) + x, np.where(is_second, alpha_2, alpha) + watched

    def _second(self, x: np.ndarray, T: np.ndarray) -> np.ndarray:
        """P(of the second kind | x, T)."""
        r, alpha, r_2, alpha_2, odds = self.fit.parameters
        first, second = _log_chance(r, alpha, x, T), np.log(odds) + _log_chance(r_2, alpha_2, x, T)
        return np.exp(second - np.logaddexp(first, second))


def _log_chance(r: float, alpha: float, x: np.ndarray, T: np.ndarray) -> np.ndarray:
    return gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + T)


def likelihood(parameters: np.ndarray, counted: Counted) -> tuple[float, np.ndarray]:
    """ln L = ln (L_1 + odds L_2) / (1 + odds), summed, and its gradient."""
    odds, rows, distinct = parameters[4], counted.rows, counted.distinct
    logs, gradients = [], []
    for r, alpha in (parameters[:2], parameters[2:4]):
        by_x = gammaln(r + distinct) - gammaln(r)
        log_watched = np.log(alpha + rows.T)
        logs.append(by_x[counted.place] + r * np.log(alpha) - (r + rows.x) * log_watched)
        slope = (digamma(r + distinct) - digamma(r))[counted.place] + np.log(alpha) - log_watched
        gradients.append((slope, r / alpha - (r + rows.x) / (alpha + rows.T)))
    both = np.logaddexp(logs[0], np.log(odds) + logs[1])
    second = rows.count * np.exp(np.log(odds) + logs[1] - both)
    first = rows.count - second
    value = rows.count @ both - rows.customers * np.log1p(odds)
    by_odds = second.sum() / odds - rows.customers / (1 + odds)
    return float(value), np.array([*(first @ one for one in gradients[0]), *(second @ one for one in gradients[1]), by_odds])
