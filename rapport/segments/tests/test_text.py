"""One spelling for each meaning."""

from decimal import Decimal

import pytest

from rapport.segments.nodes import (
    Amount,
    And,
    Compare,
    Definition,
    Did,
    Duration,
    Everyone,
    InTheLast,
    MayReceive,
    NoOne,
    Or,
    Place,
    PropertyTest,
    Rule,
    Since,
    Time,
    Times,
    TraitTest,
)
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.tests.test_parse import EXAMPLES
from rapport.segments.text import definition_text, filter_text, leaf_text, rule_text


@pytest.mark.parametrize(("text", "rule"), EXAMPLES)
def test_the_designs_examples_are_canonical(text: str, rule: Rule) -> None:
    assert rule_text(rule) == text


CANONICAL = [
    ("EVERYONE but not NO ONE", "everyone BUT NOT no one"),
    ("a=1 or b=1 and c=1", "a = 1 OR (b = 1 AND c = 1)"),
    ("a=1 or b=1 but not c=1 and d=1", "(a = 1 OR b = 1) BUT NOT c = 1 AND d = 1"),
    ("a=1 but not (b=1 but not c=1)", "a = 1 BUT NOT (b = 1 BUT NOT c = 1)"),
    ("(a=1 but not b=1) and c=1", "(a = 1 BUT NOT b = 1) AND c = 1"),
    ("((a=1) and (b=1 and c=1))", "a = 1 AND (b = 1 AND c = 1)"),
    ("(a=1 or b=1) or c=1", "(a = 1 OR b = 1) OR c = 1"),
    ('did "X" at least 1 times', 'did "X"'),
    ('did "X" at least 01 time in the last 1 days', 'did "X" in the last 1 day'),
    ('did "X" EXACTLY 1 times', 'did "X" exactly 1 times'),
    ('did "X" where (a=1)', 'did "X" where a = 1'),
    ('did "X" where (a=1 and b(c=1 or d=1 but not e=1))', 'did "X" where (a = 1 AND b((c = 1 OR d = 1) BUT NOT e = 1))'),
    ('sum ( a ) OF "X" where (a=1 or b=1) > 1.50', 'sum(a) of "X" where (a = 1 OR b = 1) > 1.5'),
    ('Days  Since First "X" >= 007', 'days since first "X" >= 7'),
    ("may receive email for marketing", "may receive email"),
    ("may receive `email` for `news`", "may receive email for news"),
    (
        "`where` = 1 and `plain` = 1 and `sum` = 1 and `a b` = 1 and `1` = 1",
        "`where` = 1 AND plain = 1 AND `sum` = 1 AND `a b` = 1 AND `1` = 1",
    ),
    ('a = "\\u00e9\\/\\t"', 'a = "é/\\t"'),
    ('a = "say \\"hi\\" \\\\ bye"', 'a = "say \\"hi\\" \\\\ bye"'),
    ("a = -0.0", "a = 0"),
    ("a = 100000000000000000", "a = 100000000000000000"),
    ("a = 0.000000000000000001", "a = 0.000000000000000001"),
    ("a since 2011-06-01 10:00 and a before 2011-06-01T10:00:05.5z", "a since 2011-06-01T10:00 AND a before 2011-06-01T10:00:05.5Z"),
    ("a in (1,2) and a not in (TRUE)", "a in (1, 2) AND a not in (true)"),
]


@pytest.mark.parametrize(("said", "canonical"), CANONICAL)
def test_text_is_spelled_one_way(said: str, canonical: str) -> None:
    rule = parse_rule(said)
    assert rule_text(rule) == canonical
    assert parse_rule(canonical) == rule


def test_a_number_from_elsewhere_has_no_exponent() -> None:
    assert rule_text(TraitTest("a", Compare("=", Decimal("1E+3")))) == "a = 1000"
    assert rule_text(TraitTest("a", Compare("=", Decimal("2.50E-7")))) == "a = 0.00000025"


def test_where_a_node_stood_does_not_change_its_text() -> None:
    assert rule_text(Everyone(Place(7, 9))) == leaf_text(Everyone()) == "everyone"
    assert Everyone(Place(7, 9)) == Everyone()


def test_the_pieces_have_texts_of_their_own() -> None:
    did = Did("X", PropertyTest("a", Since(Time("2011-06-01"))), Times("at most", 2), InTheLast(Duration(3, "week")))
    assert leaf_text(did) == 'did "X" where a since 2011-06-01 at most 2 times in the last 3 weeks'
    assert did.where is not None
    assert filter_text(did.where) == "a since 2011-06-01"
    assert rule_text(Or((And((did, NoOne())), MayReceive("sms", "news")))).endswith("AND no one) OR may receive sms for news")


def test_a_definition_has_a_text() -> None:
    definition = Definition("spend", Amount("number of different", "X", "products.sku", window=InTheLast(Duration(1, "year"))))
    text = 'spend := number of different(products.sku) of "X" in the last 1 year'
    assert definition_text(definition) == text
    assert parse_definition(text) == definition
