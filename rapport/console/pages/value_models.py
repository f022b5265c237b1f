"""The models and plain rules of a back-test as a table: one figure each column, the nearest bold, the one in use marked."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from rapport.console.pages.value import chosen_tried
from rapport.console.templatetags.wording import MINUS, day_words
from rapport.console.templatetags.worth import bare, off_by, share, to_hundredths
from rapport.value import queries

Tried = dict[str, Any]
SIGNS = f"+{MINUS}"


@dataclass(frozen=True)
class Column:
    """A figure of each model. `distance`: what is less where the forecast was better; None where that cannot be told."""

    head: str
    write: Callable[[Any], str]
    of: Callable[[Tried], float | None]
    distance: Callable[[float], float]


@dataclass(frozen=True)
class Figure:
    text: str
    is_best: bool


@dataclass(frozen=True)
class Row:
    """A model, or a plain rule beside it."""

    name: str
    figures: list[Figure]
    in_use: bool
    note: str


@dataclass(frozen=True)
class Origin:
    """All that was tried from one day."""

    day: str
    customers: int
    rows: list[Row]


def heads() -> list[str]:
    return [column.head for column in _columns()]


def origins(backtest: dict[str, Any]) -> list[Origin]:
    """The last one first."""
    days = sorted({one["origin"] for one in backtest["tried"]}, reverse=True)
    return [_origin(day, [one for one in backtest["tried"] if one["origin"] == day], backtest["chosen"]) for day in days]


def closer(backtest: dict[str, Any]) -> list[tuple[str, str]]:
    """(plain rule, the figures of the last cut on which it came nearer than the model in use)."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in backtest["closer"]:
        rule, _colon, figure = one.partition(": ")
        found[queries.said(rule)].append(queries.said(figure))
    return [(rule, ", ".join(figures)) for rule, figures in found.items()]


def churn_was(backtest: dict[str, Any] | None) -> tuple[float, float] | None:
    """(mean chance to buy nothing as said, the share who bought nothing), at the last cut."""
    if backtest is None:
        return None
    scores = chosen_tried(backtest)[0]["scores"]
    return scores["churn_said"], scores["churn_was"]


def _columns() -> tuple[Column, ...]:
    return (
        Column(_("Total error, money"), off_by, lambda one: one["money"]["total_error"], abs),
        Column(_("Total error, orders"), off_by, lambda one: one["scores"]["total_error"], abs),
        Column(_("RMSE, orders"), to_hundredths, lambda one: one["scores"]["rmse"], lambda figure: figure),
        Column(_("Found in the top tenth"), share, lambda one: one["scores"]["top_tenth"], lambda figure: -figure),
        Column(_("Leaving: AUC"), bare, lambda one: one["scores"]["churn_auc"], lambda figure: -figure),
        Column(_("Brier"), lambda figure: bare(figure, 3), lambda one: one["scores"]["churn_brier"], lambda figure: figure),
    )


def _origin(day: str, tried: list[Tried], chosen: str) -> Origin:
    columns = _columns()
    best = [_nearest(column, tried) for column in columns]
    ordered = sorted(tried, key=lambda one: (one["model"] != chosen, one["is_rule"], not one["is_identified"]))
    rows = [_row(one, columns, best, chosen) for one in ordered]
    return Origin(day_words(date.fromisoformat(day)), max(one["customers"] for one in tried), rows)


def _nearest(column: Column, tried: list[Tried]) -> str:
    """As it is written, without its sign: what reads the same is as near."""
    figures = [figure for one in tried if one["is_identified"] and (figure := column.of(one)) is not None]
    return column.write(min(figures, key=column.distance)).lstrip(SIGNS) if figures else ""


def _row(one: Tried, columns: tuple[Column, ...], best: list[str], chosen: str) -> Row:
    figures = []
    for column, nearest in zip(columns, best, strict=True):
        text = column.write(column.of(one))
        figures.append(Figure(text, one["is_identified"] and text.lstrip(SIGNS) == nearest))
    in_use = one["model"] == chosen
    note = "" if one["is_identified"] else _("not identified: NBD speaks for it")
    name = queries.said(one["model"]) if one["is_rule"] else one["model"]
    return Row(name, figures, in_use, note or (_("to compare") if one["is_rule"] else ""))
