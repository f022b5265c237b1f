"""The checked and unchecked tree of a rule: frozen nodes that compare by meaning, each knowing where it stood in the text."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "starts with"]
Comparison: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
Unit: TypeAlias = Literal["minute", "hour", "day", "week", "month", "year"]
DistanceUnit: TypeAlias = Literal["km", "mi"]
AmountKind: TypeAlias = Literal[
    "sum", "average", "smallest", "largest", "number of different", "number of", "days since first", "days since last"
]


@dataclass(frozen=True)
class Place:
    """Where a node begins in the text; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Time:
    """An ISO 8601 date or date-time as written; without an offset it is the company's time."""

    text: str


Value: TypeAlias = str | Decimal | bool | Time


@dataclass(frozen=True)
class Duration:
    count: int
    unit: Unit


# Windows


@dataclass(frozen=True)
class InTheLast:
    duration: Duration


@dataclass(frozen=True)
class Before:
    time: Time


@dataclass(frozen=True)
class Since:
    time: Time


@dataclass(frozen=True)
class Between:
    start: Time
    end: Time


Window: TypeAlias = InTheLast | Before | Since | Between

# Tests of one value


@dataclass(frozen=True)
class Compare:
    op: Operator
    value: Value


@dataclass(frozen=True)
class OneOf:
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True)
class Known:
    """`is known`, or `is unknown` where `known` is False."""

    known: bool


@dataclass(frozen=True)
class InTheNext:
    duration: Duration


@dataclass(frozen=True)
class AnniversaryInTheNext:
    duration: Duration


Test: TypeAlias = Compare | OneOf | Known | Window | InTheNext | AnniversaryInTheNext

# Filters: what stands after `where`


@dataclass(frozen=True)
class PropertyTest:
    path: str
    test: Test
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Element:
    """`products( … )`: one and the same element of a list fulfils the filter."""

    path: str
    filter: "Filter"
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class FilterAnd:
    children: tuple["Filter", ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class FilterOr:
    children: tuple["Filter", ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class FilterButNot:
    """The first, less the others."""

    children: tuple["Filter", ...]
    place: Place | None = field(default=None, compare=False)


Filter: TypeAlias = PropertyTest | Element | FilterAnd | FilterOr | FilterButNot

# Conditions: the leaves of a rule


@dataclass(frozen=True)
class Everyone:
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class NoOne:
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class TraitTest:
    trait: str
    test: Test
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Times:
    bound: Literal["at least", "at most", "exactly"]
    count: int


AT_LEAST_ONCE = Times("at least", 1)
BUCKETS = 10_000


@dataclass(frozen=True)
class Did:
    """`event` None means anything the person did."""

    event: str | None
    where: Filter | None = None
    times: Times = AT_LEAST_ONCE
    window: Window | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Step:
    """One fact of a sequence. `within`: at most so long after the fact before it; `negated`: none such lies within that time."""

    event: str
    where: Filter | None = None
    within: Duration | None = None
    negated: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Sequence:
    """Facts one after the other, each later than the one before it. The window holds for each of them, save for one that is denied."""

    steps: tuple[Step, ...]
    window: Window | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Amount:
    """`property` is None for `number of` and `days since …`."""

    kind: AmountKind
    event: str
    property: str | None = None
    where: Filter | None = None
    window: Window | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Measure:
    amount: Amount
    op: Comparison
    value: Value
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Relative:
    """An amount beside `factor` times itself in the stretch of time right before its own window."""

    amount: Amount
    op: Comparison
    factor: Decimal
    before: Duration
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Bucket:
    """Those drawn: everyone has one number from 0 to 9,999 for good, and another for each name."""

    first: int
    last: int
    name: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Near:
    branch: str
    distance: Decimal
    unit: DistanceUnit
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class InList:
    name: str
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class InSegment:
    name: str
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class InSilo:
    name: str
    scheme: str
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class MayReceive:
    channel: str
    purpose: str = "marketing"
    place: Place | None = field(default=None, compare=False)


Named: TypeAlias = InSegment | InSilo  # stands for the rule of what it names
Leaf: TypeAlias = (
    Everyone | NoOne | TraitTest | Did | Sequence | Measure | Relative | Bucket | Near | InList | InSegment | InSilo | MayReceive
)

# Operators


@dataclass(frozen=True)
class And:
    children: tuple["Rule", ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Or:
    children: tuple["Rule", ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ButNot:
    """The first, less the others."""

    children: tuple["Rule", ...]
    place: Place | None = field(default=None, compare=False)


Rule: TypeAlias = Leaf | And | Or | ButNot


@dataclass(frozen=True)
class Definition:
    """`TRAIT := amount`: a measure with a name, a trait like any other."""

    name: str
    amount: Amount
    place: Place | None = field(default=None, compare=False)


def preorder(rule: Rule) -> list[Rule]:
    """Every node of a rule, root first, without recursion: a rule may be deep."""
    found: list[Rule] = []
    waiting: list[Rule] = [rule]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, And | Or | ButNot):
            waiting.extend(reversed(node.children))
    return found
