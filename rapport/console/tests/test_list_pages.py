"""The page of lists: a file or pasted lines handed in, who was not known, replaced, refused, deleted."""

from datetime import datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rapport.console.guard import REFUSED
from rapport.console.tests.conftest import SignedIn
from rapport.console.views import lists
from rapport.customers.models import Customer
from rapport.segments import queries
from rapport.segments.actions import save_segment

HERE, UPLOAD = "/app/segments/lists/", "/app/segments/lists/upload/"


@pytest.fixture(autouse=True)
def known(lake: Path, cast: dict[str, Customer], today: datetime) -> None:
    """People to be found."""


def handed_in(client: Client, said: str, **fields: str) -> str:
    file = SimpleUploadedFile("guests.csv", said.encode())
    answer = client.post(UPLOAD, {"name": "Guests", "file": file, **fields}, follow=True)
    return answer.content.decode()


def test_a_file_is_handed_in_and_who_is_not_known_can_be_had(head: Client) -> None:
    assert "No lists yet" in head.get(HERE).content.decode()
    page = handed_in(head, "user_id\nmia\nnobody-at-all\n")
    assert "1 of its lines name somebody" in page
    kept = queries.list_named("Guests")
    assert (kept.known, kept.unknown) == (1, 1)
    rejects = b"".join(head.get(f"{HERE}{kept.id}/not-known/"))
    assert b"nobody-at-all" in rejects
    assert "in+list+%22Guests%22" in page
    handed_in(head, "user_id\nmia\n")
    assert queries.list_named("Guests").unknown == 0
    assert head.get(f"{HERE}{kept.id}/not-known/").status_code == 404


def test_lines_can_be_pasted_and_what_was_typed_stays_where_it_is_refused(head: Client) -> None:
    head.post(UPLOAD, {"name": "Guests", "lines": "mia\n\n", "kind": "user_id"})
    assert queries.list_named("Guests").known == 1
    refused = head.post(UPLOAD, {"name": "Empty", "lines": " \n"})
    assert refused.status_code == REFUSED
    assert "There is nobody in it" in refused.content.decode()
    two_columns = handed_in(head, "one,two\nmia,x\n")
    assert "Which column of guests.csv" in two_columns
    assert "1 of its lines" in handed_in(head, "one,two\nmia,x\n", column="one")


def test_a_list_too_large_to_wait_for_names_the_command(head: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "BYTES_MAX", 10)
    assert "rapport segment upload" in handed_in(head, "user_id\nmia\nmia\n")
    assert not queries.lists()


def test_a_list_in_use_stays_and_another_goes(head: Client) -> None:
    handed_in(head, "user_id\nmia\n")
    kept = queries.list_named("Guests")
    save_segment("Of the fair", 'in list "Guests"', by="head@example.com")
    assert "cannot be deleted" in head.post(f"{HERE}{kept.id}/delete/", follow=True).content.decode()
    head.post(UPLOAD, {"name": "Others", "lines": "mia"})
    other = queries.list_named("Others")
    assert "is gone" in head.post(f"{HERE}{other.id}/delete/", follow=True).content.decode()
    assert [one.name for one in queries.lists()] == ["Guests"]


def test_who_may_not_save_segments_hands_in_no_list(signed_in: SignedIn) -> None:
    agent = signed_in("agent")
    assert agent.post(UPLOAD, {"name": "Guests", "lines": "mia"}).status_code == 403
    assert not queries.lists()
