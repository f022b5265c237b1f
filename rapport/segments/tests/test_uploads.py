"""Lists of people: found by whatever they are known by, what nobody is known by set aside, joined ids kept in."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from rapport.accounts.models import AuditEntry
from rapport.customers import queries as customers
from rapport.intake.actions import receive
from rapport.lib.refusals import Refusal
from rapport.segments import queries
from rapport.segments.actions import delete_list, delete_segment, save_segment, upload_list
from rapport.segments.errors import NameTaken
from rapport.segments.tests.cases.world import identify
from rapport.segments.uploads import PAGE, Progress

pytestmark = pytest.mark.django_db
ME = "mo@company.example"
ROWS = 6_000  # more than one page


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.REJECT_DIR = tmp_path / "rejects"
    return tmp_path


@pytest.fixture
def known() -> dict[str, int]:
    """Some customers, by user id."""
    return told(
        identify("ana", "2026-01-01T00:00:00Z", email="Ana@Example.com", phone="+351 912 345 678"),
        identify("bob", "2026-01-01T00:00:00Z", membership_number="M-7"),
        identify("x@y.example", "2026-01-01T00:00:00Z"),
    )


def told(*facts: dict[str, Any]) -> dict[str, int]:
    receive([{"messageId": f"m{number}", **fact} for number, fact in enumerate(facts)], source_id=None)
    found = {fact["userId"]: customers.find("user_id", fact["userId"]) for fact in facts}
    return {name: one.id for name, one in found.items() if one is not None}


def written(folder: Path, text: str | bytes, name: str = "list.csv") -> Path:
    path = folder / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def people(name: str) -> set[int]:
    return set(queries.people_of_list(queries.list_named(name)))


def rejects(name: str) -> list[tuple[str, str, str]]:
    path = queries.list_named(name).reject_file
    return [(row["line"], row["reason"], row["identifier"]) for row in csv.DictReader(Path(path).open())] if path else []


def test_each_line_is_whatever_somebody_is_known_by(known: dict[str, int]) -> None:
    kept = upload_list(
        " VIPs ", ["ana", "ana@EXAMPLE.com ", "+351 912-345-678", "00351912345678", "M-7", "x@y.example", "", "nobody"], by=ME
    )
    assert (kept.name, kept.rows, kept.known, kept.unknown) == ("VIPs", 7, 6, 1)
    assert people("VIPs") == set(known.values())
    assert rejects("VIPs") == [("8", "nobody is known by this", "nobody")]
    assert AuditEntry.objects.get(deed="segments.upload_list").facts["people"] == 3


def test_a_kind_that_is_named_is_the_only_one_looked_for(known: dict[str, int]) -> None:
    assert upload_list("VIPs", ["ana", "M-7"], by=ME, kind="membership_number").known == 1
    assert people("VIPs") == {known["bob"]}
    with pytest.raises(Refusal, match="Nobody is known by"):
        upload_list("VIPs", ["ana"], by=ME, kind="shoe_size")


FILES = [
    ("ana\nbob\n", "list.txt", "ana bob"),
    ("User ID\nana\nbob\n", "list.csv", "ana bob"),
    ("name;E-Mail;Membership Number\nA;ana@example.com;\nB;;M-7\nC;ana@example.com;M-7\n", "list.csv", "bob"),  # the strongest column
    ('\ufeffemail,note\nana@example.com,"a, b"\n', "list.csv", "ana"),
    ("user_id\r\nana\r\nbob\r\n", "list.csv.gz", "ana bob"),
]


@pytest.mark.parametrize(("text", "name", "who"), FILES)
def test_a_file_is_read_as_it_comes(text: str, name: str, who: str, known: dict[str, int], folder: Path) -> None:
    upload_list("VIPs", written(folder, text, name), by=ME)
    assert people("VIPs") == {known[one] for one in who.split()}


def test_a_column_can_be_named(known: dict[str, int], folder: Path) -> None:
    path = written(folder, "who,what\nana,1\nbob,2\n")
    with pytest.raises(Refusal, match="Which column of list.csv holds the identifiers"):
        upload_list("VIPs", path, by=ME)
    with pytest.raises(Refusal, match='has no column "whoo"') as refusal:
        upload_list("VIPs", path, by=ME, column="whoo")
    assert refusal.value.mend == 'Did you mean "who"?'
    assert upload_list("VIPs", path, by=ME, column="who").known == 2


def test_thousands_of_lines_of_which_a_third_is_unknown(folder: Path) -> None:
    """Doubled, blank and badly encoded ones among them; a question a page, never one a line."""
    every_third = ROWS // 3
    ids = told(*(identify(f"c{number}", "2026-01-01T00:00:00Z") for number in range(ROWS - every_third)))
    lines = [f"c{number}".encode() for number in range(ROWS - every_third)] + [f"u{number}".encode() for number in range(every_third)]
    lines[100:100] = [b"", b"   ", b"c1", b"c1", b"caf\xe9", b'"c2"', b'"c3', b"x" * 300]
    steps: list[Progress] = []
    with CaptureQueriesContext(
        connection,
    ) as asked:
        kept = upload_list("Third", written(folder, b"user_id\n" + b"\n".join(lines)), by=ME, watch=steps.append)
    assert (kept.rows, kept.known, kept.unknown) == (ROWS + 6, ROWS - every_third + 3, every_third + 3)
    assert people("Third") == set(ids.values())
    reasons = [reason for _, reason, _ in rejects("Third")]
    assert len(reasons) == every_third + 3
    assert {reason.split(";")[0] for reason in reasons} == {
        "nobody is known by this",
        "not text of the file's encoding",
        "a quote is not closed, or stands inside a cell without being doubled",
        "longer than 255 letters",
    }
    assert len(steps) == (ROWS + 6) // PAGE + 1
    assert (steps[-1].rows, steps[-1].unknown, steps[-1].share) == (kept.rows, kept.unknown, 1.0)
    assert len(asked) < 2 * len(steps) + 10


def test_a_list_can_be_replaced_and_what_rules_mean_follows(known: dict[str, int]) -> None:
    first = upload_list("VIPs", ["ana", "nobody"], by=ME)
    ask = queries.vocabulary().lists
    assert set(ask["VIPs"]()) == {known["ana"]}
    again = upload_list("VIPs", ["bob"], by="ana@company.example")
    assert (again.id, again.by, again.unknown) == (first.id, "ana@company.example", 0)
    assert set(queries.vocabulary().lists["VIPs"]()) == {known["bob"]}
    assert not Path(first.reject_file).exists()
    with pytest.raises(NameTaken, match="Another list"):
        upload_list("VIPs", ["ana"], by=ME, new=True)


def test_a_list_that_says_nothing_is_refused_and_leaves_nothing(folder: Path) -> None:
    for said in ([], ["", "  "], written(folder, "user_id\n\n")):
        with pytest.raises(Refusal, match="no identifier"):
            upload_list("VIPs", said, by=ME)
    with pytest.raises(Refusal, match="There is no file"):
        upload_list("VIPs", folder / "missing.csv", by=ME)
    assert not queries.lists()
    assert not list(folder.glob("rejects/*"))


def test_a_list_a_segment_names_is_not_taken_away(known: dict[str, int]) -> None:
    kept = upload_list("VIPs", ["ana", "nobody"], by=ME)
    save_segment("Guests", 'everyone BUT NOT in list "VIPs"', by=ME)
    with pytest.raises(Refusal, match='cannot be deleted: "Guests" names it'):
        delete_list("VIPs", by=ME)
    delete_segment("Guests", by=ME)
    delete_list("VIPs", by=ME)
    assert not queries.vocabulary().lists
    assert not Path(kept.reject_file).exists()
    with pytest.raises(Refusal, match='No list is called "VIPs"'):
        delete_list("VIPs", by=ME)


def test_a_rule_that_names_no_list_there_is_is_refused() -> None:
    with pytest.raises(Refusal, match='No list is called "VIPs"'):
        save_segment("Guests", 'in list "VIPs"', by=ME)


def test_the_command_says_how_many_were_found(known: dict[str, int], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(folder, "ana\nana\nnobody\n"))
    call_command("segment", "upload", path, "--name", "VIPs 2025", "--json")
    found = json.loads(capsys.readouterr().out)
    assert Path(found.pop("reject_file")).is_file()
    assert found == {"name": "VIPs 2025", "people": 1, "rows": 3, "known": 2, "unknown": 1}
    call_command("segment", "upload", path, "--name", "VIPs 2025")
    assert capsys.readouterr().out.startswith('"VIPs 2025": 1 people by 2 of 3 lines. Ask: in list "VIPs 2025"')
    call_command("segment", "list")
    assert 'in list "VIPs 2025"  2 of 3 lines known' in capsys.readouterr().out
    call_command("segment", "delete", "VIPs 2025", "--uploaded")
    assert not queries.lists()
    with pytest.raises(Refusal, match="Under which name"):
        call_command("segment", "upload", path)
