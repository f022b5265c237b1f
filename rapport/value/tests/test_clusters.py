"""Clusters of customers: groups that were planted are found again, chance is not taken for groups, and a rule says who is in a part."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from rapport.segments.nodes import And, Compare, Or, Rule, TraitTest
from rapport.segments.queries import parse_rule
from rapport.segments.text import rule_text
from rapport.value.clusters import (
    CHURN,
    COLUMNS,
    LEARNERS_MAX,
    LEARNERS_MIN,
    LEVELS,
    NAMES,
    ONCE,
    PAST,
    VALUE,
    Bound,
    Clusters,
    Part,
    _limit,
    _rules,
    found,
)
from rapport.value.names import trait_names
from rapport.value.telling import told
from rapport.value.tests.public_data import CALIBRATED, ENDED, cdnow_sample
from rapport.value.valuation import Options, fit, value

Columns = dict[str, np.ndarray]
TRAITS = trait_names(365)
COLUMN_OF = {trait: column for column, trait in TRAITS.items()}
THREE = ((200, 900.0, 0.1, 2_000.0), (500, 120.0, 0.45, 400.0), (800, 6.0, 0.9, 40.0))  # customers, value, churn, past


def planted(groups: tuple[tuple[int, float, float, float], ...] = THREE, seed: int = 1) -> tuple[Columns, np.ndarray]:
    """(columns as told, the group of each), mixed by chance; each group lies close around its middle."""
    chance = np.random.default_rng(seed)
    group = chance.permutation(np.repeat(np.arange(len(groups)), [one[0] for one in groups]))
    middle = np.array([one[1:] for one in groups])[group]
    near = chance.normal(0, 1, middle.shape)
    amounts = np.round(middle * np.exp(near * 0.2), 2)
    churn = np.round(np.clip(middle[:, 1] + near[:, 1] * 0.05, 0, 1), 2)
    return {VALUE: amounts[:, 0], CHURN: churn, PAST: amounts[:, 2], ONCE: np.zeros(len(group), bool)}, group


def blob(customers: int, seed: int) -> Columns:
    """Value, past and churn that vary around one middle, each by itself."""
    near = np.random.default_rng(seed).normal(0, 1, (customers, 3))
    return {
        VALUE: np.exp(4 + 0.5 * near[:, 0]),
        CHURN: np.clip(0.5 + 0.12 * near[:, 1], 0, 1),
        PAST: np.exp(5 + 0.5 * near[:, 2]),
        ONCE: np.zeros(customers, bool),
    }


def clusters(columns: Columns) -> Clusters:
    told_apart = found(columns)
    assert told_apart is not None
    return told_apart


def anybody(of: Clusters, seed: int = 2) -> Columns:
    """Customers far beyond those who were learnt from, and some on each limit and right below it."""
    chance = np.random.default_rng(seed)
    far = {VALUE: chance.uniform(0, 3_000, 5_000), CHURN: chance.uniform(0, 1, 5_000), PAST: chance.uniform(-500, 6_000, 5_000)}
    for bound in (bound for part in of.parts for bounds in part.rules for bound in bounds):
        for limit in (bound.low, bound.high):
            if limit is not None:
                places = chance.integers(0, 5_000, 40)
                far[bound.column][places[:20]] = limit
                far[bound.column][places[20:]] = np.nextafter(limit, -np.inf)
    return far


def members(part: Part, columns: Columns) -> list[bool]:
    """Customer by customer, from the bounds alone."""
    rows = zip(*(columns[name].tolist() for name in COLUMNS), strict=True)
    return [
        any(all(_is_between(dict(zip(COLUMNS, row, strict=True))[bound.column], bound) for bound in one) for one in part.rules)
        for row in rows
    ]


def _is_between(number: float, bound: Bound) -> bool:
    return (bound.low is None or bound.low <= number) and (bound.high is None or number < bound.high)


def meant(rule: Rule, columns: Columns) -> np.ndarray:
    """Whom a rule that was read from its text means."""
    if isinstance(rule, And | Or):
        joint = np.logical_and if isinstance(rule, And) else np.logical_or
        return joint.reduce([meant(child, columns) for child in rule.children])
    assert isinstance(rule, TraitTest) and isinstance(rule.test, Compare)
    own, limit = columns[COLUMN_OF[rule.trait]], float(str(rule.test.value))
    return own >= limit if rule.test.op == ">=" else own < limit


@pytest.fixture(scope="module", params=[CALIBRATED, ENDED], ids=["calibrated", "ended"])
def cdnow(request: pytest.FixtureRequest, samples: Path) -> Columns:
    """Told columns of the 2,357 customers, valued by the project's own models; and who bought once."""
    known = cdnow_sample(samples).until(request.param)
    columns = told(value(known.summaries, fit(known.summaries, known, request.param, Options(365))), None, None)
    return columns | {ONCE: known.summaries.counts == 1}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_groups_are_found_again_and_named_by_what_they_are(seed: int) -> None:
    columns, group = planted(seed=seed)
    three = clusters(columns)
    place = three.places(columns)
    assert adjusted_rand_score(group, place) >= 0.9
    assert (place == group).mean() >= 0.95  # most valuable first
    assert [part.name for part in three.parts] == ["Best, staying", "Middle, unsure", "Small, leaving"]
    assert three.agreement >= 0.95
    assert three.stability >= 0.95


