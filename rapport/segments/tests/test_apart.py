"""What sets people apart, and what they are worth: conditions drawn from the catalogue, shares counted by hand."""

from collections.abc import Iterator
from math import asin, isclose, sqrt
from pathlib import Path

import pytest
from pyroaring import BitMap
from pytest_django import Settings

from rapport.customers import queries as customers
from rapport.events.actions import learn
from rapport.intake.actions import receive
from rapport.lib.clock import DAY_US
from rapport.segments import queries
from rapport.segments.characteristics import CONDITIONS_MAX, characteristics
from rapport.segments.history import apart
from rapport.segments.tests.cases.playing import moment_us
from rapport.segments.tests.cases.world import identify, order
from rapport.segments.text import rule_text
from rapport.segments.values import ValueCount
from rapport.segments.worth import middle_spend
from rapport.warehouse import actions as warehouse
from rapport.warehouse import engine

pytestmark = pytest.mark.django_db(transaction=True)
NOW = moment_us("2026-03-10T12:00:00Z")
PEOPLE = 120


@pytest.fixture(autouse=True)
def crowd(tmp_path: Path, settings: Settings) -> Iterator[dict[str, int]]:
    """A hundred and twenty; every second one is of Omaha, the first forty bought, once each."""
    engine.forget()
    settings.LAKE_DIR, settings.LOCK_DIR = tmp_path / "lake", tmp_path / "locks"
    facts = []
    for number in range(PEOPLE):
        who = f"p{number}"
        facts.append(
            {**identify(who, "2026-01-01T00:00:00Z"), "traits": {"city": "Omaha" if number % 2 else "Lincoln", "age": 20 + number}}
        )
        if number < 40:
            facts.append(order(who, "2026-02-20T00:00:00Z", f"o{number}", revenue=20))
    receipt = receive([{"messageId": f"m{place}", **fact} for place, fact in enumerate(facts)], source_id=None, received_us=NOW + DAY_US)
    assert not receipt.refused, receipt.refused
    learn()
    warehouse.catch_up()
    yield {f"p{number}": found.id for number in range(PEOPLE) if (found := customers.find("user_id", f"p{number}"))}
    engine.forget()


def test_conditions_are_drawn_from_what_data_knows() -> None:
    texts = [rule_text(one) for one in characteristics(queries.vocabulary(), NOW)]
    assert len(texts) == len(set(texts)) <= CONDITIONS_MAX
    assert {"may receive email", 'did "Order Completed" in the last 12 months', 'city = "Omaha"', 'city = "Lincoln"'} <= set(texts)
    assert 'did "Order Completed" at least 5 times in the last 12 months' in texts
    assert [text for text in texts if text.startswith("age")] == ["age >= 49.75", "age >= 79.5", "age >= 109.25"]


def test_values_handed_in_are_not_asked_for_and_rare_ones_are_left_out() -> None:
    texts = [
        rule_text(one)
        for one in characteristics(queries.vocabulary(), NOW, lambda facts: [ValueCount("Ogallala", 30), ValueCount("Alma", 29)])
    ]
    assert 'city = "Ogallala"' in texts
    assert not [text for text in texts if "Alma" in text or "Omaha" in text]


def test_what_sets_people_apart_is_counted_and_chance_is_left_out(crowd: dict[str, int]) -> None:
    words = queries.vocabulary()
    mine = BitMap([crowd[f"p{number}"] for number in range(60)])
    everyone = BitMap(crowd.values())
    found = {one.rule: one for one in apart(mine, characteristics(words, NOW), words, NOW, everyone)}
    bought = found['did "Order Completed" in the last 12 months']
    assert (bought.inside, bought.outside) == (40, 0)
    assert isclose(bought.effect, 2 * asin(sqrt(40 / 60)))
    assert bought.effect_low < bought.effect < bought.effect_high
    assert found["age >= 79.5"].inside == 0
    assert found["age >= 79.5"].effect < 0
    assert not [rule for rule in found if rule.startswith("city")], "half of both"
    assert next(iter(found.values())).effect == max((one.effect for one in found.values()), key=abs)


def test_who_bought_nothing_counts_in_the_middle(crowd: dict[str, int]) -> None:
    words = queries.vocabulary()
    buyers = BitMap([crowd[f"p{number}"] for number in range(40)])
    spent = middle_spend(buyers, words, NOW)
    assert spent == 20
    assert middle_spend(buyers | BitMap([crowd[f"p{number}"] for number in range(40, 79)]), words, NOW) == spent
    assert middle_spend(buyers | BitMap([crowd[f"p{number}"] for number in range(40, 80)]), words, NOW) == spent / 2
    assert middle_spend(BitMap(crowd.values()), words, NOW) == 0
    assert middle_spend(buyers, words, NOW + 800 * DAY_US) == 0, "twelve months on"
    assert middle_spend(BitMap(), words, NOW) is None
