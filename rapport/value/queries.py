"""The questions others may ask of worth: the newest fit and its report, who is in which part of it, what is said of one customer.

Nothing here fits anything, so that a page may ask.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np

from rapport.lib.rising import places
from rapport.value import kept
from rapport.value.models import Fit
from rapport.value.names import CHURN_EDGES, PARTS, trait_names
from rapport.value.partings import NAMES
from rapport.value.said import said

SHOWN_MAX = 30
__all__ = [
    "CHURN_EDGES",
    "PARTS",
    "Moves",
    "Worth",
    "first",
    "first_day",
    "fits",
    "how_many",
    "moves",
    "newest",
    "of_customer",
    "said",
    "told_before",
    "trait_names",
    "worth_of",
]


def newest(horizon_days: int | None = None) -> Fit | None:
    """The last fit, of one horizon where it is named."""
    found = Fit.objects.order_by("-made_us", "-id")
    return (found if horizon_days is None else found.filter(horizon_days=horizon_days)).first()


def first_day() -> date | None:
    """The last day of observation of the first fit there was."""
    return Fit.objects.order_by("as_of").values_list("as_of", flat=True).first()


def fits(*, limit: int = SHOWN_MAX) -> list[Fit]:
    """The newest first."""
    return list(Fit.objects.order_by("-made_us", "-id")[:limit])


def told_before(fit: Fit) -> kept.Columns | None:
    """What customers were told by a fit; None where its file is gone: then everybody is told anew. A column it has not yet is not there."""
    try:
        found = kept.ask(fit.id, "SELECT customer_id, COLUMNS('told_.*') FROM scores ORDER BY customer_id")
    except FileNotFoundError:
        return None
    return {name: found[name].to_numpy() for name in found.column_names}


@dataclass(frozen=True)
class Worth:
    """What a fit says of one customer."""

    fit: Fit
    scores: dict[str, Any]  # by the names of a Valuation's columns


def of_customer(customer_id: int) -> Worth | None:
    """By the newest fit; None where there is none, or they had not bought by then."""
    fit = newest()
    if fit is None:
        return None
    try:
        found = kept.ask(fit.id, "SELECT * FROM scores WHERE customer_id = $id", {"id": customer_id}).to_pylist()
    except FileNotFoundError:
        return None
    return Worth(fit, found[0]) if found else None


def first(fit: Fit, *, at_least: float, churn_from: float, limit: int = 5) -> list[dict[str, Any]]:
    """Who is worth so much and as likely to buy nothing, the most valuable first; none where the file is gone."""
    sql = "SELECT * FROM scores WHERE told_value >= $worth AND told_churn >= $churn ORDER BY value DESC, customer_id LIMIT $many"
    try:
        return kept.ask(fit.id, sql, {"worth": at_least, "churn": churn_from, "many": limit}).to_pylist()
    except FileNotFoundError:
        return []


def how_many(fit: Fit, *, at_least: float, low_most: float) -> int:
    """How many are worth so much by what was told, of whom we are sure of so little at most; 0 where the file is gone."""
    sql = "SELECT count(*) AS n FROM scores WHERE told_value >= $worth AND told_low <= $low"
    try:
        return int(kept.ask(fit.id, sql, {"worth": at_least, "low": low_most})["n"][0].as_py())
    except FileNotFoundError:
        return 0


@dataclass(frozen=True)
class Moves:
    """Who went from which level of the pyramid to which, since an earlier fit."""

    since: date
    names: tuple[str, ...]
    people: list[list[int]]  # by the level before, the last row for who was not there yet; by the level now


def moves(fit: Fit) -> Moves | None:
    """Since the oldest fit whose scores are kept; None where there is none of another day, or a file is gone."""
    before = [one for one in fits() if one.as_of < fit.as_of and kept.path_of(one.id).exists()]
    if not before:
        return None
    sql = (
        "SELECT coalesce(e.told_level, $fresh) AS was, s.told_level AS now, count(*) AS n"
        " FROM scores s LEFT JOIN earlier e USING (customer_id) GROUP BY ALL"
    )
    try:
        found = kept.ask(fit.id, sql, {"fresh": len(NAMES)}, earlier=before[-1].id).to_pylist()
    except (FileNotFoundError, duckdb.BinderException):  # gone since, or of a time before levels were told
        return None
    people = [[0] * len(NAMES) for _ in range(len(NAMES) + 1)]
    for row in found:
        people[row["was"]][row["now"]] = row["n"]
    return Moves(before[-1].as_of, NAMES, people)


def worth_of(fit: Fit, ids: np.ndarray) -> np.ndarray:
    """What these customers (rising ids) are worth by a fit, 0 of who is not in it; of shape (customers,)."""
    found = kept.ask(fit.id, "SELECT customer_id, value FROM scores ORDER BY customer_id")
    place, known = places(ids, found["customer_id"].to_numpy())
    value = np.zeros(len(ids))
    value[known] = found["value"].to_numpy()[place[known]]
    return value
