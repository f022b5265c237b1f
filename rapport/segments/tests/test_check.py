"""A rule that cannot be true of data is refused, with the place and the nearest known name."""

import pytest
from pyroaring import BitMap
from pytest_django import Settings

from rapport.segments.check import Uses, check, check_definition, used_by
from rapport.segments.errors import RuleError
from rapport.segments.nodes import Between, Definition, Did, Duration, InTheLast, Rule, Time, TraitTest
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.tests.rule_strategies import SMALL, SMALL_VOCABULARY
from rapport.segments.text import rule_text
from rapport.segments.tree import from_tree
from rapport.segments.vocabulary import Vocabulary

MEASURES = [
    'spend := sum(revenue) of "Order Completed" in the last 12 months',
    'orders := number of "Order Completed"',
    'last_shipped := largest(shipped_at) of "Order Completed"',
    'away := days since last "Order Completed"',
]


def named(text: str) -> Definition:
    return parse_definition(text)


VOCABULARY = Vocabulary(
    catalogue=SMALL,
    segments={
        "Big": parse_rule('country = "USA"'),
        "Near": parse_rule('in segment "Big" OR in segment "Far"'),
        "Far": parse_rule('everyone BUT NOT in segment "Home"'),
        "Home": parse_rule("vip = true"),
    },
    measures={definition.name: definition.amount for definition in map(named, MEASURES)},
    branches={"Porto": (41.1496, -8.611)},
    lists={"VIPs": BitMap},
)


def checked(text: str, saving_as: str | None = None) -> Rule:
    return check(parse_rule(text), VOCABULARY, saving_as=saving_as)


FITTING = [  # as said, as it is meant
    ('did "Order Completed" where revenue > 100 at least 3 times', None),
    ('did "Order Completed" where products(category = "Shirts" AND quantity >= 2)', None),
    ('did "Order Completed" where products.sku in ("1", "2")', None),
    ('did "Order Completed" where tags contains "gift"', None),
    ('did "Order Completed" where products is known', None),
    ('did "Order Completed" where shipped_at in the last 3 hours', None),
    ('did "Order Completed" where due in the next 3 days', None),
    ('did "Order Completed" where due < 2011-06-01T10:00', None),
    ("did anything where score <= 2", None),
    ('did "Email Sent" at most 0 times', None),
    ('did "Identify" where country = "USA"', None),
    ('firstName = "Bob"', 'first_name = "Bob"'),
    ("createdAt since 2011-01-01", "created_at since 2011-01-01"),
    ('born = "1980-02-29"', "born = 1980-02-29"),
    ('created_at in ("2011-06-01T10:00Z", 2011-06-02)', "created_at in (2011-06-01T10:00Z, 2011-06-02)"),
    ('country = "2011-06-01"', None),
    ("born anniversary in the next 7 days AND created_at anniversary in the next 1 month", None),
    ("created_at in the next 3 hours", None),
    ('interests not in ("tea")', None),
    ("spend > 500.5 AND orders >= 3 AND away is unknown", None),
    ("orders in (1, 2) AND last_shipped < 2011-06-01", None),
    ('sum(products.price) of "Order Completed" > 1.5', None),
    ('largest(due) of "Order Completed" > "2011-06-01"', 'largest(due) of "Order Completed" > 2011-06-01'),
    ('number of different(products.sku) of "Order Completed" >= 3', None),
    ('average(score) of "Feedback Given" where comment is known < 2.5', None),
    ("may receive Email for news", "may receive email for news"),
    ('in segment "Near"', None),
    ('did "Order Completed" where revenue > 5 then "Feedback Given" where score <= 2 within 7 days in the last 90 days', None),
    ('did "Order Completed" then "Order Completed" then no "Feedback Given" within 48 hours', None),
    ('sum(revenue) of "Order Completed" in the last 90 days < half of the 90 days before', None),
    (
        'largest(products.quantity) of "Order Completed" in the last 1 month >= 1.50 times the 2 months before',
        'largest(products.quantity) of "Order Completed" in the last 1 month >= 1.5 times the 2 months before',
    ),
    ("bucket 0-9999 AND bucket 17", None),
    ('within 5.0 km of branch "Porto" AND in list "VIPs"', 'within 5 km of branch "Porto" AND in list "VIPs"'),
]


@pytest.mark.parametrize(("said", "meant"), FITTING)
def test_a_rule_that_can_be_true_is_taken(said: str, meant: str | None) -> None:
    assert rule_text(checked(said)) == (meant or said)


