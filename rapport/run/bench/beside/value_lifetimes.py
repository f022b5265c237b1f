"""lifetimes at the same work, in an environment of its own: reads a line of JSON, answers with one.

It runs without Rapport: `python value_lifetimes.py`, with lifetimes 0.11.3 and what it needs beside it.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, ParetoNBDFitter
from lifetimes.utils import summary_data_from_transaction_data

FITTERS = {"BG/NBD": BetaGeoFitter, "Pareto/NBD": ParetoNBDFitter}
SYMBOLS = {"BG/NBD": ("r", "alpha", "a", "b"), "Pareto/NBD": ("r", "alpha", "s", "beta")}
DAYS_A_WEEK = 7
held: dict[str, Any] = {}


def load(path: str) -> dict[str, Any]:
    """x, t_x and T in weeks, of an .npz file."""
    held["summary"] = np.load(path)
    return {"customers": len(held["summary"]["x"])}


def fit(model: str) -> dict[str, Any]:
    told = held["summary"]
    fitter = FITTERS[model](penalizer_coef=0.0)
    fitter.fit(told["x"], told["t_x"], told["T"])
    held["fitter"] = fitter
    return {"parameters": [float(fitter.params_[symbol]) for symbol in SYMBOLS[model]]}


def forecast(weeks: float) -> dict[str, Any]:
    """Expected purchases of each customer that was loaded; null where it comes to no number."""
    told = held["summary"]
    found = held["fitter"].conditional_expected_number_of_purchases_up_to_time(weeks, told["x"], told["t_x"], told["T"])
    return {"purchases": [float(one) if np.isfinite(one) else None for one in np.asarray(found)]}


def whole(path: str, until: str, weeks: float) -> dict[str, Any]:
    """From transactions to every customer's forecast by BG/NBD."""
    bought = pd.read_parquet(path)
    told = summary_data_from_transaction_data(bought, "customer", "day", observation_period_end=until, freq="D")
    x, t_x, watched = told["frequency"].to_numpy(), told["recency"].to_numpy() / DAYS_A_WEEK, told["T"].to_numpy() / DAYS_A_WEEK
    fitter = BetaGeoFitter(penalizer_coef=0.0)
    fitter.fit(x, t_x, watched)
    forecast = fitter.conditional_expected_number_of_purchases_up_to_time(weeks, x, t_x, watched)
    return {"customers": len(told), "repeats": int(x.sum()), "forecast": float(np.nansum(forecast))}


def main() -> None:
    asked: dict[str, Callable[..., dict[str, Any]]] = {"load": load, "fit": fit, "forecast": forecast, "whole": whole}
    for line in sys.stdin:
        words = json.loads(line)
        sys.stdout.write(json.dumps(asked[words.pop("do")](**words)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
