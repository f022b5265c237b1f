"""Schemes and their reviews as work: never in a circle, never half done, with what stood before kept."""

from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from rapport.accounts.models import AuditEntry
from rapport.lib.clock import fixed
from rapport.lib.refusals import Refusal
from rapport.segments import queries as segments
from rapport.segments.actions import delete_segment, save_segment
from rapport.segments.errors import NameTaken, RuleError
from rapport.segments.models import Decision, Parameter, Scheme
from rapport.segments.person import history_of, holds
from rapport.segments.silos import queries
from rapport.segments.silos.actions import (
    Terms,
    change_scheme,
    create_scheme,
    delete_parameter,
    delete_scheme,
    move_due,
    parameter_effect,
    save_parameter,
)
from rapport.segments.silos.calendar import Rhythm
from rapport.segments.silos.partition import Part, Shape
from rapport.segments.silos.reviews import Said, decide, effect_of, finish_review, open_review, withdraw_review
from rapport.segments.silos.templates import TEMPLATES, template
from rapport.warehouse import actions as warehouse
from tests.cast import TODAY

pytestmark = pytest.mark.django_db(transaction=True)
ME, LENA = "mo@company.example", "lena@company.example"
BOUGHT = 'did "Order Completed"'
DUE = date(2026, 3, 1)


def terms(name: str = "Stages") -> Terms:
    return Terms(name, LENA, Rhythm(3, "month"), DUE)


def stages(**rules: str) -> Shape:
    return Shape(tuple(Part(name, rule) for name, rule in rules.items()), "Rest")


@pytest.fixture
def shop(lake: Path, cast: dict[str, Any], today: Any) -> dict[str, int]:
    warehouse.catch_up()
    return {name: one.id for name, one in cast.items()}


def made(**rules: str) -> Scheme:
    return create_scheme(terms(), stages(**rules), by=ME)


def who(scheme: Scheme, ids: dict[str, int]) -> dict[str, set[str]]:
    names = {number: name for name, number in ids.items()}
    return {silo: {names[one] for one in people} for silo, people in queries.placed_at(queries.scheme(scheme.id) or scheme).sets.items()}


def test_a_scheme_places_each_customer_once_and_its_silos_are_rules(shop: dict[str, int]) -> None:
    save_parameter("lapsed_after", "365", unit="days", by=ME)
    scheme = made(Lately=f"{BOUGHT} in the last $lapsed_after days", Once=BOUGHT)
    assert who(scheme, shop) == {"Lately": {"bob", "ana"}, "Once": {"chen"}, "Rest": {"mia"}}
    kept = save_segment("Gone", 'in silo "Once" of "Stages" OR in silo "Rest" of "Stages"', by=ME)
    words = segments.vocabulary()
    found = segments.answer(segments.check(segments.parse_rule(kept.rule), words), words, segments_now())
    assert set(found.root) == {shop["chen"], shop["mia"]}
    for one in shop.values():
        assert holds(segments.parse_rule(kept.rule), history_of(one, words), segments_now()) == (one in found.root)


def segments_now() -> int:
    return int(TODAY.timestamp() * 1_000_000)


def test_a_number_changes_without_touching_the_rule(shop: dict[str, int]) -> None:
    save_parameter("lapsed_after", "365", unit="days", by=ME)
    scheme = made(Lately=f"{BOUGHT} in the last $lapsed_after days", Once=BOUGHT)
    create_scheme(terms("Second"), stages(Old='in silo "Once" of "Stages"'), by=ME)
    effect = parameter_effect("lapsed_after", "20")
    assert effect.silos == [("Stages", "Lately")]
    ana_moves = {shop["ana"]}
    assert {name: set(people) for name, people in effect.moved.items()} == {"Stages": ana_moves, "Second": ana_moves}
    save_parameter("lapsed_after", "20", unit="days", by=LENA)
    assert who(scheme, shop)["Once"] == {"ana", "chen"}
    (silo,) = queries.silos_with("lapsed_after")
    assert silo.rule.endswith("$lapsed_after days") and silo.asked.endswith("20 days")
    with pytest.raises(Refusal, match='"Lately" of "Stages" names it'):
        delete_parameter("lapsed_after", by=ME)
    with pytest.raises(RuleError, match="Did you mean .lapsed_after"):
        change_scheme(scheme.id, terms(), stages(Lately=f"{BOUGHT} in the last $lapsedafter days", Once=BOUGHT), by=ME)
    for number in ("many", "0.5"):
        with pytest.raises(Refusal):
            save_parameter("lapsed_after", number, by=ME)
    assert Parameter.objects.get().number == "20"


