"""Which signals to believe: those that bring the forecast nearer to what happened inside their own groups, out of time.

A gain in likelihood is no gain in forecast, so none is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rapport.value.backtest import fitted
from rapport.value.btyd.beta_geometric import BetaGeometric, BgNbd
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import DAYS_A_WEEK
from rapport.value.btyd.signals import Measured, Moved, moved
from rapport.value.days import PurchaseDays, Summaries

NEARER = 0.9  # the error inside a signal's groups must fall below so much of what it was
WORSE = 1.005  # and that of all customers may not rise above
CHANCE = (2 / np.pi) ** 0.5  # the mean distance from 0 of Normal(0, 1)
BEYOND_CHANCE = 1.5
GROUP_MIN = 30  # customers: of fewer nothing can be told
LEARNERS_MAX = 200_000
EFFECT_STEP = 0.05  # effects nearer to each other than this (as logarithms) are one
EFFECT_MAX = 3.0

Known = Callable[[int, np.ndarray], np.ndarray]  # a day and customers: their measures by its end, (customers, measures), NaN unknown


@dataclass(frozen=True)
class Signals:
    """Measures there are, and how to read them as of a day."""

    names: tuple[str, ...]
    known: Known


@dataclass(frozen=True)
class Group:
    """Customers alike in one signal, and what they bought a head in the time after."""

    name: str
    customers: int
    without: float  # forecast with all other signals
    with_them: float
    did: float


@dataclass(frozen=True)
class Judged:
    """One signal, tried out of time."""

    name: str
    rate: float  # how many times as often they buy, one standard deviation up
    stay: float  # how many times as long they stay
    is_accepted: bool
    why: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Believed:
    """The accepted signals and the model that knows them."""

    names: tuple[str, ...]
    which: tuple[int, ...]  # their places among all measures
    measured: Measured
    model: Moved

    def groups(self, values: np.ndarray) -> list[tuple[np.ndarray, Buying]]:
        """Customers (their places) whose signals come to the same, and the model of them; `values` are of all measures."""
        effects = np.clip(self.model.effects(self.measured.z(values[:, list(self.which)])), -EFFECT_MAX, EFFECT_MAX)
        steps = np.round(effects / EFFECT_STEP).astype(np.int64)
        keys, which = np.unique(steps[:, 0] * 1_000 + steps[:, 1], return_inverse=True)
        order = np.argsort(which.reshape(-1), kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(which.reshape(-1)))[:-1])
        found = []
        for key, part in zip(keys.tolist(), parts, strict=True):
            stay = (key + 500) % 1_000 - 500
            found.append((part, self.model.by((key - stay) // 1_000 * EFFECT_STEP, stay * EFFECT_STEP)))
        return found


def judged(days: PurchaseDays, origin: int, horizon_days: int, kind: type[Buying], signals: Signals) -> tuple[Judged, ...]:
    """Forecast from a day in the past with all signals and with all but one, and look inside that one's groups."""
    known = days.until(origin)
    did, _ = days.within(origin, origin + horizon_days, known.ids)
    values = signals.known(origin, known.ids)
    weeks = horizon_days / DAYS_A_WEEK
    told = known.summaries
    every = believed(told, origin, kind, Signals(signals.names, lambda _day, _ids: values), tuple(range(len(signals.names))))
    if every is None:
        return tuple(Judged(name, 1, 1, False, "The same of everybody, or known of nobody.", ()) for name in signals.names)
    with_them = expected(told, origin, every, values, weeks)
    rows = told.rows(origin)
    plain = fitted(kind, rows)[0].purchases(rows, weeks)[rows.row_of]
    if _rmse(with_them, did) > WORSE * _rmse(plain, did):
        return tuple(
            Judged(name, 1, 1, False, f"With signals the forecast is worse than that of {kind.name}.", ()) for name in signals.names
        )
    found = []
    for place, name in enumerate(signals.names):
        without = expected(told, origin, replace(every, model=every.model.without(name)), values, weeks)
        found.append(_judged(name, place, values[:, place], (without, with_them, did), every))
    return tuple(found)