REFUSED: list[tuple[str, int, str, str]] = [  # text, column, trouble, mend
    ('did "Order Completed" then "Feedback Givn"', 23, 'No kind of event is called "Feedback Givn".', 'Did you mean "Feedback Given"?'),
    ('did "Order Completed" then "Feedback Given" where scor = 1', 51, "has no property scor.", "Did you mean score?"),
    ('did "Order Completed" then "Feedback Given" within 1 month', 1, "A month has no exact length.", "Write within 30 days."),
    ('did "Order Completed" then no "Feedback Given"', 1, "needs the time in which it is missed.", "within 2 days."),
    ('did "Order Completed" then no "Email Sent" within 1 day then "Email Sent"', 1, "can only stand last.", "Nothing can follow"),
    ('did "Email Sent"' + ' then "Email Sent"' * 5, 1, "A sequence has 2 to 5 steps, not 6.", "condition of its own"),
    ('sum(revenue) of "Order Completed" < the 9 days before', 1, "needs a window to be before.", "such as in the last 90 days."),
    ('sum(revenue) of "Order Completed" since 2020-01-01 < the 9 days before', 1, "needs a window", "in the last 90 days."),
    ('days since last "Order Completed" in the last 9 days < the 9 days before', 1, "days since last is a whole number of days.", "a sum"),
    ('largest(due) of "Order Completed" in the last 9 days < the 9 days before', 1, "largest is a date.", "a sum"),
    ('number of "Email Sent" in the last 9 days < 0 times the 9 days before', 1, "A number of times lies above 0", "half of"),
    ('number of "Email Sent" in the last 9 days < 1.0000001 times the 9 days before', 1, "at most 6 decimals", "half of"),
    ("bucket 0-10000", 1, "numbers from 0 to 9999", "Write bucket 0-9999."),
    ("bucket 9-3", 1, "the lower first", "Write bucket 3-9."),
    ('within 0 km of branch "Porto"', 1, "A distance lies above 0", "Write within 5 km."),
    ('within 5 km of branch "Prto"', 1, 'No branch is called "Prto".', 'Did you mean "Porto"?'),
    ('in list "VIP"', 1, 'No list is called "VIP".', 'Did you mean "VIPs"?'),
    ('did "Order Complete"', 1, 'No kind of event is called "Order Complete".', 'Did you mean "Order Completed"?'),
    ('everyone BUT NOT did "order completed"', 18, "No kind of event", 'Did you mean "Order Completed"?'),
    ('sum(revenue) of "Orders" > 5', 1, 'No kind of event is called "Orders".', "Known kinds of events:"),
    ('did "Order Completed" where revenu > 5', 29, '"Order Completed" has no property revenu.', "Did you mean revenue?"),
    ('did "Order Completed" where sku = "1"', 29, "no property sku", "Did you mean products.sku?"),
    ('did "Order Completed" where products(sku = "1" AND products.category = "x")', 52, "no property products.cat", "relative: category"),
    ('did "Order Completed" where products(colour = "1")', 38, "products( … ) has no property colour", "Known properties: sku"),
    ('did "Order Completed" where products(products(sku = "1"))', 38, "no further lists", "own properties"),
    ('did "Order Completed" where revenue(sku = "1")', 29, "revenue is no list of things.", "Lists here: products."),
    ('did "Order Completed" where products = "x"', 29, "is a list of things", "Ask is known"),
    ('did anything where scor = "x"', 20, "Nothing a person does has a property scor.", "Did you mean score?"),
    ('did anything where subject = "x"', 20, "property subject", "Known properties"),
    ('did anything where score = "x"', 20, "score is a number, not text.", "Write a number"),
    ('contry = "USA"', 1, "No trait is called contry.", "Did you mean country?"),
    ('spent > 5', 1, "No trait is called spent.", "Did you mean spend?"),
    ('country < "USA"', 1, "`<` asks of numbers", "starts with"),
    ("country = 5", 1, "country is text, not a number.", 'Write it in double quotes: "5".'),
    ("country = true", 1, "country is text, not true or false.", '"true"'),
    ("country = 2011-06-01", 1, "not a date or time", '"2011-06-01"'),
    ("country in the last 3 days", 1, "A window asks of a date or a time", "contains"),
    ("age contains \"5\"", 1, "`contains` asks of text", "Numbers are asked"),
    ('age = "5"', 1, "age is a number, not text.", "Write 5 without quotes."),
    ('age in (5, "x")', 1, "age is a number, not text.", "Write a number"),
    ("age = 2011-06-01", 1, "age is a number, not a date or time.", "Write a number"),
    ("age since 2011-06-01", 1, "A window asks of a date or a time", "Numbers"),
    ("vip < true", 1, "vip is true or false", "Write = true"),
    ('vip = "true"', 1, "vip is true or false, not text.", "without quotes"),
    ("vip = 1", 1, "not a number", "Write true or false"),
    ("born = 5", 1, "born is a date, not a number.", "Write a date as 2011-06-01."),
    ('born = "soon"', 1, "neither a date nor a time", "Write a date as 2011-06-01"),
    ('born = "2011-02-30"', 1, "no day 2011-02-30", "day of the calendar"),
    ("born in the last 5 minutes", 1, "calendar days", "Write days"),
    ("born in the next 5 hours", 1, "calendar days", "Write days"),
    ("created_at anniversary in the next 5 hours", 1, "calendar days", "Write days"),
    ("born between 2012-01-01 and 2011-01-01", 1, "ends before it begins", "Write between 2011-01-01 and 2012-01-01."),
    ("born between 2012-01-01T10:00 and 2012-01-01T11:00", 1, "nothing lies within", "day after"),
    ('did "Order Completed" between 2012-01-01 and 2012-01-01', 1, "nothing lies within", "day after"),
    ('days since last "Order Completed" > 1.5', 1, "A whole number of days is meant, not 1.5.", "Write > 1."),
    ('vip = true AND\n days since last "Order Completed" >= 1.5', 2, "A whole number of days is meant", "Write >= 2."),
    ('number of "Order Completed" < 2.5', 1, "A whole number is meant, not 2.5.", "Write < 3."),
    ("orders = 1.5", 1, "A whole number is meant", "Write = 2."),
    ("orders in (1, 1.5)", 1, "A whole number is meant", "whole number"),
    ("spend in the last 3 days", 1, "measures have no windows", "definition"),
    ('spend = "5"', 1, "spend is an amount of money, not text.", "Write 5 without quotes."),
    ('spend contains "5"', 1, "asks of text", "Numbers"),
    ("last_shipped = 5", 1, "last_shipped is a time", "Write a date"),
    ('sum(order_id) of "Order Completed" > 5', 1, "taken of order_id, which is text", "Possible here: revenue, products.quantity"),
    ('sum(comment) of "Email Sent" > 5', 1, "no property comment", "Known properties: subject."),
    ('sum(subject) of "Email Sent" > 5', 1, "which is text", "has no such property"),
    ('largest(gift) of "Order Completed" = true', 1, "which is boolean", "Possible here"),
    ('number of different(products) of "Order Completed" > 1', 1, "which is list", "Possible here"),
    ('sum(revenue) of "Order Completed" > "5"', 1, "sum(revenue) is an amount of money, not text.", "without quotes"),
    ('number of "Order Completed" > 2011-01-01', 1, "the amount is a whole number", "Write a number"),
    ('in segment "Bigg"', 1, 'No segment is called "Bigg".', 'Did you mean "Big"?'),
    ('in silo "Gold" of "Loyalty"', 1, 'No scheme of silos is called "Loyalty".', "no schemes yet"),
    ("may receive emial", 1, "No channel is called emial.", "Did you mean email?"),
    ("may receive pigeon", 1, "No channel is called pigeon.", "Known channels: email, sms, post, phone, push."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "trouble", "mend"), REFUSED)
