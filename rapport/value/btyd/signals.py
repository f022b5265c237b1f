"""What else is known of a customer, as far as it moves how often they buy and whether they stay: scores, complaints, visits, mails.

alpha_i = alpha exp(-g'z_i), so that the rate rises by exp(g'z_i); b_i = b exp(h'z_i), so that dropout becomes rarer: as Fader and
Hardie, "Incorporating Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models" (note 019, 2007). What is not known is 0, with a
mark of its own, for who answers is not random; a ridge keeps what few facts speak for near to nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln

from rapport.value.btyd.beta_geometric import BetaGeometric
from rapport.value.btyd.fitting import LOG_MAX, Maximum
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import DAYS_A_WEEK
from rapport.value.btyd.threads import alone

RIDGE = 4.0  # as if an effect of one standard deviation were Normal(0, 1/2) over all signals there are
STEP = 1e-4
CLIP = 4.0  # standard deviations: further out a measure says no more
LOG_STEP = 0.5  # what is counted is taken by its logarithm, in steps of it: customers alike are fitted as one


@dataclass(frozen=True)
class Measured:
    """Named measures of customers in columns, and how they are put on one scale; NaN where nothing is known."""

    names: tuple[str, ...]
    mean: np.ndarray  # (measures,)
    spread: np.ndarray
    has_missing: tuple[bool, ...]
    is_counted: tuple[bool, ...] = ()  # counts and sums, taken by their logarithm; () for none

    @classmethod
    def of(cls, names: tuple[str, ...], values: np.ndarray, is_counted: tuple[bool, ...] = ()) -> "Measured":
        """From values of shape (customers, measures)."""
        values = _scaled(values, is_counted)
        known = ~np.isnan(values)
        many = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, values, 0).sum(axis=0) / many
        spread = np.sqrt(np.where(known, (values - mean) ** 2, 0).sum(axis=0) / many)
        return cls(names, mean, spread, tuple((~known).any(axis=0) & known.any(axis=0)), is_counted)

    def z(self, values: np.ndarray) -> np.ndarray:
        """(customers, columns): each measure on its scale, 0 where unknown, then a mark for each that has unknown ones."""
        values = _scaled(values, self.is_counted)
        known = ~np.isnan(values)
        scaled = np.clip((np.where(known, values, self.mean) - self.mean) / np.where(self.spread > 0, self.spread, 1), -CLIP, CLIP)
        return np.column_stack([scaled, *(~known[:, number] for number, has in enumerate(self.has_missing) if has)]).astype(float)

    @property
    def columns(self) -> tuple[str, ...]:
        marks = tuple(f"{name}: unknown" for name, has in zip(self.names, self.has_missing, strict=True) if has)
        return (*self.names, *marks)


def _scaled(values: np.ndarray, is_counted: tuple[bool, ...]) -> np.ndarray:
    if not any(is_counted):
        return values
    logs = np.round(np.sign(values) * np.log1p(np.abs(values)) / LOG_STEP) * LOG_STEP
    return np.where(np.array(is_counted), logs, values)


@dataclass(frozen=True)
class Moved:
    """A model whose customers differ by signals. `covariance` is of (log parameters, g, h) in this order."""

    base: Buying
    columns: tuple[str, ...]
    rate: np.ndarray  # g, (columns,)
    stay: np.ndarray  # h, (columns,); empty where nobody leaves
    covariance: np.ndarray
    log_likelihood: float

    @property
    def standard_errors(self) -> tuple[np.ndarray, np.ndarray]:
        """Of g and h."""
        errors = np.sqrt(np.maximum(np.diag(self.covariance), 0))
        first, many = len(self.base.symbols), len(self.columns)
        return errors[first : first + many], errors[first + many : first + many + len(self.stay)]

    def effects(self, z: np.ndarray) -> np.ndarray:
        """(g'z, h'z) of each customer, of shape (customers, 2)."""
        return np.column_stack([z @ self.rate, z @ self.stay if len(self.stay) else np.zeros(len(z))])

    def without(self, name: str) -> "Moved":
        """As if one measure, and whether it is known, moved nothing."""
        kept = np.array([column not in (name, f"{name}: unknown") for column in self.columns], float)
        return replace(self, rate=self.rate * kept, stay=self.stay * kept if len(self.stay) else self.stay)

    def by(self, rate: float, stay: float) -> Buying:
        """The model of customers whose signals come to so much."""
        move = np.zeros(len(self.base.symbols))
        move[1] = -rate
        if len(self.stay):
            move[3] = stay
        return self.base.moved(move)


@alone
def moved(kind: type[Buying], x: np.ndarray, t_x_days: np.ndarray, T_days: np.ndarray, z: np.ndarray, columns: tuple[str, ...]) -> Moved:
    """The maximum of the likelihood less the ridge, of BG/NBD, MBG/NBD or NBD; x, t_x and T of shape (customers,), z of
    (customers, columns). ValueError for a kind that knows no signals."""
    if not issubclass(kind, BetaGeometric | Nbd):
        raise ValueError(f"{kind.name} knows no signals; BG/NBD, MBG/NBD and NBD do.")
    leaves = kind.first_may_be_last if issubclass(kind, BetaGeometric) else None
    table = np.column_stack([x, t_x_days, T_days, z])
    distinct, count = np.unique(table, axis=0, return_counts=True)
    likelihood = _Likelihood(
        distinct[:, 0], distinct[:, 1] / DAYS_A_WEEK, distinct[:, 2] / DAYS_A_WEEK, distinct[:, 3:], count.astype(float), leaves
    )
    size, many = len(kind.symbols), len(columns)
    start = np.zeros(size + many * (1 if leaves is None else 2))
    start[1:size] = np.log([10.0, 1.0, 2.0][: size - 1])
    bounds = [(-LOG_MAX, LOG_MAX)] * len(start)
    options = {"maxiter": 2_000, "maxfun": 10_000, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20}
    found = minimize(likelihood.cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    covariance = likelihood.covariance(found.x)
    log_likelihood = likelihood.at(found.x)[0]
    base = kind(Maximum(np.exp(found.x[:size]), log_likelihood, covariance[:size, :size]))
    return Moved(base, columns, found.x[size : size + many], found.x[size + many :], covariance, log_likelihood)


@dataclass(frozen=True)
class _Likelihood:
    """Of rows that share x, t_x, T and signals."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    z: np.ndarray
    count: np.ndarray
    first_may_be_last: int | None  # None: nobody leaves

    def cost(self, logs: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the penalized log-likelihood a customer, and its gradient."""
        value, gradient = self.at(logs)
        size = 2 if self.first_may_be_last is None else 4
        pull = np.concatenate([np.zeros(size), RIDGE * logs[size:]])
        weight = self.count.sum()
        return -(value - pull @ logs / 2) / weight, -(gradient - pull) / weight

    def at(self, logs: np.ndarray) -> tuple[float, np.ndarray]:
        """The log-likelihood, and its gradient by (log parameters, g, h)."""
        many = self.z.shape[1]
        if self.first_may_be_last is None:
            value, by_r, by_alpha = self._nbd(np.exp(logs[0]), np.exp(logs[1] - self.z @ logs[2 : 2 + many]))
            return value, np.concatenate([[by_r, by_alpha.sum()], -(by_alpha @ self.z)])
        rate, stay = self.z @ logs[4 : 4 + many], self.z @ logs[4 + many :]
        r, a = np.exp(logs[0]), np.exp(logs[2])
        value, by_r, by_alpha, by_a, by_b = self._leaving(r, np.exp(logs[1] - rate), a, np.exp(logs[3] + stay))
        return value, np.concatenate([[by_r, by_alpha.sum(), by_a, by_b.sum()], -(by_alpha @ self.z), by_b @ self.z])

    def _nbd(self, r: float, alpha: np.ndarray) -> tuple[float, float, np.ndarray]:
        """Value, slope by ln r, and of each row by ln alpha."""
        log_watched = np.log(alpha + self.T)
        value = gammaln(r + self.x) - gammaln(r) + r * np.log(alpha) - (r + self.x) * log_watched
        by_r = digamma(r + self.x) - digamma(r) + np.log(alpha) - log_watched
        by_alpha = r - (r + self.x) * alpha / (alpha + self.T)
        return float(self.count @ value), float(r * (self.count @ by_r)), self.count * by_alpha

    def _leaving(self, r: float, alpha: np.ndarray, a: float, b: np.ndarray) -> tuple[float, float, np.ndarray, float, np.ndarray]:
        """Equation 6 of BG/NBD or its like: value, and slopes by the logarithms of r, alpha, a and b."""
        value, by_r, by_alpha = self._nbd(r, alpha)
        n = self.x + (self.first_may_be_last or 0)
        some = n > 0
        longer = np.log((alpha + self.T) / (alpha + self.t_x))
        odds = np.where(some, np.log(a) - np.log(np.where(some, b + n - 1, 1)) + (r + self.x) * longer, -np.inf)
        dead = expit(odds)
        value += self.count @ (gammaln(b + n) - gammaln(a + b + n) + gammaln(a + b) - gammaln(b) + np.logaddexp(0, odds))
        by_r += r * (self.count @ (dead * longer))
        by_alpha = by_alpha + self.count * dead * (r + self.x) * alpha * (1 / (alpha + self.T) - 1 / (alpha + self.t_x))
        after, before = digamma(a + b + n), digamma(a + b)
        by_a = float(self.count @ (dead + a * (before - after)))
        by_b = digamma(b + n) - after + before - digamma(b) - np.where(some, dead / np.where(some, b + n - 1, 1), 0)
        return float(value), float(by_r), by_alpha, by_a, self.count * b * by_b

    def covariance(self, logs: np.ndarray) -> np.ndarray:
        """The inverse of the observed information, ridge and all, from central differences of the gradient."""
        size = len(logs)
        hessian = np.empty((size, size))
        for number in range(size):
            step = np.zeros(size)
            step[number] = STEP
            hessian[number] = (self.cost(logs + step)[1] - self.cost(logs - step)[1]) / (2 * STEP)
        return np.linalg.pinv((hessian + hessian.T) / 2 * self.count.sum(), hermitian=True)
