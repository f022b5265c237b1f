"""What is shown next is really bought next, oftener than best sellers are, and each promise of what is never shown holds."""

from pathlib import Path

import numpy as np
import pytest

from rapport.run.bench.public_data import Lines, online_retail_lines, without_last
from rapport.value.next_products import HEARD_MAX, Bought, ItemItem, Recommended, recall_at


class Implicit:
    """The best of implicit 0.7.3's item-item models, each with its own best K, values and filter: (all, new), last and second-last basket.

    All: BM25Recommender, K 500, times bought. New: BM25Recommender, K 20, bought or not, K1 100, B 0.2.
    """

    LAST = 0.2610, 0.0907
    SECOND_LAST = 0.2862, 0.1059


def recalls(known: Lines, held: Lines) -> np.ndarray:
    """Recall at ten ((ours, best sellers) of all that was held out, the same of what was new to the customer)."""
    products = int(max(known[2].max(), held[2].max())) + 1
    bought = Bought.of(*known, products)
    model = ItemItem.of(bought)
    who, at = np.unique(held[0], return_index=True)
    own = np.unique(known[0] * products + known[2])
    new = ~np.isin(held[0] * products + held[2], own)
    found = []
    for with_repeats, kept in ((True, np.ones(len(new), bool)), (False, new)):
        ours = model.recommended(bought, who, day=held[1][at], with_repeats=with_repeats)
        found.append([recall_at(one, who, held[0][kept], held[2][kept]) for one in (ours, best_sellers(bought, who, with_repeats))])
    return np.array(found)


def best_sellers(bought: Bought, who: np.ndarray, with_own: bool) -> Recommended:
    """The ten with most buyers, with what each customer has or without."""
    order = np.argsort(-np.bincount(bought.product, minlength=bought.products), kind="stable")
    rows = []
    for place in np.searchsorted(bought.ids, who):
        own = bought.product[bought.start[place] : bought.start[place + 1]]
        rows.append((order if with_own else order[~np.isin(order, own)])[:10])
    shown = np.array(rows)
    return Recommended(shown, np.zeros(shown.shape), np.full(shown.shape, -1), np.ones(len(who), bool))


def test_more_of_the_next_basket_is_shown_than_by_best_sellers_or_implicit(samples: Path) -> None:
    known, last = without_last(online_retail_lines(samples))
    earlier, second_last = without_last(known)
    for found, implicit in ((recalls(known, last), Implicit.LAST), (recalls(earlier, second_last), Implicit.SECOND_LAST)):
        ours, popular = found.T
        assert (ours > 2 * popular).all()
        assert (ours > np.array(implicit) * 1.05).all()


def shop() -> Lines:
    """Forty customers buy bread (0) every ten days; half of them a kettle (1), then its filter (2), half a lamp (3), then its bulb (4)."""
    rows = [(who, day, 0) for who in range(40) for day in range(0, 100, 10)]
    for who in range(38):  # the last two have not bought the second of the two yet
        rows += [(who, 20, 1 + who % 2 * 2), (who, 50, 2 + who % 2 * 2)]
    rows += [(38, 20, 1), (39, 20, 3)]
    return tuple(np.array(rows).T)


def shown(model: ItemItem, bought: Bought, customer: int, day: int) -> dict[int, int]:
    found = model.recommended(bought, np.array([customer]), day=day)
    return {int(product): int(why) for product, why in zip(found.product[0], found.because[0], strict=True) if product >= 0}


def test_it_is_said_which_purchase_speaks_for_a_product_and_nothing_is_shown_too_soon() -> None:
    bought = Bought.of(*shop(), 5)
    model = ItemItem.of(bought)
    assert model.is_repeat_good.tolist() == [True, False, False, False, False]
    assert model.gap_days[0] == 10
    assert 0.7 < model.again[0] < 1  # all forty, drawn to the shop's
    assert next(iter(shown(model, bought, 38, 91))) == 2
    assert shown(model, bought, 38, 91)[2] == 1
    assert shown(model, bought, 39, 91)[4] == 3
    assert 0 not in shown(model, bought, 38, 92)  # bread of two days ago
    assert shown(model, bought, 38, 93)[0] == 0
    assert 1 not in shown(model, bought, 38, 1000)


