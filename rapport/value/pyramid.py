"""Customers by their value, the best few on top; and how good such a parting is: alike inside, apart, in order when time has passed."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from django.utils.translation import gettext_noop

from rapport.segments.silos.quality import apartness, eta_squared, mean_with_interval

PYRAMID = (0.01, 0.05, 0.20)  # of all customers, from the top
NAMES = (gettext_noop("Top 1 %"), gettext_noop("Next 4 %"), gettext_noop("Next 15 %"), gettext_noop("Others"))  # kept in English


@dataclass(frozen=True)
class Level:
    """One part of the pyramid."""

    name: str
    customers: int
    value: float  # of all of them together
    share: float  # of all value
    variation: float | None  # standard deviation over mean inside
    churn: float | None  # mean P(no purchase within the churn horizon)


@dataclass(frozen=True)
class Parting:
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


def places(value: np.ndarray, limits: tuple[float, ...] | None = None) -> np.ndarray:
    """The level of each customer, 0 on top: by limits (least values, falling), else by rank. Equal values share a level."""
    if limits is None:
        limits = tuple(least(value, share) for share in PYRAMID)
    return (value[:, None] < np.array(limits)[None, :]).sum(axis=1)


def least(value: np.ndarray, share: float) -> float:
    """The least value of who is among the best part of all customers."""
    falling = -np.sort(-np.asarray(value, float))
    return float(falling[max(0, int(np.ceil(share * len(falling))) - 1)]) if len(falling) else 0.0


def levels(place: np.ndarray, value: np.ndarray, churn: np.ndarray) -> tuple[Level, ...]:
    """From each customer's level, value and chance to buy nothing; of shape (customers,)."""
    found, total = [], float(value.sum(dtype=float))
    for number, name in enumerate(NAMES):
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


def parting(place: np.ndarray, value: np.ndarray, features: np.ndarray) -> Parting:
    """Over standardised features of shape (customers, features)."""
    explained = eta_squared(np.log1p(np.maximum(value, 0).astype(float)), place)
    spread = features.std(axis=0)
    points = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1)
    found = apartness(points, place)
    worst = [max((1 / near for pair, near in found.near.items() if one in pair and near > 0), default=0.0) for one in found.apart]
    near = float(np.mean([one for one in worst if one])) if any(worst) else None
    return Parting(explained, found.silhouette, near, found.stable)


def later(forecast: np.ndarray, brought: np.ndarray, none: np.ndarray, did: np.ndarray) -> tuple[Later, ...]:
    """What levels by forecast went on to bring, and how many of them bought nothing; all of shape (customers,)."""
    place, total = places(forecast), float(brought.sum())
    found = []
    for number, name in enumerate(NAMES):
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
