"""Facts over the API: a list is taken in at once, one bad message spoils no other, and each counts once."""

import json
from pathlib import Path

import pytest

from rapport.api.tests.conftest import Program, problem_of
from rapport.customers import queries as customers
from rapport.events.models import Event
from rapport.intake.models import Reject

pytestmark = pytest.mark.django_db
VISIT = {"type": "track", "userId": "bob", "event": "Store Visited", "messageId": "v-1", "properties": {"branch": "Omaha"}}


def test_one_message_or_a_list_of_them(program: Program) -> None:
    assert program.post("/facts", VISIT).json() == {"accepted": 1, "repeated": 0, "rejected": 0, "refused": []}
    again = [VISIT, {**VISIT, "messageId": "v-2"}, {**VISIT, "messageId": "v-2"}]
    assert program.post("/facts", again).json() == {"accepted": 1, "repeated": 2, "rejected": 0, "refused": []}
    assert Event.objects.count() == 2
    bob = customers.find("user_id", "bob")
    assert bob is not None
    assert program.get(f"/customers/{bob.id}/facts").json()["data"][0]["source"] == f"api {program.name}"


def test_a_bad_message_is_named_and_spoils_no_other(program: Program) -> None:
    large = {**VISIT, "messageId": "v-4", "properties": {"note": "x" * 40_000}}
    told = program.post("/facts", [VISIT, 7, {"type": "dance", "messageId": "v-3"}, large, {**VISIT, "messageId": "v-5"}]).json()
    assert (told["accepted"], told["rejected"]) == (2, 3)
    assert [(no["index"], no["message_id"], no["field"]) for no in told["refused"]] == [(1, "", ""), (2, "v-3", "type"), (3, "", "")]
    assert Event.objects.count() == 2
    assert Reject.objects.count() == 3


def test_a_thousand_is_the_most(program: Program) -> None:
    assert program.post("/facts", [{**VISIT, "messageId": f"m-{number}"} for number in range(1000)]).json()["accepted"] == 1000
    problem_of(program.post("/facts", [VISIT] * 1001), 413)
    problem_of(program.post("/facts", b"[" + b" " * 2_000_001 + b"]"), 413)
    assert program.post("/facts", []).json()["accepted"] == 0


HOSTILE = [
    b'"\\ud800"',
    b"1e400",
    b"9" * 5000,
    b"-" + b"9" * 30,
    b'"\\u0000"',
    b"[" * 3000 + b"]" * 3000,
    b"NaN",
    b'"\xff"',
    b"1e-400",
    str(2**64).encode(),
    str(-(2**70)).encode(),
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:12].decode("latin-1"))
def test_hostile_values_harm_nothing(lake: Path, program: Program, value: bytes) -> None:
    """Alone, in a list, and where a body has a shape: taken or refused, never a fault of ours; and what was taken can be read."""
    fact = json.dumps(VISIT).encode().replace(b'"Omaha"', value)
    for body in (value, fact, b"[" + fact + b"]", b"[" + fact + b"," + json.dumps({**VISIT, "messageId": "v-9"}).encode() + b"]"):
        answer = program.post("/facts", body)
        if answer.status_code != 200:
            assert answer.status_code in (400, 422)
            problem_of(answer, answer.status_code)
    for path, body in (
        ("/customers", b'{"user_id": "eve", "traits": {"x": ' + value + b"}}"),
        ("/customers", b'{"user_id": ' + value + b"}"),
        ("/rules/count", b'{"rule": ' + value + b"}"),
        ("/rules/count", b'{"rule": {"trait": "x", "op": "=", "value": ' + value + b"}}"),
        ("/rules/evidence", b'{"rule": "everyone", "customer": ' + value + b"}"),
        ("/segments", b'{"name": ' + value + b', "rule": "everyone"}'),
        ("/segments", value),
    ):
        answer = program.post(path, body)
        assert answer.status_code in (200, 400, 422), (path, answer.content)
        if answer.status_code != 200:
            problem_of(answer, answer.status_code)
    for who in customers.search(""):
        assert program.get(f"/customers/{who.id}").status_code == 200
        assert program.get(f"/customers/{who.id}/facts").status_code == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400), (b"", {}, 400), (b"\xef\xbb\xbf{}", {}, 400), ("{}".encode("utf-16"), {}, 400),
        (b"{}", {"content_type": "text/plain"}, 415), (b"{}", {"content_type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"content_type": "application/json; charset=latin-1"}, 415), (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b'{"a": 1, "a": 2}', {}, 400),
    ],
)  # fmt: skip
def test_what_is_no_json_is_a_problem(program: Program, body: bytes, headers: dict[str, str], status: int) -> None:
    for path in ("/rules/count", "/segments", "/customers", "/facts"):
        if path == "/facts" and status == 400 and body.startswith(b'{"a"'):
            continue  # read as at the other doors: the last of two stands
        answer = program.post(path, body, **headers)
        problem_of(answer, 422 if body == b"" and path != "/facts" else status)


def test_a_place_is_told_where_the_body_is_no_json(program: Program) -> None:
    told = problem_of(program.post("/rules/count", b'{"rule":\n "everyone",}'), 400)
    assert (told["line"], told["column"]) == (2, 13)
    told = problem_of(program.post("/facts", b'{"type": "track",,}'), 400)
    assert (told["line"], told["column"]) == (1, 18)
