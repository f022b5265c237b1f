"""What a back-test holds the models against: the plain rules people use, and boosted trees on recency, frequency and money."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext_noop

from rapport.value.btyd.threads import alone
from rapport.value.days import PurchaseDays

QUARTER_DAYS = 91
LEARNERS_MAX = 100_000  # customers that trees are grown from
LEARNERS_MIN = 200
TREES, LEAVES, RATE = 150, 15, 0.05


@dataclass(frozen=True)
class Forecast:
    """Of each customer for one horizon; arrays of shape (customers,)."""

    purchases: np.ndarray
    none: np.ndarray  # P(no purchase)
    money: np.ndarray


Challenger = Callable[[PurchaseDays, int, int], Forecast | None]  # what is known, the day it is known at, the horizon in days


def average_rate(known: PurchaseDays, today: int, horizon: int) -> Forecast:
    """As often as ever since the first purchase, at the average amount."""
    told = known.summaries
    watched = np.maximum(today - told.first, 1)
    return _at_rate((told.counts - 1) / watched * horizon, told.mean)


def same_as_last_period(known: PurchaseDays, today: int, horizon: int) -> Forecast:
    """As often and as much as in as long a time before; whom we know for less is taken for as long as we know anybody."""
    return _same_again(known, today, horizon, horizon)


def same_as_last_quarter(known: PurchaseDays, today: int, horizon: int) -> Forecast:
    return _same_again(known, today, horizon, QUARTER_DAYS)


def boosted_trees(known: PurchaseDays, today: int, horizon: int) -> Forecast | None:
    """Trained on the last time that is over, of half the horizon where the whole is not known; None where nothing can be learnt."""
    span = today - int(known.day.min())
    window = min(horizon, span // 2)
    past = known.until(today - window)
    if window < 1 or len(past.ids) < LEARNERS_MIN:
        return None
    did, spent = known.within(today - window, today, past.ids)
    if not did.any() or did.all():
        return None
    learners = np.arange(len(past.ids)) if len(past.ids) <= LEARNERS_MAX else np.linspace(0, len(past.ids) - 1, LEARNERS_MAX).astype(int)
    seen, now = _features(past, today - window)[learners], _features(known, today)
    import sklearn.ensemble  # noqa: F401, PLC0415  seconds to load, and before its threads are counted

    return _grown(seen, now, did[learners], spent[learners], horizon / window)


@alone
def _grown(seen: np.ndarray, now: np.ndarray, did: np.ndarray, spent: np.ndarray, longer: float) -> Forecast:
    """What was done is so many times as much over the horizon."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415

    options = {"max_iter": TREES, "max_leaf_nodes": LEAVES, "learning_rate": RATE, "random_state": 0}
    purchases = HistGradientBoostingRegressor(loss="poisson", **options).fit(seen, did).predict(now) * longer
    money = HistGradientBoostingRegressor(**options).fit(seen, spent).predict(now) * longer
    none = HistGradientBoostingClassifier(**options).fit(seen, did == 0).predict_proba(now)[:, 1] ** longer
    return Forecast(purchases, none, np.maximum(money, 0))


CHALLENGERS: dict[str, Challenger] = {  # names are kept in English, and shown translated
    gettext_noop("Average rate"): average_rate,
    gettext_noop("Same as last period"): same_as_last_period,
    gettext_noop("Same as last quarter"): same_as_last_quarter,
    gettext_noop("Boosted trees"): boosted_trees,
}


def _at_rate(purchases: np.ndarray, worth: np.ndarray) -> Forecast:
    return Forecast(purchases, np.exp(-purchases), purchases * worth)


def _same_again(known: PurchaseDays, today: int, horizon: int, window: int) -> Forecast:
    window = min(window, max(today - int(known.day.min()), 1))
    did, spent = known.within(today - window, today, known.ids)
    longer = horizon / window
    return Forecast(did * longer, np.exp(-did * longer), np.maximum(spent, 0) * longer)


def _features(known: PurchaseDays, today: int) -> np.ndarray:
    """Recency, frequency and money, ever and of late; of shape (customers, features)."""
    told = known.summaries
    late = [part for days in (30, QUARTER_DAYS, 182) for part in known.within(today - days, today, known.ids)]
    last_amount = known.amount[known.start[1:] - 1]
    return np.column_stack([told.counts, today - told.first, today - told.last, told.last - told.first, told.mean, last_amount, *late])
