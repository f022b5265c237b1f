"""What the plain evaluator tells a person: yes or no at each node, the figure, what it takes, the facts behind it. No database."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pyroaring import BitMap

from rapport.events.catalogue import Catalogue, EventTypeFacts, PropertyFacts
from rapport.lib.refusals import Refusal
from rapport.segments import person
from rapport.segments.nodes import And, ButNot, Did, Everyone, FilterAnd, FilterButNot, FilterOr, InSegment, Or, PropertyTest, Rule
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.person import Deed, History, NodeEvidence, SuppressionWord
from rapport.segments.tests.cases.playing import moment_us
from rapport.segments.vocabulary import Vocabulary

NOW = moment_us("2026-06-30T00:00:00Z")
KINDS = {
    "Order Completed": {"revenue": "money", "order_id": "text", "placed": "time"},
    "Feedback Given": {"score": "number", "topic": "text"},
    "Quiz Taken": {"score": "text"},
    "Identify": {
        "city": "text",
        "email": "text",
        "born": "date",
        "seen": "time",
        "points": "number",
        "latitude": "number",
        "longitude": "number",
    },
    "Consent Given": {"channel": "text"},
}
MEASURES = {"spend": 'sum(revenue) of "Order Completed"'}


def vocabulary(segments: dict[str, Rule] | None = None) -> Vocabulary:
    types = {
        name: EventTypeFacts(
            number, name, name.lower().replace(" ", "_"), "machine" if name == "Identify" else "by", True, 0,
            {path: PropertyFacts(path, kind, False, "", path, True, 0) for path, kind in properties.items()},
        )
        for number, (name, properties) in enumerate(KINDS.items(), 1)
    }  # fmt: skip
    measures = {name: parse_definition(f"{name} := {amount}").amount for name, amount in MEASURES.items()}
    return Vocabulary(Catalogue(types), segments or {}, measures)


def history(*deeds: tuple[str, str, dict[str, Any]], in_everyone: bool = True, **more: Any) -> History:
    told = [Deed(number, event, moment_us(when), said) for number, (event, when, said) in enumerate(deeds, 1)]
    return History(7, in_everyone, more.pop("words", vocabulary()), told, zone=ZoneInfo("UTC"), **{"suppressions": [], **more})


BOB = (
    (
        "Identify",
        "2026-01-01T00:00:00Z",
        {"city": "Omaha", "email": "bob@example.com", "born": "1980-02-29", "seen": "2026-05-01T12:00:00+02:00"},
    ),
    ("Order Completed", "2026-02-01T00:00:00Z", {"order_id": "b-1", "revenue": "20.50", "products": [{"sku": "A"}, {"sku": "B"}]}),
    ("Feedback Given", "2026-02-02T00:00:00Z", {"score": 2, "topic": "size"}),
    ("Order Completed", "2026-06-01T00:00:00.000001Z", {"order_id": "b-2", "revenue": 30}),
    ("Order Completed", "2026-07-15T00:00:00Z", {"order_id": "b-3", "revenue": 1000}),
)


def told(rule: str, *deeds: tuple[str, str, dict[str, Any]], **more: Any) -> list[NodeEvidence]:
    return person.evidence(parse_rule(rule), history(*(deeds or BOB), **more), NOW)


def leaf(rule: str, *deeds: tuple[str, str, dict[str, Any]], **more: Any) -> NodeEvidence:
    (only,) = told(rule, *deeds, **more)
    return only


def test_every_node_reports_in_preorder_whatever_the_others_say() -> None:
    nodes = told('did "Order Completed" at least 2 times AND did "Feedback Given" where score > 3 BUT NOT city = "Omaha"')
    assert [(node.text, node.holds, node.figure) for node in nodes] == [
        ('did "Order Completed" at least 2 times AND did "Feedback Given" where score > 3 BUT NOT city = "Omaha"', False, None),
        ('did "Order Completed" at least 2 times AND did "Feedback Given" where score > 3', False, None),
        ('did "Order Completed" at least 2 times', True, 2),
        ('did "Feedback Given" where score > 3', False, 0),
        ('city = "Omaha"', True, "Omaha"),
    ]


def test_the_facts_behind_a_count_come_newest_first_with_money_and_order() -> None:
    node = leaf('did "Order Completed" at least 2 times')
    assert (node.needed, node.facts_total) == ("at least 2", 2)
    newest, oldest = node.facts
    assert (newest.id, newest.time, newest.amount, newest.order_id) == (4, "2026-06-01T00:00:00.000001Z", 30, "b-2")
    assert (oldest.amount, oldest.summary) == (20.5, "Order Completed: order_id b-1, revenue 20.50, 2 products")


def test_how_far_somebody_is_stands_beside_the_facts_that_say_where() -> None:
    told = (
        ("Identify", "2026-01-01T00:00:00Z", {"latitude": 41.2, "longitude": -9}),
        ("Identify", "2026-01-02T00:00:00Z", {"longitude": -8.611}),
    )
    words = replace(vocabulary(), branches={"Porto": (41.1496, -8.611)})
    node = leaf('within 6 km of branch "Porto"', *told, words=words)
    assert isinstance(node.figure, float)
    assert (node.holds, round(node.figure, 3), node.needed, [fact.id for fact in node.facts]) == (True, 5.604, "<= 6 km", [2, 1])
    nowhere = leaf('within 6 km of branch "Porto"', ("Identify", "2026-01-01T00:00:00Z", {"latitude": 41.2}), words=words)
    assert (nowhere.holds, nowhere.figure) == (False, None)


def test_somebody_joined_stands_on_the_list_their_old_id_is_on() -> None:
    words = replace(vocabulary(), lists={"VIPs": lambda: BitMap([3])})
    assert leaf('in list "VIPs"', words=words, aliases=(2, 3)).holds
    assert not leaf('in list "VIPs"', words=words, aliases=(2,)).holds


def test_a_branch_or_list_that_is_gone_is_said_to_be() -> None:
    for rule in ('within 1 km of branch "Porto"', 'in list "VIPs"'):
        with pytest.raises(Refusal, match="any more"):
            leaf(rule)


def test_of_many_facts_the_newest_are_shown_and_all_are_counted() -> None:
    many = [("Feedback Given", f"2026-01-{day:02}T00:00:00Z", {"score": day}) for day in range(1, 31)]
    node = person.evidence(parse_rule('did "Feedback Given"'), history(*many), NOW, facts_max=3)[0]
    assert ([fact.id for fact in node.facts], node.facts_total, node.figure) == ([30, 29, 28], 30, 30)


@pytest.mark.parametrize(
    ("rule", "figure", "needed", "facts"),
    [
        ('sum(revenue) of "Order Completed" > 50', 50.5, "> 50", [4, 2]),
        ('average(revenue) of "Order Completed" = 25.25', 25.25, "= 25.25", [4, 2]),
        ('sum(revenue) of "Order Completed" in the last 1 day = 0', 0, "= 0", []),
        ('largest(revenue) of "Order Completed" in the last 1 day > 0', None, "> 0", []),
        ('largest(placed) of "Order Completed" > 2026-01-01', None, "> 2026-01-01", [4, 2]),
        ('days since last "Order Completed" <= 30', 28, "<= 30", [4, 2]),
        ("spend >= 50.5", 50.5, ">= 50.5", [4, 2]),
        ("born anniversary in the next 1 month", "1980-02-29", "anniversary in the next 1 month", [1]),
        ("seen before 2026-06-01", "2026-05-01T10:00:00Z", "before 2026-06-01", [1]),
        ("points is unknown", None, "is unknown", []),
        ('did "Order Completed" then "Feedback Given" within 2 days', 2, "all 2 steps", [3, 2]),
        ('did "Feedback Given" then "Feedback Given"', 1, "all 2 steps", [3]),
        ('did "Quiz Taken" then "Feedback Given"', 0, "all 2 steps", []),
        ('did "Order Completed" then "Feedback Given" then no "Order Completed" within 30 days', 3, "all 3 steps", [3, 2]),
        ('did "Feedback Given" then no "Order Completed" within 140 days', 1, "all 2 steps", [4, 3]),  # what came stands there
        ('sum(revenue) of "Order Completed" in the last 30 days > twice the 118 days before', 30, "> twice 0", [4]),
        ('sum(revenue) of "Order Completed" in the last 30 days > the 149 days before', 30, "> 20.5", [4, 2]),
        ('average(score) of "Feedback Given" in the last 30 days < half of the 1 month before', None, "< half of unknown", []),
        ("bucket 0-4999", 247, "0 to 4999", []),
    ],
)
def test_a_figure_is_what_was_reached(rule: str, figure: object, needed: str, facts: list[int]) -> None:
    node = leaf(rule)
    assert (node.figure, node.needed, [fact.id for fact in node.facts]) == (figure, needed, facts)


def test_a_third_is_told_to_six_places_and_compared_exactly() -> None:
    thirds = [("Feedback Given", "2026-01-01T00:00:00Z", {"score": score}) for score in (1, 0, 0)]
    node = leaf('average(score) of "Feedback Given" > 0.333333', *thirds)
    assert (node.holds, node.figure) == (True, 0.333333)


def test_the_amount_beside_a_fact_is_of_the_property_asked_about() -> None:
    assert [fact.amount for fact in leaf('largest(score) of "Feedback Given" = 2').facts] == [2]


def test_leave_to_write_names_the_first_obstacle() -> None:
    consent = ("Consent Given", "2026-03-01T00:00:00Z", {"channel": "email"})
    dead = [SuppressionWord(9, "email", "bob@example.com", moment_us("2026-04-01T00:00:00Z"), suppressed=True)]
    assert leaf("may receive email").figure == "no consent"
    assert leaf("may receive email", *BOB, consent).figure == "consented"
    assert leaf("may receive email", consent).figure == "no address"
    assert leaf("may receive email", *BOB, consent, suppressions=dead).figure == "address suppressed"


def test_who_is_none_of_everyone_is_in_no_set() -> None:
    nodes = told('everyone BUT NOT did "Quiz Taken"', in_everyone=False)
    assert [node.holds for node in nodes] == [False, False, False]
    assert not person.holds(Everyone(), history(*BOB, in_everyone=False), NOW)


def test_evidence_and_verdict_are_one() -> None:
    rule = parse_rule('(spend > 50 OR city = "Porto") BUT NOT (did "Order Completed" in the last 1 day BUT NOT born is unknown)')
    someone = history(*BOB)
    assert person.evidence(rule, someone, NOW)[0].holds is person.holds(rule, someone, NOW) is True


def test_anything_meets_one_name_of_several_kinds() -> None:
    deeds = (("Feedback Given", "2026-01-01T00:00:00Z", {"score": 2}), ("Quiz Taken", "2026-01-02T00:00:00Z", {"score": "2"}))
    assert [fact.id for fact in leaf("did anything where score = 2", *deeds).facts] == [1]
    assert [fact.id for fact in leaf('did anything where score starts with "2"', *deeds).facts] == [2]
    assert [fact.id for fact in leaf('did anything where topic = "size"', *deeds).facts] == []


def test_a_rule_two_hundred_levels_deep_is_answered() -> None:
    rule: Rule = Did("Feedback Given")
    for level in range(200):
        rule = (And((rule, Everyone())), Or((rule, Did("Quiz Taken"))), ButNot((Everyone(), rule)))[level % 3]
    flips = len(range(2, 200, 3))  # each BUT NOT turns the answer round
    someone = history(*BOB)
    assert person.holds(rule, someone, NOW) is (flips % 2 == 0)
    assert len(person.evidence(rule, someone, NOW)) == 401


def test_a_filter_two_hundred_levels_deep_is_answered() -> None:
    known, cheap = (parse_rule(f'did "Feedback Given" where {test}') for test in ("score is known", "score < 2"))
    assert isinstance(known, Did)
    assert isinstance(cheap, Did)
    assert isinstance(known.where, PropertyTest)
    where: Any = known.where
    for level in range(200):
        where = (FilterAnd((where, known.where)), FilterOr((where, cheap.where)), FilterButNot((where, cheap.where)))[level % 3]  # type: ignore[arg-type]
    assert person.holds(Did("Feedback Given", where), history(*BOB), NOW)


def test_segments_of_segments_are_answered_a_thousand_deep_and_each_once() -> None:
    chain: dict[str, Rule] = {"0": parse_rule('city = "Omaha"')}
    chain.update({str(n): And((InSegment(str(n - 1)), InSegment(str(n - 1)))) for n in range(1, 1000)})
    assert person.holds(InSegment("999"), history(*BOB, words=vocabulary(chain)), NOW)


def test_a_segment_that_includes_itself_is_a_mistake_of_ours() -> None:
    circle: dict[str, Rule] = {"a": InSegment("b"), "b": Or((Everyone(), InSegment("a")))}
    with pytest.raises(AssertionError, match="includes itself"):
        person.holds(InSegment("a"), history(*BOB, words=vocabulary(circle)), NOW)
