"""Worth as its page shows it: four figures, the people behind each of them as a rule, who leaves with how much, whom to keep first.

People are counted by what was told of them (the traits), so that a figure and the rule that stands for it mean the same people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import exp, isfinite
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rapport.console.pages.profile import display_name
from rapport.console.templatetags.worth import between
from rapport.customers import queries as customers
from rapport.lib.refusals import Refusal
from rapport.segments import queries as segments
from rapport.segments.actions import save_segment
from rapport.segments.errors import NameTaken
from rapport.segments.models import Segment
from rapport.segments.text import number_text, rule_text
from rapport.value import queries
from rapport.value.models import Fit

YEAR_DAYS = 365
EDGES = queries.CHURN_EDGES
LEAVING = 0.6  # from here on somebody is likely to leave
FRAMED = sum(edge <= LEAVING for edge in EDGES)  # the first such column
TENTH, FIFTH = "0.1", "0.2"
STEPS = 5  # of colour
Z = 1.645  # of 90 %
NEAR, FAR = 0.1, 0.25  # a total so little off is good; so much off is not to be relied upon
KEPT_FIRST = 5
NAMES_TRIED_MAX = 50


# What the words are


def horizon_words(days: int) -> str:
    return _("12 months") if days == YEAR_DAYS else ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def money_word(report: dict[str, Any]) -> str:
    """Margin, or revenue where neither costs nor a margin were told."""
    is_margin = report.get("read", {}).get("with_cost") or report.get("margin", 1.0) != 1.0
    return _("Margin") if is_margin else _("Revenue")


# The people behind figures


@dataclass(frozen=True)
class Who:
    """People a figure stands for, by the rule that means them. `name`: of the segment it would become."""

    key: str
    name: str
    rule: str
    people: int


class Rules:
    """The rules of one fit: limits and traits are its own."""

    def __init__(self, fit: Fit) -> None:
        traits = queries.trait_names(fit.horizon_days)
        self.worth, self.churn, self.change = traits["told_value"], traits["told_churn"], traits["told_change"]
        self._limits = {name: _number(limit) for name, limit in fit.report["limits"].items()}

    @property
    def everyone(self) -> str:
        return f"{self.worth} is known"

    def best(self, share: str) -> str:
        """The best part of all customers."""
        return f"{self.worth} >= {self._limits[share]}"

    def cell(self, row: int, column: int) -> str:
        """Those of one cell of the matrix."""
        rows = (self.best(TENTH), f"{self.best(FIFTH)} AND {self.worth} < {self._limits[TENTH]}", f"{self.worth} < {self._limits[FIFTH]}")
        above = [f"{self.churn} >= {EDGES[column - 1]}"] if column else []
        below = [f"{self.churn} < {EDGES[column]}"] if column < len(EDGES) else []
        return " AND ".join([rows[row], *above, *below])

    @property
    def tenth(self) -> str:
        return self.best(TENTH)

    @property
    def leavers(self) -> str:
        return f"{self.best(TENTH)} AND {self.churn} >= {LEAVING}"

    def above(self, limit: float) -> str:
        """Who will bring so much or more."""
        return f"{self.worth} >= {_number(limit)}"

    @property
    def slower(self) -> str:
        """Whose rhythm has surely changed for less."""
        return f"{self.change} < 1"

    @property
    def unsure(self) -> str:
        """Worth a lot, and may yet bring nothing."""
        return f"{self.best(FIFTH)} AND {self.worth}_low = 0"


def whom(fit: Fit) -> dict[str, Who]:
    """The answers, each as people."""
    rules, matrix = Rules(fit), fit.report["matrix"]
    leavers = sum(cell["people"] for cell in matrix[0][FRAMED:])
    twenty = sum(cell["people"] for row in matrix[:2] for cell in row)
    found = (
        Who("leavers", _("Top tenth, likely to leave"), rules.leavers, leavers),
        Who("twenty", _("The 20 % who will bring most"), rules.best(FIFTH), twenty),
        Who("slower", _("Buy less often than they used to"), rules.slower, fit.report.get("rhythm", {}).get("slower", 0)),
        Who("unsure", _("Worth a lot, or nothing"), rules.unsure, queries.how_many(fit, at_least=fit.report["limits"][FIFTH], low_most=0)),
    )
    return {one.key: one for one in (*found, *(step.who for step in plan(fit)))}


@dataclass(frozen=True)
class Step:
    """The fewest people who will bring such a share of all value."""

    share: float
    who: Who
    of_all: float
    value: float
    at_risk: float


def plan(fit: Fit) -> list[Step]:
    """From half of all value up; a fit of old made none."""
    rules, found = Rules(fit), []
    for one in fit.report.get("plan", []):
        part = f"{100 * one['share']:.0f}"
        who = Who(f"plan-{part}", _("Who will bring %(percent)s %%") % {"percent": part}, rules.above(one["limit"]), one["people"])
        found.append(Step(one["share"], who, one["people"] / fit.customers, one["value"], one["at_risk"]))
    return found


def keep_segment(who: Who, *, by: str) -> tuple[Segment, bool]:
    """The segment of these people, and whether it was made now: one with this very rule is opened, a name that is taken is counted on."""
    rule = rule_text(segments.check(segments.parse_rule(who.rule), segments.vocabulary()))
    kept = {one.name: one for one in segments.segments()}
    same = next((one for one in kept.values() if one.rule == rule), None)
    if same is not None:
        return same, False
    for number in range(1, NAMES_TRIED_MAX):
        name = who.name if number == 1 else f"{who.name} {number}"
        if name in kept:
            continue
        try:
            return save_segment(name, rule, by=by, new=True), True
        except NameTaken:  # another click was faster
            taken = segments.segment_named(name)
            if taken.rule == rule:
                return taken, False
    raise Refusal(_("Too many segments are called “%(name)s”.") % {"name": who.name}, mend=_("Delete those that are not needed any more."))


def _number(limit: float) -> str:
    """As a rule has it: without an exponent."""
    return number_text(Decimal(f"{limit:.2f}"))


# The four figures


@dataclass(frozen=True)
class Ahead:
    """What all customers will bring, over one of three times."""

    key: str
    words: str  # on the switch
    label: str
    total: float
    sure: str  # between what, or why that cannot be told


def aheads(fit: Fit, code: str | None) -> list[Ahead]:
    """The three times one can look ahead; two of them where the horizon is one of the others."""
    totals, report = fit.report["totals"], fit.report
    long, short = horizon_words(fit.horizon_days), horizon_words(report["churn_days"])
    error = report["level"]["log_error"]
    near = totals["in_churn_days"]
    near_sure = _("likely %(between)s, if as far off as over %(time)s")
    found = [
        Ahead(
            "90",
            short,
            _("All customers, next %(time)s") % {"time": short},
            near,
            near_sure % {"between": between(near * exp(-Z * error), near * exp(Z * error), code), "time": long},
        ),
        Ahead(
            "horizon",
            long,
            _("All customers, next %(time)s") % {"time": long},
            totals["value"],
            _("likely %(between)s") % {"between": between(totals["low"], totals["high"], code)},
        ),
        Ahead(
            "lifetime",
            _("Lifetime"),
            _("All customers, for life"),
            totals["lifetime"],
            _("how sure: we cannot tell, nobody was watched so long"),
        ),
    ]
    return found if fit.horizon_days != report["churn_days"] else found[1:]


@dataclass(frozen=True)
class Trust:
    """How far totals were off before, in words."""

    words: str  # "" where that cannot be told
    tone: str
    below: str


def trust(report: dict[str, Any]) -> Trust:
    """The total error of the chosen model at the last cut, and its range over all."""
    found = report["backtest"]
    errors = [] if found is None else [one["money"]["total_error"] for one in chosen_tried(found)]
    known = [error for error in errors if error is not None]
    if not errors or errors[0] is None:
        return Trust("", "", first_note(report, _("There was nothing to try it on.")))
    error = errors[0]
    way = _("%(percent)s too high") if error >= 0 else _("%(percent)s too low")
    tone = "good" if abs(error) <= NEAR else "warn" if abs(error) > FAR else ""
    below = _("total error at the last cut")
    if len(known) > 1:
        low, high = min(map(abs, known)), max(map(abs, known))
        below = _("total error, on %(n)s past cuts: %(low)s to %(high)s") % {
            "n": len(known),
            "low": f"{100 * low:.1f}",
            "high": f"{100 * high:.1f} %",
        }
    return Trust(way % {"percent": f"{100 * abs(error):.1f} %"}, tone, below)


def first_note(report: dict[str, Any], otherwise: str) -> str:
    """What the fit said first of what it could not do."""
    return queries.said(report["notes"][0]) if report["notes"] else otherwise


def chosen_tried(backtest: dict[str, Any]) -> list[dict[str, Any]]:
    """The chosen model's trials, the last cut first."""
    return sorted((one for one in backtest["tried"] if one["model"] == backtest["chosen"]), key=lambda one: one["origin"], reverse=True)


