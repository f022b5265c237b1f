"""Which traits customers get from a fit: what rules, templates and lists may name.

A forecast moves a little every day, and nothing is worth a fact in the log that says so. A trait is told anew when it has moved by more
than its tolerance; pages count by what was told, so that a figure and the rule that stands for it mean the same people.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from rapport.lib.rising import places as standing
from rapport.value.calendar import day_of
from rapport.value.kept import Columns
from rapport.value.names import trait_names
from rapport.value.partings import NAMES, PYRAMID, by_rank, places
from rapport.value.suggested import Suggested
from rapport.value.valuation import Valuation

DIGITS = 3  # significant ones, of what is told
NEAR, NEAR_CHANCE, NEAR_RHYTHM, CHANGE_STEP = 0.025, 0.02, 0.1, 0.05


def told(valuation: Valuation, before: Columns | None, limits: tuple[float, ...] | None) -> Columns:
    """What is told of each customer: as before where it moved by less than its tolerance. `limits` of the pyramid, where the company has
    its own: the least values of each level, falling."""
    moved = _told(valuation, before)
    level = by_rank(moved["told_value"], PYRAMID) if limits is None else places(moved["told_value"], limits)
    return moved | {"told_level": level.astype(np.int32)}


def _told(valuation: Valuation, before: Columns | None) -> Columns:
    fresh: Columns = {
        "told_value": rounded(valuation.value),
        "told_low": rounded(valuation.may_low),
        "told_high": rounded(valuation.may_high),
        "told_past": np.round(valuation.past, 2),
        "told_churn": np.round(valuation.churn.astype(float), 2),
        "told_rhythm": np.maximum(1, np.round(valuation.rhythm_days)),
        "told_change": np.round(np.maximum(np.round(valuation.times.astype(float) / CHANGE_STEP), 1) * CHANGE_STEP, 2),
        "told_due": valuation.due_day.astype(np.int32),
    }
    fresh = {name: column if name == "told_due" else column.astype(np.float64) for name, column in fresh.items()}
    if before is None:
        return fresh
    place, known = standing(valuation.ids, before["customer_id"])
    for name, column in fresh.items():
        if name in before:
            old = before[name][place]
            column[...] = np.where(known & (np.abs(column - old) <= _tolerance(name, column, fresh)), old, column)
    return fresh


def changes(
    ids: np.ndarray, fresh: Columns, before: Columns | None, horizon_days: int, products: Suggested | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(customer, traits) of those of whom something else is told than before, and of those for whom there are products."""
    names = trait_names(horizon_days)
    place, known = standing(ids, before["customer_id"]) if before else (np.zeros(len(ids), int), np.zeros(len(ids), bool))
    differs = {name: ~known | (column != before[name][place] if before and name in before else True) for name, column in fresh.items()}
    has_products, at = np.zeros(len(ids), bool), np.zeros(len(ids), np.int64)
    if products is not None:
        at, has_products = standing(ids, products.ids)
    for row in np.flatnonzero(np.any([*differs.values(), has_products], axis=0)).tolist():
        traits = {names[name]: _plain(name, column[row]) for name, column in fresh.items() if differs[name][row]}
        if products is not None and has_products[row]:
            traits["recommended.products"] = products.of(int(at[row]))
        yield int(ids[row]), traits


def rounded(amount: np.ndarray) -> np.ndarray:
    """To three significant digits; 0 below a hundredth."""
    amount = np.asarray(amount, np.float64)
    size = np.floor(np.log10(np.where(np.abs(amount) >= 0.01, np.abs(amount), 1)))
    step = 10.0 ** np.maximum(size - DIGITS + 1, -2)
    return np.round(np.round(amount / step) * step, 2)


def _tolerance(name: str, column: np.ndarray, fresh: Columns) -> np.ndarray | float:
    match name:
        case "told_past":
            return 0.0
        case "told_churn":
            return NEAR_CHANCE
        case "told_change":
            return CHANGE_STEP
        case "told_rhythm" | "told_due":
            return NEAR_RHYTHM * fresh["told_rhythm"]
        case _:
            return NEAR * np.abs(column)


def _plain(name: str, value: Any) -> Any:
    if name == "told_level":
        return NAMES[int(value)]
    return day_of(int(value)).isoformat() if name == "told_due" else float(value)
