"""The figures of the papers, to the digits printed, from the public data."""

from pathlib import Path

import numpy as np
import pytest

from rapport.run.bench.public_data import cdnow_master
from rapport.value.btyd.beta_geometric import BgNbd, MbgNbd
from rapport.value.btyd.contracts import Sbg, cohort
from rapport.value.btyd.fitting import Maximum
from rapport.value.btyd.gamma_gamma import GammaGamma
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.pareto_nbd import ParetoNbd
from rapport.value.btyd.rows import Rows
from rapport.value.days import PurchaseDays
from rapport.value.tests.public_data import CALIBRATED, ENDED, cdnow_sample, summary_that_came_with_it

SAMPLE: dict[type[Buying], tuple[dict[str, float], float]] = {
    BgNbd: ({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, -9_582.4),
    ParetoNbd: ({"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9_595.0),
    MbgNbd: ({"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, -9_582.1),
    Nbd: ({"r": 0.385, "alpha": 12.072}, -9_763.7),
}
MASTER: dict[type[Buying], tuple[dict[str, float], float]] = {
    BgNbd: ({"r": 0.2516, "alpha": 4.7889, "a": 0.7234, "b": 2.1611}, -95_368.44),
    ParetoNbd: ({"r": 0.5974, "alpha": 11.586, "s": 0.5222, "beta": 8.828}, -95_415.12),
    MbgNbd: ({"r": 0.6372, "alpha": 7.311, "a": 0.8077, "b": 1.2286}, -95_336.96),
}


@pytest.fixture(scope="module")
def sample(samples: Path) -> PurchaseDays:
    return cdnow_sample(samples)


@pytest.fixture(scope="module")
def rows(sample: PurchaseDays) -> Rows:
    return sample.until(CALIBRATED).rows(CALIBRATED)


def with_parameters(kind: type[Buying], *parameters: float) -> Buying:
    return kind(Maximum(np.array(parameters), 0.0, np.zeros((len(parameters), len(parameters)))))


def weeks(x: int, t_x: float, T: float) -> Rows:
    return Rows(np.array([float(x)]), np.array([t_x]), np.array([T]), np.array([1.0]), np.zeros(1, np.int64))


@pytest.mark.parametrize("kind", SAMPLE, ids=lambda kind: kind.name)
def test_the_sample_gives_the_published_parameters(kind: type[Buying], rows: Rows) -> None:
    parameters, log_likelihood = SAMPLE[kind]
    model = kind.of(rows)
    assert {symbol: round(value, 3) for symbol, value in model.named.items()} == parameters
    assert round(model.fit.log_likelihood, 1) == log_likelihood
    assert not model.fit.at_edge


@pytest.mark.parametrize("kind", MASTER, ids=lambda kind: kind.name)
def test_the_master_file_gives_ours_again(kind: type[Buying], samples: Path) -> None:
    parameters, log_likelihood = MASTER[kind]
    model = kind.of(cdnow_master(samples).until(CALIBRATED).rows(CALIBRATED))
    assert model.named == pytest.approx(parameters, rel=5e-4)
    assert round(model.fit.log_likelihood, 2) == log_likelihood


def test_gamma_gamma_of_the_repeaters(sample: PurchaseDays) -> None:
    x, mean = sample.until(CALIBRATED).repeats()
    assert np.count_nonzero(x) == 946
    model = GammaGamma.of(x, mean)
    assert {symbol: round(value, 2) for symbol, value in model.named.items()} == {"p": 6.25, "q": 3.74, "gamma": 15.44}
    assert round(model.fit.log_likelihood, 2) == -4_055.92
    printed = GammaGamma(Maximum(np.array([6.25, 3.74, 15.44]), 0.0, np.zeros((3, 3))))
    expected = printed.expected(np.array([2, 1, 0, 7]), np.array([22.35, 11.77, 0, 73.74]))
    assert expected == pytest.approx([24.66, 18.92, 35.22, 71.47], abs=0.02)
    assert printed.everybody == pytest.approx(35.22, abs=0.01)


@pytest.mark.parametrize(
    ("members", "alpha", "beta", "log_likelihood"),
    [
        ([1000, 869, 743, 653, 593, 551, 517, 491], 0.668, 3.806, -1_611.2),
        ([1000, 631, 468, 382, 326, 289, 262, 241], 0.704, 1.182, -1_680.3),
    ],
    ids=["High End", "Regular"],
)
def test_renewals(members: list[int], alpha: float, beta: float, log_likelihood: float) -> None:
    model = Sbg.of(*cohort(np.array(members)))
    assert {symbol: round(value, 3) for symbol, value in model.named.items()} == {"alpha": alpha, "beta": beta}
    assert round(model.fit.log_likelihood, 1) == log_likelihood


def test_single_customers_of_bg_nbd() -> None:
    model = with_parameters(BgNbd, 0.243, 4.414, 0.793, 2.426)
    one, nothing = weeks(2, 30.43, 38.86), weeks(0, 0, 38.86)
    assert model.purchases(one, 39)[0] == pytest.approx(1.226, abs=5e-4)
    assert model.alive(one)[0] == pytest.approx(0.7266, abs=5e-5)
    assert model.none_within(one, 39)[0] == pytest.approx(0.4454, abs=5e-5)
    assert model.purchases(nothing, 39)[0] == pytest.approx(0.1951, abs=5e-5)
    assert model.alive(nothing)[0] == 1


def test_a_new_customer_of_bg_nbd(rows: Rows) -> None:
    """Printed from parameters of more digits than the paper shows."""
    new = BgNbd.of(rows).new_customer(np.array([0.1429, 1, 3, 31.8571, 32, 78]))
    assert new == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], abs=6e-5, rel=3e-4)


def test_a_single_customer_of_pareto_nbd() -> None:
    model = with_parameters(ParetoNbd, 0.553, 10.578, 0.606, 11.669)
    regular = weeks(26, 30.86, 31)
    assert model.purchases(regular, 52)[0] == pytest.approx(25.46, abs=5e-3)
    assert model.alive(regular)[0] == pytest.approx(0.9979, abs=5e-5)


@pytest.mark.parametrize(("kind", "within"), [(BgNbd, 0.05), (ParetoNbd, 0.03)], ids=["BG/NBD", "Pareto/NBD"])
def test_repeat_purchases_by_week_78(kind: type[Buying], within: float, sample: PurchaseDays, rows: Rows) -> None:
    """As the papers track them: what a new customer is expected to buy until then, for each day somebody first bought."""
    expected = kind.of(rows).new_customer((ENDED - sample.day[sample.start[:-1]]) / 7).sum()
    actual = sample.until(ENDED).rows(ENDED).repeats
    assert expected == pytest.approx(actual, rel=within)


@pytest.mark.parametrize(("kind", "correlation"), [(BgNbd, 0.626), (ParetoNbd, 0.630)], ids=["BG/NBD", "Pareto/NBD"])
def test_forecasts_of_customers_agree_with_what_they_did(kind: type[Buying], correlation: float, sample: PurchaseDays, rows: Rows) -> None:
    did, _ = sample.within(CALIBRATED, ENDED, sample.ids)
    forecast = kind.of(rows).purchases(rows, (ENDED - CALIBRATED) / 7)[rows.row_of]
    assert round(np.corrcoef(forecast, did)[0, 1], 3) == correlation


def test_the_summary_is_that_of_the_papers(rows: Rows, samples: Path) -> None:
    ours = np.column_stack([rows.x, rows.t_x, rows.T])[rows.row_of].round(2)
    assert np.abs(np.sort(ours, axis=0) - np.sort(summary_that_came_with_it(samples), axis=0)).max() < 0.0101
