"""Which questions share a scan, and their answers as sets of ids.

Two ways to fold, both measured: leaves of one shape that differ in one constant become one scan grouped by the constant;
leaves over the same rows become one grouped scan with a conditional figure each. Never a UNION ALL of leaves.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any, TypeAlias, TypeVar

import ibis
import ibis.expr.types as ir
import numpy as np
from pyroaring import BitMap

from rapport.lib.arrow import pa
from rapport.segments import figures
from rapport.segments.lake import CUSTOMER, Lake
from rapport.segments.leaves import Planner
from rapport.segments.nodes import Compare, Did, Element, Filter, FilterAnd, Leaf, Measure, OneOf, PropertyTest, Value
from rapport.segments.plans import AllOf, AnyOf, Asked, Given, Plan, Rest, Tally, Whole
from rapport.segments.predicates import either
from rapport.segments.reducing import reduced
from rapport.segments.sets import BITS_MAX, bitmap, bitmaps

STATES_MAX = 16  # in one scan: each is kept in memory for every customer
SEEN_FIRST = 100_000  # rows: enough to tell a column of many values from one of few
CHOICE = "@choice"
HELD = "@held"
T = TypeVar("T")
Sets: TypeAlias = Callable[[], dict[T, BitMap]]  # waits for the answer to a question that was put


@dataclass(frozen=True)
class Shape:
    """A leaf with one constant taken out; `path` is the property that was compared with it."""

    leaf: Leaf
    path: str


def leaf_sets(leaves: Iterable[Leaf], planner: Planner) -> dict[Leaf, BitMap]:
    """The ids of each leaf, each leaf asked once; ids beyond everyone may be among them.

    All questions are begun before the first answer is read, so that what is done with one answer is done while the next is made.
    """
    left = list(dict.fromkeys(leaves))
    companies = [(company, own) for shape, own in _shapes(left).items() if (company := _asked_as(shape, own, planner)) is not None]
    alike = {leaf for _, own in companies for leaf in own.values()}
    plans = {leaf: planner.plan(leaf) for leaf in left if leaf not in alike}
    values = Values(planner.lake)
    counted = {tally: values.counted(tally) for plan in plans.values() for tally in _tallies(plan)}
    begun = _begun(counted.values(), planner.lake)
    begun_alike = [_by_constant(company, own, planner.lake) for company, own in companies]
    asked = _read(begun)
    found = {leaf: _set_of(plan, {tally: asked[counted[tally]] for tally in _tallies(plan)}, planner.lake) for leaf, plan in plans.items()}
    return found | _read(begun_alike)


def _read(begun: list[Sets[T]]) -> dict[T, BitMap]:
    """What all were answered, in turn; an answer is let go once it is read."""
    found: dict[T, BitMap] = {}
    while begun:
        found |= begun.pop(0)()
    return found


def _tallies(plan: Plan) -> Iterator[Tally]:
    match plan:
        case Tally():
            yield plan
        case Rest(inner):
            yield from _tallies(inner)
        case AnyOf(plans) | AllOf(plans):
            for one in plans:
                yield from _tallies(one)


def _set_of(plan: Plan, asked: dict[Tally, BitMap], lake: Lake) -> BitMap:
    match plan:
        case Tally():
            return asked[plan]
        case Asked(question):
            return bitmap(lake.ask(question)[CUSTOMER])
        case Given(ids):
            return lake.roots(ids)
        case Whole.EVERYONE:
            return lake.everyone
        case Whole.NO_ONE:
            return BitMap()
        case Rest(inner):
            return lake.everyone - _set_of(inner, asked, lake)
        case AnyOf(plans):
            return BitMap.union(*(_set_of(one, asked, lake) for one in plans)) if plans else BitMap()
        case AllOf(plans):
            return BitMap.intersection(*(_set_of(one, asked, lake) for one in plans))


# Questions over the same rows


def _begun(tallies: Iterable[Tally], lake: Lake) -> list[Sets[Tally]]:
    """Each tally's question put, of those over the same rows together."""
    begun: list[Sets[Tally]] = []
    shared: dict[int, list[Tally]] = defaultdict(list)  # by their rows
    for tally in tallies:
        if tally.looks_up or (tally.figure is not None and tally.figure.counts_different):
            begun.append(_alone(tally, lake))
        else:
            shared[id(tally.rows)].append(tally)
    together = chain.from_iterable(map(_scans, shared.values()))
    return begun + [_alone(some[0], lake) if len(some) == 1 else _together(some, lake) for some in together]


