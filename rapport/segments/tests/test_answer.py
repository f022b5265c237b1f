"""Everyone against a rule: every case worked out by hand, nodes in order, nothing asked twice, sums without rounding."""

from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from operator import eq, ge, gt, le
from pathlib import Path

import ibis
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from rapport.lib.clock import HOUR_US
from rapport.segments import figures, folding
from rapport.segments.answer import answer, answer_many
from rapport.segments.errors import RuleError
from rapport.segments.lake import Lake
from rapport.segments.limits import LEVELS_MAX
from rapport.segments.nodes import InSegment
from rapport.segments.parse import parse_rule
from rapport.segments.tests.cases.book import Case, all_cases, worlds
from rapport.segments.tests.cases.playing import customers_of, moment_us, play_in, rule_of, words_of
from rapport.segments.tests.cases.world import World
from rapport.segments.tests.plain_lake import PlainReader, catalogue, prop
from rapport.segments.text import rule_text
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import actions as warehouse

NOW = moment_us("2026-03-01T00:00:00+00:00")
EARLIER, LATER = "TIMESTAMP '2026-02-01'", "TIMESTAMP '2026-04-01'"


@pytest.mark.parametrize("world", worlds(), ids=lambda world: world.name)
def test_each_case_means_the_customers_worked_out_by_hand(world: World, lake: Path, settings: Settings) -> None:
    settings.CURRENCY, settings.COMPANY_TIME_ZONE = "", world.zone
    play_in(world)
    warehouse.catch_up()
    words, ids = words_of(world), customers_of(world)
    by_moment: dict[str, list[Case]] = defaultdict(list)
    for case in all_cases():
        if case.world is world:
            by_moment[case.as_of].append(case)
    for as_of, cases in by_moment.items():
        # all cases of a moment together, so that those alike share their scans
        found = answer_many([rule_of(case.rule, words) for case in cases], words, moment_us(as_of))
        assert {case.rule: set(one.root) for case, one in zip(cases, found, strict=True)} == {
            case.rule: {ids[name] for name in case.members} for case in cases
        }


@pytest.fixture
def shop() -> tuple[PlainReader, Vocabulary]:
    """Customers 1 to 5 are known, 6 is a visitor, 7 is an alias of 1; 5 did nothing."""
    reader = PlainReader()
    reader.know(1, 2, 3, 4, 5, 7)
    reader.merge(7, 1)
    reader.make(
        "bought",
        "revenue DECIMAL(18,6), channel VARCHAR, weight DOUBLE, tags VARCHAR[]",
        f"1, {EARLIER}, 11, NULL, false, 10, 'web', 0.1, ['a', 'b']",
        f"7, {EARLIER}, 12, NULL, false, 20, 'shop', 0.2, ['b']",
        f"2, {EARLIER}, 13, NULL, true, NULL, 'web', NULL, NULL",
        f"3, {EARLIER}, 14, NULL, false, 30, 'app', 3, []",
        f"4, {LATER}, 15, NULL, true, NULL, 'web', 9, ['a']",
        f"6, {EARLIER}, 16, NULL, false, 99, 'web', 9, ['a']",
    )
    reader.make(
        "bought__products",
        "sku VARCHAR, quantity DOUBLE",
        f"1, {EARLIER}, 11, NULL, 0, 'x', 1",
        f"1, {EARLIER}, 11, NULL, 1, 'y', 5",
        f"7, {EARLIER}, 12, NULL, 0, 'x', 1",
        f"3, {EARLIER}, 14, NULL, 0, 'z', 2",
    )
    reader.make(
        "identify",
        "country VARCHAR",
        f"1, {EARLIER}, 1, NULL, false, 'USA'",
        f"7, {EARLIER}, 2, NULL, false, 'Canada'",
        f"2, {EARLIER}, 3, NULL, false, 'USA'",
        f"2, {LATER}, 4, NULL, false, 'Canada'",
    )
    bought = [
        *(prop(name, kind) for name, kind in {"revenue": "money", "channel": "text", "weight": "number", "note": "text"}.items()),
        prop("tags", "text", many=True),
        prop("products", "list"),
        prop("products.sku", "text", list_path="products"),
        prop("products.quantity", "number", list_path="products"),
    ]
    traits = [prop("country", "text"), prop("vip", "boolean")]
    return reader, Vocabulary(catalogue(bought=bought, seen=[prop("path", "text")], identify=traits))


