"""What a fitted model is, and what each one of repeat purchases answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from scipy.special import gammaln

from rapport.value.btyd.fitting import Maximum
from rapport.value.btyd.rows import DAYS_A_WEEK, Rows


@dataclass(frozen=True)
class Fitted:
    """Parameters by their symbols, in the order of the model's `symbols`."""

    fit: Maximum
    name: ClassVar[str]
    symbols: ClassVar[tuple[str, ...]]

    @property
    def named(self) -> dict[str, float]:
        return dict(zip(self.symbols, self.fit.parameters.tolist(), strict=True))

    def moved(self, by: np.ndarray) -> Self:
        """The same model with the logarithms of its parameters moved by so much each."""
        return replace(self, fit=replace(self.fit, parameters=self.fit.parameters * np.exp(by)))


class Buying(Fitted, ABC):
    """A model of repeat purchases. Times in weeks; arrays of shape (rows,)."""

    @classmethod
    @abstractmethod
    def of(cls, rows: Rows) -> Self:
        """The model at its maximum likelihood for these customers."""

    @abstractmethod
    def alive(self, rows: Rows) -> np.ndarray:
        """P(alive) at T: that they have not dropped out."""

    @abstractmethod
    def purchases(self, rows: Rows, t: float) -> np.ndarray:
        """E[purchases in (T, T + t]] given x, t_x, T."""

    @abstractmethod
    def none_within(self, rows: Rows, h: float) -> np.ndarray:
        """P(no purchase in (T, T + h]): churn for a horizon."""

    @abstractmethod
    def counts(self, x: np.ndarray, T: np.ndarray, t: float, most: int) -> np.ndarray:
        """P(n purchases in (T, T + t]) for n of 0 to `most`, given x, T and that they are alive at T; of shape (rows, most + 1)."""

    def rates(self, x: np.ndarray, watched: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shape and scale of the Gamma that the rate of somebody alive has, who bought x times again in so many weeks."""
        named = self.named
        return named["r"] + x, named["alpha"] + watched

    def most(self, x: float, T: float, t: float) -> int:
        """More purchases than anybody with this x, watched for T, makes in t."""
        mean = max((r + x) / (alpha + T) for r, alpha in self._gammas()) * t
        return int(min(mean + 8 * np.sqrt(mean + mean**2 / (x + min(r for r, _ in self._gammas()))), DAYS_A_WEEK * t)) + 10

    def _gammas(self) -> list[tuple[float, float]]:
        """(r, alpha) of each kind of customer."""
        named = self.named
        return [(named["r"], named["alpha"]), *([(named["r_2"], named["alpha_2"])] if "r_2" in named else [])]

    @abstractmethod
    def new_customer(self, t: np.ndarray) -> np.ndarray:
        """E[X(t)] of someone who bought for the first time at 0; of the shape of t."""


def negative_binomial(shape: np.ndarray, passed: np.ndarray, most: int) -> np.ndarray:
    """P(n) for n of 0 to `most` of purchases at a rate that is Gamma(shape, time so far), where `passed` is time so far / time at the
    end; both of shape (rows,), the answer of (rows, most + 1)."""
    n = np.arange(most + 1)
    logs = gammaln(shape[:, None] + n) - gammaln(shape)[:, None] - gammaln(n + 1.0)
    return np.exp(logs + (shape * np.log(passed))[:, None] + n * np.log1p(-passed)[:, None])
