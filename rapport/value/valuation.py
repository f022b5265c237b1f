"""What each customer is worth: purchases to come, what they bring, discounted; how sure that is; and what they brought so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from rapport.value.backtest import CANDIDATES, REPEATERS_MIN, Backtest, backtested, fitted
from rapport.value.btyd.fitting import Maximum
from rapport.value.btyd.gamma_gamma import GammaGamma
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import DAYS_A_WEEK, Rows
from rapport.value.days import PurchaseDays, Summaries
from rapport.value.errors import TooFewPurchases
from rapport.value.intervals import Z, log_error, predictive
from rapport.value.spending import Spending, spending

DAYS_A_YEAR = 365.25
MONTH_DAYS = DAYS_A_YEAR / 12
LIFETIME_YEARS = 20
LATER_YEARS = (2, 3, 4, 5, 7, 10, 14, LIFETIME_YEARS)  # of a lifetime, after the first; discounted at the middle of each
CHURN_DAYS = 90
LEVEL_UNKNOWN = 0.3  # standard error of the logarithm of the total where no back-test could be made
DUE = 0.75  # the share of a customer's gaps between purchases that are over when it is time to write

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What is asked for."""

    horizon_days: int = 365
    model: type[Buying] | None = None  # None: by back-test
    discount: float = 0.1  # a year


@dataclass(frozen=True)
class Fit:
    """The models in use, and what a forecast is multiplied by."""

    buying: Buying
    spending: Spending
    as_of: int  # the last day of observation, days since 1970-01-01
    options: Options
    backtest: Backtest | None
    notes: tuple[str, ...]  # plain words on every fallback taken
    level: float = 1.0  # of money, by the last back-test
    purchases_level: float = 1.0
    log_level_error: float = LEVEL_UNKNOWN


@dataclass(frozen=True)
class Valuation:
    """A row for each customer; money in the company's currency. All arrays of shape (customers,)."""

    ids: np.ndarray
    past: np.ndarray  # brought so far
    purchases: np.ndarray  # expected within the horizon
    value: np.ndarray  # expected within the horizon, discounted
    low: np.ndarray  # the expectation lies between, with 90 %
    high: np.ndarray
    may_low: np.ndarray  # what they really bring lies between, with 90 %
    may_high: np.ndarray
    lifetime: np.ndarray  # expected within 20 years, discounted
    in_churn_days: np.ndarray  # expected within CHURN_DAYS
    churn: np.ndarray  # P(no purchase within CHURN_DAYS)
    alive: np.ndarray  # P(alive), 1 where nobody is seen to leave
    silence: np.ndarray  # P(so long a silence as now | nothing has changed)
    rhythm_days: np.ndarray  # the usual gap between two purchases
    due_day: np.ndarray  # when three quarters of such gaps are over: days since 1970-01-01
    rows: Rows = field(repr=False)

    def total(self) -> float:
        return float(self.value.sum())


def fit(told: Summaries, sampled: PurchaseDays, as_of: int, options: Options, tell: Tell = lambda _: None) -> Fit:
    """Choose and fit the models as of the end of a day; `sampled` are the purchase days of some of the customers, for the back-test."""
    rows = told.rows(as_of)
    if not rows.customers:
        raise TooFewPurchases(f"Nobody had bought by {np.datetime64(as_of, 'D')}.", mend="Load orders, or choose a later day.")
    if not rows.T.any():
        raise TooFewPurchases(
            "All orders are of the last day: nobody has been watched since.", mend="Load older orders, or come back tomorrow."
        )
    notes: list[str] = []
    backtest = _backtest(sampled, as_of, options, notes, tell)
    tell("  the models of all customers")
    buying = _buying(rows, options, backtest, notes)
    money = spending(told.counts, told.mean)
    if not money.is_fitted or "cannot say" in money.why:
        notes.append(money.why)
    if backtest is None:
        return Fit(buying, money, as_of, options, None, tuple(notes))
    longer = max(1.0, options.horizon_days / backtest.horizon_days) ** 0.5
    return Fit(
        buying,
        money,
        as_of,
        options,
        backtest,
        tuple(notes),
        backtest.money_factor,
        backtest.total_factor,
        backtest.log_level_error * longer,
    )


