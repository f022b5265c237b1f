"""Customers over the API: found, read and written down, their facts page by page, told by user id."""

import pytest

from rapport.accounts.models import AuditEntry
from rapport.api.tests.conftest import Let, Program, problem_of
from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.events.queries import newest_facts
from tests.cast import Tell, identify, message, track

pytestmark = pytest.mark.django_db


def test_everybody_comes_page_by_page(program: Program, cast: dict[str, Customer]) -> None:
    seen, cursor = [], None
    while True:
        page = program.get("/customers", limit=1, **({"cursor": cursor} if cursor else {})).json()
        seen += page["data"]
        assert len(page["data"]) == 1
        if not (cursor := page["next"]):
            break
    assert [one["user_id"] for one in seen] == ["bob", "ana", "chen", "mia"]
    assert seen[0] == {"id": cast["bob"].id, "user_id": "bob", "name": "Bob Kowalski", "email": "bob@example.com", "phone": None}


def test_a_search_and_an_identifier_find_the_same(program: Program, cast: dict[str, Customer]) -> None:
    assert [one["user_id"] for one in program.get("/customers", q="kowal").json()["data"]] == ["bob"]
    assert [one["user_id"] for one in program.get("/customers", kind="email", value="BOB@example.com").json()["data"]] == ["bob"]
    assert program.get("/customers", kind="user_id", value="nobody").json() == {"data": [], "next": None}
    assert problem_of(program.get("/customers", kind="email"), 422)["field"] == "value"


def test_a_profile_tells_what_is_known_and_that_it_was_read(program: Program, bob: Customer) -> None:
    told = program.get(f"/customers/{bob.id}").json()
    assert (told["id"], told["user_id"], told["traits"]["city"]) == (bob.id, "bob", "Omaha")
    assert {"kind": "email", "value": "bob@example.com"} in told["identifiers"]
    entry = AuditEntry.objects.get(deed="customers.read")
    assert (entry.subject, entry.by) == (f"customer {bob.id}", f"token {program.name}")
    program.get("/customers", q="bob")
    assert AuditEntry.objects.filter(deed="customers.read").latest("id").facts["ids"] == [bob.id]


def test_nobody_is_a_problem(program: Program) -> None:
    assert problem_of(program.get("/customers/4711"), 404)["field"] == "customer_id"
    problem_of(program.get("/customers/4711/facts"), 404)
    for wrong in ("0", "-1", "x", "2147483648", "9" * 400, "1.5", "%00"):
        assert problem_of(program.get(f"/customers/{wrong}"), 422)["field"] == "customer_id"


def test_one_who_was_joined_with_another_is_read_there(program: Program, tell: Tell, bob: Customer) -> None:
    tell(identify("bobby", days_ago=5, first_name="Bobby"))
    other = customers.find("user_id", "bobby")
    tell(message("alias", "bob", 1, previousId="bobby"))
    assert other is not None
    assert program.get(f"/customers/{other.id}").json()["id"] == customers.root_of(other.id)


def test_facts_come_newest_first_and_none_is_left_out_between_pages(program: Program, tell: Tell, bob: Customer) -> None:
    tell(*(track("bob", "Store Visited", days_ago=1, number=number) for number in range(3)))  # all of one moment
    whole = program.get(f"/customers/{bob.id}/facts").json()
    assert whole["next"] is None
    assert len(whole["data"]) == 9
    assert (whole["data"][0]["event"], whole["data"][0]["source"]) == ("Store Visited", "till")
    assert [one["time"] for one in whole["data"]] == sorted((one["time"] for one in whole["data"]), reverse=True)
    pieces, cursor = [], None
    while True:
        page = program.get(f"/customers/{bob.id}/facts", limit=2, **({"cursor": cursor} if cursor else {})).json()
        pieces += page["data"]
        if not (cursor := page["next"]):
            break
    assert pieces == whole["data"]
    assert [fact.id for fact in newest_facts([bob.id], before=None, limit=3)] == [one["id"] for one in whole["data"][:3]]


def test_who_somebody_is_can_be_told(program: Program) -> None:
    said = {"user_id": "eve", "traits": {"email": "eve@example.com", "points": 12.5, "vip": True}, "message_id": "m-1"}
    told = program.post("/customers", said).json()
    eve = customers.find("user_id", "eve")
    assert eve is not None
    assert told == {"id": eve.id, "user_id": "eve", "repeated": False}
    assert program.get(f"/customers/{eve.id}").json()["traits"] == {"email": "eve@example.com", "points": 12.5, "vip": True}
    assert program.post("/customers", said).json() == {**told, "repeated": True}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "user_id"), ({"user_id": ""}, "user_id"), ({"user_id": 7}, "user_id"), ({"user_id": "x" * 256}, "user_id"),
        ({"user_id": "x", "traits": []}, "traits"), ({"user_id": "x", "extra": 1}, "extra"), ({"user_id": "x\0"}, "user_id"),
        ({"user_id": "x", "timestamp": "yesterday"}, "timestamp"),
        ({"user_id": "x", "traits": {"note": "4111 1111 1111 1111"}}, "traits.note"),
    ],
)  # fmt: skip
def test_what_nobody_can_be_is_a_problem_with_its_field(program: Program, said: object, field: str) -> None:
    assert problem_of(program.post("/customers", said), 422)["field"] == field
    assert not Customer.objects.exists()


def test_a_cursor_is_ours_or_refused(program: Program, let: Let) -> None:
    for cursor in ("x", "MTcuMTc", "é", "", "====", "A" * 101, "LTE"):
        answer = program.get("/customers", cursor=cursor)
        assert answer.status_code in (200, 422), answer.content
        if cursor != "LTE":  # -1: before everybody
            assert problem_of(answer, 422)["field"] == "cursor"
