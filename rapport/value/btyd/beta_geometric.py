"""BG/NBD and MBG/NBD: after a purchase a customer may drop out, with a probability of their own.

BG/NBD: Fader, Hardie and Lee, Marketing Science 24 (2005) 275; nobody drops out before the first repeat purchase.
MBG/NBD: Batislam, Denizel and Filiztekin, IJRM 24 (2007) 201; one may drop out after the very first purchase too.
Both are one formula with n = x or n = x + 1 chances to drop out.
"""

from typing import ClassVar, Self

import numpy as np
from scipy.special import digamma, expit, gammaln, hyp2f1

from rapport.value.btyd.fitting import maximum
from rapport.value.btyd.gammas import Counted
from rapport.value.btyd.models import Buying, negative_binomial
from rapport.value.btyd.rows import Rows

START = np.array([1.0, 5.0, 1.0, 2.0])
TINY = 1e-300
ONE = 1e-6  # so near to 1 the formulas of a divide nothing by nothing


class BetaGeometric(Buying):
    """Rates are Gamma(r, alpha) over customers, dropout probabilities Beta(a, b)."""

    first_may_be_last: ClassVar[int]
    symbols: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    @classmethod
    def of(cls, rows: Rows) -> Self:
        counted = Counted(rows)
        return cls(maximum(lambda parameters: likelihood(parameters, counted, cls.first_may_be_last), START, rows.customers))

    def alive(self, rows: Rows) -> np.ndarray:
        """1 / (1 + z): equation 11 of Fader, Hardie and Lee's note on P(alive), and its like for MBG/NBD."""
        return expit(-log_odds_of_death(self.fit.parameters, rows, self.first_may_be_last))

    def purchases(self, rows: Rows, t: float) -> np.ndarray:
        """Equation 10, after Euler's transformation of 2F1: as printed it leaves the range of doubles where x is large."""
        n = rows.x + self.first_may_be_last
        return self.alive(rows) * self._while_alive(rows.x, n, rows.T, t)

    def none_within(self, rows: Rows, h: float) -> np.ndarray:
        r, alpha, _, _ = self.fit.parameters
        return 1 - self.alive(rows) * (1 - ((alpha + rows.T) / (alpha + rows.T + h)) ** (r + rows.x))

    def counts(self, x: np.ndarray, T: np.ndarray, t: float, most: int) -> np.ndarray:
        """Equation 8 from T on: bought n times and stayed each time, or would have bought so often at least and left after the n-th."""
        r, alpha, a, b = self.fit.parameters
        would = negative_binomial(r + x, (alpha + T) / (alpha + T + t), most)
        so_often = 1 - np.cumsum(would, axis=1) + would
        stays = (b + x + self.first_may_be_last)[:, None] + np.arange(most)
        stayed = np.cumprod(np.column_stack([np.ones(len(x)), stays / (a + stays)]), axis=1)
        left = np.column_stack([np.zeros(len(x)), stayed[:, :-1] - stayed[:, 1:]])
        return stayed * would + left * np.maximum(so_often, 0)

    def new_customer(self, t: np.ndarray) -> np.ndarray:
        """Equation 9."""
        _, _, a, b = self.fit.parameters
        still = b / (a + b) if self.first_may_be_last else 1.0
        return still * self._while_alive(0.0, float(self.first_may_be_last), 0.0, np.asarray(t, float))

    def _while_alive(self, x: np.ndarray | float, n: np.ndarray | float, T: np.ndarray | float, t: np.ndarray | float) -> np.ndarray:
        r, alpha, a, b = self.fit.parameters
        a = a if abs(a - 1) > ONE else 1 + ONE
        passed = (alpha + T) / (alpha + T + t)
        total = a + b + n - 1
        return total / (a - 1) * (1 - passed ** (a - 1) * hyp2f1(a - 1, total - r - x, total, 1 - passed))


class BgNbd(BetaGeometric):
    name: ClassVar[str] = "BG/NBD"
    first_may_be_last: ClassVar[int] = 0


class MbgNbd(BetaGeometric):
    name: ClassVar[str] = "MBG/NBD"
    first_may_be_last: ClassVar[int] = 1


def log_odds_of_death(parameters: np.ndarray, rows: Rows, first_may_be_last: int) -> np.ndarray:
    """ln z, where z = a / (b + n - 1) ((alpha + T) / (alpha + t_x))^(r + x); -inf where nobody can have dropped out."""
    r, alpha, a, b = parameters
    chances = rows.x + first_may_be_last
    some = chances > 0
    odds = np.full(len(rows.x), -np.inf)
    longer = np.log((alpha + rows.T[some]) / (alpha + rows.t_x[some]))
    odds[some] = np.log(a / (b + chances[some] - 1)) + (r + rows.x[some]) * longer
    return odds


def likelihood(parameters: np.ndarray, counted: Counted, first_may_be_last: int) -> tuple[float, np.ndarray]:
    """Equation 6, as the alive term and what death adds to it: ln L = … + ln B(a, b + n) / B(a, b) + ln(1 + z), and its gradient.

    A row costs two logarithms, and two more functions where somebody can have dropped out; the rest depends on x alone.
    """
    r, alpha, a, b = parameters
    rows, many = counted.rows, counted.rows.customers
    k = first_may_be_last
    watched = alpha + rows.T
    log_watched = np.log(watched)
    value = counted.sum_gammaln(r) - many * (gammaln(r) - r * np.log(alpha)) - rows.count @ ((r + rows.x) * log_watched)
    value += counted.sum_gammaln(b + k) - counted.sum_gammaln(a + b + k) + many * (gammaln(a + b) - gammaln(b))
    by_r = counted.sum_digamma(r) - many * (digamma(r) - np.log(alpha)) - rows.count @ log_watched
    by_alpha = many * r / alpha - rows.count @ ((r + rows.x) / watched)
    by_a = many * digamma(a + b) - counted.sum_digamma(a + b + k)
    by_b = counted.sum_digamma(b + k) - counted.sum_digamma(a + b + k) + many * (digamma(a + b) - digamma(b))

    some = counted.with_repeats if k == 0 else slice(None)  # who can have dropped out
    shape, count, bought, still = r + rows.x[some], rows.count[some], alpha + rows.t_x[some], watched[some]
    longer = log_watched[some] - np.log(bought)
    chances = np.maximum(b + counted.distinct + k - 1, TINY)  # of x = 0 nothing is looked up where nobody leaves before the first repeat
    log_odds = np.log(a / chances)[counted.place[some]] + shape * longer
    small = np.exp(-np.abs(log_odds))
    dead = np.where(log_odds > 0, 1, small) / (1 + small)
    value += count @ (np.maximum(log_odds, 0) + np.log1p(small))
    dying = count * dead
    by_r += dying @ longer
    by_alpha += dying @ (shape * (1 / still - 1 / bought))
    by_a += dying.sum() / a
    by_b -= dying @ (1 / chances)[counted.place[some]]
    return float(value), np.array([by_r, by_alpha, by_a, by_b])
