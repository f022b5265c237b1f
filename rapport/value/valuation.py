"""What each customer is worth: purchases to come, what they bring, discounted; how sure that is; and what they brought so far."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from django.utils.translation import gettext_noop

from rapport.value.backtest import REPEATERS_MIN, Backtest, backtested, fitted
from rapport.value.btyd.fitting import Maximum
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import DAYS_A_WEEK, Rows
from rapport.value.btyd.two_kinds import TwoKinds
from rapport.value.days import CUSTOMERS_AT_ONCE, PurchaseDays, Summaries
from rapport.value.errors import NotFitted, TooFewPurchases
from rapport.value.intervals import LEVEL_ERROR_MAX, LEVEL_UNKNOWN, Z, log_error, predictive
from rapport.value.names import CHURN_DAYS
from rapport.value.said import Said
from rapport.value.signals import Believed, Judged, Signals, believed, judged
from rapport.value.spending import Spending, spending

DAYS_A_YEAR = 365.25
MONTH_DAYS = DAYS_A_YEAR / 12
LIFETIME_YEARS = 20
ROWS_AT_ONCE = 100_000  # scored together: what is worked out for them is held in memory
LATER_YEARS = (2, 3, 4, 5, 7, 10, 14, LIFETIME_YEARS)  # of a lifetime, after the first; discounted at the middle of each
DUE_DAYS_MAX = 36_500
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
    notes: tuple[Said, ...]  # plain words on every fallback taken
    level: float = 1.0  # of money, by the last back-test
    purchases_level: float = 1.0
    log_level_error: float = LEVEL_UNKNOWN
    signals: Believed | None = None
    judged: tuple[Judged, ...] = ()
    grouped_rows: int = 0  # how many different (x, t_x, T) the customers have


@dataclass(frozen=True)
class Valuation:
    """A row for each customer; money in the company's currency. All arrays of shape (customers,), most of single precision."""

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
    none: np.ndarray  # P(no purchase within the horizon)
    churn: np.ndarray  # P(no purchase within CHURN_DAYS)
    alive: np.ndarray  # P(alive), 1 where nobody is seen to leave
    silence: np.ndarray  # P(so long a silence as now | nothing has changed)
    rhythm_days: np.ndarray  # the usual gap between two purchases
    times: np.ndarray  # as often as they used to buy; 1 where no change is sure
    slower: np.ndarray  # P(they buy less often than they used to)
    by_signals: np.ndarray  # how many times as often they buy for what else is known of them; 1 where nothing is
    confirmed: np.ndarray  # of the value, what open carts add
    due_day: np.ndarray  # when three quarters of such gaps are over: days since 1970-01-01

    def total(self) -> float:
        return float(self.value.sum(dtype=np.float64))


def fit(
    told: Summaries, sampled: PurchaseDays, as_of: int, options: Options, tell: Tell = lambda _: None, signals: Signals | None = None
) -> Fit:
    """Choose and fit the models as of the end of a day; `sampled` are the purchase days of some of the customers, for the back-test."""
    rows = told.rows(as_of)
    if not rows.customers:
        raise TooFewPurchases(f"Nobody had bought by {np.datetime64(as_of, 'D')}.", mend="Load orders, or choose a later day.")
    if not rows.T.any():
        raise TooFewPurchases(
            "All orders are of the last day: nobody has been watched since.", mend="Load older orders, or come back tomorrow."
        )
    notes: list[Said] = []
    backtest = _backtest(sampled, as_of, options, notes, tell)
    tell("  the models of all customers")
    buying = _buying(rows, options, backtest, notes)
    money = spending(told.counts, told.mean)
    if money.is_doubtful:
        notes.append(money.why)
    if backtest is None:
        return Fit(buying, money, as_of, options, None, tuple(notes), grouped_rows=len(rows.x))
    found, accepted = _signals(told, sampled, as_of, type(buying), backtest, signals, tell)
    level = 1.0 if accepted is None else accepted.level
    longer = max(1.0, options.horizon_days / backtest.horizon_days) ** 0.5
    return Fit(
        buying,
        money,
        as_of,
        options,
        backtest,
        tuple(notes),
        backtest.money_factor * level,
        backtest.total_factor * level,
        min(backtest.log_level_error * longer, LEVEL_ERROR_MAX),
        accepted,
        found,
        len(rows.x),
    )


