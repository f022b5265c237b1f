"""Which values a property or trait really has, and how often: what a page offers where a value may stand.

Counts are exact: facts for a property, people by their newest value for a trait. Each is asked of the lake once (one column is read) and
kept; what is kept is handed out while the lake is the same, and for FRESH_SECONDS when it has grown, so that typing never waits twice.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

import ibis
import ibis.expr.types as ir

from rapport.events.catalogue import IDENTIFY, Catalogue, PropertyFacts
from rapport.lib.clock import now_us
from rapport.segments.lake import CUSTOMER, Lake, Reader, lake_at
from rapport.segments.nodes import Value
from rapport.warehouse import queries as warehouse

VALUES_MAX = 2_000  # the most frequent; a rarer one is typed
NUMBERS_MAX = 50  # a number with more values than this is measured, not chosen
LENGTH_MAX = 200  # of a text that is offered
KEPT_MAX = 200  # properties whose values are kept
FRESH_SECONDS = 60
Asked: TypeAlias = tuple[str, str]  # a kind of fact and the path of its property


@dataclass(frozen=True)
class ValueCount:
    """A value as it stands in a rule, and how many facts or people have it."""

    value: Value
    count: int


@dataclass
class Values:
    """What was asked, kept for a process."""

    _kept: OrderedDict[Asked, tuple[object, float, list[ValueCount]]] = field(default_factory=OrderedDict)
    _gate: threading.Lock = field(default_factory=threading.Lock)  # one scan at a time: who types fast asks for one thing often

    def of(self, event: str, path: str, catalogue: Catalogue) -> list[ValueCount]:
        """The values of a property of a kind of fact (of a trait: of IDENTIFY), the most frequent first; none where it is no choice."""
        kind = catalogue.event_types.get(event)
        facts = None if kind is None else kind.properties.get(path)
        if facts is None or facts.kind not in ("text", "boolean", "number"):
            return []
        with self._gate:
            return warehouse.ask(lambda reader: self._of(reader, event, facts, catalogue))

    def _of(self, reader: Reader, event: str, facts: PropertyFacts, catalogue: Catalogue) -> list[ValueCount]:
        key, snapshot = (event, facts.path), getattr(reader, "snapshot", None)
        if key in self._kept:
            of, at, found = self._kept[key]
            if (snapshot is not None and of == snapshot) or time.monotonic() - at < FRESH_SECONDS:
                self._kept.move_to_end(key)
                return found
        found = _asked(lake_at(reader, now_us()), event, facts, catalogue)
        self._kept[key] = (snapshot, time.monotonic(), found)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return found

    def forget(self) -> None:
        with self._gate:
            self._kept.clear()


KEPT = Values()
ValuesOf: TypeAlias = Callable[[str, str], list[ValueCount]]


def _asked(lake: Lake, event: str, facts: PropertyFacts, catalogue: Catalogue) -> list[ValueCount]:
    rows = lake.rows(catalogue.event_types[event], list_path=facts.list_path)
    column = None if rows is None else rows.column(facts)
    if rows is None or column is None:
        return []
    if event == IDENTIFY and not facts.list_path:
        said = _of_known(lake, newest_of(lake, rows.table, column))
    else:
        said = rows.table.filter(column.notnull()).select(value=column, whose=rows.table.event_id)
    if facts.many:
        said = said.select(value=said.value.unnest(), whose=said.whose)
    alone = not facts.many and not facts.list_path  # a row stands for one fact, or one person
    count = ibis._.count() if alone else said.whose.nunique()
    counted = said.group_by("value").aggregate(n=count)
    if facts.kind == "text":
        counted = counted.filter(counted.value.length() <= LENGTH_MAX)
    found = lake.ask(counted.order_by([ibis.desc("n"), "value"]).limit(VALUES_MAX + 1)).to_pylist()
    if facts.kind == "number" and len(found) > NUMBERS_MAX:
        return []
    return [ValueCount(_plain(row["value"]), row["n"]) for row in found[:VALUES_MAX] if row["value"] is not None]


def newest_of(lake: Lake, table: ir.Table, column: ir.Value) -> ir.Table:
    """What is known of each customer (`whose`, `value`): of the newest own time, of equal times of the higher event id."""
    said = lake.of_customers(table.filter(column.notnull()).select("customer_id", "time", "event_id", value=column))
    return said.group_by(whose=said[CUSTOMER]).aggregate(value=said.value.last(order_by=[said.time, said.event_id]))


def _of_known(lake: Lake, newest: ir.Table) -> ir.Table:
    """Without visitors."""
    if "known" not in lake.reader.tables:
        return newest
    known = ibis.table({"customer_id": "int32"}, name="known")
    return newest.semi_join(known, newest.whose == known.customer_id)


def _plain(value: Any) -> Value:
    return Decimal(str(value)) if isinstance(value, float | int) and not isinstance(value, bool) else value
