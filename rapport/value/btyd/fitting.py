"""Maximum likelihood in the logarithms of positive parameters, by analytic gradients and from one start: the same data, the same answer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from rapport.value.btyd.threads import alone
from rapport.value.errors import NotFitted

LOG_MAX = 14.0  # parameters lie between e^-14 and e^14
EDGE = 1e4  # beyond it, or below its reciprocal, a parameter says that what it stands for is not in the data
STEP = 1e-4
Likelihood = Callable[[np.ndarray], tuple[float, np.ndarray]]  # parameters: log-likelihood, and its gradient by parameter


@dataclass(frozen=True)
class Maximum:
    """Where the log-likelihood is highest."""

    parameters: np.ndarray  # (k,)
    log_likelihood: float
    covariance: np.ndarray  # (k, k), of the logarithms of the parameters: the inverse of the observed information

    @property
    def at_edge(self) -> bool:
        """A parameter ran away: what it stands for is not identified by the data."""
        return bool((self.parameters > EDGE).any() or (self.parameters < 1 / EDGE).any())


@alone
def maximum(likelihood: Likelihood, start: np.ndarray, weight: float) -> Maximum:
    """The maximum from a start; `weight` is the number of customers, so that the tolerance does not depend on it."""

    def cost(logs: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = np.exp(logs)
        value, gradient = likelihood(parameters)
        return -value / weight, -gradient * parameters / weight

    bounds = [(-LOG_MAX, LOG_MAX)] * len(start)
    options = {"maxiter": 1_000, "maxfun": 5_000, "ftol": 1e-14, "gtol": 1e-9, "maxcor": 20}
    found = minimize(cost, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    if not np.isfinite(found.fun):
        raise NotFitted("The likelihood of these customers is nowhere finite.", mend="Look for customers with no time observed.")
    parameters = np.exp(found.x)
    return Maximum(parameters, likelihood(parameters)[0], _covariance(cost, found.x, weight))


def _covariance(cost: Callable[[np.ndarray], tuple[float, np.ndarray]], logs: np.ndarray, weight: float) -> np.ndarray:
    """The inverse Hessian, from central differences of the gradient; what is flat has no bound, so the pseudo-inverse."""
    size = len(logs)
    hessian = np.empty((size, size))
    for number in range(size):
        step = np.zeros(size)
        step[number] = STEP
        hessian[number] = (cost(logs + step)[1] - cost(logs - step)[1]) / (2 * STEP)
    return np.linalg.pinv((hessian + hessian.T) / 2 * weight, hermitian=True)
