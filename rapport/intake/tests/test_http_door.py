"""What clients of the Segment spec send, as they send it, and what they are told."""

import base64
import gzip
import json

import pytest
from django.db import OperationalError
from django.test import Client

from rapport.events.models import Event
from rapport.intake import keys, views
from rapport.intake.models import Reject

pytestmark = pytest.mark.django_db


@pytest.fixture
def key():
    keys.forget()
    return keys.make_key("shop").key


def basic(key):
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def post(path, body, *, headers=None, content_type="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(path, data, content_type=content_type, headers=headers or {})


FACT = {"event": "Product Viewed", "userId": "bob", "messageId": "m1"}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", ""])
def test_any_content_type_with_a_json_body(key, content_type):
    assert post("/v1/track", FACT, headers=basic(key), content_type=content_type).json() == {"success": True}
    assert Event.objects.get().message_id == "m1"


def test_the_key_may_stand_in_the_body(key):
    assert post("/v1/track", {**FACT, "writeKey": key}).status_code == 200
    assert post("/v1/batch", {"batch": [{**FACT, "type": "track", "messageId": "m2"}], "writeKey": key}).status_code == 200
    assert Event.objects.count() == 2


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic ???"}, {"Authorization": "Basic " + base64.b64encode(b"no:").decode()}])
def test_without_a_good_key_nothing_gets_in(key, headers):
    assert post("/v1/track", FACT, headers=headers).status_code == 401
    assert Event.objects.count() == 0


def test_a_revoked_key_opens_nothing(key):
    keys.revoke_key(key)
    assert post("/v1/track", FACT, headers=basic(key)).status_code == 401


def test_gzip_with_one_bad_fact_in_a_hundred(key):
    batch = [{**FACT, "type": "track", "messageId": f"m{n}"} for n in range(99)] + [{"type": "trakc"}]
    body = gzip.compress(json.dumps({"batch": batch}).encode())
    answer = post("/v1/batch", body, headers={**basic(key), "Content-Encoding": "gzip"})
    assert answer.status_code == 200 and len(answer.json()["rejected"]) == 1
    assert (Event.objects.count(), Reject.objects.count()) == (99, 1)


def test_a_fact_over_32_kb_is_set_aside_alone(key):
    big = {**FACT, "type": "track", "messageId": "big", "properties": {"text": "x" * 33_000}}
    answer = post("/v1/batch", {"batch": [big, {**FACT, "type": "track"}]}, headers=basic(key))
    assert answer.status_code == 200 and answer.json()["rejected"][0]["messageId"] == "big"
    assert Event.objects.get().message_id == "m1" and Reject.objects.get().message_id == "big"


def test_only_size_and_broken_json_refuse_a_whole_batch(key):
    assert post("/v1/batch", b'{"batch": [', headers=basic(key)).status_code == 400
    assert post("/v1/batch", b"x" * 1_000_001, headers=basic(key)).status_code == 413
    bomb = gzip.compress(b" " * 5_000_000)
    assert post("/v1/batch", bomb, headers={**basic(key), "Content-Encoding": "gzip"}).status_code == 413
    assert post("/v1/batch", {"batch": [[], 3, None, {"type": "track"}]}, headers=basic(key)).status_code == 200


def test_a_context_of_the_batch_is_that_of_each_fact(key):
    batch = [{**FACT, "type": "track", "context": {"page": 1}}]
    post("/v1/batch", {"batch": batch, "context": {"ip": "203.0.113.7"}}, headers=basic(key))
    assert json.loads(Event.objects.get().payload)["context"] == {"ip": "203.0.113.7", "page": 1}


def test_pages_of_other_sites_may_send(key):
    answer = Client().options("/v1/batch", headers={"Origin": "https://shop.example"})
    assert answer.status_code == 204 and answer["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in answer["Access-Control-Allow-Headers"]


def test_too_busy_is_429_with_a_time_to_come_again(key, monkeypatch):
    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(views, "receive", locked)
    answer = post("/v1/track", FACT, headers=basic(key))
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0


def test_no_seat_left_is_429(key, monkeypatch):
    for _ in range(views.WAITING_MAX):
        views._seats.acquire()
    try:
        assert post("/v1/track", FACT, headers=basic(key)).status_code == 429
    finally:
        for _ in range(views.WAITING_MAX):
            views._seats.release()
    assert post("/v1/track", FACT, headers=basic(key)).status_code == 200
