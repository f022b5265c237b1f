"""While a person types: what may come next, and the colours of what stands there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from rapport.segments.editor import Suggestion, complete, spans
from rapport.segments.nodes import Rule
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.tests.rule_strategies import SMALL, SMALL_VOCABULARY, RuleShapes
from rapport.segments.text import rule_text
from rapport.segments.vocabulary import Vocabulary

SPEND = parse_definition('spend := sum(revenue) of "Order Completed"')
VOCABULARY = Vocabulary(
    SMALL,
    segments={"Big": parse_rule("everyone"), "Contacted this week": parse_rule("no one")},
    measures={SPEND.name: SPEND.amount},
    silos={("Stages", "Lapsed"): parse_rule("everyone"), ("Value", "Top"): parse_rule("no one")},
    branches={"Porto": (41.1496, -8.611)},
    lists={"VIPs": BitMap},
)


def offered(text: str) -> list[Suggestion]:
    """`|` is the cursor."""
    return complete(text.replace("|", ""), text.index("|"), VOCABULARY)


def texts(text: str) -> list[str]:
    return [suggestion.text for suggestion in offered(text)]


def taken(text: str) -> list[str]:
    """The text after each suggestion is taken."""
    plain = text.replace("|", "")
    return [plain[: one.start] + one.text + plain[one.end :] for one in offered(text)]


def test_at_the_beginning_conditions_are_offered() -> None:
    found = texts("|")
    assert {"did", "everyone", "no one", "in segment", "may receive", "sum", "country", "spend", "("} <= set(found)
    assert not {"AND", "where", "revenue", "at least"} & set(found)


def test_kinds_of_events_come_with_how_many_facts_there_are_most_first() -> None:
    found = offered("did |")
    assert (found[0].text, found[0].kind, found[0].detail) == ('"Order Completed"', "event", "397,884 facts")
    assert "anything" in texts("did |")
    assert texts('did "feed|') == ['"Feedback Given"']
    assert taken('did "feed|" at least 2 times') == ['did "Feedback Given" at least 2 times']
    assert taken("did ord|") == ['did "Order Completed"']


def test_silos_come_with_their_scheme() -> None:
    assert texts("in silo |") == ['"Lapsed" of "Stages"', '"Top" of "Value"']
    assert taken('in silo "La|') == ['in silo "Lapsed" of "Stages"']
    assert texts('in silo "Top" of |') == ['"Value"']


def test_after_an_event_its_clauses_are_offered() -> None:
    assert {"where", "at least", "in the last", "since", "AND", "BUT NOT"} <= set(texts('did "Order Completed" |'))
    assert texts('did "Order Completed" wh|') == ["where"]


def test_properties_are_those_of_the_event_in_scope() -> None:
    assert texts('did "Feedback Given" where |')[:2] == ["comment", "score"]
    assert texts('country = "USA" AND did "Order Completed" where (gift = true AND rev|') == ["revenue"]
    assert texts('did "Order Completed" where products(|')[:4] == ["category", "price", "quantity", "sku"]
    assert "products.sku" in texts('did "Order Completed" where (products(sku = "1") AND |')
    assert "score" in texts("did anything where |")
    assert "subject" not in texts("did anything where |")


def test_the_properties_of_an_amount_are_those_of_the_event_behind_it() -> None:
    assert texts('sum(s|) of "Feedback Given" > 5') == ["score"]
    assert "revenue" in texts("sum(|")


def test_segments_channels_and_purposes_are_offered() -> None:
    assert texts("in segment |") == ['"Big"', '"Contacted this week"']
    assert taken('everyone BUT NOT in segment "con|"') == ['everyone BUT NOT in segment "Contacted this week"']
    assert texts("may receive |") == ["email", "sms", "post", "phone", "push"]
    assert texts("may receive email for |") == ["marketing"]


def test_sequences_branches_lists_and_what_was_before_are_offered() -> None:
    assert {"then", "then no"} <= set(texts('did "Order Completed" |'))
    assert texts('did "Order Completed" then "feed|') == ['"Feedback Given"']
    assert "score" in texts('did "Order Completed" then "Feedback Given" where |')
    assert "within" in texts('did "Order Completed" then "Feedback Given" |')
    assert texts("within 5 km of branch |") == ['"Porto"']
    assert texts("within 5 |") == ["km", "mi"]
    assert texts("in list |") == ['"VIPs"']
    assert {"half of", "twice", "the"} <= set(texts('number of "Feedback Given" in the last 9 days < |'))
    assert texts("bucket 5 of |") == []
    assert {"bucket", "within", "in list"} <= set(texts("|"))


def test_tests_and_durations_are_offered() -> None:
    assert {"=", "<=", "contains", "is known", "in the last", "anniversary in the next"} <= set(texts("country |"))
    assert texts('did "Order Completed" in the last 90 d|') == ["days"]
    assert texts('did "Order Completed" in the last 1 d|') == ["day"]
    assert texts('did "Order Completed" at least 2 |') == ["times"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("born in the la|", "born in the last"),
        ("born anniversary in t|", "born anniversary in the next"),
        ("everyone but n|", "everyone BUT NOT"),
        ("days since la|", "days since last"),
        ("everyone AND in seg|", "everyone AND in segment"),
        ('did "Order Completed" at |', 'did "Order Completed" at least'),
    ],
)
def test_a_phrase_is_finished_from_its_first_words(text: str, whole: str) -> None:
    assert taken(text)[0] == whole


def test_a_word_is_replaced_whole() -> None:
    assert taken('coun|ty = "USA"') == ['country = "USA"']


def test_a_name_that_is_a_word_of_the_language_comes_in_backticks() -> None:
    assert "`where`" in texts("whe|")


def test_nothing_is_offered_where_the_beginning_cannot_be_read() -> None:
    assert texts("everyone everyone |") == []
    assert texts('country = "US|') == []


COLOURED = [
    ('did "X" where score <= 2', ["keyword did", 'name "X"', "keyword where", "name score", "constant 2"]),
    ("everyone but not a = 1", ["keyword everyone", "operator but not", "name a", "constant 1"]),
    ('a in ("x", true, 2011-06-01)', ["name a", "keyword in", 'constant "x"', "constant true", "constant 2011-06-01"]),
    ("days in the last 90 days", ["name days", "keyword in the last", "constant 90", "constant days"]),
    ("a between 2011-01-01 and 2012-01-01", ["name a", "keyword between", "constant 2011-01-01", "keyword and", "constant 2012-01-01"]),
    ('sum(a) of "X" > 5', ["keyword sum", "name a", "keyword of", 'name "X"', "constant 5"]),
    ('in segment "Big" OR may receive `a b`', ["keyword in segment", 'name "Big"', "operator OR", "keyword may receive", "name `a b`"]),
    (
        'did "A" then no "B" within 2 days',
        ["keyword did", 'name "A"', "keyword then no", 'name "B"', "keyword within", "constant 2", "constant days"],
    ),
    (
        'within 5 km of branch "P" OR bucket 0-99',
        ["keyword within", "constant 5", "constant km", "keyword of branch", 'name "P"', "operator OR", "keyword bucket", "constant 0-99"],
    ),
    # what no longer reads
    ('did "X" wher a = 1', ["keyword did", 'name "X"', "name wher", "name a", "constant 1"]),
    ('everyone AND did "Y', ["keyword everyone", "operator AND", "keyword did", 'name "Y']),
    ("a = = 90 days and days", ["name a", "constant 90", "constant days", "operator and", "name days"]),
    ("§ summary", ["name summary"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), COLOURED)
def test_colours(text: str, expected: list[str]) -> None:
    assert [f"{kind} {text[start:end]}" for start, end, kind in spans(text)] == expected


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=50), st.integers(0, 50))
def test_no_text_is_too_strange_to_edit(text: str, cursor: int) -> None:
    ends = [0, *(place for start, end, _ in spans(text) for place in (start, end))]
    assert ends == sorted(ends)
    assert ends[-1] <= len(text)
    assert all(0 <= one.start <= one.end <= len(text) for one in complete(text, min(cursor, len(text)), VOCABULARY))


@settings(max_examples=30, deadline=None)
@given(RuleShapes(SMALL_VOCABULARY).rules(), st.data())
def test_what_is_written_next_is_among_what_is_offered(rule: Rule, data: st.DataObject) -> None:
    """At the beginning of each word of the language, that word is offered."""
    text = rule_text(rule)
    words = [(start, end) for start, end, kind in spans(text) if kind in ("keyword", "operator")]
    for start, end in data.draw(st.permutations(words))[:3]:
        assert text[start:end] in [one.text for one in complete(text, start, SMALL_VOCABULARY)]