def _scans(tallies: list[Tally]) -> Iterator[list[Tally]]:
    """Tallies by the scan they share. What is reduced alike is reduced once, whatever it is compared with."""
    alike: dict[frozenset[Any], list[Tally]] = defaultdict(list)
    for tally in tallies:
        alike[_states(tally)].append(tally)
    some: list[Tally] = []
    states: frozenset[Any] = frozenset()
    for own, those in alike.items():
        if some and len(states | own) > STATES_MAX:
            yield some
            some, states = [], frozenset()
        some, states = some + those, states | own
    if some:
        yield some


def _states(tally: Tally) -> frozenset[Any]:
    """What a customer's rows are reduced to."""
    figure, keep = tally.figure, _told(tally)
    if figure is None:
        return frozenset({None if keep is None else keep.op()})
    made = figure.made(lambda name: figure.columns[name], keep)
    return frozenset(tally.rows.table.bind(value)[0].op() for value in made.values())


def _told(tally: Tally) -> ir.BooleanValue | None:
    """Which rows count, as far as what is made of them has to be told."""
    return tally.wanted if tally.figure is None else tally.keep


@dataclass
class Values:
    """How many different values a customer's rows have: of a column that has few at all, one bit for each, in a scan shared with others."""

    lake: Lake
    _of: dict[Any, list[str] | None] = field(default_factory=dict)

    def counted(self, tally: Tally) -> Tally:
        """The same tally, by bits where its column has few values."""
        figure = tally.figure
        if figure is None or not figure.counts_different or tally.looks_up or self.lake.within is not None:
            return tally
        (item,) = figure.columns.values()
        if not item.type().is_string():
            return tally
        key = (id(tally.rows), item.op())
        if key not in self._of:
            self._of[key] = self._few(tally.rows.table, item)
        few = self._of[key]
        return tally if few is None else replace(tally, figure=figures.of_few(figure, item, few))

    def _few(self, rows: ir.Table, item: ir.StringValue) -> list[str] | None:
        """All values of the column, where they are few."""
        column = rows.select(item=item)
        for some in (column.limit(SEEN_FIRST), column):
            found = self.lake.ask(some.distinct().limit(figures.FEW_MAX + 2))["item"].to_pylist()
            if len(found) > figures.FEW_MAX:
                return None
        return sorted(one for one in found if one is not None)


def _alone(tally: Tally, lake: Lake) -> Sets[Tally]:
    answer = lake.begin(_question(tally, lake, {}))

    def read() -> dict[Tally, BitMap]:
        return {tally: lake.roots(bitmap(answer()["customer_id"])) if tally.figure is None else bitmap(answer()[CUSTOMER])}

    return read


def _question(tally: Tally, lake: Lake, beside: dict[str, ir.Value]) -> ir.Table:
    """The customers of one tally, with further columns they are grouped by; without a figure, their ids as recorded."""
    rows = tally.rows.table
    kept = rows if tally.wanted is None else rows.filter(tally.wanted)
    if tally.figure is None:
        return kept.select(customer_id=rows.customer_id, **beside).distinct()
    figure, keys = tally.figure, (CUSTOMER, *beside)
    kept = kept.select(customer_id=rows.customer_id, **beside, **figure.columns)

    def held(grouped: ir.Table) -> ir.Table:
        return grouped.filter(figure.holds(lambda name: grouped[name])).select(*keys)

    if figure.counts_different:  # distinct and count: twice as fast as a count of distinct
        return held(lake.of_customers(kept).select(*keys, *figure.columns).distinct().group_by(keys).aggregate(n=ibis._.count()))
    return reduced(kept, beside, lambda own: figure.made(lambda name: own[name], None), held, lake)


