"""Who holds how much: the curve of Lorenz, Gini's coefficient, and what the best few hold together."""

from dataclasses import dataclass

import numpy as np

POINTS = 101


@dataclass(frozen=True)
class Shares:
    """Of one value over all customers, the most valuable first. All not a number where there is no value at all."""

    gini: float  # 0 where all are worth the same
    of_top_fifth: float
    of_top_tenth: float
    customers_for_80: float  # the share of customers who hold 80 % of the value
    curve: tuple[float, ...]  # what the first 0 %, 1 %, … 100 % of the customers hold


def shares(value: np.ndarray) -> Shares:
    """Of a value per customer, of shape (customers,); less than nothing counts as nothing."""
    falling = -np.sort(-np.maximum(np.asarray(value, float), 0))
    total = float(falling.sum())
    if not total:
        nothing = float("nan")
        return Shares(nothing, nothing, nothing, nothing, (nothing,) * POINTS)
    held = np.append(0.0, np.cumsum(falling) / total)
    of = np.linspace(0, 1, len(held))
    gini = 1 - 2 * float(np.trapezoid(1 - held, of)) if len(held) > 1 else 0.0
    curve = np.interp(np.linspace(0, 1, POINTS), of, held)
    enough = float(of[np.searchsorted(held, 0.8 - 1e-12)])
    fifth, tenth = (float(np.interp(part, of, held)) for part in (0.2, 0.1))
    return Shares(gini, fifth, tenth, enough, tuple(curve.tolist()))
