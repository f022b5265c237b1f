"""Who has come to buy less or more often is found where it can be seen, and hardly anybody else is named."""

import numpy as np
import pytest
from scipy.stats import gamma

from rapport.value.days import RHYTHM_DAYS, PurchaseDays
from rapport.value.rhythm import SURE, Usual, change

DAYS = 900
CUSTOMERS = 10_000


def shop(factor: float, seed: int, season: float = 1.0) -> tuple[PurchaseDays, np.ndarray]:
    """(purchases, who has changed): each at a rate of their own, which for every tenth became `factor` times as high of late; and that
    of all `season` times."""
    chance = np.random.default_rng(seed)
    rate, first = chance.gamma(0.8, 1 / 42, CUSTOMERS), chance.integers(0, DAYS // 2, CUSTOMERS)
    has_changed = chance.random(CUSTOMERS) < 0.1
    daily = np.tile(rate[:, None], DAYS)
    daily[has_changed, DAYS - RHYTHM_DAYS :] *= factor
    daily[:, DAYS - RHYTHM_DAYS :] *= season
    bought = (chance.random(daily.shape) < daily) & (np.arange(DAYS) > first[:, None])
    bought[np.arange(CUSTOMERS), first] = True
    whose, when = np.nonzero(bought)
    return PurchaseDays.of(whose, when, np.ones(len(when))), has_changed


@pytest.mark.parametrize(("factor", "found"), [(0.25, 0.65), (4, 0.9)])
def test_a_change_is_found_among_those_who_buy_often_and_few_others_are_named(factor: float, found: float) -> None:
    days, has_changed = shop(factor, 1)
    today, told = DAYS - 1, days.summaries
    late, _ = days.within(today - RHYTHM_DAYS, today, told.ids)
    said = change(told, late, today, Usual.of(days, today))
    named = said.times < 1 if factor < 1 else said.times > 1
    often = told.counts / (today - told.first) > 1 / 35
    assert named[has_changed & often].mean() > found
    assert (said.times[~has_changed] < 1).mean() < 0.06 and (said.times[~has_changed] > 1).mean() < 0.06
    assert np.median(said.times[has_changed & often & named]) == pytest.approx(factor, rel=0.4)


@pytest.mark.parametrize("season", [0.6, 1.6])
def test_a_season_is_nobodys_own_change(season: float) -> None:
    days, has_changed = shop(0.25, 1, season)
    told, today = days.summaries, DAYS - 1
    late, _ = days.within(today - RHYTHM_DAYS, today, told.ids)
    usual = Usual.of(days, today)
    said = change(told, late, today, usual)
    assert usual.trend == pytest.approx(season * (0.9 + 0.1 * 0.25), rel=0.05)
    assert (said.times[~has_changed] < 1).mean() < 0.05 and (said.times[~has_changed] > 1).mean() < 0.05
    blind = change(told, late, today, Usual(usual.r, usual.alpha, 1.0))
    wrong, right = ((one.times < 1 if season < 1 else one.times > 1)[~has_changed].mean() for one in (blind, said))
    assert wrong > 2 * right, "which is what looking at all customers is for"


def test_the_chance_is_that_of_two_gammas() -> None:
    r, alpha, chance = 0.8, 6.0, np.random.default_rng(1)
    days = PurchaseDays.of(np.zeros(12), np.array([0, 20, 40, 60, 80, 100, 120, 140, 160, 300, 350, 399]), np.ones(12))
    said = change(days.summaries, np.array([3]), 399, Usual(r, alpha, 1.0))
    before = gamma.rvs(r + 8, scale=1 / (alpha + (399 - RHYTHM_DAYS) / 7), size=200_000, random_state=chance)
    late = gamma.rvs(r + 3, scale=1 / (alpha + RHYTHM_DAYS / 7), size=200_000, random_state=chance)
    assert said.slower[0] == pytest.approx((late < before).mean(), abs=0.005)
    assert 0.5 < said.slower[0] < SURE and said.times[0] == 1, "not sure enough to be told"


def test_who_was_not_there_before_has_not_changed() -> None:
    days = PurchaseDays.of(np.zeros(30), np.arange(370, 400), np.ones(30))
    said = change(days.summaries, np.array([30]), 399, Usual(0.8, 6.0, 1.0))
    assert (said.slower[0], said.times[0]) == (0.5, 1)
