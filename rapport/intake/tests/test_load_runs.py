"""A load on its way: stopped, killed, resumed, refused to a second process, taken back, taken in whole or not at all."""

import multiprocessing
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from rapport.commerce import queries as commerce
from rapport.commerce.models import Order
from rapport.customers import queries as customers
from rapport.customers.models import Consent, Customer, Identifier
from rapport.events.models import Event
from rapport.intake import queries
from rapport.intake.actions import receive
from rapport.intake.files import running
from rapport.intake.files.actions import Options, load_of, resume_load, run_load, start_load, stop_load, take_back
from rapport.intake.models import LoadState
from rapport.intake.tests.loading import facts, in_rows, load, rejects, written
from rapport.lib.refusals import Refusal
from tests.installation import COMMAND, Installation

HEAD = "order_id,customer,time,amount\n"


def many_orders(folder: Path, count: int) -> Path:
    """Every tenth without a customer."""
    rows = (f"o{n},{'' if n % 10 == 0 else f'u{n % 97}'},2024-01-02,{n}\n" for n in range(1, count + 1))
    return written(folder, HEAD + "".join(rows), name="many.csv")


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(running, "BATCH_MESSAGES", 100)
    monkeypatch.setattr(running, "BATCH_ROWS", 100)
    monkeypatch.setattr(running, "BEAT_US", 0)


