"""The lake as the leaves see it: its tables as Ibis expressions, aliases resolved, nothing from the moment on or after it.

A table or column the catalogue names and the lake has not yet is empty or unknown.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
from pyroaring import BitMap

from rapport.events.catalogue import EventTypeFacts, PropertyFacts
from rapport.lib.arrow import pa
from rapport.lib.zone import company_zone
from rapport.segments.bounds import Moment, moment_of
from rapport.segments.limits import LEVELS_MAX
from rapport.segments.sets import bitmap

TYPES = {  # as the engine calls them, and as Ibis does
    "INTEGER": "int32",
    "BIGINT": "int64",
    "VARCHAR": "string",
    "DOUBLE": "float64",
    "DECIMAL(18,6)": "decimal(18, 6)",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
OF_EVERY_FACT = ("customer_id", "time")
FRAMES_A_LEVEL = 50  # what Ibis and SQLGlot call for one bracket in another
CUSTOMER, ALIAS, ROOT = "@customer", "@alias", "@root"  # no column of the lake is called so

# They write SQL by recursion, and Python's own limit ends it at a filter sixty levels deep.
sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES_A_LEVEL * LEVELS_MAX))


class Reader(Protocol):
    """What the warehouse hands out for the length of one question, whichever engine stands behind it."""

    @property
    def engine(self) -> str: ...
    def begin(self, question: ir.Table) -> Callable[[], pa.Table]: ...
    def given(self, rows: pa.Table, columns: dict[str, str]) -> str: ...
    @property
    def tables(self) -> dict[str, dict[str, str]]: ...
    @property
    def filled(self) -> frozenset[str]: ...


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a kind of fact, or of the elements of one of its lists. Equal questions share one object, so one scan."""

    table: ir.Table
    facts: EventTypeFacts | None
    list_path: str = ""

    def find(self, path: str) -> PropertyFacts | None:
        """A property by its full path."""
        return None if self.facts is None else self.facts.properties.get(path)

    def column(self, facts: PropertyFacts) -> ir.Value | None:
        """Its column here; None where it stands in another table or the lake has not got it yet."""
        if facts.list_path != self.list_path or facts.kind == "list" or facts.column not in self.table.columns:
            return None
        return self.table[facts.column]

    def money(self, path: str) -> ir.Value | None:
        """The column of an amount of money; None where the property is none, or the lake has not got it yet."""
        facts = self.find(path)
        return None if facts is None or facts.kind != "money" else self.column(facts)


