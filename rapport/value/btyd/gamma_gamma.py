"""Gamma-Gamma: what a customer's purchases are worth on average, given what they were worth so far.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (note 025, 2013), after Fader, Hardie and Lee, JMR 42 (2005) 415.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import digamma, gammaln

from rapport.value.btyd.fitting import maximum
from rapport.value.btyd.models import Fitted

START = np.array([2.0, 2.0, 10.0])


class GammaGamma(Fitted):
    """A purchase is worth Gamma(p, nu) with nu Gamma(q, gamma) over customers, whatever they buy how often."""

    name: ClassVar[str] = "Gamma-Gamma"
    symbols: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")

    @classmethod
    def of(cls, x: np.ndarray, mean: np.ndarray) -> "GammaGamma":
        """Of customers with x repeat purchases worth so much on average, each of shape (customers,); those without either are left out."""
        told = (x > 0) & (mean > 0)
        x, mean = np.asarray(x[told], float), np.asarray(mean[told], float)
        scale = float(np.mean(mean)) if len(mean) else 1.0
        start = START * [1, 1, scale / START[2] / 2]
        spent = _Spent.of(x, mean)
        return cls(maximum(lambda parameters: _likelihood(parameters, spent), start, max(len(x), 1)))

    def expected(self, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """E[M | x, mean]: the customer's own mean and everybody's, by how many purchases speak for the own one (equation 5)."""
        p, q, gamma = self.fit.parameters
        return p * (gamma + x * mean) / (p * x + q - 1)

    @property
    def everybody(self) -> float:
        """E[M] of a customer of whom nothing is known: p gamma / (q - 1)."""
        p, q, gamma = self.fit.parameters
        return float(p * gamma / (q - 1))


@dataclass(frozen=True)
class _Spent:
    """What the likelihood needs of purchases, worked out once: gamma functions depend on x alone, which takes few values."""

    total: np.ndarray  # x m
    x: np.ndarray
    distinct: np.ndarray
    weights: np.ndarray
    log_total: float  # the sum of x ln(x m)
    log_mean: float  # the sum of ln m

    @classmethod
    def of(cls, x: np.ndarray, mean: np.ndarray) -> "_Spent":
        distinct, weights = np.unique(x, return_counts=True)
        return cls(x * mean, x, distinct, weights.astype(float), float(x @ np.log(x * mean)), float(np.log(mean).sum()))


def likelihood(parameters: np.ndarray, x: np.ndarray, mean: np.ndarray) -> tuple[float, np.ndarray]:
    """Equation 1a, summed, and its gradient; x and mean of shape (customers,)."""
    return _likelihood(parameters, _Spent.of(x, mean))


def _likelihood(parameters: np.ndarray, spent: _Spent) -> tuple[float, np.ndarray]:
    p, q, gamma = parameters
    shapes, many = p * spent.distinct, len(spent.x)
    whole = np.log(gamma + spent.total)
    by_x = gammaln(shapes + q) - gammaln(shapes)
    value = spent.weights @ by_x - many * (gammaln(q) - q * np.log(gamma)) - spent.log_mean + p * spent.log_total
    x_whole, sum_whole = float(spent.x @ whole), float(whole.sum())
    value -= p * x_whole + q * sum_whole
    after = digamma(shapes + q)
    by_p = (spent.weights * spent.distinct) @ (after - digamma(shapes)) + spent.log_total - x_whole
    by_q = spent.weights @ after - many * (digamma(q) - np.log(gamma)) - sum_whole
    by_gamma = many * q / gamma - float(((p * spent.x + q) / (gamma + spent.total)).sum())
    return float(value), np.array([by_p, by_q, by_gamma])
