"""The naive way: a twentieth of the customers in PostgreSQL, a table for each kind of fact with plain indexes, a query a segment.

It bears no more, so its seconds count times twenty; ours answers for everybody and tells who is among those few.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.db import connection, transaction
from pyroaring import BitMap

from rapport.lib.clock import from_us
from rapport.run.bench.frame import Case, Tell
from rapport.run.bench.history import FACTS_A_CUSTOMER, SHARES
from rapport.run.bench.segments_conditions import Condition
from rapport.segments import queries as segments
from rapport.segments.nodes import And, ButNot, Or, Rule
from rapport.segments.text import rule_text
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import engine

PART = 20  # one customer in so many
SAMPLE = 10  # segments
RUNS = 3
TYPES = {"DOUBLE": "double precision", "DECIMAL(18,6)": "numeric(18, 6)", "VARCHAR": "text"}
TABLES = (*SHARES, "order_completed__products", "known", "aliases")
SETS = {And: "INTERSECT", Or: "UNION", ButNot: "EXCEPT"}
COUNTED = re.compile(r"^SELECT count\(\*\) FROM known", re.MULTILINE)
NEWEST = re.compile(r"arg_max\((\w+), \(time, event_id\)\)")


def case(
    rules: Mapping[str, Rule], known: Sequence[Condition], vocabulary: Vocabulary, moment_us: int, facts: int, goal: float, tell: Tell
) -> Case:
    """A sample of the segments. Who may receive is left out: its regular expression is DuckDB's own."""
    by_hand = {one.rule: _of_postgres(one.sql) for one in known if one.table != "may receive"}
    texts = {rule: _query(rule, by_hand) for rule in rules.values() if "may receive" not in rule_text(rule)}
    sample = list(texts)[:: len(texts) // SAMPLE][:SAMPLE]
    last = facts // FACTS_A_CUSTOMER // PART
    _copy(last)
    tell(f"  the facts of {last:,} customers copied to PostgreSQL")
    few = BitMap(range(1, last + 1))

    def ours() -> list[int]:
        return [len(found.root & few) for found in segments.answer_many(sample, vocabulary, moment_us)]

    def naive() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = naive")
            try:
                return [_count(cursor, texts[rule], moment_us) for rule in sample]
            finally:
                cursor.execute("SET search_path = DEFAULT")

    return Case(f"{SAMPLE} segments", ours, f"PostgreSQL, a query each, x {PART}", naive, goal, runs=RUNS, peer_part=1 / PART)


def _count(cursor: object, query: str, moment_us: int) -> int:
    cursor.execute(query, {"now": from_us(moment_us).replace(tzinfo=None)})  # type: ignore[attr-defined]
    return int(cursor.fetchone()[0])  # type: ignore[attr-defined]


def _query(rule: Rule, by_hand: Mapping[str, str]) -> str:
    return f"SELECT count(*) FROM ({_members(rule, by_hand)}) AS members"


def _members(rule: Rule, by_hand: Mapping[str, str]) -> str:
    if not isinstance(rule, And | Or | ButNot):
        return by_hand[rule_text(rule)]
    return f" {SETS[type(rule)]} ".join(f"({_members(child, by_hand)})" for child in rule.children)


def _of_postgres(query: str) -> str:
    """A query by hand that names the members, as PostgreSQL spells it."""
    query = NEWEST.sub(r"(array_agg(\1 ORDER BY time DESC, event_id DESC))[1]", COUNTED.sub("SELECT customer_id FROM known", query))
    for ours, theirs in (("%", "%%"), ("$now", "%(now)s::timestamp"), ("DECIMAL(38, 6)", "numeric(38, 6)")):
        query = query.replace(ours, theirs)
    return query


@transaction.atomic
def _copy(last: int) -> None:
    with connection.cursor() as cursor, engine.reading() as lake, tempfile.TemporaryDirectory() as folder:
        cursor.execute("DROP SCHEMA IF EXISTS naive CASCADE")
        cursor.execute("CREATE SCHEMA naive")
        for table in TABLES:
            columns = {row[0]: row[1] for row in lake.execute(f"DESCRIBE {table}").fetchall()}
            cursor.execute(f"CREATE TABLE naive.{table} ({', '.join(f'{name} {TYPES.get(kind, kind)}' for name, kind in columns.items())})")
            rows = Path(folder) / f"{table}.csv"
            lake.execute(f"COPY (FROM {table} WHERE customer_id <= {last:d}) TO '{rows}' (FORMAT csv, HEADER false)")
            with rows.open("rb") as source, cursor.copy(f"COPY naive.{table} FROM STDIN (FORMAT csv)") as target:
                while part := source.read(1 << 20):
                    target.write(part)
            rows.unlink()
            for column in ("customer_id", "time", "event_id"):
                if column in columns:
                    cursor.execute(f"CREATE INDEX ON naive.{table} ({column})")
            cursor.execute(f"ANALYZE naive.{table}")
