"""All that a fit has to say for itself, in plain values: what pages draw, commands print and the database keeps."""

from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from math import isfinite
from typing import Any

import numpy as np

from rapport.value import clusters
from rapport.value.backtest import Backtest, Tried
from rapport.value.days import PurchaseDays, Summaries
from rapport.value.names import CHURN_DAYS, CHURN_EDGES, PARTS, trait_names
from rapport.value.partings import FIFTHS, NAMES, NAMES_OF_FIFTHS, PYRAMID, Later, by_rank, in_order, least, levels, quality
from rapport.value.past import cohorts, repeat_rate
from rapport.value.shares import shares
from rapport.value.valuation import Fit, Valuation, total_between

HISTOGRAM_BINS = 24
LIMITED = sorted({*PYRAMID, *FIFTHS, *PARTS})  # parts of all customers whose least value is told
PLANNED = (0.5, 0.6, 0.7, 0.8, 0.9)  # shares of all value that a campaign may be planned for


def of(
    model: Fit, valuation: Valuation, told: Summaries, sampled: PurchaseDays, columns: dict[str, np.ndarray], *, one_in: int, seconds: float
) -> dict[str, Any]:
    """The report; `columns` are what was told of each customer, so that figures and rules count the same people."""
    fit = model.buying.fit
    return plain(
        {
            "model": model.buying.name,
            "params": model.buying.named,
            "log_likelihood": fit.log_likelihood,
            "customers": len(valuation.ids),
            "grouped_rows": model.grouped_rows,
            "as_of": str(np.datetime64(model.as_of, "D")),
            "horizon_days": model.options.horizon_days,
            "churn_days": CHURN_DAYS,
            "discount": model.options.discount,
            "backtest": None if model.backtest is None else backtest(model.backtest),
            "seconds": round(seconds, 3),
            "notes": list(model.notes),
            "spending": {"model": model.spending.model.name, "params": model.spending.model.named, "why": model.spending.why},
            "level": {"money": model.level, "purchases": model.purchases_level, "log_error": model.log_level_error},
            "signals": [asdict(one) for one in model.judged],
            "totals": _totals(model, valuation),
            "shares": {"value": asdict(shares(valuation.value)), "past": asdict(shares(valuation.past))},
            "matrix": _matrix(columns),
            "limits": dict(zip(map(str, LIMITED), least(columns["told_value"], LIMITED), strict=True)),
            "plan": _plan(columns),
            **_partings(model, valuation, told, columns),
            "histogram": _histogram(valuation.value),
            "rhythm": {"slower": (columns["told_change"] < 1).sum(), "faster": (columns["told_change"] > 1).sum()},
            "repeat_rate": repeat_rate(sampled),
            "cohorts": [asdict(one) for one in cohorts(sampled)],
            "one_in": one_in,  # of the customers, cohorts and back-test saw so many
        }
    )


def backtest(found: Backtest) -> dict[str, Any]:
    return {
        "horizon_days": found.horizon_days,
        "chosen": found.chosen.name,
        "why": found.why,
        "total_factor": found.total_factor,
        "money_factor": found.money_factor,
        "closer": list(found.closer),
        "held": None if found.held is None else asdict(found.held),
        "tried": [_tried(one) for one in found.tried],
    }


