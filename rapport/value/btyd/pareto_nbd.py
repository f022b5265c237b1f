"""Pareto/NBD: customers buy at a rate of their own and may drop out at any time (Schmittlein, Morrison and Colombo 1987).

The likelihood is that of being alive at T plus the integral of that of having died at each time since t_x: by 24 Gauss-Legendre nodes,
spread evenly over the logarithm of time, instead of the Gauss hypergeometric functions of Fader and Hardie's note (2005).
"""

from typing import ClassVar, Self

import numpy as np
from scipy.special import digamma, gammaln

from rapport.value.btyd.fitting import maximum
from rapport.value.btyd.gammas import Counted
from rapport.value.btyd.models import Buying, negative_binomial
from rapport.value.btyd.rows import Rows

START = np.array([1.0, 10.0, 1.0, 10.0])
NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
LATER, LATER_WEIGHTS = (side / 2 for side in np.polynomial.legendre.leggauss(12))
LATER = LATER + 0.5  # of the time ahead
ROWS_AT_ONCE = 1_000  # with all their nodes: what the processor's caches hold
STEEP = 80.0  # what has fallen by so many powers of e adds nothing; the nodes follow a fall by that to 11 digits
ONE = 1e-9


class ParetoNbd(Buying):
    """Rates are Gamma(r, alpha) over customers, death rates Gamma(s, beta)."""

    name: ClassVar[str] = "Pareto/NBD"
    symbols: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    @classmethod
    def of(cls, rows: Rows) -> Self:
        counted = Counted(rows)
        return cls(maximum(lambda parameters: likelihood(parameters, counted), START, rows.customers))

    def alive(self, rows: Rows) -> np.ndarray:
        return np.concatenate([_Terms(self.fit.parameters, part).alive for part in _parts(rows)])

    def purchases(self, rows: Rows, t: float) -> np.ndarray:
        """Equation 41 of Fader and Hardie's note: while alive, rate (r + x) / (alpha + T) and death as of Gamma(s, beta + T)."""
        r, alpha, s, beta = self.fit.parameters
        return self.alive(rows) * (r + rows.x) / (alpha + rows.T) * _living(s, beta + rows.T, t)

    def none_within(self, rows: Rows, h: float) -> np.ndarray:
        """Dead, or alive and nothing until h, or until death within h."""
        r, alpha, s, beta = self.fit.parameters
        watched, lived, x = alpha + rows.T, beta + rows.T, r + rows.x
        least = np.minimum(watched, lived)
        _, sums, weights = _nodes(np.zeros(len(rows.x)), np.full(len(rows.x), h), least)
        times = sums - least[:, None]
        death = s / (lived[:, None] + times) * _power(lived[:, None], times, s) * _power(watched[:, None], times, x[:, None])
        silent = _power(watched, h, x) * _power(lived, h, s) + (death * weights).sum(axis=1)
        return 1 - self.alive(rows) * (1 - silent)

    def counts(self, x: np.ndarray, T: np.ndarray, t: float, most: int) -> np.ndarray:
        """Alive all the time, or until one of a few times of death."""
        r, alpha, s, beta = self.fit.parameters
        found = _power(beta + T, t, s)[:, None] * negative_binomial(r + x, (alpha + T) / (alpha + T + t), most)
        weights = np.empty((len(x), len(LATER)))
        for number, time in enumerate(LATER * t):
            weights[:, number] = s / (beta + T + time) * _power(beta + T, time, s) * LATER_WEIGHTS[number] * t
        weights *= ((1 - _power(beta + T, t, s)) / np.maximum(weights.sum(axis=1), 1e-300))[:, None]
        for number, time in enumerate(LATER * t):
            found += weights[:, [number]] * negative_binomial(r + x, (alpha + T) / (alpha + T + time), most)
        return found

    def new_customer(self, t: np.ndarray) -> np.ndarray:
        r, alpha, s, beta = self.fit.parameters
        return r / alpha * _living(s, np.asarray(beta), np.asarray(t, float))


