"""Whether a customer buys more or less often than they used to, and how sure that is.

Their rate before the last LATE_DAYS and their rate since are two draws from the same gamma over customers (that of NBD), each known by
the purchases in its time: Gamma(r + x, alpha + T). So P(slower) is a beta distribution's, and few purchases on either side say little.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betainc

from rapport.value.backtest import REPEATERS_MIN
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import DAYS_A_WEEK
from rapport.value.days import LATE_DAYS, Summaries
from rapport.value.valuation import CUSTOMERS_AT_ONCE, Valuation

SURE = 0.95  # P(slower) or P(faster): then a rhythm has changed; of customers whose has not, no more than one in twenty on a side


@dataclass(frozen=True)
class Change:
    """Arrays of shape (customers,)."""

    times: np.ndarray  # as often as before, by the means of the two rates; 1 where that is not sure
    slower: np.ndarray  # P(rate of late < rate before); 0.5 of who was not there before


def change(told: Summaries, late: np.ndarray, as_of: int, r: float, alpha: float) -> Change:
    """By how many days with a purchase lie among the last LATE_DAYS (`late`), and a gamma over customers in weeks."""
    begun = as_of - LATE_DAYS
    was_there = told.first <= begun
    # the first purchase makes a customer, and says nothing of how often they buy
    before_shape = r + np.where(was_there, told.counts - 1 - late, 0)
    before_weeks = alpha + np.maximum(begun - told.first, 0) / DAYS_A_WEEK
    late_shape, late_weeks = r + late, alpha + LATE_DAYS / DAYS_A_WEEK
    slower = np.where(was_there, 1 - betainc(before_shape, late_shape, before_weeks / (before_weeks + late_weeks)), 0.5)
    times = (late_shape / late_weeks) / (before_shape / before_weeks)
    return Change(np.where(np.maximum(slower, 1 - slower) >= SURE, times, 1.0), slower)


def with_change(valuation: Valuation, told: Summaries, sampled: Summaries, as_of: int) -> Valuation:
    """A valuation with each customer's change of rhythm; none is told where too few customers buy again. `sampled` are some of them."""
    if told.late is None or int((sampled.counts > 1).sum()) < REPEATERS_MIN:
        return valuation
    r, alpha = Nbd.of(sampled.rows(as_of)).fit.parameters
    times, slower = np.empty((2, len(told.ids)), np.float32)
    for start in range(0, len(told.ids), CUSTOMERS_AT_ONCE):
        part = slice(start, start + CUSTOMERS_AT_ONCE)
        found = change(told.some(part), told.late[part], as_of, r, alpha)
        times[part], slower[part] = found.times, found.slower
    return replace(valuation, times=times, slower=slower)