def plain(value: Any) -> Any:
    """For JSON: what cannot be told is null."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and not isfinite(value) else value


def _tried(one: Tried) -> dict[str, Any]:
    return asdict(one) | {"origin": str(np.datetime64(one.origin, "D"))}


def _totals(model: Fit, valuation: Valuation) -> dict[str, Any]:
    value = valuation.total()
    low, high = total_between(value, model.log_level_error)
    at_risk = valuation.value.astype(float) * valuation.churn
    (tenth,) = least(valuation.value, (0.1,))
    top = valuation.value >= tenth
    return {
        "value": value,
        "low": low,
        "high": high,
        "in_churn_days": valuation.in_churn_days.sum(dtype=float),
        "lifetime": valuation.lifetime.sum(dtype=float),
        "confirmed": valuation.confirmed.sum(dtype=float),
        "past": valuation.past.sum(dtype=float),
        "purchases": valuation.purchases.sum(dtype=float),
        "alive": valuation.alive.mean(dtype=float),
        "at_risk": at_risk.sum(),
        "at_risk_top_tenth": at_risk[top].sum(),
        "top_tenth": valuation.value[top].sum(dtype=float),
        "churn": valuation.churn.mean(dtype=float),
    }


def _matrix(columns: dict[str, np.ndarray]) -> list[list[dict[str, Any]]]:
    """Rows from the best tenth down, columns by the chance to buy nothing, rising; each cell counts people and their value."""
    value, churn = columns["told_value"], columns["told_churn"]
    row = by_rank(value, PARTS)
    column = np.searchsorted(CHURN_EDGES, churn, side="right")
    width = len(CHURN_EDGES) + 1
    cell = row * width + column
    people = np.bincount(cell, minlength=(len(PARTS) + 1) * width)
    worth = {name: np.bincount(cell, of, minlength=len(people)) for name, of in (("value", value), ("at_risk", value * churn))}
    return [
        [{"people": people[place], **{name: one[place] for name, one in worth.items()}} for place in range(start, start + width)]
        for start in range(0, len(people), width)
    ]


def _plan(columns: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """The fewest customers who will bring such a share of all value, from the best down; equal values come together."""
    value = columns["told_value"]
    order = np.argsort(-value, kind="stable")
    falling = value[order]
    held, at_risk = np.cumsum(falling), np.cumsum(falling * columns["told_churn"][order])
    if not len(value) or held[-1] <= 0:
        return []
    found = []
    for share in PLANNED:
        limit = falling[min(int(np.searchsorted(held, share * held[-1])), len(held) - 1)]
        last = int((falling >= limit).sum()) - 1
        found.append({"share": share, "limit": limit, "people": last + 1, "value": held[last], "at_risk": at_risk[last]})
    return found


def _partings(model: Fit, valuation: Valuation, told: Summaries, columns: dict[str, np.ndarray]) -> dict[str, Any]:
    """By pyramid, fifths and clusters (null where there are none), each beside how good it is and what came of it."""
    held = None if model.backtest is None else model.backtest.held
    features = (np.log1p(told.counts), np.log1p(model.as_of - told.last), np.log1p(told.mean), valuation.alive, np.log1p(valuation.value))

    def parting(place: np.ndarray, names: Sequence[str], later: tuple[Later, ...]) -> dict[str, Any]:
        return {
            "levels": [asdict(one) for one in levels(place, names, valuation.value, valuation.churn)],
            "quality": asdict(quality(place, valuation.value, features)),
            "later": [asdict(one) for one in later],
            "in_order": in_order(later) if later else None,
        }

    fifths = by_rank(columns["told_value"], FIFTHS)
    clustered = clusters.columns(columns["told_value"], columns["told_churn"], columns["told_past"], told.counts)
    found, traits = clusters.found(clustered), trait_names(model.options.horizon_days)
    return {
        "pyramid": parting(columns["told_level"], NAMES, held.pyramid if held else ()),
        "fifths": parting(fifths, NAMES_OF_FIFTHS, held.fifths if held else ()),
        "clusters": None
        if found is None
        else parting(found.places(clustered), [part.name for part in found.parts], held.clusters if held else ())
        | {"rules": [part.rule(traits) for part in found.parts], "agreement": found.agreement, "stability": found.stability},
    }


def _histogram(value: np.ndarray) -> dict[str, Any]:
    """How many customers are worth how much, by bins even in the logarithm; who is worth nothing is counted apart."""
    some = value[value >= 0.01].astype(float)
    if not len(some) or np.ptp(some) == 0:
        return {"nothing": len(value) - len(some), "edges": [], "people": []}
    edges = np.geomspace(some.min(), some.max() * (1 + 1e-9), HISTOGRAM_BINS + 1)
    people, _ = np.histogram(some, edges)
    return {"nothing": len(value) - len(some), "edges": edges, "people": people}