def value(told: Summaries, model: Fit, values: np.ndarray | None = None, tell: Tell = lambda _: None) -> Valuation:
    """Score every customer; `values` are the measures that the model knows, where it knows signals. What depends on (x, t_x, T) alone is
    worked out once for all who share it."""
    tell("  what each customer will do, and may do")
    whole = {"times": _all(1, told), "slower": _all(0.5, told), "by_signals": _all(1, told)}
    groups: list[tuple[np.ndarray | None, Buying]] = [(None, model.buying)]
    if model.signals is not None and values is not None:
        found = model.signals.groups(values)
        groups = [(places, buying) for places, buying, _times in found]
        whole["by_signals"] = np.empty(len(told.ids), np.float32)
        for inside, _buying, times in found:
            whole["by_signals"][inside] = times
    for places, buying in groups:
        group = told if places is None else told.some(places)
        for part, rows in group.rows(model.as_of).parts(ROWS_AT_ONCE, CUSTOMERS_AT_ONCE):
            at = part if places is None else places[part]
            for name, column in _scored(group.some(part), rows, buying, model).items():
                whole.setdefault(name, np.empty(len(told.ids), column.dtype))[at] = column
    return _sure(Valuation(told.ids, told.spent, **whole))


def _all(figure: float, told: Summaries) -> np.ndarray:
    """The same of every customer, and in memory once."""
    return np.broadcast_to(np.float32(figure), len(told.ids))


def _sure(valuation: Valuation) -> Valuation:
    """Every figure is one; NotFitted otherwise, for a silent one would be believed."""
    for name in valuation.__dataclass_fields__:
        wrong = ~np.isfinite(getattr(valuation, name))
        if wrong.any():
            raise NotFitted(
                f"No {name} comes out for {int(wrong.sum())} customers, customer {valuation.ids[np.argmax(wrong)]} first.",
                mend="Fit with --model nbd.",
            )
    return valuation


def _scored(told: Summaries, rows: Rows, buying: Buying, model: Fit) -> dict[str, np.ndarray]:
    """The columns of a valuation of customers for whom one model speaks."""
    of, money, options = rows.row_of, model.spending.model, model.options
    weeks, churn_weeks = options.horizon_days / DAYS_A_WEEK, CHURN_DAYS / DAYS_A_WEEK
    purchases = buying.purchases(rows, weeks)
    discounted = _discounted(buying, rows, _months(options.horizon_days), options.discount)
    likely = predictive(buying, money, rows, weeks, level=model.level, log_level_error=model.log_level_error)
    part = np.divide(discounted, purchases, out=np.ones(len(purchases)), where=purchases > 0)
    mean = told.mean
    worth = money.expected(told.counts, mean) * model.level
    scale = money.fit.parameters[2] + told.counts * mean
    error = log_error(buying, lambda one: one.purchases(rows, weeks))[of]
    surely = np.exp(Z * np.hypot(error, log_error(money, lambda one: one.expected(told.counts, mean))))
    expected = discounted[of] * worth
    gap, due = _rhythm(buying, rows)
    scored = {
        "purchases": (purchases * model.purchases_level)[of],
        "value": expected,
        "low": expected / surely,
        "high": expected * surely,
        "may_low": (likely.low * part)[of] * scale,
        "may_high": (likely.high * part)[of] * scale,
        "lifetime": _discounted(buying, rows, _lifetime(), options.discount)[of] * worth,
        "in_churn_days": buying.purchases(rows, churn_weeks)[of] * worth,
        "none": buying.none_within(rows, weeks)[of],
        "churn": buying.none_within(rows, churn_weeks)[of],
        "alive": buying.alive(rows)[of],
        "silence": _silence(buying, rows)[of],
        "rhythm_days": (gap * DAYS_A_WEEK)[of],
        "confirmed": np.zeros(len(of)),
    }
    due_day = (told.last + np.minimum(np.ceil(due[of] * DAYS_A_WEEK), DUE_DAYS_MAX)).astype(np.int32)
    return {**{name: column.astype(np.float32) for name, column in scored.items()}, "due_day": due_day}


