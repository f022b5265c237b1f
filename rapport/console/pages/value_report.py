"""The report of a fit for whoever wants to check it: what was taken, what its symbols are, how it did when it was tried."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from rapport.console.pages.value import corrected
from rapport.console.templatetags.wording import THIN_BELOW, count
from rapport.console.templatetags.worth import off_by, plain_figure, share, to_hundredths
from rapport.value import queries
from rapport.value.models import Fit

SYMBOLS = {"alpha": "α", "beta": "β", "gamma": "γ", "alpha_2": "α₂", "r_2": "r₂"}
EXPLAINED_FROM, STABLE_FROM, SMALLEST = 0.8, 0.8, 0.01  # the bars of a good parting
COHORT_STEPS = ((0.4, 5), (0.25, 4), (0.15, 3), (0.07, 2), (0.0, 1))  # from such a share on, so strong a colour
COHORT_MONTHS_MAX = 12


@dataclass(frozen=True)
class Parameter:
    symbol: str
    value: str
    words: str


def notes(fit: Fit) -> list[str]:
    """What somebody should know before believing it, in plain words."""
    report = fit.report
    found = [queries.said(note) for note in report["notes"]]
    moved = corrected(report)
    if report["backtest"] is None:
        found.append(_("No back-test could be made, so nothing was corrected and all intervals are guesses on the wide side."))
    elif abs(moved) >= 0.005:
        words = _("At the last cut the forecast was %(off)s of what was really spent, so every forecast here is multiplied by %(level)s.")
        found.append(words % {"off": share(1 / (1 + moved)), "level": to_hundredths(1 + moved)})
    if report["one_in"] > 1:
        found.append(_("Back-test and cohorts looked at one customer in %(n)s; the fit at all of them.") % {"n": count(report["one_in"])})
    read = report.get("read")
    if read and read["without_rate"]:
        words = _("%(n)s of %(all)s orders have no exchange rate and count as purchases of nothing.")
        found.append(words % {"n": count(read["without_rate"]), "all": count(read["purchases"])})
    if read:
        found.append(_costs(read, report.get("margin", 1.0)))
    return found


def _costs(read: dict[str, int], margin: float) -> str:
    if read["with_cost"] == read["purchases"]:
        return _("What an order brings is its margin: the cost of every order is known.")
    rest = _("its revenue") if margin == 1 else _("%(share)s of its revenue") % {"share": share(margin)}
    words = _("Of %(n)s of %(all)s orders the cost is known; of the others what they bring is taken to be %(rest)s.")
    return words % {"n": count(read["with_cost"]), "all": count(read["purchases"]), "rest": rest}


@dataclass(frozen=True)
class Moved:
    """Where those of one level went."""

    name: str
    cells: list[tuple[int, bool]]  # people, and whether they stayed


def moved(found: queries.Moves | None) -> list[Moved]:
    """By the level before, those who are new last; nothing where there is nothing to compare with."""
    if found is None:
        return []
    names = [*map(queries.said, found.names), _("New since then")]
    return [Moved(name, [(n, place == row) for place, n in enumerate(found.people[row])]) for row, name in enumerate(names)]


def parameters(fit: Fit) -> list[Parameter]:
    """Of the buying and of the spending, with what each says."""
    report = fit.report
    found = [*report["params"].items(), *report["spending"]["params"].items()]
    words = _meanings()
    return [Parameter(SYMBOLS.get(name, name), plain_figure(value, 4), words.get(name, "")) for name, value in found]


def _meanings() -> dict[str, str]:
    return {
        "r": _("how alike customers buy: the greater, the more alike"),
        "alpha": _("weeks: r / α orders a week of the average customer"),
        "s": _("how alike customers leave: the greater, the more alike"),
        "beta": _("weeks: s / β is the average rate of leaving"),
        "a": _("leaving after an order: a / (a + b) of the average customer"),
        "b": _("the other side of a"),
        "r_2": _("as r, of the second kind of customer"),
        "alpha_2": _("as α, of the second kind of customer"),
        "odds": _("customers of the second kind to one of the first"),
        "p": _("how alike the amounts of one customer are"),
        "q": _("how alike customers spend"),
        "gamma": _("the scale of amounts"),
    }


@dataclass(frozen=True)
class Quality:
    """One measure of how good a parting is. `is_good`: None where there is no bar to pass."""

    words: str
    value: str
    bar: str
    is_good: bool | None


@dataclass(frozen=True)
class Parting:
    """One of the ways to part customers. `level`: what one part of it is called."""

    key: str
    words: str
    level: str
    found: dict[str, Any]  # as kept

    @property
    def rules(self) -> list[tuple[str, str]]:
        """(name, rule) of each part, where it is told by rules."""
        return [(queries.said(one["name"]), rule) for one, rule in zip(self.found["levels"], self.found.get("rules", []), strict=False)]


def partings(report: dict[str, Any]) -> list[Parting]:
    """Those there are; a fit of old looked at the pyramid alone."""
    known = (
        Parting("pyramid", _("Pyramid"), _("Level"), report["pyramid"]),
        Parting("fifths", _("Fifths"), _("Fifth"), report.get("fifths") or {}),
        Parting("clusters", _("Clusters"), _("Group"), report.get("clusters") or {}),
    )
    return [one for one in known if one.found]


def qualities(parting: Parting) -> list[Quality]:
    """Beside the bars that a parting should pass."""
    found, levels = parting.found["quality"], parting.found["levels"]
    people = sum(level["customers"] for level in levels)
    smallest = min((level["customers"] for level in levels), default=0)
    part = smallest / people if people else None
    order = parting.found["in_order"]
    ordered = _("we cannot tell") if order is None else _("yes") if order else _("no")
    return [
        _measure(_("Value explained (eta²)"), found["value_explained"], EXPLAINED_FROM),
        Quality(_("Apart from each other (silhouette)"), _told(found["apart"]), _("from −1 to 1, the more the better"), None),
        Quality(_("Near each other (Davies-Bouldin)"), _told(found["near"]), _("from 0, the less the better"), None),
        _measure(_("Stable when redrawn (adjusted Rand)"), found["stable"], STABLE_FROM),
        Quality(
            _("Smallest part"),
            "–" if part is None else share(part, 1),
            _("good from %(share)s of customers") % {"share": share(SMALLEST)},
            None if part is None else part >= SMALLEST,
        ),
        Quality(_("In order when time had passed"), ordered, _("each part brought more a head than the next"), order),
    ]


def _measure(words: str, value: float | None, bar: float) -> Quality:
    return Quality(words, _told(value), _("good above %(bar)s") % {"bar": to_hundredths(bar)}, None if value is None else value > bar)


def _told(value: float | None) -> str:
    return _("we cannot tell") if value is None else to_hundredths(value)


@dataclass(frozen=True)
class Later:
    """What a part went on to bring a head, and the places of its interval along a line that all parts share."""

    name: str
    found: dict[str, Any]  # as kept; fits of old do not tell of churn
    at: float
    low_at: float
    high_at: float


def later(parting: Parting) -> list[Later]:
    found = parting.found["later"]
    most = max((max(one["mean"], one["high"] or 0.0) for one in found), default=0.0) or 1.0
    return [_later(one, most) for one in found]


def _later(one: dict[str, Any], most: float) -> Later:
    mean, low, high = one["mean"], one["low"], one["high"]
    edges = (mean if low is None else low) / most, (mean if high is None else high) / most
    return Later(queries.said(one["name"]), one, mean / most, *edges)


@dataclass(frozen=True)
class Month:
    """How many of a cohort bought again so many months after their first order."""

    text: str
    step: int


@dataclass(frozen=True)
class Cohort:
    month: str
    customers: int
    months: list[Month]


def cohorts(report: dict[str, Any]) -> list[Cohort]:
    """The triangle: a row for each month of first orders, a column for each month after."""
    return [
        Cohort(one["month"], one["customers"], [_month(n, one["customers"]) for n in one["bought"][1 : COHORT_MONTHS_MAX + 1]])
        for one in report["cohorts"]
    ]


def _month(bought: int, customers: int) -> Month:
    part = bought / customers if customers else 0.0
    step = next(step for least, step in COHORT_STEPS if part >= least) if bought else 0
    return Month(count(bought) if customers < THIN_BELOW else share(part), step)


@dataclass(frozen=True)
class Signal:
    """One signal that was tried: taken or left, and what it did inside its groups."""

    name: str
    is_taken: bool
    often: str
    stays: str
    why: str
    groups: list[dict[str, Any]]  # as kept


def signals(report: dict[str, Any]) -> list[Signal]:
    """Those taken first."""
    found = [
        Signal(
            queries.said(one["name"]),
            one["is_accepted"],
            off_by(one["rate"] - 1),
            off_by(one["stay"] - 1),
            queries.said(one["why"]),
            one["groups"],
        )
        for one in report["signals"]
    ]
    return sorted(found, key=lambda one: not one.is_taken)
