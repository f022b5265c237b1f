"""Text reads as the design says, and whatever cannot be read is refused with its place and a mend."""

import logging
from decimal import Decimal

import pytest
from lark import Lark, logger

from rapport.segments.errors import RuleError
from rapport.segments.grammar import GRAMMAR
from rapport.segments.limits import LEVELS_MAX, NODES_MAX, TEXT_LENGTH_MAX
from rapport.segments.nodes import (
    Amount,
    And,
    AnniversaryInTheNext,
    Before,
    Between,
    Bucket,
    ButNot,
    Compare,
    Definition,
    Did,
    Duration,
    Element,
    Everyone,
    FilterAnd,
    InList,
    InSegment,
    InSilo,
    InTheLast,
    Known,
    MayReceive,
    Measure,
    Near,
    NoOne,
    OneOf,
    Or,
    Place,
    PropertyTest,
    Relative,
    Rule,
    Sequence,
    Since,
    Step,
    Time,
    Times,
    TraitTest,
)
from rapport.segments.parse import parse_definition, parse_rule

ORDER = "Order Completed"


def bought(sku: str) -> Did:
    return Did(ORDER, PropertyTest("products.sku", Compare("=", sku)))


def trait(name: str, value: str | bool | int) -> TraitTest:
    return TraitTest(name, Compare("=", value if isinstance(value, str | bool) else Decimal(value)))


SHIPPED = PropertyTest("shipped", InTheLast(Duration(1, "hour")))
SCORE = PropertyTest("score", Compare("=", Decimal(1)))
LATELY = Amount("number of", "X", window=InTheLast(Duration(1, "day")))
A, B, C, D = (trait(name, 1) for name in "abcd")

EXAMPLES: list[tuple[str, Rule]] = [
    (
        'did "Order Completed" at least 2 times AND did "Feedback Given" where score <= 2',
        And(
            (Did(ORDER, times=Times("at least", 2)), Did("Feedback Given", PropertyTest("score", Compare("<=", Decimal(2))))),
        ),
    ),
    (
        '(did "Order Completed" where products.sku = "22423" OR did "Order Completed" where products.sku = "85123A") '
        'BUT NOT did "Order Completed" where products.sku = "47566"',
        ButNot((Or((bought("22423"), bought("85123A"))), bought("47566"))),
    ),
    (
        'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days',
        ButNot((Did(ORDER, times=Times("at least", 2)), Did(ORDER, window=InTheLast(Duration(90, "day"))))),
    ),
    ("everyone BUT NOT did anything in the last 60 days", ButNot((Everyone(), Did(None, window=InTheLast(Duration(60, "day")))))),
    (
        'did "Order Completed" where (revenue > 100 AND products(category = "Shirts" AND quantity >= 2)) at least 3 times since 2011-06-01',
        Did(
            ORDER,
            FilterAnd(
                (
                    PropertyTest("revenue", Compare(">", Decimal(100))),
                    Element(
                        "products",
                        FilterAnd(
                            (PropertyTest("category", Compare("=", "Shirts")), PropertyTest("quantity", Compare(">=", Decimal(2)))),
                        ),
                    ),
                )
            ),
            Times("at least", 3),
            Since(Time("2011-06-01")),
        ),
    ),
    (
        '(country = "USA" OR country = "Canada") AND sum(revenue) of "Order Completed" in the last 12 months > 500 '
        'BUT NOT in segment "Contacted this week"',
        ButNot(
            (
                And(
                    (
                        Or((trait("country", "USA"), trait("country", "Canada"))),
                        Measure(Amount("sum", ORDER, "revenue", window=InTheLast(Duration(12, "month"))), ">", Decimal(500)),
                    )
                ),
                InSegment("Contacted this week"),
            )
        ),
    ),
    ('days since last "Order Completed" > 1.5', Measure(Amount("days since last", ORDER), ">", Decimal("1.5"))),
]


