"""Files stay few, and nobody who is asking notices."""

import time
from pathlib import Path

import pytest

from rapport.warehouse import actions, engine, queries, upkeep
from rapport.warehouse.tests.conftest import Write, load_all, rows

ORDER = {"order_id": "o", "products": [{"sku": "a"}, {"sku": "b"}]}
FILES = "SELECT file_count FROM ducklake_table_info('w') WHERE table_name = 'order_completed__products'"

GONE = "SELECT count(*), count(delete_file) FROM ducklake_list_files('w', 'order_completed')"


def test_files_stay_few_and_rows_stay_the_same(write: Write) -> None:
    for _ in range(upkeep.FILES_PER_TIER + 2):
        write("Order Completed", ORDER, customer_id=2)
        write("Order Completed", ORDER, customer_id=1)
        load_all()
    before = rows("SELECT * FROM order_completed__products ORDER BY ALL")
    assert rows(FILES)[0][0] > upkeep.FILES_PER_TIER
    assert actions.tidy().tables_merged >= 2
    assert rows(FILES) == [(1,)]
    assert rows("SELECT * FROM order_completed__products ORDER BY ALL") == before
    order = [row[0] for row in rows("SELECT customer_id FROM order_completed__products")]
    assert order == sorted(order)
    assert all(table.equal for table in actions.verify())


def test_a_reader_of_an_earlier_moment_keeps_its_rows_while_files_are_merged(write: Write) -> None:
    for _ in range(upkeep.FILES_PER_TIER):
        write("Order Completed", ORDER)
        load_all()
    with queries.reader() as reader:
        assert reader.mark.facts == upkeep.FILES_PER_TIER
        write("Order Completed", ORDER)
        load_all()
        assert actions.tidy().tables_merged >= 2
        for table, count in (("order_completed", upkeep.FILES_PER_TIER), ("order_completed__products", 2 * upkeep.FILES_PER_TIER)):
            assert reader.connection.execute(f"SELECT count(*), count(event_id) FROM {table}").fetchall() == [(count, count)]


def test_ducklakes_own_merging_is_never_called() -> None:
    """It makes open readers count 0 rows: see the reason at the head of upkeep.py. So does nothing else of its rewriting."""
    room = Path(upkeep.__file__).parent
    calls = ["merge_adjacent" + "_files", "rewrite_data" + "_files", "CHECK" + "POINT", "flush_inlined" + "_data"]
    assert [(path.name, call) for path in room.rglob("*.py") for call in calls if call in path.read_text()] == []


def test_what_nobody_reads_any_more_is_removed(write: Write, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(upkeep.FILES_PER_TIER):
        write("Order Completed", ORDER)
        load_all()
    actions.tidy()
    assert files_of(lake) > upkeep.FILES_PER_TIER  # old ones are kept for those who still read
    orphan = engine.home().folder / "files" / "main" / "order_completed" / "orphan.parquet"
    orphan.write_bytes(b"of a pass that was killed")
    actions.tidy()
    assert orphan.exists()  # perhaps of a pass that still runs
    monkeypatch.setattr(upkeep, "QUERY_SECONDS_MAX", 0)
    monkeypatch.setattr(upkeep, "ORPHAN_SECONDS", 0)
    time.sleep(0.01)
    done = actions.tidy()
    assert done.snapshots_expired > upkeep.FILES_PER_TIER
    assert not orphan.exists()
    assert files_of(lake) == 3  # the watermark, the orders, their lines
    assert rows("SELECT count(*) FROM order_completed__products") == [(2 * upkeep.FILES_PER_TIER,)]


def files_of(lake: Path) -> int:
    return sum(1 for _ in lake.rglob("*.parquet"))


def test_many_deletions_are_written_out_of_the_files(write: Write) -> None:
    for number in range(upkeep.DELETE_FILES_MAX + 1):
        write("Order Completed", ORDER, ORDER, load_id=number)
        load_all()
    with engine.writing() as lake:
        lake.execute("DELETE FROM order_completed WHERE event_id % 2 = 0")
    assert rows(GONE) == [(5, 5)]
    before = rows("SELECT * FROM order_completed ORDER BY ALL")
    actions.tidy()
    assert rows(GONE) == [(1, 0)]
    assert rows("SELECT * FROM order_completed ORDER BY ALL") == before


def test_what_killed_processes_left_is_removed(write: Write, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("Order Completed", ORDER)
    load_all()
    spill = engine.spill_folder() / "999999999-1"
    spill.mkdir(parents=True)
    half_built = engine.new_home()
    actions.tidy()
    assert not spill.exists()
    assert half_built.folder.exists()  # perhaps a reader is still inside
    monkeypatch.setattr(upkeep, "QUERY_SECONDS_MAX", 0)
    time.sleep(0.01)
    actions.tidy()
    assert not half_built.folder.exists()
    assert rows("SELECT count(*) FROM order_completed") == [(1,)]