@dataclass(frozen=True)
class Fifth:
    """The best fifth: how many hold how much, and what the best fifth of the past held."""

    people: int
    of_all: float
    holds: float | None
    held: float | None


def fifth(fit: Fit) -> Fifth:
    """The share stands on the very curve the plot draws; equal values make the fifth larger."""
    people = whom(fit)["twenty"].people
    of_all = people / fit.customers if fit.customers else 0.0
    shares = fit.report["shares"]
    return Fifth(people, of_all, _on_curve(shares["value"]["curve"], of_all), shares["past"]["of_top_fifth"])


def _on_curve(curve: Sequence[float | None], part: float) -> float | None:
    known = [point for point in curve if point is not None and isfinite(point)]
    return float(np.interp(part, np.linspace(0, 1, len(known)), known)) if len(known) > 1 else None


# Who leaves, with how much


@dataclass(frozen=True)
class Cell:
    """A part of all customers. `step`: how strong its colour is, 0 to STEPS."""

    people: int
    value: float
    at_risk: float
    step: int
    is_framed: bool
    rule: str
    words: str


def heat(fit: Fit) -> list[tuple[str, list[Cell]]]:
    """Rows from the best tenth down, columns by the chance to buy nothing, rising."""
    rules, matrix, columns = Rules(fit), fit.report["matrix"], churn_words()
    most = max((cell["value"] for row in matrix for cell in row), default=0.0)
    found = []
    for number, (name, row) in enumerate(zip(row_words(), matrix, strict=True)):
        cells = [
            Cell(
                cell["people"],
                cell["value"],
                cell["at_risk"],
                0 if not cell["people"] or most <= 0 else max(1, int(np.ceil(STEPS * cell["value"] / most))),
                number == 0 and place >= FRAMED,
                rules.cell(number, place),
                f"{name}, {columns[place]}",
            )
            for place, cell in enumerate(row)
        ]
        found.append((name, cells))
    return found


