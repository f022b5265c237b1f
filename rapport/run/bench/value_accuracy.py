"""How near forecasts of the public data came to what people did: ours, lifetimes' and the plain rules, in one table."""

from pathlib import Path

import numpy as np
from django.conf import settings

from rapport.run.bench.frame import Tell
from rapport.run.bench.peers import Peer
from rapport.run.bench.public_data import cdnow_master, online_retail
from rapport.value.backtest import backtested
from rapport.value.days import PurchaseDays
from rapport.value.scores import Scores, scores

HEAD = f"    {'':<24} {'total':>8} {'RMSE':>7} {'MAE':>7} {'corr.':>6} {'top tenth':>9} {'AUC':>6} {'Brier':>6}"


def tell_accuracy(lifetimes: Peer, tell: Tell) -> None:
    """CDNOW's weeks 40 to 78, and the last half year of Online Retail."""
    samples = Path(settings.SAMPLES)
    for name, days, horizon in (("CDNOW master", cdnow_master(samples), 273), ("Online Retail", online_retail(samples), 182)):
        today = int(days.day.max())
        found = backtested(days, today, horizon)
        origin = today - horizon
        tell(f"  {name}: purchases within {horizon} days after {np.datetime64(origin, 'D')}")
        tell(HEAD)
        for one in found.tried:
            if one.origin == origin:
                mark = " *" if one.model == found.chosen.name else "" if one.is_identified else " (as NBD)"
                tell(_line(one.model + mark, one.scores))
        tell(_line("lifetimes BG/NBD", _theirs(lifetimes, days, origin, horizon)))
        tell(f"    * chosen. A plain rule came nearer: {', '.join(found.closer) or 'nowhere'}.")


def _theirs(lifetimes: Peer, days: PurchaseDays, origin: int, horizon: int) -> Scores:
    known = days.until(origin)
    rows = known.rows(origin)
    path = Path(settings.DATA_DIR) / "accuracy.npz"
    np.savez(path, x=rows.x[rows.row_of], t_x=rows.t_x[rows.row_of], T=rows.T[rows.row_of])
    lifetimes.ask(do="load", path=str(path))
    lifetimes.ask(do="fit", model="BG/NBD")
    told = lifetimes.ask(do="forecast", weeks=horizon / 7)["purchases"]
    purchases = np.array([0.0 if one is None else one for one in told])
    did, _ = days.within(origin, origin + horizon, known.ids)
    return scores(purchases, np.exp(-purchases), did)  # it says nothing of who buys nothing: as if by Poisson


def _line(name: str, said: Scores) -> str:
    line = f"    {name:<24} {said.total_error:>+8.1%} {said.rmse:>7.3f} {said.mae:>7.3f} {said.correlation:>6.3f}"
    return f"{line} {said.top_tenth:>9.3f} {said.churn_auc:>6.3f} {said.churn_brier:>6.3f}"
