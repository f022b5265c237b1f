"""NBD: customers buy at a rate of their own and never leave (Ehrenberg 1959; the limit of the others when nobody drops out)."""

from typing import ClassVar, Self

import numpy as np
from scipy.special import digamma, gammaln

from rapport.value.btyd.fitting import maximum
from rapport.value.btyd.gammas import Counted
from rapport.value.btyd.models import Buying, negative_binomial
from rapport.value.btyd.rows import Rows

START = np.array([1.0, 10.0])


class Nbd(Buying):
    """Rates are Gamma(r, alpha) over customers."""

    name: ClassVar[str] = "NBD"
    symbols: ClassVar[tuple[str, ...]] = ("r", "alpha")

    @classmethod
    def of(cls, rows: Rows) -> Self:
        counted = Counted(rows)
        return cls(maximum(lambda parameters: likelihood(parameters, counted), START, rows.customers))

    def alive(self, rows: Rows) -> np.ndarray:
        return np.ones(len(rows.x))

    def purchases(self, rows: Rows, t: float) -> np.ndarray:
        r, alpha = self.fit.parameters
        return t * (r + rows.x) / (alpha + rows.T)

    def none_within(self, rows: Rows, h: float) -> np.ndarray:
        r, alpha = self.fit.parameters
        return ((alpha + rows.T) / (alpha + rows.T + h)) ** (r + rows.x)

    def counts(self, x: np.ndarray, T: np.ndarray, t: float, most: int) -> np.ndarray:
        r, alpha = self.fit.parameters
        return negative_binomial(r + x, (alpha + T) / (alpha + T + t), most)

    def new_customer(self, t: np.ndarray) -> np.ndarray:
        r, alpha = self.fit.parameters
        return r / alpha * np.asarray(t)


def likelihood(parameters: np.ndarray, counted: Counted) -> tuple[float, np.ndarray]:
    """ln L = ln Gamma(r + x) / Gamma(r) + r ln alpha - (r + x) ln(alpha + T), summed, and its gradient."""
    r, alpha = parameters
    rows, many = counted.rows, counted.rows.customers
    log_watched = np.log(alpha + rows.T)
    value = counted.sum_gammaln(r) - many * (gammaln(r) - r * np.log(alpha)) - rows.count @ ((r + rows.x) * log_watched)
    by_r = counted.sum_digamma(r) - many * (digamma(r) - np.log(alpha)) - rows.count @ log_watched
    by_alpha = many * r / alpha - rows.count @ ((r + rows.x) / (alpha + rows.T))
    return float(value), np.array([by_r, by_alpha])
