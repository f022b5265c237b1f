"""How well a partition tells people apart, with numpy over columns of one value a customer. None: we cannot tell.

- **Value explained (eta squared)**: the share of the differences in 12-month spending that lies between silos and not within them.
- **Apart (silhouette)**: for each person of a sample, how much nearer their own silo is on average than the nearest other one, from
  -1 to 1, in the standardised features; of a silo, the mean over its people.
- **Alike inside**: how much closer a silo's people are to their own centre than to the centre of all: 1 less the one mean squared
  distance over the other, never below 0.
- **Stable (adjusted Rand index)**: the partition is drawn anew by nearest centre, once with the centres of the sample and then with
  the centres of each of a hundred bootstrap samples; the mean agreement of those with the first, corrected for chance. 1: other people
  of the same kind would give the same borders.
- **Near each other**: the distance of two silos' centres over the sum of their spreads; the smaller, the more alike they are.
"""

from dataclasses import dataclass

import numpy as np

SAMPLE_MAX = 5_000
DRAWS = 100
PEOPLE_MIN = 30  # with fewer, a mean or a distance says nothing
SEED = 20_111_209
Z_90 = 1.6449
SLICE = 512  # rows of distances held at once


def eta_squared(values: np.ndarray, labels: np.ndarray) -> float | None:
    """Of values of everyone; None where there are few people, one silo or no difference at all."""
    if len(values) < PEOPLE_MIN or len(np.unique(labels)) < 2:
        return None
    total = float(((values - values.mean()) ** 2).sum())
    if total <= 0:
        return None
    counts = np.bincount(labels)
    sums = np.bincount(labels, weights=values)
    held = counts > 0
    means = sums[held] / counts[held]
    return float((counts[held] * (means - values.mean()) ** 2).sum() / total)


def mean_with_interval(values: np.ndarray) -> tuple[float, float, float] | None:
    """A mean and where it lies with 90 % confidence."""
    if len(values) < PEOPLE_MIN:
        return None
    mean, error = float(values.mean()), float(values.std(ddof=1)) / len(values) ** 0.5
    return mean, mean - Z_90 * error, mean + Z_90 * error


@dataclass(frozen=True)
class Apartness:
    """Of a sample; by label where it says so, None where a silo has too few people in it."""

    silhouette: float | None
    stable: float | None
    apart: dict[int, float | None]
    alike: dict[int, float | None]
    near: dict[tuple[int, int], float]


def apartness(points: np.ndarray, labels: np.ndarray) -> Apartness:
    """Everything that needs distances, on a seeded sample of at most SAMPLE_MAX people."""
    chance = np.random.default_rng(SEED)
    if len(points) > SAMPLE_MAX:
        chosen = np.sort(chance.choice(len(points), SAMPLE_MAX, replace=False))
        points, labels = points[chosen], labels[chosen]
    names, own = np.unique(labels, return_inverse=True)
    counts = np.bincount(own, minlength=len(names))
    if len(points) < PEOPLE_MIN or len(names) < 2:
        return Apartness(None, None, dict.fromkeys(map(int, names)), dict.fromkeys(map(int, names)), {})
    widths = silhouettes(points, own, len(names))
    told = counts >= PEOPLE_MIN
    alike, near = _alike_and_near(points, own, len(names))
    return Apartness(
        float(widths.mean()),
        _stable(points, own, len(names), chance),
        {int(name): float(widths[own == n].mean()) if told[n] else None for n, name in enumerate(names)},
        {int(name): alike[n] if told[n] else None for n, name in enumerate(names)},
        {(int(names[a]), int(names[b])): found for (a, b), found in near.items() if told[a] and told[b]},
    )


def silhouettes(points: np.ndarray, own: np.ndarray, count: int) -> np.ndarray:
    """The silhouette of each point; one alone in its silo has 0."""
    member = np.eye(count)[own]
    sizes = member.sum(axis=0)
    squares = (points**2).sum(axis=1)
    found = np.zeros(len(points))
    for start in range(0, len(points), SLICE):
        rows = slice(start, start + SLICE)
        squared = squares[rows, None] + squares[None, :] - 2 * points[rows] @ points.T
        mine = own[rows]
        at = np.arange(len(mine))
        squared[at, start + at] = 0.0  # of each to itself; rounding leaves a little more
        sums = np.sqrt(np.maximum(squared, 0.0)) @ member
        inside = sums[at, mine] / np.maximum(sizes[mine] - 1, 1)
        means = sums / np.maximum(sizes, 1)
        means[at, mine] = np.inf
        other = means.min(axis=1)
        larger = np.maximum(inside, other)
        found[rows] = np.where((sizes[mine] > 1) & (larger > 0), (other - inside) / np.where(larger > 0, larger, 1.0), 0.0)
    return found


def _centres(points: np.ndarray, own: np.ndarray, count: int) -> np.ndarray:
    """Of each silo; one without people in this sample is infinitely far."""
    sizes = np.bincount(own, minlength=count)
    sums = np.column_stack([np.bincount(own, weights=column, minlength=count) for column in points.T])
    centres: np.ndarray = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], np.inf)
    return centres


def _nearest(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    best = np.full(len(points), np.inf)
    found = np.zeros(len(points), dtype=np.int64)
    for number, centre in enumerate(centres):
        if np.isfinite(centre).all():
            distance = ((points - centre) ** 2).sum(axis=1)
            closer = distance < best
            best[closer], found[closer] = distance[closer], number
    return found


def _stable(points: np.ndarray, own: np.ndarray, count: int, chance: np.random.Generator) -> float:
    first = _nearest(points, _centres(points, own, count))
    agreed = []
    for _ in range(DRAWS):
        drawn = chance.integers(0, len(points), len(points))
        agreed.append(adjusted_rand(first, _nearest(points, _centres(points[drawn], own[drawn], count))))
    return float(np.mean(agreed))


def adjusted_rand(one: np.ndarray, other: np.ndarray) -> float:
    """How far two partitions of the same people agree on who belongs together: 1 wholly, 0 as by chance."""
    width = int(other.max()) + 1
    table = np.bincount(one * width + other, minlength=(int(one.max()) + 1) * width).reshape(-1, width).astype(float)

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / max(pairs(np.array([len(one)])), 1.0)
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _alike_and_near(points: np.ndarray, own: np.ndarray, count: int) -> tuple[list[float], dict[tuple[int, int], float]]:
    centres, middle = _centres(points, own, count), points.mean(axis=0)
    spread, alike = [], []
    for number in range(count):
        mine = points[own == number]
        within = float(((mine - centres[number]) ** 2).sum(axis=1).mean())
        beside = float(((mine - middle) ** 2).sum(axis=1).mean())
        spread.append(within**0.5)
        alike.append(max(0.0, 1 - within / beside) if beside > 0 else 0.0)
    near = {}
    for one in range(count):
        for other in range(one + 1, count):
            distance = float(((centres[one] - centres[other]) ** 2).sum()) ** 0.5
            near[one, other] = distance / (spread[one] + spread[other]) if spread[one] + spread[other] else float(distance > 0) * 9.0
    return alike, near
