"""`rapport value fit` values every customer and keeps the report; `rapport value report` shows the one that was kept."""

import json
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from rapport.lib.refusals import Refusal
from rapport.value import queries
from rapport.value.backtest import CANDIDATES
from rapport.value.btyd.models import Buying
from rapport.value.said import all_said
from rapport.value.valuation import Options
from rapport.value.valuing import fit_now

MODELS: dict[str, type[Buying] | None] = {
    "auto": None,
    **{kind.name.lower().replace("/", "_").replace(" ", "_"): kind for kind in CANDIDATES},
}
HEAD = f"  {'':<21} {'total':>8} {'RMSE':>7} {'MAE':>7} {'top tenth':>12} {'churn said / was':>17} {'Brier':>6} {'AUC':>6} {'money':>8}"


class Command(BaseCommand):
    help = "Value every customer: what they will buy and bring, how sure that is, and which model came nearest to what happened."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        fit = verbs.add_parser("fit", help="fit, score everybody, keep the report")
        fit.add_argument("--model", choices=list(MODELS), default="auto", help="auto: by back-test (default)")
        fit.add_argument("--until", metavar="DATE", help="the last day of observation, included; default: the last whole day")
        fit.add_argument(
            "--horizon-days", type=int, default=settings.VALUE_HORIZON_DAYS, metavar="N", help="how far ahead (default %(default)s)"
        )
        report = verbs.add_parser("report", help="the report of the last fit that was kept")
        for verb in (fit, report):
            verb.add_argument("--json", action="store_true", help="answer for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = all_said(self._fit(options) if options["verb"] == "fit" else _kept())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps(found) if options["json"] else "\n".join(_lines(found)))

    def _fit(self, options: dict[str, Any]) -> dict[str, Any]:
        asked = Options(options["horizon_days"], MODELS[options["model"]], settings.VALUE_DISCOUNT)
        return fit_now(asked, until=_day(options["until"]), tell=self._told)

    def _told(self, words: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(words)


def _kept() -> dict[str, Any]:
    fit = queries.newest()
    if fit is None:
        raise CommandError("Nobody has been valued yet. Run: rapport value fit")
    return dict(fit.report)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise CommandError(f"--until takes a day as 2026-11-22, not {text}.") from wrong


def _lines(found: dict[str, Any]) -> list[str]:
    totals, level = found["totals"], found["level"]
    params = "  ".join(f"{name} {value:.4g}" for name, value in found["params"].items())
    lines = [
        f"{found['customers']:,} customers as of {found['as_of']}, {found['horizon_days']} days ahead, money then less by"
        f" {found['discount']:.0%} a year",
        f"{found['model']}: {params}",
        f"Value {totals['value']:,.0f}, likely {totals['low']:,.0f} to {totals['high']:,.0f}; so far {totals['past']:,.0f};"
        f" at risk in {found['churn_days']} days {totals['at_risk']:,.0f}",
        f"The best fifth of customers hold {found['shares']['value']['of_top_fifth'] or 0:.0%} of it (Gini"
        f" {found['shares']['value']['gini'] or 0:.2f})",
        f"What the model says is multiplied by {level['money']:.3f} for money, {level['purchases']:.3f} for purchases",
        *found["notes"],
        found["spending"]["why"],
        *(f"Signal {one['name']}: {'taken' if one['is_accepted'] else 'left'}. {one['why']}" for one in found["signals"]),
    ]
    return [*lines, *_backtest(found["backtest"])] if found["backtest"] else lines


def _backtest(found: dict[str, Any]) -> list[str]:
    lines = [f"Back-test over {found['horizon_days']} days. Chosen: {found['why']}"]
    for origin in sorted({one["origin"] for one in found["tried"]}, reverse=True):
        lines += [f"from {origin}", HEAD]
        lines += [_line(one) for one in found["tried"] if one["origin"] == origin]
    held = found["held"]
    if held:
        lines.append(f"The interval of 90 % held {held['over_all']:.1%} of customers, {min(held['by_tenth']):.1%} of the least tenth.")
    nearer = ", ".join(found["closer"]) or "nowhere"
    return [*lines, f"A plain rule came nearer than the chosen model: {nearer}."]


def _line(one: dict[str, Any]) -> str:
    said, money = one["scores"], one["money"]
    told = {name: "-" if value is None else value for name, value in said.items()}
    top = f"{_of(said['top_tenth'], '.3f')} of {_of(said['top_tenth_best'], '.3f')}"
    churn = f"{told['churn_said']:.3f} / {told['churn_was']:.3f}"
    line = f"  {one['model']:<21} {_of(said['total_error'], '+8.1%'):>8} {said['rmse']:>7.3f} {said['mae']:>7.3f} {top:>12} {churn:>17}"
    line += f" {said['churn_brier']:>6.3f} {_of(said['churn_auc'], '.3f'):>6} {_of(money['total_error'], '+8.1%'):>8}"
    return line if one["is_identified"] else f"{line}  not identified: NBD"


def _of(value: float | None, shape: str) -> str:
    return "-" if value is None else format(value, shape)
