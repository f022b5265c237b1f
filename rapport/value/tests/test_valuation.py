"""What each customer is worth, from good orders and from bad: a plain word on every fallback, and never a figure that is none."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from rapport.value.backtest import CANDIDATES
from rapport.value.btyd.models import Buying
from rapport.value.btyd.nbd import Nbd
from rapport.value.btyd.two_kinds import TwoKinds
from rapport.value.days import PurchaseDays
from rapport.value.errors import TooFewPurchases
from rapport.value.tests.public_data import CALIBRATED, cdnow_sample
from rapport.value.tests.simulated import orders
from rapport.value.valuation import Fit, Options, Valuation, fit, total_between, value

TODAY = 20_000  # 2024-10-04
NAMES = [field.name for field in fields(Valuation)]
YEAR, QUARTER = Options(365), Options(91)
Orders = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def usual() -> Orders:
    """400 customers over 500 days, 354 of whom bought."""
    return orders(400, 500, TODAY, seed=3)


@pytest.fixture(scope="module")
def cdnow(samples: Path) -> PurchaseDays:
    return cdnow_sample(samples).until(CALIBRATED)


@pytest.fixture(scope="module")
def of_usual(usual: Orders) -> Valuation:
    return valued(PurchaseDays.of(*usual))[1]


@pytest.fixture(scope="module")
def quarter(cdnow: PurchaseDays) -> tuple[Fit, Valuation]:
    return valued(cdnow, QUARTER, CALIBRATED)


def valued(days: PurchaseDays, options: Options = YEAR, today: int = TODAY) -> tuple[Fit, Valuation]:
    """Fitted and scored, and looked through: every figure is one, and they stand in order."""
    known = days.until(today)
    model = fit(known.summaries, known, today, options)
    found = value(known.summaries, model)
    for name in NAMES:
        column = getattr(found, name)
        assert column.shape == known.ids.shape
        assert np.isfinite(column).all(), name
    assert ((found.low <= found.value) & (found.value <= found.high)).all()
    assert ((found.may_low >= 0) & (found.may_low <= found.may_high)).all()
    for chance in (found.churn, found.alive, found.silence):
        assert ((chance >= 0) & (chance <= 1)).all()
    for amount in (found.purchases, found.value, found.lifetime, found.in_churn_days, found.rhythm_days):
        assert (amount >= 0).all()
    assert (found.due_day >= known.summaries.last).all()
    return model, found


def said(model: Fit) -> str:
    return " ".join(map(str, model.notes))


def same(one: Valuation, other: Valuation, *, within: float = 0.0) -> bool:
    return all(np.allclose(getattr(one, name), getattr(other, name), rtol=within, atol=0) for name in NAMES)


def test_where_nobody_came_back_everybody_is_drawn_to_one_rate() -> None:
    model, found = valued(PurchaseDays.of(np.arange(500), TODAY - np.arange(500), 5.0 + np.arange(500) % 7))
    assert isinstance(model.buying, Nbd)
    assert "0 customers bought on two days or more; below 50 everybody is drawn to one average rate." in said(model)
    assert "No back-test: Fewer than 50 customers had bought twice 249 days ago" in said(model)
    assert "Fewer than 50 customers bought twice: everybody is drawn to the mean." in said(model)
    assert found.total() < 500  # nobody has ever come back


def test_one_customer() -> None:
    once, one = valued(PurchaseDays.of(np.array([1]), np.array([TODAY - 50]), np.array([10.0])))
    assert "0 customers bought on two days or more" in said(once)
    assert "All purchases are worth the same." in said(once)
    often, five = valued(PurchaseDays.of(np.ones(5, int), TODAY - np.array([300, 250, 200, 100, 20]), np.arange(10.0, 60, 10)))
    assert "1 customers bought on two days or more" in said(often)
    assert five.value[0] > one.value[0]
    assert five.past[0] == 150


def test_two_customers() -> None:
    model, found = valued(PurchaseDays.of(np.array([1, 1, 2]), TODAY - np.array([300, 10, 40]), np.array([10.0, 20, 5])))
    assert "below 50 everybody is drawn to one average rate" in said(model)
    assert found.past.tolist() == [30, 5]
    assert found.value[0] > found.value[1]


def test_orders_of_the_last_day_alone_are_refused_and_of_an_earlier_day_are_not() -> None:
    many = np.arange(500)
    with pytest.raises(TooFewPurchases, match="All orders are of the last day: nobody has been watched since"):
        valued(PurchaseDays.of(many, np.full(500, TODAY), 1.0 + many))
    with pytest.raises(TooFewPurchases, match="Nobody had bought by 2024-10-04"):
        valued(PurchaseDays.of(many, np.full(500, TODAY + 1), 1.0 + many))
    for earlier in (1, 100):
        model, found = valued(PurchaseDays.of(many, np.full(500, TODAY - earlier), 1.0 + many))
        assert "0 customers bought on two days or more" in said(model)
        assert np.ptp(found.churn) == 0
    assert "There is no past to forecast from" in said(valued(PurchaseDays.of(many, np.full(500, TODAY - 1), 1.0 + many))[0])


@pytest.mark.parametrize("sign", [0, -1])
def test_where_nothing_is_paid_nothing_is_expected(sign: int, usual: Orders) -> None:
    customer, day, amount = usual
    model, found = valued(PurchaseDays.of(customer, day, sign * amount))
    assert "No purchase has an amount above nothing, so none is expected." in said(model)
    assert found.total() < 0.01
    assert found.may_high.max() < 0.01
    assert found.purchases.sum() > 100  # they still come


def test_who_gave_more_back_than_they_paid_counts_as_one_who_paid_nothing(usual: Orders) -> None:
    customer, day, amount = usual
    busiest = int(np.bincount(customer).argmax())
    refunded = np.where(customer == busiest, -3 * amount, np.where(np.arange(len(amount)) % 9 == 0, 0, amount))
    _, found = valued(PurchaseDays.of(customer, day, refunded))
    place = int(np.flatnonzero(found.ids == busiest)[0])
    assert found.past[place] < 0  # as it was
    assert found.purchases[place] == found.purchases.max()
    assert found.value[place] < 0.2 * found.value.max()
    assert found.low[place] >= 0


def test_orders_after_the_day_are_not_seen(usual: Orders, of_usual: Valuation) -> None:
    customer, day, amount = usual
    later = PurchaseDays.of(np.append(customer, customer + 7), np.append(day, day + 500), np.append(amount, amount))
    assert same(valued(later)[1], of_usual)


def test_forty_years() -> None:
    chance = np.random.default_rng(5)
    first = np.repeat(chance.integers(0, 14_600, 300), 20)
    day = TODAY - 14_600 + first + (chance.random(len(first)) * (14_600 - first)).astype(int)
    model, found = valued(PurchaseDays.of(np.repeat(np.arange(300), 20), day, chance.gamma(6, 5, len(first))))
    assert model.backtest is not None
    assert found.past.sum() > 100_000


def test_a_customer_who_bought_every_day_for_forty_years_and_many_times_a_day(usual: Orders) -> None:
    customer, day, amount = usual
    every = TODAY - np.arange(14_000)
    for each in (1, 7):  # orders a day: 14,000, and 98,000
        model, found = valued(
            PurchaseDays.of(
                np.append(customer, np.full(14_000 * each, 9_999)),
                np.append(day, np.repeat(every, each)),
                np.append(amount, np.full(14_000 * each, 20.0)),
            )
        )
        assert found.past[-1] == 14_000 * each * 20
        assert found.purchases[-1] / model.purchases_level == pytest.approx(365, rel=0.02)
        assert found.churn[-1] < 1e-9
        assert found.rhythm_days[-1] == pytest.approx(1, rel=0.01)


def test_one_amount_out_of_all_proportion_spoils_no_figure(usual: Orders) -> None:
    """A thousand million by a slip of the hand: the totals of the back-test are off by as much, and levels may not follow them."""
    customer, day, amount = usual
    days = PurchaseDays.of(customer, day, np.where(np.arange(len(amount)) == 7, 1e9, amount))
    assert fit(days.summaries, days, TODAY, YEAR).log_level_error <= 2
    valued(days)


@pytest.mark.parametrize("none", [np.nan, np.inf])
def test_a_purchase_without_an_amount_is_refused_by_its_place(none: float, usual: Orders) -> None:
    customer, day, amount = usual
    with pytest.raises(ValueError, match="Purchase 7 has no amount"):
        PurchaseDays.of(customer, day, np.where(np.isin(np.arange(len(amount)), (7, 90)), none, amount))


def test_where_all_amounts_are_the_same_purchases_tell_all(usual: Orders) -> None:
    customer, day, amount = usual
    model, found = valued(PurchaseDays.of(customer, day, np.full(len(amount), 25.0)), Options(discount=0.0))
    assert "All purchases are worth the same." in said(model)
    expected = found.purchases / model.purchases_level * model.level
    assert found.value.sum() == pytest.approx(25 * expected.sum(), rel=0.02)


def test_the_same_orders_give_the_same_figures_in_whatever_order_they_come(usual: Orders, of_usual: Valuation) -> None:
    assert same(of_usual, valued(PurchaseDays.of(*usual))[1])
    mixed = np.random.default_rng(1).permutation(len(usual[0]))
    assert same(of_usual, valued(PurchaseDays.of(*(one[mixed] for one in usual)))[1])


def test_several_orders_a_day_may_come_in_any_order(cdnow: PurchaseDays) -> None:
    """But for the last digit of a sum."""
    chance = np.random.default_rng(2)
    whose = np.repeat(cdnow.ids, cdnow.counts)
    customer, day = np.tile(whose, 3), np.tile(cdnow.day, 3)
    amount = np.concatenate([share * cdnow.amount for share in (0.2, 0.3, 0.5)])
    mixed = chance.permutation(len(amount))
    one = valued(PurchaseDays.of(customer, day, amount), QUARTER, CALIBRATED)[1]
    other = valued(PurchaseDays.of(customer[mixed], day[mixed], amount[mixed]), QUARTER, CALIBRATED)[1]
    assert same(one, other, within=1e-4)


@pytest.mark.parametrize("kind", CANDIDATES, ids=lambda kind: kind.name)
def test_a_model_that_is_asked_for_is_taken_or_its_absence_is_told(kind: type[Buying], cdnow: PurchaseDays, usual: Orders) -> None:
    model, found = valued(cdnow, Options(91, model=kind), CALIBRATED)
    assert type(model.buying) is kind
    assert model.backtest is not None and model.backtest.chosen is kind
    assert {one.model for one in model.backtest.tried if not one.is_rule} == {kind.name, "NBD"}
    assert (found.alive < 1).any() == (kind not in (Nbd, TwoKinds))
    model, _ = valued(PurchaseDays.of(*usual), Options(model=kind))  # nobody leaves here
    assert type(model.buying) is kind or f"{kind.name}: dropout is not identified by these orders, so NBD is taken." in said(model)


def test_what_comes_later_is_worth_less_today(cdnow: PurchaseDays) -> None:
    now, discounted = (valued(cdnow, Options(365, discount=rate), CALIBRATED)[1] for rate in (0.0, 0.1))
    assert (now.value >= discounted.value).all()
    assert (now.lifetime >= discounted.lifetime).all()
    assert (now.may_high >= discounted.may_high).all()
    assert 1.02 < now.total() / discounted.total() < 1.1
    assert np.array_equal(now.churn, discounted.churn)


def test_the_longer_the_time_the_more_is_expected(cdnow: PurchaseDays, quarter: tuple[Fit, Valuation]) -> None:
    several = valued(cdnow, Options(30), CALIBRATED), quarter, valued(cdnow, YEAR, CALIBRATED)
    totals = [found.total() for _, found in several]
    assert totals == sorted(totals)
    assert totals[2] > 3 * totals[0]
    for model, found in several:
        assert (found.lifetime >= found.value * 0.999).all()
        total = found.total()
        low, high = total_between(total, model.log_level_error)
        assert 0 < low < total < high
        assert low * high == pytest.approx(total**2)


def test_a_month_lies_within_a_year_for_every_customer(cdnow: PurchaseDays, quarter: tuple[Fit, Valuation]) -> None:
    month, year = (value(cdnow.summaries, replace(quarter[0], options=options)) for options in (Options(30), YEAR))
    assert (month.value < year.value).all()
    assert (month.purchases < year.purchases).all()
    assert (month.may_high <= year.may_high + 1e-3).all()
    assert np.array_equal(month.lifetime, year.lifetime)


def test_customers_alike_get_the_same_whoever_they_are(cdnow: PurchaseDays, quarter: tuple[Fit, Valuation]) -> None:
    """Only x, t_x and T speak for what they will do, and their money for what it brings."""
    told, (model, found) = cdnow.summaries, quarter
    keys = np.column_stack([told.counts, told.last - told.first, CALIBRATED - told.first])
    _, which = np.unique(keys, axis=0, return_inverse=True)
    _, example = np.unique(which, return_index=True)
    alike = example[which.reshape(-1)]
    assert (alike != np.arange(len(alike))).sum() > 1_000
    for name in ("churn", "purchases", "alive", "silence", "rhythm_days"):
        column = getattr(found, name)
        assert np.array_equal(column, column[alike]), name
    assert (found.value != found.value[alike]).any()
    some = np.arange(0, len(told.ids), 3)  # whoever else is scored beside them
    assert same(value(told.some(some), model), part_of(found, some), within=1e-6)


def part_of(whole: Valuation, places: np.ndarray) -> Valuation:
    return Valuation(**{name: getattr(whole, name)[places] for name in NAMES})