def _together(tallies: list[Tally], lake: Lake) -> Sets[Tally]:
    """Several tallies over the same rows: one grouped scan, a conditional figure each, nothing worked out twice."""
    rows = tallies[0].rows.table
    columns, names = Named(), []
    for tally in tallies:
        told = _told(tally)
        kept = None if told is None else columns.name(told)
        names.append((kept, {} if tally.figure is None else {name: columns.name(value) for name, value in tally.figure.columns.items()}))
    wanted = {None if one.wanted is None else one.wanted.op(): one.wanted for one in tallies}
    chosen = rows if None in wanted else rows.filter(either(list(wanted.values())))
    conditional: list[dict[str, str]] = []  # each tally's values by the names they are made under
    several = range(0, len(tallies), BITS_MAX)

    def made(own: ir.Table) -> dict[str, ir.Value]:
        values = Named()
        conditional[:] = [
            {name: values.name(value) for name, value in _conditional(tally, own, kept, taken).items()}
            for tally, (kept, taken) in zip(tallies, names, strict=True)
        ]
        return values.values

    def held(grouped: ir.Table) -> ir.Table:
        held = [_judged(tally, grouped, own) for tally, own in zip(tallies, conditional, strict=True)]
        return grouped.select(CUSTOMER, **{f"{HELD}{start}": _packed(held[start : start + BITS_MAX]) for start in several})

    answer = lake.begin(reduced(chosen.select(customer_id=rows.customer_id, **columns.values), (), made, held, lake))

    def read() -> dict[Tally, BitMap]:
        ids, sets = answer()[CUSTOMER].to_numpy(), []
        for start in several:
            sets += bitmaps(ids, answer()[f"{HELD}{start}"].to_numpy(), min(BITS_MAX, len(tallies) - start))
        return dict(zip(tallies, sets, strict=True))

    return read


def _packed(held: list[ir.BooleanValue]) -> ir.Value:
    """A bit for each: engines hand out one number in a third of the time of its bits as columns of their own."""
    bits = (ibis.cases((one, ibis.literal(1 << number, "int64")), else_=ibis.literal(0, "int64")) for number, one in enumerate(held))
    return reduce(or_, bits)


@dataclass
class Named:
    """Expressions under names of their own, equal ones under one name."""

    values: dict[str, ir.Value] = field(default_factory=dict)
    _names: dict[Any, str] = field(default_factory=dict)

    def name(self, value: ir.Value) -> str:
        found = self._names.setdefault(value.op(), f"@{len(self._names)}")
        self.values[found] = value
        return found


def _conditional(tally: Tally, chosen: ir.Table, kept: str | None, columns: dict[str, str]) -> dict[str, ir.Value]:
    condition = None if kept is None else chosen[kept]
    if tally.figure is None:
        return {HELD: (chosen.customer_id.notnull() if condition is None else condition).any()}
    made = tally.figure.made(lambda name: chosen[columns[name]], condition)
    return {name: chosen.bind(value)[0] for name, value in made.items()}


def _judged(tally: Tally, grouped: ir.Table, names: dict[str, str]) -> ir.BooleanValue:
    held = grouped[names[HELD]] if tally.figure is None else tally.figure.holds(lambda name: grouped[names[name]])
    return held.fill_null(False)


# Leaves of one shape


def _shapes(leaves: list[Leaf]) -> dict[Shape, dict[Value, Leaf]]:
    """Leaves that differ in one constant, by what they have in common; each leaf in the largest company."""
    companies: dict[Shape, dict[Value, Leaf]] = defaultdict(dict)
    for leaf in leaves:
        for shape, constant in _openings(leaf):
            companies[shape][constant] = leaf
    taken: set[Leaf] = set()
    found: dict[Shape, dict[Value, Leaf]] = {}
    for shape, company in sorted(companies.items(), key=lambda one: -len(one[1])):
        free = {constant: leaf for constant, leaf in company.items() if leaf not in taken}
        if len(free) > 1:
            found[shape] = free
            taken.update(free.values())
    return found


