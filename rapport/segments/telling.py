"""Answers in lines a person reads on a terminal: the rule as an indented tree, a count and a bar at each node."""

from collections.abc import Iterator

from rapport.segments.answer import Answer
from rapport.segments.nodes import And, ButNot, Or, Rule
from rapport.segments.person import NodeEvidence

BAR_WIDTH = 20
EIGHTHS = " ▏▎▍▌▋▊▉█"
OPERATORS = {And: "AND", Or: "OR", ButNot: "BUT NOT"}
FACTS_SHOWN = 5


def tree_lines(rule: Rule, answer: Answer) -> Iterator[str]:
    """Every node with its exact count and its part of everyone."""
    width = len(f"{answer.everyone:,}")
    for (node, depth), (text, ids) in zip(nodes_with_depth(rule), answer.nodes, strict=True):
        yield f"{len(ids):>{width},}  {bar(len(ids), answer.everyone)}  {'  ' * depth}{_label(node, text)}"


def evidence_lines(rule: Rule, nodes: list[NodeEvidence]) -> Iterator[str]:
    """Yes or no at every node; under a condition the figure reached and the newest facts behind it."""
    for (node, depth), found in zip(nodes_with_depth(rule), nodes, strict=True):
        indent = "  " * depth
        figure = "" if found.figure is None else f"   ({found.figure})"
        yield f"{'yes' if found.holds else 'no ':<3}  {indent}{_label(node, found.text)}{figure}"
        for fact in found.facts[:FACTS_SHOWN]:
            yield f"     {indent}  {fact.time}  {fact.summary}"
        if found.facts_total > FACTS_SHOWN:
            yield f"     {indent}  … {found.facts_total - FACTS_SHOWN:,} more"


def nodes_with_depth(rule: Rule) -> Iterator[tuple[Rule, int]]:
    """Pre-order, as `nodes.preorder`."""
    waiting = [(rule, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        if isinstance(node, And | Or | ButNot):
            waiting.extend((child, depth + 1) for child in reversed(node.children))


def bar(part: int, whole: int) -> str:
    """A bar of eighths; anything above nothing shows."""
    eighths = min(BAR_WIDTH * 8, max(1, round(BAR_WIDTH * 8 * part / whole))) if part and whole else 0
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()).ljust(BAR_WIDTH)


def _label(node: Rule, text: str) -> str:
    return OPERATORS.get(type(node), text)
