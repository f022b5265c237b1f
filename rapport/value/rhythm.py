"""Whether a customer buys more or less often than they used to, and how sure that is.

Their rate before the last RHYTHM_DAYS and their rate since are two draws from the same gamma over customers (that of NBD), each known by
the purchases in its time: Gamma(r + x, alpha + T). So P(slower) is a beta distribution's, and few purchases on either side say little.
What all customers together buy more or less of late than before, by season or by trend, is nobody's own change: the late time counts as
so much longer or shorter.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betainc

from rapport.value.backtest import REPEATERS_MIN
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import DAYS_A_WEEK
from rapport.value.days import CUSTOMERS_AT_ONCE, RHYTHM_DAYS, PurchaseDays, Summaries
from rapport.value.valuation import Valuation

SURE = 0.95  # P(slower) or P(faster), and so few or so many happen to one in twenty of those whose rhythm has not changed
TREND_MAX = 5.0


@dataclass(frozen=True)
class Usual:
    """What all customers do: rates are Gamma(r, alpha) in weeks before, and of late `trend` times as high."""

    r: float
    alpha: float
    trend: float

    @classmethod
    def of(cls, days: PurchaseDays, as_of: int) -> "Usual":
        r, alpha = Nbd.of(days.rows(as_of)).fit.parameters
        told, begun = days.summaries, as_of - RHYTHM_DAYS
        late, _ = days.within(begun, as_of, days.ids)
        before = _Before.of(told, late, as_of, r, alpha)
        expected = float((before.was_there * before.shape / before.weeks).sum()) * RHYTHM_DAYS / DAYS_A_WEEK
        trend = float((before.was_there * late).sum()) / expected if expected else 1.0
        return cls(r, alpha, float(np.clip(trend, 1 / TREND_MAX, TREND_MAX)))


@dataclass(frozen=True)
class Change:
    """Arrays of shape (customers,)."""

    times: np.ndarray  # as often as before, by the means of the two rates; 1 where that is not sure
    slower: np.ndarray  # P(rate of late < rate before); 0.5 of who was not there before


def change(told: Summaries, late: np.ndarray, as_of: int, usual: Usual) -> Change:
    """By how many days with a purchase lie among the last RHYTHM_DAYS (`late`)."""
    before = _Before.of(told, late, as_of, usual.r, usual.alpha)
    shape, weeks = usual.r + late, usual.alpha + usual.trend * RHYTHM_DAYS / DAYS_A_WEEK
    slower = np.where(before.was_there, 1 - betainc(before.shape, shape, before.weeks / (before.weeks + weeks)), 0.5)
    times = (shape / weeks) / (before.shape / before.weeks)
    # if nothing had changed, so few would come of a negative binomial distribution; half of those with just as many count
    share = before.weeks / (before.weeks + weeks - usual.alpha)
    so_few = (betainc(before.shape, late + 1, share) + np.where(late > 0, betainc(before.shape, np.maximum(late, 1), share), 0)) / 2
    is_sure = ((slower >= SURE) & (so_few <= 1 - SURE)) | ((slower <= 1 - SURE) & (so_few >= SURE))
    return Change(np.where(is_sure, times, 1.0), slower)


@dataclass(frozen=True)
class _Before:
    """The rates before are Gamma(shape, weeks). The first purchase makes a customer, and says nothing of how often they buy."""

    was_there: np.ndarray
    shape: np.ndarray
    weeks: np.ndarray

    @classmethod
    def of(cls, told: Summaries, late: np.ndarray, as_of: int, r: float, alpha: float) -> "_Before":
        begun = as_of - RHYTHM_DAYS
        was_there = told.first <= begun
        weeks = alpha + np.maximum(begun - told.first, 0) / DAYS_A_WEEK
        return cls(was_there, r + np.where(was_there, told.counts - 1 - late, 0), weeks)


def with_change(valuation: Valuation, told: Summaries, sampled: PurchaseDays, as_of: int) -> Valuation:
    """A valuation with each customer's change of rhythm; none is told where too few customers buy again. `sampled` are some of them."""
    if told.late is None or int((sampled.counts > 1).sum()) < REPEATERS_MIN:
        return valuation
    usual = Usual.of(sampled, as_of)
    times, slower = np.empty((2, len(told.ids)), np.float32)
    for start in range(0, len(told.ids), CUSTOMERS_AT_ONCE):
        part = slice(start, start + CUSTOMERS_AT_ONCE)
        found = change(told.some(part), told.late[part], as_of, usual)
        times[part], slower[part] = found.times, found.slower
    return replace(valuation, times=times, slower=slower)
