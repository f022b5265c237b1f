"""One pass of the loader: the next stretch of the log, typed, with the driving facts followed and the watermark moved, in one commit."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import msgspec

from rapport.events import actions as log_actions
from rapport.events import queries as log
from rapport.events.catalogue import Catalogue
from rapport.events.queries import Row
from rapport.lib.arrow import pa
from rapport.lib.refusals import Refusal
from rapport.warehouse import driving, engine, extract, schema
from rapport.warehouse.engine import Home, Overtaken

LEARN_ROWS = 2_000  # a step of the catalogue: it holds the record's write lock that long
LAKES_REMEMBERED_MAX = 8
SLICE_ROWS = 500  # the first read of a pass; the next ones by the size the facts turn out to have
BATCH_ROWS = 4_096  # DuckDB shares a scan out among its threads by these
PASS_BYTES = 64_000_000  # of payload: an order may have 10,000 lines
_schemas: dict[Home, tuple["Mark", dict[str, schema.Columns]]] = {}  # the tables as this process left them, at which mark
_marks: dict[Home, "Mark"] = {}  # where this process last saw them: a lake may have moved on since, never back
_memory = threading.Lock()


@dataclass(frozen=True)
class Mark:
    """How far a lake has read the log."""

    tx: int
    event_id: int
    facts: int
    received_us: int

    @property
    def place(self) -> tuple[int, int]:
        return self.tx, self.event_id


class _Payload(msgspec.Struct):
    properties: msgspec.Raw = msgspec.Raw(b"")
    traits: msgspec.Raw = msgspec.Raw(b"")


ROW_TYPES: tuple[tuple[str, Any], ...] = (  # of a row of the log; None where the lake has no use for it
    ("tx", None),
    ("event_id", pa.int64()),
    ("message_id", None),
    ("event_type_id", pa.int32()),
    ("customer_id", pa.int32()),
    ("time_us", pa.int64()),
    ("received_us", None),
    ("source_id", None),
    ("load_id", pa.int32()),
    ("rate_e9", pa.int64()),
    ("payload", None),
)
_open = msgspec.json.Decoder(_Payload)
NOTHING = {b"", b"{}", b"null", b"[]"}


def read_mark(lake: duckdb.DuckDBPyConnection) -> Mark:
    rows = lake.execute("SELECT tx, event_id, facts, received_us FROM w.watermark").fetchall()
    assert len(rows) == 1, "one watermark a lake"
    return Mark(*rows[0])


def is_behind(lake: Home) -> bool:
    """Whether there is something to load, without asking the lake when it was we who loaded last."""
    with _memory:
        mark = _marks.get(lake)
    if mark is None:
        with engine.writer(lake) as writer:
            mark = read_mark(writer)
        _remember(lake, mark)
    if log.read_after(*mark.place, 1):
        return True
    if log.log_end() < mark.place:
        raise Refusal(
            "The warehouse has read further than the log reaches: the record was replaced by another.",
            mend="Run `rapport rebuild`: it makes the warehouse anew from the log.",
        )
    return False


def _remember(lake: Home, mark: Mark) -> None:
    with _memory:
        if len(_marks) > LAKES_REMEMBERED_MAX:
            _marks.clear()
        _marks[lake] = mark


def load(to: Home, rows_max: int) -> int:
    """Load at most `rows_max` facts, none the catalogue has not read; answers how many. The caller holds the lock."""
    with engine.writer(to) as lake:
        mark = read_mark(lake)
    _remember(to, mark)
    rows = _next_rows(mark, rows_max)
    learned = _learn_as_far(rows)
    rows = [row for row in rows if row[:2] <= learned]
    if rows:
        _load_rows(to, mark, rows)
    return len(rows)


def _next_rows(mark: Mark, rows_max: int) -> list[Row]:
    rows: list[Row] = []
    place, bytes_read, step = mark.place, 0, min(SLICE_ROWS, rows_max)
    while step > 0:
        read = log.read_after(*place, step)
        rows += read
        if len(read) < step:
            break
        place, bytes_read = rows[-1][:2], bytes_read + sum(len(row[10]) for row in read)
        room = (PASS_BYTES - bytes_read) * len(rows) // max(bytes_read, 1)
        step = min(rows_max - len(rows), room)
    return rows


def _learn_as_far(rows: Sequence[Row]) -> tuple[int, int]:
    """Let the catalogue read at least as far as these rows; answers how far it is."""
    learned = log_actions.learn(0)
    while rows and learned < rows[-1][:2]:
        before, learned = learned, log_actions.learn(LEARN_ROWS)
        if learned == before:
            break
    return learned


def _load_rows(to: Home, mark: Mark, rows: Sequence[Row]) -> None:
    catalogue = log.catalogue()
    bodies = [_body(row[10]) for row in rows]
    followed = {number: facts.name for number, facts in catalogue.by_id.items() if facts.name in driving.FOLLOWED}
    driven = driving.follow(
        (followed[row[3]], row[1], row[4], row[5], row[8], body) for row, body in zip(rows, bodies, strict=True) if row[3] in followed
    )
    with engine.writing(to) as lake:
        if read_mark(lake) != mark:
            raise Overtaken("Another loader has moved on since; nothing of this pass was kept.", mend="Ask again.")
        kinds = [catalogue.by_id[one] for one in sorted({row[3] for row in rows if row[4] is not None})]
        tables = schema.ensure(lake, kinds, _kept_schema(to, lake, mark))
        if driven.taken_back:
            driving.take_back(lake, driven.taken_back, tables)
        _insert(lake, catalogue, rows, bodies, driven.taken_back)
        driving.keep_words(lake, driven)
        driving.keep_known(lake, extract.REGISTERED)
        if driven.taken_back:
            driving.renew_everybody(lake)
        driving.renew_standing(lake, sorted(driven.touched))
        if driven.rated:
            _reload(lake, catalogue, tables, sorted(driven.rated))
        left = Mark(rows[-1][0], rows[-1][1], mark.facts + len(rows), max(mark.received_us, *(row[6] for row in rows)))
        figures = ", ".join(f"{column} = {figure:d}" for column, figure in asdict(left).items())
        lake.execute(f"UPDATE w.watermark SET {figures}")  # numbers of ours; for a bound value DuckDB would load pandas
    _remember(to, left)
    with _memory:
        _schemas[to] = left, tables


def _kept_schema(to: Home, lake: duckdb.DuckDBPyConnection, mark: Mark) -> dict[str, schema.Columns]:
    """What tables there are: as this process left them, unless its last transaction failed or another process has loaded since."""
    with _memory:
        left, kept = _schemas.pop(to, (None, {}))
    return kept if left == mark else schema.kept_tables(lake)


def _body(payload: str) -> bytes:
    """The JSON of a fact's properties, or of its traits."""
    opened = _open.decode(payload)
    properties = bytes(opened.properties)
    return bytes(opened.traits) or b"{}" if properties in NOTHING else properties


