"""The two evaluators, written apart, agree for every customer on random rules over random histories."""

from collections.abc import Iterator
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
from rapport.segments.tests.cases.playing import play_in, rule_of, words_of
from rapport.segments.tests.random_histories import RandomHistory, random_history
from rapport.segments.tests.random_rules import RuleMaker
from rapport.segments.text import rule_text
from rapport.warehouse import actions as warehouse
from rapport.warehouse import engine

HISTORIES, MOMENTS_EACH, RULES_EACH, LEAVES_EACH = 40, 3, 17, 24  # rules and leaves a moment: 2,040 rules of 2,880 leaves
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
    yield settings
    engine.forget()


@pytest.mark.large
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_both_evaluators_mean_the_same_customers(seed: int, lake: Settings) -> None:
    history, chance = random_history(seed), Random(1_000_000 + seed)
    lake.COMPANY_TIME_ZONE = history.world.zone
    parts = RuleMaker(chance, history, leaves=8, measures=tuple(MEASURES))
    history.world.measures.update(MEASURES)
    history.world.segments.update({f"segment {number}": parts.rule(2) for number in range(3)})
    play_in(history.world)
    warehouse.catch_up()
    words = words_of(history.world)
    everyone = [customer.id for customer in customers.search("", limit=1000)]
    histories = {number: person.history_of(number, words) for number in everyone}
    differences: list[str] = []
    telling = 0
    for moment_us in moments(history, chance):
        maker = RuleMaker(chance, history, leaves=LEAVES_EACH, measures=tuple(MEASURES), segments=tuple(words.segments))
        rules = [rule_of(maker.rule(), words) for _ in range(RULES_EACH)]
        for rule, found in zip(rules, answer_many(rules, words, moment_us), strict=True):
            differences += disagreements(rule, found, histories, moment_us)
            telling += 0 < len(found.root) < len(everyone)
    assert not differences, "\n".join([f"{len(differences)} differences", *differences[:SHOWN_MAX]])
    assert telling > RULES_EACH, "rules that mean nobody or everybody prove little"


def moments(history: RandomHistory, chance: Random) -> list[int]:
    """When to ask: at two of the moments the windows were made for, and at a fact's own time or right after."""
    return [*chance.sample(history.anchors_us, MOMENTS_EACH - 1), chance.choice(history.times_us) + chance.choice((0, 1))]


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