def test_rules_are_short_and_their_limits_are_round() -> None:
    for part in clusters(planted()[0]).parts:
        text = part.rule(TRAITS)
        assert text.count("AND") + text.count("OR") <= 1, text
        for limit in re.findall(r"value\.\w+ (?:>=|<) (\S+)", text):
            assert len(limit.replace(".", "").strip("0")) <= 2, text
        for limit in re.findall(r"churn\.probability (?:>=|<) (\S+)", text):
            assert float(limit) * 20 == pytest.approx(round(float(limit) * 20)), text


def test_six_groups_have_six_names() -> None:
    middles = ((4_000, 0.1, 8_000), (1_000, 0.9, 8_000), (300, 0.1, 300), (100, 0.9, 300), (20, 0.1, 10), (5, 0.9, 10))
    columns, group = planted(tuple((300, *one) for one in middles))
    six = clusters(columns)
    assert adjusted_rand_score(group, six.places(columns)) >= 0.9
    assert [part.name for part in six.parts] == [
        "Best, staying",
        "Very good, leaving",
        "Good, staying",
        "Middle, leaving",
        "Small, staying",
        "Smallest, leaving",
    ]


def test_small_groups_of_the_best_are_kept_apart() -> None:
    """Two in a hundred each: a shorter tree would do without the difference."""
    columns, group = planted(((40, 5_000.0, 0.1, 9_000.0), (40, 3_000.0, 0.9, 9_000.0), (900, 120.0, 0.45, 400.0), (1_020, 6.0, 0.9, 40.0)))
    four = clusters(columns)
    assert [part.name for part in four.parts] == ["Best, staying", "Good, leaving", "Middle, unsure", "Small, leaving"]
    assert np.array_equal(four.places(columns), group)


def test_who_bought_once_gives_a_part_its_name() -> None:
    columns, group = planted()
    once = columns | {ONCE: group == 2}
    assert [part.name for part in clusters(once).parts] == ["Best, staying", "Middle, unsure", "Small, bought once"]
    assert [part.rules for part in clusters(columns).parts] == [part.rules for part in clusters(once).parts]


@pytest.mark.parametrize("seed", range(4))
def test_one_blob_is_no_clusters(seed: int) -> None:
    assert found(blob(2_000, seed)) is None


def test_the_same_columns_give_the_same_clusters() -> None:
    columns, _ = planted()
    assert found(columns) == found({name: column.copy() for name, column in columns.items()})


@pytest.mark.parametrize("groups", [THREE, tuple((one[0], one[1], 0.5, one[3]) for one in THREE), ((300, 50.0, 0.1, 900.0), *THREE)])
def test_everybody_is_in_exactly_one_part(groups: tuple[tuple[int, float, float, float], ...]) -> None:
    columns, _ = planted(groups)
    several = clusters(columns)
    for customers in (columns, anybody(several)):
        inside = np.array([members(part, customers) for part in several.parts])
        assert (inside.sum(axis=0) == 1).all()
        assert np.array_equal(several.places(customers), inside.argmax(axis=0))


def test_a_rule_in_words_means_those_who_are_in_the_part(cdnow: Columns) -> None:
    several = clusters(cdnow)
    for customers in (cdnow, anybody(several)):
        place = several.places(customers)
        for number, part in enumerate(several.parts):
            rule = parse_rule(part.rule(TRAITS))
            assert rule_text(rule) == part.rule(TRAITS)
            assert np.array_equal(meant(rule, customers), place == number)


def test_no_bound_is_left_that_does_not_bind() -> None:
    """Leaves side by side are one rule, and around a corner each side of it is."""
    side_by_side = [box(value=(10, 60), past=(-np.inf, 50)), box(value=(10, 60), past=(50, np.inf))]
    assert _rules(side_by_side, [box(value=(-np.inf, 10)), box(value=(60, np.inf))]) == ((Bound(VALUE, 10, 60),),)
    around = [box(value=(-np.inf, 60)), box(value=(60, np.inf), past=(-np.inf, 50))]
    assert _rules(around, [box(value=(60, np.inf), past=(50, np.inf))]) == ((Bound(VALUE, None, 60),), (Bound(PAST, None, 50),))


def box(value: tuple[float, float] = (-np.inf, np.inf), past: tuple[float, float] = (-np.inf, np.inf)) -> dict[str, tuple[float, float]]:
    return {VALUE: value, CHURN: (-np.inf, np.inf), PAST: past}


