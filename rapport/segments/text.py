"""Nodes → canonical text: one spelling for each meaning, which reads back as the same nodes."""

import json
from decimal import Decimal
from typing import assert_never

from rapport.segments.grammar import name_text
from rapport.segments.nodes import (
    AT_LEAST_ONCE,
    Amount,
    And,
    AnniversaryInTheNext,
    Before,
    Between,
    Bucket,
    Compare,
    Definition,
    Did,
    Duration,
    Element,
    Everyone,
    Filter,
    FilterAnd,
    FilterOr,
    InList,
    InSegment,
    InSilo,
    InTheLast,
    InTheNext,
    Known,
    Leaf,
    MayReceive,
    Measure,
    Near,
    NoOne,
    OneOf,
    Or,
    PropertyTest,
    Relative,
    Rule,
    Sequence,
    Since,
    Step,
    Test,
    Time,
    TraitTest,
    Value,
    Window,
)
from rapport.segments.walk import FILTER_OPERATORS, RULE_OPERATORS, Node, built, parts_of

JOINTS: dict[type, str] = {And: " AND ", FilterAnd: " AND ", Or: " OR ", FilterOr: " OR "}
BUT_NOT = " BUT NOT "
FACTOR_WORDS = {Decimal("0.5"): "half of ", Decimal(2): "twice "}


def rule_text(rule: Rule) -> str:
    """The canonical text of a rule: capitals for AND, OR, BUT NOT, brackets wherever they could be misread."""
    return built(rule, _node_text)


def leaf_text(leaf: Leaf) -> str:
    return rule_text(leaf)


def filter_text(where: Filter) -> str:
    """What stands after `where`, without its outer brackets."""
    return built(where, _node_text)


def definition_text(definition: Definition) -> str:
    return f"{name_text(definition.name)} := {amount_text(definition.amount)}"


def amount_text(amount: Amount) -> str:
    """An amount, as in a measure or a definition."""
    return _amount_text(amount, [filter_text(amount.where)] if amount.where is not None else [])


def _node_text(node: Node, parts: list[str]) -> str:
    if isinstance(node, RULE_OPERATORS + FILTER_OPERATORS):
        return _joined(node, parts)
    match node:
        case Everyone():
            return "everyone"
        case NoOne():
            return "no one"
        case TraitTest():
            return f"{name_text(node.trait)} {asked_text(node.test)}"
        case PropertyTest():
            return f"{name_text(node.path)} {asked_text(node.test)}"
        case Element():
            return f"{name_text(node.path)}({parts[0]})"
        case Did():
            return _did_text(node, parts)
        case Measure():
            return f"{_amount_text(node.amount, parts)} {node.op} {value_text(node.value)}"
        case Sequence():
            return f"did {parts[0]} then {' then '.join(parts[1:])}{_window_text(node.window)}"
        case Step():
            within = "" if node.within is None else f" within {duration_text(node.within)}"
            return f"{'no ' if node.negated else ''}{quoted(node.event)}{_where_text(node.where, parts)}{within}"
        case Relative():
            return f"{_amount_text(node.amount, parts)} {node.op} {relative_text(node)}"
    return _standing_text(node)


def _standing_text(node: Node) -> str:
    """What is asked of a customer as such, not of their facts."""
    match node:
        case Bucket():
            numbers = str(node.first) if node.first == node.last else f"{node.first}-{node.last}"
            return f"bucket {numbers} of {quoted(node.name)}" if node.name else f"bucket {numbers}"
        case Near():
            return f"within {distance_text(node)} of branch {quoted(node.branch)}"
        case InList():
            return f"in list {quoted(node.name)}"
        case InSegment():
            return f"in segment {quoted(node.name)}"
        case InSilo():
            return f"in silo {quoted(node.name)} of {quoted(node.scheme)}"
        case MayReceive():
            purpose = "" if node.purpose == "marketing" else f" for {name_text(node.purpose)}"
            return f"may receive {name_text(node.channel)}{purpose}"
    raise AssertionError(f"{type(node).__name__} is no node of a rule")


def _joined(node: Node, parts: list[str]) -> str:
    """AND and OR stand unbracketed in nothing but BUT NOT, and there only AND does."""
    children = parts_of(node)
    sides = [f"({text})" if _needs_brackets(node, child) else text for child, text in zip(children, parts, strict=True)]
    return JOINTS.get(type(node), BUT_NOT).join(sides)


def _needs_brackets(parent: Node, child: Node) -> bool:
    if not isinstance(child, RULE_OPERATORS + FILTER_OPERATORS):
        return False
    return not (isinstance(child, And | FilterAnd) and type(parent) not in JOINTS)


def _where_text(where: Filter | None, parts: list[str]) -> str:
    if where is None:
        return ""
    return f" where ({parts[0]})" if isinstance(where, FILTER_OPERATORS) else f" where {parts[0]}"


def _did_text(node: Did, parts: list[str]) -> str:
    event = "anything" if node.event is None else quoted(node.event)
    times = "" if node.times == AT_LEAST_ONCE else f" {node.times.bound} {node.times.count} times"
    return f"did {event}{_where_text(node.where, parts)}{times}{_window_text(node.window)}"


def _amount_text(amount: Amount, parts: list[str]) -> str:
    of = "" if amount.property is None else f"({name_text(amount.property)}) of"
    return f"{amount.kind}{of} {quoted(amount.event)}{_where_text(amount.where, parts)}{_window_text(amount.window)}"


def relative_text(node: Relative) -> str:
    """What an amount is held against: `half of the 90 days before`."""
    return f"{factor_text(node.factor)}the {duration_text(node.before)} before"


def factor_text(factor: Decimal) -> str:
    """`half of `, `twice `, `3 times `; nothing for once."""
    if factor == 1:
        return ""
    return FACTOR_WORDS.get(factor) or f"{number_text(factor)} times "


def distance_text(node: Near) -> str:
    return f"{number_text(node.distance)} {node.unit}"


def _window_text(window: Window | None) -> str:
    return "" if window is None else f" {asked_text(window)}"


def asked_text(test: Test) -> str:
    """What is asked of a trait or property, without its name."""
    match test:
        case Compare():
            return f"{test.op} {value_text(test.value)}"
        case OneOf():
            return f"{'not in' if test.negated else 'in'} ({', '.join(map(value_text, test.values))})"
        case Known():
            return "is known" if test.known else "is unknown"
        case InTheNext():
            return f"in the next {duration_text(test.duration)}"
        case AnniversaryInTheNext():
            return f"anniversary in the next {duration_text(test.duration)}"
        case InTheLast():
            return f"in the last {duration_text(test.duration)}"
        case Before():
            return f"before {test.time.text}"
        case Since():
            return f"since {test.time.text}"
        case Between():
            return f"between {test.start.text} and {test.end.text}"
    assert_never(test)


def duration_text(duration: Duration) -> str:
    return f"{duration.count} {duration.unit}{'' if duration.count == 1 else 's'}"


def value_text(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Time():
            return value.text
        case Decimal():
            return number_text(value)
        case str():
            return quoted(value)
    assert_never(value)


def number_text(number: Decimal) -> str:
    """A plain decimal, never an exponent, without idle zeros."""
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
