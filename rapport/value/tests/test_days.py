"""Purchases by day, and what of them was known when."""

import numpy as np
import pytest

from rapport.value.days import PurchaseDays

# customer 7 buys on days 10 (twice), 20, 30; customer 3 on day 15; customer 9 on day 25
BOUGHT = PurchaseDays.of(np.array([7, 3, 7, 9, 7, 7]), np.array([20, 15, 10, 25, 30, 10]), np.array([5.0, 9, 1, 4, 8, 2]))


def test_several_orders_on_a_day_are_one_purchase() -> None:
    assert BOUGHT.ids.tolist() == [3, 7, 9]
    assert BOUGHT.counts.tolist() == [1, 3, 1]
    assert BOUGHT.day.tolist() == [15, 10, 20, 30, 25]
    assert BOUGHT.amount.tolist() == [9, 3, 5, 8, 4]


def test_what_was_known_then() -> None:
    then = BOUGHT.until(20)
    assert (then.ids.tolist(), then.counts.tolist()) == ([3, 7], [1, 2])
    rows = then.rows(24)
    assert [rows.x[rows.row_of].tolist(), (rows.t_x[rows.row_of] * 7).tolist(), (rows.T[rows.row_of] * 7).tolist()] == [
        [0, 1],
        [0, 10],
        [9, 14],
    ]
    x, mean = BOUGHT.repeats()
    assert (x.tolist(), mean.tolist()) == ([0, 2, 0], [0, 6.5, 0])


def test_what_they_did_afterwards_of_those_known_then() -> None:
    days, amount = BOUGHT.within(20, 30, BOUGHT.until(20).ids)
    assert (days.tolist(), amount.tolist()) == ([0, 1], [0, 8])
    assert BOUGHT.within(30, 99, BOUGHT.ids)[0].tolist() == [0, 0, 0]


def test_days_before_1970_and_nothing_at_all() -> None:
    old = PurchaseDays.of(np.array([2**31 - 1, 1]), np.array([-40, -50]), np.array([1.0, 1]))
    assert (old.ids.tolist(), old.day.tolist()) == ([1, 2**31 - 1], [-50, -40])
    none = PurchaseDays.of(np.empty(0, int), np.empty(0, int), np.empty(0))
    assert none.until(5).counts.tolist() == none.repeats()[0].tolist() == none.within(0, 9, none.ids)[0].tolist() == []


@pytest.mark.parametrize("seed", range(3))
def test_by_chance_as_by_hand(seed: int) -> None:
    chance = np.random.default_rng(seed)
    customer, day = chance.integers(1, 40, 400), chance.integers(0, 60, 400)
    found = PurchaseDays.of(customer, day, np.ones(400))
    for number, one in enumerate(found.ids):
        mine = sorted(set(day[customer == one]))
        assert found.day[found.start[number] : found.start[number + 1]].tolist() == mine
        known = [at for at in mine if at <= 30]
        later = len(mine) - len(known)
        assert found.within(30, 59, found.ids)[0][number] == later
        if known:
            then = found.until(30)
            rows, place = then.rows(30), int(np.searchsorted(then.ids, one))
            assert rows.x[rows.row_of[place]] == len(known) - 1
            assert rows.T[rows.row_of[place]] == pytest.approx((30 - known[0]) / 7)
