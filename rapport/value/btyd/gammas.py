"""Gamma functions of x + a parameter, worked out once for each x there is: x is a count, so there are few."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import digamma, gammaln

from rapport.value.btyd.rows import Rows


@dataclass(frozen=True, eq=False)
class Counted:
    """The rows of a summary by their x."""

    rows: Rows

    @cached_property
    def _distinct(self) -> tuple[np.ndarray, np.ndarray]:
        return np.unique(self.rows.x, return_inverse=True)

    @cached_property
    def distinct(self) -> np.ndarray:
        """Each x once."""
        return self._distinct[0]

    @cached_property
    def place(self) -> np.ndarray:
        """Where each row's x stands in `distinct`."""
        return self._distinct[1].reshape(-1)

    @cached_property
    def with_repeats(self) -> slice | np.ndarray:
        """The rows with x above 0: the last ones, where rows are in order."""
        is_in_order = bool((np.diff(self.rows.x) >= 0).all())
        return slice(int(np.searchsorted(self.rows.x, 1)), None) if is_in_order else np.flatnonzero(self.rows.x > 0)

    @cached_property
    def weights(self) -> np.ndarray:
        """How many customers have each x."""
        return np.bincount(self.place, self.rows.count)

    def sum_gammaln(self, shift: float) -> float:
        """The sum of ln Gamma(shift + x) over all customers."""
        return float(gammaln(shift + self.distinct) @ self.weights)

    def sum_digamma(self, shift: float) -> float:
        return float(digamma(shift + self.distinct) @ self.weights)
