"""Event files: the Segment spec's messages, one a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from rapport.intake.tests.loading import facts, in_rows, load, rejects, written
from rapport.lib.clock import from_us
from rapport.lib.refusals import Refusal

pytestmark = pytest.mark.django_db


def events(folder: Path, *lines: object, name: str = "events.jsonl", **options: Any) -> dict:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return load(written(folder, text + "\n", name=name), "events", **options)


def feedback(who: str, score: int, **more: object) -> dict:
    return {
        "type": "track",
        "event": "Feedback Given",
        "userId": who,
        "timestamp": "2011-05-01T10:00:00Z",
        "properties": {"score": score},
        **more,
    }


def test_lines_are_messages_and_bad_ones_are_set_aside(tmp_path):
    answer = events(
        tmp_path, feedback("ana", 1), "{not json", "[1]", "", {"type": "track", "userId": "ana"}, feedback("bob", 5), name="events.jsonl.gz"
    )  # fmt: skip
    assert in_rows(answer) == (5, 2, 0, 3)
    assert [line.split(",")[0] for line in rejects(answer)] == ["2", "3", "5"]
    assert (answer["customers"], answer["events"]) == (2, 2)


def test_lines_without_a_message_id_count_each_and_once(tmp_path):
    lines = [feedback("ana", 1), feedback("ana", 1), feedback("ana", 2)]
    assert in_rows(events(tmp_path, *lines)) == (3, 3, 0, 0)
    assert in_rows(events(tmp_path, *lines)) == (3, 0, 3, 0)
    assert in_rows(events(tmp_path, *lines, feedback("ana", 1), name="more.jsonl")) == (4, 1, 3, 0)
    assert len(facts("Feedback Given")) == 4


def test_a_message_id_is_known_again(tmp_path):
    assert in_rows(events(tmp_path, feedback("ana", 1, messageId="m1"), feedback("ana", 3, messageId="m1"))) == (2, 1, 1, 0)


def test_the_files_own_times_stand(tmp_path):
    sent = {"sentAt": "2011-05-01T12:00:00Z", "originalTimestamp": "2011-05-01T11:00:00Z", "receivedAt": "2011-05-01T12:00:10Z"}
    naive = feedback("ana", 3) | {"timestamp": "2011-05-01T10:00:00"}
    archived = feedback("ana", 2) | sent | {"timestamp": None}
    events(tmp_path, feedback("ana", 1, **sent), archived, naive, timezone="America/New_York")
    assert [from_us(fact.time_us).strftime("%H:%M:%S") for fact in facts("Feedback Given")] == ["10:00:00", "11:00:10", "14:00:00"]


def test_orders_come_as_events_too(tmp_path):
    properties = {"order_id": "o1", "revenue": 5}
    line = {"type": "track", "event": "Order Completed", "userId": "ana", "timestamp": "2024-01-02T00:00:00Z", "properties": properties}
    assert events(tmp_path, line)["orders"] == 1


@pytest.mark.parametrize(("text", "words"), [("[{}]", "one JSON list"), ("user_id,city\n1,2\n", "no JSON lines.*--as customers")])
def test_files_of_another_kind_are_refused(tmp_path, text, words):
    with pytest.raises(Refusal, match=words):
        load(written(tmp_path, text), "events")
