"""Which signals to believe: those that bring the forecast nearer to what happened inside their own groups, out of time.

A gain in likelihood is no gain in forecast, so none is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from django.utils.translation import gettext_noop

from rapport.value.backtest import fitted
from rapport.value.btyd.beta_geometric import BetaGeometric, BgNbd
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import DAYS_A_WEEK
from rapport.value.btyd.signals import Measured, Moved, moved
from rapport.value.days import CUSTOMERS_AT_ONCE, PurchaseDays, Summaries
from rapport.value.said import Said

NEARER = 0.9  # the error inside a signal's groups must fall below so much of what it was
WORSE = 1.005  # and that of all customers may not rise above
CHANCE = (2 / np.pi) ** 0.5  # the mean distance from 0 of Normal(0, 1)
BEYOND_CHANCE = 1.5
GROUP_MIN = 30  # customers: of fewer nothing can be told
LEARNERS_MAX = 200_000
EFFECT_STEP = 0.05  # effects nearer to each other than this (as logarithms) are one
EFFECT_MAX = 3.0

# (day, customers, places of measures) -> those measures by the end of the day, of shape (customers, places); NaN unknown
Known = Callable[[int, np.ndarray, tuple[int, ...]], np.ndarray]


@dataclass(frozen=True)
class Signals:
    """Measures there are, and how to read them as of a day."""

    names: tuple[str, ...]
    known: Known
    is_counted: tuple[bool, ...] = ()  # counts and sums; () for none

    @property
    def every(self) -> tuple[int, ...]:
        return tuple(range(len(self.names)))


@dataclass(frozen=True)
class Group:
    """Customers alike in one signal, and what they bought a head in the time after."""

    name: Said
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
    why: Said
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Believed:
    """The accepted signals and the model that knows them."""

    names: tuple[str, ...]
    which: tuple[int, ...]  # their places among all measures
    measured: Measured
    model: Moved
    level: float = 1.0  # their total at the origin they were tried from was to be multiplied by this to be that without signals

    def groups(self, values: np.ndarray) -> list[tuple[np.ndarray, Buying, float]]:
        """Customers (their places) whose signals come to the same, the model of them, and how many times as often they buy for it;
        `values` are of these measures."""
        steps = np.empty((len(values), 2), np.int64)
        for start in range(0, len(values), CUSTOMERS_AT_ONCE):
            some = slice(start, start + CUSTOMERS_AT_ONCE)
            effects = np.clip(self.model.effects(self.measured.z(values[some])), -EFFECT_MAX, EFFECT_MAX)
            steps[some] = np.round(effects / EFFECT_STEP)
        keys, which = np.unique(steps[:, 0] * 1_000 + steps[:, 1], return_inverse=True)
        order = np.argsort(which.reshape(-1), kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(which.reshape(-1)))[:-1])
        found = []
        for key, part in zip(keys.tolist(), parts, strict=True):
            stay = (key + 500) % 1_000 - 500
            rate = (key - stay) // 1_000 * EFFECT_STEP
            found.append((part, self.model.by(rate, stay * EFFECT_STEP), float(np.exp(rate))))
        return found


def judged(days: PurchaseDays, origin: int, horizon_days: int, kind: type[Buying], signals: Signals) -> tuple[tuple[Judged, ...], float]:
    """Forecast from a day in the past with all signals and with all but one, and look inside that one's groups.

    One that makes the forecast of all customers worse is left out, the worst first, and the others are tried anew: it must not cost the
    company those that help. The second answer is the total without signals over that with all that are accepted: how far totals are off is
    known of the model without.
    """
    known = days.until(origin)
    did, _ = days.within(origin, origin + horizon_days, known.ids)
    trial = _Trial(known.summaries, did, origin, kind, horizon_days / DAYS_A_WEEK, signals, signals.known(origin, known.ids, signals.every))
    which, found = signals.every, dict[int, Judged]()
    while which:
        together = trial.of(which)
        found |= dict(zip(which, together.judged, strict=True))
        if not together.is_worse and together.worse[together.worst] <= WORSE:
            break
        which = which[: together.worst] + which[together.worst + 1 :]
    accepted = tuple(place for place in signals.every if found[place].is_accepted)
    return tuple(found[place] for place in signals.every), trial.of(accepted).level if accepted else 1.0


@dataclass(frozen=True)
class _Together:
    """Signals tried together: whether with all of them the forecast is worse than with none; `worse`: the error with each over that
    without it; `level`: the total with none over that with all."""

    judged: tuple[Judged, ...]
    is_worse: bool
    worse: tuple[float, ...]
    level: float

    @property
    def worst(self) -> int:
        return int(np.argmax(self.worse))


@dataclass(frozen=True)
class _Trial:
    """Customers as of an origin, what is known of them, and what they did in the weeks after."""

    told: Summaries
    did: np.ndarray
    origin: int
    kind: type[Buying]
    weeks: float
    signals: Signals
    values: np.ndarray  # (customers, measures)

    def of(self, which: tuple[int, ...]) -> _Together:
        values, names = self.values[:, list(which)], [self.signals.names[place] for place in which]
        at_hand = replace(
            self.signals, known=lambda _day, whose, wanted: self.values[np.searchsorted(self.told.ids, whose)][:, list(wanted)]
        )
        every = believed(self.told, self.origin, self.kind, at_hand, which)
        if every is None:
            why = Said(gettext_noop("The same of everybody, or known of nobody."), {})
            return _Together(tuple(Judged(name, 1, 1, False, why, ()) for name in names), False, (1.0,) * len(which), 1.0)
        with_them = expected(self.told, self.origin, every, values, self.weeks)
        is_worse = _rmse(with_them, self.did) > WORSE * _rmse(self._plain, self.did)
        found, worse = [], []
        for place, name in enumerate(names):
            without = expected(self.told, self.origin, replace(every, model=every.model.without(name)), values, self.weeks)
            one = _judged(name, place, values[:, place], (without, with_them, self.did), every)
            if is_worse:
                words = gettext_noop("With signals the forecast is worse than that of %(model)s.")
                one = replace(one, is_accepted=False, why=Said(words, {"model": self.kind.name}))
            found.append(one)
            worse.append(_rmse(with_them, self.did) / max(_rmse(without, self.did), 1e-12))
        return _Together(tuple(found), is_worse, tuple(worse), _level(with_them, self._plain))

    @cached_property
    def _plain(self) -> np.ndarray:
        rows = self.told.rows(self.origin)
        return fitted(self.kind, rows)[0].purchases(rows, self.weeks)[rows.row_of]


def believed(told: Summaries, as_of: int, kind: type[Buying], signals: Signals, which: tuple[int, ...]) -> Believed | None:
    """The model of these signals, learnt as of the end of a day; None where none of them tells customers apart."""
    chosen = np.linspace(0, len(told.ids) - 1, min(len(told.ids), LEARNERS_MAX)).astype(int)
    values = signals.known(as_of, told.ids[chosen], which)
    known = ~np.isnan(values)
    if not known.any():
        return None
    names = tuple(signals.names[place] for place in which)
    measured = Measured.of(names, values, tuple(signals.is_counted[place] for place in which) if signals.is_counted else ())
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
    for part, model, _times in signals.groups(values):
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
        few = Said(gettext_noop("Fewer than two groups of %(least)s customers."), {"least": GROUP_MIN})
        return Judged(name, rate, stay, False, few, groups)
    if before < BEYOND_CHANCE * chance:
        usual = Said(gettext_noop("What is off inside its groups is no more than chance."), {})
        return Judged(name, rate, stay, False, usual, groups)
    is_worse = _rmse(with_it, did) > WORSE * _rmse(without, did)
    is_nearer = not is_worse and after < NEARER * before
    return Judged(name, rate, stay, is_nearer, _came(before, after, is_worse), groups)


def _came(before: float, after: float, is_worse: bool) -> Said:
    """How much nearer the forecast comes inside a signal's groups, and whether that of all customers is worse for it."""
    if before > after:
        by = {"by": f"{1 - after / before:.0%}"}
        if is_worse:
            return Said(gettext_noop("The forecast inside its groups comes %(by)s nearer, but that of all customers is worse."), by)
        return Said(gettext_noop("The forecast inside its groups comes %(by)s nearer."), by)
    by = {"by": f"{after / max(before, 1e-12) - 1:.0%}"}
    if is_worse:
        return Said(gettext_noop("The forecast inside its groups comes %(by)s further off, but that of all customers is worse."), by)
    return Said(gettext_noop("The forecast inside its groups comes %(by)s further off."), by)


