"""A review on its page: the four figures with what they were, the flows, one row a silo, the decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from pyroaring import BitMap

from rapport.segments.models import Decision, Review
from rapport.segments.silos import queries
from rapport.segments.silos.partition import flows

CLOSER, AWAY, STAYED, NEITHER = "closer", "away", "stayed", "neither"
ETA_GOOD = 0.3


@dataclass(frozen=True)
class ReviewRow:
    """A silo in the table."""

    name: str
    people: int
    change: int | None
    worth: tuple[Decimal, Decimal, Decimal] | None
    left: int | None
    were: int | None
    mailed: int
    answered: int
    alike: int | None  # percent
    apart: str
    few: bool
    less_alike: bool  # than at the review before
    decision: Decision | None


@dataclass(frozen=True)
class Quality:
    """One figure of the whole scheme, and what it was."""

    now: str
    was: str


def review_rows(review: Review, last: Mapping[str, Any] | None, decisions: Mapping[str, Decision]) -> list[ReviewRow]:
    rows = []
    for name, one in review.figures["silos"].items():
        before = (last or {}).get("silos", {}).get(name, {}).get("alike")
        alike = one["alike"]
        rows.append(
            ReviewRow(
                name=name,
                people=one["people"],
                change=None if one["before"] is None else one["people"] - one["before"],
                worth=tuple(Decimal(str(round(part))) for part in one["worth"]) if one["worth"] else None,  # type: ignore[arg-type]
                left=one["left"],
                were=one["were"],
                mailed=one["mailed"],
                answered=one["answered"],
                alike=None if alike is None else round(100 * alike),
                apart=told(one["apart"]),
                few=one["few"],
                less_alike=before is not None and alike is not None and alike < 0.9 * before,
                decision=decisions.get(name),
            )
        )
    return rows


def quality(review: Review, last: Mapping[str, Any] | None) -> dict[str, Quality]:
    before = last or {}
    return {name: Quality(told(review.figures[name]), told(before.get(name))) for name in ("eta", "silhouette", "stable")}


def told(value: float | None) -> str:
    """.41; "" where we cannot tell."""
    return "" if value is None else f"{value:.2f}".replace("0.", ".", 1)


def direction(one: str, other: str, silos: Mapping[str, Any]) -> str:
    """Closer to us is a silo whose people spent more a head in 12 months; the first sight of somebody always is."""
    if one == other:
        return STAYED
    if not one:
        return CLOSER
    if not other:
        return AWAY
    before, after = silos.get(one, {}).get("mean"), silos.get(other, {}).get("mean")
    if before is None or after is None or before == after:
        return NEITHER
    return CLOSER if after > before else AWAY


def flow_plot(review: Review) -> dict[str, Any]:
    """What the plot draws: nodes at both sides in order, links with their direction."""
    found, silos = review.figures["flows"], review.figures["silos"]
    before = [name for name in ["", *queries.kept_sets(review, "before")] if any(one == name for one, _o, _n in found)]
    after = [name for name in [*silos, ""] if any(other == name for _o, other, _n in found)]
    words = {"": _("First seen")}, {"": _("Gone")}
    sizes = [{name: sum(n for *way, n in found if way[side] == name) for name in names} for side, names in enumerate((before, after))]
    return {
        "before": [[f"a{name}", words[0].get(name, name), sizes[0][name]] for name in before],
        "after": [[f"b{name}", words[1].get(name, name), sizes[1][name]] for name in after],
        "links": [
            [f"a{one}", f"b{other}", n, direction(one, other, silos), one, other] for one, other, n in _in_order(found, before, after)
        ],
    }


def _in_order(found: list[list[Any]], before: list[str], after: list[str]) -> list[list[Any]]:
    return sorted(found, key=lambda way: (before.index(way[0]), after.index(way[1])))


def flow_rows(review: Review) -> list[tuple[str, str, int, str]]:
    """The same as a table, the largest first."""
    silos = review.figures["silos"]
    rows = [(one, other, n, direction(one, other, silos)) for one, other, n in review.figures["flows"]]
    return sorted(rows, key=lambda row: -row[2])


def by_direction(review: Review) -> dict[str, int]:
    sums = dict.fromkeys((CLOSER, AWAY, STAYED, NEITHER), 0)
    for _one, _other, n, way in flow_rows(review):
        sums[way] += n
    return sums


def people_of(review: Review, *, one: str | None, other: str | None, way: str) -> BitMap:
    """Who went this way: from one silo to another, of one alone, or in a direction."""
    before, after = queries.kept_sets(review, "before"), queries.kept_sets(review, "found")
    silos = review.figures["silos"]
    found = BitMap()
    for (source, target), people in flows(before, after).items():
        fits = direction(source, target, silos) == way if way else (one in (None, source) and other in (None, target))
        if fits:
            found |= people
    return found
