"""Another engine reads the same files: those of the reader's moment, without the rows that are gone, with later columns unknown."""

import os
import socket
from typing import Any

import ibis
import pytest

from rapport.lib.refusals import Refusal
from rapport.warehouse import actions, engine, queries, spark_sessions
from rapport.warehouse.tests.conftest import Write, load_all

VISITED = ibis.table({"customer_id": "int32", "page": "string", "depth": "float64"}, name="visited")
PAGES = VISITED.select("page", "depth").order_by("page")


@pytest.fixture(autouse=True)
def sail(settings: Any) -> None:
    settings.ENGINE = "sail://local"


def pages(found: queries.Reader) -> list[tuple[str, float | None]]:
    return [(row["page"], row["depth"]) for row in found.ask(PAGES).to_pylist()]


def test_a_column_that_came_later_is_unknown_in_older_files(write: Write) -> None:
    write("Visited", {"page": "a"})
    load_all()
    write("Visited", {"page": "b", "depth": 2})
    load_all()
    assert queries.ask(pages) == [("a", None), ("b", 2.0)]


def test_rows_that_are_gone_are_not_counted(write: Write) -> None:
    write("Visited", {"page": "a", "depth": 1}, {"page": "b"})
    load_all()
    with engine.writing() as lake:
        lake.execute("DELETE FROM visited WHERE page = 'a'")
    with engine.reading() as cursor:
        gone = cursor.execute("SELECT count(delete_file) FROM ducklake_list_files('w', 'visited')").fetchall()
    assert gone == [(1,)], "the file stays, and another says which of its rows are gone"
    assert queries.ask(pages) == [("b", None)]
    whole = list((engine.home().folder / "whole").iterdir())
    assert len(whole) == 1 and queries.ask(pages) == [("b", None)]
    assert list((engine.home().folder / "whole").iterdir()) == whole, "it is written once"
    os.utime(whole[0], (0, 0))
    actions.tidy()
    assert not whole[0].exists(), "upkeep removes what nobody asks for any more"
    assert queries.ask(pages) == [("b", None)]


def test_a_reader_stays_in_its_moment_there_too(write: Write) -> None:
    write("Visited", {"page": "a", "depth": 1})
    load_all()
    with queries.reader() as found:
        assert pages(found) == [("a", 1.0)]
        write("Visited", {"page": "b"})
        load_all()
        assert found.ask(VISITED.aggregate(n=ibis._.count()))["n"].to_pylist() == [1]
    assert queries.ask(pages) == [("a", 1.0), ("b", None)]


def test_an_empty_table_has_no_rows(lake: object) -> None:
    known = ibis.table({"customer_id": "int32"}, name="known")
    assert queries.ask(lambda found: found.ask(known)).num_rows == 0
    assert queries.ask(lambda found: found.engine) == "sail"


def test_a_server_that_is_not_there_is_named_with_the_mend(lake: object, settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.ENGINE = f"sail://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(Refusal, match="nobody answers there.*RAPPORT_ENGINE=duckdb"):
            queries.ask(lambda found: found.ask(ibis.table({"customer_id": "int32"}, name="known")))


@pytest.mark.parametrize("text", ["", "abacus", "abacus://local", "spark", "spark://", "spark://host", "sail://local[2]", "duckdb://x"])
def test_what_is_no_engine_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="RAPPORT_ENGINE"):
        spark_sessions.place(text)


def test_a_missing_java_and_a_missing_package_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(Refusal, match="no Java"):
        spark_sessions.check_reachable(spark_sessions.place("spark://local"))
    monkeypatch.setitem(spark_sessions.PACKAGES, "sail", ("no_such_package",))
    with pytest.raises(Refusal, match="no_such_package.*rapport\\[spark\\]"):
        spark_sessions.check_reachable(spark_sessions.place("sail://local"))
