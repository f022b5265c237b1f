"""Which model to believe: each forecasts from several days in the past what is known by now, and the nearest is taken.

Not by likelihood: on CDNOW it prefers the model whose total is worst. Beside the models stand the plain rules people use, so that the
report says where one of them came nearer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

import numpy as np
from django.utils.translation import gettext_noop

from rapport.value import clusters
from rapport.value.btyd.beta_geometric import BgNbd, MbgNbd
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.pareto_nbd import ParetoNbd
from rapport.value.btyd.rows import DAYS_A_WEEK, Rows
from rapport.value.btyd.two_kinds import TwoKinds
from rapport.value.challengers import CHALLENGERS, Forecast
from rapport.value.days import PurchaseDays, Summaries
from rapport.value.errors import NotFitted, TooFewPurchases
from rapport.value.intervals import around, level_error, predictive
from rapport.value.names import CHURN_DAYS
from rapport.value.partings import FIFTHS, NAMES, NAMES_OF_FIFTHS, PYRAMID, Later, by_rank, later
from rapport.value.past import Tracking, tracking
from rapport.value.said import Said
from rapport.value.scores import MoneyScores, Scores, by_tenth, money_scores, scores
from rapport.value.spending import spending

CANDIDATES: tuple[type[Buying], ...] = (BgNbd, MbgNbd, ParetoNbd, Nbd, TwoKinds)
ORIGINS = 3  # days to forecast from, a quarter of the horizon apart
REPEATERS_MIN = 50  # with fewer, parameters are guesses
ALIKE = 1.02  # errors so near to the least are no worse; then the total decides
LEVEL_MAX = 2.0  # a total that was further off says the past is no guide, and multiplying by it would not mend that


@dataclass(frozen=True)
class Tried:
    """One model, or one plain rule, forecasting from one day."""

    model: str
    origin: int  # days since 1970-01-01
    customers: int
    is_rule: bool
    is_identified: bool  # else its dropout ran to the edge, and NBD speaks for it
    scores: Scores
    money: MoneyScores


@dataclass(frozen=True)
class Held:
    """Of the chosen model at the last origin: how much of what customers spent lay within the predictive interval of 90 %, and more."""

    over_all: float
    by_tenth: tuple[float, ...]  # from the lowest forecasts to the highest
    pyramid: tuple[Later, ...] = ()  # what customers of each level, by forecast, went on to bring
    fifths: tuple[Later, ...] = ()
    clusters: tuple[Later, ...] = ()  # found at the origin
    tracking: Tracking | None = None
    likely_by_tenth: tuple[tuple[float, float], ...] = ()  # the mean spent of each tenth was to lie between, with 90 %


@dataclass(frozen=True)
class Outcome:
    """Of each customer known at the last origin: what the chosen model said, and what came of it; arrays of shape (customers,)."""

    origin: int
    ids: np.ndarray  # rising
    none: np.ndarray  # P(no purchase within the horizon)
    did: np.ndarray  # days with a purchase
    forecast: np.ndarray  # of money
    spent: np.ndarray


@dataclass(frozen=True)
class Backtest:
    """All that was tried, and who won."""

    horizon_days: int
    tried: tuple[Tried, ...]
    chosen: type[Buying]
    why: Said
    held: Held | None = None
    outcome: Outcome | None = None

    @cached_property
    def of_chosen(self) -> tuple[Tried, ...]:
        """The chosen model's trials, the last origin first."""
        return tuple(sorted((one for one in self.tried if one.model == self.chosen.name), key=lambda one: -one.origin))

    @property
    def total_factor(self) -> float:
        """By how much what the chosen model said was to be multiplied at the last origin to be right over all."""
        return _factor(self.of_chosen[0].scores.total_error)

    @property
    def money_factor(self) -> float:
        return _factor(self.of_chosen[0].money.total_error)

    @property
    def log_level_error(self) -> float:
        """How far the total of money was off over this horizon, as a standard error of its logarithm."""
        return level_error(one.money.total_error for one in self.of_chosen)

    @cached_property
    def closer(self) -> tuple[str, ...]:
        """“rule: figure” for every figure of the last origin on which a plain rule came closer than the chosen model."""
        own = self.of_chosen[0]
        rules = [one for one in self.tried if one.is_rule and one.origin == own.origin]
        return tuple(
            f"{rule.model}: {name}"
            for name, distance in FIGURES.items()
            for rule in rules
            if distance(rule) < distance(own)  # what cannot be told is not closer
        )


