"""How near a forecast of purchases came to what customers did."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

TENTHS = 10


@dataclass(frozen=True)
class Scores:
    """Of one forecast over one horizon. What a better forecast has more of: `correlation`, `top_tenth`, `churn_auc`."""

    total_error: float  # forecast / actual - 1, over all customers
    rmse: float
    mae: float
    correlation: float
    top_tenth: float  # the share of all real purchases that were made by the tenth with the highest forecasts
    top_tenth_best: float  # ... by the tenth who really bought most
    churn_said: float  # mean P(no purchase)
    churn_was: float
    churn_auc: float
    churn_brier: float
    forecast_by_tenth: tuple[float, ...]  # means, from the lowest forecasts to the highest
    actual_by_tenth: tuple[float, ...]


def scores(forecast: np.ndarray, none: np.ndarray, did: np.ndarray) -> Scores:
    """Of expected purchases, the probability of none, and how many there were; each of shape (customers,), at least one."""
    silent, bought = did == 0, float(did.sum())
    rising = np.argsort(forecast, kind="stable")
    tenths = [part for part in np.array_split(rising, TENTHS) if len(part)]
    return Scores(
        float(forecast.sum()) / bought - 1 if bought else float("nan"),
        float(np.sqrt(np.mean((forecast - did) ** 2))),
        float(np.mean(np.abs(forecast - did))),
        float(np.corrcoef(forecast, did)[0, 1]) if forecast.std() and did.std() else 0.0,
        float(did[tenths[-1]].sum()) / bought if bought else float("nan"),
        float(np.sort(did)[-len(tenths[-1]) :].sum()) / bought if bought else float("nan"),
        float(none.mean()),
        float(silent.mean()),
        area_under_curve(none, silent),
        float(np.mean((none - silent) ** 2)),
        tuple(float(forecast[part].mean()) for part in tenths),
        tuple(float(did[part].mean()) for part in tenths),
    )


def area_under_curve(score: np.ndarray, true: np.ndarray) -> float:
    """The probability that one for whom it is true has the higher score than one for whom it is not (Mann-Whitney, ties by half)."""
    many, others = int(true.sum()), int((~true).sum())
    if not many or not others:
        return float("nan")
    return float((rankdata(score)[true].sum() - many * (many + 1) / 2) / (many * others))
