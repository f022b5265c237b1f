"""Why somebody is in, or out: each condition with the figure reached and the facts behind it, in the words of a page."""

from collections.abc import Sequence as Several
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from rapport.console.pages.asking import Question
from rapport.console.pages.tree import OPERATORS
from rapport.console.templatetags.wording import figure, money
from rapport.segments.nodes import (
    And,
    Bucket,
    ButNot,
    Did,
    InList,
    InSegment,
    InSilo,
    MayReceive,
    Measure,
    Near,
    Or,
    Relative,
    Rule,
    Sequence,
    TraitTest,
    preorder,
)
from rapport.segments.person import FactSeen, NodeEvidence, evidence, history_of

FACTS_SHOWN = 3
WHY_PARTS = 2
MONEY = ("revenue", "total", "value")


@dataclass(frozen=True)
class EvidenceRow:
    """One node: whether it holds, what that means here, what was reached. `closes` lists end after it."""

    text: str
    operator: str
    holds: bool
    taken: bool  # it stands after BUT NOT
    words: str
    reached: str  # the word before the figure; "" where there is nothing to say
    figure: str
    needed: str
    facts: Several[FactSeen]
    more: Several[FactSeen]
    unseen: int
    closes: int

    @property
    def mark(self) -> str:
        """y: holds, n: does not, w: holds and takes the person out."""
        return ("w" if self.taken else "y") if self.holds else "n"


@dataclass(frozen=True)
class Verdict:
    """In or out, with every reason."""

    holds: bool
    rows: list[EvidenceRow]


def verdict(asked: Question, customer_id: int) -> Verdict:
    """Answered from the customer's own facts, apart from the answer over many."""
    found = evidence(asked.rule, history_of(customer_id, asked.vocabulary), asked.moment_us)
    return Verdict(found[0].holds, _rows(asked.rule, found))


def why(asked: Question, customer_id: int, currency: str | None) -> str:
    """The reason in a few words, for a person's chip: the figures of the conditions that hold."""
    found = evidence(asked.rule, history_of(customer_id, asked.vocabulary), asked.moment_us, facts_max=1)
    said = [_reason(node, seen, currency) for node, seen in zip(preorder(asked.rule), found, strict=True) if seen.holds]
    return ", ".join(list(dict.fromkeys(filter(None, said)))[:WHY_PARTS])


def _reason(node: Rule, seen: NodeEvidence, currency: str | None) -> str:
    match node:
        case Did(event=event) if isinstance(seen.figure, int) and seen.figure:
            return f"{seen.figure:,} × {event or _('any deed')}"
        case Measure(amount=amount) if seen.figure is not None:
            is_money = amount.kind in ("sum", "average") and amount.property in MONEY
            if is_money and isinstance(seen.figure, int | float):
                return f"{money(Decimal(str(seen.figure)), currency)} {amount.kind}"
            return f"{amount.kind} {figure(seen.figure)}"
        case TraitTest(trait=trait) if seen.figure is not None:
            return f"{trait} {figure(seen.figure)}"
        case InSegment(name=name) | InList(name=name) | InSilo(name=name):
            return f"“{name}”"
    return ""


def _rows(rule: Rule, found: Several[NodeEvidence]) -> list[EvidenceRow]:
    """Every node but the outermost: the verdict above speaks for the root, and for an AND that BUT NOT takes from."""
    rows: list[EvidenceRow] = []
    opened: list[_Open] = []
    for node, seen in zip(preorder(rule), found, strict=True):
        taken = bool(opened) and opened[-1].is_but_not and opened[-1].came > 0
        outermost = not opened or (isinstance(node, And) and len(opened) == 1 and opened[0].is_but_not and not opened[0].came)
        if opened:
            opened[-1].came += 1
        closes = 0
        if isinstance(node, And | Or | ButNot):
            opened.append(_Open(isinstance(node, ButNot), len(node.children), drawn=not outermost))
        else:
            closes = _close(opened)
        if not (outermost and isinstance(node, And | Or | ButNot)):
            rows.append(_row(node, seen, taken, closes))
    return rows


@dataclass
class _Open:
    """An operator whose children are still coming; `drawn`: it has a row and a list of its own."""

    is_but_not: bool
    left: int
    drawn: bool
    came: int = 0


def _close(opened: list[_Open]) -> int:
    """How many lists end with a condition."""
    closed = 0
    while opened:
        opened[-1].left -= 1
        if opened[-1].left:
            break
        closed += opened.pop().drawn
    return closed


def _row(node: Rule, seen: NodeEvidence, taken: bool, closes: int) -> EvidenceRow:
    operator = OPERATORS.get(type(node), "")
    return EvidenceRow(
        text=seen.text,
        operator=operator,
        holds=seen.holds,
        taken=taken,
        words=_words(node, seen, taken),
        reached=_reached(node, seen),
        figure=figure(seen.figure) if seen.figure is not None else _("unknown"),
        needed=seen.needed or "" if isinstance(node, Did | Measure | Sequence | Relative | Near | Bucket) else "",
        facts=seen.facts[:FACTS_SHOWN],
        more=seen.facts[FACTS_SHOWN:],
        unseen=seen.facts_total - len(seen.facts),
        closes=closes,
    )


def _reached(node: Rule, seen: NodeEvidence) -> str:
    match node:
        case Did() | Measure() | Sequence() | Relative():
            return _("reached")
        case TraitTest() | Near() | Bucket():
            return _("it is")
        case MayReceive():
            return _("because:")
    return ""


def _words(node: Rule, seen: NodeEvidence, taken: bool) -> str:
    """What it comes to, in plain words."""
    if taken:
        if seen.holds:
            return _("takes out")
        return _("does not take out. A new one would.") if isinstance(node, Did) and node.window else _("does not take out")
    if isinstance(node, And):
        return _("all of these") if seen.holds else _("not all of these")
    if isinstance(node, Or):
        return _("at least one of these") if seen.holds else _("none of these")
    if isinstance(node, ButNot):
        return _("the first, and none of the others") if seen.holds else _("not the first, or taken out")
    return ""