def test_who_has_no_history_is_shown_best_sellers_and_it_is_said() -> None:
    bought = Bought.of(*shop(), 5)
    found = ItemItem.of(bought).recommended(bought, np.array([7, 1234]), day=100, shown=3)
    assert found.has_history.tolist() == [True, False]
    assert found.product[1, 0] == 0
    assert (found.because[1] == -1).all()


def test_order_of_lines_and_repetition_within_a_day_change_nothing() -> None:
    customer, day, product = shop()
    order = np.random.default_rng(1).permutation(np.repeat(np.arange(len(day)), 3))
    found = []
    for some in (np.arange(len(day)), order):
        bought = Bought.of(customer[some], day[some], product[some], 5)
        found.append(ItemItem.of(bought).recommended(bought, bought.ids, day=95))
    assert all((getattr(found[0], name) == getattr(found[1], name)).all() for name in ("product", "score", "because"))


def test_many_customers_are_told_the_same_as_each_alone() -> None:
    random = np.random.default_rng(2)
    bought = Bought.of(random.integers(0, 5000, 30_000), random.integers(0, 300, 30_000), random.integers(0, 200, 30_000), 200)
    model = ItemItem.of(bought)
    together = model.recommended(bought, bought.ids, day=300)
    for place in (0, 4095, 4096, len(bought.ids) - 1):
        alone = model.recommended(bought, bought.ids[place : place + 1], day=300)
        assert (alone.product[0] == together.product[place]).all()
        assert (alone.because[0] == together.because[place]).all()


@pytest.mark.parametrize("products", [0, 3])
def test_nothing_bought(products: int) -> None:
    none = np.empty(0, int)
    bought = Bought.of(none, none, none, products)
    found = ItemItem.of(bought).recommended(bought, np.array([1, 2]), day=0)
    assert found.product.shape == (2, 10)
    assert not found.has_history.any()
    assert np.isnan(recall_at(found, np.array([1, 2]), none, none))


def test_one_customer_and_one_product() -> None:
    bought = Bought.of(np.array([9, 9, 9]), np.array([5, 5, 25]), np.array([0, 0, 0]), 1)
    model = ItemItem.of(bought)
    assert shown(model, bought, 9, 26) == {}
    assert shown(model, bought, 9, 30) == {0: 0}


def test_a_customer_of_very_many_lines_is_shown_nothing_they_have() -> None:
    many = np.arange(100_000)
    customer, product = np.append(np.zeros(len(many), int), np.arange(1, 1001)), np.append(many % 3000, np.full(1000, 3001))
    bought = Bought.of(customer, np.append(many // 3000, np.zeros(1000, int)), product, 3002)
    assert bought.is_heard.sum() == HEARD_MAX + 1000
    model = ItemItem.of(bought)
    found = model.recommended(bought, np.array([0]), day=40, with_repeats=False)
    assert set(found.product[0]) == {-1, 3001}


def test_recall_counts_hits_among_as_many_as_could_be_shown() -> None:
    found = Recommended(np.array([[1, 2], [3, -1], [4, 5]]), np.zeros((3, 2)), np.zeros((3, 2), int), np.ones(3, bool))
    held = np.array([[10, 10, 10, 20, 20], [1, 7, 8, 3, 3]])
    assert recall_at(found, np.array([10, 20, 30]), held[0], held[1]) == (1 / 2 + 1) / 2


def test_wrong_input_is_named() -> None:
    good = np.array([0, 1])
    with pytest.raises(ValueError, match="shapes differ"):
        Bought.of(good, good, np.array([1]), 3)
    with pytest.raises(ValueError, match=r"product\[1\] is -4"):
        Bought.of(good, good, np.array([0, -4]), 3)
    with pytest.raises(ValueError, match=r"product\[1\] is 3"):
        Bought.of(good, good, np.array([0, 3]), 3)
    with pytest.raises(ValueError, match=r"customer\[0\] is -1"):
        Bought.of(np.array([-1, 1]), good, good, 3)
    bought = Bought.of(good, good, good, 3)
    with pytest.raises(ValueError, match="learned of 3 products, asked of 2"):
        ItemItem.of(bought).recommended(Bought.of(good, good, good, 2), good, day=1)
