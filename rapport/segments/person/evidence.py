"""Why a rule holds for a customer, or why not: at each node yes or no, under each condition the figure and the facts behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from rapport.commerce.events import ORDER_AMOUNTS
from rapport.lib.clock import from_us
from rapport.segments.nodes import Amount, Bucket, Did, Measure, Near, Relative, Rule, Sequence, TraitTest
from rapport.segments.person.algebra import OPERATORS, flat, truths
from rapport.segments.person.amounts import deed_values
from rapport.segments.person.history import Deed, History
from rapport.segments.person.moments import Now
from rapport.segments.person.readings import readings
from rapport.segments.person.verdict import Finding, finding, memberships
from rapport.segments.text import asked_text, distance_text, factor_text, rule_text, value_text

Plain: TypeAlias = str | int | float | bool | list[Any] | None
FACTS_SHOWN_MAX = 20
SUMMARY_WORDS_MAX = 4
SUMMARY_LETTERS_MAX = 120


@dataclass(frozen=True)
class FactSeen:
    """A fact behind an answer. `amount` in the company's money, or of the property an amount is of."""

    id: int
    event: str
    time: str  # ISO 8601, UTC
    summary: str
    amount: Plain = None
    order_id: str | None = None


@dataclass(frozen=True)
class NodeEvidence:
    """One node of a rule: `figure` is what was reached, `needed` what it takes; the newest facts first, `facts_total` counts all."""

    text: str
    holds: bool
    figure: Plain = None
    needed: str | None = None
    facts: list[FactSeen] = field(default_factory=list)
    facts_total: int = 0


def evidence(rule: Rule, history: History, moment_us: int, *, facts_max: int = FACTS_SHOWN_MAX) -> list[NodeEvidence]:
    """Every node in pre-order, root first. A customer who is none of everyone is in no set, whatever the figures say."""
    now, nodes = Now(moment_us, history.zone), flat(rule)
    members = memberships(nodes, history, now)
    found = {id(node): finding(node, history, now, members) for node in nodes if not isinstance(node, OPERATORS)}
    held = truths(nodes, lambda leaf: history.in_everyone and found[id(leaf)].holds)
    return [_node_evidence(node, holds, found.get(id(node)), history, now, facts_max) for node, holds in zip(nodes, held, strict=True)]


def _node_evidence(node: Rule, holds: bool, found: Finding | None, history: History, now: Now, facts_max: int) -> NodeEvidence:
    text = rule_text(node)
    if found is None:
        return NodeEvidence(text, holds)
    newest = found.deeds[: -facts_max - 1 : -1]
    return NodeEvidence(
        text=text,
        holds=holds,
        figure=plain(found.figure, found.kind),
        needed=_needed(node, found),
        facts=[_seen(deed, node, history, now) for deed in newest],
        facts_total=len(found.deeds),
    )


def _needed(node: Rule, found: Finding) -> str | None:
    """What a condition asks for, in the rule's own words."""
    match node:
        case Did(times=times):
            return f"{times.bound} {times.count}"
        case Measure(op=op, value=value):
            return f"{op} {value_text(value)}"
        case TraitTest(test=test):
            return asked_text(test)
        case Sequence(steps=steps):
            return f"all {len(steps)} steps"
        case Relative(op=op, factor=factor):
            early = plain(found.beside, found.kind)
            return f"{op} {factor_text(factor)}{'unknown' if early is None else early}"
        case Near():
            return f"<= {distance_text(node)}"
        case Bucket(first, last):
            return f"{first} to {last}"
    return None


def plain(value: Any, kind: str = "exact") -> Plain:
    """A figure in JSON's own types: a whole number as one, other exact ones to six places, a moment as ISO 8601 in UTC."""
    match value:
        case dict():
            return _line(value)
        case list():
            return [plain(one, kind) for one in value]
        case int() if kind == "time":
            return iso(value)
        case date():
            return value.isoformat()
        case Fraction() | Decimal():
            return int(value) if value == int(value) else round(float(value), 6)
        case float():
            return int(value) if value.is_integer() else value
        case bool() | str() | int() | None:
            return value
    raise AssertionError(f"{value!r} is no figure")


def iso(us: int) -> str:
    return from_us(us).isoformat().replace("+00:00", "Z")


def _seen(deed: Deed, node: Rule, history: History, now: Now) -> FactSeen:
    order_id = deed.properties.get("order_id")
    return FactSeen(
        id=deed.id,
        event=deed.event,
        time=iso(deed.time_us),
        summary=_summary(deed),
        amount=_amount(deed, node, history, now),
        order_id=str(order_id) if isinstance(order_id, str | int) else None,
    )


def _amount(deed: Deed, node: Rule, history: History, now: Now) -> Plain:
    """What the fact adds to the condition's own amount; of any other fact, its money."""
    amount = (
        node.amount
        if isinstance(node, Measure | Relative)
        else history.words.measures.get(node.trait)
        if isinstance(node, TraitTest)
        else None
    )
    known = history.kind(deed.event).properties
    if isinstance(amount, Amount) and amount.property is not None:
        values = deed_values(amount, deed, history, now)
        kind = known[amount.property].kind
        return plain(values[0] if len(values) == 1 else values, kind) if values else None
    money = [known[path] for path in ORDER_AMOUNTS if path in known and known[path].kind == "money"]
    values = [value for facts in money for value in readings(deed.properties, facts, rate_e9=deed.rate_e9, zone=now.zone)]
    return plain(values[0]) if values else None


def _summary(deed: Deed) -> str:
    """The fact in a line: its kind and the first few plain things it says."""
    said = _line(deed.properties)
    line = f"{deed.event}: {said}" if said else deed.event
    return line if len(line) <= SUMMARY_LETTERS_MAX else f"{line[: SUMMARY_LETTERS_MAX - 1]}…"


def _line(properties: Mapping[str, Any]) -> str:
    said = [f"{name} {value}" for name, value in properties.items() if isinstance(value, str | int | float) and value != ""]
    lists = [f"{len(value)} {name}" for name, value in properties.items() if isinstance(value, list) and value]
    return ", ".join(said[:SUMMARY_WORDS_MAX] + lists[:1])
