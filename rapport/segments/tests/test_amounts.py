"""What an amount comes to is what rules compare: by hand, and against rules over a random history."""

from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings

from rapport.customers import queries as customers
from rapport.segments.amounts import amounts, is_figure
from rapport.segments.answer import answer_many
from rapport.segments.lake import lake_at
from rapport.segments.parse import parse_definition
from rapport.segments.tests.cases.amounts import NAMED
from rapport.segments.tests.cases.playing import customers_of, moment_us, play_in, rule_of, words_of
from rapport.segments.tests.random_histories import ANCHORS, random_world
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import actions as warehouse
from rapport.warehouse import queries as lakes

pytestmark = pytest.mark.django_db(transaction=True)
AMOUNTS = {
    "orders": 'number of "Order Completed"',
    "late_orders": 'number of "Order Completed" in the last 13 months',
    "spend": 'sum(revenue) of "Order Completed" in the last 13 months',
    "pieces": 'sum(products.quantity) of "Order Completed"',
    "usual": 'average(products.quantity) of "Order Completed"',
    "top_score": 'largest(score) of "Feedback Given"',
    "least_score": 'smallest(score) of "Feedback Given"',
    "articles": 'number of different(products.sku) of "Order Completed"',
    "silent": 'days since last "Order Completed"',
    "known_for": 'days since first "Order Completed"',
}


def figures(name: str, words: Vocabulary, moment: int, whose: np.ndarray) -> np.ndarray:
    return lakes.ask(lambda reader: amounts(words.measures[name], words, lake_at(reader, moment), whose))


def test_amounts_by_hand(lake: Path, settings: Settings) -> None:
    settings.COMPANY_TIME_ZONE = NAMED.zone
    play_in(NAMED)
    warehouse.catch_up()
    words, ids = words_of(NAMED), customers_of(NAMED)
    whose = np.array(sorted(ids.values()))
    said = {
        name: dict(zip(whose.tolist(), figures(name, words, moment_us(NAMED.as_of), whose).tolist(), strict=True))
        for name in words.measures
    }
    assert [said["spend"][ids[who]] for who in "abc"] == [150, 500, 0]
    assert [said["spend_lately"][ids[who]] for who in "abc"] == [150, 0, 0]
    assert [said["usual"][ids[who]] for who in "ab"] == [75, 500]
    assert said["last_seen"][ids["a"]] == 1
    assert np.isnan([said["usual"][ids["c"]], said["last_seen"][ids["c"]]]).all()  # of no facts nothing is known
    assert figures("spend", words, moment_us("2025-01-01T00:00:00Z"), whose).tolist() == [0, 0, 0]  # before any fact
    assert figures("spend", words, moment_us(NAMED.as_of), whose[:0]).shape == (0,)


def test_a_rule_means_those_whose_amount_it_says(lake: Path, settings: Settings) -> None:
    world, _ = random_world(range(6))
    settings.COMPANY_TIME_ZONE = world.zone
    world.measures.update(AMOUNTS)
    play_in(world)
    warehouse.catch_up()
    words = words_of(world)
    whose = np.array(sorted(one.id for one in customers.search("", limit=1_000)))
    telling = 0
    for moment in map(moment_us, ANCHORS):
        for name in AMOUNTS:
            found = figures(name, words, moment, whose)
            for limit in np.unique(np.round(found[~np.isnan(found)], 2))[:8]:
                at_least, more = answer_many([rule_of(f"{name} {op} {limit:.2f}", words) for op in (">=", ">")], words, moment)
                assert set(whose[found >= limit - 1e-9].tolist()) == set(at_least.root), (name, moment, limit)
                assert set(whose[found > limit + 1e-9].tolist()) == set(more.root), (name, moment, limit)
                telling += 0 < len(more.root) < len(whose)
            (unknown,) = answer_many([rule_of(f"{name} is unknown", words)], words, moment)
            assert set(whose[np.isnan(found)].tolist()) == set(unknown.root), (name, moment)
    assert telling > 2 * len(AMOUNTS)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ('number of "Order Completed"', True),
        ('sum(revenue) of "Order Completed"', True),
        ('largest(score) of "Feedback Given"', True),
        ('days since last "Order Completed"', True),
        ('number of different(products.sku) of "Order Completed"', True),
        ('largest(products.sku) of "Order Completed"', False),
    ],
)
def test_which_amounts_are_figures(lake: Settings, amount: str, expected: bool) -> None:
    world, _ = random_world(range(2))
    play_in(world)
    assert is_figure(parse_definition(f"one := {amount}").amount, words_of(world)) is expected