ASKED = {
    'did "Bought"': {1, 2, 3},
    'did "Bought" at least 2 times': {1},
    'did "Bought" at most 1 times': {2, 3, 4, 5},
    'did "Bought" exactly 1 times': {2, 3},
    'did "Bought" exactly 0 times': {4, 5},
    'did "Bought" at least 0 times': {1, 2, 3, 4, 5},
    'did "Bought" where channel = "web"': {1, 2},
    'did "Bought" where channel = "shop"': {1},
    'did "Bought" where channel = "web" at least 2 times': set(),
    'did "Bought" where channel != "web"': {1, 3},
    'did "Bought" where tags = "b" at least 2 times': {1},
    'did "Bought" where tags != "b"': {2, 3},
    'did "Bought" where tags is unknown': {2, 3},
    'did "Bought" where products.sku = "x"': {1},
    'did "Bought" where products.sku = "z"': {3},
    'did "Bought" where products.sku = "x" at least 2 times': {1},
    'did "Bought" where products.sku = "y" at least 2 times': set(),
    'did "Bought" where products.sku != "x"': {2, 3},
    'did "Bought" where products(sku = "y" AND quantity >= 5)': {1},
    'did "Bought" where products(sku = "x" AND quantity >= 5)': set(),
    'did "Bought" where (revenue > 5 AND products.sku = "x")': {1},
    'did "Bought" where note = "x"': set(),
    'did "Bought" where note != "x"': {1, 2, 3},
    'did "Seen"': set(),
    'did "Seen" at most 0 times': {1, 2, 3, 4, 5},
    'did anything': {1, 2, 3},
    'did anything where channel = "web"': {1, 2},
    'sum(revenue) of "Bought" >= 30': {1, 3},
    'sum(revenue) of "Bought" = 0': {2, 4, 5},
    'sum(weight) of "Bought" = 0.3': {1},
    'sum(products.quantity) of "Bought" where products.sku = "y" = 6': {1},
    'average(revenue) of "Bought" = 15': {1},
    'average(revenue) of "Bought" < 15.000000000000000001': {1},
    'average(revenue) of "Bought" > 14.999999999999999999': {1, 3},
    'average(weight) of "Bought" = 0.15': {1},
    'largest(revenue) of "Bought" > 15': {1, 3},
    'smallest(revenue) of "Bought" > 15': {3},
    'number of "Bought" = 2': {1},
    'number of different(tags) of "Bought" = 2': {1},
    'number of different(channel) of "Bought" < 2': {2, 3, 4, 5},
    'days since last "Bought" = 28': {1, 2, 3},
    'days since last "Bought" > 28': set(),
    'country = "USA"': {2},
    'country = "Canada"': {1},
    'country != "USA"': {1, 3, 4, 5},
    "country is unknown": {3, 4, 5},
    "vip = true": set(),
    "vip is unknown": {1, 2, 3, 4, 5},
    "everyone": {1, 2, 3, 4, 5},
    "no one": set(),
}  # fmt: skip


