"""What a pass brings into the lake, and that a pass is all or nothing."""

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rapport.events import actions as log
from rapport.events import queries as log_queries
from rapport.events.models import Event
from rapport.lib.refusals import Refusal
from rapport.warehouse import actions, driving, engine, extract, loader, queries
from rapport.warehouse.tests.conftest import Write, load_all, rows

ORDER = {
    "order_id": "o1",
    "revenue": 30,
    "products": [{"sku": "a", "quantity": 1, "price": "10.00"}, {"sku": "b", "tags": ["x", "y"]}, "odd"],
}


def test_a_fact_becomes_a_row_and_its_lines_become_rows(write: Write) -> None:
    (number,) = write("Order Completed", ORDER, customer_id=7, load_id=3)
    assert load_all() == 1
    assert rows("SELECT customer_id, event_id, load_id, unrated, order_id, revenue::INTEGER FROM order_completed") == [
        (7, number, 3, False, "o1", 30)
    ]
    assert rows("SELECT customer_id, event_id, load_id, line, sku, price::INTEGER, tags FROM order_completed__products ORDER BY line") == [
        (7, number, 3, 0, "a", 10, None),
        (7, number, 3, 1, "b", None, ["x", "y"]),  # what is no thing in a list of things is no line
    ]
    assert queries.watermark() == log_queries.log_end()


def test_a_fact_of_nobody_moves_the_watermark_alone(write: Write) -> None:
    write("Order Completed", ORDER, customer_id=None)
    assert load_all() == 1
    assert "order_completed" not in queries.ask(lambda reader: reader.tables)
    assert queries.watermark() == log_queries.log_end()


def test_traits_are_the_columns_of_identify(write: Write) -> None:
    write("Identify", {"city": "Omaha", "address": {"floor": 3}}, {"city": None, "plan": "gold"}, key="traits")
    load_all()
    assert rows("SELECT city, address_floor, plan FROM identify ORDER BY event_id") == [("Omaha", 3.0, None), (None, None, "gold")]


def test_names_of_any_kind_find_their_values(write: Write) -> None:
    odd = {
        "a.b": 1,
        "x/y": 2,
        "t~u": 3,
        'q"r': 4,
        "it's": 5,
        "*": 6,
        "0": 7,
        "": 8,
        "value_0": 9,
        "rate_e9": 10,
        "v": 11,
        "ключ": 12,
        "Time": 13,
    }
    write("Odd Names", odd, {"a": {"b": 21, "0": 22}, "list": [{"c.d": 23, "7": 24}]})
    load_all()
    facts = log_queries.catalogue().event_types["Odd Names"].properties
    for name, value in odd.items():
        assert rows(f'SELECT "{facts[name].column}" FROM odd_names ORDER BY event_id')[0] == (value,), name
    assert rows(f'SELECT "{facts["a.b"].column}", "{facts["a.0"].column}" FROM odd_names ORDER BY event_id')[1] == (21, 22)
    assert rows(f'SELECT "{facts["list.c.d"].column}", "{facts["list.7"].column}" FROM odd_names__list') == [(23, 24)]


def test_a_new_property_widens_its_table(write: Write) -> None:
    write("Visited", {"page": "a"})
    load_all()
    write("Visited", {"page": "b", "depth": 4})
    load_all()
    assert rows("SELECT page, depth FROM visited ORDER BY event_id") == [("a", None), ("b", 4.0)]


