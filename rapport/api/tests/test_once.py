"""A write is done once for each key, however often it is sent, at once or after a kill; and its answer is the same each time."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from rapport.api import once
from rapport.api.actions import KEPT_HOURS, TIDIED_MAX, tidy_answers
from rapport.api.models import KeptAnswer
from rapport.api.routes import customers as customer_routes
from rapport.api.tests.conftest import Let, Program, problem_of
from rapport.customers.models import Customer
from rapport.events.models import Event
from rapport.lib import locks
from rapport.lib.clock import HOUR_US, now_us
from rapport.segments.models import Segment

AT_ONCE = 100
VISIT = {"type": "track", "userId": "bob", "event": "Store Visited"}  # without an id: sent twice, it would count twice


def at_once(count: int, send: Any) -> list[Any]:
    """What `send(number)` answers in so many threads that all begin together."""
    ready, answers = threading.Barrier(count), [None] * count

    def one(number: int) -> None:
        try:
            ready.wait()
            answers[number] = send(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_a_hundred_equal_requests_at_once_are_one_effect_and_a_hundred_equal_answers(program: Program) -> None:
    answers = at_once(AT_ONCE, lambda _: program.post("/facts", VISIT, key="the-same"))
    assert Counter((answer.status_code, answer.content) for answer in answers) == {(200, answers[0].content): AT_ONCE}
    assert sum(once.REPLAYED in answer.headers for answer in answers) == AT_ONCE - 1
    assert Event.objects.count() == 1
    assert KeptAnswer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_hundred_equal_refusals_are_equal_too(program: Program) -> None:
    answers = at_once(AT_ONCE, lambda _: program.delete("/segments/17", key="the-same"))
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


@pytest.mark.django_db(transaction=True)
def test_different_requests_at_once_under_one_key_are_one_effect_and_problems(program: Program) -> None:
    answers = at_once(20, lambda number: program.post("/customers", {"user_id": f"u-{number}"}, key="the-same"))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_different_keys_at_once_that_bring_the_same_new_person_make_one(program: Program) -> None:
    answers = at_once(20, lambda number: program.post("/customers", {"user_id": "eve", "traits": {"n": number}}))
    assert Counter(answer.status_code for answer in answers) == {200: 20}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Customer.objects.count() == 1


def test_a_name_wanted_by_many_at_once_is_given_to_one(lake: Path, program: Program) -> None:
    answers = at_once(12, lambda number: program.post("/segments", {"name": f"S{number % 2}", "rule": "everyone"}))
    assert Counter(answer.status_code for answer in answers) == {201: 2, 409: 10}
    assert sorted(Segment.objects.values_list("name", flat=True)) == ["S0", "S1"]


@pytest.mark.django_db
def test_the_same_key_for_another_request_is_a_problem(program: Program) -> None:
    first = program.post("/customers", {"user_id": "eve"}, key="k")
    again = program.post("/customers", {"user_id": "eve"}, key="k")
    assert (again.status_code, again.content, again.headers["Content-Type"]) == (200, first.content, first.headers["Content-Type"])
    assert again.headers[once.REPLAYED] == "true"
    assert Event.objects.count() == 1
    assert problem_of(program.post("/customers", {"user_id": "mallory"}, key="k"), 409)["field"] == "Idempotency-Key"
    problem_of(program.post("/facts", {"user_id": "eve"}, key="k"), 409)
    problem_of(program.delete("/segments/1", key="k"), 409)
    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_a_refusal_is_kept_as_well(program: Program) -> None:
    first = program.delete("/segments/1", key="k")
    problem_of(first, 404)
    Segment.objects.create(id=1, name="Late", rule="everyone", created_us=0, updated_us=0)
    again = program.delete("/segments/1", key="k")
    assert (again.content, again.headers["Content-Type"]) == (first.content, first.headers["Content-Type"])
    assert Segment.objects.count() == 1
    assert program.delete("/segments/1", key="k2").status_code == 204
    assert program.delete("/segments/1", key="k2").status_code == 204


@pytest.mark.django_db
def test_a_key_belongs_to_its_token(let: Let) -> None:
    for program in (let(), let()):
        assert once.REPLAYED not in program.post("/facts", VISIT, key="k").headers
    assert Event.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
@pytest.mark.django_db
def test_a_key_is_asked_for(program: Program, key: str) -> None:
    told = program.post("/facts", VISIT, **{"Idempotency-Key": key})
    assert problem_of(told, 400)["field"] == "Idempotency-Key"
    assert program.post("/facts", VISIT, key="x" * 255).status_code == 200
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trouble", [RuntimeError("ours"), OperationalError("database is locked")])
def test_what_fails_leaves_nothing_and_may_be_sent_again(
    program: Program, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:  # fmt: skip
    """A fault after the effect, as a kill between effect and answer: neither is there, and the same key does it once."""

    def fails(*words: Any, **facts: Any) -> None:
        raise trouble

    monkeypatch.setattr(customer_routes, "write_down", fails)
    answer = program.post("/customers", {"user_id": "eve"}, key="k")
    problem_of(answer, 500 if isinstance(trouble, RuntimeError) else 429)
    assert not Event.objects.exists()
    assert not KeptAnswer.objects.exists()
    monkeypatch.undo()
    assert program.post("/customers", {"user_id": "eve"}, key="k").status_code == 200
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_answers_are_kept_for_a_day_and_tidied_away_in_batches(program: Program) -> None:
    program.post("/facts", VISIT, key="young")
    token = KeptAnswer.objects.get().token
    old = now_us() - KEPT_HOURS * HOUR_US - 1
    KeptAnswer.objects.bulk_create(
        KeptAnswer(token=token, key=f"old-{number}", fingerprint="", status=200, at_us=old) for number in range(TIDIED_MAX + 5)
    )
    assert [tidy_answers(), tidy_answers(), tidy_answers()] == [TIDIED_MAX, 5, 0]
    assert KeptAnswer.objects.get().key == "young"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_open_once_it_is_answered(program: Program) -> None:
    program.post("/facts", VISIT)
    assert not connection.in_atomic_block
    assert not locks._writing.locked()