def _distance(forecast: np.ndarray, did: np.ndarray, parts: list[tuple[Said, np.ndarray]]) -> float:
    """How far forecasts of groups lie from what they did, a customer; the level is mended for all."""
    level = _level(forecast, did)
    return sum(float(part.sum()) * abs(float(forecast[part].mean()) * level - float(did[part].mean())) for _, part in parts)


def _groups(values: np.ndarray) -> list[tuple[Said, np.ndarray]]:
    """Unknown, and thirds of the known (fewer where many are alike); those of GROUP_MIN customers at least."""
    known = ~np.isnan(values)
    found = [(Said(gettext_noop("unknown"), {}), ~known)]
    if known.any():
        edges = np.unique(np.quantile(values[known], (1 / 3, 2 / 3)))
        place = np.searchsorted(edges, np.where(known, values, np.inf), side="left")
        labels = [
            Said(gettext_noop("up to %(high)s"), {"high": f"{edges[0]:g}"}),
            *(Said(gettext_noop("%(low)s to %(high)s"), {"low": f"{low:g}", "high": f"{high:g}"}) for low, high in pairwise(edges)),
            Said(gettext_noop("above %(low)s"), {"low": f"{edges[-1]:g}"}),
        ]
        found.extend((label, known & (place == number)) for number, label in enumerate(labels))
    return [(label, part) for label, part in found if int(part.sum()) >= GROUP_MIN]


def _rmse(forecast: np.ndarray, did: np.ndarray) -> float:
    """Of a forecast whose total is right: the level is mended for all, and no matter of a signal."""
    return float(np.sqrt(np.mean((forecast * _level(forecast, did) - did) ** 2)))


def _level(forecast: np.ndarray, did: np.ndarray) -> float:
    return float(did.sum()) / max(float(forecast.sum()), 1e-12)
