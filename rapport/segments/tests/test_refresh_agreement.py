"""A refresh leaves what asking everybody would give, and what each customer's own facts say, wherever the clock and the facts go."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from pyroaring import BitMap
from pytest_django import Settings

from rapport.commerce.models import Branch, Rate
from rapport.customers import queries as customers
from rapport.customers.actions import mark_erased
from rapport.events.actions import learn
from rapport.intake.actions import receive
from rapport.lib.clock import HOUR_US, from_us
from rapport.segments import person
from rapport.segments.answer import answer_many
from rapport.segments.nodes import Rule
from rapport.segments.refresh import actions, days, kept, refreshing
from rapport.segments.tests.cases.playing import furnish, moment_us, rule_of, upload_lists, words_of
from rapport.segments.tests.cases.world import World
from rapport.segments.tests.random_histories import ANCHORS, random_world
from rapport.segments.tests.random_rules import RuleMaker
from rapport.segments.tests.test_agreement import MEASURES
from rapport.segments.text import rule_text
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import actions as warehouse
from rapport.warehouse import engine

HISTORIES, TOGETHER = 52, 4
RULES_EACH, LEAVES_EACH = 400, 45  # of each company: 5,200 rules in all
STEPS = 4  # refreshes of each company, with facts, merges, erasures and moves of the clock between them
ASKED_EACH = 6  # customers whose own facts are asked at each step


@pytest.fixture
def lake(transactional_db: None, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(refreshing, "WIDE_PART", 0)  # of so few customers any part is wide
    monkeypatch.setattr(days, "MISSED_MAX", 1)
    engine.forget()
    kept.forget()
    settings.LAKE_DIR, settings.LOCK_DIR, settings.CURRENCY = tmp_path / "lake", tmp_path / "locks", ""
    settings.REJECT_DIR = tmp_path / "rejects"
    yield settings
    engine.forget()
    kept.forget()


@pytest.mark.large
@pytest.mark.parametrize("first", range(0, HISTORIES, TOGETHER))
def test_a_refresh_leaves_what_asking_everybody_gives(first: int, lake: Settings) -> None:
    play(first, lake)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1_000, 1_800, TOGETHER))
def test_many_refreshes_leave_what_asking_everybody_gives(first: int, lake: Settings) -> None:
    play(first, lake)


def play(first: int, lake: Settings) -> None:
    chance = Random(f"refresh {first}")
    world, times_us = random_world(range(first, first + TOGETHER))
    lake.COMPANY_TIME_ZONE = world.zone
    batches = told_in_parts(world, chance)
    asked_us = [*times_us, *map(moment_us, ANCHORS)]
    parts = RuleMaker(chance, world.zone, asked_us, leaves=8, measures=tuple(MEASURES))
    world.measures.update(MEASURES)
    world.segments.update({f"segment {number}": parts.rule(2) for number in range(3)})
    receive_part(world, next(batches))
    words = words_of(world)
    maker = RuleMaker(chance, world.zone, asked_us, leaves=LEAVES_EACH, measures=tuple(MEASURES), segments=tuple(words.segments))
    rules = {f"segment:{number}": rule_of(maker.rule(), words) for number in range(RULES_EACH)}
    told = 0
    for step, moment in enumerate(moments(times_us, chance)):
        if step:
            receive_part(world, next(batches, []))
            if chance.random() < 0.5:
                mark_erased(chance.choice(customers.search("", limit=1000)).id, cause=f"step {step}")
            warehouse.catch_up()
            words = words_of(world)
        if chance.random() < 0.3:
            kept.forget()  # as after a restart: the sets come from the tables
        outcome = actions.refresh(rules, words, moment_us=moment)
        told += sum(map(len, outcome.flipped.values()))
        assert bool(outcome.whole) == (step == 0), outcome.whole
        compare(rules, words, moment, kept.sets_of(rules), chance)
    assert told > RULES_EACH // 4, "sets that nobody enters or leaves prove little"


def told_in_parts(world: World, chance: Random) -> Iterator[list[int]]:
    """The facts' numbers, most of them in the first part; the teaching ones first of all."""
    count = len(world.facts)
    cuts = sorted(chance.sample(range(count // 3, count), STEPS - 1))
    yield from (list(range(start, end)) for start, end in zip([0, *cuts], [*cuts, count], strict=True))


def receive_part(world: World, numbers: list[int]) -> None:
    """Some more of a world's facts; lists are uploaded anew, since more people are known."""
    if not Rate.objects.exists() and not Branch.objects.exists():
        furnish(world)
    messages = world.messages()
    if numbers:
        receipt = receive([messages[number] for number in numbers], source_id=None, received_us=moment_us(world.received))
        assert receipt.accepted == len(numbers), receipt.refused
    learn()
    upload_lists(world)
    warehouse.catch_up()


def moments(times_us: list[int], chance: Random) -> list[int]:
    """When to refresh: forward by months, further by hours, then to the end or back."""
    anchors = sorted(map(moment_us, ANCHORS))
    second = chance.choice((anchors[2], chance.choice(times_us))) + chance.choice((0, 1))
    return [anchors[0], second, second + chance.randrange(36 * HOUR_US), chance.choice((anchors[3], chance.choice(times_us)))]


def compare(rules: dict[str, Rule], words: Vocabulary, moment: int, sets: dict[str, BitMap], chance: Random) -> None:
    differences: list[str] = []
    asked = chance.sample(customers.search("", limit=1000), ASKED_EACH)
    histories = {one.id: person.history_of(one.id, words) for one in asked}
    for (key, rule), found in zip(rules.items(), answer_many(list(rules.values()), words, moment), strict=True):
        if sets[key] != found.root:
            wrong = sets[key] ^ found.root
            differences.append(f"{rule_text(rule)}: at {from_us(moment)} kept {len(sets[key])}, asked {len(found.root)}, {wrong}")
        for number, history in histories.items():
            if person.holds(rule, history, moment) != (number in sets[key]):
                differences.append(f"{rule_text(rule)}: customer {number} at {from_us(moment)} by their own facts")
    assert not differences, "\n".join([f"{len(differences)} differences", *differences[:3]])