@dataclass
class Lake:
    """One lake at one moment, for one question; with `narrowed` and `within`, what it holds of some customers alone."""

    reader: Reader
    moment: Moment
    narrowed: dict[str, str] = field(default_factory=dict)  # a table's copy that holds those customers' rows, no longer by an alias
    within: BitMap | None = None  # those customers, as far as they are of everyone
    _rows: dict[tuple[int, str], Rows | None] = field(default_factory=dict)
    _unrated: dict[int, int] = field(default_factory=dict)

    @cached_property
    def everyone(self) -> BitMap:
        """Each customer known by more than an anonymous id and not merged away."""
        return self.everyone_asked() if self.within is None else self.within

    def everyone_asked(self) -> BitMap:
        """Of those in the table of the known, who is not merged away."""
        known = self.whole_table("known")
        return BitMap() if known is None else bitmap(self.ask(known.select("customer_id"))["customer_id"]) - self.alias_ids

    def narrow(self, copies: dict[str, str], within: BitMap | None = None) -> "Lake":
        """The same lake at the same moment, with copies in the place of some tables."""
        narrow = Lake(self.reader, self.moment, copies, within)
        narrow.aliases, narrow.alias_ids = self.aliases, self.alias_ids
        return narrow

    @cached_property
    def aliases(self) -> tuple[np.ndarray, np.ndarray]:
        """Every alias in rising order, and beside it the customer it stands for."""
        table = self.whole_table("aliases")
        if table is None:
            return np.empty(0, np.int32), np.empty(0, np.int32)
        found = self.ask(table.select("customer_id", "root_id"))
        ids, roots = found["customer_id"].to_numpy(), found["root_id"].to_numpy()
        order = np.argsort(ids)
        return ids[order], roots[order]

    @cached_property
    def alias_ids(self) -> BitMap:
        return bitmap(self.aliases[0])

    def roots(self, ids: BitMap) -> BitMap:
        """The customers these ids stand for now."""
        merged = ids & self.alias_ids
        return (ids - merged) | bitmap(self.with_roots(merged)[1]) if merged else ids

    def with_roots(self, ids: BitMap) -> tuple[np.ndarray, np.ndarray]:
        """These ids in rising order, and beside each the customer it stands for now."""
        own = np.array(ids.to_array(), np.int32)
        found, (aliases, roots) = own.copy(), self.aliases
        if merged := ids & self.alias_ids:
            mine = np.array(merged.to_array(), np.int32)
            found[np.searchsorted(own, mine)] = roots[np.searchsorted(aliases, mine)]
        return own, found

    def families(self, roots: BitMap) -> BitMap:
        """These customers with every alias that stands for one of them."""
        aliases, of = self.aliases
        return roots | bitmap(aliases[np.isin(of, np.array(roots.to_array()))]) if roots and len(aliases) else roots

    def begin(self, question: ir.Table) -> Callable[[], pa.Table]:
        """Put one Ibis expression to the engine; answers who waits for its answer."""
        return self.reader.begin(question)

    def ask(self, question: ir.Table) -> pa.Table:
        """Put one Ibis expression to the engine, and wait."""
        return self.begin(question)()

    def rows(self, facts: EventTypeFacts, *, list_path: str = "") -> Rows | None:
        """A kind of fact's rows before the moment, of a list's elements where one is named; None where the lake has none."""
        key = (facts.id, list_path)
        if key not in self._rows:
            table = self.table(f"{facts.table}__{facts.properties[list_path].column}" if list_path else facts.table)
            self._rows[key] = None if table is None else Rows(table, facts, list_path)
        return self._rows[key]

    def table(self, name: str) -> ir.Table | None:
        """One table before the moment, with the columns it has by now."""
        table = self.whole_table(name)
        return None if table is None else table.filter(table.time < moment_of(self.moment.us))

    @property
    def stand_for_themselves(self) -> bool:
        """No id is an alias, or none is any longer."""
        return bool(self.narrowed) or not self.alias_ids

    def of_customers(self, rows: ir.Table) -> ir.Table:
        """Rows with the customer their id stands for now: late, when they are few and narrow."""
        if self.stand_for_themselves:  # the join costs a quarter of the question
            return rows.mutate(**{CUSTOMER: rows.customer_id})
        aliases = self._aliases_table()
        joined = rows.left_join(aliases, rows.customer_id == aliases[ALIAS])
        return joined.mutate(**{CUSTOMER: ibis.coalesce(joined[ROOT], joined.customer_id)})

    def families_table(self) -> ir.Table:
        """Every id (`@alias`) of a customer who has aliases, beside the customer (`@root`), who is one of them."""
        aliases = self._aliases_table()
        return aliases.union(aliases.select(**{ALIAS: aliases[ROOT], ROOT: aliases[ROOT]}).distinct())

    def _aliases_table(self) -> ir.Table:
        aliases = self.whole_table("aliases")
        assert aliases is not None, "ids were read from it"
        return aliases.select(**{ALIAS: aliases.customer_id, ROOT: aliases.root_id})

    def unrated(self, kinds: Iterable[EventTypeFacts]) -> int:
        """How many facts of these kinds, before the moment, have an amount and no rate for it."""
        return sum(map(self._unrated_of, kinds))

    def _unrated_of(self, facts: EventTypeFacts) -> int:
        if facts.id not in self._unrated:
            table = self.table(facts.table)
            if table is None:
                return 0
            self._unrated[facts.id] = self.ask(table.filter(table.unrated == ibis.literal(True)).aggregate(n=ibis._.count()))["n"][
                0
            ].as_py()
        return self._unrated[facts.id]

    def given(self, rows: pa.Table, columns: dict[str, str]) -> ir.Table:
        """Rows that are not of the lake, to be joined; `columns` as the lake types them."""
        return ibis.table({column: _type(kind) for column, kind in columns.items()}, name=self.reader.given(rows, columns))

    def whole_table(self, name: str) -> ir.Table | None:
        """A table with every column: Ibis writes `*` where it believes it asks for all."""
        copy = self.narrowed.get(name, name)
        columns = self.reader.tables.get(copy)
        return None if columns is None else ibis.table({column: _type(kind) for column, kind in columns.items()}, name=copy)


def lake_at(reader: Reader, moment_us: int) -> Lake:
    """The lake as it was known before a moment, by the company's calendar."""
    return Lake(reader, Moment(moment_us, company_zone()))


@ibis.udf.scalar.builtin(name="timezone", signature=(("string", "timestamp"), "timestamp('UTC')"))  # type: ignore[untyped-decorator]
def _at_zone(zone: str, wall_time: ir.Value) -> ir.Value: ...


@ibis.udf.scalar.builtin(name="timezone", signature=(("string", "timestamp('UTC')"), "timestamp"))  # type: ignore[untyped-decorator]
def _wall_time_at(zone: str, moment: ir.Value) -> ir.Value: ...


def wall_time(column: ir.Value, zone: ZoneInfo) -> ir.Value:
    """What clocks in a zone show at a time of the lake."""
    return column if zone.key == "UTC" else _wall_time_at(zone.key, _at_zone("UTC", column))


def _type(kind: str) -> str:
    return f"array<{TYPES[kind[:-2]]}>" if kind.endswith("[]") else TYPES[kind]
