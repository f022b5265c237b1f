"""`rapport load` as it is typed: the answer for programs, the words for people, and trouble that is told."""

import errno
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from rapport.accounts.models import AuditEntry
from rapport.commerce import queries as commerce
from rapport.intake.files.actions import guess_kind, load_of, preview, run_waiting, standing_of, start_load
from rapport.intake.files.rejects import RejectFile, read_rejects
from rapport.intake.models import LoadState
from rapport.intake.tests.loading import load, written
from rapport.lib.refusals import Refusal

pytestmark = pytest.mark.django_db
ORDERS = "order_id,customer,time,amount\no1,ana,2024-01-02,5\no2,,2024-01-02,=1+1\n"
KEYS = [
    "rows", "accepted", "repeated", "rejected", "reject_file", "customers", "orders", "cancelled", "refunds", "refunds_unmatched", "events",
]  # fmt: skip


def typed(*words: str) -> tuple[str, str]:
    """Standard output and standard error of a command."""
    out, err = StringIO(), StringIO()
    call_command("load", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_answer_for_programs_is_one_json_object(tmp_path: Path) -> None:
    out, err = typed(str(written(tmp_path, ORDERS)), "--as", "orders", "--currency", "EUR", "--json")
    answer: dict[str, Any] = json.loads(out)
    assert list(answer)[: len(KEYS)] == KEYS
    assert [answer[name] for name in KEYS[:4]] == [2, 1, 0, 1]
    assert answer["seconds"] > 0
    assert err == ""
    assert AuditEntry.objects.get(deed="intake.load").subject == f"load {answer['load']}"


def test_the_answer_for_people_says_what_was_set_aside_and_why(tmp_path: Path) -> None:
    out, err = typed(str(written(tmp_path, ORDERS)), "--as", "orders")
    assert out == ""
    assert "2 rows" in err
    assert "1 x customer: no customer" in err
    reject_file = next(line.split(": ", 1)[1] for line in err.splitlines() if "  set aside: " in line)
    assert read_rejects(Path(reject_file), limit=10)[0]["amount"] == "'=1+1"


def test_several_files_are_added_up(tmp_path: Path) -> None:
    paths = [written(tmp_path, ORDERS.replace("o1", f"p{n}"), name=f"{n}.csv") for n in (1, 2)]
    answer = json.loads(typed(*map(str, paths), "--as", "orders", "--json")[0])
    assert (answer["rows"], answer["orders"], len(answer["reject_file"]), len(answer["files"])) == (4, 2, 2, 2)


def test_customers_without_consent_are_counted_aloud(tmp_path: Path) -> None:
    err = typed(str(written(tmp_path, "user_id\nu1\nu2\n")), "--as", "customers")[1]
    assert "2 customers may not be written to: the file gives no consent" in err


def test_loads_are_listed_stopped_and_taken_back(tmp_path: Path) -> None:
    load_id = json.loads(typed(str(written(tmp_path, ORDERS)), "--as", "orders", "--json")[0])["load"]
    (listed,) = json.loads(typed("--list", "--json")[0])["loads"]
    assert (listed["load"], listed["state"], listed["counts"]["accepted"]) == (load_id, "done", 1)
    assert json.loads(typed("--stop", str(load_id), "--json")[0])["state"] == "done"
    assert "taken back" in typed("--take-back", str(load_id))[1]
    assert "taken_back" in typed("--list")[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--map", "customer"], "--map FIELD=COLUMN"),
        (["--map", "customer=A", "--map", "customer=B"], "stands twice"),
        (["--map-value", "status=cancelled"], "--map-value FIELD:FROM=TO"),
        (["--currency", "EURO"], "no currency code"),
        (["--encoding", "klingon"], "no encoding"),
    ],
)
def test_words_that_are_off_are_refused_with_the_mend(tmp_path: Path, words: list[str], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        typed(str(written(tmp_path, ORDERS)), "--as", "orders", *words)


def test_a_file_without_a_kind_and_a_kind_without_a_file_are_refused(tmp_path: Path) -> None:
    for words in ([str(written(tmp_path, ORDERS))], ["--as", "orders"]):
        with pytest.raises(Refusal, match="rapport load PATH"):
            typed(*words)


def test_a_full_disk_leaves_nothing_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: RejectFile, troubles: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = written(tmp_path, ORDERS)
    with monkeypatch.context() as patch:
        patch.setattr(RejectFile, "append", full)
        with pytest.raises(OSError, match="No space left"):
            load(path, "orders")
    assert commerce.orders_count() == 0
    answer = load(path, "orders")
    assert (answer["accepted"], load_of(answer["load"]).state, load_of(answer["load"]).error) == (1, LoadState.DONE, "")


def test_a_load_whose_process_died_is_said_to_be_cut_short(tmp_path: Path) -> None:
    row = start_load(written(tmp_path, ORDERS), "orders")
    row.state = LoadState.RUNNING
    assert standing_of(row) == "cut short"


def test_the_worker_runs_what_a_page_handed_in(tmp_path: Path) -> None:
    row = start_load(written(tmp_path, ORDERS), "orders", by="mia@shop.example")
    assert run_waiting()
    assert load_of(row.id).state == LoadState.DONE
    assert not run_waiting()


def test_a_preview_loads_nothing_and_says_what_columns_would_be(tmp_path: Path) -> None:
    seen = preview(written(tmp_path, "InvoiceNo,CustomerID,InvoiceDate,Quantity,UnitPrice,Country\n1,2,2024-01-01,3,4,UK\n"), "orders")
    assert seen.suggested == {
        "order_id": "InvoiceNo", "customer": "CustomerID", "time": "InvoiceDate",
    }  # fmt: skip
    assert seen.refusal is not None
    assert "no column for customer" in str(seen.refusal)
    assert (seen.fields, seen.rows) == ({}, [["1", "2", "2024-01-01", "3", "4", "UK"]])
    assert commerce.orders_count() == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"type": "track"}\n', "events"),
        ("email,first_name,city\n", "customers"),
        ("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n", "orders"),
        ("customer_id,date,n_cds,amount_usd\n", "orders"),
        ("sku,name,price,stock\n", "products"),
        ("day,currency,rate\n", "rates"),
        ("address,channel,reason\n", "suppressions"),
        ("colour,size\n", ""),
    ],
)
def test_the_kind_of_a_file_is_guessed(tmp_path: Path, text: str, kind: str) -> None:
    assert guess_kind(written(tmp_path, text)) == kind