def _openings(leaf: Leaf) -> Iterator[tuple[Shape, Value]]:
    """Every way to take one constant out of what stands after `where`."""
    where = _where(leaf)
    if where is None:
        return
    for opened, path, constant in _opened(where):
        yield Shape(_with_where(leaf, opened), path), constant


def _opened(where: Filter) -> Iterator[tuple[Filter, str, Value]]:
    match where:
        case PropertyTest(path, Compare("=", str() | Decimal() as value)):
            yield PropertyTest(path, OneOf(())), path, value
        case FilterAnd(children):
            for number, child in enumerate(children):
                if isinstance(child, PropertyTest):
                    for opened, path, taken in _opened(child):
                        yield FilterAnd((*children[:number], opened, *children[number + 1 :])), path, taken
        case Element(path, inner):
            for opened, short, taken in _opened(inner):
                yield Element(path, opened), f"{path}.{short}", taken


def _where(leaf: Leaf) -> Filter | None:
    return leaf.where if isinstance(leaf, Did) else leaf.amount.where if isinstance(leaf, Measure) else None


def _with_where(leaf: Leaf, where: Filter) -> Leaf:
    if isinstance(leaf, Measure):
        return replace(leaf, amount=replace(leaf.amount, where=where, place=None), place=None)
    assert isinstance(leaf, Did)
    return replace(leaf, where=where, place=None)


def _filled(where: Filter, values: tuple[Value, ...]) -> Filter:
    """The shape's filter with all the constants in the place of the one."""
    match where:
        case PropertyTest(path, OneOf(())):
            return PropertyTest(path, OneOf(values))
        case FilterAnd(children):
            return FilterAnd(tuple(_filled(child, values) for child in children))
        case Element(path, inner):
            return Element(path, _filled(inner, values))
    return where


@dataclass(frozen=True)
class Company:
    """What a whole company of leaves is asked as, and the column that tells them apart."""

    plan: Plan
    tally: Tally
    column: ir.Value


def _asked_as(shape: Shape, company: dict[Value, Leaf], planner: Planner) -> Company | None:
    """One scan for all of them; None where their constant is no test of the rows themselves."""
    where = _where(shape.leaf)
    assert where is not None, "a shape is taken from a filter"
    plan = planner.plan(_with_where(shape.leaf, _filled(where, tuple(company))))
    tallies = list(_tallies(plan))
    if len(tallies) != 1:
        return None
    tally = tallies[0]
    facts = tally.rows.find(shape.path)
    column = None if facts is None else tally.rows.column(facts)
    if facts is None or column is None or facts.many or facts.kind not in ("text", "number") or not tally.tests_itself(facts):
        return None
    return Company(plan, tally, column)


def _by_constant(asked: Company, leaves: dict[Value, Leaf], lake: Lake) -> Sets[Leaf]:
    answer = lake.begin(_question(asked.tally, lake, {CHOICE: asked.column}))

    def read() -> dict[Leaf, BitMap]:
        of_value = _split(answer(), lake)
        keys = {constant: float(constant) if isinstance(constant, Decimal) else constant for constant in leaves}
        return {leaf: _set_of(asked.plan, {asked.tally: of_value.get(keys[constant], BitMap())}, lake) for constant, leaf in leaves.items()}

    return read


def _split(answer: pa.Table, lake: Lake) -> dict[object, BitMap]:
    """(customer, constant) pairs as a set of customers for each constant."""
    codes = answer[CHOICE].combine_chunks().dictionary_encode()
    numbers = codes.indices.to_numpy()
    ids = answer[0 if answer.column_names[0] != CHOICE else 1].to_numpy()
    order = np.argsort(numbers, kind="stable")
    edges = np.searchsorted(numbers[order], np.arange(len(codes.dictionary) + 1))
    values = codes.dictionary.to_pylist()
    return {value: lake.roots(bitmap(ids[order[edges[number] : edges[number + 1]]])) for number, value in enumerate(values)}