def test_schemes_and_segments_never_go_in_a_circle() -> None:
    save_segment("A", BOUGHT, by=ME)
    first = made(One='in segment "A"', Two="everyone")
    second = create_scheme(terms("Second"), stages(Old='in silo "One" of "Stages"'), by=ME)
    for rule in ('in silo "Old" of "Second"', 'in silo "Two" of "Stages"'):
        with pytest.raises(RuleError, match="include itself"):
            change_scheme(first.id, terms(), stages(One=rule, Two="everyone"), by=ME)
    with pytest.raises(RuleError, match='"A" would include itself'):
        save_segment("A", 'in silo "Old" of "Second"', by=ME)
    with pytest.raises(Refusal, match='"One of Stages" names it'):
        delete_segment("A", by=ME)
    with pytest.raises(Refusal, match='"Old of Second" names it'):
        delete_scheme(first.id, by=ME)
    with pytest.raises(Refusal, match='The silo "One" cannot be taken away'):
        change_scheme(first.id, terms(), stages(Two="everyone"), by=ME)
    delete_scheme(second.id, by=ME)
    delete_scheme(first.id, by=ME)
    assert not Scheme.objects.exists()


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (stages(A="did"), "“A”"),
        (stages(A=BOUGHT, Rest=BOUGHT), "Two silos are called"),
        (stages(**{f"s{n}": BOUGHT for n in range(31)}), "at most 30"),
        (Shape((Part("", BOUGHT),), "Rest"), "cannot be empty"),
        (stages(A='in silo "B" of "Nowhere"'), "No scheme of silos"),
    ],
)
def test_a_scheme_that_cannot_be_is_not_kept(shape: Shape, words: str) -> None:
    with pytest.raises(Refusal, match=words):
        create_scheme(terms(), shape, by=ME)
    assert not Scheme.objects.exists()


def test_a_scheme_takes_no_others_name() -> None:
    made(A=BOUGHT)
    with pytest.raises(NameTaken, match="Another scheme"):
        made(A=BOUGHT)


def test_later_needs_a_reason_that_is_kept() -> None:
    scheme = made(A=BOUGHT)
    with pytest.raises(Refusal, match="Why later"):
        move_due(scheme.id, to=DUE + timedelta(days=14), reason=" ", by=LENA)
    moved = move_due(scheme.id, to=DUE + timedelta(days=14), reason="the sale first", by=LENA)
    assert (moved.due, moved.later_reason) == (date(2026, 3, 15), "the sale first")
    assert AuditEntry.objects.get(deed="silos.later").facts["before"] == "2026-03-01"


@pytest.mark.parametrize("which", TEMPLATES, ids=lambda one: one.key)
def test_the_templates_stand_as_they_are(which: Any, shop: dict[str, int]) -> None:
    scheme = create_scheme(terms(which.name), which.shape, by=ME, parameters=which.parameters)
    found = who(scheme, shop)
    assert sorted(name for people in found.values() for name in people) == ["ana", "bob", "chen", "mia"]
    assert all(one.number for one in queries.parameters())


def test_a_review_from_due_to_decided(shop: dict[str, int]) -> None:
    which = template("lifecycle")
    assert which is not None
    scheme = create_scheme(terms("Lifecycle"), which.shape, by=ME, parameters=which.parameters)
    assert [one.name for one in queries.due_of(LENA)] == ["Lifecycle"]
    review = open_review(scheme.id, by=LENA)
    assert open_review(scheme.id, by=ME).id == review.id
    with pytest.raises(Refusal, match="under review"):
        change_scheme(scheme.id, terms("Lifecycle"), stages(A=BOUGHT), by=ME)
    with pytest.raises(Refusal, match="0 of 6 are decided"):
        finish_review(review.id, by=LENA)
    for silo in ("Active", "Loyal", "Lapsed", "Never bought"):
        decide(review.id, silo, Said("keep", "as it is"), by=LENA)
    shown = effect_of(review, "New", Said("split", where='country = "Portugal"', into="Porto"))
    assert (shown.sizes["Porto"], shown.moved) == (1, 1)
    decide(review.id, "New", Said("split", "their own letter", where='country = "Portugal"', into="Porto"), by=LENA)
    decide(review.id, "Cooling", Said("merge", "too few", into="Lapsed"), by=LENA)
    done = finish_review(review.id, by=LENA)
    assert finish_review(review.id, by=ME).finished_us == done.finished_us
    after = queries.scheme(scheme.id)
    assert after is not None
    assert queries.shape_of(after).names == ["Porto", "New", "Loyal", "Active", "Lapsed", "Never bought"]
    assert (after.due, after.version, queries.due_of(LENA)) == (date(2026, 6, 2), 2, [])
    assert [one.silos[0]["name"] for one in queries.versions(after)] == ["Porto", "New"]
    assert {name: set(ids) for name, ids in queries.kept_sets(done, "left").items()}["Porto"] == {shop["ana"]}
    assert Decision.objects.get(silo="Cooling").facts["into"] == "Lapsed"
    with pytest.raises(Refusal, match="finished"):
        decide(review.id, "Loyal", Said("keep", "again"), by=ME)