def after(calls: int):
    """Asks to stop after so many looks."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


@pytest.mark.django_db
def test_a_stopped_load_goes_on_where_it_was(tmp_path, small_batches):
    path = many_orders(tmp_path, 1_000)
    first = start_load(path, "orders", options=Options(currency="EUR"))
    with pytest.raises(Refusal, match=rf"Load {first.id} was stopped.*--resume {first.id}"):
        run_load(first.id, stopping=after(5))
    kept = load_of(first.id)
    assert kept.state == LoadState.STOPPED
    assert 0 < kept.counts["accepted"] == commerce.orders_count() < 900
    again = start_load(path, "orders", options=Options(currency="EUR"))
    assert again.id == first.id
    answer = run_load(again.id)
    assert in_rows(answer) == (1_000, 900 - kept.counts["accepted"], kept.counts["accepted"], 100)
    assert commerce.orders_count() == 900
    done = load_of(first.id)
    assert (done.state, done.counts["accepted"], done.counts["customers"], done.rows_done) == (LoadState.DONE, 900, 97, 1_000)
    assert len(rejects(answer)) == 100 == len(set(rejects(answer)))


@pytest.mark.django_db
def test_stop_by_its_number_and_resume(tmp_path, small_batches):
    load_id = start_load(many_orders(tmp_path, 500), "orders", options=Options(currency="EUR")).id
    stop_load(load_id)
    assert load_of(load_id).state == LoadState.STOPPED
    assert run_load(resume_load(load_id).id)["accepted"] == 450
    with pytest.raises(Refusal, match="is done"):
        resume_load(load_id)


@pytest.mark.django_db
def test_a_file_that_changed_does_not_go_on(tmp_path, small_batches):
    path = many_orders(tmp_path, 500)
    load_id = start_load(path, "orders", options=Options(currency="EUR")).id
    path.write_text(HEAD + "o1,ana,2024-01-02,5\n")
    with pytest.raises(Refusal, match="has changed"):
        run_load(load_id)
    assert load_of(load_id).state == LoadState.FAILED
    assert "has changed" in load_of(load_id).error
    assert commerce.orders_count() == 0


@pytest.mark.django_db
def test_progress_is_told_and_kept(tmp_path, small_batches):
    seen: list[running.Progress] = []
    run_load(start_load(many_orders(tmp_path, 1_000), "orders", options=Options(currency="EUR")).id, watch=seen.append)
    shares = [progress.share for progress in seen]
    assert shares == sorted(shares)
    assert (shares[-1], seen[-1].rows, seen[-1].rows_total, seen[-1].rejected) == (1.0, 1_000, 1_000, 100)
    assert seen[0].reading


@pytest.mark.django_db
def test_a_row_is_taken_whole_or_not_at_all(tmp_path):
    text = "user_id,city,consent_email,consent_source\nu1,Porto,yes,4111111111111111\nu2,Omaha,yes,form\n"
    answer = load(written(tmp_path, text), "customers")
    assert in_rows(answer) == (2, 1, 0, 1)
    assert customers.find("user_id", "u1") is None
    assert (answer["events"], len(facts("Identify"))) == (2, 1)


@pytest.mark.django_db
def test_the_first_rejects_stand_in_the_list_with_their_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "REJECTS_LISTED_MAX", 3)
    answer = load(many_orders(tmp_path, 100), "orders", currency="EUR")
    assert [reject.line for reject in queries.rejects(load_id=answer["load"])] == [31, 21, 11]
    assert list(answer["reasons"].values()) == [10]


@pytest.mark.django_db
def test_a_load_taken_back_leaves_nothing_and_can_be_loaded_again(tmp_path):
    text = "user_id,email,city,consent_email\nu1,a@example.com,Porto,yes\nu2,b@example.com,Omaha,\n"
    people = written(tmp_path, text, name="people.csv")
    before = load(people, "customers")
    orders = many_orders(tmp_path, 700)
    answer = load(orders, "orders", currency="EUR")
    assert take_back(answer["load"])["state"] == "taken_back"
    assert (Order.objects.count(), customers.known_count()) == (0, 2)
    assert not Event.objects.filter(load_id=answer["load"]).exists()
    assert facts("Load Taken Back")[0].properties == {"load_id": answer["load"]}
    take_back(before["load"])
    assert (Customer.objects.count(), Identifier.objects.count(), Consent.objects.count()) == (0, 0, 0)
    with pytest.raises(Refusal, match="taken back already"):
        take_back(before["load"])
    assert in_rows(load(orders, "orders", currency="EUR")) == (700, 630, 0, 70)
    assert in_rows(load(people, "customers")) == (2, 2, 0, 0)


@pytest.mark.django_db
def test_taking_back_leaves_what_others_told(tmp_path):
    told = [
        {"type": "identify", "userId": "u1", "timestamp": "2024-01-01", "traits": {"city": "Porto", "email": "a@example.com"}},
        {"type": "track", "event": "Consent Given", "userId": "u1", "timestamp": "2024-01-01", "properties": {"channel": "email"}},
        {
            "type": "track",
            "event": "Order Completed",
            "userId": "u1",
            "timestamp": "2024-01-01",
            "properties": {"order_id": "o1", "revenue": 5},
        },
        {"type": "track", "event": "Product Viewed", "anonymousId": "browser", "timestamp": "2024-01-01", "properties": {}},
    ]
    receive(told, source_id=None)
    loaded = [
        load(written(tmp_path, "user_id,city,consent_email,updated_at\nu1,Lisbon,no,2024-05-01\n", name="p.csv"), "customers"),
        load(written(tmp_path, HEAD + "o1,u1,2024-05-02,9\n", name="o.csv"), "orders"),
        load(
            written(
                tmp_path, '{"type": "identify", "userId": "u1", "anonymousId": "browser", "timestamp": "2024-05-03"}\n', name="e.jsonl"
            ),
            "events",
        ),
    ]
    u1 = customers.find("user_id", "u1")
    assert (commerce.order("o1").revenue_e6, customers.find("anonymous_id", "browser").id) == (9_000_000, u1.id)
    for answer in loaded:
        take_back(answer["load"])
    standing = customers.standing([("user_id", "u1")])["user_id", "u1"]
    assert (standing.traits["city"], standing.consents) == ("Porto", {"email": True})
    assert commerce.order("o1").revenue_e6 == 5_000_000
    assert customers.find("anonymous_id", "browser").id != u1.id


@pytest.mark.django_db
def test_taking_back_goes_on_after_a_death(tmp_path, monkeypatch):
    answer = load(many_orders(tmp_path, 1_200), "orders", currency="EUR")

    def die(facts_gone: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_back(answer["load"], watch=die)
    assert load_of(answer["load"]).state == LoadState.TAKING_BACK
    with pytest.raises(Refusal, match="being taken back.*--take-back"):
        load(tmp_path / "many.csv", "orders", currency="EUR")
    take_back(answer["load"])
    assert (Order.objects.count(), Customer.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_second_process_is_refused(tmp_path):
    load_id = start_load(many_orders(tmp_path, 10), "orders", options=Options(currency="EUR")).id
    from rapport.lib.locks import loop_lock

    held, go = multiprocessing.get_context("fork").Event(), multiprocessing.get_context("fork").Event()
    from django.db import connections

    connections.close_all()

    def hold() -> None:
        with loop_lock(f"load-{load_id}"):
            held.set()
            go.wait(20)
        os._exit(0)

    other = multiprocessing.get_context("fork").Process(target=hold)
    other.start()
    try:
        assert held.wait(20)
        with pytest.raises(Refusal, match=f"Load {load_id} is running in another process"):
            run_load(load_id)
        with pytest.raises(Refusal, match="is running.*--stop"):
            take_back(load_id)
    finally:
        go.set()
        other.join()
    assert run_load(load_id)["accepted"] == 9


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_command_killed_or_interrupted_goes_on_and_counts_once(tmp_path: Path, installation: Installation, number: int) -> None:
    path = many_orders(tmp_path, 30_000)
    words = ["load", str(path), "--as", "orders", "--currency", "EUR"]
    process = subprocess.Popen([*COMMAND, *words], env=installation.environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline and not _taken(installation):
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode, said
    taken = _taken(installation)
    assert 0 < taken < 27_000
    if number == signal.SIGINT:
        assert "was stopped" in said
    answer = installation.ask(*words)
    assert in_rows(answer) == (30_000, 27_000 - taken, taken, 3_000)
    assert len(rejects(answer)) == 3_000
    (counted,) = installation.rows("SELECT count(*), sum(revenue_e6) / 1000000 FROM commerce_order WHERE completed_us IS NOT NULL")
    assert counted == (27_000, sum(n for n in range(1, 30_001) if n % 10))


def _taken(installation: Installation) -> int:
    return int(installation.rows("SELECT count(*) FROM commerce_order")[0][0])
