"""Batches that wait for the record are written in one transaction; each sender gets the answer that is its own."""

import threading
import time
from typing import Any

import pytest
from django.db import connection, connections

from rapport.intake import together
from rapport.intake.actions import Receipt, receive
from rapport.intake.tests.loading import facts
from rapport.lib.locks import writing

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_SECONDS = 20


def viewed(message_id: str, who: str = "bob", **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Shelf Viewed", "userId": who, "messageId": message_id, "properties": {"shelf": message_id}} | more


def sent_at_once(*batches: list[dict[str, Any]]) -> list[Receipt | Exception]:
    """Each batch from a thread of its own; all of them wait before the first is written."""
    answers: list[Receipt | Exception] = [AssertionError("no answer")] * len(batches)

    def send(place: int) -> None:
        try:
            answers[place] = receive(batches[place], source_id=None)
        except Exception as trouble:  # noqa: BLE001  it is what the test looks at
            answers[place] = trouble
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(place,)) for place in range(len(batches))]
    with writing():
        for number, thread in enumerate(threads, 1):
            thread.start()
            deadline = time.monotonic() + WAIT_SECONDS
            while connection.vendor == "sqlite" and len(together._waiting) < number and time.monotonic() < deadline:
                time.sleep(0.01)
    for thread in threads:
        thread.join(WAIT_SECONDS)
    return answers


def test_each_sender_is_answered_for_its_own_batch():
    first, second = sent_at_once([viewed("a1"), viewed("a2")], [viewed("b1", "ann"), {"type": "track"}])
    assert isinstance(first, Receipt) and first.outcomes == ["accepted", "accepted"]
    assert isinstance(second, Receipt) and second.outcomes == ["accepted", "rejected"]
    assert second.refused[0].field == "event"
    assert len(facts("Shelf Viewed")) == 3


def test_a_fact_that_two_senders_bring_counts_once():
    answers = sent_at_once([viewed("same"), viewed("a1")], [viewed("same"), viewed("b1")], [viewed("c1")])
    outcomes = [answer.outcomes for answer in answers if isinstance(answer, Receipt)]
    assert sorted(outcome for some in outcomes for outcome in some) == ["accepted"] * 4 + ["repeated"]
    assert len(facts("Shelf Viewed")) == 4


def test_the_same_batch_again_is_repeated_beside_a_new_one():
    receive([viewed("old", "new customer")], source_id=None)
    again, fresh = sent_at_once([viewed("old", "new customer")], [viewed("new", "new customer")])
    assert isinstance(again, Receipt) and again.outcomes == ["repeated"]
    assert isinstance(fresh, Receipt) and fresh.outcomes == ["accepted"] and fresh.customer_ids
    assert len(facts("Shelf Viewed")) == 2


def test_a_batch_that_cannot_be_written_spoils_no_other(monkeypatch):
    from rapport.intake import actions

    real = actions._record

    def record(good: Any, *rest: Any, **options: Any) -> None:
        if "cursed" in good:
            raise RuntimeError("a fault of ours")
        real(good, *rest, **options)

    monkeypatch.setattr(actions, "_record", record)
    answers = sent_at_once([viewed("a1")], [viewed("cursed")], [viewed("c1")])
    assert [type(answer).__name__ for answer in answers] == ["Receipt", "RuntimeError", "Receipt"]
    assert len(facts("Shelf Viewed")) == 2


def test_more_than_one_transaction_holds_are_written_one_after_the_other(monkeypatch):
    monkeypatch.setattr(together, "FACTS_MAX", 2)
    answers = sent_at_once(*[[viewed(f"{sender}-{number}") for number in range(3)] for sender in range(3)])
    assert all(isinstance(answer, Receipt) and answer.accepted == 3 for answer in answers)
    assert len(facts("Shelf Viewed")) == 9