def _insert(
    lake: duckdb.DuckDBPyConnection, catalogue: Catalogue, rows: Sequence[Row], bodies: Sequence[bytes], taken_back: set[int]
) -> None:
    """Write facts to the tables of their kinds; leaves them registered for who asks for the pass's customers."""
    if taken_back:
        kept = [(row, body) for row, body in zip(rows, bodies, strict=True) if row[8] not in taken_back]
        rows, bodies = [row for row, _ in kept], [body for _, body in kept]
    columns = list(zip(*rows, strict=True)) or [()] * len(ROW_TYPES)
    arrays = {named: pa.array(columns[place], kind) for place, (named, kind) in enumerate(ROW_TYPES) if kind is not None}
    arrays["body"] = pa.array(bodies, pa.binary()).cast(pa.string())
    table = pa.table(arrays)
    lake.register(extract.REGISTERED, pa.Table.from_batches(table.to_batches(BATCH_ROWS), table.schema))
    for event_type_id in sorted({row[3] for row in rows if row[4] is not None}):
        extract.insert_facts(lake, catalogue.by_id[event_type_id])


def _reload(lake: duckdb.DuckDBPyConnection, catalogue: Catalogue, tables: dict[str, schema.Columns], event_ids: Sequence[int]) -> None:
    """Read facts that are in the lake already anew: their rate came after them."""
    facts = log.facts_by_id(event_ids)
    of_types = {fact.event_type_id for fact in facts.values()}
    there: set[int] = set()
    lake.register("asked", pa.table({"event_id": pa.array(event_ids, pa.int64())}))
    for event_type_id in sorted(of_types):
        for table in schema.tables_of(catalogue.by_id[event_type_id]).keys() & tables.keys():
            mine = f"FROM w.{schema.name(table)} WHERE event_id IN (SELECT event_id FROM asked)"
            there.update(row[0] for row in lake.execute(f"SELECT event_id {mine}").fetchall())
            lake.execute(f"DELETE {mine}")
    lake.unregister("asked")
    again = [fact for number, fact in sorted(facts.items()) if number in there]
    rows: Iterable[Row] = (
        (0, one.id, "", one.event_type_id, one.customer_id, one.time_us, one.received_us, one.source_id, one.load_id, one.rate_e9, "")
        for one in again
    )
    _insert(lake, catalogue, list(rows), [msgspec.json.encode(one.properties) for one in again], set())
