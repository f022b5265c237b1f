"""The two evaluators, written apart, agree for every customer on random rules over random histories."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from pytest_django import Settings

from rapport.customers import queries as customers
from rapport.lib.clock import from_us
from rapport.segments import person
from rapport.segments.answer import Answer, answer_many
from rapport.segments.nodes import Rule
from rapport.segments.person.verdict import nodes_hold
from rapport.segments.tests.cases.playing import moment_us, play_in, rule_of, words_of
from rapport.segments.tests.random_histories import ANCHORS, random_world
from rapport.segments.tests.random_rules import RuleMaker
from rapport.segments.text import quoted, rule_text
from rapport.warehouse import actions as warehouse
from rapport.warehouse import engine

HISTORIES, TOGETHER = 40, 4  # each is loaded once, four into one company
MOMENTS_EACH, RULES_EACH, LEAVES_EACH = 3, 68, 28  # of each company; rules and leaves at each moment: 2,040 rules in all
MEASURES = {
    "spend": 'sum(revenue) of "Order Completed" in the last 13 months',
    "usual": 'average(products.quantity) of "Order Completed"',
    "top_score": 'largest(score) of "Feedback Given"',
}
SHOWN_MAX = 3


@pytest.fixture
def lake(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Settings]:
    engine.forget()
    settings.LAKE_DIR, settings.LOCK_DIR, settings.CURRENCY = tmp_path / "lake", tmp_path / "locks", ""
    settings.REJECT_DIR = tmp_path / "rejects"
    yield settings
    engine.forget()


@pytest.mark.large
@pytest.mark.parametrize("first", range(0, HISTORIES, TOGETHER))
def test_both_evaluators_mean_the_same_customers(first: int, lake: Settings) -> None:
    world, times_us = random_world(range(first, first + TOGETHER))
    chance, asked_us = Random(f"rules {first}"), [*times_us, *map(moment_us, ANCHORS)]
    lake.COMPANY_TIME_ZONE = world.zone
    parts = RuleMaker(chance, world.zone, asked_us, leaves=8, measures=tuple(MEASURES))
    world.measures.update(MEASURES)
    world.segments.update({f"segment {number}": parts.rule(2) for number in range(3)})
    world.silos["First"] = {f"silo {number}": parts.rule(1) for number in range(3)}
    world.silos["Second"] = {"leaning": 'in silo "silo 1" of "First" OR in segment "segment 0"', "own": parts.rule(1)}
    play_in(world)
    warehouse.catch_up()
    words = words_of(world)
    histories = {one.id: person.history_of(one.id, words) for one in customers.search("", limit=1000)}
    differences: list[str] = []
    telling = 0
    for moment in moments(times_us, chance):
        maker = RuleMaker(
            chance,
            world.zone,
            asked_us,
            leaves=LEAVES_EACH,
            measures=tuple(MEASURES),
            segments=tuple(words.segments),
            silos=tuple(words.silos),
        )
        named = [f"in silo {quoted(name)} of {quoted(scheme)}" for scheme, name in words.silos]
        rules = [rule_of(text, words) for text in (*named, *(maker.rule() for _ in range(RULES_EACH)))]
        for rule, found in zip(rules, answer_many(rules, words, moment), strict=True):
            differences += disagreements(rule, found, histories, moment)
            telling += 0 < len(found.root) < len(histories)
    assert not differences, "\n".join([f"{len(differences)} differences", *differences[:SHOWN_MAX]])
    assert telling > RULES_EACH, "rules that mean nobody or everybody prove little"


def moments(times_us: Sequence[int], chance: Random) -> list[int]:
    """When to ask: at two of the moments the windows were made for, and at a fact's own time or right after."""
    anchors = [moment_us(text) for text in ANCHORS]
    return [*chance.sample(anchors, MOMENTS_EACH - 1), chance.choice(times_us) + chance.choice((0, 1))]


def disagreements(rule: Rule, answer: Answer, histories: dict[int, person.History], moment_us: int) -> Iterator[str]:
    """Each customer at whom some node differs: the first such leaf, and what the plain evaluator saw."""
    for number, history in histories.items():
        by_person = nodes_hold(rule, history, moment_us)
        by_lake = [number in bitmap for _, bitmap in answer.nodes]
        if by_person != by_lake or by_lake[0] != (number in answer.root):
            yield told(rule, number, history, moment_us, by_person, by_lake)


def told(rule: Rule, number: int, history: person.History, moment_us: int, by_person: list[bool], by_lake: list[bool]) -> str:
    seen = person.evidence(rule, history, moment_us)
    wrong = [node for node, one, other in zip(seen, by_person, by_lake, strict=True) if one != other]
    lines = [
        f"{rule_text(rule)}",
        f"  customer {number}, as of {from_us(moment_us).isoformat()}, zone {history.zone}: plain {by_person[0]}, lake {by_lake[0]}",
        *(f"  {node.text}: plain {node.holds}, figure {node.figure}, facts {node.facts}" for node in wrong[-2:]),
    ]
    return "\n".join(lines)
