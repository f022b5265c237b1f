"""Facts that change more than their own table: who is whom, who agreed, which addresses are dead, loads taken back, rates found."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import msgspec

from rapport.customers import events as names
from rapport.customers import queries as customers
from rapport.lib.arrow import pa
from rapport.warehouse.schema import HOUSE_TABLES, Columns, name

CHANNEL_MAX, PURPOSE_MAX, ADDRESS_MAX = 31, 63, 254  # as the record cuts them
PAGE = 50_000
_decode = msgspec.json.Decoder()
ARROW = {"INTEGER": pa.int32(), "BIGINT": pa.int64(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "TIMESTAMP": pa.timestamp("us")}


@dataclass
class Driven:
    """What the facts of a pass ask for beyond their own rows."""

    consents: list[tuple[Any, ...]] = field(default_factory=list)
    suppressions: list[tuple[Any, ...]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)  # customers whose standing or alias may have changed
    taken_back: set[int] = field(default_factory=set)  # loads
    rated: set[int] = field(default_factory=set)  # facts


@dataclass(frozen=True)
class Told:
    """One driving fact."""

    name: str
    event_id: int
    customer_id: int | None
    time_us: int
    load_id: int | None
    values: dict[str, Any]


def follow(told: Iterable[tuple[str, int, int | None, int, int | None, bytes]]) -> Driven:
    """Read the driving facts of a pass: (name, event_id, customer_id, time_us, load_id, body)."""
    driven = Driven()
    for kind, event_id, customer_id, time_us, load_id, body in told:
        values = _decode.decode(body)
        FOLLOWED[kind](driven, Told(kind, event_id, customer_id, time_us, load_id, values if isinstance(values, dict) else {}))
    return driven


def _consent(driven: Driven, told: Told) -> None:
    channel = told.values.get("channel") or ("email" if told.name == names.UNSUBSCRIBED else None)
    purpose = told.values.get("purpose") or "marketing"
    if told.customer_id is not None and isinstance(channel, str) and isinstance(purpose, str):
        given = told.name == names.CONSENT_GIVEN
        driven.consents.append(
            (told.customer_id, channel[:CHANNEL_MAX], purpose[:PURPOSE_MAX], told.time_us, given, told.event_id, told.load_id)
        )


def _suppression(driven: Driven, told: Told) -> None:
    channel, address = str(told.values.get("channel") or "email"), str(told.values.get("address") or "").lower()
    if address:
        suppressed = told.name == names.ADDRESS_SUPPRESSED
        driven.suppressions.append((channel[:CHANNEL_MAX], address[:ADDRESS_MAX], told.time_us, suppressed, told.event_id, told.load_id))


def _standing(driven: Driven, told: Told) -> None:
    driven.touched.update(one for one in (told.values.get(side) for side in ("from", "into", "customer")) if isinstance(one, int))


def _take_back(driven: Driven, told: Told) -> None:
    if isinstance(load_id := told.values.get("load_id"), int):
        driven.taken_back.add(load_id)


def _rate(driven: Driven, told: Told) -> None:
    driven.rated.update(one for one in told.values.get("event_ids") or () if isinstance(one, int))


FOLLOWED: dict[str, Callable[[Driven, Told], None]] = {
    **dict.fromkeys(names.CONSENT_FACTS, _consent),
    names.ADDRESS_SUPPRESSED: _suppression,
    names.SUPPRESSION_LIFTED: _suppression,
    names.CUSTOMERS_JOINED: _standing,
    names.CUSTOMERS_PARTED: _standing,
    names.CUSTOMER_ERASED: _standing,
    names.LOAD_TAKEN_BACK: _take_back,
    names.RATE_APPLIED: _rate,
}


# What they ask for, done in the transaction of the pass


def take_back(lake: duckdb.DuckDBPyConnection, load_ids: set[int], tables: dict[str, Columns]) -> None:
    """Drop every row that came by these loads."""
    numbers = ", ".join(map(str, sorted(load_ids)))  # of ours; for a bound value DuckDB would load pandas
    for table, columns in tables.items():
        if "load_id" in columns:
            lake.execute(f"DELETE FROM w.{name(table)} WHERE load_id IN ({numbers})")


def keep_words(lake: duckdb.DuckDBPyConnection, driven: Driven) -> None:
    """Keep consents and suppressions; each stays with its own time, the newest before a moment is read later."""
    consents = [row for row in driven.consents if row[-1] not in driven.taken_back]
    suppressions = [row for row in driven.suppressions if row[-1] not in driven.taken_back]
    insert_rows(lake, "consents", sorted(consents, key=lambda row: (row[0], row[3], row[5])))
    insert_rows(lake, "suppressions", sorted(suppressions, key=lambda row: (row[1], row[2], row[4])))


def keep_known(lake: duckdb.DuckDBPyConnection, pass_rows: str) -> None:
    """Ask the record which of the pass's customers, not yet known here, are known by more than an anonymous id."""
    fresh = lake.execute(
        f"SELECT DISTINCT customer_id FROM {pass_rows}"
        " WHERE customer_id IS NOT NULL AND customer_id NOT IN (SELECT customer_id FROM w.known)"
    ).fetchall()
    known = customers.known_among(sorted(row[0] for row in fresh))
    insert_rows(lake, "known", [(one,) for one in sorted(known)])


