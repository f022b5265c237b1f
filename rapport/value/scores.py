"""How near a forecast came to what customers did: of purchases, of who bought nothing, of money."""

from dataclasses import dataclass

import numpy as np

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


@dataclass(frozen=True)
class MoneyScores:
    """The same of what was spent, in the company's currency."""

    total_error: float
    rmse: float
    mae: float
    top_tenth: float
    top_tenth_best: float
    forecast_by_tenth: tuple[float, ...]
    actual_by_tenth: tuple[float, ...]


def scores(forecast: np.ndarray, none: np.ndarray, did: np.ndarray) -> Scores:
    """Of expected purchases, the probability of none, and how many there were; each of shape (customers,), at least one."""
    silent = did == 0
    tenths = by_tenth(forecast)
    return Scores(
        _total_error(forecast, did),
        float(np.sqrt(np.mean((forecast - did) ** 2))),
        float(np.mean(np.abs(forecast - did))),
        float(np.corrcoef(forecast, did)[0, 1]) if forecast.std() and did.std() else 0.0,
        *_top_tenth(tenths[-1], did),
        float(none.mean()),
        float(silent.mean()),
        area_under_curve(none, silent),
        float(np.mean((none - silent) ** 2)),
        tuple(float(forecast[part].mean()) for part in tenths),
        tuple(float(did[part].mean()) for part in tenths),
    )


def money_scores(forecast: np.ndarray, spent: np.ndarray) -> MoneyScores:
    """Of what was expected to be spent and what was; each of shape (customers,), at least one."""
    tenths = by_tenth(forecast)
    return MoneyScores(
        _total_error(forecast, spent),
        float(np.sqrt(np.mean((forecast - spent) ** 2))),
        float(np.mean(np.abs(forecast - spent))),
        *_top_tenth(tenths[-1], spent),
        tuple(float(forecast[part].mean()) for part in tenths),
        tuple(float(spent[part].mean()) for part in tenths),
    )


def by_tenth(forecast: np.ndarray) -> list[np.ndarray]:
    """Places of the customers of each tenth, from the lowest forecasts to the highest; fewer than ten of fewer customers."""
    return [part for part in np.array_split(np.argsort(forecast, kind="stable"), TENTHS) if len(part)]


def _total_error(forecast: np.ndarray, actual: np.ndarray) -> float:
    total = float(actual.sum())
    return float(forecast.sum()) / total - 1 if total > 0 else float("nan")


def _top_tenth(top: np.ndarray, actual: np.ndarray) -> tuple[float, float]:
    """(the share of all that these have, the share that as many could have had at best)."""
    total = float(actual.sum())
    if not total:
        return float("nan"), float("nan")
    return float(actual[top].sum()) / total, float(np.sort(actual)[-len(top) :].sum()) / total


def area_under_curve(score: np.ndarray, true: np.ndarray) -> float:
    """The probability that one for whom it is true has the higher score than one for whom it is not (Mann-Whitney, ties by half)."""
    many, others = int(true.sum()), int((~true).sum())
    if not many or not others:
        return float("nan")
    below = np.sort(score[~true])
    higher = np.searchsorted(below, score[true], side="left") + np.searchsorted(below, score[true], side="right")
    return float(higher.sum(dtype=float) / 2 / (many * others))
