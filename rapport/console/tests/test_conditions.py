"""The condition's form: what it can say it says without loss, what it cannot stays words."""

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings

from rapport.console.pages.conditions import Said, condition_of, form_of, said_of, shown, text_of
from rapport.lib.refusals import Refusal
from rapport.segments.nodes import And, ButNot, Or, preorder
from rapport.segments.queries import parse_rule
from rapport.segments.tests.rule_strategies import SMALL, SMALL_VOCABULARY, RuleShapes
from rapport.segments.text import rule_text
from rapport.segments.vocabulary import Vocabulary

WORDS = Vocabulary(SMALL)
FORMS = {
    'did "Order Completed"': "did",
    'did "Order Completed" where revenue > 100 at least 2 times in the last 90 days': "did",
    'did "Order Completed" where (products.sku = "x" OR products.sku in ("y", "z")) since 2026-01-01': "did",
    'did "Order Completed" exactly 0 times between 2026-01-01 and 2026-02-01T10:00': "did",
    "did anything in the last 60 days": "anything",
    'sum(revenue) of "Order Completed" in the last 12 months > 500': "amount",
    'days since last "Order Completed" > 60': "amount",
    'country = "USA"': "trait",
    'country in ("USA", "Canada")': "trait",
    "country is unknown": "trait",
    'in segment "Big"': "segment",
    "may receive sms for service": "may",
    "everyone": "everyone",
    'did "Order Completed" where products(category = "Shirts" AND quantity >= 2)': "words",
    'did "Order Completed" where (revenue > 1 AND (revenue < 2 OR revenue > 3))': "words",
    "no one": "words",
    'in silo "Gold" of "Value"': "words",
    'country = "a\\nb"': "words",
    'country in ("a\\nb", "c")': "words",
    "country = 5": "words",
}


@pytest.mark.parametrize(("text", "kind"), FORMS.items())
def test_a_condition_is_shown_as_choices_or_as_words_and_means_the_same(text: str, kind: str) -> None:
    rule = parse_rule(text)
    said = form_of(rule, WORDS)
    assert said.kind == kind
    assert condition_of(said, WORDS) == rule
    assert shown(said, WORDS)["said"] == said


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(RuleShapes(SMALL_VOCABULARY).rules())
def test_any_condition_of_the_language_survives_the_form(rule: object) -> None:
    for node in preorder(rule):  # type: ignore[arg-type]
        if not isinstance(node, And | Or | ButNot):
            assert condition_of(form_of(node, SMALL_VOCABULARY), SMALL_VOCABULARY) == parse_rule(rule_text(node))


def test_fields_as_a_browser_sends_them_become_a_condition() -> None:
    post = QueryDict(mutable=True)
    post.update({"c-kind": "did", "c-event": "Order Completed", "c-bound": "at least", "c-times": "2", "c-joint": "or"})
    post.update({"w-op": "in the last", "w-value": "90", "w-more": "days"})
    post.setlist("t-path", ["products.sku", "revenue", ""])
    post.setlist("t-op", ["in", ">", "="])
    post.setlist("t-value", ["22423\r\n85123A", "10", ""])
    post.setlist("t-more", ["", "", ""])
    assert text_of(said_of(post), WORDS) == (
        'did "Order Completed" where (products.sku in ("22423", "85123A") OR revenue > 10) at least 2 times in the last 90 days'
    )


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (Said(), "Choose a kind of event"),
        (Said(kind="did", event="Order Completed", bound="at least", times="many"), "no whole number"),
        (Said(kind="amount", event="Order Completed", property="revenue", value="1,5"), "no number"),
        (Said(kind="segment"), "Choose a segment"),
        (Said(kind="words", words=" "), "in words"),
        (Said(kind="trait"), "Choose a trait"),
    ],
)
def test_what_is_missing_is_named(said: Said, word: str) -> None:
    with pytest.raises(Refusal, match=word):
        condition_of(said, WORDS)
