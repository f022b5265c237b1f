"""Numbers of the business in silo rules: put in before the rule is read, refused with a place in the text as written."""

import pytest

from rapport.segments.errors import RuleError
from rapport.segments.silos.parameters import names_in, parse_with
from rapport.segments.text import rule_text

NUMBERS = {"lapsed_after": "180", "big": "1000.5", "n": "1000000"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('did "A" in the last $lapsed_after days', 'did "A" in the last 180 days'),
        ('did "A" at least $n times', 'did "A" at least 1000000 times'),
        ('sum(x) of "A" > $big', 'sum(x) of "A" > 1000.5'),
        ('city = "$lapsed_after" OR `$big` = $big', 'city = "$lapsed_after" OR `$big` = 1000.5'),
    ],
)
def test_a_parameter_stands_for_its_number_outside_quotes(text: str, meant: str) -> None:
    assert rule_text(parse_with(text, NUMBERS)) == meant


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("x > $lapsd_after", 1, 5, "Did you mean $lapsed_after?"),
        ('did "A"\nAND x > $nothing_like_it', 2, 9, "Known: $lapsed_after, $big, $n."),
        ("x > $", 1, 5, "called $"),
        ("x > $n AND y > > 3", 1, 16, "cannot stand here"),
        ('did "A" in the last $lapsed_after dys AND x', 1, 35, "cannot stand here"),
        ("x > $n AND\ny ?? 3", 2, 3, "cannot stand here"),
        ('did "A" in the last $big days', 1, 21, "whole number"),
    ],
)
def test_a_refusal_names_the_place_in_the_text_as_written(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(RuleError) as refusal:
        parse_with(text, NUMBERS)
    assert (refusal.value.line, refusal.value.column) == (line, column), str(refusal.value)
    assert words in str(refusal.value)


def test_the_names_of_a_text() -> None:
    assert names_in('x > $b AND y > $a AND z = "$c" AND w > $b') == ["b", "a"]
