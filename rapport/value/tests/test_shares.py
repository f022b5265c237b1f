"""Who holds how much: by hand, and the public data as the literature has it."""

from pathlib import Path

import numpy as np
import pytest

from rapport.run.bench.public_data import cdnow_master, online_retail
from rapport.value.shares import POINTS, shares
from rapport.value.tests.public_data import CALIBRATED, ENDED

HALF_A_YEAR = int(np.datetime64("2011-06-09").astype(int))  # Online Retail's first 27 weeks and three days: 2,800 customers


@pytest.mark.parametrize("customers", [1, 2, 7, 100])
def test_where_all_are_worth_the_same(customers: int) -> None:
    equal = shares(np.full(customers, 3.0))
    assert equal.gini == pytest.approx(0, abs=1e-12)
    assert (equal.of_top_fifth, equal.of_top_tenth) == pytest.approx((0.2, 0.1))
    assert equal.customers_for_80 == pytest.approx(np.ceil(0.8 * customers - 1e-9) / customers)
    assert equal.curve == pytest.approx(np.linspace(0, 1, POINTS))


@pytest.mark.parametrize("customers", [2, 7, 100])
def test_where_one_holds_all(customers: int) -> None:
    one = shares(np.eye(customers)[customers // 2] * 50)
    assert one.gini == pytest.approx(1 - 1 / customers)
    assert one.customers_for_80 == pytest.approx(1 / customers)
    assert one.of_top_fifth == pytest.approx(min(1, 0.2 * customers))
    assert one.of_top_tenth == pytest.approx(min(1, 0.1 * customers))
    assert one.curve[-1] == 1


def test_ten_customers_by_hand() -> None:
    found = shares(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 24, 40]))  # 100 together
    assert (found.of_top_tenth, found.of_top_fifth) == pytest.approx((0.40, 0.64))
    assert found.customers_for_80 == pytest.approx(0.5)  # 40, 24, 8, 7 are 79; 6 more are enough
    assert [found.curve[place] for place in (0, 10, 20, 30, 50, 100)] == pytest.approx([0, 0.40, 0.64, 0.72, 0.85, 1])
    ranks = np.arange(1, 11) @ np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 24, 40])
    assert found.gini == pytest.approx(2 * ranks / (10 * 100) - 11 / 10)


def test_exactly_four_fifths_are_enough() -> None:
    assert shares(np.array([10.0, 40, 10, 40])).customers_for_80 == 0.5
    assert shares(np.full(10, 0.1)).customers_for_80 == pytest.approx(0.8)


def test_less_than_nothing_counts_as_nothing() -> None:
    assert shares(np.array([5.0, -100, 1, -3])) == shares(np.array([5.0, 0, 1, 0]))


@pytest.mark.parametrize("value", [[0.0, 0, 0], [-1.0, -2], []])
def test_where_there_is_nothing_no_share_is_told(value: list[float]) -> None:
    nothing = shares(np.array(value))
    assert np.isnan([nothing.gini, nothing.of_top_fifth, nothing.of_top_tenth, nothing.customers_for_80, *nothing.curve]).all()
    assert len(nothing.curve) == POINTS


def test_neither_order_nor_currency_matters() -> None:
    value = np.random.default_rng(4).lognormal(3, 1.5, 999)
    found, other = shares(value), shares(value[::-1] * 1.17)
    assert np.array([found.gini, *found.curve]) == pytest.approx(np.array([other.gini, *other.curve]))
    assert (np.diff(found.curve, n=2) <= 1e-12).all()  # the most valuable first


def test_cdnow_past_and_next(samples: Path) -> None:
    """Past: all purchases until the end of September 1997; next: those of the 39 weeks after, of all 23,570 customers."""
    days = cdnow_master(samples)
    past = shares(days.until(CALIBRATED).summaries.spent)
    assert (round(past.of_top_fifth, 3), round(past.gini, 2)) == (0.629, 0.58)
    _, spent = days.within(CALIBRATED, ENDED, days.ids)
    later = shares(spent)
    assert (round(later.of_top_fifth, 3), round(later.gini, 3)) == (0.939, 0.875)
    assert round(later.customers_for_80, 3) == 0.115


def test_online_retail_past(samples: Path) -> None:
    """Past: all purchases, the first ones too, before what was cancelled, until 2011-06-09; of the whole year it is .746."""
    days = online_retail(samples)
    past = days.until(HALF_A_YEAR).summaries
    assert len(past.ids) == 2_800
    assert round(shares(past.spent).of_top_fifth, 3) == 0.706
    assert round(shares(days.summaries.spent).of_top_fifth, 3) == 0.746
