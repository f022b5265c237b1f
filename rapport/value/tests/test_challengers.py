"""What the models are held against does what it says, and the models stand their ground beside it on the public data."""

from pathlib import Path

import numpy as np
import pytest

from rapport.run.bench.public_data import cdnow_master, online_retail
from rapport.value.backtest import FIGURES, Backtest, Tried, backtested
from rapport.value.challengers import (
    CHALLENGERS,
    LEARNERS_MIN,
    average_rate,
    boosted_trees,
    same_as_last_period,
    same_as_last_quarter,
)
from rapport.value.days import PurchaseDays
from rapport.value.tests.public_data import CALIBRATED, ENDED, cdnow_sample

# As of day 400: customer 1 bought on days 0, 200, 350 for 10, 20, 60; customer 2 on day 300 for 8, customer 3 on day 390, all given back.
KNOWN = PurchaseDays.of(np.array([1, 1, 1, 2, 3]), np.array([0, 200, 350, 300, 390]), np.array([10.0, 20, 60, 8, -5]))


def test_as_often_as_ever_at_the_average_amount() -> None:
    said = average_rate(KNOWN, 400, 100)
    assert said.purchases == pytest.approx([2 / 400 * 100, 0, 0])
    assert said.money == pytest.approx([0.5 * 30, 0, 0])
    assert said.none == pytest.approx([np.exp(-0.5), 1, 1])


def test_whoever_came_today_has_been_watched_for_a_day() -> None:
    said = average_rate(PurchaseDays.of(np.array([1]), np.array([400]), np.array([10.0])), 400, 100)
    assert (said.purchases[0], said.money[0], said.none[0]) == (0, 0, 1)


def test_the_same_again_as_in_as_long_a_time_before() -> None:
    said = same_as_last_period(KNOWN, 400, 100)  # from day 301 on
    assert said.purchases.tolist() == [1, 0, 1]
    assert said.money.tolist() == [60, 0, 0]
    assert said.none == pytest.approx([np.exp(-1), 1, np.exp(-1)])


def test_where_so_much_is_not_known_the_whole_past_is_stretched() -> None:
    said = same_as_last_period(KNOWN, 400, 800)  # all but day 0 itself, twice over
    assert said.purchases.tolist() == [4, 2, 2]
    assert said.money.tolist() == [160, 16, 0]


def test_the_same_again_as_in_the_last_quarter() -> None:
    said = same_as_last_quarter(KNOWN, 400, 182)  # from day 310 on, twice over
    assert said.purchases.tolist() == [2, 0, 2]
    assert said.money.tolist() == [120, 0, 0]


def clockwork(customers: int) -> PurchaseDays:
    """Over 400 days half of them buy for 50 every twentieth day, the others bought twice for 10 at the beginning, and never since."""
    whose, day, amount = [], [], []
    for one in range(customers):
        mine = np.arange(one % 20, 401, 20) if one % 2 else np.array([one % 20, one % 20 + 20])
        whose.append(np.full(len(mine), one + 1))
        day.append(mine)
        amount.append(np.full(len(mine), 50.0 if one % 2 else 10.0))
    return PurchaseDays.of(np.concatenate(whose), np.concatenate(day), np.concatenate(amount))


def test_trees_learn_who_comes_and_who_does_not() -> None:
    known = clockwork(400)
    said = boosted_trees(known, 400, 100)
    assert said is not None
    come = known.ids % 2 == 0
    assert said.purchases[come] == pytest.approx(np.full(200, 5), abs=0.2)
    assert said.purchases[~come].max() < 0.2
    assert said.money[come] == pytest.approx(np.full(200, 250), abs=10)
    assert said.money[~come].max() < 10
    assert said.none[come].max() < 0.05
    assert said.none[~come].min() > 0.95
    again = boosted_trees(known, 400, 100)
    assert again is not None and np.array_equal(again.money, said.money)


def test_trees_stretch_the_half_they_know() -> None:
    known = clockwork(400)
    said = boosted_trees(known, 400, 800)  # learnt on 200 days, four times over
    assert said is not None
    assert said.purchases[known.ids % 2 == 0].mean() == pytest.approx(40, rel=0.1)
    assert ((said.none >= 0) & (said.none <= 1)).all()


