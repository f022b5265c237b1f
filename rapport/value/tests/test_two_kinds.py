"""NBD of two kinds: two that are there are found again, and a second kind that is not there does no harm."""

from functools import cache

import numpy as np
import pytest

from rapport.value.backtest import fitted
from rapport.value.btyd import two_kinds
from rapport.value.btyd.gammas import Counted
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.rows import Rows, grouped
from rapport.value.btyd.two_kinds import TwoKinds
from rapport.value.tests.simulated import with_parameters

FEW = grouped(np.array([0, 0, 1, 3, 3, 40, 400]), np.array([0, 0, 20, 100, 271, 271, 300]), np.array([273, 190, 273, 240, 271, 273, 301]))
HOUSEHOLDS_AND_TRADERS = (0.8, 16.0, 4.0, 2.0, 0.08)
DAYS, AFTER_DAYS = 364, 182


def by_kinds(parameters: tuple[float, ...], customers: int, seed: int) -> tuple[Rows, np.ndarray, np.ndarray]:
    """(summary, purchases in the half year after, who is of the second kind). For who never leaves, t_x tells nothing."""
    chance = np.random.default_rng(seed)
    r, alpha, r_2, alpha_2, odds = parameters
    other = chance.random(customers) < odds / (1 + odds)
    rate = chance.gamma(np.where(other, r_2, r), 1 / np.where(other, alpha_2, alpha))
    watched = DAYS - chance.integers(0, DAYS // 4, customers)
    x = chance.poisson(rate * watched / 7)
    rows = grouped(x, np.where(x > 0, np.maximum(1, watched - 1), 0), watched)
    return rows, chance.poisson(rate * AFTER_DAYS / 7), other


@cache
def planted() -> tuple[Rows, np.ndarray, np.ndarray]:
    return by_kinds(HOUSEHOLDS_AND_TRADERS, 40_000, seed=2)


@cache
def found() -> TwoKinds:
    return TwoKinds.of(planted()[0])


@pytest.mark.parametrize("at", [[0.4, 12.0, 1.5, 2.0, 0.1], [2.0, 9.0, 0.3, 0.5, 3.0]])
def test_the_gradient_is_that_of_the_likelihood(at: list[float]) -> None:
    counted = Counted(FEW)
    gradient = two_kinds.likelihood(np.array(at), counted)[1]
    for number, parameter in enumerate(at):
        step = np.zeros(len(at))
        step[number] = 1e-5 * parameter
        higher, lower = (two_kinds.likelihood(at + side, counted)[0] for side in (step, -step))
        assert gradient[number] == pytest.approx((higher - lower) / (2 * step[number]), rel=1e-6, abs=1e-6)


def test_with_one_kind_it_is_nbd() -> None:
    nbd = with_parameters(Nbd, (0.4, 12.0))
    for one in ((0.4, 12.0, 0.4, 12.0, 0.7), (0.4, 12.0, 3.0, 1.0, 1e-9)):
        two = with_parameters(TwoKinds, one)
        assert two.purchases(FEW, 26)[:-2] == pytest.approx(nbd.purchases(FEW, 26)[:-2], rel=1e-5)
        assert two.none_within(FEW, 26)[:-2] == pytest.approx(nbd.none_within(FEW, 26)[:-2], rel=1e-5)


def test_two_kinds_that_are_there_are_found_again() -> None:
    """Within three standard errors, which are those of the logarithms."""
    fit = found().fit
    errors = np.sqrt(np.diag(fit.covariance))
    assert not fit.at_edge
    assert errors.max() < 0.2
    assert np.abs(np.log(fit.parameters / HOUSEHOLDS_AND_TRADERS) / errors).max() < 3


def test_who_is_a_trader_is_told_as_often_as_it_is_so() -> None:
    """Of those said to be traders with a chance, so many are."""
    rows, _, other = planted()
    said = found()._second(rows.x, rows.T)[rows.row_of]
    for low, high in ((0, 0.1), (0.1, 0.9), (0.9, 1.0001)):
        several = (said >= low) & (said < high)
        assert several.sum() > 100
        assert abs(said[several].mean() - other[several].mean()) < 4 * 0.5 / np.sqrt(several.sum())


def test_it_forecasts_traders_better_than_one_kind_does() -> None:
    rows, after, other = planted()
    one, two = (model.purchases(rows, AFTER_DAYS / 7)[rows.row_of] for model in (Nbd.of(rows), found()))
    assert two.sum() == pytest.approx(after.sum(), rel=0.01)
    assert two[other].sum() == pytest.approx(after[other].sum(), rel=0.05)
    wrong, less = (np.sqrt(np.mean((said - after) ** 2)) for said in (one, two))
    assert less < 0.98 * wrong


@pytest.mark.parametrize("seed", range(5))
def test_where_there_is_one_kind_a_second_does_no_harm(seed: int) -> None:
    rows, after, _ = by_kinds((0.8, 16.0, 1.0, 1.0, 0.0), 4_000, seed)
    nbd = Nbd.of(rows)
    model, is_identified = fitted(TwoKinds, rows)
    assert is_identified == isinstance(model, TwoKinds)
    one, two = (each.purchases(rows, AFTER_DAYS / 7)[rows.row_of] for each in (nbd, model))
    assert two.sum() == pytest.approx(one.sum(), rel=0.02)
    wrong, other = (np.sqrt(np.mean((said - after) ** 2)) for said in (one, two))
    assert other < 1.02 * wrong
    assert model.fit.log_likelihood >= nbd.fit.log_likelihood - 1e-6
