"""Saved segments and named measures: checked before they are kept, never in a circle, never taken from under another's feet."""

import pytest

from rapport.accounts.models import AuditEntry
from rapport.lib.refusals import Refusal
from rapport.segments import queries
from rapport.segments.actions import define_measure, delete_measure, delete_segment, rename_segment, save_segment, share_question
from rapport.segments.errors import NameTaken, RuleError
from rapport.segments.models import NamedMeasure, Segment, SegmentVersion

pytestmark = pytest.mark.django_db
ME = "mo@company.example"
BUYERS = 'did "Order Completed"'


def test_a_segment_is_kept_in_its_canonical_text_and_the_deed_is_written_down() -> None:
    saved = save_segment(" Buyers ", 'did  "Order Completed"   and everyone', by=ME)
    assert (saved.name, saved.rule, saved.by) == ("Buyers", 'did "Order Completed" AND everyone', ME)
    entry = AuditEntry.objects.get(deed="segments.save")
    assert (entry.by, entry.subject, entry.facts["rule"]) == (ME, f"segment {saved.id}", saved.rule)


def test_a_tree_is_as_good_as_text() -> None:
    assert save_segment("Buyers", '{"did": "Order Completed"}', by=ME).rule == BUYERS


def test_saving_under_a_name_again_changes_its_rule_and_says_what_it_was() -> None:
    first = save_segment("Buyers", BUYERS, by=ME)
    again = save_segment("Buyers", f"{BUYERS} at least 2 times", by="ana@company.example")
    assert (again.id, again.rule, again.by) == (first.id, f"{BUYERS} at least 2 times", "ana@company.example")
    assert AuditEntry.objects.filter(deed="segments.save").latest("id").facts["before"] == BUYERS


def test_the_rule_before_is_kept_as_a_version_with_who_and_when() -> None:
    first = save_segment("Buyers", BUYERS, by=ME)
    save_segment("Buyers", f"{BUYERS} at least 2 times", by="ana@company.example")
    save_segment("Buyers", f"{BUYERS} at least 2 times", by="ana@company.example")
    again = save_segment("Buyers", BUYERS, by=ME)
    kept = [(one.rule, one.by) for one in queries.versions(again)]
    assert kept == [(f"{BUYERS} at least 2 times", "ana@company.example"), (BUYERS, ME)]
    assert queries.versions(again)[-1].at_us == first.updated_us
    delete_segment("Buyers", by=ME)
    assert not SegmentVersion.objects.exists()


def test_a_question_is_shared_under_a_short_name_that_leads_back_to_it() -> None:
    kept = share_question(BUYERS, as_of="2026-01-01", by=ME)
    assert share_question(BUYERS, as_of="2026-01-01", by=ME) == kept
    assert (queries.shared(kept.token).rule, queries.shared(kept.token).as_of, kept.by) == (BUYERS, "2026-01-01", ME)
    for token in ("", "nobody"):
        with pytest.raises(Refusal, match="no question"):
            queries.shared(token)
    with pytest.raises(RuleError, match="characters long"):
        share_question("x" * 100_001, as_of="", by=ME)


def test_saving_the_same_again_writes_nothing_down() -> None:
    first = save_segment("Buyers", BUYERS, by=ME)
    again = save_segment("Buyers", BUYERS, by=ME)
    assert (again.id, again.updated_us, AuditEntry.objects.count()) == (first.id, first.updated_us, 1)


@pytest.mark.parametrize("rule", ['did "Order Complete"', 'in segment "Nobody knows"', "did", 'revenue > "x"'])
def test_a_rule_that_cannot_be_true_is_not_kept(rule: str) -> None:
    with pytest.raises(RuleError):
        save_segment("Wrong", rule, by=ME)
    assert not Segment.objects.exists()


def test_a_segment_never_comes_to_include_itself() -> None:
    save_segment("A", BUYERS, by=ME)
    save_segment("B", 'in segment "A"', by=ME)
    save_segment("C", 'in segment "B" OR everyone', by=ME)
    for rule in ('in segment "A"', 'in segment "C"'):
        with pytest.raises(RuleError, match="include itself"):
            save_segment("A", rule, by=ME)
    assert queries.segment_named("A").rule == BUYERS


def test_a_segment_that_others_name_keeps_its_name_and_stays() -> None:
    save_segment("A", BUYERS, by=ME)
    save_segment("B", 'everyone BUT NOT in segment "A"', by=ME)
    with pytest.raises(Refusal, match='cannot be deleted: "B"'):
        delete_segment("A", by=ME)
    with pytest.raises(Refusal, match='cannot be renamed: "B"'):
        rename_segment("A", to="Z", by=ME)
    delete_segment("B", by=ME)
    assert rename_segment("A", to="Z", by=ME).name == "Z"
    assert [one.name for one in queries.segments()] == ["Z"]


def test_a_segment_takes_no_others_name() -> None:
    save_segment("A", BUYERS, by=ME)
    save_segment("B", BUYERS, by=ME)
    with pytest.raises(Refusal, match="called"):
        rename_segment("A", to="B", by=ME)


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "two\nlines"])
def test_a_name_is_one_line_a_person_can_read(name: str) -> None:
    with pytest.raises(RuleError):
        save_segment(name, BUYERS, by=ME)


def test_a_measure_is_a_trait_from_then_on() -> None:
    define_measure('spend := sum(revenue) of "Order Completed"', by=ME)
    assert save_segment("Big", "spend > 500", by=ME).rule == "spend > 500"
    with pytest.raises(Refusal, match='"Big" names it'):
        delete_measure("spend", by=ME)
    delete_segment("Big", by=ME)
    delete_measure("spend", by=ME)
    assert not NamedMeasure.objects.exists()


def test_a_measures_name_means_one_thing() -> None:
    first = define_measure('spend := sum(revenue) of "Order Completed"', by=ME)
    assert define_measure('spend  :=  sum(revenue) of "Order Completed"', by=ME).id == first.id
    with pytest.raises(Refusal, match="this name already"):
        define_measure('spend := sum(total) of "Order Completed"', by=ME)
    with pytest.raises(RuleError, match="trait already"):
        define_measure('country := sum(total) of "Order Completed"', by=ME)


def test_a_new_segment_takes_no_other_s_name() -> None:
    first = save_segment("Buyers", BUYERS, by=ME, new=True)
    with pytest.raises(NameTaken, match="Buyers"):
        save_segment(" Buyers ", "everyone", by=ME, new=True)
    save_segment("Others", "everyone", by=ME, new=True)
    with pytest.raises(NameTaken):
        rename_segment("Others", to="Buyers", by=ME)
    assert queries.segment_named("Buyers").rule == BUYERS
    assert [one.name for one in queries.segments_after(first.id, limit=9)] == ["Others"]
