"""Each condition of a rule as grouped questions to the lake: whose rows come to a figure that holds.

`at most`, `!=` and their like are asked by what they leave out: everyone less those.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from rapport.events.catalogue import IDENTIFY, TRAIT_ALIASES, Catalogue, PropertyFacts
from rapport.lib.refusals import Refusal
from rapport.segments import figures
from rapport.segments.bounds import Span, moment_of
from rapport.segments.buckets import drawn
from rapport.segments.figures import Figure
from rapport.segments.lake import OF_EVERY_FACT, Lake, Rows
from rapport.segments.nodes import (
    Amount,
    Bucket,
    Compare,
    Comparison,
    Did,
    Everyone,
    Filter,
    InList,
    Known,
    Leaf,
    MayReceive,
    Measure,
    Near,
    NoOne,
    OneOf,
    Relative,
    Sequence,
    Test,
    TraitTest,
    Value,
    Window,
)
from rapport.segments.plans import AllOf, AnyOf, Asked, Given, Plan, Rest, Tally, Whole, Words
from rapport.segments.predicates import OPERATORS, Where, both, in_span, of_one_element, paths_of, positive, value_holds
from rapport.segments.sequences import Link, chain
from rapport.segments.vocabulary import PLACE_TRAITS

ITEM = "@item"  # one of a list of plain values
CONTRARY: dict[Comparison, Comparison] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
# what a usable address looks like; spaces are Python's, so that every reader of an address agrees
_NOT = r"[^@\t-\r\x1c-\x20\x{85}\pZ]+"
MAIL_ADDRESS = f"^{_NOT}@{_NOT}\\.{_NOT}\\z"
COUNTED = ("sum", "number of", "number of different")  # over no facts these are 0, other amounts unknown
ADDRESS_TRAIT = {"email": "email", "sms": "phone", "phone": "phone"}
POST_TRAITS = ("postal_code", "city")


@dataclass
class Planner:
    """Plans the leaves of one question; what they share, they share by object."""

    lake: Lake
    words: Words
    _shared: dict[object, Rows] = field(default_factory=dict)

    def plan(self, leaf: Leaf) -> Plan:
        match leaf:
            case Everyone():
                return Whole.EVERYONE
            case NoOne():
                return Whole.NO_ONE
            case Did():
                return self._did(leaf)
            case Measure():
                return self._measure(leaf)
            case TraitTest():
                return self._trait(leaf)
            case MayReceive():
                return self._may_receive(leaf)
            case Sequence():
                return self._sequence(leaf)
            case Relative():
                return self._relative(leaf)
            case Near():
                return self._near(leaf)
            case Bucket(first, last, name):
                return Given(drawn(self.lake.everyone, first, last, name))
            case InList(name):
                if name not in self.words.lists:
                    raise Refusal(f'No list is called "{name}".', mend="Upload it, or change the rule.")
                return Given(self.words.lists[name]())
        raise AssertionError(f"{leaf} is no leaf of the lake")

    # Did

    def _did(self, leaf: Did) -> Plan:
        bound, number = leaf.times.bound, leaf.times.count
        if number == 0:
            return Whole.EVERYONE if bound == "at least" else Rest(self._done(leaf, ">=", 1))
        if bound == "at most":
            return Rest(self._done(leaf, ">", number))
        return self._done(leaf, ">=" if bound == "at least" else "=", number)

    def _done(self, leaf: Did, op: Comparison, number: int) -> Plan:
        tally = self._facts(leaf.event, leaf.where, leaf.window)
        if tally is None:
            return Whole.NO_ONE
        if (op, number) == (">=", 1):
            return tally
        table = tally.rows.table
        figure = figures.count_of_facts(op, number, table.event_id) if tally.rows.list_path else figures.count(op, number)
        return _with(tally, figure)

    def _facts(self, event: str | None, where: Filter | None, window: Window | None) -> Tally | None:
        """The rows that stand for the facts meant; a lone test of a list's element is asked of the elements themselves."""
        span = self._span(window)
        if event is None:
            rows = self._anything(where)
            return None if rows is None else Tally(rows, both(in_span(rows.table.time, span)))
        kind = self.words.catalogue.event_types[event]
        if where is not None and (inner := of_one_element(where, kind)) is not None:
            list_path, where = inner
            return self._kept(self.lake.rows(kind, list_path=list_path), where, span)
        return self._kept(self.lake.rows(kind), where, span)

    def _kept(self, rows: Rows | None, where: Filter | None, span: Span) -> Tally | None:
        if rows is None:
            return None
        conditions = in_span(rows.table.time, span)
        if where is not None:
            conditions.append(Where(self.lake, rows, span).holds(where))
        paths = frozenset() if where is None else paths_of(where)
        own = frozenset(path for path in paths if self._is_own(rows, path))
        return Tally(rows, both(conditions), looks_up=own != paths, direct=own)

    def _is_own(self, rows: Rows, path: str) -> bool:
        facts = rows.find(f"{rows.list_path}.{path}" if rows.list_path else path)
        return facts is None or rows.column(facts) is not None

    def _span(self, window: Window | None) -> Span:
        """A window on facts; the moment itself ends it anyway."""
        if window is None:
            return Span()
        span = self.lake.moment.span(window)
        return Span(span.start_us, None) if span.end_us is not None and span.end_us >= self.lake.moment.us else span

    def _anything(self, where: Filter | None) -> Rows | None:
        """Everything done by the person, one table after the other."""
        key = ("anything", where)
        if key not in self._shared:
            tables = []
            for kind in self.words.catalogue.event_types.values():
                if kind.done != "by" or kind.table not in self.lake.reader.filled or (rows := self.lake.rows(kind)) is None:
                    continue
                table = rows.table if where is None else rows.table.filter(Where(self.lake, rows).holds(where))
                tables.append(table.select(*OF_EVERY_FACT))
            if not tables:
                return None
            self._shared[key] = Rows(ibis.union(*tables) if len(tables) > 1 else tables[0], None)
        return self._shared[key]

    # Sequences

    def _sequence(self, leaf: Sequence) -> Plan:
        span, links = self._span(leaf.window), []
        for step in leaf.steps:
            kind = self.words.catalogue.event_types[step.event]
            tally = self._kept(self.lake.rows(kind), step.where, Span(span.start_us, None) if step.negated else span)
            if tally is not None:
                table = tally.rows.table if tally.keep is None else tally.rows.table.filter(tally.keep)
                links.append(Link(table, step.within, step.negated))
            elif step.negated:
                links.append(Link(None, step.within, step.negated))
            else:
                return Whole.NO_ONE
        return Asked(chain(self.lake, links))

    # Amounts

    def _measure(self, leaf: Measure) -> Plan:
        amount, op, value = leaf.amount, leaf.op, leaf.value
        if op == "!=":  # the complement of `=`, of an unknown amount too
            return Rest(self._measure(Measure(amount, "=", value)))
        if amount.kind in COUNTED and OPERATORS[op](0, _number(value)):
            return Rest(self._amount(amount, CONTRARY[op], value))
        return self._amount(amount, op, value)

    def _amount(self, amount: Amount, op: Comparison, value: Value) -> Plan:
        """Whose facts come to an amount that holds; who has no such facts is not among them."""
        found = self.over(amount)
        if found is None:
            return Whole.NO_ONE
        tally, item, kind = found
        if item is not None:
            return _with(tally, self._figure(amount, op, value, item, kind))
        if amount.kind == "number of":
            return _with(tally, figures.number_of(op, _number(value)))
        last = amount.kind == "days since last"
        return _with(tally, figures.days_since(last, op, int(_number(value)), tally.rows.table.time, self.lake.moment))

    def over(self, amount: Amount, span: Span | None = None) -> tuple[Tally, ir.Value | None, str] | None:
        """The rows an amount is taken over, its column (None: the facts themselves) and the kind of that; None where there are none."""
        span = self._span(amount.window) if span is None else span
        if amount.property is not None:
            return self._items(amount, span)
        tally = self._kept(self.lake.rows(self.words.catalogue.event_types[amount.event]), amount.where, span)
        return None if tally is None else (tally, None, "")

    def _relative(self, leaf: Relative) -> Plan:
        """Who has no facts in either stretch has 0 in both, where that is what none come to."""
        if leaf.op == "!=" and leaf.amount.kind not in COUNTED:
            return Rest(self._beside_earlier(leaf, "="))
        if leaf.amount.kind in COUNTED and OPERATORS[leaf.op](0, 0):
            return Rest(self._beside_earlier(leaf, CONTRARY[leaf.op]))
        return self._beside_earlier(leaf, leaf.op)

    def _beside_earlier(self, leaf: Relative, op: Comparison) -> Plan:
        """One scan over both stretches; who has facts in neither is not among them."""
        amount = leaf.amount
        earliest_us, start_us = self.lake.moment.before(amount.window, leaf.before)
        span = Span(earliest_us, None)
        found = self.over(amount, span)
        if found is None:
            return Whole.NO_ONE
        tally, item, kind = found
        time = tally.rows.table.time
        late = time.notnull() if start_us is None else time >= moment_of(start_us)
        return _with(tally, figures.beside_earlier(amount.kind, op, leaf.factor, late, item, kind))

    def _figure(self, amount: Amount, op: Comparison, value: Value, item: ir.Value, kind: str) -> Figure:
        match amount.kind:
            case "sum":
                return figures.total(op, _number(value), figures.summand(item, kind))
            case "average":
                return figures.average(op, _number(value), figures.summand(item, kind))
            case "number of different":
                return figures.number_of_different(op, _number(value), item)
        return figures.extreme(amount.kind == "largest", op, value, item, kind, self.lake.moment)

    def _items(self, amount: Amount, span: Span) -> tuple[Tally, ir.Value, str] | None:
        """The rows an amount is taken over, with its column: of every element where it stands in a list."""
        kind = self.words.catalogue.event_types[amount.event]
        facts = kind.properties[amount.property or ""]
        rows = self.lake.rows(kind, list_path=facts.list_path)
        column = None if rows is None else rows.column(facts)
        if rows is None or column is None:
            return None
        if facts.many:
            rows = self._each(rows, facts)
        if not facts.list_path:
            tally = self._kept(rows, amount.where, span)
        else:  # the filter is one of facts: look the facts up, then take all their elements
            conditions = in_span(rows.table.time, span)
            if amount.where is not None and (parents := self.lake.rows(kind)) is not None:
                kept = parents.table.filter([*in_span(parents.table.time, span), Where(self.lake, parents, span).holds(amount.where)])
                conditions.append(rows.table.event_id.isin(kept.event_id))
            tally = Tally(rows, both(conditions), looks_up=amount.where is not None)
        assert tally is not None, "there are rows"
        item = rows.table[ITEM] if facts.many else column
        return replace(tally, known=item.notnull()), item, facts.kind

    def _each(self, rows: Rows, facts: PropertyFacts) -> Rows:
        """A row for each of a list of plain values."""
        key = ("each", rows.list_path, facts, rows.facts.id if rows.facts else None)
        if key not in self._shared:
            self._shared[key] = Rows(rows.table.mutate(**{ITEM: rows.table[facts.column].unnest()}), rows.facts, rows.list_path)
        return self._shared[key]

    # Traits

    def _trait(self, leaf: TraitTest) -> Plan:
        test, negated = positive(leaf.test)
        if (amount := self.words.measures.get(leaf.trait)) is not None:
            plan = self._measured(amount, test)
        else:
            plan = self._newest(leaf.trait, test)
        return Rest(plan) if negated else plan

    def _measured(self, amount: Amount, test: Test) -> Plan:
        """A named measure, used as a trait."""
        match test:
            case Compare(op, value) if op in CONTRARY:
                return self._measure(Measure(amount, op, value))
            case OneOf(values):
                return AnyOf(tuple(self._measure(Measure(amount, "=", value)) for value in values))
            case Known():
                if amount.kind in COUNTED:
                    return Whole.EVERYONE
                found = self.over(amount)
                return Whole.NO_ONE if found is None else found[0]
        raise AssertionError(f"{test} is no test of a measure")

    def _newest(self, trait: str, test: Test) -> Plan:
        facts = trait_facts(self.words.catalogue, trait)
        identify = self.words.catalogue.event_types[IDENTIFY]
        rows = self.lake.rows(identify, list_path=facts.path if facts.kind == "list" else facts.list_path)
        if rows is None:
            return Whole.NO_ONE
        if facts.kind == "list":
            return Tally(rows)
        column = rows.column(facts)
        if column is None:
            return Whole.NO_ONE
        rows_known = Tally(rows, known=column.notnull())

        def held(value: ir.Value) -> ir.BooleanValue:
            return value_holds(value, facts, test, self.lake.moment)

        if facts.list_path:
            return Tally(rows, column.notnull(), figures.newest_fact(held(column).fill_null(False), rows.table))
        if isinstance(test, Known) and not facts.many:
            return rows_known
        return _with(rows_known, figures.newest(column, rows.table, held))

    def _near(self, leaf: Near) -> Plan:
        """By the newest latitude and the newest longitude, each for itself."""
        if leaf.branch not in self.words.branches:  # taken back since the rule was saved
            raise Refusal(f'No branch is called "{leaf.branch}".', mend="Load it again, or change the rule.")
        rows = self.lake.rows(self.words.catalogue.event_types[IDENTIFY])
        known = [self.words.catalogue.traits.get(name) for name in PLACE_TRAITS]
        if rows is None:
            return Whole.NO_ONE
        columns = [rows.column(facts) for facts in known if facts is not None and facts.kind == "number" and not facts.many]
        found = [column for column in columns if column is not None]
        if len(found) < len(PLACE_TRAITS):
            return Whole.NO_ONE
        figure = figures.near(found[0], found[1], rows.table, self.words.branches[leaf.branch], leaf.distance, leaf.unit)
        return Tally(rows, found[0].notnull() | found[1].notnull(), figure)

    # Consent

    def _may_receive(self, leaf: MayReceive) -> Plan:
        table = self.lake.table("consents")
        if table is None:
            return Whole.NO_ONE
        rows = Rows(table, None)
        asked = (table.channel == leaf.channel) & (table.purpose == leaf.purpose)
        consent = Tally(rows, asked, figures.newest(table.given, table, lambda given: given))
        return AllOf((consent, self._reachable(leaf.channel)))

    def _reachable(self, channel: str) -> Plan:
        """Who has a usable address nothing keeps us from using."""
        if channel == "post":
            return AnyOf(tuple(self._newest(trait, Known(True)) for trait in POST_TRAITS if trait in self.words.catalogue.traits))
        trait = ADDRESS_TRAIT.get(channel)
        if trait is None:
            return Whole.EVERYONE
        facts, identify = self.words.catalogue.traits.get(trait), self.words.catalogue.event_types[IDENTIFY]
        rows = self.lake.rows(identify)
        column = None if facts is None or rows is None else rows.column(facts)
        if rows is None or column is None or facts is None or facts.kind != "text":
            return Whole.NO_ONE
        dead = self._suppressed(channel)

        def usable(address: ir.Value) -> ir.BooleanValue:
            formed = address.re_search(MAIL_ADDRESS) if trait == "email" else address != ""
            return formed if dead is None else formed & ~address.lower().isin(dead)

        return Tally(rows, None, figures.newest(column, rows.table, usable), looks_up=True, known=column.notnull())

    def _suppressed(self, channel: str) -> ir.Value | None:
        """The addresses of a channel nothing is sent to, by the newest word on each."""
        table = self.lake.table("suppressions")
        if table is None:
            return None
        rows = table.filter(table.channel == channel, table.address.notnull())
        newest = rows.group_by("address").aggregate(dead=rows.suppressed.last(order_by=[rows.time, rows.event_id]))
        return newest.filter(newest.dead).address


def trait_facts(catalogue: Catalogue, trait: str) -> PropertyFacts:
    """A trait by its name, or by the spelling SDKs have for it."""
    found = catalogue.traits.get(trait)
    return found or catalogue.traits[TRAIT_ALIASES[trait]]


def _number(value: Value) -> Decimal:
    assert isinstance(value, Decimal), "the checker lets only numbers through"
    return value


def _with(tally: Tally, figure: Figure) -> Tally:
    return replace(tally, figure=figure)
