"""Which questions share a scan, and their answers as sets of ids.

Two ways to fold, both measured: leaves of one shape that differ in one constant become one scan grouped by the constant;
leaves over the same rows become one grouped scan with a conditional figure each. Never a UNION ALL of leaves.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from pyroaring import BitMap

from rapport.segments.lake import CUSTOMER, Lake
from rapport.segments.leaves import AllOf, AnyOf, Plan, Planner, Rest, Tally, Whole
from rapport.segments.nodes import Compare, Did, Element, Filter, FilterAnd, Leaf, Measure, OneOf, PropertyTest, Value
from rapport.segments.predicates import either
from rapport.segments.sets import bitmap

SHARED_MAX = 12  # figures in one scan: each keeps a state a customer in memory
CHOICE = "@choice"
KEPT, HELD = "@kept", "@held"


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
        if tally.looks_up:
            found[tally] = _alone(tally, lake)
        else:
            shared[id(tally.rows)].append(tally)
    for group in shared.values():
        for start in range(0, len(group), SHARED_MAX):
            some = group[start : start + SHARED_MAX]
            found.update({some[0]: _alone(some[0], lake)} if len(some) == 1 else _together(some, lake))
    return found


def _alone(tally: Tally, lake: Lake) -> BitMap:
    return bitmap(lake.ask(_question(tally, []))[CUSTOMER])


def _question(tally: Tally, beside: list[tuple[str, ir.Value]]) -> ir.Table:
    """The customers of one tally, with further columns they are grouped by."""
    rows = tally.rows.table
    kept = rows if tally.keep is None else rows.filter(tally.keep)
    keys = {CUSTOMER: tally.rows.customer, **dict(beside)}
    if tally.figure is None:
        return kept.select(**keys).distinct()
    kept = kept.select(**keys, **tally.figure.columns)
    if tally.figure.facts_of_elements:  # distinct and count: twice as fast as a count of distinct
        grouped = kept.distinct().group_by(list(keys)).aggregate(n=ibis._.count())
    else:
        grouped = kept.group_by(list(keys)).aggregate(**tally.figure.made(lambda name: kept[name], None))
    return grouped.filter(tally.figure.holds(lambda name: grouped[name])).select(*keys)


def _together(tallies: list[Tally], lake: Lake) -> dict[Tally, BitMap]:
    """Several tallies over the same rows: one grouped scan, a conditional figure each."""
    rows = tallies[0].rows
    columns: dict[str, ir.Value] = {CUSTOMER: rows.customer}
    for number, tally in enumerate(tallies):
        columns[f"{KEPT}{number}"] = ibis.literal(True) if tally.keep is None else tally.keep
        if tally.figure is not None:
            columns |= {f"{name}{number}": value for name, value in tally.figure.columns.items()}
    chosen = rows.table.select(**columns)
    if all(tally.keep is not None for tally in tallies):
        chosen = chosen.filter(either([chosen[f"{KEPT}{number}"] for number in range(len(tallies))]))
    made: dict[str, ir.Value] = {}
    for number, tally in enumerate(tallies):
        made |= _conditional(tally, number, chosen)
    grouped = chosen.group_by(CUSTOMER).aggregate(**made)
    held = {f"{HELD}{number}": _judged(tally, number, grouped) for number, tally in enumerate(tallies)}
    answer = lake.ask(grouped.select(CUSTOMER, **held))
    ids = answer[CUSTOMER].to_numpy()
    return {tally: bitmap(ids[answer[f"{HELD}{number}"].to_numpy()]) for number, tally in enumerate(tallies)}


def _conditional(tally: Tally, number: int, chosen: ir.Table) -> dict[str, ir.Value]:
    kept = None if tally.keep is None else chosen[f"{KEPT}{number}"]
    if tally.figure is None:
        return {f"{HELD}{number}": chosen[f"{KEPT}{number}"].any()}
    made = tally.figure.made(lambda name: chosen[f"{name}{number}"], kept)
    return {f"{name}{number}": value for name, value in made.items()}


def _judged(tally: Tally, number: int, grouped: ir.Table) -> ir.BooleanValue:
    held = grouped[f"{HELD}{number}"] if tally.figure is None else tally.figure.holds(lambda name: grouped[f"{name}{number}"])
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
    of_value = _split(planner.lake.ask(_question(tally, [(CHOICE, column)])))
    keys = {constant: float(constant) if isinstance(constant, Decimal) else constant for constant in company}
    return {leaf: _set_of(plan, {tally: of_value.get(keys[constant], BitMap())}, planner.lake) for constant, leaf in company.items()}


def _split(answer: pa.Table) -> dict[object, BitMap]:
    """(customer, constant) pairs as a set of customers for each constant."""
    codes = answer[CHOICE].combine_chunks().dictionary_encode()
    if isinstance(codes, pa.ChunkedArray):
        codes = codes.combine_chunks()
    ids, numbers = answer[CUSTOMER].to_numpy(), codes.indices.to_numpy()
    order = np.argsort(numbers, kind="stable")
    edges = np.searchsorted(numbers[order], np.arange(len(codes.dictionary) + 1))
    return {value: bitmap(ids[order[edges[number] : edges[number + 1]]]) for number, value in enumerate(codes.dictionary.to_pylist())}
