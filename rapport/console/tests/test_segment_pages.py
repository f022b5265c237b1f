"""The pages of segments: people behind each figure, pictures that add up, an export no spreadsheet runs, lists kept, deletes undone."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rapport.accounts.models import AuditEntry
from rapport.console.pages.crowd import harmless
from rapport.console.tests.conftest import INLINE, SignedIn
from rapport.customers.models import Customer
from rapport.segments import actions, queries
from rapport.segments.models import Segment
from rapport.segments.refresh import kept
from rapport.warehouse import actions as warehouse
from tests.cast import Tell, order

BUYERS, REGULARS = 'did "Order Completed"', 'did "Order Completed" at least 2 times'
ME = "lena@example.com"


@pytest.fixture
def two(lake: Path, cast: dict[str, Customer], today: datetime) -> tuple[Segment, Segment]:
    """Buyers and regulars, refreshed."""
    kept.forget()
    warehouse.catch_up(60)
    saved = actions.save_segment("Buyers", BUYERS, by=ME), actions.save_segment("Regulars", REGULARS, by=ME)
    actions.refresh()
    return saved


def said(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    page = answer.content.decode()
    assert not INLINE.findall(page)
    return page


def test_the_list_counts_from_kept_sets_finds_and_sorts(two: tuple[Segment, Segment], head: Client) -> None:
    page = said(head, "/app/segments/?sort=people")
    assert page.index("Buyers") < page.index("Regulars")
    assert "of=now&amp;segment=" in page
    assert "Buyers" not in said(head, "/app/segments/?find=regular")
    assert "No segment holds" in said(head, "/app/segments/?find=nonesuch")


def test_a_rule_that_cannot_be_asked_any_more_says_why(two: tuple[Segment, Segment], head: Client) -> None:
    Segment.objects.filter(id=two[1].id).update(rule='did "Gone With The Wind"')
    assert "Mend the rule" in said(head, "/app/segments/")
    assert "cannot be asked any more" in said(head, f"/app/segments/{two[1].id}/")


def test_a_segment_shows_its_people_and_who_came(two: tuple[Segment, Segment], head: Client, tell: Tell) -> None:
    tell(order("mia", "m-1", days_ago=0.5, sku="LINEN-WHITE", price=80.0))
    warehouse.catch_up(60)
    actions.refresh()
    page = said(head, f"/app/segments/{two[0].id}/?days=7")
    assert "of=moved" in page
    day = (datetime(2026, 3, 2) - timedelta(days=7)).date().isoformat()
    came = said(head, f"/app/segments/people/?of=moved&segment={two[0].id}&since={day}&way=came")
    assert "came into “Buyers”" in came
    assert "1 person" in came or "2 people" in came


def test_overlaps_open_their_people_with_a_rule(two: tuple[Segment, Segment], head: Client) -> None:
    ids = f"{two[0].id}.{two[1].id}"
    page = said(head, f"/app/segments/compared/?segment={two[0].id}&segment={two[1].id}")
    assert f"of=overlap&amp;segments={ids}&amp;inside={two[0].id}" in page
    alone = said(head, f"/app/segments/people/?of=overlap&segments={ids}&inside={two[0].id}")
    assert "Make segment of 1" in alone
    assert "BUT NOT" in alone


def test_flows_open_their_people_and_become_a_list(two: tuple[Segment, Segment], head: Client, tell: Tell) -> None:
    tell(order("mia", "m-2", days_ago=0.5, sku="LINEN-WHITE", price=80.0), order("mia", "m-3", days_ago=0.4, sku="LINEN-WHITE", price=80.0))
    warehouse.catch_up(60)
    actions.refresh()
    ids, day = f"{two[0].id}.{two[1].id}", "2026-03-01"
    assert "1 person" in said(head, f"/app/segments/flow/{ids}/{day}/?from=&to={two[0].id}"), "Mia was in neither"
    query = f"of=flow&segments={ids}&since={day}&from=&to={two[0].id}"
    answer = head.post(f"/app/segments/keep/?{query}", {"name": "New"}, follow=True)
    assert "in list" in answer.content.decode()
    assert len(queries.people_of_list(queries.list_named("New"))) == 1
    assert head.post(f"/app/segments/keep/?{query}", {"name": "New"}).status_code == 422
    nobody = f"of=flow&segments={ids}&since={day}&from={two[0].id}&to={two[0].id}"
    assert head.post(f"/app/segments/keep/?{nobody}", {"name": "Nobody"}).status_code == 422


def test_an_export_is_of_the_same_people_and_is_written_down(two: tuple[Segment, Segment], head: Client) -> None:
    Customer.objects.filter(id__in=queries.members(two[0]).ids).update(name="=HYPERLINK(1)")  # type: ignore[union-attr]
    answer: Any = head.get(f"/app/segments/export/?of=now&segment={two[0].id}")
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert lines[0] == ["id", "user_id", "name", "email", "phone"]
    assert sorted(line[1] for line in lines[1:]) == ["ana", "bob", "chen"]
    assert {line[2] for line in lines[1:]} == {"'=HYPERLINK(1)"}
    assert AuditEntry.objects.get(deed="customers.export").facts["people"] == 3


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Bob", "+4915112345678", "", "a=b"])
def test_what_no_spreadsheet_runs_stays(text: str) -> None:
    assert harmless(text) == text


def test_who_may_not_ask_may_not_export(two: tuple[Segment, Segment], signed_in: SignedIn) -> None:
    assert signed_in("agent").get(f"/app/segments/export/?of=now&segment={two[0].id}").status_code == 403
    assert not AuditEntry.objects.filter(deed="customers.export").exists()


@pytest.mark.parametrize("address", ["of=now", "of=now&segment=4711", "of=nothing", "of=overlap&segments=1.x&inside=9999"])
def test_an_address_of_nobody_is_not_found(address: str, two: tuple[Segment, Segment], head: Client) -> None:
    assert head.get(f"/app/segments/people/?{address}").status_code == 404


def test_what_they_are_is_told_or_said_to_be_too_few(two: tuple[Segment, Segment], head: Client) -> None:
    page = said(head, f"/app/segments/{two[0].id}/means/")
    assert "May be mailed" in page
    assert "fewer than 30" in page


def test_the_log_is_told_from_the_page(two: tuple[Segment, Segment], head: Client) -> None:
    head.post(f"/app/segments/{two[0].id}/tell/", {"told": "on"})
    assert queries.segment_named("Buyers").told
    head.post(f"/app/segments/{two[0].id}/tell/", {"told": "off"})
    assert not queries.segment_named("Buyers").told


def test_several_are_deleted_at_once_and_brought_back_as_they_were(two: tuple[Segment, Segment], head: Client) -> None:
    actions.tell_movements("Buyers", told=True, by=ME)
    page = head.post("/app/segments/delete/", {"segment": [two[0].id, two[1].id]}, follow=True).content.decode()
    assert "Undo" in page
    assert not queries.segments()
    head.post("/app/segments/restore/")
    assert [(one.name, one.told) for one in queries.segments()] == [("Buyers", True), ("Regulars", False)]
