"""What a condition is asked as: grouped questions to the lake, sets that are known without one, and how they are put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

import ibis.expr.types as ir
from pyroaring import BitMap

from rapport.events.catalogue import Catalogue, PropertyFacts
from rapport.segments.figures import Figure
from rapport.segments.lake import Rows
from rapport.segments.nodes import Amount, Rule
from rapport.segments.predicates import both


class Words(Protocol):
    """What the names in a rule stand for."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def measures(self) -> Mapping[str, Amount]: ...
    @property
    def segments(self) -> Mapping[str, Rule]: ...
    @property
    def silos(self) -> Mapping[tuple[str, str], Rule]: ...
    @property
    def branches(self) -> Mapping[str, tuple[float, float]]: ...
    @property
    def lists(self) -> Mapping[str, Callable[[], BitMap]]: ...


@dataclass(frozen=True, eq=False)
class Tally:
    """One grouped question: the customers whose kept rows come to a figure that holds; without a figure any row will do."""

    rows: Rows
    keep: ir.BooleanValue | None = None
    figure: Figure | None = None
    looks_up: bool = False  # `keep` looks into another table: not to be shared with other questions
    direct: frozenset[str] = frozenset()  # paths, as the filter has them, whose test is one of the row itself
    known: ir.BooleanValue | None = None  # of the kept rows, which have a value at all: what is made of them passes over the others

    @property
    def wanted(self) -> ir.BooleanValue | None:
        """The rows without which the answer is the same are left out."""
        return both([one for one in (self.keep, self.known) if one is not None])

    def tests_itself(self, facts: PropertyFacts) -> bool:
        """Whether a property is tested on these very rows."""
        return facts.path.removeprefix(f"{self.rows.list_path}.") in self.direct


@dataclass(frozen=True, eq=False)
class Asked:
    """A question that groups by itself; it answers the customers in `@customer`."""

    question: ir.Table


@dataclass(frozen=True)
class Given:
    """Ids that are known without a question, as they were recorded."""

    ids: BitMap


class Whole(Enum):
    EVERYONE = "everyone"
    NO_ONE = "no one"


@dataclass(frozen=True)
class Rest:
    """Everyone less those."""

    of: "Plan"


@dataclass(frozen=True)
class AnyOf:
    plans: tuple["Plan", ...]


@dataclass(frozen=True)
class AllOf:
    plans: tuple["Plan", ...]


Plan: TypeAlias = Tally | Asked | Given | Whole | Rest | AnyOf | AllOf