def total_between(total: float, log_level_error: float) -> tuple[float, float]:
    """Between what the total lies with 90 %, by how far off totals were before."""
    return total * float(np.exp(-Z * log_level_error)), total * float(np.exp(Z * log_level_error))


def _signals(
    told: Summaries, sampled: PurchaseDays, as_of: int, kind: type[Buying], backtest: Backtest, signals: Signals | None, tell: Tell
) -> tuple[tuple[Judged, ...], Believed | None]:
    """What was tried, and the model of what was accepted."""
    if signals is None or not signals.names:
        return (), None
    tell("  what else is known of customers")
    found, level = judged(sampled, as_of - backtest.horizon_days, backtest.horizon_days, kind, signals)
    which = tuple(place for place, one in enumerate(found) if one.is_accepted)
    model = believed(told, as_of, kind, signals, which) if which else None
    return found, None if model is None else replace(model, level=level)


def _backtest(sampled: PurchaseDays, as_of: int, options: Options, notes: list[Said], tell: Tell) -> Backtest | None:
    """Over the horizon, or over half of what is known where that is shorter."""
    span = as_of - int(sampled.day.min()) if len(sampled.day) else 0
    horizon = min(options.horizon_days, span // 2)
    if horizon < 1:
        notes.append(Said(gettext_noop("There is no past to forecast from: how far to trust this cannot be told."), {}))
        return None
    try:
        found = backtested(sampled, as_of, horizon, tell, options.model)
    except TooFewPurchases:  # said anew in words that can be translated later
        words = gettext_noop(
            "No back-test: Fewer than %(least)s customers had bought twice %(days)s days ago, or none of them has bought since."
            " Wait for more purchases, load older orders, or choose a shorter horizon."
        )
        notes.append(Said(words, {"least": REPEATERS_MIN, "days": horizon}))
        return None
    if horizon < options.horizon_days:
        words = gettext_noop("Only %(span)s days are known, so the back-test looked %(days)s days ahead, not %(asked)s.")
        notes.append(Said(words, {"span": span, "days": horizon, "asked": options.horizon_days}))
    return found


def _buying(rows: Rows, options: Options, backtest: Backtest | None, notes: list[Said]) -> Buying:
    repeaters = float(rows.count[rows.x > 0].sum())
    if repeaters < REPEATERS_MIN:
        words = gettext_noop("%(n)s customers bought on two days or more; below %(least)s everybody is drawn to one average rate.")
        notes.append(Said(words, {"n": int(repeaters), "least": REPEATERS_MIN}))
        return _plain(rows)
    kind = options.model or (backtest.chosen if backtest else Nbd)
    model, is_identified = fitted(kind, rows)
    if not is_identified:
        if issubclass(kind, TwoKinds):
            words = gettext_noop("%(model)s: a second kind of customer is not identified by these orders, so NBD is taken.")
        else:
            words = gettext_noop("%(model)s: dropout is not identified by these orders, so NBD is taken.")
        notes.append(Said(words, {"model": kind.name}))
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


def _rhythm(buying: Buying, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """(weeks between two purchases while alive, weeks after the last purchase in which DUE of such customers have bought again)."""
    shape, scale = buying.rates(rows.x, rows.t_x)
    return scale / shape, scale * ((1 - DUE) ** (-1 / shape) - 1)


def _silence(buying: Buying, rows: Rows) -> np.ndarray:
    """P(nothing from the last purchase until T) of somebody who still buys as they did until then."""
    shape, scale = buying.rates(rows.x, rows.t_x)
    return (scale / (scale + rows.T - rows.t_x)) ** shape
