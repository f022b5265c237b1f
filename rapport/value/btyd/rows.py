"""The papers' summary of a customer: x repeat purchases, the last of them t_x after the first purchase, watched for T."""

from dataclasses import dataclass

import numpy as np

DAYS_A_WEEK = 7
DAYS_MAX = 2**20  # each number of days takes so many bits of one key
COUNT_MAX = 2**22


@dataclass(frozen=True)
class Rows:
    """Customers of equal (x, t_x, T) in one row, that many in `count`; times in weeks. Arrays of shape (rows,)."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray
    count: np.ndarray
    row_of: np.ndarray  # (customers,): the row of each customer as they were given

    @property
    def customers(self) -> int:
        return len(self.row_of)

    @property
    def repeats(self) -> float:
        """All repeat purchases."""
        return float(self.x @ self.count)


def grouped(x: np.ndarray, t_x_days: np.ndarray, T_days: np.ndarray) -> Rows:
    """Group customers; whole numbers of shape (customers,), t_x and T in days. ValueError names the first customer that cannot be."""
    x, t_x, T = (np.asarray(one, np.int64) for one in (x, t_x_days, T_days))
    wrong = (x < 0) | (x >= COUNT_MAX) | (t_x < 0) | (t_x > T) | (T >= DAYS_MAX) | ((x == 0) != (t_x == 0))
    if wrong.any():
        which = int(np.argmax(wrong))
        raise ValueError(
            f"Customer {which} has x {x[which]}, t_x {t_x[which]} and T {T[which]} days; 0 <= t_x <= T, and 0 only where x is 0."
        )
    keys, row_of, count = np.unique((x * DAYS_MAX + t_x) * DAYS_MAX + T, return_inverse=True, return_counts=True)
    return Rows(
        (keys // DAYS_MAX**2).astype(float),
        keys // DAYS_MAX % DAYS_MAX / DAYS_A_WEEK,
        keys % DAYS_MAX / DAYS_A_WEEK,
        count.astype(float),
        row_of.reshape(-1),
    )
