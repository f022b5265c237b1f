"""Pareto/NBD: customers buy at a rate of their own and may drop out at any time (Schmittlein, Morrison and Colombo 1987).

The likelihood is that of being alive at T plus the integral of that of having died at each time since t_x: by 8 to 24 Gauss-Legendre nodes,
spread evenly over the logarithm of time, instead of the Gauss hypergeometric functions of Fader and Hardie's note (2005).
"""

from collections.abc import Iterator
from typing import ClassVar, Self, TypeAlias

import numpy as np
from scipy.special import digamma, gammaln

from rapport.value.btyd.fitting import maximum
from rapport.value.btyd.gammas import Counted
from rapport.value.btyd.models import Buying, negative_binomial
from rapport.value.btyd.rows import Rows

Quadrature: TypeAlias = tuple[np.ndarray, np.ndarray]  # nodes and weights
START = np.array([1.0, 10.0, 1.0, 10.0])
QUADRATURES = [np.polynomial.legendre.leggauss(nodes) for nodes in (8, 12, 16, 24)]
FALLS = (6.0, 14.0, 26.0)  # powers of e that an integrand falls by: up to these, fewer nodes are exact to ten digits
FINE = QUADRATURES[-1]
LATER, LATER_WEIGHTS = (side / 2 for side in np.polynomial.legendre.leggauss(12))
LATER = LATER + 0.5  # of the time ahead
CELLS_AT_ONCE = 24_000  # rows times nodes: what the processor's caches hold
STEEP = 40.0  # what has fallen by so many powers of e adds nothing; the nodes follow two such falls at once
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
        found = np.empty(len(rows.x))
        for places, part, quadrature in _parts(self.fit.parameters, rows):
            found[places] = _Terms(self.fit.parameters, part, quadrature).alive
        return found

    def purchases(self, rows: Rows, t: float) -> np.ndarray:
        """Equation 41 of Fader and Hardie's note: while alive, rate (r + x) / (alpha + T) and death as of Gamma(s, beta + T)."""
        r, alpha, s, beta = self.fit.parameters
        return self.alive(rows) * (r + rows.x) / (alpha + rows.T) * _living(s, beta + rows.T, t)

    def none_within(self, rows: Rows, h: float) -> np.ndarray:
        """Dead, or alive and nothing until h, or until death within h."""
        r, alpha, s, beta = self.fit.parameters
        watched, lived, x = alpha + rows.T, beta + rows.T, r + rows.x
        least = np.minimum(watched, lived)
        _, sums, weights = _nodes(np.zeros(len(rows.x)), np.full(len(rows.x), h), least, FINE)
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


