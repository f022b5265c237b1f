"""Messages over the API: one to one person about one occasion, how it stands, and what a customer was sent."""

from typing import Any

import pytest

from rapport.accounts.models import AuditEntry
from rapport.api.tests.conftest import Let, Program, problem_of
from rapport.customers.models import Customer
from rapport.lib.clock import now_us
from rapport.messaging import answers
from rapport.messaging.models import Message, Target, TouchKind
from rapport.messaging.tests.writing import carry, template
from tests.cast import Tell, message

pytestmark = pytest.mark.django_db(transaction=True)
SAID: dict[str, Any] = {"template": "Shipped", "user_id": "bob", "occasion": "shipped b-1", "data": {"order_id": "b-1", "weight": 0.25}}


@pytest.fixture
def shipped(bob: Customer) -> Customer:
    template("Shipped", purpose="transactional", subject="Order {{ data.order_id }} of {{ data.weight }} kg is on its way")
    return bob


def test_a_message_waits_until_a_courier_takes_it(program: Program, shipped: Customer, today: object) -> None:
    told = program.post("/messages", SAID).json()
    row = Message.objects.get()
    assert told == {
        "id": row.id, "customer_id": shipped.id, "template": "Shipped", "version": 1, "purpose": "transactional", "campaign_id": None,
        "occasion": "shipped b-1", "state": "waiting", "reason": None, "why": None, "may_go": None, "sent": None, "address": None,
    }  # fmt: skip
    entry = AuditEntry.objects.get(deed="messaging.send")
    assert (entry.subject, entry.by) == (f"customer {shipped.id}", f"token {program.name}")
    assert row.data == SAID["data"]


def test_the_same_occasion_is_the_same_message_under_any_key_and_after_a_new_version(program: Program, shipped: Customer) -> None:
    first = program.post("/messages", SAID).json()
    assert program.post("/messages", {**SAID, "data": {"order_id": "other"}}).json() == first
    template("Shipped", purpose="transactional", subject="Changed since")
    assert program.post("/messages", {**SAID, "user_id": None, "customer_id": shipped.id}).json() == first
    assert program.post("/messages", {**SAID, "occasion": "shipped b-2"}).json()["version"] == 2
    assert Message.objects.count() == 2


def test_the_same_key_is_answered_alike(program: Program, shipped: Customer) -> None:
    first = program.post("/messages", SAID, key="k")
    Message.objects.update(state="held", reason="suppressed")
    again = program.post("/messages", SAID, key="k")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    problem_of(program.post("/messages", {**SAID, "occasion": "x"}, key="k"), 409)


def test_what_came_of_it_is_read_and_written_down(program: Program, shipped: Customer, today: object) -> None:
    sent = program.post("/messages", SAID).json()
    carry()
    target = Target.objects.get_or_create(digest="0" * 64, url="https://shop.example/new")[0]
    answers.touch(sent["id"], TouchKind.CLICK, target_id=target.id, agent="Mozilla/5.0")
    told = program.get(f"/messages/{sent['id']}").json()
    assert (told["state"], told["address"], told["sent"]) == ("sent", "bob@example.com", "2026-03-02T12:00:00Z")
    assert [(one["kind"], one["machine"], one["url"]) for one in told["touches"]] == [("click", None, "https://shop.example/new")]
    assert program.get(f"/customers/{shipped.id}/messages").json() == {"data": [told], "next": None}
    entries = AuditEntry.objects.filter(deed="customers.read", subject=f"customer {shipped.id}", by=f"token {program.name}")
    assert [entry.facts.get("message") or entry.facts.get("messages") for entry in entries.order_by("id")] == [sent["id"], 1]


def test_a_held_one_says_why_and_until_when(program: Program, shipped: Customer) -> None:
    sent = program.post("/messages", SAID).json()
    Message.objects.update(state="held", reason="contact_cap", may_go_us=now_us())
    told = program.get(f"/messages/{sent['id']}").json()
    assert (told["state"], told["reason"], told["why"]) == ("held", "contact_cap", "had enough marketing mail this week")
    assert told["may_go"]


