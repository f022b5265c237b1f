"""What watchers ask: is it well, and how is it doing. Both cost little, and neither is for strangers."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.events import queries as log
from rapport.events import reactions
from rapport.events.models import Event
from rapport.lib import schema
from rapport.lib.clock import now_us
from rapport.run import metrics
from tests.cast import Tell, identify, track
from tests.installation import Installation, free_port

TOKEN = "a-token-of-more-than-16"


@pytest.fixture(autouse=True)
def fresh() -> None:
    metrics.forget()


def figures(body: bytes) -> dict[str, float]:
    """Each figure by its name and labels."""
    found = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            found[sample.name + "".join(f":{value}" for value in sample.labels.values())] = sample.value
    return found


@pytest.mark.django_db
def test_health_is_one_small_query(client: Client) -> None:
    client.get("/healthz")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert len(asked) <= 2


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["older", "newer"])
def test_tables_of_another_version_are_unwell(client: Client, change: str) -> None:
    steps = MigrationRecorder(connection).migration_qs
    if change == "older":
        steps.filter(app="segments").delete()
    else:
        steps.create(app="segments", name="0999_tomorrow")
    assert client.get("/healthz").status_code == 503
    assert not schema.is_current()


def test_a_record_that_does_not_answer_is_unwell(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        raise DatabaseError("gone, with bob@example.com")

    monkeypatch.setattr(schema, "is_current", fail)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert b"bob" not in answer.content


def test_the_figures_are_those_of_the_record(lake: Path, tell: Tell, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    follower = reactions.Reaction("test", frozenset({"Till Rang"}), lambda facts: None)
    monkeypatch.setattr(reactions, "_register", {"test": follower})
    tell(identify("bob", days_ago=3, email="bob@example.com"), track("bob", "Till Rang", days_ago=1, n=1))
    Event.objects.update(received_us=now_us() - 5_000_000)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    found = figures(answer.content)
    assert found["rapport_figures_missing"] == 0
    assert found["rapport_facts_received_per_minute"] == 2
    assert found["rapport_customers_known"] == 1
    assert 4 < found["rapport_warehouse_lag_seconds"] < 60
    assert found["rapport_loads:waiting"] == 0
    assert found["rapport_refused_lately"] == 0
    assert found["rapport_schema_current"] == 1
    assert found["rapport_database_bytes"] > 10_000
    assert found["process_resident_memory_bytes"] > 10_000_000
    assert 4 < found["rapport_reaction_lag_seconds:test"] < 60
    reactions.run_reactions()
    assert reactions.lags() == {"test": 0.0}
    assert b"bob" not in answer.content


def test_for_some_seconds_the_same_answer_is_given(lake: Path, tell: Tell, client: Client) -> None:
    first = client.get("/metrics").content
    tell(identify("ana", days_ago=3, email="ana@example.com"))
    began = time.perf_counter()
    assert client.get("/metrics").content == first
    assert time.perf_counter() - began < 0.1


@pytest.mark.django_db
def test_from_elsewhere_a_token_is_needed(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "answer", lambda: b"# nothing\n")
    far: Any = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", **far).status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403, "a proxy on this machine"
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 403
    bearing = {"Authorization": "Bearer "}
    assert client.get("/metrics", headers=bearing, **far).status_code == 403, "no token is set, so none opens"
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", **far).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}, **far).status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, **far).status_code == 200


@pytest.mark.django_db
def test_lately_received_is_found_without_a_walk(tell: Tell) -> None:
    tell(*(track("bob", "Till Rang", days_ago=1, n=n) for n in range(300)))
    ids = list(Event.objects.order_by("id").values_list("id", flat=True))
    Event.objects.filter(id__lte=ids[199]).update(received_us=1_000)
    Event.objects.filter(id__gt=ids[199]).update(received_us=2_000)
    assert [log.received_since(us) for us in (2_001, 1_500)] == [0, 100]
    assert log.received_since(500) == 300
    with CaptureQueriesContext(connection) as asked:
        log.received_since(1_500)
    assert len(asked) < 70


@pytest.mark.django_db
def test_the_known_are_estimated_closely() -> None:
    Customer.objects.bulk_create([Customer(known=n % 4 != 0, created_us=1) for n in range(30_000)], batch_size=1_000)
    assert abs(customers.known_estimate() / customers.known_count() - 1) < 0.02


def test_the_real_server_answers_both(installation: Installation) -> None:
    port = free_port()
    installation.serve(port, "--no-worker")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
        assert json.load(answer) == {"status": "ok"}
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        found = figures(answer.read())
    assert found["rapport_figures_missing"] == 0
    assert found["rapport_facts"] == 0
