"""Which questions share a scan, and their answers as sets of ids.

Two ways to fold, both measured: leaves of one shape that differ in one constant become one scan grouped by the constant;
leaves over the same rows become one grouped scan with a conditional figure each. Never a UNION ALL of leaves.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from pyroaring import BitMap

from rapport.lib.arrow import pa
from rapport.segments.lake import CUSTOMER, Lake
from rapport.segments.leaves import Planner
from rapport.segments.nodes import Compare, Did, Element, Filter, FilterAnd, Leaf, Measure, OneOf, PropertyTest, Value
from rapport.segments.plans import AllOf, AnyOf, Asked, Given, Plan, Rest, Tally, Whole
from rapport.segments.predicates import either
from rapport.segments.sets import bitmap

SHARED_MAX = 12  # figures in one scan: each keeps a state a customer in memory
CHOICE = "@choice"
HELD = "@held"


@dataclass(frozen=True)
class Shape:
    """A leaf with one constant taken out; `path` is the property that was compared with it."""

    leaf: Leaf
    path: str


def leaf_sets(leaves: Iterable[Leaf], planner: Planner) -> dict[Leaf, BitMap]:
    """The ids of each leaf, each leaf asked once; ids beyond everyone may be among them."""
    left = list(dict.fromkeys(leaves))
    found: dict[Leaf, BitMap] = {}
    for shape, constants in _shapes(left).items():
        if (sets := _by_constant(shape, constants, planner)) is not None:
            found.update(sets)
    plans = {leaf: planner.plan(leaf) for leaf in left if leaf not in found}
    asked = _answers([tally for plan in plans.values() for tally in _tallies(plan)], planner.lake)
    found.update({leaf: _set_of(plan, asked, planner.lake) for leaf, plan in plans.items()})
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


def _answers(tallies: list[Tally], lake: Lake) -> dict[Tally, BitMap]:
    """Each tally asked, those over the same rows together."""
    found: dict[Tally, BitMap] = {}
    shared: dict[int, list[Tally]] = defaultdict(list)
    for tally in tallies:
        if tally.looks_up or (tally.figure is not None and tally.figure.counts_different):
            found[tally] = _alone(tally, lake)
        else:
            shared[id(tally.rows)].append(tally)
    for group in shared.values():
        for start in range(0, len(group), SHARED_MAX):
            some = group[start : start + SHARED_MAX]
            found.update({some[0]: _alone(some[0], lake)} if len(some) == 1 else _together(some, lake))
    return found


def _alone(tally: Tally, lake: Lake) -> BitMap:
    answer = lake.ask(_question(tally, lake, {}))
    return lake.roots(bitmap(answer["customer_id"])) if tally.figure is None else bitmap(answer[CUSTOMER])


def _question(tally: Tally, lake: Lake, beside: dict[str, ir.Value]) -> ir.Table:
    """The customers of one tally, with further columns they are grouped by; without a figure, their ids as recorded."""
    rows = tally.rows.table
    kept = rows if tally.keep is None else rows.filter(tally.keep)
    if tally.figure is None:
        return kept.select(customer_id=rows.customer_id, **beside).distinct()
    kept = kept.select(customer_id=rows.customer_id, **beside, **tally.figure.columns)
    keys = (CUSTOMER, *beside)
    resolved = lake.of_customers(kept)
    if tally.figure.counts_different:  # distinct and count: twice as fast as a count of distinct
        grouped = resolved.select(*keys, *tally.figure.columns).distinct().group_by(keys).aggregate(n=ibis._.count())
    else:
        grouped = resolved.group_by(keys).aggregate(**tally.figure.made(lambda name: resolved[name], None))
    return grouped.filter(tally.figure.holds(lambda name: grouped[name])).select(*keys)


def _together(tallies: list[Tally], lake: Lake) -> dict[Tally, BitMap]:
    """Several tallies over the same rows: one grouped scan, a conditional figure each, nothing worked out twice."""
    rows = tallies[0].rows.table
    columns, names = Named(), []
    for tally in tallies:
        kept = None if tally.keep is None else columns.name(tally.keep)
        names.append((kept, {} if tally.figure is None else {name: columns.name(value) for name, value in tally.figure.columns.items()}))
    chosen = rows.select(customer_id=rows.customer_id, **columns.values)
    if all(kept is not None for kept, _ in names):
        chosen = chosen.filter(either([chosen[kept] for kept in dict.fromkeys(kept for kept, _ in names)]))
    chosen = lake.of_customers(chosen)
    made, judged = Named(), []
    for tally, (kept, own) in zip(tallies, names, strict=True):
        judged.append({name: made.name(value) for name, value in _conditional(tally, chosen, kept, own).items()})
    grouped = chosen.group_by(CUSTOMER).aggregate(**made.values)
    held = {f"{HELD}{number}": _judged(tally, grouped, judged[number]) for number, tally in enumerate(tallies)}
    answer = lake.ask(grouped.select(CUSTOMER, **held))
    ids = answer[CUSTOMER].to_numpy()
    return {tally: bitmap(ids[answer[f"{HELD}{number}"].to_numpy()]) for number, tally in enumerate(tallies)}


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
        return {HELD: chosen.count() > 0 if condition is None else condition.any()}
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


def _by_constant(shape: Shape, company: dict[Value, Leaf], planner: Planner) -> dict[Leaf, BitMap] | None:
    """One scan for the whole company; None where its constant is no test of the rows themselves."""
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
    of_value = _split(planner.lake.ask(_question(tally, planner.lake, {CHOICE: column})), planner.lake)
    keys = {constant: float(constant) if isinstance(constant, Decimal) else constant for constant in company}
    return {leaf: _set_of(plan, {tally: of_value.get(keys[constant], BitMap())}, planner.lake) for constant, leaf in company.items()}


def _split(answer: pa.Table, lake: Lake) -> dict[object, BitMap]:
    """(customer, constant) pairs as a set of customers for each constant."""
    codes = answer[CHOICE].combine_chunks().dictionary_encode()
    numbers = codes.indices.to_numpy()
    ids = answer[0 if answer.column_names[0] != CHOICE else 1].to_numpy()
    order = np.argsort(numbers, kind="stable")
    edges = np.searchsorted(numbers[order], np.arange(len(codes.dictionary) + 1))
    values = codes.dictionary.to_pylist()
    return {value: lake.roots(bitmap(ids[order[edges[number] : edges[number + 1]]])) for number, value in enumerate(values)}
