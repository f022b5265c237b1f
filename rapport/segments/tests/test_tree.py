"""The JSON form: the design's keys, exact both ways, and nothing taken on trust."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rapport.segments.errors import RuleError
from rapport.segments.nodes import Compare, Everyone, Rule, TraitTest
from rapport.segments.parse import parse_rule
from rapport.segments.tests.test_parse import EXAMPLES
from rapport.segments.tree import from_tree, json_rule, read_rule, to_tree

TREES: list[tuple[str, Any]] = [
    (
        'did "Order Completed" at least 2 times AND did "Feedback Given" where score <= 2 BUT NOT in segment "Contacted this week"',
        {
            "but_not": [
                {
                    "and": [
                        {"did": "Order Completed", "at_least": 2},
                        {"did": "Feedback Given", "where": {"property": "score", "op": "<=", "value": 2}},
                    ]
                },
                {"in_segment": "Contacted this week"},
            ]
        },
    ),
    (
        'did "A" where a = 1 then "B" within 7 days then no "C" within 2 days in the last 1 month',
        {
            "sequence": [
                {"did": "A", "where": {"property": "a", "op": "=", "value": 1}},
                {"did": "B", "within": "7 days"},
                {"did_not": "C", "within": "2 days"},
            ],
            "in_the_last": "1 month",
        },
    ),
    (
        'sum(revenue) of "X" in the last 90 days < half of the 90 days before',
        {"sum": "revenue", "of": "X", "in_the_last": "90 days", "op": "<", "factor": 0.5, "the_before": "90 days"},
    ),
    ('number of "X" in the last 1 day > the 2 days before', {"number_of": "X", "in_the_last": "1 day", "op": ">", "the_before": "2 days"}),
    ("bucket 0-4999", {"bucket": [0, 4999]}),
    ('bucket 17 of "spring test"', {"bucket": 17, "of": "spring test"}),
    ('within 2.5 mi of branch "Porto"', {"near_branch": "Porto", "within": "2.5 mi"}),
    ('in list "VIPs 2025"', {"in_list": "VIPs 2025"}),
    ("everyone OR no one", {"or": [{"everyone": True}, {"no_one": True}]}),
    ("did anything in the last 60 days", {"did_anything": True, "in_the_last": "60 days"}),
    ('did "X" at most 0 times before 2011-06-01', {"did": "X", "at_most": 0, "before": "2011-06-01"}),
    ('did "X" exactly 1 times', {"did": "X", "exactly": 1}),
    (
        'did "X" where (a = 1 AND products(b = true OR c is known))',
        {
            "did": "X",
            "where": {
                "and": [
                    {"property": "a", "op": "=", "value": 1},
                    {
                        "element": "products",
                        "where": {"or": [{"property": "b", "op": "=", "value": True}, {"property": "c", "op": "is known"}]},
                    },
                ]
            },
        },
    ),
    ('country = "USA"', {"trait": "country", "op": "=", "value": "USA"}),
    ('country not in ("USA", 2.5)', {"trait": "country", "op": "not in", "values": ["USA", 2.5]}),
    ("country is unknown", {"trait": "country", "op": "is unknown"}),
    ("born < 2011-06-01", {"trait": "born", "op": "<", "value": {"time": "2011-06-01"}}),
    ("born in the next 1 week", {"trait": "born", "in_the_next": "1 week"}),
    ("born anniversary in the next 7 days", {"trait": "born", "anniversary_in_the_next": "7 days"}),
    ("born between 2011-06-01 and 2012-06-01", {"trait": "born", "between": ["2011-06-01", "2012-06-01"]}),
    ("born since 2011-06-01", {"trait": "born", "since": "2011-06-01"}),
    (
        'sum(revenue) of "Order Completed" in the last 12 months > 500',
        {"sum": "revenue", "of": "Order Completed", "in_the_last": "12 months", "op": ">", "value": 500},
    ),
    ('number of "X" >= 3', {"number_of": "X", "op": ">=", "value": 3}),
    ('number of different(day) of "X" = 3', {"number_of_different": "day", "of": "X", "op": "=", "value": 3}),
    ('days since last "X" > 60', {"days_since_last": "X", "op": ">", "value": 60}),
    (
        'days since first "X" where a = 1 > 60',
        {"days_since_first": "X", "where": {"property": "a", "op": "=", "value": 1}, "op": ">", "value": 60},
    ),
    ("may receive email", {"may_receive": "email", "for": "marketing"}),
    ('in silo "Gold" of "Loyalty"', {"in_silo": "Gold", "of": "Loyalty"}),
    ("a = 0.123456789012345678", {"trait": "a", "op": "=", "value": {"number": "0.123456789012345678"}}),
]


@pytest.mark.parametrize(("text", "tree"), TREES)
def test_the_tree_of_a_rule_is_plain(text: str, tree: Any) -> None:
    assert to_tree(parse_rule(text)) == tree
    assert from_tree(tree) == parse_rule(text)
    assert from_tree(json.loads(json.dumps(tree))) == parse_rule(text)


@pytest.mark.parametrize(("text", "rule"), EXAMPLES)
def test_the_designs_examples_have_trees(text: str, rule: Rule) -> None:
    assert from_tree(to_tree(rule)) == rule
    assert read_rule(json.dumps(to_tree(rule))) == rule == read_rule(text)


@pytest.mark.parametrize("number", ["0.1", "0.123456789012345678", "100000000000000001", "9007199254740993", "2.50", "-3"])
def test_a_number_survives_any_reader_of_json(number: str) -> None:
    rule = TraitTest("a", Compare("=", Decimal(number)))
    assert json_rule(json.dumps(to_tree(rule))) == rule
    assert json_rule(json.dumps(json.loads(json.dumps(to_tree(rule)), parse_int=float))) == rule


def test_a_float_is_the_decimal_it_is_written_as() -> None:
    assert from_tree({"trait": "a", "op": "=", "value": 0.1}) == parse_rule("a = 0.1")
    assert from_tree({"trait": "a", "op": "=", "value": 1e3}) == parse_rule("a = 1000")
    assert json_rule('{"trait": "a", "op": "=", "value": 0.123456789012345678}') == parse_rule("a = 0.123456789012345678")


VALUE = {"op": "=", "value": 1}
REFUSED: list[tuple[Any, str, str]] = [  # tree, path, words
    (None, "$", "not null"),
    ([], "$", "not a list"),
    ("everyone", "$", "not text"),
    ({}, "$", "no key at all"),
    ({"andd": []}, "$", "Did you mean and?"),
    ({"and": []}, "$.and", "two or more"),
    ({"and": [{"everyone": True}]}, "$.and", "two or more"),
    ({"and": {"everyone": True}}, "$.and", "two or more"),
    ({"and": [{"everyone": True}, {"everyone": 1}]}, "$.and[1].everyone", "true is expected"),
    ({"everyone": True, "no_one": True}, "$", "do not go together"),
    ({"everyone": True, "since": "2011-01-01"}, "$", "not known here"),
    ({"did": "X", "wher": {}}, "$", "Did you mean where?"),
    ({"did": 5}, "$.did", "not a number"),
    ({"did": ""}, "$.did", "empty"),
    ({"did": "a\nb"}, "$.did", "line breaks"),
    ({"did": "X" * 256}, "$.did", "255"),
    ({"did_anything": False}, "$.did_anything", "true is expected"),
    ({"did": "X", "at_least": -1}, "$.at_least", "0 or more"),
    ({"did": "X", "at_least": True}, "$.at_least", "whole number"),
    ({"did": "X", "at_least": 1.0}, "$.at_least", "whole number"),
    ({"did": "X", "at_least": 10**5000}, "$.at_least", "at most"),
    ({"did": "X", "at_least": 1, "at_most": 2}, "$", "One number of times"),
    ({"did": "X", "since": "2011-01-01", "before": "2012-01-01"}, "$", "Use between"),
    ({"did": "X", "in_the_last": "90"}, "$.in_the_last", "90 days"),
    ({"did": "X", "in_the_last": "-1 days"}, "$.in_the_last", "90 days"),
    ({"did": "X", "in_the_last": "0 days"}, "$.in_the_last", "at least 1"),
    ({"did": "X", "since": 2011}, "$.since", "date or time"),
    ({"did": "X", "since": "2011-02-30"}, "$.since", "no day"),
    ({"did": "X", "between": ["2011-01-01"]}, "$.between", "Two times"),
    ({"did": "X", "between": ["2011-01-01", "soon"]}, "$.between[1]", "neither a date"),
    ({"did": "X", "where": {"trait": "a", **VALUE}}, "$.where", "property"),
    ({"did": "X", "where": {"and": [{"property": "a", **VALUE}, {"property": "b", "op": "=<", "value": 1}]}}, "$.where.and[1].op", "no op"),
    ({"did": "X", "where": {"element": "products"}}, "$.where", "needs a `where`"),
    ({"trait": "a"}, "$", "One test"),
    ({"trait": "a", "op": "="}, "$", "value is missing"),
    ({"trait": "a", "op": "=", "value": None}, "$.value", "is unknown"),
    ({"trait": "a", "op": "=", "value": float("nan")}, "$.value", "finite"),
    ({"trait": "a", "op": "=", "value": float("inf")}, "$.value", "finite"),
    ({"trait": "a", "op": "=", "value": 1e300}, "$.value", "18 digits"),
    ({"trait": "a", "op": "=", "value": 10**5000}, "$.value", "18 digits"),
    ({"trait": "a", "op": "=", "value": {"number": "1e5"}}, "$.value", "no number"),
    ({"trait": "a", "op": "=", "value": {"time": 5}}, "$.value", "not an object"),
    ({"trait": "a", "op": "=", "value": {"time": "2011-01-01", "zone": "UTC"}}, "$.value", "not an object"),
    ({"trait": "a", "op": "=", "value": ["x"]}, "$.value", "not a list"),
    ({"trait": "a", "op": "=", "value": "\0"}, "$.value", "NUL"),
    ({"trait": "a", "op": "contains", "value": 5}, "$.value", "needs text"),
    ({"trait": "a", "op": "in", "values": []}, "$.values", "one or more"),
    ({"trait": "a", "op": "in", "values": [1, None]}, "$.values[1]", "not null"),
    ({"trait": "a", "op": "in", "value": 1, "values": [1]}, "$.value", "Leave it out"),
    ({"trait": "a", "op": "is known", "value": 1}, "$.value", "Leave it out"),
    ({"trait": "a", "op": "=", "value": 1, "since": "2011-01-01"}, "$", "One test"),
    ({"trait": "a", "op": ["="], "value": 1}, "$.op", "no op"),
    ({"trait": "a", "since": "2011-01-01", "value": 1}, "$.value", "Leave it out"),
    ({"sum": "revenue", "op": ">", "value": 1}, "$", "of is missing"),
    ({"number_of": "X", "of": "Y", "op": ">", "value": 1}, "$", "not known here"),
    ({"sum": "revenue", "of": "X", "op": "contains", "value": "a"}, "$.op", "compared with one of"),
    ({"in_silo": "Gold"}, "$", "of is missing"),
    ({5: 6}, "$", "No condition"),
]


@pytest.mark.parametrize(("tree", "path", "words"), REFUSED, ids=lambda value: repr(value)[:60] if not isinstance(value, dict) else "tree")
def test_a_tree_that_says_nothing_is_refused_with_its_path(tree: Any, path: str, words: str) -> None:
    with pytest.raises(RuleError) as refusal:
        from_tree(tree)
    assert refusal.value.path == path
    assert words in str(refusal.value)
    assert refusal.value.what.startswith(f"{path}: ")


def test_a_tree_may_be_deep_but_not_endless() -> None:
    tree: Any = {"everyone": True}
    for number in range(199):
        tree = {"or" if number % 2 else "and": [{"no_one": True}, tree]}
    assert to_tree(from_tree(tree)) == tree
    assert json_rule(json.dumps(tree)) == from_tree(tree)
    with pytest.raises(RuleError, match="200 levels deep"):
        from_tree({"and": [{"no_one": True}, tree]})
    for _ in range(3_000):
        tree = {"and": [{"no_one": True}, tree]}
    with pytest.raises(RuleError, match="200 levels deep"):
        from_tree(tree)


def test_a_tree_may_be_wide_but_not_endless() -> None:
    with pytest.raises(RuleError, match="5,000 conditions"):
        from_tree({"or": [{"everyone": True}] * 5_000})
    with pytest.raises(RuleError, match="100,000 characters"):
        from_tree({"trait": "a", "op": "=", "value": "x" * 100_001})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('{"everyone": true', "no JSON"),
        ('{"everyone": true, "everyone": true}', "stands twice"),
        ('{"trait": "a", "op": "=", "value": NaN}', "finite"),
        ('{"trait": "a", "op": "=", "value": -Infinity}', "finite"),
        ('{"trait": "a", "op": "=", "value": ' + "9" * 5_000 + "}", "too long"),
        ('{"and": [' * 100_000, "200 levels deep"),
        ('{"a":' + "[" * 100_000, "200 levels deep"),
        ("{" + " " * 1_000_001, "100,000 characters"),
        ("@/nowhere/at/all", "cannot be read"),
        ("@\0", "holds no text"),
    ],
)
def test_what_a_command_is_given_is_read_or_refused(said: str, words: str) -> None:
    with pytest.raises(RuleError) as refusal:
        read_rule(said)
    assert words in str(refusal.value)


def test_a_rule_may_come_from_a_file(tmp_path: Path) -> None:
    text, tree, other = tmp_path / "rule.txt", tmp_path / "rule.json", tmp_path / "latin.txt"
    text.write_text("\ufeffeveryone\n", encoding="utf-8")
    tree.write_text('  {"everyone": true}\n', encoding="utf-8")
    other.write_bytes(b"\xe9veryone")
    assert read_rule(f"@{text}") == read_rule(f"@{tree}") == Everyone()
    with pytest.raises(RuleError, match="UTF-8"):
        read_rule(f"@{other}")
