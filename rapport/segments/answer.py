"""The answer to a rule over all customers: an exact set at every node, asked of the lake at one moment."""

import time
from collections.abc import Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass
from itertools import chain

from pyroaring import BitMap

from rapport.events.catalogue import IDENTIFY, EventTypeFacts
from rapport.segments.errors import RuleError
from rapport.segments.folding import leaf_sets
from rapport.segments.lake import Reader, lake_at
from rapport.segments.leaves import Planner, trait_facts
from rapport.segments.nodes import (
    Amount,
    And,
    ButNot,
    Did,
    Filter,
    InSegment,
    InSilo,
    Leaf,
    Measure,
    Named,
    Or,
    Relative,
    Rule,
    Sequence,
    TraitTest,
    preorder,
)
from rapport.segments.plans import Words
from rapport.segments.remembered import Remembered
from rapport.segments.sets import node_sets
from rapport.segments.text import rule_text
from rapport.segments.walk import tests_in
from rapport.warehouse import queries as warehouse


@dataclass(frozen=True)
class Answer:
    """Who a rule means as of a moment."""

    rule: str  # canonical text
    as_of_us: int
    root: BitMap
    nodes: list[tuple[str, BitMap]]  # pre-order, root first, each with its canonical text
    everyone: int  # how many there are at all
    without_rate: int  # facts before the moment whose amount the rule uses and that had no rate
    engine: str
    seconds: float


def answer(rule: Rule, words: Words, moment_us: int, reader: Reader | None = None) -> Answer:
    """Who a checked rule means as of the moment."""
    return answer_many([rule], words, moment_us, reader)[0]


def answer_many(
    rules: Several[Rule], words: Words, moment_us: int, reader: Reader | None = None, *, remembered: Remembered | None = None
) -> list[Answer]:
    """Several rules of one moment; a condition they share is asked once, and conditions share scans across rules.

    With `remembered`, what was asked of the same snapshot at the same moment is not asked again.
    """
    if reader is None:
        return warehouse.ask(lambda found: answer_many(rules, words, moment_us, found, remembered=remembered))
    started = time.perf_counter()
    lake = lake_at(reader, moment_us)
    leaves = [leaves_of(rule, words) for rule in rules]
    asked = (leaf_sets if remembered is None else remembered.leaf_sets)(chain.from_iterable(leaves), Planner(lake, words))
    found = []
    for rule, own in zip(rules, leaves, strict=True):
        sets = sets_over(rule, asked, words, lake.everyone)
        nodes = [(rule_text(node), ids) for node, ids in zip(preorder(rule), sets, strict=True)]
        without_rate = lake.unrated(kinds_with_money(own, words))
        seconds = time.perf_counter() - started
        found.append(Answer(nodes[0][0], moment_us, sets[0], nodes, len(lake.everyone), without_rate, reader.engine, seconds))
    return found


def leaves_of(rule: Rule, words: Words, within: tuple[Named, ...] = (), seen: set[Named] | None = None) -> list[Leaf]:
    """The conditions the lake is asked for: those of a segment or a silo stand for it, looked into once however often it is named."""
    found: list[Leaf] = []
    seen = set() if seen is None else seen
    for node in preorder(rule):
        if isinstance(node, InSegment | InSilo):
            inner = named_rule(node, words, within)
            if node not in seen:
                seen.add(node)
                found.extend(leaves_of(inner, words, (*within, node), seen))
        elif not isinstance(node, And | Or | ButNot):
            found.append(node)
    return found


def named_rule(node: Named, words: Words, within: tuple[Named, ...] = ()) -> Rule:
    """The rule of a segment or a silo as it stands now, never round in a circle."""
    what = f'segment "{node.name}"' if isinstance(node, InSegment) else f'silo "{node.name}" of "{node.scheme}"'
    rule = words.segments.get(node.name) if isinstance(node, InSegment) else words.silos.get((node.scheme, node.name))
    if rule is None:
        raise RuleError(f"There is no {what}.", mend="Save it first.", place=node.place)
    if node in within:
        raise RuleError(f"The {what} includes itself.", mend="Take it out of its own rule.", place=node.place)
    return rule


def sets_over(
    rule: Rule, asked: dict[Leaf, BitMap], words: Words, everyone: BitMap, named: dict[Named, BitMap] | None = None
) -> list[BitMap]:
    """The set of each node of a rule, from those of its leaves; what it names stands for its own rule, worked out once."""
    named = {} if named is None else named

    def of_leaf(leaf: Leaf) -> BitMap:
        if not isinstance(leaf, InSegment | InSilo):
            return asked[leaf]
        if leaf not in named:
            named[leaf] = sets_over(named_rule(leaf, words), asked, words, everyone, named)[0]
        return named[leaf]

    return node_sets(rule, of_leaf, everyone)


# Facts without a rate


def kinds_with_money(leaves: Several[Leaf], words: Words) -> list[EventTypeFacts]:
    """The kinds of facts whose amounts of money these conditions name."""
    found: dict[str, EventTypeFacts] = {}
    for leaf in leaves:
        for event, paths in _named(leaf, words):
            for kind in words.catalogue.event_types.values() if event is None else [words.catalogue.event_types[event]]:
                if any(path in kind.properties and kind.properties[path].kind == "money" for path in paths):
                    found[kind.name] = kind
    return list(found.values())


def _named(leaf: Leaf, words: Words) -> Iterator[tuple[str | None, set[str]]]:
    """The kind of fact a condition speaks of (None: any) with the properties it names."""
    match leaf:
        case Did():
            yield leaf.event, _paths(leaf.where)
        case Sequence():
            yield from ((step.event, _paths(step.where)) for step in leaf.steps)
        case Measure() | Relative():
            yield _of_amount(leaf.amount)
        case TraitTest():
            if leaf.trait in words.measures:
                yield _of_amount(words.measures[leaf.trait])
            else:
                yield IDENTIFY, {trait_facts(words.catalogue, leaf.trait).path}


def _of_amount(amount: Amount) -> tuple[str, set[str]]:
    return amount.event, _paths(amount.where) | ({amount.property} if amount.property else set())


def _paths(where: Filter | None) -> set[str]:
    return {path for path, _ in tests_in(where)}
