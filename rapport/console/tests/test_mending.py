"""What the page says of a rule that cannot be read, and the mend it offers."""

import pytest

from rapport.console.pages.mending import Stumble, offset_of, stumble
from rapport.lib.refusals import Refusal
from rapport.segments.errors import RuleError
from rapport.segments.queries import check, parse_rule, vocabulary


def stumbled(text: str) -> Stumble:
    with pytest.raises(RuleError) as refusal:
        check(parse_rule(text), vocabulary())
    return stumble(text, refusal.value)


@pytest.mark.django_db
def test_the_nearest_name_is_put_in_the_place_of_the_wrong_one() -> None:
    text = 'did "Order Completed"\nAND did "Order Complete" at least 2 times'
    seen = stumbled(text)
    assert seen.line == 2
    assert seen.nearest == '"Order Completed"'
    assert seen.mended == 'did "Order Completed"\nAND did "Order Completed" at least 2 times'
    assert text[seen.start : seen.end] == '"Order Complete"'


@pytest.mark.django_db
def test_a_mistyped_property_is_mended_where_it_stands() -> None:
    seen = stumbled('did "Feedback Given" where scor <= 2')
    assert seen.mended == 'did "Feedback Given" where score <= 2'


@pytest.mark.django_db
def test_a_mistyped_word_of_the_grammar_is_mended() -> None:
    seen = stumbled('did "Order Completed" in the lst 90 days')
    assert seen.start is not None
    assert not seen.unfinished


@pytest.mark.django_db
@pytest.mark.parametrize("text", ['did "Order Completed" AND', "did", 'did "Order Co', 'did "Order Completed" at least'])
def test_a_text_that_merely_ends_too_early_is_unfinished(text: str) -> None:
    assert stumbled(text).unfinished


@pytest.mark.django_db
def test_places_count_as_the_browser_counts() -> None:
    text = 'country = "\U0001f600" AND did "Order Complete"'
    seen = stumbled(text)
    units = text.encode("utf-16-le")
    assert seen.start is not None
    assert seen.end is not None
    assert units[seen.start * 2 : seen.end * 2].decode("utf-16-le") == '"Order Complete"'


def test_other_refusals_have_no_place() -> None:
    assert stumble("x", Refusal("No.", mend="Yes.")) == Stumble("No.", "Yes.", 0, 0, False)


def test_a_place_beyond_the_text_is_its_end() -> None:
    assert offset_of("ab\ncd", 2, 2) == 4
    assert offset_of("ab", 9, 9) == 2
