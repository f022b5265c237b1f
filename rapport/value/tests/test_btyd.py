"""The models by themselves: gradients are right, known parameters are found again, probabilities are those of what happens."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from rapport.run.bench.public_data import online_retail
from rapport.value.btyd import beta_geometric, contracts, gamma_gamma, nbd, pareto_nbd
from rapport.value.btyd.beta_geometric import BgNbd, MbgNbd
from rapport.value.btyd.fitting import Maximum
from rapport.value.btyd.gammas import Counted
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.pareto_nbd import ParetoNbd
from rapport.value.btyd.rows import grouped
from rapport.value.tests.simulated import simulated

KNOWN: dict[type[Buying], tuple[str, tuple[float, float, float, float]]] = {
    BgNbd: ("beta_geometric", (0.8, 6.0, 0.9, 2.5)),
    MbgNbd: ("modified", (0.8, 6.0, 0.9, 2.5)),
    ParetoNbd: ("pareto", (0.7, 9.0, 0.6, 12.0)),
}
FEW = grouped(np.array([0, 0, 1, 3, 3, 40]), np.array([0, 0, 20, 100, 271, 271]), np.array([273, 190, 273, 240, 271, 273]))
THREE = np.array([1.0, 4, 9]), np.array([12.0, 30, 7])
LIKELIHOODS: dict[str, tuple[Callable[[np.ndarray], tuple[float, np.ndarray]], list[float]]] = {
    "NBD": (lambda one: nbd.likelihood(one, Counted(FEW)), [0.4, 12.0]),
    "BG/NBD": (lambda one: beta_geometric.likelihood(one, Counted(FEW), 0), [0.3, 4.4, 0.8, 2.4]),
    "MBG/NBD": (lambda one: beta_geometric.likelihood(one, Counted(FEW), 1), [0.3, 4.4, 0.8, 2.4]),
    "Pareto/NBD": (lambda one: pareto_nbd.likelihood(one, Counted(FEW)), [0.5, 10.5, 0.6, 11.6]),
    "Gamma-Gamma": (lambda one: gamma_gamma.likelihood(one, *THREE), [6.0, 4.0, 15.0]),
    "sBG": (lambda one: contracts.likelihood(one, np.array([131.0, 80, 40]), np.array([0.0, 0, 500])), [0.7, 3.8]),
}


def fixed(kind: type[Buying], parameters: tuple[float, ...]) -> Buying:
    return kind(Maximum(np.array(parameters), 0.0, np.zeros((len(parameters),) * 2)))


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_gradients_are_those_of_the_likelihood(name: str) -> None:
    likelihood, at = LIKELIHOODS[name]
    for number, parameter in enumerate(at):
        step = np.zeros(len(at))
        step[number] = 1e-5 * parameter
        slope = (likelihood(at + step)[0] - likelihood(at - step)[0]) / (2 * step[number])
        assert likelihood(np.array(at))[1][number] == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.name)
def test_known_parameters_are_found_again(kind: type[Buying]) -> None:
    """Within three standard errors, which are those of the logarithms."""
    world, parameters = KNOWN[kind]
    rows, _ = simulated(world, parameters, 60_000, 364, 1, seed=4)
    fit = kind.of(rows).fit
    off = np.log(fit.parameters / parameters) / np.sqrt(np.diag(fit.covariance))
    assert np.abs(off).max() < 3
    assert np.diag(fit.covariance).max() < 0.1**2


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.name)
def test_what_is_expected_is_what_happens(kind: type[Buying]) -> None:
    """Purchases and silence within half a year, by how often somebody had bought, for 200,000 customers."""
    world, parameters = KNOWN[kind]
    rows, after = simulated(world, parameters, 200_000, 364, 182, seed=5)
    model = fixed(kind, parameters)
    purchases, none = model.purchases(rows, 26)[rows.row_of], model.none_within(rows, 26)[rows.row_of]
    x = rows.x[rows.row_of]
    for several in (x == 0, x == 1, (x >= 2) & (x <= 4), x >= 5):
        error = after[several].std() / np.sqrt(several.sum())
        assert abs(purchases[several].mean() - after[several].mean()) < 4 * error + 0.002
        silent = after[several] == 0
        assert abs(none[several].mean() - silent.mean()) < 4 * np.sqrt(0.25 / several.sum()) + 0.002


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.name)
def test_probabilities_hold_together(kind: type[Buying]) -> None:
    model = fixed(kind, KNOWN[kind][1])
    alive, none = model.alive(FEW), [model.none_within(FEW, h) for h in (1e-9, 4, 40, 1e6)]
    assert ((alive > 0) & (alive <= 1)).all()
    assert none[0] == pytest.approx(1, abs=1e-6)
    assert all((later <= earlier).all() for earlier, later in pairwise(none))
    assert (none[-1] >= 1 - alive - 1e-9).all()  # who lives may fall silent, who is dead is silent
    soon = model.purchases(FEW, 1e-6) / 1e-6
    assert soon == pytest.approx(alive * (model.fit.parameters[0] + FEW.x) / (model.fit.parameters[1] + FEW.T), rel=1e-4)
    assert model.new_customer(np.array([0.0, 1, 52]))[0] == 0


def test_many_purchases_stay_in_the_range_of_numbers() -> None:
    busy = grouped(np.array([900, 900, 2_000]), np.array([3_640, 100, 3_000]), np.array([3_640, 3_640, 3_640]))
    for kind, (_, parameters) in KNOWN.items():
        model = fixed(kind, parameters)
        for answer in (model.alive(busy), model.purchases(busy, 52), model.none_within(busy, 13)):
            assert np.isfinite(answer).all()
        active, gone, _ = model.purchases(busy, 52)[busy.row_of]
        assert gone < 1e-3 < 60 < active


@pytest.mark.parametrize("a", [1.0, 1 + 1e-7, 0.999])
def test_where_the_formula_divides_nothing_by_nothing(a: float) -> None:
    near = fixed(BgNbd, (0.8, 6.0, 1.01, 2.5)).purchases(FEW, 39), fixed(BgNbd, (0.8, 6.0, 0.99, 2.5)).purchases(FEW, 39)
    found = fixed(BgNbd, (0.8, 6.0, a, 2.5)).purchases(FEW, 39)
    assert ((found >= near[0] - 1e-6) & (found <= near[1] + 1e-6)).all()
    middle = fixed(ParetoNbd, (0.7, 9.0, a, 12.0)).purchases(FEW, 39)
    assert np.isfinite(middle).all()


@pytest.mark.parametrize("beta", [0.01, 0.3, 12.0, 3_000.0])
def test_the_integral_over_the_time_of_death_is_exact(beta: float) -> None:
    """Also where the time since the last purchase is many times beta."""
    r, alpha, s = 0.6, 8.0, 0.7
    rows = grouped(
        np.array([0, 2, 30, 60, 900, 0, 1, 1, 3, 8, 8, 15]),
        np.array([0, 7, 900, 200, 950, 0, 990, 20, 400, 990, 500, 100]),
        np.full(12, 1_000),
    )
    parameters = np.array([r, alpha, s, beta])
    told, used = np.empty(len(rows.x)), set()
    for places, part, quadrature in pareto_nbd._parts(parameters, rows):
        told[places] = pareto_nbd._Terms(parameters, part, quadrature).log_likelihood
        used.add(len(quadrature[0]))
    assert len(used) >= 3  # of the numbers of nodes
    for number in range(len(rows.x)):
        x, t_x, T = rows.x[number], rows.t_x[number], rows.T[number]
        fallen = lambda at, alpha=alpha, t_x=t_x, x=x: np.exp(-(r + x) * np.log((alpha + at) / (alpha + t_x)))  # noqa: E731
        died = quad(lambda at: s * (beta + at) ** -(s + 1) * fallen(at), t_x, T, epsabs=0, epsrel=1e-11, limit=500, points=[t_x + 1])[0]  # noqa: B023
        whole = np.log(fallen(T) * (beta + T) ** -s + died) - (r + x) * np.log(alpha + t_x)
        assert told[number] == pytest.approx(whole, abs=1e-8)


def test_equal_customers_are_one_row() -> None:
    rows = grouped(np.array([2, 0, 2, 2]), np.array([14, 0, 14, 15]), np.array([70, 70, 70, 70]))
    assert sorted(zip(rows.x, rows.t_x * 7, rows.T * 7, rows.count, strict=True)) == [(0, 0, 70, 1), (2, 14, 70, 2), (2, 15, 70, 1)]
    assert rows.x[rows.row_of].tolist() == [2, 0, 2, 2]
    assert (rows.customers, rows.repeats) == (4, 6)


@pytest.mark.parametrize(("x", "t_x", "T"), [([1], [0], [5]), ([0], [3], [5]), ([1], [6], [5]), ([-1], [0], [5]), ([0], [0], [2**20])])
def test_days_no_customer_has_are_refused(x: list[int], t_x: list[int], T: list[int]) -> None:
    with pytest.raises(ValueError, match="Customer 0 has"):
        grouped(np.array(x), np.array(t_x), np.array(T))


def test_dropout_that_is_not_in_the_data_is_noticed(samples: Path) -> None:
    """Online Retail: nobody is seen to leave within half a year, and the parameters of leaving run away."""
    until = int(np.datetime64("2011-06-09").astype(int))
    rows = online_retail(samples).until(until).rows(until)
    assert BgNbd.of(rows).fit.at_edge
    assert ParetoNbd.of(rows).fit.at_edge
    assert not Nbd.of(rows).fit.at_edge


def test_what_was_seen_of_members() -> None:
    """Freireich's remission times of 6-MP (1963), as printed with Kaplan and Meier's estimate."""
    weeks = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35])
    left = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0])
    seen = contracts.kaplan_meier(weeks, left)
    assert seen.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert seen.survival == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=6e-4)
    assert seen.standard_error == pytest.approx([0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=6e-5)
