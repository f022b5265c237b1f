"""The papers' summary of a customer: x repeat purchases, the last of them t_x after the first purchase, watched for T."""

from collections.abc import Iterator
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

    def parts(self, rows: int, customers: int) -> Iterator[tuple[np.ndarray, "Rows"]]:
        """So many rows, and of so many customers, at once: the places of these customers, and their rows. One row at least is one part."""
        order = np.argsort(self.row_of, kind="stable").astype(np.int32)
        until = np.append(0, np.cumsum(self.count)).astype(np.int64)
        start = 0
        while start < len(self.x):
            enough = int(np.searchsorted(until, until[start] + customers, side="right")) - 1
            cut = slice(start, max(start + 1, min(start + rows, enough)))
            places = order[until[cut.start] : until[min(cut.stop, len(self.x))]]
            yield places, Rows(self.x[cut], self.t_x[cut], self.T[cut], self.count[cut], self.row_of[places] - start)
            start = cut.stop

    @property
    def repeats(self) -> float:
        """All repeat purchases."""
        return float(self.x @ self.count)


def grouped(x: np.ndarray, t_x_days: np.ndarray, T_days: np.ndarray) -> Rows:
    """Group customers; whole numbers of shape (customers,), t_x and T in days. ValueError names the first customer that cannot be."""
    x, t_x, T = (np.asarray(one) for one in (x, t_x_days, T_days))
    wrong = (x < 0) | (x >= COUNT_MAX) | (t_x < 0) | (t_x > T) | (T >= DAYS_MAX) | ((x == 0) != (t_x == 0))
    if wrong.any():
        which = int(np.argmax(wrong))
        raise ValueError(
            f"Customer {which} has x {x[which]}, t_x {t_x[which]} and T {T[which]} days; 0 <= t_x <= T, and 0 only where x is 0."
        )
    keys = x.astype(np.int64)  # step by step: ten million customers shall need no more than they must
    for part in (t_x, T):
        keys *= DAYS_MAX
        keys += part
    order = np.argsort(keys)
    keys = keys[order]
    is_first = np.append(True, keys[1:] != keys[:-1]) if len(keys) else np.empty(0, bool)
    row_of = np.empty(len(keys), np.int32)
    row_of[order] = np.cumsum(is_first, dtype=np.int32) - 1
    count = np.diff(np.append(np.flatnonzero(is_first), len(keys)))
    keys = keys[is_first]
    return Rows(
        (keys // DAYS_MAX**2).astype(float),
        keys // DAYS_MAX % DAYS_MAX / DAYS_A_WEEK,
        keys % DAYS_MAX / DAYS_A_WEEK,
        count.astype(float),
        row_of,
    )
