"""Real values with how often they occur: as many people as the rule that names the value means, facts counted once."""

from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from rapport.events.catalogue import IDENTIFY, Catalogue, PropertyFacts
from rapport.lib.zone import company_zone
from rapport.segments import values as offered
from rapport.segments.answer import answer_many
from rapport.segments.bounds import Moment
from rapport.segments.editor import complete
from rapport.segments.lake import Lake
from rapport.segments.nodes import Compare, TraitTest
from rapport.segments.tests.cases.book import worlds
from rapport.segments.tests.cases.playing import moment_us, play_in, rule_of, words_of
from rapport.segments.tests.cases.world import World
from rapport.segments.tests.plain_lake import PlainReader, catalogue, prop
from rapport.segments.text import value_text
from rapport.segments.values import ValueCount, Values
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import actions as warehouse

EARLIER = "TIMESTAMP '2026-02-01'"


@pytest.fixture
def shop() -> tuple[PlainReader, Vocabulary]:
    reader = PlainReader()
    reader.know(1, 2)
    reader.make(
        "bought",
        "channel VARCHAR, gift BOOLEAN, weight DOUBLE, tags VARCHAR[]",
        f"1, {EARLIER}, 11, NULL, false, 'web', true, 0.5, ['a', 'a', 'b']",
        f"2, {EARLIER}, 12, NULL, false, 'web', false, 2, ['b']",
        f"2, {EARLIER}, 13, NULL, false, 'shop', NULL, 2, NULL",
    )
    reader.make(
        "bought__products",
        "sku VARCHAR",
        f"1, {EARLIER}, 11, NULL, 0, 'x'",
        f"1, {EARLIER}, 11, NULL, 1, 'x'",
        f"2, {EARLIER}, 12, NULL, 0, 'x'",
        f"2, {EARLIER}, 12, NULL, 1, 'y'",
    )
    kinds = {"channel": "text", "gift": "boolean", "weight": "number", "at": "date"}
    bought = [
        *(prop(name, kind) for name, kind in kinds.items()),
        prop("tags", "text", many=True),
        prop("products", "list"),
        prop("products.sku", "text", list_path="products"),
    ]
    return reader, Vocabulary(catalogue(bought=bought, identify=[prop("country", "text")]))


def asked(shop: tuple[PlainReader, Vocabulary], path: str) -> list[tuple[object, int]]:
    reader, words = shop
    kind = words.catalogue.event_types["Bought"]
    found = offered._asked(
        Lake(reader, Moment(moment_us("2026-03-01T00:00:00+00:00"), company_zone())), "Bought", kind.properties[path], words.catalogue
    )
    return [(one.value, one.count) for one in found]


def test_facts_are_counted_once_whatever_their_lists_repeat(shop: tuple[PlainReader, Vocabulary]) -> None:
    assert asked(shop, "channel") == [("web", 2), ("shop", 1)]
    assert asked(shop, "gift") == [(False, 1), (True, 1)]
    assert asked(shop, "weight") == [(Decimal(2), 2), (Decimal("0.5"), 1)]
    assert asked(shop, "tags") == [("b", 2), ("a", 1)]
    assert asked(shop, "products.sku") == [("x", 2), ("y", 1)]


def test_a_number_of_many_values_is_measured_not_chosen(shop: tuple[PlainReader, Vocabulary], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered, "NUMBERS_MAX", 1)
    assert asked(shop, "weight") == []
    monkeypatch.setattr(offered, "VALUES_MAX", 1)
    assert asked(shop, "channel") == [("web", 2)]


@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.name)
def test_a_trait_s_values_count_whom_the_rule_means(world: World, lake: Path, settings: Settings) -> None:
    settings.CURRENCY, settings.COMPANY_TIME_ZONE = "", world.zone
    play_in(world)
    warehouse.catch_up()
    words = words_of(world)
    for name, facts in words.catalogue.traits.items():
        found = Values().of(IDENTIFY, name, words.catalogue)
        rules = [rule_of(f"`{name}` = {value_text(one.value)}", words) for one in found]
        assert all(isinstance(rule, TraitTest) and isinstance(rule.test, Compare) for rule in rules), facts
        counts = [len(one.root) for one in answer_many(rules, words, moment_us("2027-01-01T00:00:00+00:00"))] if rules else []
        assert [one.count for one in found] == counts, name


def test_what_is_kept_is_asked_again_once_the_lake_has_grown_and_a_while_has_gone(
    lake: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CURRENCY = ""
    values = Values()
    asks: list[str] = []
    plain = offered._asked

    def counted(lake: Lake, event: str, facts: PropertyFacts, known: Catalogue) -> list[ValueCount]:
        asks.append(event)
        return plain(lake, event, facts, known)

    monkeypatch.setattr(offered, "_asked", counted)
    world = next(one for one in worlds() if any("traits" in fact for fact in one.facts))
    play_in(world)
    warehouse.catch_up()
    words = words_of(world)
    trait = next(name for name, facts in words.catalogue.traits.items() if facts.kind == "text")
    first = values.of(IDENTIFY, trait, words.catalogue)
    monkeypatch.setattr(offered, "FRESH_SECONDS", -1)
    assert values.of(IDENTIFY, trait, words.catalogue) == first
    assert len(asks) == 1, "the same snapshot says the same"
    play_in(World("again", world.as_of, [{**fact, "messageId": f"again {n}"} for n, fact in enumerate(world.facts)], []))
    warehouse.catch_up()
    values.of(IDENTIFY, trait, words.catalogue)
    assert len(asks) == 2


OFFERED = {
    'country = "|': ["USA", "Canada"],
    'country = "ca|': ["Canada"],
    'country in ("USA", |': ["USA", "Canada"],
    'did "Bought" where channel = |': ["web", "shop"],
    'did "Bought" where products.sku != "|': ["x", "y"],
    'did "Bought" where products(sku in ("x", "|': ["x", "y"],
    'did "Bought" where (gift = true AND channel = "s|': ["shop"],
    'did "Bought" where channel = "web" AND country = |': ["USA", "Canada"],
    'did "Bought" where weight > |': [],
    'did "Bought" where channel |': [],
}
KNOWN = {(IDENTIFY, "country"): ["USA", "Canada"], ("Bought", "channel"): ["web", "shop"], ("Bought", "products.sku"): ["x", "y"]}


@pytest.mark.parametrize(("text", "expected"), OFFERED.items())
def test_values_are_offered_where_one_may_stand(shop: tuple[PlainReader, Vocabulary], text: str, expected: list[str]) -> None:
    def values(event: str, path: str) -> list[ValueCount]:
        return [ValueCount(value, 12_304) for value in KNOWN.get((event, path), [])]

    found = complete(text.replace("|", ""), text.index("|"), shop[1], values)
    assert [one.text.strip('"') for one in found if one.kind == "value"] == expected
    assert {one.detail for one in found if one.kind == "value"} <= {"12,304"}
