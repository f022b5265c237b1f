"""A file through the pages: handed in, looked at, mapped, loaded, its rejects explained, taken back."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from rapport.console.pages.imports import map_words, mapped
from rapport.customers import queries as customers
from rapport.intake import queries as doors
from rapport.intake.files.actions import run_waiting, take_back
from rapport.intake.models import Load, LoadState
from rapport.lib.refusals import Refusal

ORDERS = b"""order_no,client,date,sku,qty,price,status
X-1,bob,2026-01-01 10:00,SH-1,2,60.00,C
X-2,ana,2026-01-02 11:00,SH-1,1,60.00,ok
X-3,,2026-01-02 11:30,SH-2,1,70.00,ok
X-4,chen,31/02/2026,SH-2,1,70.00,ok
"""
FRAGMENT = {"HX-Request": "true"}
SAID = {"kind": "orders", "currency": "EUR", "source": "old shop", "statuses": "C=cancelled, ok=completed"}


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR, settings.REJECT_DIR, settings.LOCK_DIR = tmp_path / "uploads", tmp_path / "rejects", tmp_path / "locks"


def hand_in(client: Client, content: bytes, name: str = "orders.csv") -> Any:
    return client.post("/app/doors/imports/new/", {"file": SimpleUploadedFile(name, content)}, follow=True)


def fields_of(answer: Any) -> dict[str, Any]:
    """What the preview's form would send."""
    seen = answer.context["seen"]
    return {
        "upload": answer.context["upload"].token,
        "column": [column.name for column in seen.columns],
        "field": [column.field for column in seen.columns],
    }


def loaded(client: Client) -> Load:
    answer = client.post("/app/doors/imports/preview/", {**fields_of(hand_in(client, ORDERS)), **SAID, "start": "1"})
    assert answer.status_code == 302, answer.content.decode()
    load = doors.loads()[0]
    assert answer.headers["Location"] == reverse("console:import", args=[load.id])
    return load


@pytest.mark.django_db
def test_a_file_is_looked_at_before_anything_is_loaded(head: Client) -> None:
    answer = hand_in(head, ORDERS)
    assert answer.context["kind"] == "orders"
    becomes = {column.name: column.field for column in answer.context["seen"].columns}
    assert list(becomes.values()) == ["order_id", "customer", "time", "sku", "quantity", "unit_price", "status"]
    assert "31/02/2026" in answer.content.decode()
    assert not doors.loads()


@pytest.mark.django_db(transaction=True)
def test_a_load_goes_its_way_and_explains_what_it_set_aside(head: Client) -> None:
    load = loaded(head)
    waiting = head.get(f"/app/doors/imports/{load.id}/", headers=FRAGMENT).content.decode()
    assert "waits for the worker" in waiting
    assert 'hx-trigger="every' in waiting
    assert run_waiting()
    done = head.get(f"/app/doors/imports/{load.id}/", headers=FRAGMENT).content.decode()
    assert 'hx-trigger="every' not in done
    assert "Take them as anonymous" in done
    assert "Say how dates are written" in done
    shown = head.get(f"/app/doors/imports/{load.id}/").context
    assert {reason.lines[0]: reason.count for reason in shown["reasons"]} == {4: 1, 5: 1}
    assert (load.name, doors.loads()[0].by, doors.loads()[0].source.name) == ("orders.csv", "head@example.com", "old shop")
    assert customers.find("user_id", "ana") is not None
    file = b"".join(head.get(f"/app/doors/imports/{load.id}/rejects/").streaming_content).decode()  # type: ignore[attr-defined]
    assert "31/02/2026" in file


@pytest.mark.django_db(transaction=True)
def test_a_load_is_taken_back_by_the_worker(head: Client) -> None:
    load = loaded(head)
    run_waiting()
    assert head.post(f"/app/doors/imports/{load.id}/take-back/").status_code == 302
    assert "is being taken back" in head.get(f"/app/doors/imports/{load.id}/").content.decode()
    take_back(load.id)
    assert doors.loads()[0].state == LoadState.TAKEN_BACK
    assert customers.find("user_id", "ana") is None
    assert head.post(f"/app/doors/imports/{load.id}/take-back/").status_code == 422


@pytest.mark.django_db(transaction=True)
def test_a_load_is_stopped_and_goes_on(head: Client) -> None:
    load = loaded(head)
    head.post(f"/app/doors/imports/{load.id}/stop/")
    assert doors.loads()[0].state == LoadState.STOPPED
    assert "Go on" in head.get(f"/app/doors/imports/{load.id}/").content.decode()
    head.post(f"/app/doors/imports/{load.id}/go-on/")
    run_waiting()
    assert doors.loads()[0].state == LoadState.DONE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "word"),
    [("empty.csv", b"", "empty"), ("book.xlsx", b"PK\x03\x04rest", "CSV"), ("odd.csv", b"\xff\xfe\x00\x00a", "")],
)
def test_a_file_nobody_can_read_is_refused_in_words(name: str, content: bytes, word: str, head: Client) -> None:
    answer = hand_in(head, content, name)
    assert answer.status_code in (200, 422)
    assert 'class="alertx' in answer.content.decode()
    assert word in answer.content.decode()
    assert not doors.loads()


@pytest.mark.django_db
def test_a_column_may_become_something_else(head: Client) -> None:
    said = fields_of(hand_in(head, ORDERS))
    said["field"][said["column"].index("price")] = "amount"
    answer = head.post("/app/doors/imports/preview/", {**said, **SAID})
    assert {column.name: column.field for column in answer.context["seen"].columns}["price"] == "amount"


@pytest.mark.django_db
@pytest.mark.parametrize("said", [{"currency": "EURO"}, {"timezone": "Middle/Earth"}, {"statuses": "cancelled"}, {"kind": "wishes"}])
def test_what_cannot_be_meant_is_refused_on_the_same_page(said: dict[str, str], head: Client) -> None:
    answer = head.post("/app/doors/imports/preview/", {**fields_of(hand_in(head, ORDERS)), **SAID, **said, "start": "1"})
    assert answer.status_code == 422
    assert 'class="alertx' in answer.content.decode()
    assert not doors.loads()


@pytest.mark.django_db
def test_no_address_names_a_file_that_was_not_handed_in(head: Client) -> None:
    assert head.get("/app/doors/imports/preview/?upload=../../etc/passwd&kind=events").status_code == 422


def test_a_chosen_field_is_only_said_where_it_is_news() -> None:
    assert mapped(["sku", "preis", "x"], ["sku", "amount", ""], ["sku", "amount"]) == {"amount": "preis"}


def test_words_of_a_status_column() -> None:
    assert map_words(" C=cancelled, R = refunded ,") == {"C": "cancelled", "R": "refunded"}
    with pytest.raises(Refusal):
        map_words("C")