def row_words() -> list[str]:
    return [_("Top 10\u00a0%"), _("Next 10\u00a0%"), _("Others 80\u00a0%")]


def churn_words() -> list[str]:
    """The columns of the matrix."""
    first, last = f"< {100 * EDGES[0]:.0f} %", f"≥ {100 * EDGES[-1]:.0f} %"
    return [first, *(f"{100 * low:.0f}–{100 * high:.0f} %" for low, high in pairwise(EDGES)), last]


@dataclass(frozen=True)
class Keep:
    """One of those to keep first."""

    customer_id: int
    name: str
    risk: float
    worth: float
    likely: str


def keep_first(fit: Fit, code: str | None) -> list[Keep]:
    """The most valuable of those likely to leave; whoever is nobody's any more is left out."""
    rows = queries.first(fit, at_least=fit.report["limits"][TENTH], churn_from=LEAVING, limit=KEPT_FIRST)
    known = {row.id: row for row in customers.customers([row["customer_id"] for row in rows])}
    return [
        Keep(
            row["customer_id"],
            display_name(known[row["customer_id"]]),
            row["told_churn"],
            row["told_value"],
            between(row["told_low"], row["told_high"], code),
        )
        for row in rows
        if row["customer_id"] in known
    ]


def corrected(report: dict[str, Any]) -> float:
    """By how much forecasts were moved after the last back-test: −.25 is a quarter less."""
    level: float = report["level"]["money"]
    return level - 1
