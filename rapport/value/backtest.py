"""Which model to believe: each forecasts from several days in the past what is known by now, and the nearest is taken.

Not by likelihood: on CDNOW it prefers the model whose total is worst.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rapport.value.btyd.beta_geometric import BgNbd, MbgNbd
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.pareto_nbd import ParetoNbd
from rapport.value.btyd.rows import DAYS_A_WEEK, Rows
from rapport.value.days import PurchaseDays
from rapport.value.errors import TooFewPurchases
from rapport.value.scores import Scores, scores

CANDIDATES: tuple[type[Buying], ...] = (BgNbd, MbgNbd, ParetoNbd, Nbd)
ORIGINS = 3  # days to forecast from, a quarter of the horizon apart
REPEATERS_MIN = 50  # with fewer, parameters are guesses
ALIKE = 1.02  # errors so near to the least are no worse; then the total decides


@dataclass(frozen=True)
class Tried:
    """One model forecasting from one day."""

    model: str
    origin: int  # days since 1970-01-01
    customers: int
    is_identified: bool  # else its dropout ran to the edge, and NBD speaks for it
    scores: Scores


@dataclass(frozen=True)
class Backtest:
    """All that was tried, and who won."""

    horizon_days: int
    tried: tuple[Tried, ...]
    chosen: type[Buying]
    why: str

    @property
    def total_factor(self) -> float:
        """By how much what the chosen model said was to be multiplied at the last origin to be right over all."""
        last = max((one for one in self.tried if one.model == self.chosen.name), key=lambda one: one.origin)
        return 1 / (1 + last.scores.total_error)


def fitted(kind: type[Buying], rows: Rows) -> tuple[Buying, bool]:
    """A model of these customers and whether it is identified; NBD where its dropout is not in the data."""
    model = kind.of(rows)
    return (Nbd.of(rows), False) if model.fit.at_edge and kind is not Nbd else (model, True)


def backtested(days: PurchaseDays, today: int, horizon_days: int, tell: Callable[[str], None] = lambda _: None) -> Backtest:
    """Forecast the horizon from each origin; the last lies a horizon before today. TooFewPurchases where there is no past to learn from."""
    tried: list[Tried] = []
    for number in range(ORIGINS):
        origin = today - horizon_days - number * (horizon_days // 4)
        known = days.until(origin)
        if int((known.counts > 1).sum()) < REPEATERS_MIN:
            break
        rows = known.rows(origin)
        did, _ = days.within(origin, origin + horizon_days, known.ids)
        if not did.any():
            break
        for kind in CANDIDATES:
            tell(f"  {kind.name} from day {np.datetime64(origin, 'D')}")
            model, is_identified = fitted(kind, rows)
            weeks = horizon_days / DAYS_A_WEEK
            forecast, none = (one[rows.row_of] for one in (model.purchases(rows, weeks), model.none_within(rows, weeks)))
            tried.append(Tried(kind.name, origin, len(known.ids), is_identified, scores(forecast, none, did)))
    if not tried:
        raise TooFewPurchases(
            f"Fewer than {REPEATERS_MIN} customers had bought twice {horizon_days} days ago, or none of them has bought since.",
            mend="Wait for more purchases, load older orders, or choose a shorter horizon.",
        )
    return _decided(horizon_days, tuple(tried))


def _decided(horizon_days: int, tried: tuple[Tried, ...]) -> Backtest:
    """The least total error of those whose error a customer is as small as any's."""
    identified = [kind for kind in CANDIDATES if all(one.is_identified for one in tried if one.model == kind.name)]
    errors = {kind: _mean_square(kind, tried) for kind in identified}
    least = min(errors.values())
    near = [kind for kind, error in errors.items() if error <= ALIKE * least]
    chosen = min(near, key=lambda kind: _total(kind, tried))
    lost = [kind.name for kind in CANDIDATES if kind not in identified]
    why = f"{chosen.name}: error {errors[chosen]:.3f} a customer (least {least:.3f}), total off by {_total(chosen, tried):.1%}."
    if lost:
        seen = "nobody is seen to leave in this time" if identified == [Nbd] else "NBD speaks for it"
        why += f" Dropout is not identified in {', '.join(lost)}: {seen}."
    return Backtest(horizon_days, tried, chosen, why)


def _mean_square(kind: type[Buying], tried: tuple[Tried, ...]) -> float:
    return float(np.sqrt(np.mean([one.scores.rmse**2 for one in tried if one.model == kind.name])))


def _total(kind: type[Buying], tried: tuple[Tried, ...]) -> float:
    return float(np.mean([abs(one.scores.total_error) for one in tried if one.model == kind.name]))