def value(told: Summaries, model: Fit, tell: Tell = lambda _: None) -> Valuation:
    """Score every customer. What depends on (x, t_x, T) alone is worked out once for all who share it."""
    rows, options, buying = told.rows(model.as_of), model.options, model.buying
    of, money = rows.row_of, model.spending.model
    weeks = options.horizon_days / DAYS_A_WEEK
    tell("  what customers will do")
    purchases = buying.purchases(rows, weeks)
    discounted = _discounted(buying, rows, _months(options.horizon_days), options.discount)
    lifetime = _discounted(buying, rows, _lifetime(), options.discount)
    soon = buying.purchases(rows, CHURN_DAYS / DAYS_A_WEEK)
    error = log_error(buying, lambda one: one.purchases(rows, weeks))
    tell("  what they may do at most and at least")
    likely = predictive(buying, money, rows, weeks, level=model.level, log_level_error=model.log_level_error)
    part = np.divide(discounted, purchases, out=np.ones(len(purchases)), where=purchases > 0)
    mean = told.mean
    worth = money.expected(told.counts, mean) * model.level
    scale = money.fit.parameters[2] + told.counts * mean
    both = np.sqrt(error[of] ** 2 + _money_error(money, told.counts, mean) ** 2)
    expected = discounted[of] * worth
    rate, due = _rhythm(buying, rows)
    return Valuation(
        told.ids,
        told.spent,
        (purchases * model.purchases_level)[of],
        expected,
        expected * np.exp(-Z * both),
        expected * np.exp(Z * both),
        (likely.low * part)[of] * scale,
        (likely.high * part)[of] * scale,
        lifetime[of] * worth,
        soon[of] * worth,
        buying.none_within(rows, CHURN_DAYS / DAYS_A_WEEK)[of],
        buying.alive(rows)[of],
        _silence(buying, rows)[of],
        (DAYS_A_WEEK / rate)[of],
        told.last + np.ceil(due[of] * DAYS_A_WEEK).astype(told.last.dtype),
        rows,
    )


def total_between(total: float, log_level_error: float) -> tuple[float, float]:
    """Between what the total lies with 90 %, by how far off totals were before."""
    return total * float(np.exp(-Z * log_level_error)), total * float(np.exp(Z * log_level_error))


def _backtest(sampled: PurchaseDays, as_of: int, options: Options, notes: list[str], tell: Tell) -> Backtest | None:
    """Over the horizon, or over half of what is known where that is shorter."""
    span = as_of - int(sampled.day.min()) if len(sampled.day) else 0
    horizon = min(options.horizon_days, span // 2)
    kinds = CANDIDATES if options.model in (None, Nbd) else (options.model, Nbd)
    if options.model is Nbd:
        kinds = (Nbd,)
    if horizon < 1:
        notes.append("There is no past to forecast from: how far to trust this cannot be told.")
        return None
    try:
        found = backtested(sampled, as_of, horizon, tell, kinds)
    except TooFewPurchases as refusal:
        notes.append(f"No back-test: {refusal}")
        return None
    if horizon < options.horizon_days:
        notes.append(f"Only {span} days are known, so the back-test looked {horizon} days ahead, not {options.horizon_days}.")
    return found


def _buying(rows: Rows, options: Options, backtest: Backtest | None, notes: list[str]) -> Buying:
    repeaters = float(rows.count[rows.x > 0].sum())
    if repeaters < REPEATERS_MIN:
        notes.append(
            f"{int(repeaters)} customers bought on two days or more; below {REPEATERS_MIN} everybody is drawn to one average rate."
        )
        return _plain(rows)
    kind = options.model or (backtest.chosen if backtest else Nbd)
    model, is_identified = fitted(kind, rows)
    if not is_identified:
        what = "a second kind of customer" if "two" in kind.name else "dropout"
        notes.append(f"{kind.name}: {what} is not identified by these orders, so NBD is taken.")
    return model


def _plain(rows: Rows) -> Nbd:
    """Everybody drawn to one rate, as if the average customer had been watched for one purchase; no interval of it can be told."""
    watched = float(rows.T @ rows.count)
    return Nbd(Maximum(np.array([1.0, watched / (rows.repeats + 0.5)]), float("nan"), np.diag([0.25, 0.25])))


def _months(horizon_days: int) -> np.ndarray:
    """Edges of the months of a horizon, in weeks."""
    return np.append(np.arange(0, horizon_days - 1e-9, MONTH_DAYS), horizon_days) / DAYS_A_WEEK


def _lifetime() -> np.ndarray:
    return np.concatenate([_months(int(DAYS_A_YEAR)), np.array(LATER_YEARS) * DAYS_A_YEAR / DAYS_A_WEEK])


def _discounted(buying: Buying, rows: Rows, edges: np.ndarray, discount: float) -> np.ndarray:
    """E[purchases], each time between two edges counted at what money then is worth today; of shape (rows,)."""
    total, before = np.zeros(len(rows.x)), np.zeros(len(rows.x))
    for start, end in pairwise(edges):
        until = buying.purchases(rows, float(end))
        total += (until - before) * (1 + discount) ** (-(start + end) / 2 * DAYS_A_WEEK / DAYS_A_YEAR)
        before = until
    return total


def _money_error(money: GammaGamma, counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return log_error(money, lambda one: one.expected(counts, mean))


def _rhythm(buying: Buying, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """(purchases a week while alive, weeks after the last purchase in which DUE of such customers have bought again)."""
    r, alpha = buying.fit.parameters[:2]
    rate = (r + rows.x) / (alpha + rows.t_x)
    return rate, (alpha + rows.t_x) * ((1 - DUE) ** (-1 / (r + rows.x)) - 1)


def _silence(buying: Buying, rows: Rows) -> np.ndarray:
    """P(nothing from the last purchase until T) of somebody who still buys as they did until then."""
    r, alpha = buying.fit.parameters[:2]
    return ((alpha + rows.t_x) / (alpha + rows.T)) ** (r + rows.x)
