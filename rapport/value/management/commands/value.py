"""`rapport value report`: how near each model of repeat purchases came to what customers did, and which one is believed."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from math import isnan
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.value import queries
from rapport.value.backtest import Backtest

HEAD = f"{'':<12} {'from':<10} {'customers':>9} {'total':>8} {'RMSE':>7} {'MAE':>7} {'top tenth':>10}"
HEAD += f" {'churn said / was':>17} {'Brier':>6} {'AUC':>6}"


class Command(BaseCommand):
    help = "Forecast from days in the past what customers went on to buy, and say which model came nearest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        report = verbs.add_parser("report", help="every model, from three days in the past")
        report.add_argument("--horizon", type=int, default=queries.HORIZON_DAYS, metavar="DAYS", help="how far ahead (default %(default)s)")
        report.add_argument("--json", action="store_true", help="answer for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        horizon = options["horizon"]
        if not 1 <= horizon <= 3_650:
            raise CommandError(f"A horizon has 1 to 3650 days, not {horizon}. Write --horizon 365.")
        try:
            found = queries.backtest(now_us(), horizon, self._told)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps(_plain(found)) if options["json"] else "\n".join(_lines(found)))

    def _told(self, words: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(words)


def _lines(found: Backtest) -> list[str]:
    lines = [f"Purchases within {found.horizon_days} days, forecast and seen", HEAD]
    for one in found.tried:
        said = one.scores
        top = f"{said.top_tenth:.2f} of {said.top_tenth_best:.2f}"
        churn = f"{said.churn_said:.3f} / {said.churn_was:.3f}"
        lines.append(
            f"{one.model:<12} {np.datetime64(one.origin, 'D')!s:<10} {one.customers:>9,} {said.total_error:>+8.1%} {said.rmse:>7.3f}"
            f" {said.mae:>7.3f} {top:>10} {churn:>17} {said.churn_brier:>6.3f} {said.churn_auc:>6.3f}"
            + ("" if one.is_identified else "  as NBD: dropout not identified")
        )
    return [*lines, f"Chosen: {found.why}", f"What it says is multiplied by {found.total_factor:.3f}, as the last origin would have it."]


def _plain(found: Backtest) -> dict[str, Any]:
    tried = [asdict(one) | {"origin": str(np.datetime64(one.origin, "D")), "scores": _scores(asdict(one.scores))} for one in found.tried]
    return {
        "horizon_days": found.horizon_days,
        "chosen": found.chosen.name,
        "why": found.why,
        "total_factor": found.total_factor,
        "tried": tried,
    }


def _scores(said: dict[str, Any]) -> dict[str, Any]:
    """What cannot be told is null: there is no curve where everybody came back."""
    return {name: None if isinstance(value, float) and isnan(value) else value for name, value in said.items()}