@pytest.mark.parametrize(("text", "rule"), EXAMPLES)
def test_the_designs_examples_read(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule


READINGS: list[tuple[str, Rule]] = [
    ("EVERYONE", Everyone()),
    ("No\n\tONE", NoOne()),
    ("a = 1 and b = 1 AND c = 1", And((A, B, C))),
    ("a = 1 OR b = 1 AND c = 1", Or((A, And((B, C))))),
    ("a = 1 BUT NOT b = 1 but\n  not c = 1", ButNot((A, B, C))),
    ("a = 1 OR b = 1 BUT NOT c = 1 OR d = 1", ButNot((Or((A, B)), Or((C, D))))),
    ("(a = 1 AND b = 1) AND c = 1", And((And((A, B)), C))),
    ("a = 1 AND (b = 1 AND c = 1)", And((A, And((B, C))))),
    ("a = 1 BUT NOT (b = 1 BUT NOT c = 1)", ButNot((A, ButNot((B, C))))),
    ("(((a = 1)))", A),
    ('summary = "x"', trait("summary", "x")),
    ('didactic = "x"', trait("didactic", "x")),
    ('in.stock = "x"', trait("in.stock", "x")),
    ('நகரம் = "சென்னை"', trait("நகரம்", "சென்னை")),
    ('`where` = "x"', trait("where", "x")),
    ('`a``b c` = "x"', trait("a`b c", "x")),
    ("2fa = true", trait("2fa", True)),
    ("time = 1 AND days = 1 AND number = 1 AND first = 1", And(tuple(trait(name, 1) for name in ("time", "days", "number", "first")))),
    ("days since 2011-01-01", TraitTest("days", Since(Time("2011-01-01")))),
    ("country IS KNOWN", TraitTest("country", Known(True))),
    ("country is  unknown", TraitTest("country", Known(False))),
    ('country in ("USA", 5, -0.50, TRUE)', TraitTest("country", OneOf(("USA", Decimal(5), Decimal("-0.5"), True)))),
    ('country NOT IN ("USA")', TraitTest("country", OneOf(("USA",), negated=True))),
    ('name starts with "A"', TraitTest("name", Compare("starts with", "A"))),
    ('name Contains "\\u00e9\\n"', TraitTest("name", Compare("contains", "é\n"))),
    ('name = "e\u0301"', trait("name", "é")),
    ("born anniversary in the next 7 days", TraitTest("born", AnniversaryInTheNext(Duration(7, "day")))),
    ("born between 2011-01-01 and 2012-01-01 AND a = 1", And((TraitTest("born", Between(Time("2011-01-01"), Time("2012-01-01"))), A))),
    ("seen since 2011-06-01 14:30+0200", TraitTest("seen", Since(Time("2011-06-01T14:30+02:00")))),
    ("seen since 2011-06-01t14:30:05.25z", TraitTest("seen", Since(Time("2011-06-01T14:30:05.25Z")))),
    ('did "X" at least 1 time', Did("X")),
    ('did "X" exactly 0 times', Did("X", times=Times("exactly", 0))),
    ('did "X" where shipped in the last 1 hour in the last 2 weeks', Did("X", SHIPPED, window=InTheLast(Duration(2, "week")))),
    ('did "X" where (score = 1)', Did("X", PropertyTest("score", Compare("=", Decimal(1))))),
    ('did "X" where score = 1 AND a = 1', And((Did("X", PropertyTest("score", Compare("=", Decimal(1)))), A))),
    ('number  of  different(day) of "X" >= 3', Measure(Amount("number of different", "X", "day"), ">=", Decimal(3))),
    ('number of "X" before 2011-01-01 = 3', Measure(Amount("number of", "X", window=Before(Time("2011-01-01"))), "=", Decimal(3))),
    ("may receive email", MayReceive("email")),
    ("may receive sms for `order news`", MayReceive("sms", "order news")),
    ('in silo "Gold" of "Loyalty"', InSilo("Gold", "Loyalty")),
    ('did "A" THEN "B" Within 7 days', Sequence((Step("A"), Step("B", within=Duration(7, "day"))))),
    (
        'did "A" where score = 1 then no "B" where score = 1 within 1 hour since 2011-01-01 AND a = 1',
        And((Sequence((Step("A", SCORE), Step("B", SCORE, Duration(1, "hour"), negated=True)), Since(Time("2011-01-01"))), A)),
    ),
    ('number of "X" in the last 1 day > 3 times the 2 days before', Relative(LATELY, ">", Decimal(3), Duration(2, "day"))),
    ('number of "X" in the last 1 day > Half  Of the 2 days before', Relative(LATELY, ">", Decimal("0.5"), Duration(2, "day"))),
    ('number of "X" in the last 1 day > the 2 days before', Relative(LATELY, ">", Decimal(1), Duration(2, "day"))),
    ("bucket 017 OR bucket 0 - 99", Or((Bucket(17, 17), Bucket(0, 99)))),
    ('BUCKET 5-6 of "x"', Bucket(5, 6, "x")),
    ('within 2.50 KM of branch "P"', Near("P", Decimal("2.5"), "km")),
    ('`bucket` = 1 AND then = 1', And((trait("bucket", 1), trait("then", 1)))),
    ('in  list "x"', InList("x")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule"), READINGS)
def test_text_reads_as_it_is_meant(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule


def test_a_definition_gives_an_amount_a_name() -> None:
    amount = Amount("sum", ORDER, "revenue", window=InTheLast(Duration(12, "month")))
    assert parse_definition('spend_12_months := sum(revenue) of "Order Completed" in the last 12 months') == Definition(
        "spend_12_months", amount
    )


def test_each_node_knows_where_it_began() -> None:
    rule = parse_rule('(a = 1 OR\n  did "X" where (p = 1 AND q(r = 2)))\nAND everyone')
    assert isinstance(rule, And)
    assert rule.place == Place(1, 1)
    either, everyone = rule.children
    assert isinstance(either, Or)
    did = either.children[1]
    assert isinstance(did, Did)
    assert isinstance(did.where, FilterAnd)
    assert [either.place, did.place, everyone.place] == [Place(1, 2), Place(2, 3), Place(3, 5)]
    assert [child.place for child in did.where.children] == [Place(2, 18), Place(2, 28)]


REFUSED: list[tuple[str, tuple[int, int], str]] = [  # text, line and column, words of the mend
    ('did "X" wher a = 1', (1, 9), "Did you mean `where`?"),
    ('diid "X"', (1, 6), "Did you mean `did`"),
    ("evryone", (1, 8), "Did you mean `everyone`"),
    ('did "X" atleast 2 times', (1, 9), "Did you mean `at least`?"),
    ('did "X" at leest 2 times', (1, 9), "Did you mean `at least`?"),
    ('did "X" in teh last 3 days', (1, 9), "Did you mean `in the last`?"),
    ('in segmnt "X"', (1, 1), "Did you mean `in segment`?"),
    ('did "X" at least 2.5 times', (1, 18), "whole number"),
    ('did "X" at least -2 times', (1, 18), "whole number"),
    ('did "X" at least two times', (1, 18), "whole number"),
    ("did Order", (1, 5), 'Write it in double quotes: "Order".'),
    ('did "X" in the last 90days', (1, 21), "Write 90 days, apart."),
    ('did "X" in the last 90', (1, 23), "minutes, hours, days"),
    ('did "X" in the last 0 days', (1, 21), "Write `1 day`."),
    ('did "X" in the last 5000 years', (1, 21), "Leave the window out"),
    ('did "X" since "2011-06-01"', (1, 15), "without quotes: 2011-06-01"),
    ('did "X" since 2011-02-30', (1, 15), "day of the calendar"),
    ('did "X" since 2011-6-1', (1, 15), "Write a date as 2011-06-01"),
    ('did "X" since 2011-06-01T25:00', (1, 15), "time of day"),
    ("country = USA", (1, 11), 'Write text in double quotes: "USA".'),
    ("country = 'USA'", (1, 11), "straight double quotes"),
    ("country = “USA”", (1, 11), "straight double quotes"),
    ('country == "USA"', (1, 10), "one ="),
    ('country <> "USA"', (1, 10), "Write !=."),
    ("age ≥ 5", (1, 5), "Write >=."),
    ("a = 1 && b = 2", (1, 7), "Write AND."),
    ("a = 1 || b = 2", (1, 7), "Write OR."),
    ("a = 1 AND\n  (b = 2", (2, 9), "Close the bracket"),
    ("a = 1)", (1, 6), "AND, OR, BUT NOT or the end"),
    ("country", (1, 8), "a test, such as"),
    ("revenue > 1,000", (1, 12), "thousands marks"),
    ("revenue > .5", (1, 11), "0.5"),
    ("revenue > $5", (1, 11), "bare number"),
    ("country = null", (1, 11), "is unknown"),
    ('NOT did "X"', (1, 1), "Write BUT NOT"),
    ('everyone except did "X"', (1, 10), "Write BUT NOT"),
    ("everyone AND AND a = 1", (1, 14), "in backticks: `AND`"),
    ('sum(revenue) of "X"', (1, 20), "= or !="),
    ('did "X" where a = 1 AND b = 2 at least 2 times', (1, 31), "stand in brackets"),
    ('did "Order', (1, 5), "Close the text"),
    ('a = "two\nlines"', (1, 5), "line break \\n"),
    ('a = "\\q"', (1, 5), "backslash"),
    ('a = "\\u0000"', (1, 5), "Leave it out"),
    ('a = "\\ud83d"', (1, 5), "Write the character itself"),
    ("a = 12345678901234567890", (1, 5), "Round it."),
    ('did ""', (1, 1), "Give the name."),
    ('did "X" at least 9999999999999 times', (1, 18), "at most"),
    ('did "A" in the last 3 days then "B"', (1, 28), "its window stands last"),
    ('did "A" at least 2 times then "B"', (1, 26), "counts no times"),
    ('did anything then "B"', (1, 14), "A sequence names its events"),
    ('did "A" then', (1, 13), "text in double quotes"),
    ('did "A" then "B" within a week', (1, 25), "whole number"),
    ("within 5 miles of branch", (1, 10), "Write km or mi."),
    ('within 5km of branch "P"', (1, 8), "Write 5 km, apart."),
    ('within five km of branch "P"', (1, 8), "Expected a number."),
    ("bucket x", (1, 8), "0 to 9999"),
    ("bucket = 5", (1, 8), "0 to 9999"),
    ("in list vips", (1, 9), 'Write it in double quotes: "vips".'),
    ('sum(a) of "X" in the last 3 days > half of', (1, 43), "Expected the."),
    ('sum(a) of "X" in the last 3 days > the 3 days', (1, 46), "before"),
    ("", (1, 1), "a condition"),
    ("   \n ", (1, 1), "a condition"),
    ("a = 1 \0", (1, 7), "AND, OR, BUT NOT"),
]


@pytest.mark.parametrize(("text", "spot", "mend"), REFUSED)
def test_what_cannot_be_read_is_refused_with_place_and_mend(text: str, spot: tuple[int, int], mend: str) -> None:
    with pytest.raises(RuleError) as refusal:
        parse_rule(text)
    assert (refusal.value.line, refusal.value.column) == spot
    assert mend in refusal.value.mend
    assert refusal.value.what.startswith(f"Line {spot[0]}, column {spot[1]}: ")
    assert refusal.value.facts == {"line": spot[0], "column": spot[1]}
    assert "\0" not in str(refusal.value)


def nested(levels: int) -> str:
    return "a = 1 AND (b = 1 OR (" * (levels // 2) + "everyone" + "))" * (levels // 2)


def test_a_rule_may_be_deep_but_not_endless() -> None:
    assert parse_rule(nested(LEVELS_MAX - 2)) == parse_rule(nested(LEVELS_MAX - 2))
    for levels in (LEVELS_MAX + 2, 500, 5_000):
        with pytest.raises(RuleError, match="200 levels deep") as refusal:
            parse_rule(nested(levels))
        assert refusal.value.column > LEVELS_MAX


def test_brackets_that_group_nothing_do_not_count() -> None:
    assert parse_rule("(" * 20_000 + "everyone" + ")" * 20_000) == Everyone()


def test_a_filter_may_be_deep_but_not_endless() -> None:
    with pytest.raises(RuleError, match="200 levels deep"):
        parse_rule('did "X" where ' + "(a = 1 AND b(" * 300 + "c = 1" + "))" * 300)


def test_a_rule_may_be_long_but_not_endless() -> None:
    with pytest.raises(RuleError, match="100,000 characters"):
        parse_rule(" " * (TEXT_LENGTH_MAX + 1))
    with pytest.raises(RuleError, match="5,000 conditions"):
        parse_rule(" OR ".join(["a=1"] * (NODES_MAX + 1)))
    assert len(parse_rule(" OR ".join(["a=1"] * (NODES_MAX - 1))).children) == NODES_MAX - 1  # type: ignore[union-attr]


def test_a_rule_whose_canonical_text_could_not_be_read_again_is_refused() -> None:
    with pytest.raises(RuleError, match="100,000 characters"):
        parse_rule("a in (" + ",".join(["1"] * 49_000) + ")")


def conflicts(grammar: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What Lark settles by itself it tells in its log; what it cannot settle, it refuses."""
    caplog.clear()
    logger.addHandler(caplog.handler)
    logger.setLevel(logging.DEBUG)
    try:
        Lark(grammar, parser="lalr", start=["rule", "definition"], debug=True)
    finally:
        logger.removeHandler(caplog.handler)
        logger.setLevel(logging.CRITICAL)
    return [record.getMessage() for record in caplog.records if "onflict" in record.getMessage()]


def test_the_grammar_has_no_conflict(caplog: pytest.LogCaptureFixture) -> None:
    assert conflicts('rule: rule "+" rule | "x"\ndefinition: "y"', caplog)
    assert conflicts(GRAMMAR.read_text(encoding="utf-8"), caplog) == []