def test_where_nothing_can_be_learnt_there_are_no_trees() -> None:
    few = clockwork(LEARNERS_MIN - 1)
    assert boosted_trees(few, 400, 100) is None
    everybody = np.repeat(np.arange(300), 40)
    assert boosted_trees(PurchaseDays.of(everybody, np.tile(np.arange(0, 400, 10), 300), np.ones(12_000)), 400, 100) is None
    once = PurchaseDays.of(np.arange(300), np.zeros(300, int), np.ones(300))
    assert boosted_trees(once, 400, 100) is None  # nobody came back
    assert boosted_trees(once, 1, 100) is None  # no two days are known
    assert boosted_trees(PurchaseDays.of(np.arange(300), np.full(300, 399), np.ones(300)), 400, 100) is None


@pytest.fixture(scope="module")
def sample(samples: Path) -> Backtest:
    return backtested(cdnow_sample(samples), ENDED, ENDED - CALIBRATED)


def figure(one: Tried, place: tuple[str, str]) -> float:
    return float(getattr(getattr(one, place[0]), place[1]))


def test_closer_names_each_figure_on_which_a_rule_is_closer(sample: Backtest) -> None:
    """Told again from the scores themselves."""
    last = [one for one in sample.tried if one.origin == CALIBRATED]
    own = next(one for one in last if one.model == sample.chosen.name)
    less: dict[str, tuple[str, str]] = {
        "error a customer (RMSE)": ("scores", "rmse"),
        "mean error (MAE)": ("scores", "mae"),
        "who leaves (Brier)": ("scores", "churn_brier"),
        "error of money a customer (RMSE)": ("money", "rmse"),
        "mean error of money (MAE)": ("money", "mae"),
    }
    more = {
        "purchases found in the top tenth": ("scores", "top_tenth"),
        "who leaves (AUC)": ("scores", "churn_auc"),
        "money found in the top tenth": ("money", "top_tenth"),
    }
    nearer = {"total of purchases": "scores", "total of money": "money"}
    assert {*less, *more, *nearer} == set(FIGURES)
    expected = set()
    for rule in (one for one in last if one.model in CHALLENGERS):
        expected |= {f"{rule.model}: {name}" for name, place in less.items() if figure(rule, place) < figure(own, place)}
        expected |= {f"{rule.model}: {name}" for name, place in more.items() if figure(rule, place) > figure(own, place)}
        for name, part in nearer.items():
            if abs(figure(rule, (part, "total_error"))) < abs(figure(own, (part, "total_error"))):
                expected.add(f"{rule.model}: {name}")
    assert len(sample.closer) == len(set(sample.closer))
    assert set(sample.closer) == expected
    assert 0 < len(expected) < len(FIGURES) * len(CHALLENGERS) / 2
    assert not any(one.model in CHALLENGERS for one in sample.of_chosen)


def test_every_rule_is_tried_from_the_last_day(sample: Backtest) -> None:
    assert {one.model for one in sample.tried if one.is_rule and one.origin == CALIBRATED} == set(CHALLENGERS)
    for one in sample.tried:
        assert all(np.isfinite([one.scores.rmse, one.scores.total_error, one.money.rmse, one.money.top_tenth]))


@pytest.fixture(scope="module")
def at_last(samples: Path) -> dict[str, tuple[list[Tried], list[Tried]]]:
    """(our identified models, the rules) at the last origin of each of the public data."""
    shop = online_retail(samples)
    found = {}
    for name, days, until, horizon in (("CDNOW", cdnow_master(samples), ENDED, 273), ("Online Retail", shop, int(shop.day.max()), 182)):
        last = [one for one in backtested(days, until, horizon).tried if one.origin == until - horizon]
        found[name] = [one for one in last if not one.is_rule and one.is_identified], [one for one in last if one.is_rule]
    return found


@pytest.mark.parametrize("name", ["CDNOW", "Online Retail"])
def test_no_rule_comes_nearer_than_the_models_by_more_than_a_hair(name: str, at_last: dict[str, tuple[list[Tried], list[Tried]]]) -> None:
    """Seen 1.726 to 1.832 of the trees on CDNOW, 2.367 to 2.327 of the same period before on Online Retail."""
    ours, rules = at_last[name]
    best = min(ours, key=lambda one: one.scores.rmse)
    assert best.scores.rmse <= 1.02 * min(one.scores.rmse for one in rules)
    assert abs(best.scores.total_error) < 0.15


def test_nobody_finds_more_of_the_best_customers(at_last: dict[str, tuple[list[Tried], list[Tried]]]) -> None:
    """On one of the two at least; seen on both."""
    shares = [[max(one.scores.top_tenth for one in side) for side in sides] for sides in at_last.values()]
    assert any(ours >= rules for ours, rules in shares)
