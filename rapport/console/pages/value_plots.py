"""The pictures of worth, each with the table that says the same."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from rapport.console.pages.value import Cell, Fifth, chosen_tried, first_note
from rapport.console.templatetags.wording import count
from rapport.console.templatetags.worth import bare, between, forecast, share

TENTHS_APART = 10  # points of a curve between two rows of its table
WEEKS_APART = 13


@dataclass(frozen=True)
class Table:
    """What stands under “Show as table”: everything written out."""

    heads: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Plot:
    """A picture: its data for the script, its table, and where there is nothing to draw, what it needs."""

    data: dict[str, Any]
    table: Table
    missing: str = ""


NOTHING = Table([], [])


def heat_table(rows: list[tuple[str, list[Cell]]], money: str, code: str | None) -> Table:
    heads = [_("Who, and their chance to buy nothing"), _("People"), money, _("At risk")]
    cells = [cell for _name, row in rows for cell in row]
    return Table(heads, [[one.words, count(one.people), forecast(one.value, code), forecast(one.at_risk, code)] for one in cells])


def lorenz(report: dict[str, Any], fifth: Fifth, ahead: str) -> Plot:
    """Who holds how much, the most valuable first: ahead of us and so far."""
    value, past = report["shares"]["value"], report["shares"]["past"]
    if fifth.holds is None:
        return Plot({}, NOTHING, _("Nobody is expected to bring anything, so there is nothing to share."))
    words = {"value": ahead, "past": _("so far"), "customers": _("customers, most valuable first")}
    sentence = _("%(of)s of customers\nhold %(holds)s of it") % {"of": share(fifth.of_all), "holds": share(fifth.holds)}
    data = {"value": value["curve"], "past": past["curve"], "at": [fifth.of_all, fifth.holds], "sentence": sentence, "words": words}
    rows = [[share(place / 100), share(value["curve"][place], 1), share(past["curve"][place], 1)] for place in range(0, 101, TENTHS_APART)]
    return Plot(data, Table([_("Customers, most valuable first"), ahead.capitalize(), _("So far")], rows))


def gini(report: dict[str, Any]) -> tuple[str, str]:
    return bare(report["shares"]["value"]["gini"]), bare(report["shares"]["past"]["gini"])


def tenths(report: dict[str, Any], code: str | None) -> Plot:
    """What each tenth by forecast really spent, beside the forecast and where it was to lie with 90 %, after the last cut."""
    if report["backtest"] is None:
        return Plot({}, NOTHING, no_past(report))
    money, held = chosen_tried(report["backtest"])[0]["money"], report["backtest"]["held"]
    did, said = money["actual_by_tenth"], money["forecast_by_tenth"]
    likely = (held or {}).get("likely_by_tenth") or []  # fits of old kept none
    names = [str(number + 1) for number in range(len(did))]
    words = {"did": _("really spent"), "said": _("forecast"), "likely": _("likely (90 %)"), "tenths": _("tenths by forecast, a head")}
    heads = [_("Tenth by forecast"), _("Really spent, a head"), _("Forecast, a head")]
    rows = [[name, forecast(one, code), forecast(other, code)] for name, one, other in zip(names, did, said, strict=True)]
    if likely:
        heads.append(_("Likely (90 %)"))
        rows = [[*row, between(limits[0], limits[1], code)] for row, limits in zip(rows, likely, strict=True)]
    return Plot({"names": names, "did": did, "said": said, "likely": likely, "code": code or "", "words": words}, Table(heads, rows))


def weeks(report: dict[str, Any]) -> Plot:
    """Repeat orders of everybody known at the last cut, week by week, beside what the model foretold."""
    held = None if report["backtest"] is None else report["backtest"]["held"]
    found = None if held is None else held["tracking"]
    if found is None:
        return Plot({}, NOTHING, no_past(report))
    did, said, cut = found["actual"], found["forecast"], found["cut_week"]
    low, high = found.get("low") or [], found.get("high") or []  # fits of old kept none
    words = {
        "did": _("real ones"),
        "said": _("forecast of repeat orders"),
        "likely": _("likely (90 %)"),
        "cut": _("the model saw no further"),
        "weeks": _("weeks"),
    }
    shown = sorted({*range(0, len(did), WEEKS_APART), cut, len(did) - 1} & set(range(len(did))))
    heads = [_("Week"), _("Real repeat orders"), _("Forecast")]
    rows = [[str(week), count(did[week]), count(round(said[week]))] for week in shown]
    if low:
        heads.append(_("Likely (90 %)"))
        rows = [[*row, f"{count(round(low[week]))} – {count(round(high[week]))}"] for row, week in zip(rows, shown, strict=True)]
    return Plot({"did": did, "said": said, "low": low, "high": high, "cut": cut, "words": words}, Table(heads, rows))


def held(report: dict[str, Any]) -> Plot:
    """How often what customers spent lay inside the interval of 90 %, tenth by tenth."""
    found = None if report["backtest"] is None else report["backtest"]["held"]
    if found is None:
        return Plot({}, NOTHING, no_past(report))
    names = [str(number + 1) for number in range(len(found["by_tenth"]))]
    words = {"held": _("inside the interval"), "meant": _("meant: 90 %"), "tenths": _("tenths by forecast")}
    rows = [[name, share(part, 1)] for name, part in zip(names, found["by_tenth"], strict=True)]
    table = Table([_("Tenth by forecast"), _("Inside the interval")], rows)
    return Plot({"names": names, "held": found["by_tenth"], "words": words}, table)


def histogram(report: dict[str, Any], code: str | None) -> Plot:
    """How many customers are worth how much."""
    found = report["histogram"]
    if not found["people"]:
        return Plot({}, NOTHING, _("All customers are worth the same, so there is nothing to spread out."))
    edges, people = found["edges"], found["people"]
    names = [f"{forecast(low, code)} – {forecast(high, code)}" for low, high in pairwise(edges)]
    data = {"names": names, "edges": [forecast(edge, code) for edge in edges], "people": people, "words": {"people": _("people")}}
    rows = [[name, count(n)] for name, n in zip(names, people, strict=True)]
    nothing = [[_("nothing"), count(found["nothing"])]] if found["nothing"] else []
    return Plot(data, Table([_("Worth"), _("People")], nothing + rows))


def no_past(report: dict[str, Any]) -> str:
    """Why nothing could be tried out, as the fit said it."""
    return first_note(report, _("There was no past to try it on."))
