"""Text, tree and nodes say the same thing, for any rule at all."""

import json
from decimal import Decimal
from unicodedata import normalize

from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.segments.check import check
from rapport.segments.errors import RuleError
from rapport.segments.nodes import And, ButNot, Compare, Definition, Did, MayReceive, Measure, Or, PropertyTest, Rule, TraitTest
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.tests.rule_strategies import SMALL_VOCABULARY, RuleShapes, values
from rapport.segments.text import definition_text, rule_text
from rapport.segments.tree import from_tree, json_rule, to_tree

PRINTABLE = st.characters(exclude_categories=("Cs", "Cc"))
NAMES = st.text(PRINTABLE, min_size=1, max_size=20)
WHOLE = st.characters(codec="utf-8", exclude_characters="\0")
SHAPES = RuleShapes(SMALL_VOCABULARY)


@settings(max_examples=100, deadline=None)
@given(SHAPES.rules())
def test_text_reads_back_as_the_same_rule(rule: Rule) -> None:
    text = rule_text(rule)
    assert parse_rule(text) == rule
    assert rule_text(parse_rule(text)) == text


@settings(max_examples=100, deadline=None)
@given(SHAPES.rules())
def test_a_tree_reads_back_as_the_same_rule(rule: Rule) -> None:
    tree = to_tree(rule)
    assert from_tree(tree) == rule
    assert json_rule(json.dumps(tree)) == rule
    assert json_rule(json.dumps(tree, ensure_ascii=False, indent=1)) == rule


@settings(max_examples=60, deadline=None)
@given(SHAPES.rules())
def test_text_to_tree_to_text_is_canonical(rule: Rule) -> None:
    text = rule_text(rule)
    assert rule_text(from_tree(to_tree(parse_rule(text)))) == text


@settings(max_examples=60, deadline=None)
@given(SHAPES.measures())
def test_a_definition_reads_back(measure: Measure) -> None:
    definition = Definition("spend", measure.amount)
    assert parse_definition(definition_text(definition)) == definition


@settings(max_examples=100, deadline=None)
@given(NAMES, NAMES)
def test_any_name_can_be_written(trait: str, event: str) -> None:
    trait, event = normalize("NFC", trait), normalize("NFC", event)
    where = PropertyTest(trait, Compare("=", event))
    rule = And((TraitTest(trait, Compare("=", True)), Did(event, where), MayReceive(trait, event)))
    assert parse_rule(rule_text(rule)) == rule
    assert from_tree(to_tree(rule)) == rule


@settings(max_examples=100, deadline=None)
@given(st.text(WHOLE, max_size=40))
def test_any_text_can_be_compared_with(text: str) -> None:
    rule = TraitTest("country", Compare("=", normalize("NFC", text)))
    assert parse_rule(rule_text(rule)) == rule
    assert from_tree(to_tree(rule)) == rule


@settings(max_examples=100, deadline=None)
@given(
    st.decimals(min_value=-(10**17), max_value=10**17, places=9) | st.floats(-1e9, 1e9).map(lambda number: Decimal(str(round(number, 9))))
)
def test_any_number_is_exact(number: Decimal) -> None:
    rule = TraitTest("age", Compare("<", number))
    assert parse_rule(rule_text(rule)) == rule
    assert json_rule(json.dumps(to_tree(rule))) == rule
    assert "E" not in rule_text(rule)


@settings(max_examples=60, deadline=None)
@given(st.lists(values(), min_size=1, max_size=5), st.sampled_from(["AND", "OR", "BUT NOT"]))
def test_equal_rules_have_equal_texts(several: list[object], joint: str) -> None:
    sides = tuple(TraitTest("country", Compare("=", value)) for value in several)  # type: ignore[arg-type]
    rule = {"AND": And, "OR": Or, "BUT NOT": ButNot}[joint]((*sides, *sides))
    loose = f"\n  {joint.lower()}\t".join(rule_text(side) for side in (*sides, *sides))
    assert parse_rule(loose) == rule
    assert rule_text(parse_rule(loose)) == rule_text(rule)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_no_text_does_worse_than_a_refusal(text: str) -> None:
    read_or_refused(text)


PIECES = ["did", '"X"', "where", "a", "(", ")", "=", "5", "AND", "or", "but not", "at least 2 times", "in the last 3 days", "sum", "of"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, "everyone", "since", "2011-01-01", "`b c`", "is known", ",", "in", "`", '"', "\\"]), max_size=14))
def test_no_order_of_words_does_worse_than_a_refusal(pieces: list[str]) -> None:
    read_or_refused(" ".join(pieces))


def read_or_refused(text: str) -> None:
    refusal: RuleError | None = None
    try:
        rule = parse_rule(text)
    except RuleError as refused:
        refusal = refused
    if refusal is None:
        assert parse_rule(rule_text(rule)) == rule
    else:
        assert refusal.line >= 1 <= refusal.column
        assert refusal.trouble


@settings(max_examples=100, deadline=None)
@given(SHAPES.rules())
def test_a_rule_that_fits_the_catalogue_is_taken_as_it_is(rule: Rule) -> None:
    assert check(rule, SMALL_VOCABULARY) == rule
