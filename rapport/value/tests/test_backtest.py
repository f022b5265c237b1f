"""The nearest forecast wins, not the likeliest model, and each figure is what it says."""

from pathlib import Path

import numpy as np
import pytest

from rapport.run.bench.public_data import cdnow_master, online_retail
from rapport.value.backtest import ORIGINS, backtested
from rapport.value.btyd.beta_geometric import BgNbd
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.pareto_nbd import ParetoNbd
from rapport.value.btyd.two_kinds import TwoKinds
from rapport.value.days import PurchaseDays
from rapport.value.errors import TooFewPurchases
from rapport.value.scores import area_under_curve, scores
from rapport.value.tests.public_data import CALIBRATED, ENDED

KNOWN = {  # master file, weeks 40 to 78: total error, MAE, RMSE, correlation, share of the top tenth; P(none), Brier, AUC
    "BG/NBD": (-0.143, 0.819, 1.733, 0.669, 0.456, 0.734, 0.165, 0.747),
    "MBG/NBD": (-0.191, 0.795, 1.740, 0.670, 0.459, None, None, None),
    "Pareto/NBD": (-0.129, 0.794, 1.726, 0.671, 0.460, 0.771, 0.166, 0.763),
    "NBD": (0.47, 1.055, 1.859, 0.651, 0.444, None, None, None),
}


def test_the_master_file_forecast_for_its_second_half(samples: Path) -> None:
    report = backtested(cdnow_master(samples), ENDED, ENDED - CALIBRATED)
    last = {one.model: one.scores for one in report.tried if one.origin == CALIBRATED}
    for name, (total, mae, rmse, correlation, top, none, brier, auc) in KNOWN.items():
        found = last[name]
        assert found.total_error == pytest.approx(total, abs=6e-3 if name == "NBD" else 6e-4)
        assert (round(found.mae, 3), round(found.rmse, 3), round(found.correlation, 3)) == (mae, rmse, correlation)
        assert found.top_tenth == pytest.approx(top, abs=2e-3)  # equal forecasts stand in any order
        assert found.top_tenth_best == pytest.approx(0.676, abs=5e-4)
        assert round(found.churn_was, 3) == 0.701
        if none is not None:
            assert (round(found.churn_said, 3), round(found.churn_brier, 3), round(found.churn_auc, 3)) == (none, brier, auc)
    assert report.chosen in (BgNbd, ParetoNbd)  # as near to each other as makes no odds; MBG/NBD is likelier, and further off
    assert report.total_factor == pytest.approx(1 / (1 + KNOWN[report.chosen.name][0]), abs=2e-3)


def test_where_nobody_is_seen_to_leave_nbd_speaks_and_it_is_said(samples: Path) -> None:
    days = online_retail(samples)
    report = backtested(days, int(days.day.max()), 180)
    assert report.chosen in (Nbd, TwoKinds)
    assert "not identified" in str(report.why)
    assert {one.model for one in report.tried if not one.is_identified} >= {"BG/NBD", "Pareto/NBD"}


def test_origins_lie_apart_and_end_where_nothing_was_known(samples: Path) -> None:
    report = backtested(cdnow_master(samples), ENDED, 91)
    origins = sorted({one.origin for one in report.tried})
    assert len(origins) == ORIGINS
    assert origins[-1] == ENDED - 91
    assert set(np.diff(origins)) == {91 // 4}


def test_what_came_out_lay_mostly_where_it_was_to_lie(samples: Path) -> None:
    days = cdnow_master(samples)
    report = backtested(days, ENDED, ENDED - CALIBRATED)
    held = report.held
    assert held is not None and held.tracking is not None
    money = report.of_chosen[0].money
    inside = [low <= did <= high for (low, high), did in zip(held.likely_by_tenth, money.actual_by_tenth, strict=True)]
    assert sum(inside) >= 8
    assert all(low < said < high for (low, high), said in zip(held.likely_by_tenth, money.forecast_by_tenth, strict=True))
    found = held.tracking
    low, said, high = (np.array(one) for one in (found.low, found.forecast, found.high))
    assert (low[: found.cut_week] == said[: found.cut_week]).all() and (high[: found.cut_week] == said[: found.cut_week]).all()
    assert (low <= said).all() and (said <= high).all()
    assert (np.diff(low) >= 0).all()  # what has been bought grows no less
    assert (np.diff(high - low)[found.cut_week :] > 0).all()  # the further off, the less sure
    grown = np.array(found.actual) - found.actual[found.cut_week] + said[found.cut_week]  # from where the forecast began
    inside_weeks = ((low <= grown) & (grown <= high))[found.cut_week :]
    assert inside_weeks.mean() >= 0.7 and inside_weeks[-1]


def test_too_few_purchases_are_told() -> None:
    days = PurchaseDays.of(np.arange(100), np.arange(100), np.ones(100))
    with pytest.raises(TooFewPurchases, match="Fewer than 50 customers had bought twice 30 days ago"):
        backtested(days, 100, 30)


def test_scores_of_a_few() -> None:
    found = scores(np.array([0.0, 1, 2, 5]), np.array([0.9, 0.4, 0.4, 0.1]), np.array([0.0, 0, 4, 6]))
    assert found.total_error == pytest.approx(-0.2)
    assert found.rmse == pytest.approx(np.sqrt((1 + 4 + 1) / 4))
    assert found.mae == 1
    assert (found.top_tenth, found.top_tenth_best) == (0.6, 0.6)
    assert found.churn_said == pytest.approx(0.45)
    assert found.churn_was == 0.5
    assert found.churn_auc == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert list(found.forecast_by_tenth) == [0, 1, 2, 5]
    assert list(found.actual_by_tenth) == [0, 0, 4, 6]


def test_nobody_bought_and_nobody_left() -> None:
    nothing = scores(np.array([1.0, 1]), np.array([0.5, 0.5]), np.zeros(2))
    assert np.isnan([nothing.total_error, nothing.top_tenth, nothing.churn_auc]).all()
    assert np.isnan(area_under_curve(np.array([0.5, 0.2]), np.array([False, False])))
