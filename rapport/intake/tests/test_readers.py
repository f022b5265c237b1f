"""Files of every make are read; what cannot be read costs one line, and says which and why."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from rapport.intake.files.columnar import Columnar
from rapport.intake.files.delimited import Delimited
from rapport.intake.files.jsonlines import JsonLines
from rapport.intake.files.opening import look_at
from rapport.intake.files.rows import Row, Table, Trouble
from rapport.intake.files.spreadsheets import harmless, original
from rapport.intake.tests.loading import written
from rapport.lib.arrow import pa
from rapport.lib.refusals import Refusal


def read(table: Table) -> tuple[list[Row], list[Trouble]]:
    items = [item for chunk in table.chunks() for item in chunk]
    return [item for item in items if not isinstance(item, Trouble)], [item for item in items if isinstance(item, Trouble)]


def csv(folder: Path, text: str, *, encoding: str = "utf-8", asked: str = "", name: str = "file.csv") -> Delimited:
    return Delimited(look_at(written(folder, text, encoding=encoding, name=name)), encoding=asked)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    table = csv(tmp_path, delimiter.join(["user_id", '"name, first; last"', "city"]) + "\n" + delimiter.join(["1", "Ana", "Porto"]) + "\n")
    assert table.header == ["user_id", "name, first; last", "city"]
    assert read(table) == ([(2, ["1", "Ana", "Porto"])], [])


def test_a_first_line_may_name_the_delimiter_as_excel_does(tmp_path: Path) -> None:
    assert read(csv(tmp_path, "sep=;\na;b,c\n1;2,5\n"))[0] == [(3, ["1", "2,5"])]


@pytest.mark.parametrize(
    ("encoding", "asked"), [("utf-8-sig", ""), ("utf-16", ""), ("utf-32", ""), ("utf-16-le", "utf-16-le"), ("cp1252", "cp1252")]
)
def test_encodings_by_mark_or_by_word(tmp_path: Path, encoding: str, asked: str) -> None:
    table = csv(tmp_path, "näme,city\r\nJosé,Köln\r\n", encoding=encoding, asked=asked)
    assert table.header == ["näme", "city"]
    assert read(table) == ([(2, ["José", "Köln"])], [])


def test_a_line_of_another_encoding_is_set_aside_with_its_byte(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_bytes("name,city\nJosé,Köln\n".encode() + "Zoë,Bern\n".encode("cp1252") + b"Ana,Porto\n")
    rows, troubles = read(Delimited(look_at(path)))
    assert [line for line, _ in rows] == [2, 4]
    assert troubles[0].line == 3
    assert "--encoding" in troubles[0].reason
    assert troubles[0].field == "byte 0xeb at position 3 is not UTF-8"


def test_column_names_of_another_encoding_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="line 1.*0xe4.*--encoding cp1252"):
        csv(tmp_path, "näme,city\n1,2\n", encoding="cp1252")


def test_utf_16_without_its_mark_is_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="every other byte is zero.*--encoding utf-16-le"):
        csv(tmp_path, "name,city\nAna,Porto\n", encoding="utf-16-le")


def test_quoted_cells_may_hold_line_breaks_and_doubled_quotes(tmp_path: Path) -> None:
    rows, troubles = read(csv(tmp_path, 'a,b\n1,"two\nlines, and a ""quote"""\n3,4\n'))
    assert rows == [(2, ["1", 'two\nlines, and a "quote"']), (4, ["3", "4"])]
    assert not troubles


def test_a_missing_quote_costs_one_line(tmp_path: Path) -> None:
    text = "id,name,city\n" + "".join(f"{n},Ana,Porto\n" for n in range(200))
    rows, troubles = read(csv(tmp_path, text.replace("7,Ana,", '7,"Ana,', 1)))
    assert [trouble.line for trouble in troubles] == [9]
    assert troubles[0].field == "name"
    assert "quote" in troubles[0].reason
    assert len(rows) == 199


@pytest.mark.parametrize(
    "bad",
    ['2,"Bob,5', '2,"Bob" Smith,5', '2,"Bo"b",5', '"2,Bob,5', '2,Bob,"5'],
    ids=["unclosed", "behind the quote", "inside", "first cell", "last cell"],
)
def test_what_stands_below_a_broken_line_is_kept(tmp_path: Path, bad: str) -> None:
    rows, troubles = read(csv(tmp_path, f'id,name,n\n1,"Ana",4\n{bad}\n3,"Chen",6\n4,Mia,7\n'))
    assert [cells[0] for _, cells in rows] == ["1", "3", "4"]
    assert [trouble.line for trouble in troubles] == [3]


