"""A planted effect is found again, and helps where it should: inside its own groups."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from rapport.value.btyd.beta_geometric import BetaGeometric, BgNbd, MbgNbd
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.pareto_nbd import ParetoNbd
from rapport.value.btyd.rows import DAYS_A_WEEK
from rapport.value.btyd.signals import Measured, _Likelihood, moved
from rapport.value.days import PurchaseDays
from rapport.value.said import Said
from rapport.value.signals import Judged, Signals, believed, expected, judged

RATE, STAY = 0.25, 0.60
CUSTOMERS, KNOWN_DAYS, AHEAD_DAYS = 100_000, 364, 182


class Planted:
    """BG/NBD customers (r .5, alpha 8, a .8, b 2), a third of whom gave a score that moves their rate and dropout; who answers is not
    random, for the silent ones buy less. A second measure says nothing."""

    def __init__(self, customers: int, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self.score = np.where(chance.random(customers) < 0.35, np.round(chance.normal(size=customers), 1), np.nan)
        known = ~np.isnan(self.score)
        effect = np.where(known, self.score, 0)
        rate = chance.gamma(0.5, 1 / 8, customers) * np.exp(RATE * effect - 0.15 * ~known)
        dropout = chance.beta(0.8, 2.0 * np.exp(STAY * effect))
        first = chance.integers(0, 91, customers)
        self.noise = chance.normal(size=customers)
        whose, when = [np.arange(customers)], [first]
        going, now = np.arange(customers), first.astype(float)
        while len(going):
            now[going] += DAYS_A_WEEK * chance.exponential(1 / np.maximum(rate[going], 1e-300))
            going = going[now[going] < KNOWN_DAYS + AHEAD_DAYS]
            whose.append(going)
            when.append(np.ceil(now[going]).astype(int))
            going = going[chance.random(len(going)) >= dropout[going]]
        days = np.concatenate(when)
        self.days = PurchaseDays.of(np.concatenate(whose), days, np.ones(len(days)))

    @property
    def signals(self) -> Signals:
        values = np.column_stack([self.score, self.noise])
        return Signals(("score", "noise"), lambda _day, ids, which: values[ids][:, list(which)])


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted(CUSTOMERS, 5)


def test_the_planted_effect_is_recovered_and_low_scorers_are_forecast_right(planted: Planted) -> None:
    known = planted.days.until(KNOWN_DAYS)
    told = known.summaries
    found = believed(told, KNOWN_DAYS, BgNbd, planted.signals, (0,))
    assert found is not None
    rate_error, stay_error = found.model.standard_errors
    spread = found.measured.spread[0]
    assert abs(found.model.rate[0] - RATE * spread) < 2 * rate_error[0]
    assert abs(found.model.stay[0] - STAY * spread) < 2 * stay_error[0]
    did, _ = planted.days.within(KNOWN_DAYS, KNOWN_DAYS + AHEAD_DAYS, told.ids)
    values = planted.signals.known(KNOWN_DAYS, told.ids, (0,))
    forecast = expected(told, KNOWN_DAYS, found, values, AHEAD_DAYS / DAYS_A_WEEK)
    rows = told.rows(KNOWN_DAYS)
    without = BgNbd.of(rows).purchases(rows, AHEAD_DAYS / DAYS_A_WEEK)[rows.row_of]
    low = planted.score[told.ids] < -1
    assert abs(forecast[low].mean() / did[low].mean() - 1) < 0.05
    assert without[low].mean() / did[low].mean() - 1 > 0.15  # which is what the signal is for


def test_a_signal_is_accepted_by_what_it_does_inside_its_groups(planted: Planted) -> None:
    (score, noise), level = judged(planted.days, KNOWN_DAYS, AHEAD_DAYS, BgNbd, planted.signals)
    assert score.is_accepted, score.why
    assert level == pytest.approx(1, abs=0.05)
    assert not noise.is_accepted, noise.why
    assert score.groups[0].name == Said("unknown", {})
    assert sum(group.customers for group in score.groups) == CUSTOMERS
    assert score.rate == pytest.approx(np.exp(RATE), rel=0.1)
    lowest = score.groups[1]
    assert abs(lowest.with_them - lowest.did) < abs(lowest.without - lowest.did) / 2


def test_one_that_misleads_does_not_cost_those_that_help() -> None:
    """Members buy three times as often; who came for an opening sale bought a lot in its weeks, and is as anybody since."""
    chance = np.random.default_rng(4)
    customers, known_days = 3_000, 360
    member, opening = chance.random((2, customers)) < [[0.4], [0.3]]
    rate = chance.gamma(4, 1 / 600, customers) * np.where(member, 3, 1)
    daily = np.tile(rate[:, None], known_days + AHEAD_DAYS)
    daily[:, :90] *= np.where(opening, 8, 1)[:, None]
    whose, when = np.nonzero(chance.random(daily.shape) < daily)
    days = PurchaseDays.of(whose, when, np.ones(len(when)))
    values = np.column_stack([member, opening, chance.normal(size=customers)]).astype(float)
    names = ("member", "opening", "noise")

    def tried(which: list[int]) -> dict[str, Judged]:
        signals = Signals(tuple(names[place] for place in which), lambda _day, ids, of: values[ids][:, which][:, list(of)])
        return {one.name: one for one in judged(days, known_days, AHEAD_DAYS, Nbd, signals)[0]}

    assert "worse than that of NBD" in str(tried([1])["opening"].why)  # alone it makes all worse
    found = tried([0, 1, 2])
    assert found["member"].is_accepted and not found["opening"].is_accepted and not found["noise"].is_accepted
    assert found["member"].rate == pytest.approx(tried([0, 2])["member"].rate), "as if the misleading one had not been there"


def test_totals_with_signals_are_those_that_were_tried_out_without(planted: Planted) -> None:
    told, weeks = planted.days.until(KNOWN_DAYS).summaries, AHEAD_DAYS / DAYS_A_WEEK
    found = believed(told, KNOWN_DAYS, BgNbd, planted.signals, (0,))
    assert found is not None
    _, level = judged(planted.days, KNOWN_DAYS, AHEAD_DAYS, BgNbd, planted.signals)
    rows = told.rows(KNOWN_DAYS)
    plain = BgNbd.of(rows).purchases(rows, weeks)[rows.row_of].sum()
    with_signal = expected(told, KNOWN_DAYS, found, planted.signals.known(KNOWN_DAYS, told.ids, (0,)), weeks).sum()
    assert with_signal * level == pytest.approx(plain, rel=1e-6)


def test_counts_are_taken_by_their_logarithm_and_told_as_they_are() -> None:
    counts = np.array([[0.0], [3], [8], [200], [-3]])
    measured = Measured.of(("visits",), counts, (True,))
    assert measured.mean == pytest.approx(np.mean([0, 1.5, 2, 5.5, -1.5]))
    assert measured.z(np.array([[10.0]])) == measured.z(np.array([[9.0]])), "alike in half steps of the logarithm"
    assert Measured.of(("visits",), counts).mean == pytest.approx(41.6)


@pytest.mark.parametrize("kind", [BgNbd, MbgNbd, Nbd])
def test_gradients_are_those_of_the_likelihood_and_without_effects_it_is_the_plain_one(kind: type[BgNbd | MbgNbd | Nbd]) -> None:
    chance = np.random.default_rng(2)
    x = chance.integers(0, 6, 300)
    T = chance.integers(50, 300, 300)
    t_x = np.where(x > 0, (T * chance.random(300)).astype(int) + 1, 0).clip(0, T)
    z = chance.normal(size=(300, 2))
    first_may_be_last = kind.first_may_be_last if issubclass(kind, BetaGeometric) else None
    likelihood = _Likelihood(x, t_x / 7, T / 7, z, np.ones(300), first_may_be_last)
    logs = np.array([-0.5, 2, 0.2, -0.1] if kind is Nbd else [-0.5, 2, 0.1, 0.8, 0.2, -0.1, 0.5, 0.1])
    assert np.allclose(approx_fprime(logs, lambda one: likelihood.at(one)[0], 1e-6), likelihood.at(logs)[1], rtol=1e-4, atol=1e-3)
    flat = moved(kind, x, t_x, T, np.zeros((300, 1)), ("nothing",))
    assert flat.rate[0] == pytest.approx(0, abs=1e-6)


def test_what_is_unknown_has_a_mark_and_pareto_knows_no_signals() -> None:
    measured = Measured.of(("score", "visits"), np.array([[1.0, 5], [np.nan, 7], [3, 9]]))
    assert measured.columns == ("score", "visits", "score: unknown")
    z = measured.z(np.array([[np.nan, 7], [3.0, np.nan]]))
    assert z[0].tolist() == [0, 0, 1]
    assert z[1].tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="Pareto/NBD knows no signals"):
        moved(ParetoNbd, np.ones(3), np.ones(3), np.ones(3), z[:, :1], ("one",))
