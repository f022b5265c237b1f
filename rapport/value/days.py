"""When each customer bought and for how much: several orders on one day are one purchase. All models begin here."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rapport.lib.rising import places
from rapport.value.btyd.rows import Rows, grouped

DAY_BITS = 20  # of the one number that a customer and a day are sorted by
DAY_MIN = -(2 ** (DAY_BITS - 1))
RHYTHM_DAYS = 180  # the late time in which a rhythm may have changed
CUSTOMERS_AT_ONCE = 500_000  # worked on together: what is worked out for them is held in memory


@dataclass(frozen=True)
class Summaries:
    """Of each customer: on how many days they bought, the first and the last of them, and what they spent; arrays of (customers,)."""

    ids: np.ndarray  # rising
    counts: np.ndarray  # at least 1
    first: np.ndarray  # days since 1970-01-01
    last: np.ndarray
    spent: np.ndarray
    late: np.ndarray | None = None  # how many of these days lie in the last RHYTHM_DAYS; None where that was not asked

    def rows(self, day: int) -> Rows:
        """x, t_x and T of each customer as of the end of a day after which there is nothing here."""
        return grouped(self.counts - 1, self.last - self.first, day - self.first)

    def some(self, places: np.ndarray | slice) -> "Summaries":
        """Of the customers at these places."""
        late = None if self.late is None else self.late[places]
        return Summaries(self.ids[places], self.counts[places], self.first[places], self.last[places], self.spent[places], late)

    @property
    def mean(self) -> np.ndarray:
        """What a purchase was worth on average; nothing where more was given back than paid."""
        return np.maximum(self.spent, 0) / self.counts


@dataclass(frozen=True)
class PurchaseDays:
    """A row for each customer and day, by customer and day; each customer has one at least."""

    ids: np.ndarray  # (customers,), rising
    start: np.ndarray  # (customers + 1,): where the rows of each begin, and the last end
    day: np.ndarray  # (rows,): days since 1970-01-01
    amount: np.ndarray  # (rows,): what that day came to

    @classmethod
    def of(cls, customer: np.ndarray, day: np.ndarray, amount: np.ndarray) -> "PurchaseDays":
        """From purchases in any order, each of shape (purchases,). ValueError names the first without an amount."""
        amount = np.asarray(amount, float)
        if (wrong := ~np.isfinite(amount)).any():
            raise ValueError(f"Purchase {np.argmax(wrong)} has no amount: it is {amount[np.argmax(wrong)]}.")
        keys = (np.asarray(customer, np.int64) << DAY_BITS) | (np.asarray(day, np.int64) - DAY_MIN)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.empty(0, np.int64)
        sums = np.add.reduceat(amount[order], first) if len(first) else np.empty(0)
        keys = keys[first]
        return cls._of_sorted(keys >> DAY_BITS, (keys & ((1 << DAY_BITS) - 1)) + DAY_MIN, sums)

    @classmethod
    def _of_sorted(cls, customer: np.ndarray, day: np.ndarray, amount: np.ndarray) -> "PurchaseDays":
        ids, start = np.unique(customer, return_index=True)
        return cls(ids, np.append(start, len(customer)), day, amount)

    @property
    def counts(self) -> np.ndarray:
        """On how many days each customer bought."""
        return np.diff(self.start)

    def until(self, day: int) -> "PurchaseDays":
        """What was known at the end of a day: its rows, and the customers who have some."""
        kept = self.day <= day
        return self._of_sorted(np.repeat(self.ids, self.counts)[kept], self.day[kept], self.amount[kept])

    @cached_property
    def summaries(self) -> Summaries:
        spent = np.add.reduceat(self.amount, self.start[:-1]) if len(self.ids) else np.empty(0)
        return Summaries(self.ids, self.counts, self.day[self.start[:-1]], self.day[self.start[1:] - 1], spent)

    def rows(self, day: int) -> Rows:
        """x, t_x and T of each customer as of the end of a day after which there is nothing here."""
        return self.summaries.rows(day)

    def repeats(self) -> tuple[np.ndarray, np.ndarray]:
        """(x, mean amount of a repeat purchase, 0 where there is none), of shape (customers,)."""
        spent, x = self.summaries.spent - self.amount[self.start[:-1]], self.counts - 1
        return x, np.divide(spent, x, out=np.zeros(len(x)), where=x > 0)

    def within(self, after: int, until: int, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(days with a purchase, amount) in (after, until], of these customers, whose ids rise."""
        kept = (self.day > after) & (self.day <= until)
        whose = np.repeat(self.ids, self.counts)[kept]
        place, known = places(whose, ids)
        return (
            np.bincount(place[known], minlength=len(ids)).astype(float),
            np.bincount(place[known], self.amount[kept][known], minlength=len(ids)),
        )