def test_a_rule_that_cannot_be_true_is_refused(text: str, column: int, trouble: str, mend: str) -> None:
    with pytest.raises(RuleError) as refusal:
        checked(text)
    assert (refusal.value.line, refusal.value.column) == (text.count("\n") + 1, column)
    assert trouble in refusal.value.what
    assert mend in refusal.value.mend


def test_a_rule_from_a_tree_is_refused_with_its_path() -> None:
    tree = {
        "and": [
            {"everyone": True},
            {"did": "Order Completed", "where": {"element": "products", "where": {"property": "skuu", "op": "is known"}}},
        ]
    }
    with pytest.raises(RuleError) as refusal:
        check(from_tree(tree), VOCABULARY)
    assert refusal.value.path == "$.and[1].where.where"
    assert refusal.value.mend == "Did you mean sku?"


def test_a_segment_may_not_include_itself() -> None:
    with pytest.raises(RuleError, match='"New" would include itself') as refusal:
        checked('everyone BUT NOT in segment "New"', saving_as="New")
    assert refusal.value.column == 18


def test_a_segment_may_not_include_itself_by_way_of_others() -> None:
    with pytest.raises(RuleError, match='"Home" would include itself: "Home" → "Near" → "Far" → "Home"'):
        checked('in segment "Near"', saving_as="Home")
    assert checked('in segment "Near"', saving_as="Big two")


def test_a_segment_may_be_saved_again_under_its_own_name() -> None:
    assert checked('in segment "Home"', saving_as="Near") == parse_rule('in segment "Home"')


