"""One rule means the same customers whichever engine is asked: DuckDB, Apache Spark, Sail."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from pytest_django import Settings

from rapport.segments.answer import answer_many
from rapport.segments.refresh import actions as refresh
from rapport.segments.refresh import days, kept, refreshing
from rapport.segments.tests.cases.playing import moment_us, play_in, rule_of, words_of
from rapport.segments.tests.random_histories import ANCHORS, random_world
from rapport.segments.tests.random_rules import RuleMaker
from rapport.segments.tests.test_agreement import MEASURES
from rapport.warehouse import actions as warehouse
from rapport.warehouse import engine

HISTORY, RULES, LEAVES = range(70, 72), 200, 24
OTHERS = ("sail://local", "spark://local[2]")
FOR_FEW_ROWS = "--conf spark.sql.codegen.wholeStage=false --conf spark.sql.adaptive.enabled=false pyspark-shell"
SHOWN_MAX = 3


@pytest.fixture
def lake(transactional_db: None, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    engine.forget()
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", FOR_FEW_ROWS)
    settings.LAKE_DIR, settings.LOCK_DIR, settings.CURRENCY = tmp_path / "lake", tmp_path / "locks", ""
    yield settings
    engine.forget()


@pytest.mark.large
@pytest.mark.parametrize("where", OTHERS)
def test_every_engine_means_the_same_customers(where: str, lake: Settings) -> None:
    world, times_us = random_world(HISTORY)
    chance, asked_us = Random("engines"), [*times_us, *map(moment_us, ANCHORS)]
    lake.COMPANY_TIME_ZONE = world.zone
    world.measures.update(MEASURES)
    maker = RuleMaker(chance, world.zone, asked_us, leaves=LEAVES, measures=tuple(MEASURES))
    play_in(world)
    warehouse.catch_up()
    words, moment = words_of(world), chance.choice(times_us)
    rules = [rule_of(maker.rule(), words) for _ in range(RULES)]
    right = answer_many(rules, words, moment)
    assert sum(0 < len(one.root) < one.everyone for one in right) > RULES / 5, "rules that mean nobody or everybody prove little"
    lake.ENGINE = where
    found = answer_many(rules, words, moment)
    wrong = [
        f"{text}: duckdb {sorted(ours)}, {other.engine} {sorted(theirs)}"
        for one, other in zip(right, found, strict=True)
        for (text, ours), (_, theirs) in zip(one.nodes, other.nodes, strict=True)
        if ours != theirs
    ]
    assert {one.engine for one in found} == {where.split(":")[0]}
    assert not wrong, "\n".join([f"{len(wrong)} differences", *sorted(set(wrong), key=len)[:SHOWN_MAX]])
    assert [one.without_rate for one in found] == [one.without_rate for one in right]


@pytest.mark.large
def test_a_refresh_asks_few_of_another_engine(lake: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has changed is copied there too: the sets it leaves are those DuckDB answers."""
    monkeypatch.setattr(refreshing, "WIDE_PART", 0)  # of so few customers any part is wide
    monkeypatch.setattr(days, "MISSED_MAX", 0)
    kept.forget()
    world, times_us = random_world(range(72, 73))
    chance, asked_us = Random("a refresh elsewhere"), [*times_us, *map(moment_us, ANCHORS)]
    lake.COMPANY_TIME_ZONE = world.zone
    maker = RuleMaker(chance, world.zone, asked_us, leaves=LEAVES)
    play_in(world)
    warehouse.catch_up()
    words, moments = words_of(world), sorted(map(moment_us, ANCHORS))
    rules = {f"segment:{number}": rule_of(maker.rule(), words) for number in range(RULES // 2)}
    refresh.refresh(rules, words, moment_us=moments[1])
    lake.ENGINE = "sail://local"
    outcome = refresh.refresh(rules, words, moment_us=moments[2])
    lake.ENGINE = "duckdb"
    assert outcome.asked > outcome.asked_whole
    found = kept.sets_of(rules)
    wrong = [
        key
        for (key, _), one in zip(rules.items(), answer_many(list(rules.values()), words, moments[2]), strict=True)
        if found[key] != one.root
    ]
    kept.forget()
    assert not wrong