FIGURES: dict[str, Callable[[Tried], float]] = {  # what is less in a better forecast; names are kept in English, and shown translated
    gettext_noop("total of purchases"): lambda one: abs(one.scores.total_error),
    gettext_noop("error a customer (RMSE)"): lambda one: one.scores.rmse,
    gettext_noop("mean error (MAE)"): lambda one: one.scores.mae,
    gettext_noop("purchases found in the top tenth"): lambda one: -one.scores.top_tenth,
    gettext_noop("who leaves (AUC)"): lambda one: -one.scores.churn_auc,
    gettext_noop("who leaves (Brier)"): lambda one: one.scores.churn_brier,
    gettext_noop("total of money"): lambda one: abs(one.money.total_error),
    gettext_noop("error of money a customer (RMSE)"): lambda one: one.money.rmse,
    gettext_noop("mean error of money (MAE)"): lambda one: one.money.mae,
    gettext_noop("money found in the top tenth"): lambda one: -one.money.top_tenth,
}


def fitted(kind: type[Buying], rows: Rows) -> tuple[Buying, bool]:
    """A model of these customers and whether it is identified; NBD where its dropout is not in the data, or it finds no maximum."""
    try:
        model = kind.of(rows)
    except NotFitted:
        if kind is Nbd:
            raise
        return Nbd.of(rows), False
    return (Nbd.of(rows), False) if model.fit.at_edge and kind is not Nbd else (model, True)