def believed(told: Summaries, as_of: int, kind: type[Buying], signals: Signals, which: tuple[int, ...]) -> Believed | None:
    """The model of these signals, learnt as of the end of a day; None where none of them tells customers apart."""
    chosen = np.linspace(0, len(told.ids) - 1, min(len(told.ids), LEARNERS_MAX)).astype(int)
    values = signals.known(as_of, told.ids[chosen])[:, list(which)]
    known = ~np.isnan(values)
    if not known.any():
        return None
    names = tuple(signals.names[place] for place in which)
    measured = Measured.of(names, values)
    if not (measured.spread > 0).any() and not any(measured.has_missing):
        return None
    x, t_x, T = told.counts[chosen] - 1, told.last[chosen] - told.first[chosen], as_of - told.first[chosen]
    z = measured.z(values)
    model = moved(_family(kind), x, t_x, T, z, measured.columns)
    if model.base.fit.at_edge:  # nobody is seen to leave
        model = moved(Nbd, x, t_x, T, z, measured.columns)
    return Believed(names, which, measured, model)


def expected(told: Summaries, as_of: int, signals: Believed, values: np.ndarray, weeks: float) -> np.ndarray:
    """E[purchases] within so many weeks of each customer; of shape (customers,)."""
    found = np.empty(len(told.ids))
    for part, model in signals.groups(values):
        rows = told.some(part).rows(as_of)
        found[part] = model.purchases(rows, weeks)[rows.row_of]
    return found


def _family(kind: type[Buying]) -> type[Buying]:
    """Pareto/NBD has no signals here; BG/NBD says nearly the same."""
    return kind if issubclass(kind, BetaGeometric | Nbd) else BgNbd


def _judged(name: str, place: int, values: np.ndarray, told: tuple[np.ndarray, np.ndarray, np.ndarray], every: Believed) -> Judged:
    without, with_it, did = told
    parts = _groups(values)
    groups = tuple(Group(label, int(part.sum()), *(float(one[part].mean()) for one in told)) for label, part in parts)
    rate = float(np.exp(every.model.rate[place]))
    stay = float(np.exp(every.model.stay[place])) if len(every.model.stay) else 1.0
    before, after = _distance(without, did, parts), _distance(with_it, did, parts)
    chance = sum(CHANCE * float(did[part].std()) * float(part.sum()) ** 0.5 for _, part in parts)
    if len(groups) < 2:
        return Judged(name, rate, stay, False, f"Fewer than two groups of {GROUP_MIN} customers.", groups)
    if before < BEYOND_CHANCE * chance:
        return Judged(name, rate, stay, False, "What is off inside its groups is no more than chance.", groups)
    nearer = f"{1 - after / before:.0%} nearer" if before > after else f"{after / max(before, 1e-12) - 1:.0%} further off"
    why = f"The forecast inside its groups comes {nearer}"
    if _rmse(with_it, did) > WORSE * _rmse(without, did):
        return Judged(name, rate, stay, False, f"{why}, but that of all customers is worse.", groups)
    return Judged(name, rate, stay, after < NEARER * before, f"{why}.", groups)


def _distance(forecast: np.ndarray, did: np.ndarray, parts: list[tuple[str, np.ndarray]]) -> float:
    """How far forecasts of groups lie from what they did, a customer; what all of them are off by is no matter of a signal."""
    level = did.sum() / max(float(forecast.sum()), 1e-12)
    return sum(float(part.sum()) * abs(float(forecast[part].mean()) * level - float(did[part].mean())) for _, part in parts)


def _groups(values: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Unknown, and thirds of the known (fewer where many are alike); those of GROUP_MIN customers at least."""
    known = ~np.isnan(values)
    found = [("unknown", ~known)]
    if known.any():
        edges = np.unique(np.quantile(values[known], (1 / 3, 2 / 3)))
        place = np.searchsorted(edges, np.where(known, values, np.inf), side="left")
        labels = [
            f"up to {edges[0]:g}",
            *(f"{low:g} to {high:g}" for low, high in pairwise(edges)),
            f"above {edges[-1]:g}",
        ]
        found.extend((label, known & (place == number)) for number, label in enumerate(labels))
    return [(label, part) for label, part in found if int(part.sum()) >= GROUP_MIN]


def _rmse(forecast: np.ndarray, did: np.ndarray) -> float:
    return float(np.sqrt(np.mean((forecast - did) ** 2)))
