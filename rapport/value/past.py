"""What was seen, in the shapes people look at: cohorts by first purchase, and purchases week by week beside what a model foretold."""

from dataclasses import dataclass

import numpy as np

from rapport.value.btyd.models import Buying
from rapport.value.btyd.rows import DAYS_A_WEEK
from rapport.value.days import PurchaseDays
from rapport.value.intervals import around

COHORTS_MAX = 13
WEEKS_MAX = 156


@dataclass(frozen=True)
class Cohort:
    """Customers who first bought in one month."""

    month: str  # 2026-03
    customers: int
    bought: tuple[int, ...]  # how many of them bought 0, 1, 2, … months after


@dataclass(frozen=True)
class Tracking:
    """Repeat purchases of all customers together, week by week since the first purchase there is."""

    cut_week: int  # the model saw no further
    forecast: tuple[float, ...]  # cumulative
    actual: tuple[float, ...]
    low: tuple[float, ...] = ()  # the forecast lies between, with 90 %; up to the cut there is nothing to be unsure of
    high: tuple[float, ...] = ()


def cohorts(days: PurchaseDays) -> tuple[Cohort, ...]:
    """The last COHORTS_MAX months in which somebody bought first."""
    month = days.day.astype("datetime64[D]").astype("datetime64[M]").astype(int)
    first = np.repeat(month[days.start[:-1]], days.counts)
    found = []
    for begun in np.unique(first)[-COHORTS_MAX:].tolist():
        own = first == begun
        whose = np.repeat(np.arange(len(days.ids)), days.counts)[own]
        active = np.unique(np.column_stack([whose, month[own] - begun]), axis=0)
        bought = np.bincount(active[:, 1], minlength=int(month.max()) - begun + 1)
        found.append(Cohort(str(np.datetime64(begun, "M")), int((first[days.start[:-1]] == begun).sum()), tuple(bought.tolist())))
    return tuple(found)


def repeat_rate(days: PurchaseDays) -> float | None:
    """The share of customers who bought on two days or more."""
    return float((days.counts > 1).mean()) if len(days.ids) else None


def tracking(days: PurchaseDays, model: Buying, cut: int, until: int, level_error: float) -> Tracking:
    """Forecast by a model of what was known on the day of the cut, for everybody who had bought by then.

    What is forecast after the cut, n, is off by the level, whose error (`level_error`, of the logarithm of the total) grows with the root
    of time to be whole at the end, and by chance, no less than sqrt(n). What has been bought never grows less, nor does its lower limit.
    """
    begun = int(days.day.min())
    told = days.summaries
    of_then = told.first <= cut
    weeks = min(WEEKS_MAX, (until - begun) // DAYS_A_WEEK)
    edges = until - np.arange(weeks, -1, -1) * DAYS_A_WEEK
    firsts, count = np.unique(told.first[of_then], return_counts=True)
    since = np.maximum(np.append(edges, cut)[:, None] - firsts[None, :], 0) / DAYS_A_WEEK
    *forecast, at_cut = model.new_customer(since) @ count
    ahead = np.where(edges > cut, np.maximum(np.array(forecast) - at_cut, 0), 0)
    least, most = around(ahead, level_error * np.sqrt(np.maximum(edges - cut, 0) / (until - cut)), np.sqrt(ahead))
    low, high = np.maximum.accumulate(forecast - ahead + least), forecast - ahead + most
    repeats = np.ones(len(days.day), bool)
    repeats[days.start[:-1]] = False
    repeats &= np.repeat(of_then, days.counts)
    actual = np.searchsorted(np.sort(days.day[repeats]), edges, side="right")
    cut_week = int(np.searchsorted(edges, cut, side="left"))
    shown = (tuple(np.round(one, 1).tolist()) for one in (low, high))
    return Tracking(cut_week, tuple(np.round(forecast, 1).tolist()), tuple(actual.tolist()), *shown)