@pytest.mark.parametrize(
    ("column", "values", "exact", "limit"),
    [
        (CHURN, (0.2, 0.9), 0.537, 0.55),
        (CHURN, (0.52, 0.53), 0.525, 0.53),  # at 0.5 or 0.55 all would be on one side
        (CHURN, (0.1, 0.52, 0.53, 0.9), 0.525, 0.53),  # at 0.5 many would change it
        (VALUE, (3.0, 200.0), 97.31, 97.0),
        (VALUE, (3.0, 1_234.0), 1_187.0, 1_200.0),
        (VALUE, (97.1, 97.2), 97.15, 97.2),
        (VALUE, (3.0, 97.1, 97.2, 200.0), 97.15, 97.2),
        (PAST, (-50.0, 20.0), -13.37, -13.0),
        (PAST, (-5.0, 5.0), 0.0, 0.0),
    ],
)
def test_a_limit_is_as_round_as_it_can_be(column: str, values: tuple[float, ...], exact: float, limit: float) -> None:
    assert _limit(column, exact, np.repeat(values, 10)) == limit


def test_a_rule_of_several_leaves_is_joined_in_brackets_and_has_no_exponents() -> None:
    bounds = (Bound(VALUE, 0.00001, 1e16), Bound(CHURN, None, 0.4))
    part = Part("Best, staying", (bounds, (Bound(PAST, -120.0, None),)))
    alone = "value.next_12_months >= 0.00001 AND value.next_12_months < 10000000000000000 AND churn.probability < 0.4"
    assert Part("Best, staying", (bounds,)).rule(TRAITS) == alone
    assert part.rule(TRAITS) == f"({alone}) OR value.past >= -120"
    assert rule_text(parse_rule(part.rule(TRAITS))) == part.rule(TRAITS)


def test_a_past_below_nothing_counts_as_nothing() -> None:
    """Else those who gave back as much as the best brought would be like neither the best nor their own kind."""
    columns, group = planted()
    none = columns | {PAST: np.where(group == 2, 0.0, columns[PAST])}
    lost = columns | {PAST: np.where(group == 2, np.where(np.arange(len(group)) % 2, -2_000.0, 0.0), columns[PAST])}
    assert adjusted_rand_score(group, clusters(lost).places(lost)) >= 0.9
    assert np.array_equal(clusters(lost).places(lost), clusters(none).places(none))


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_none_is_refused_by_its_column(name: str, wrong: float) -> None:
    columns, _ = planted()
    several, column = clusters(columns), columns[name].copy()
    column[700] = wrong
    with pytest.raises(ValueError, match=name):
        found(columns | {name: column})
    with pytest.raises(ValueError, match=name):
        several.places(columns | {name: column})


def test_nobody_and_too_few_and_all_alike_are_no_clusters() -> None:
    columns, _ = planted()
    assert found({name: column[:0] for name, column in columns.items()}) is None
    assert found({name: column[: LEARNERS_MIN - 1] for name, column in columns.items()}) is None
    assert found({name: column[:LEARNERS_MIN] for name, column in columns.items()}) is not None
    assert found({name: np.full(5_000, column[0]) for name, column in columns.items()}) is None
    assert len(clusters(columns).places({name: column[:0] for name, column in columns.items()})) == 0


def test_two_kinds_of_customers_without_any_difference_inside_are_no_three_clusters() -> None:
    columns, group = planted()
    assert found({name: np.where(group == 0, 5.0, 0.5) if name != ONCE else column for name, column in columns.items()}) is None


def test_of_very_many_some_are_learnt_from_and_all_are_placed() -> None:
    columns, group = planted()
    often = 2 * LEARNERS_MAX // len(group) + 1
    many = {name: np.tile(column, often) for name, column in columns.items()}
    several = clusters(many)
    place = several.places(many)
    assert adjusted_rand_score(np.tile(group, often), place) >= 0.9
    assert np.array_equal(place, np.tile(several.places(columns), often))


def test_each_name_is_written_once_and_short() -> None:
    names = [name for row in NAMES for name in row]
    assert len(set(names)) == len(names) == 24
    assert max(map(len, names)) <= 40
    assert all(len(set(rows)) == count and list(rows) == sorted(rows) and max(rows) < len(NAMES) for count, rows in LEVELS.items())


def test_customers_of_cdnow_are_parted_from_the_best_down(cdnow: Columns) -> None:
    several = clusters(cdnow)
    place = several.places(cdnow)
    means = [float(cdnow[VALUE][place == number].mean()) for number in range(len(several.parts))]
    assert len(means) >= 3
    assert means == sorted(means, reverse=True)
    assert means[0] > 20 * means[-1]
    assert several.agreement >= 0.9
    assert several.stability >= 0.8
    assert len({part.name for part in several.parts}) == len(several.parts)
    assert all(part.rule(TRAITS).count(" AND ") + part.rule(TRAITS).count(" OR ") <= 3 for part in several.parts)