def _living(s: float, beta: np.ndarray, t: np.ndarray | float) -> np.ndarray:
    """The expected time alive within t: beta / (s - 1) (1 - (beta / (beta + t))^(s - 1)); at s = 1 its limit."""
    over = s - 1 if abs(s - 1) > ONE else ONE
    return -beta * np.expm1(over * np.log(beta / (beta + t))) / over


def _power(scale: np.ndarray, time: np.ndarray | float, shape: np.ndarray | float) -> np.ndarray:
    return np.exp(-shape * np.log1p(time / scale))


def _nodes(start: np.ndarray, end: np.ndarray, scale: np.ndarray | float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ln(scale + time), scale + time and weights of times in [start, end], (rows, nodes); even in the first, for integrands fall as
    powers of such sums."""
    low, high = np.log(scale + start), np.log(scale + end)
    half = (high - low)[:, None] / 2
    logs = half * NODES + ((high + low) / 2)[:, None]
    sums = np.exp(logs)
    return logs, sums, half * WEIGHTS * sums


class _Terms:
    """Of each row, without what x alone gives: the logarithm of the likelihood, and how it is shared out among its terms."""

    def __init__(self, parameters: np.ndarray, rows: Rows) -> None:
        r, alpha, s, beta = parameters
        shape = r + rows.x
        self.log_alpha, self.log_beta = np.log(alpha + rows.T), np.log(beta + rows.T)
        # further than this nobody who bought so often can have lived without buying
        end = np.minimum(rows.T, (alpha + rows.t_x) * np.exp(np.minimum(STEEP / shape, STEEP)) - alpha)
        least = min(alpha, beta)
        logs, sums, weights = _nodes(rows.t_x, end, least)
        other = sums + (max(alpha, beta) - least)
        log_other, alpha_first = np.log(other), alpha <= beta
        self.at_alpha, self.at_beta = sums if alpha_first else other, other if alpha_first else sums
        self.logs_alpha, self.logs_beta = logs if alpha_first else log_other, log_other if alpha_first else logs
        living = -shape * self.log_alpha - s * self.log_beta
        highest = np.maximum(living, -shape * np.log(alpha + rows.t_x) - s * np.log(beta + rows.t_x))
        dying = np.exp(-(s + 1) * self.logs_beta - shape[:, None] * self.logs_alpha - highest[:, None])
        dying *= s * weights
        living = np.exp(living - highest)
        total = living + dying.sum(axis=1)
        self.log_likelihood = highest + np.log(total)
        self.alive, self.died = living / total, np.divide(dying, total[:, None], out=dying)


def likelihood(parameters: np.ndarray, counted: Counted) -> tuple[float, np.ndarray]:
    """ln Gamma(r + x) / Gamma(r) + r ln alpha + s ln beta + ln(alive + died), summed, and its gradient."""
    r, alpha, s, beta = parameters
    rows, many = counted.rows, counted.rows.customers
    value = counted.sum_gammaln(r) - many * (gammaln(r) - r * np.log(alpha) - s * np.log(beta))
    gradient = many * np.array([np.log(alpha) - digamma(r), r / alpha, np.log(beta), s / beta])
    gradient[0] += counted.sum_digamma(r)
    for part in _parts(rows):
        terms, shape = _Terms(parameters, part), r + part.x
        alive, died = part.count * terms.alive, part.count[:, None] * terms.died
        value += part.count @ terms.log_likelihood
        gradient -= [
            alive @ terms.log_alpha + np.einsum("ij,ij->", died, terms.logs_alpha),
            shape @ (alive / (alpha + part.T) + (died / terms.at_alpha).sum(axis=1)),
            alive @ terms.log_beta + np.einsum("ij,ij->", died, terms.logs_beta) - died.sum() / s,
            s * (alive / (beta + part.T)).sum() + (s + 1) * (died / terms.at_beta).sum(),
        ]
    return float(value), gradient


def _parts(rows: Rows) -> list[Rows]:
    """The same rows, so many at once that their nodes fit the processor's caches."""
    none = np.empty(0, np.int64)
    cuts = (slice(start, start + ROWS_AT_ONCE) for start in range(0, max(len(rows.x), 1), ROWS_AT_ONCE))
    return [Rows(rows.x[cut], rows.t_x[cut], rows.T[cut], rows.count[cut], none) for cut in cuts]
