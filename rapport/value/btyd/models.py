"""What a fitted model is, and what each one of repeat purchases answers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rapport.value.btyd.fitting import Maximum
from rapport.value.btyd.rows import Rows


@dataclass(frozen=True)
class Fitted:
    """Parameters by their symbols, in the order of the model's `symbols`."""

    fit: Maximum
    name: ClassVar[str]
    symbols: ClassVar[tuple[str, ...]]

    @property
    def named(self) -> dict[str, float]:
        return dict(zip(self.symbols, self.fit.parameters.tolist(), strict=True))


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
    def new_customer(self, t: np.ndarray) -> np.ndarray:
        """E[X(t)] of someone who bought for the first time at 0; of the shape of t."""