@pytest.mark.parametrize("rule", ASKED)
def test_one_condition_means_these_customers(rule: str, shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    assert set(answer(parse_rule(rule), words, NOW, reader).root) == ASKED[rule]


def test_conditions_that_share_scans_mean_the_same(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    found = answer_many([parse_rule(rule) for rule in ASKED], words, NOW, reader)
    assert {one.rule: set(one.root) for one in found} == {rule_text(parse_rule(rule)): members for rule, members in ASKED.items()}


def test_without_aliases_nothing_is_joined(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    reader.connection.execute("DELETE FROM aliases")
    found = answer_many([parse_rule(rule) for rule in ('did "Bought"', 'number of "Bought" = 1', 'country = "USA"')], words, NOW, reader)
    assert [set(one.root) for one in found] == [{1, 2, 3, 7}, {1, 2, 3, 7}, {1, 2}]


def test_nodes_come_in_pre_order_each_with_its_text_and_set(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    found = answer(parse_rule('(did "Bought" OR country = "USA") BUT NOT did "Bought" at least 2 times'), words, NOW, reader)
    assert [(text, set(ids)) for text, ids in found.nodes] == [
        ('(did "Bought" OR country = "USA") BUT NOT did "Bought" at least 2 times', {2, 3}),
        ('did "Bought" OR country = "USA"', {1, 2, 3}),
        ('did "Bought"', {1, 2, 3}),
        ('country = "USA"', {2}),
        ('did "Bought" at least 2 times', {1}),
    ]
    assert found.root == found.nodes[0][1]
    assert (found.rule, found.as_of_us, found.everyone, found.engine) == (found.nodes[0][0], NOW, 5, "duckdb")


def test_amounts_without_a_rate_are_counted_where_a_rule_uses_them(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    rules = [
        'did "Bought"',
        'did "Bought" where revenue > 5',
        'sum(revenue) of "Bought" > 5',
        'did "Seen"',
        "did anything where revenue > 1",
    ]
    assert [one.without_rate for one in answer_many([parse_rule(rule) for rule in rules], words, NOW, reader)] == [0, 1, 1, 0, 1]


def test_equal_conditions_are_asked_once(shop: tuple[PlainReader, Vocabulary], monkeypatch: pytest.MonkeyPatch) -> None:
    questions = asked_by(monkeypatch)
    reader, words = shop
    answer(
        parse_rule('did "Bought" where channel = "web" OR everyone BUT NOT (did "Bought" where channel = "web" AND everyone)'),
        words,
        NOW,
        reader,
    )
    assert len([one for one in questions if "bought" in one]) == 1


def test_conditions_of_one_shape_are_one_scan_whatever_their_constants(
    shop: tuple[PlainReader, Vocabulary], monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = asked_by(monkeypatch)
    reader, words = shop
    rule = " OR ".join(f'did "Bought" where products.sku = "{sku}"' for sku in "xyzu")
    assert [len(ids) for _, ids in answer(parse_rule(rule), words, NOW, reader).nodes] == [2, 1, 1, 1, 0]
    assert len([one for one in questions if "bought" in one]) == 1


def test_broad_conditions_over_one_kind_of_fact_share_a_scan(shop: tuple[PlainReader, Vocabulary], monkeypatch: pytest.MonkeyPatch) -> None:
    questions = asked_by(monkeypatch)
    reader, words = shop
    rule = 'did "Bought" at least 2 times AND did "Bought" in the last 90 days AND average(weight) of "Bought" < 1'
    assert set(answer(parse_rule(rule), words, NOW, reader).root) == {1}
    assert len([one for one in questions if "bought" in one]) == 1


def test_what_aliases_have_is_put_together_from_the_one_scan(shop: tuple[PlainReader, Vocabulary], monkeypatch: pytest.MonkeyPatch) -> None:
    """Customer 1 has one fact of their own and one of the alias 7: each figure is right over both, none over one alone."""
    reader, words = shop
    rules = {
        'sum(revenue) of "Bought" = 30': {1, 3},
        'average(revenue) of "Bought" = 15': {1},
        'largest(revenue) of "Bought" = 20 AND smallest(revenue) of "Bought" = 10': {1},
        'did "Bought" at least 2 times': {1},
        'number of "Bought" < 2': {2, 3, 4, 5},
        'number of different(channel) of "Bought" = 2': {1},
        'did "Bought" where channel = "shop" AND did "Bought" where channel = "web"': {1},
    }
    questions = asked_by(monkeypatch)
    found = answer_many([parse_rule(rule) for rule in rules], words, NOW, reader)
    assert [set(one.root) for one in found] == list(rules.values())
    (grouped,) = (one for one in questions if '"bought"' in one and "GROUP BY" in one)
    assert grouped.count('"bought"') == 1


def asked_by(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question put to the engine from now on, as SQL."""
    questions: list[str] = []
    put = Lake.begin

    def begin(lake: Lake, question: ibis.Table) -> Callable[[], object]:
        questions.append(ibis.to_sql(question, dialect="duckdb"))
        return put(lake, question)

    monkeypatch.setattr(Lake, "begin", begin)
    return questions


def test_a_segment_stands_for_its_rule_at_the_same_moment(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    words = Vocabulary(
        words.catalogue,
        segments={"Buyers": parse_rule('did "Bought"'), "Web": parse_rule('in segment "Buyers" AND did "Bought" where channel = "web"')},
    )
    found = answer(parse_rule('in segment "Web" OR in segment "Buyers"'), words, NOW, reader)
    assert [set(ids) for _, ids in found.nodes] == [{1, 2, 3}, {1, 2}, {1, 2, 3}]
    assert set(answer(parse_rule('in segment "Buyers"'), words, NOW + 60 * 24 * HOUR_US, reader).root) == {1, 2, 3, 4}


def test_a_segment_that_includes_itself_is_refused_not_followed(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    words = Vocabulary(words.catalogue, segments={"A": InSegment("B"), "B": InSegment("A")})
    with pytest.raises(RuleError, match="includes itself"):
        answer(InSegment("A"), words, NOW, reader)


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.floats(-1e17, 1e17), st.floats(-10, 10), st.decimals(-1000, 1000, places=7).map(float)), min_size=1, max_size=5)
)
def test_a_sum_of_numbers_is_that_of_the_decimals_they_are_written_as(numbers: list[float]) -> None:
    reader = PlainReader()
    reader.know(1)
    reader.make(
        "weighed",
        "kilos DOUBLE",
        *(f"1, {EARLIER}, {event_id}, NULL, false, '{kilos!r}'::DOUBLE" for event_id, kilos in enumerate(numbers)),
    )
    words = Vocabulary(catalogue(weighed=[prop("kilos", "number")]))
    exact = sum(Decimal(repr(kilos)).quantize(Decimal("0.000001"), ROUND_HALF_UP) for kilos in numbers)
    assert len(answer(parse_rule(f'sum(kilos) of "Weighed" = {exact:f}'), words, NOW, reader).root) == 1


def test_a_filter_as_deep_as_a_rule_may_be_is_answered(shop: tuple[PlainReader, Vocabulary]) -> None:
    reader, words = shop
    where = 'channel = "web"'
    for number in range(LEVELS_MAX // 2 - 2):
        where = f'({where} OR weight = {number}) AND channel != "x{number}"'
    assert set(answer(parse_rule(f'did "Bought" where ({where})'), words, NOW, reader).root) == {1, 2, 3}


def test_the_width_of_a_scan_is_bounded(shop: tuple[PlainReader, Vocabulary], monkeypatch: pytest.MonkeyPatch) -> None:
    questions = asked_by(monkeypatch)
    reader, words = shop
    rule = " OR ".join(f'number of "Bought" where weight > {number} = 1' for number in range(folding.STATES_MAX + 1))
    assert set(answer(parse_rule(rule), words, NOW, reader).root) == {3}
    assert len([one for one in questions if "bought" in one]) == 2


@pytest.mark.parametrize("values", [0, 1, figures.FEW_MAX, figures.FEW_MAX + 1])
def test_different_values_are_counted_alike_whether_a_column_has_few_or_many(values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "SEEN_FIRST", 2)  # what is seen first is never all
    reader = PlainReader()
    reader.know(1, 2, 3)
    reader.merge(9, 1)
    rows = [(9 if number % 2 else 1, f"'kind {number}'") for number in range(values)]
    rows += [(2, "NULL"), *[(2, "'kind 0'")] * (2 if values else 0)]
    reader.make(
        "seen", "kind VARCHAR", *(f"{who}, {EARLIER}, {event_id}, NULL, false, {kind}" for event_id, (who, kind) in enumerate(rows))
    )
    words = Vocabulary(catalogue(seen=[prop("kind", "text")]))
    numbers = {1: values, 2: min(values, 1), 3: 0}
    for test, holds in (("= 0", eq), ("= 1", eq), ("> 1", gt), (f"= {values}", eq), (f">= {figures.FEW_MAX}", ge), ("<= 1", le)):
        found = answer(parse_rule(f'number of different(kind) of "Seen" {test}'), words, NOW, reader)
        assert set(found.root) == {who for who, number in numbers.items() if holds(number, int(test.split()[1]))}, test