def _nodes(
    start: np.ndarray, end: np.ndarray, scale: np.ndarray | float, quadrature: Quadrature
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ln(scale + time), scale + time and weights of times in [start, end], (rows, nodes); even in the first, for integrands fall as
    powers of such sums."""
    nodes, weights = quadrature
    low, high = np.log(scale + start), np.log(scale + end)
    half = (high - low)[:, None] / 2
    logs = half * nodes + ((high + low) / 2)[:, None]
    sums = np.exp(logs)
    return logs, sums, half * weights * sums


def _last_death(parameters: np.ndarray, rows: Rows) -> np.ndarray:
    """Further than this nobody who bought so often can have lived without buying, and nobody can have lived at all."""
    r, alpha, s, beta = parameters
    silent = (alpha + rows.t_x) * np.exp(np.minimum(STEEP / (r + rows.x), STEEP)) - alpha
    alive = (beta + rows.t_x) * np.exp(min(STEEP / (s + 1), STEEP)) - beta
    return np.maximum(np.minimum(rows.T, np.minimum(silent, alive)), rows.t_x)


class _Terms:
    """Of each row, without what x alone gives: the logarithm of the likelihood, and how it is shared out among its terms.

    Nodes are even in the logarithm of one of the two sums: what is linear in it needs no look at the cells again.
    """

    def __init__(self, parameters: np.ndarray, rows: Rows, quadrature: Quadrature) -> None:
        r, alpha, s, beta = parameters
        self.shape = r + rows.x
        self.log_alpha, self.log_beta = np.log(alpha + rows.T), np.log(beta + rows.T)
        is_alpha_least, least = alpha <= beta, min(alpha, beta)
        nodes, weights = quadrature
        low, high = np.log(least + rows.t_x), np.log(least + _last_death(parameters, rows))
        half, middle = (high - low) / 2, (high + low) / 2
        logs = half[:, None] * nodes
        logs += middle[:, None]
        sums = np.exp(logs)
        other = sums + (max(alpha, beta) - least)
        log_other = np.log(other)
        living = -self.shape * self.log_alpha - s * self.log_beta
        highest = np.maximum(living, -self.shape * np.log(alpha + rows.t_x) - s * np.log(beta + rows.t_x))
        if is_alpha_least:  # one less for d time = sum d logarithm
            logs *= (1 - self.shape)[:, None]
            dying = logs - (s + 1) * log_other
        else:
            logs *= -s
            dying = logs - self.shape[:, None] * log_other
        dying -= highest[:, None]
        np.exp(dying, out=dying)
        living = np.exp(living - highest)
        died = dying @ weights
        total = living + s * half * died
        part = s * half / total
        self.log_likelihood = highest + np.log(total)
        self.alive, self.died = living / total, part * died
        told = (
            part * (half * (dying @ (weights * nodes)) + middle * died),
            part * np.einsum("ij,ij,j->i", dying, log_other, weights),
            part * (np.divide(dying, sums, out=sums) @ weights),
            part * (np.divide(dying, other, out=other) @ weights),
        )
        least_logs, other_logs, least_slope, other_slope = told
        self.died_logs_alpha, self.died_logs_beta = (least_logs, other_logs) if is_alpha_least else (other_logs, least_logs)
        self.died_by_alpha, self.died_by_beta = (least_slope, other_slope) if is_alpha_least else (other_slope, least_slope)


def likelihood(parameters: np.ndarray, counted: Counted) -> tuple[float, np.ndarray]:
    """ln Gamma(r + x) / Gamma(r) + r ln alpha + s ln beta + ln(alive + died), summed, and its gradient."""
    r, alpha, s, beta = parameters
    rows, many = counted.rows, counted.rows.customers
    value = counted.sum_gammaln(r) - many * (gammaln(r) - r * np.log(alpha) - s * np.log(beta))
    gradient = many * np.array([np.log(alpha) - digamma(r), r / alpha, np.log(beta), s / beta])
    gradient[0] += counted.sum_digamma(r)
    for _, part, quadrature in _parts(parameters, rows):
        terms, count = _Terms(parameters, part, quadrature), part.count
        value += count @ terms.log_likelihood
        gradient -= [
            count @ (terms.alive * terms.log_alpha + terms.died_logs_alpha),
            count @ (terms.shape * (terms.alive / (alpha + part.T) + terms.died_by_alpha)),
            count @ (terms.alive * terms.log_beta + terms.died_logs_beta - terms.died / s),
            count @ (s * terms.alive / (beta + part.T) + (s + 1) * terms.died_by_beta),
        ]
    return float(value), gradient


def _parts(parameters: np.ndarray, rows: Rows) -> Iterator[tuple[np.ndarray, Rows, Quadrature]]:
    """The same rows by how many nodes they need, so many at once that these fit the processor's caches; with their places."""
    r, alpha, s, beta = parameters
    end = _last_death(parameters, rows)
    falls = (r + rows.x) * np.log((alpha + end) / (alpha + rows.t_x)) + (s + 1) * np.log((beta + end) / (beta + rows.t_x))
    needs, none = np.searchsorted(FALLS, falls), np.empty(0, np.int64)
    for number, quadrature in enumerate(QUADRATURES):
        places = np.flatnonzero(needs == number)
        at_once = CELLS_AT_ONCE // len(quadrature[0])
        for start in range(0, len(places), at_once):
            some = places[start : start + at_once]
            yield some, Rows(rows.x[some], rows.t_x[some], rows.T[some], rows.count[some], none), quadrature
