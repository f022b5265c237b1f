"""Sets remembered while a rule is being built: nothing unchanged is asked again, and nothing remembered is ever out of date."""

from pathlib import Path

import pytest
from pytest_django import Settings

from rapport.segments import remembered as memory
from rapport.segments.answer import Answer, answer_many
from rapport.segments.nodes import Leaf
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.remembered import Remembered
from rapport.segments.tests.cases.book import all_cases, worlds
from rapport.segments.tests.cases.playing import moment_us, play_in, rule_of, words_of
from rapport.segments.tests.cases.world import World
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import actions as warehouse


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[Leaf]]:
    """The leaves of each question that reached the lake."""
    found: list[list[Leaf]] = []
    plain = memory.leaf_sets

    def counted(leaves: list[Leaf], planner: object) -> object:
        found.append(list(leaves))
        return plain(leaves, planner)  # type: ignore[arg-type]

    monkeypatch.setattr(memory, "leaf_sets", counted)
    return found


def nodes(found: list[Answer]) -> list[list[tuple[str, list[int]]]]:
    return [[(text, list(people)) for text, people in one.nodes] for one in found]


@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.name)
def test_whatever_is_remembered_the_answers_are_those_asked_anew(world: World, lake: Path, settings: Settings) -> None:
    settings.CURRENCY, settings.COMPANY_TIME_ZONE = "", world.zone
    play_in(world)
    warehouse.catch_up()
    words, kept = words_of(world), Remembered()
    moment = moment_us(world.as_of)
    rules = [rule_of(case.rule, words) for case in all_cases() if case.world is world]
    plain = nodes(answer_many(rules, words, moment))
    answer_many(rules[: len(rules) // 2], words, moment, remembered=kept)
    assert nodes(answer_many(rules, words, moment, remembered=kept)) == plain
    assert nodes(answer_many(rules[::-1], words, moment, remembered=kept)) == plain[::-1]


def world_of_traits(settings: Settings) -> tuple[World, Vocabulary]:
    settings.CURRENCY = ""
    world = next(one for one in worlds() if any("traits" in fact for fact in one.facts) and any("event" in fact for fact in one.facts))
    play_in(world)
    warehouse.catch_up()
    return world, words_of(world)


def test_only_the_changed_condition_reaches_the_lake(lake: Path, settings: Settings, asked: list[list[Leaf]]) -> None:
    world, words = world_of_traits(settings)
    moment, kept = moment_us(world.as_of), Remembered()
    trait = next(iter(words.catalogue.traits))
    first, second = parse_rule(f"`{trait}` is known AND did anything"), parse_rule(f"`{trait}` is known AND did anything at least 2 times")
    answer_many([first], words, moment, remembered=kept)
    answer_many([second], words, moment, remembered=kept)
    answer_many([second, first], words, moment, remembered=kept)
    assert [len(leaves) for leaves in asked] == [2, 1, 0]


def test_another_moment_or_another_state_of_the_lake_is_asked_anew(lake: Path, settings: Settings, asked: list[list[Leaf]]) -> None:
    world, words = world_of_traits(settings)
    moment, kept, rule = moment_us(world.as_of), Remembered(), parse_rule("did anything")
    for at in (moment, moment, moment + 1):
        answer_many([rule], words, at, remembered=kept)
    play_in(World("more", world.as_of, [{"type": "track", "userId": "new", "event": "Came", "timestamp": "2020-01-01T00:00:00Z"}], []))
    warehouse.catch_up()
    words = words_of(world)
    grown = answer_many([rule], words, moment, remembered=kept)
    assert [len(leaves) for leaves in asked] == [1, 0, 1, 1]
    assert nodes(grown) == nodes(answer_many([rule], words, moment))


def test_a_measure_of_another_meaning_is_another_condition(lake: Path, settings: Settings, asked: list[list[Leaf]]) -> None:
    world, words = world_of_traits(settings)
    event = next(kind.name for kind in words.catalogue.event_types.values() if kind.name in {fact.get("event") for fact in world.facts})
    kept, moment = Remembered(), moment_us(world.as_of)
    for amount in (f'deeds := number of "{event}"', f'deeds := number of "{event}" before 1999-01-01'):
        own = Vocabulary(words.catalogue, measures={"deeds": parse_definition(amount).amount})
        rule = rule_of("deeds >= 1", own)
        assert nodes(answer_many([rule], own, moment, remembered=kept)) == nodes(answer_many([rule], own, moment))
    assert [len(leaves) for leaves in asked] == [1, 1]


def test_the_memory_is_bounded_and_the_oldest_go_first(lake: Path, settings: Settings) -> None:
    world, words = world_of_traits(settings)
    kept = Remembered(bytes_max=5 * memory.ENTRY_BYTES)
    for more in range(20):
        answer_many([parse_rule("did anything")], words, moment_us(world.as_of) + more, remembered=kept)
        assert kept._bytes <= kept.bytes_max
        assert kept._bytes == sum(size for _, size in kept._kept.values())
    assert len(kept._kept) > 1
