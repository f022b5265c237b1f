"""Nodes → tree: the JSON form of a rule, which the API speaks and the builder keeps."""

from decimal import Decimal
from typing import Any, assert_never

from rapport.segments.nodes import (
    AT_LEAST_ONCE,
    Amount,
    And,
    AnniversaryInTheNext,
    Before,
    Between,
    Bucket,
    Compare,
    Did,
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
from rapport.segments.text import distance_text, duration_text, number_text
from rapport.segments.walk import FILTER_OPERATORS, RULE_OPERATORS, Node, built

Tree = dict[str, Any]
SAFE_INTEGER_MAX = 2**53 - 1  # beyond it a reader that keeps numbers as doubles would change them
AMOUNT_KEYS = {
    "sum": "sum",
    "average": "average",
    "smallest": "smallest",
    "largest": "largest",
    "number of different": "number_of_different",
    "number of": "number_of",
    "days since first": "days_since_first",
    "days since last": "days_since_last",
}


def to_tree(rule: Rule) -> Tree:
    """Plain dicts, lists, texts, numbers and booleans: ready for `json.dumps`, and read back by `from_tree` as the same nodes."""
    return built(rule, _node_tree)


def filter_tree(where: Filter) -> Tree:
    """What stands after `where`."""
    return built(where, _node_tree)


def _node_tree(node: Node, parts: list[Tree]) -> Tree:
    if isinstance(node, RULE_OPERATORS + FILTER_OPERATORS):
        return {operator_key(node): parts}
    if isinstance(node, Sequence):
        return {"sequence": parts} | _window_tree(node.window)
    where: Tree = {"where": parts[0]} if parts else {}
    match node:
        case Everyone():
            return {"everyone": True}
        case NoOne():
            return {"no_one": True}
        case TraitTest():
            return {"trait": node.trait} | asked_tree(node.test)
        case PropertyTest():
            return {"property": node.path} | asked_tree(node.test)
        case Element():
            return {"element": node.path} | where
        case Did():
            event: Tree = {"did_anything": True} if node.event is None else {"did": node.event}
            times: Tree = {} if node.times == AT_LEAST_ONCE else {node.times.bound.replace(" ", "_"): node.times.count}
            return event | where | times | _window_tree(node.window)
        case Step():
            within: Tree = {} if node.within is None else {"within": duration_text(node.within)}
            return {"did_not" if node.negated else "did": node.event} | where | within
        case Measure():
            return _amount_tree(node.amount, where) | {"op": node.op, "value": value_tree(node.value)}
        case Relative():
            factor: Tree = {} if node.factor == 1 else {"factor": value_tree(node.factor)}
            return _amount_tree(node.amount, where) | {"op": node.op} | factor | {"the_before": duration_text(node.before)}
    return _standing_tree(node)


def _standing_tree(node: Node) -> Tree:
    """What is asked of a customer as such, not of their facts."""
    match node:
        case Bucket():
            numbers: Tree = {"bucket": node.first if node.first == node.last else [node.first, node.last]}
            return numbers | ({"of": node.name} if node.name else {})
        case Near():
            return {"near_branch": node.branch, "within": distance_text(node)}
        case InList():
            return {"in_list": node.name}
        case InSegment():
            return {"in_segment": node.name}
        case InSilo():
            return {"in_silo": node.name, "of": node.scheme}
        case MayReceive():
            return {"may_receive": node.channel, "for": node.purpose}
    raise AssertionError(f"{type(node).__name__} is no node of a rule")


def operator_key(node: Node) -> str:
    if isinstance(node, And | FilterAnd):
        return "and"
    return "or" if isinstance(node, Or | FilterOr) else "but_not"


def _amount_tree(amount: Amount, where: Tree) -> Tree:
    of: Tree = {} if amount.property is None else {"of": amount.event}
    return {AMOUNT_KEYS[amount.kind]: amount.property or amount.event} | of | where | _window_tree(amount.window)


def _window_tree(window: Window | None) -> Tree:
    return {} if window is None else asked_tree(window)


def asked_tree(test: Test) -> Tree:
    """What is asked of a trait or property, or of a fact's own time."""
    match test:
        case Compare():
            return {"op": test.op, "value": value_tree(test.value)}
        case OneOf():
            return {"op": "not in" if test.negated else "in", "values": [value_tree(value) for value in test.values]}
        case Known():
            return {"op": "is known" if test.known else "is unknown"}
        case InTheNext():
            return {"in_the_next": duration_text(test.duration)}
        case AnniversaryInTheNext():
            return {"anniversary_in_the_next": duration_text(test.duration)}
        case InTheLast():
            return {"in_the_last": duration_text(test.duration)}
        case Before():
            return {"before": test.time.text}
        case Since():
            return {"since": test.time.text}
        case Between():
            return {"between": [test.start.text, test.end.text]}
    assert_never(test)


def value_tree(value: Value) -> Any:
    """A number no double can hold exactly is written as text: {"number": "0.1000000000000000001"}."""
    if isinstance(value, Time):
        return {"time": value.text}
    if not isinstance(value, Decimal):
        return value
    plain = number_text(value)
    if "." not in plain and abs(int(plain)) <= SAFE_INTEGER_MAX:
        return int(plain)
    return float(plain) if Decimal(repr(float(plain))) == value and "." in plain else {"number": plain}