def test_a_pass_is_bounded_in_facts_and_in_bytes(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("Visited", *({"page": "x" * 1000} for _ in range(50)))
    assert actions.load_pass(20) == 20
    monkeypatch.setattr(loader, "PASS_BYTES", 10_000)
    monkeypatch.setattr(loader, "SLICE_ROWS", 5)
    assert 5 <= actions.load_pass(20) < 15
    load_all()
    assert rows("SELECT count(DISTINCT event_id), count(*) FROM visited") == [(50, 50)]


def test_ten_thousand_properties_and_an_order_of_ten_thousand_lines(write: Write) -> None:
    write("Wide", {f"p{number}": number for number in range(10_000)})
    write("Order Completed", {"products": [{"sku": f"s{number}"} for number in range(10_000)]})
    load_all()
    assert rows("SELECT p0, p499 FROM wide") == [(0.0, 499.0)]
    assert rows("SELECT count(*), max(line), max(sku) FROM order_completed__products") == [(10_000, 9_999, "s9999")]


def test_a_pass_that_breaks_leaves_nothing_behind(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("Order Completed", ORDER)
    before = queries.watermark()

    def break_down(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(driving, "keep_known", break_down)  # the rows are written by then
        with pytest.raises(ZeroDivisionError):
            actions.load_pass()
    assert queries.watermark() == before
    assert "order_completed" not in queries.ask(lambda reader: reader.tables)
    assert load_all() == 1
    assert rows("SELECT count(*) FROM order_completed__products") == [(2,)]


@contextmanager
def another_process(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Instances of its own, as another process has them."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(engine, "_held", engine._Held())
        elsewhere.setattr(loader, "_schemas", {})
        yield
        engine.forget()


@pytest.mark.parametrize("moment", ["before the fence", "after it"])
def test_of_two_loaders_without_a_lock_one_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    write("Order Completed", ORDER, ORDER)
    load_all()
    write("Order Completed", *[ORDER] * 10)
    where = engine.home()
    meddled: list[bool] = []

    def meddle(call: Callable[..., Any]) -> Callable[..., Any]:
        def first(*words: Any, **more: Any) -> Any:
            if not meddled:
                meddled.append(True)
                with another_process(monkeypatch):
                    assert loader.load(where, 100) == 10
            return call(*words, **more)

        return first

    if moment == "before the fence":
        monkeypatch.setattr(loader, "_learn_as_far", meddle(loader._learn_as_far))
    else:
        monkeypatch.setattr(extract, "insert_facts", meddle(extract.insert_facts))
    with pytest.raises(engine.Overtaken):
        loader.load(where, 100)
    assert load_all() == 0
    assert rows("SELECT count(*), count(DISTINCT event_id) FROM order_completed") == [(12, 12)]
    assert rows("SELECT count(*) FROM order_completed__products") == [(24,)]


def test_two_processes_that_load_by_turns_know_each_other_s_tables(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("Visited", {"page": "a"})
    assert load_all() == 1
    write("Order Completed", ORDER)
    with another_process(monkeypatch):
        assert load_all() == 1
    write("Order Completed", {**ORDER, "till": 7})
    assert load_all() == 1
    assert rows("SELECT till FROM order_completed ORDER BY event_id") == [(None,), (7.0,)]


def test_a_record_replaced_by_a_shorter_one_is_refused(write: Write) -> None:
    numbers = write("Order Completed", ORDER, ORDER)
    load_all()
    log.take_away(numbers)
    with pytest.raises(Refusal) as refusal:
        actions.load_pass()
    assert "rapport rebuild" in refusal.value.mend


def test_a_property_that_changed_its_kind_asks_for_a_rebuild(write: Write) -> None:
    write("Visited", {"page": "a"})
    load_all()
    from rapport.events import catalogue
    from rapport.events.models import Property

    Property.objects.filter(path="page", event_type__name="Visited").update(kind="number")
    catalogue.forget()
    loader._schemas.clear()
    write("Visited", {"page": 3})
    with pytest.raises(Refusal) as refusal:
        actions.load_pass()
    assert '"visited"' in refusal.value.what
    assert "rapport rebuild" in refusal.value.mend
    actions.rebuild()
    assert rows("SELECT page FROM visited ORDER BY event_id") == [(None,), (3.0,)]


def test_catching_up_reads_all_that_was_there(write: Write) -> None:
    write("Visited", *({"page": "a"} for _ in range(30)))
    actions.catch_up(60)
    assert rows("SELECT count(*) FROM visited") == [(30,)]
    assert queries.lag().seconds == 0
    actions.catch_up(0)  # nothing new: no wait, no refusal
    write("Visited", {"page": "a"})
    assert queries.lag().seconds > 0
    assert Event.objects.count() == 31


def test_a_full_disk_is_said_plainly(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("Visited", {"page": "a"})

    def full(*_: Any) -> None:
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(driving, "keep_known", full)
        with pytest.raises(Refusal, match="No space left on device"):
            actions.load_pass()
    assert load_all() == 1


def test_a_folder_that_cannot_be_written_is_said_plainly(lake: Path, settings: Any) -> None:
    settings.LAKE_DIR = lake.parent / "file" / "lake"
    (lake.parent / "file").write_text("no folder")
    with pytest.raises(Refusal, match="could not be read or written"):
        queries.watermark()