def test_the_next_review_shows_who_moved_from_where_to_where(shop: dict[str, int]) -> None:
    scheme = made(Lately=f"{BOUGHT} in the last 100 days", Once=BOUGHT)
    review = open_review(scheme.id, by=LENA)
    for silo in ("Lately", "Once", "Rest"):
        decide(review.id, silo, Said("keep", "fine"), by=LENA)
    finish_review(review.id, by=LENA)
    with fixed(TODAY + timedelta(days=150)):
        second = open_review(scheme.id, by=LENA)
    flows = {(one, other): count for one, other, count in second.figures["flows"]}
    assert flows == {("Lately", "Once"): 2, ("Once", "Once"): 1, ("Rest", "Rest"): 1}
    assert second.figures["silos"]["Lately"] | {"few": True} == second.figures["silos"]["Lately"]
    assert (second.figures["silos"]["Lately"]["before"], second.figures["silos"]["Lately"]["left"]) == (2, 2)
    assert second.figures["eta"] is None, "we cannot tell of four people"


def test_the_last_word_on_a_silo_counts_and_says_so(shop: dict[str, int]) -> None:
    review = open_review(made(A=BOUGHT, B="everyone").id, by=LENA)
    _first, none = decide(review.id, "A", Said("keep", "good"), by=LENA)
    second, replaced = decide(review.id, "A", Said("retire", "not good"), by=ME)
    assert none is None and replaced is not None
    assert (replaced.deed, replaced.by, second.deed, review.decisions.count()) == ("keep", LENA, "retire", 1)
    with pytest.raises(Refusal, match="reason"):
        decide(review.id, "A", Said("keep", "  "), by=ME)
    with pytest.raises(Refusal, match="cannot be retired"):
        decide(review.id, "Rest", Said("retire", "gone"), by=ME)
    decide(review.id, "B", Said("merge", "alike", into="A"), by=ME)
    decide(review.id, "Rest", Said("keep", "must"), by=ME)
    with pytest.raises(Refusal, match='"B" goes into "A", for which retire was decided'):
        finish_review(review.id, by=ME)
    scheme = queries.scheme(review.scheme_id)
    assert scheme is not None and scheme.version == 1, "nothing is half done"
    withdraw_review(review.id, by=ME)
    assert queries.open_review(scheme) is None


def at_once(*deeds: Any) -> list[Any]:
    """Each in a thread with a connection of its own; what it gave, or the refusal it met."""
    found: list[Any] = [None] * len(deeds)
    start = Barrier(len(deeds))

    def run(number: int) -> None:
        start.wait()
        try:
            found[number] = deeds[number]()
        except Refusal as refusal:
            found[number] = refusal
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number,)) for number in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_who_decide_or_finish_at_once_leave_one_outcome(shop: dict[str, int]) -> None:
    scheme = made(A=BOUGHT, B="everyone")
    one, other = at_once(lambda: open_review(scheme.id, by=LENA), lambda: open_review(scheme.id, by=ME))
    assert one.id == other.id
    outcomes = at_once(
        lambda: decide(one.id, "A", Said("keep", "good"), by=LENA), lambda: decide(one.id, "A", Said("retire", "not good"), by=ME)
    )
    assert sum(replaced is not None for _, replaced in outcomes) == 1
    last = next(decision for decision, replaced in outcomes if replaced is not None)
    assert queries.decisions(one)["A"].deed == last.deed
    decide(one.id, "A", Said("retire", "settled"), by=ME)
    for silo in ("B", "Rest"):
        decide(one.id, silo, Said("keep", "good"), by=ME)
    done = at_once(lambda: finish_review(one.id, by=LENA), lambda: finish_review(one.id, by=ME))
    assert done[0].finished_us == done[1].finished_us
    after = queries.scheme(scheme.id)
    assert after is not None and (after.version, queries.shape_of(after).names) == (2, ["B", "Rest"])