def test_segments_that_already_go_in_a_circle_are_refused() -> None:
    circle = Vocabulary(
        SMALL, segments={"A": parse_rule('in segment "B"'), "B": parse_rule('in segment "C"'), "C": parse_rule('in segment "B"')}
    )
    with pytest.raises(RuleError, match='"B" would include itself: "B" → "C" → "B"'):
        check(parse_rule('in segment "A"'), circle)


def test_a_segment_reached_twice_is_no_circle() -> None:
    twice = Vocabulary(
        SMALL,
        segments={
            "A": parse_rule('in segment "B" OR in segment "C"'),
            "B": parse_rule('in segment "C"'),
            "C": parse_rule("everyone"),
        },
    )
    assert check(parse_rule('in segment "A"'), twice)


SCHEMES = Vocabulary(
    SMALL,
    segments={"A": parse_rule('in silo "Lapsed" of "Stages"')},
    silos={
        ("Stages", "Lapsed"): parse_rule("everyone"),
        ("Stages", "Rest"): parse_rule("no one"),
        ("Value", "Top"): parse_rule('in segment "A"'),
    },
)


@pytest.mark.parametrize(
    ("text", "saving_in", "words"),
    [
        ('in silo "Lapsed" of "Stage"', None, 'No scheme of silos is called "Stage". Did you mean "Stages"'),
        ('in silo "Laps" of "Stages"', None, 'No silo of "Stages" is called "Laps". Did you mean "Lapsed"'),
        ('in silo "Lapsed" of "Stages"', "Stages", 'The scheme "Stages" would include itself'),
        ('in silo "Top" of "Value"', "Stages", '"Stages" → "Value" → "A" → "Stages"'),
        ('in segment "A"', "Stages", '"Stages" → "A" → "Stages"'),
    ],
)
def test_a_silo_must_be_there_and_never_lean_on_itself(text: str, saving_in: str | None, words: str) -> None:
    with pytest.raises(RuleError, match="Line 1, column 1") as refusal:
        check(parse_rule(text), SCHEMES, saving_in=saving_in)
    assert words in str(refusal.value)


def test_a_silo_may_be_named_where_there_is_no_circle() -> None:
    assert check(parse_rule('in silo "Top" of "Value"'), SCHEMES, saving_in="Third")
    assert used_by(parse_rule('in silo "Top" of "Value"')).silos == {("Value", "Top")}


def test_the_companys_zone_decides_what_a_day_is(settings: Settings) -> None:
    text = "born between 2011-06-01T22:30Z and 2011-06-01T23:30Z"
    settings.COMPANY_TIME_ZONE = "Europe/London"
    assert checked(text)
    settings.COMPANY_TIME_ZONE = "UTC"
    with pytest.raises(RuleError, match="nothing lies within"):
        checked(text)


def test_a_rule_put_together_by_a_program_is_checked_as_well() -> None:
    with pytest.raises(RuleError, match="no day"):
        check(Did("Order Completed", window=Between(Time("2011-02-30"), Time("2011-03-30"))), VOCABULARY)
    with pytest.raises(RuleError, match="at least 1"):
        check(TraitTest("created_at", InTheLast(Duration(0, "day"))), VOCABULARY)


def test_a_definition_is_checked() -> None:
    definition = named('spend_2 := sum(revenue) of "Order Completed" where products(sku = "1")')
    assert check_definition(definition, VOCABULARY) == definition
    for text, words in [
        ('country := number of "Order Completed"', "is a trait already"),
        ('firstName := number of "Order Completed"', "is a trait already"),
        ('x := sum(order_id) of "Order Completed"', "which is text"),
        ('x := number of "Order"', "No kind of event"),
        ('x := number of "Order Completed" where skuu = 1', "no property skuu"),
        ('x := number of "Order Completed" between 2012-01-01 and 2011-01-01', "ends before"),
    ]:
        with pytest.raises(RuleError, match=words) as refusal:
            check_definition(named(text), VOCABULARY)
        assert refusal.value.line == 1


def test_what_a_rule_depends_on() -> None:
    rule = parse_rule(
        'did "Order Completed" where (revenue > 1 AND products(sku = "1" OR price > 2)) AND sum(products.price) of "Order Completed" > 1 '
        'AND did anything where score = 1 AND country = "USA" AND spend > 5 BUT NOT in segment "Big"'
    )
    assert used_by(rule) == Uses(
        events=frozenset({"Order Completed"}),
        properties=frozenset(
            {("Order Completed", path) for path in ("revenue", "products", "products.sku", "products.price")} | {(None, "score")},
        ),
        traits=frozenset({"country", "spend"}),
        segments=frozenset({"Big"}),
        silos=frozenset(),
    )
    assert check(parse_rule("everyone"), SMALL_VOCABULARY) == parse_rule("everyone")