def renew_standing(lake: duckdb.DuckDBPyConnection, touched: Sequence[int]) -> None:
    """Whether these customers are known, and whom they are aliases of, as the record has it now; and of those joined with them."""
    if not touched:
        return
    lake.register("touched", pa.table({"customer_id": pa.array(sorted(touched), pa.int32())}))
    family = lake.execute(
        "SELECT customer_id FROM touched"
        " UNION SELECT root_id FROM w.aliases WHERE customer_id IN (SELECT customer_id FROM touched)"
        " UNION SELECT customer_id FROM w.aliases WHERE root_id IN (SELECT customer_id FROM touched)"
    ).fetchall()
    _renew(lake, sorted(row[0] for row in family))
    lake.unregister("touched")


def renew_everybody(lake: duckdb.DuckDBPyConnection) -> None:
    """After a load is taken back: who it had made known or joined is not any more."""
    everybody = lake.execute(
        "SELECT customer_id FROM w.known UNION SELECT customer_id FROM w.aliases UNION SELECT root_id FROM w.aliases ORDER BY 1"
    ).fetchall()
    _renew(lake, [row[0] for row in everybody])


def _renew(lake: duckdb.DuckDBPyConnection, ids: Sequence[int]) -> None:
    """Set `known` and `aliases` of these ids to what the record says; rows that are right already stay as they are."""
    says: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE]
        says["known"] += [(one,) for one in sorted(customers.known_among(page))]
        says["aliases"] += sorted(customers.aliases_among(page).items())
    lake.register("asked", pa.table({"customer_id": pa.array(ids, pa.int32())}))
    for table in ("known", "aliases"):
        columns = list(HOUSE_TABLES[table])
        lake.register("said", _arrow(table, says[table]))
        same = " AND ".join(f"said.{column} = w.{table}.{column}" for column in columns)
        lake.execute(
            f"DELETE FROM w.{table} WHERE customer_id IN (SELECT customer_id FROM asked) AND NOT EXISTS (SELECT 1 FROM said WHERE {same})"
        )
        lake.execute(f"INSERT INTO w.{table} SELECT * FROM said WHERE NOT EXISTS (SELECT 1 FROM w.{table} WHERE {same})")
        lake.unregister("said")
    lake.unregister("asked")


def insert_rows(lake: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Plain tuples into one of the house's own tables."""
    if rows:
        lake.register("fresh_rows", _arrow(table, rows))
        lake.execute(f"INSERT INTO w.{name(table)} SELECT * FROM fresh_rows")
        lake.unregister("fresh_rows")


def _arrow(table: str, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns = HOUSE_TABLES[table]
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pa.table({column: pa.array(of, ARROW[kind]) for (column, kind), of in zip(columns.items(), values, strict=True)})