def test_a_file_of_nothing_but_broken_quotes_is_read_in_reasonable_time(tmp_path: Path) -> None:
    rows, troubles = read(csv(tmp_path, "id,name\n" + '1,"5" pipe\n' * 20_000))
    assert (len(rows), len(troubles)) == (0, 20_000)


def test_rows_too_long_or_too_short_are_set_aside_and_empty_lines_are_none(tmp_path: Path) -> None:
    rows, troubles = read(csv(tmp_path, "a,b\n1,2\n\n1,2,3\n1\n,\n5,6"))
    assert rows == [(2, ["1", "2"]), (6, ["", ""]), (7, ["5", "6"])]
    assert [(trouble.line, trouble.reason.split()[0]) for trouble in troubles] == [(4, "more"), (5, "fewer")]


def test_a_nul_character_is_set_aside(tmp_path: Path) -> None:
    rows, troubles = read(csv(tmp_path, "a,b\n1,x\0y\n3,4\n"))
    assert (rows, troubles[0].reason) == ([(3, ["3", "4"])], "holds a NUL character")


def test_lines_that_end_as_old_macs_wrote_them(tmp_path: Path) -> None:
    assert read(csv(tmp_path, "a,b\r1,2\r3,4\r"))[0] == [(2, ["1", "2"]), (3, ["3", "4"])]


def test_gz_is_unpacked_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "packed.csv"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read(Delimited(look_at(path)))[0] == [(2, ["1", "2"])]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\x1f\x8b\x08\x00broken", "damaged gz"),
        (b"\n\n\n", "first line .* is empty"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    with pytest.raises(Refusal, match=words):
        Delimited(look_at(path))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="There is no file"):
        look_at(tmp_path / "none.csv")
    with pytest.raises(Refusal, match="is a folder"):
        look_at(tmp_path)


def test_parquet_values_are_the_text_a_csv_would_hold(tmp_path: Path) -> None:
    table = pa.table(
        {
            "whole": pa.array([17850.0, None]),
            "price": pa.array([2.55, float("nan")]),
            "tiny": pa.array([1e-7, 1e21]),
            "short": pa.array([2.55, None], pa.float32()),
            "count": pa.array([6, None]),
            "exact": pa.array([Decimal("12.50"), None], pa.decimal128(9, 2)),
            "day": pa.array([date(2011, 12, 1), None]),
            "at": pa.array([datetime(2010, 12, 1, 8, 26), None], pa.timestamp("ns")),
            "there": pa.array([datetime(2010, 12, 1, 8, 26, 1, 500_000, tzinfo=UTC), None], pa.timestamp("us", tz="Europe/London")),
            "yes": pa.array([True, None]),
            "word": pa.array(["a", None]).dictionary_encode(),
            "list": pa.array([[1, 2], None]),
        }
    )
    pq.write_table(table, tmp_path / "file.parquet")
    rows, _ = read(Columnar(look_at(tmp_path / "file.parquet")))
    told = "17850 2.55 0.0000001 2.55 6 12.50 2011-12-01 2010-12-01_08:26:00 2010-12-01_08:26:01.5Z true a [1,_2]".replace(
        "_", "\u00a0"
    ).split(" ")
    assert rows[0] == (1, [cell.replace("\u00a0", " ") for cell in told])
    assert rows[1] == (2, ["", "", "1000000000000000000000", *[""] * 9])


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 100)
    with pytest.raises(Refusal, match="damaged Parquet"):
        Columnar(look_at(path))


def test_json_lines_and_their_places_among_equal_lines(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeff{"a":1}\n\n{"a":2}\n{"a":1}\n  {"a":1}  \n', name="events.jsonl.gz")
    table = JsonLines(look_at(path))
    rows, _ = read(table)
    assert [line for line, _ in rows] == [1, 3, 4, 5]
    assert table.places_among_equals(tmp_path / "scratch.duckdb") == {4: 2, 5: 3}


def test_a_json_list_is_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="one JSON list.*jq"):
        JsonLines(look_at(written(tmp_path, '[{"a": 1}]', name="events.json")))


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "'=1", "plain", "", "'quoted'", "O'Brien"])
def test_risky_cells_are_written_harmless_and_read_as_they_were(cell: str) -> None:
    assert original(harmless(cell)) == cell
    assert not harmless(cell).startswith(("=", "@", "\t"))


@pytest.mark.parametrize("cell", ["-5", "+33 1 23 45", "-1,234.50", "+1"])
def test_plain_numbers_keep_their_looks(cell: str) -> None:
    assert harmless(cell) == cell
