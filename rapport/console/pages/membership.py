"""Which saved segments a customer is in, answered from the customer's own facts, and why for any one of them."""

from dataclasses import dataclass
from typing import Literal

from rapport.console.pages import asking
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.segments.models import Segment
from rapport.segments.person import history_of, holds
from rapport.segments.queries import check, parse_rule, segments
from rapport.segments.vocabulary import Vocabulary

SEGMENTS_MAX = 200  # beyond, a page would keep its reader waiting
State = Literal["in", "out", "lost"]  # lost: its rule cannot be asked any more


@dataclass(frozen=True)
class Memberships:
    rows: list[tuple[Segment, State]]
    cut: int  # segments not looked at


def memberships(customer_id: int, vocabulary: Vocabulary) -> Memberships:
    """Each saved segment, by name, with whether the customer is in it now. The facts are read once."""
    kept, history, now = segments(), history_of(customer_id, vocabulary), now_us()
    rows: list[tuple[Segment, State]] = []
    for one in kept[:SEGMENTS_MAX]:
        try:
            state: State = "in" if holds(check(parse_rule(one.rule), vocabulary), history, now) else "out"
        except Refusal:  # shown as such: what it names is gone
            state = "lost"
        rows.append((one, state))
    return Memberships(rows, max(0, len(kept) - SEGMENTS_MAX))


def asked_of(kept: Segment, vocabulary: Vocabulary) -> asking.Question:
    """A segment's rule as a question of now; a RuleError where it cannot be asked any more."""
    return asking.question(kept.rule, vocabulary)