def backtested(
    days: PurchaseDays,
    today: int,
    horizon_days: int,
    tell: Callable[[str], None] = lambda _: None,
    asked: type[Buying] | None = None,
) -> Backtest:
    """Forecast the horizon from each origin; the last lies a horizon before today. TooFewPurchases where there is no past to learn from.

    A model that is asked for is chosen where it is identified, and then no other is tried but NBD.
    """
    kinds: Sequence[type[Buying]] = CANDIDATES if asked is None else [asked] if asked is Nbd else [asked, Nbd]
    tried: list[Tried] = []
    for number in range(ORIGINS):
        origin = today - horizon_days - number * (horizon_days // 4)
        known = days.until(origin)
        did, spent = days.within(origin, origin + horizon_days, known.ids)
        if int((known.counts > 1).sum()) < REPEATERS_MIN or not did.any():
            break
        tell(f"  back-test from {np.datetime64(origin, 'D')}")
        tried.extend(_tried(known, origin, horizon_days, did, spent, kinds))
    if not tried:
        raise TooFewPurchases(
            f"Fewer than {REPEATERS_MIN} customers had bought twice {horizon_days} days ago, or none of them has bought since.",
            mend="Wait for more purchases, load older orders, or choose a shorter horizon.",
        )
    return _decided(horizon_days, tuple(tried), kinds, asked, _Holds(days, today - horizon_days, horizon_days))


def _tried(
    known: PurchaseDays, origin: int, horizon: int, did: np.ndarray, spent: np.ndarray, kinds: Sequence[type[Buying]]
) -> list[Tried]:
    rows, told = known.rows(origin), known.summaries
    worth = spending(told.counts, told.mean).model.expected(told.counts, told.mean)
    found, weeks = [], horizon / DAYS_A_WEEK
    for kind in kinds:
        model, is_identified = fitted(kind, rows)
        purchases, none = (one[rows.row_of] for one in (model.purchases(rows, weeks), model.none_within(rows, weeks)))
        said = scores(purchases, none, did), money_scores(purchases * worth, spent)
        found.append(Tried(kind.name, origin, len(known.ids), False, is_identified, *said))
    for name, rule in CHALLENGERS.items():
        forecast: Forecast | None = rule(known, origin, horizon)
        if forecast is not None:
            said = scores(forecast.purchases, forecast.none, did), money_scores(forecast.money, spent)
            found.append(Tried(name, origin, len(known.ids), True, True, *said))
    return found


@dataclass(frozen=True)
class _Holds:
    """What the predictive interval of a model held of what was spent after one origin, and how near it was to be in sum.

    How far totals may be off is learnt from trials at earlier origins alone: what came out after this one takes no part in it.
    """

    days: PurchaseDays
    origin: int
    horizon: int

    def of(self, kind: type[Buying], earlier: Sequence[Tried]) -> tuple[Held, Outcome]:
        known = self.days.until(self.origin)
        did, spent = self.days.within(self.origin, self.origin + self.horizon, known.ids)
        rows, told = known.rows(self.origin), known.summaries
        model, money = fitted(kind, rows)[0], spending(told.counts, told.mean).model
        weeks = self.horizon / DAYS_A_WEEK
        likely = predictive(model, money, rows, weeks)
        scale = money.fit.parameters[2] + told.counts * told.mean
        low, high = likely.low[rows.row_of] * scale, likely.high[rows.row_of] * scale
        inside = (spent >= low) & (spent <= high)
        forecast = model.purchases(rows, weeks)[rows.row_of] * money.expected(told.counts, told.mean)
        outcome = Outcome(self.origin, known.ids, model.none_within(rows, weeks)[rows.row_of], did, forecast, spent)
        parted = outcome.none, did
        held = Held(
            float(inside.mean()),
            tuple(float(inside[part].mean()) for part in by_tenth(forecast)),
            later(by_rank(forecast, PYRAMID), NAMES, spent, *parted),
            later(by_rank(forecast, FIFTHS), NAMES_OF_FIFTHS, spent, *parted),
            _clusters_later(told, model.none_within(rows, CHURN_DAYS / DAYS_A_WEEK)[rows.row_of], outcome),
            tracking(self.days, model, self.origin, self.origin + self.horizon, level_error(one.scores.total_error for one in earlier)),
            _likely_by_tenth(forecast, self.days.within(self.origin - self.horizon, self.origin, known.ids)[1], earlier),
        )
        return held, outcome


def _clusters_later(told: Summaries, churn: np.ndarray, outcome: Outcome) -> tuple[Later, ...]:
    """Of clusters as they would have been found at the origin: another day's, with limits of their own."""
    columns = clusters.columns(outcome.forecast, churn, told.spent, told.counts)
    found = clusters.found(columns)
    if found is None:
        return ()
    return later(found.places(columns), [part.name for part in found.parts], outcome.spent, outcome.none, outcome.did)


def _likely_by_tenth(forecast: np.ndarray, before: np.ndarray, earlier: Sequence[Tried]) -> tuple[tuple[float, float], ...]:
    """Around the mean forecast of each tenth: as far off as that tenth was at earlier origins, and by chance, sd / sqrt(n) of what its n
    customers spent in as long a time before (`before`)."""
    tenths = by_tenth(forecast)
    past = [list(zip(one.money.forecast_by_tenth, one.money.actual_by_tenth, strict=True)) for one in earlier]
    error = np.array([level_error(said / did - 1 for said, did in (one[place] for one in past) if did > 0) for place in range(len(tenths))])
    means = np.array([forecast[part].mean() for part in tenths])
    low, high = around(means, error, np.array([before[part].std() / np.sqrt(len(part)) for part in tenths]))
    return tuple(zip(low.tolist(), high.tolist(), strict=True))


def _decided(
    horizon_days: int, tried: tuple[Tried, ...], kinds: Sequence[type[Buying]], asked: type[Buying] | None, holds: _Holds
) -> Backtest:
    """The least total error of those whose error a customer is as small as any's."""
    last = tried[0].origin
    identified = [kind for kind in kinds if any(one.is_identified and one.origin == last for one in tried if one.model == kind.name)]
    errors = {kind: _mean_square(kind, tried) for kind in identified or [Nbd]}
    least = min(errors.values())
    near = [kind for kind, error in errors.items() if error <= ALIKE * least]
    if asked in errors:
        near = [asked]
    chosen = min(near, key=lambda kind: _total(kind, tried))
    lost = [kind.name for kind in kinds if kind not in identified]
    of = {"error": f"{errors[chosen]:.3f}", "least": f"{least:.3f}", "total": f"{_total(chosen, tried):.1%}", "lost": ", ".join(lost)}
    why = Said(_why(len(lost), set(identified)), {"model": chosen.name, **of})
    earlier = [one for one in tried if one.model == chosen.name and one.origin < last]
    return Backtest(horizon_days, tried, chosen, why, *holds.of(chosen, earlier))


def _why(lost: int, identified: set[type[Buying]]) -> str:
    """The words for how the chosen model did, and for those whose dropout is not in the data."""
    if not lost:
        return gettext_noop("%(model)s: error %(error)s a customer (least %(least)s), total off by %(total)s.")
    if identified <= {Nbd, TwoKinds}:
        return gettext_noop(
            "%(model)s: error %(error)s a customer (least %(least)s), total off by %(total)s."
            " Dropout is not identified in %(lost)s: nobody is seen to leave in this time."
        )
    return gettext_noop(
        "%(model)s: error %(error)s a customer (least %(least)s), total off by %(total)s."
        " Dropout is not identified in %(lost)s: NBD speaks for it."
    )


def _mean_square(kind: type[Buying], tried: tuple[Tried, ...]) -> float:
    return float(np.sqrt(np.mean([one.scores.rmse**2 for one in tried if one.model == kind.name])))


def _total(kind: type[Buying], tried: tuple[Tried, ...]) -> float:
    return float(np.mean([abs(one.scores.total_error) for one in tried if one.model == kind.name]))


def _factor(total_error: float) -> float:
    return 1.0 if isnan(total_error) else float(np.clip(1 / (1 + max(total_error, -0.99)), 1 / LEVEL_MAX, LEVEL_MAX))
