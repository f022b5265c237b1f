"""Customers parted by their value: a pyramid with the best few on top, fifths, or clusters (`clusters`); and how good such a parting is:
alike inside, apart, the same when redrawn, in order when time has passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from django.utils.translation import gettext_noop

from rapport.segments.silos.quality import apartness, eta_squared, mean_with_interval

# parts of all customers, from the top; names are kept in English
PYRAMID = (0.01, 0.05, 0.20)
NAMES = (gettext_noop("Top 1 %"), gettext_noop("Next 4 %"), gettext_noop("Next 15 %"), gettext_noop("Others"))
FIFTHS = (0.20, 0.40, 0.60, 0.80)
NAMES_OF_FIFTHS = (
    gettext_noop("Best fifth"),
    gettext_noop("Second fifth"),
    gettext_noop("Third fifth"),
    gettext_noop("Fourth fifth"),
    gettext_noop("Last fifth"),
)
LOOKED_AT_MAX = 100_000  # customers whose features are laid out: of them a sample is drawn


@dataclass(frozen=True)
class Level:
    """One part of a parting."""

    name: str
    customers: int
    value: float  # of all of them together
    share: float  # of all value
    variation: float | None  # standard deviation over mean inside
    churn: float | None  # mean P(no purchase within the churn horizon)


@dataclass(frozen=True)
class Quality:
    """How well it parts. None: that cannot be told."""

    value_explained: float | None  # eta squared of the logarithm of the value
    apart: float | None  # silhouette
    near: float | None  # Davies-Bouldin: the less the better
    stable: float | None  # adjusted Rand over bootstrap samples


@dataclass(frozen=True)
class Later:
    """What customers of a level went on to bring, forecast from the last origin of the back-test."""

    name: str
    customers: int
    mean: float
    low: float | None
    high: float | None
    share: float  # of all that was brought
    churn_said: float  # mean P(no purchase) over the horizon of the back-test
    churn_was: float


def places(value: np.ndarray, limits: Sequence[float]) -> np.ndarray:
    """The level of each customer, 0 on top, by least values that fall. Equal values share a level."""
    return (value[:, None] < np.array(limits)[None, :]).sum(axis=1)


def by_rank(value: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """The same by parts of all customers."""
    return places(value, least(value, shares))


def least(value: np.ndarray, shares: Sequence[float]) -> list[float]:
    """The least values of who is among the best parts of all customers."""
    falling = -np.sort(-np.asarray(value, float))
    return [float(falling[max(0, int(np.ceil(share * len(falling))) - 1)]) if len(falling) else 0.0 for share in shares]


def levels(place: np.ndarray, names: Sequence[str], value: np.ndarray, churn: np.ndarray) -> tuple[Level, ...]:
    """From each customer's level, value and chance to buy nothing; of shape (customers,)."""
    found, total = [], float(value.sum(dtype=float))
    for number, name in enumerate(names):
        inside = place == number
        own = value[inside].astype(float)
        mean = float(own.mean()) if len(own) else 0.0
        found.append(
            Level(
                name,
                len(own),
                float(own.sum()),
                float(own.sum()) / total if total else 0.0,
                float(own.std() / mean) if mean else None,
                float(churn[inside].mean(dtype=float)) if len(own) else None,
            )
        )
    return tuple(found)


def quality(place: np.ndarray, value: np.ndarray, features: Sequence[np.ndarray]) -> Quality:
    """Over features of shape (customers,), standardised."""
    explained = eta_squared(np.log1p(np.maximum(value, 0).astype(float)), place)
    some = np.linspace(0, len(place) - 1, min(len(place), LOOKED_AT_MAX)).astype(np.int64)
    points = np.column_stack([one[some] for one in features]).astype(float)
    spread = points.std(axis=0)
    found = apartness((points - points.mean(axis=0)) / np.where(spread > 0, spread, 1), place[some])
    worst = [max((1 / near for pair, near in found.near.items() if one in pair and near > 0), default=0.0) for one in found.apart]
    near = float(np.mean([one for one in worst if one])) if any(worst) else None
    return Quality(explained, found.silhouette, near, found.stable)


def later(place: np.ndarray, names: Sequence[str], brought: np.ndarray, none: np.ndarray, did: np.ndarray) -> tuple[Later, ...]:
    """What levels went on to bring, and how many of them bought nothing; all of shape (customers,)."""
    total = float(brought.sum())
    found = []
    for number, name in enumerate(names):
        inside = place == number
        own = brought[inside]
        if not len(own):
            continue
        between = mean_with_interval(own)
        low, high = (None, None) if between is None else between[1:]
        share = float(own.sum()) / total if total else 0.0
        churn = float(none[inside].mean()), float((did[inside] == 0).mean())
        found.append(Later(name, len(own), float(own.mean()), low, high, share, *churn))
    return tuple(found)


def in_order(found: tuple[Later, ...]) -> bool:
    """Whether each level brought more a head than the next."""
    return all(above.mean > below.mean for above, below in pairwise(found))
