"""Gamma-Gamma: what a customer's purchases are worth on average, given what they were worth so far.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (note 025, 2013), after Fader, Hardie and Lee, JMR 42 (2005) 415.
"""

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
        return cls(maximum(lambda parameters: likelihood(parameters, x, mean), start, max(len(x), 1)))

    def expected(self, x: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """E[M | x, mean]: the customer's own mean and everybody's, by how many purchases speak for the own one (equation 5)."""
        p, q, gamma = self.fit.parameters
        return p * (gamma + x * mean) / (p * x + q - 1)

    @property
    def everybody(self) -> float:
        """E[M] of a customer of whom nothing is known: p gamma / (q - 1)."""
        p, q, gamma = self.fit.parameters
        return float(p * gamma / (q - 1))


def likelihood(parameters: np.ndarray, x: np.ndarray, mean: np.ndarray) -> tuple[float, np.ndarray]:
    """Equation 1a, summed, and its gradient."""
    p, q, gamma = parameters
    shape = p * x
    total = np.log(gamma + x * mean)
    value = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma) - np.log(mean) + shape * np.log(x * mean) - (shape + q) * total
    )
    by_p = x * (digamma(shape + q) - digamma(shape) + np.log(x * mean) - total)
    by_q = digamma(shape + q) - digamma(q) + np.log(gamma) - total
    by_gamma = q / gamma - (shape + q) / (gamma + x * mean)
    return float(value.sum()), np.array([by_p.sum(), by_q.sum(), by_gamma.sum()])