def test_an_address_is_told_to_who_may_read_messages(let: Let, shipped: Customer, today: object) -> None:
    blind, seeing = let("messages:send"), let("messages:send", "messages:read")
    sent = blind.post("/messages", SAID).json()
    carry()
    assert blind.post("/messages", SAID).json() == {**sent, "state": "sent", "sent": "2026-03-02T12:00:00Z"}
    assert seeing.post("/messages", SAID).json()["address"] == "bob@example.com"


def test_a_customers_messages_come_page_by_page_through_every_id(program: Program, shipped: Customer, tell: Tell) -> None:
    tell(message("identify", "bobby", 5, traits={"email": "bobby@example.com"}))
    for who in ("bob", "bobby", "bob"):
        program.post("/messages", {**SAID, "user_id": who, "occasion": f"o-{Message.objects.count()}"})
    tell(message("alias", "bob", 1, previousId="bobby"))
    seen, cursor = [], None
    while True:
        page = program.get(f"/customers/{shipped.id}/messages", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [one["occasion"] for one in page["data"]]
        if not (cursor := page["next"]):
            break
    assert seen == ["o-2", "o-1", "o-0"]
    assert program.post("/messages", {**SAID, "occasion": "o-1"}).json()["id"] == Message.objects.get(occasion="o-1").id


@pytest.mark.parametrize(
    ("more", "status", "field"),
    [
        ({"user_id": None}, 422, "customer_id"), ({"customer_id": 1}, 422, "customer_id"), ({"user_id": "nobody"}, 404, "user_id"),
        ({"user_id": None, "customer_id": 4711}, 404, "customer_id"), ({"user_id": None, "customer_id": 0}, 422, "customer_id"),
        ({"user_id": "bob\0"}, 422, "user_id"), ({"template": "Nothing"}, 422, "template"), ({"template": "News"}, 422, "template"),
        ({"occasion": ""}, 422, "occasion"), ({"occasion": "x" * 256}, 422, "occasion"), ({"occasion": 7}, 422, "occasion"),
        ({"data": []}, 422, "data"), ({"data": {str(n): n for n in range(201)}}, 422, "data"), ({"data": {"x": "\0"}}, 422, "data.x"),
        ({"data": {"x": "x" * 40_000}}, 422, "data"), ({"to": "eve@example.com"}, 422, "to"), ({"template": "\u202e"}, 422, "template"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_a_problem_with_its_field(
    program: Program, shipped: Customer, more: dict[str, Any], status: int, field: str
) -> None:
    template("News")
    said = {name: value for name, value in {**SAID, **more}.items() if value is not None}
    assert problem_of(program.post("/messages", said), status)["field"] == field
    assert not Message.objects.exists()


@pytest.mark.parametrize("value", [b"1e400", b"1e-400", b"9" * 30, b'"\\ud800"', b'{"a": 1, "a": 2}', b"[" * 900 + b"]" * 900, b"0.10"])
def test_hostile_data_harms_nothing(program: Program, shipped: Customer, value: bytes) -> None:
    body = b'{"template": "Shipped", "user_id": "bob", "occasion": "o", "data": {"order_id": ' + value + b"}}"
    answer = program.post("/messages", body)
    if answer.status_code != 200:
        problem_of(answer, answer.status_code)
    assert answer.status_code in (200, 400, 422), answer.content
    carry()
    assert {row.state for row in Message.objects.all()} <= {"sent"}


def test_nobodys_messages_are_a_problem(program: Program, shipped: Customer) -> None:
    problem_of(program.get("/messages/4711"), 404)
    problem_of(program.get("/customers/4711/messages"), 404)
    for wrong in ("0", "-1", "x", "9223372036854775808", "1.5", "%00"):
        assert problem_of(program.get(f"/messages/{wrong}"), 422)["field"] == "message_id"
