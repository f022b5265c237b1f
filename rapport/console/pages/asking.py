"""Questions put to the segments room by pages: who a rule means, a few of them with the reason, what saving it would mean.

Everything the console knows of that room's verbs stands here, in `evidence.py` beside it and nowhere else.
"""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from pyroaring import BitMap

from rapport.commerce import queries as commerce
from rapport.commerce.models import Order
from rapport.console.pages.bought import bought
from rapport.console.pages.changes import Change, changes
from rapport.console.pages.profile import display_name
from rapport.console.pages.tree import NodeShown, shown
from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.lib.clock import DAY_US, now_us, to_us
from rapport.lib.refusals import Refusal
from rapport.lib.zone import company_zone
from rapport.segments.actions import save_segment
from rapport.segments.editor import complete
from rapport.segments.errors import RuleError
from rapport.segments.models import Segment
from rapport.segments.nodes import And, Everyone, InSegment, MayReceive, Rule
from rapport.segments.queries import Remembered, answer_many, check, parse_rule, values_of
from rapport.segments.vocabulary import Vocabulary

DRAWN = 6
PAGE = 100
PIN_SECONDS = 600
REMEMBERED = Remembered()  # of this process: what the last answers asked of the lake
OVERLAPS_LOOKED_AT = 40
ORDERS_MAX = 50_000  # of a page of members: beyond, the oldest are left out of their sums


@dataclass(frozen=True)
class Question:
    """A checked rule, as typed and as it reads, with the moment it is asked for."""

    text: str
    rule: Rule
    vocabulary: Vocabulary
    moment_us: int
    is_now: bool


@dataclass(frozen=True)
class Shown:
    """What the page shows of an answer."""

    question: Question
    canonical: str
    people: BitMap
    everyone: int
    rows: list[NodeShown]
    changes: list[Change]  # of each row, against the other version; empty where there is none
    without_rate: int
    seconds: float

    @property
    def count(self) -> int:
        return len(self.people)

    @property
    def compared(self) -> list[tuple[NodeShown, Change | None]]:
        """Each row with what changed at it; None where there is no version to compare with."""
        none: list[Change | None] = [None] * len(self.rows)
        return list(zip(self.rows, self.changes or none, strict=True))


@dataclass(frozen=True)
class Member:
    """One of those a rule means, with the reason in a few words."""

    customer: Customer
    name: str
    why: str
    last_us: int | None
    year: Decimal
    currency: str | None


def question(text: str, vocabulary: Vocabulary, as_of: str = "", *, pinned_us: int = 0) -> Question:
    """Read and check a rule; a RuleError names line, column and mend. `pinned_us` is the moment a page's `now` was fixed at."""
    moment_us = moment_of(as_of)
    rule = check(parse_rule(text), vocabulary)
    return Question(text, rule, vocabulary, pinned(pinned_us) if moment_us is None else moment_us, moment_us is None)


def pinned(moment_us: int) -> int:
    """The moment a page's `now` means. It stays for PIN_SECONDS, so that whoever changes a rule compares like with like."""
    now = now_us()
    return moment_us if now - PIN_SECONDS * 1_000_000 < moment_us <= now else now


def moment_of(as_of: str) -> int | None:
    """The moment of an as-of field, in the company's time unless it has a zone; None is now."""
    if not as_of.strip():
        return None
    try:
        moment = datetime.fromisoformat(as_of.strip())
        return to_us(moment if moment.tzinfo else moment.replace(tzinfo=company_zone()))
    except (ValueError, OverflowError) as trouble:
        what = _("“%(text)s” is no date or time.") % {"text": as_of[:40]}
        raise Refusal(what, mend=_("Write 2026-11-23 or 2026-11-23 18:42.")) from trouble


def ask(asked: Question, against: str = "") -> Shown:
    """The exact count at every node, all of one moment, with what changed against another version of the rule."""
    old = _version(against, asked.vocabulary)
    rules = [asked.rule, Everyone(), *([] if old is None else [old])]
    found, whole, *before = answer_many(rules, asked.vocabulary, asked.moment_us, remembered=REMEMBERED)
    rows = shown(asked.rule, found.nodes)
    compared = changes(asked.rule, found.nodes, old, before[0].nodes) if old is not None else []
    return Shown(asked, found.rule, found.root, len(whole.root), rows, compared, found.without_rate, found.seconds)


def _version(text: str, vocabulary: Vocabulary) -> Rule | None:
    """The version to compare with; None where there is none, or none that can be asked any more."""
    try:
        return check(parse_rule(text), vocabulary) if text.strip() else None
    except RuleError:  # it names what is gone by now: there is nothing to compare with
        return None


def drawn(people: BitMap, seed: str) -> list[int]:
    """A fair draw: the same six for the same question, so that a page does not shuffle under the reader."""
    count = len(people)
    if count <= DRAWN:
        return list(people)
    return sorted(people[place] for place in random.Random(seed).sample(range(count), DRAWN))


def members_of(rows: Sequence[Customer], whys: Mapping[int, str] | None = None) -> list[Member]:
    """These customers with what they bought: a few questions for all of them, not a few for each."""
    family = customers.families_of([row.id for row in rows])
    orders: dict[int, list[Order]] = defaultdict(list)
    for order in commerce.orders_of(list(family), limit=ORDERS_MAX):
        orders[family[order.customer_id or 0]].append(order)
    found, now = [], now_us()
    for row in rows:
        sums = bought(orders[row.id], now_us=now)
        found.append(Member(row, display_name(row), (whys or {}).get(row.id, ""), sums.last_us, sums.year, sums.currency))
    return found


@dataclass(frozen=True)
class Meaning:
    """What saving a rule would mean."""

    came: int
    left: int
    mailable: int
    overlap: tuple[str, int] | None


def meaning(asked: Question, people: BitMap, vocabulary: Vocabulary) -> Meaning:
    """Who came and left since a day before, who may be mailed, which segment it overlaps with most."""
    before = answer_many([asked.rule], vocabulary, asked.moment_us - DAY_US, remembered=REMEMBERED)[0].root
    names = [name for name in sorted(vocabulary.segments) if InSegment(name) != asked.rule][:OVERLAPS_LOOKED_AT]
    rules: list[Rule] = [And((asked.rule, MayReceive("email"))), *(InSegment(name) for name in names)]
    mailable, *segments = answer_many(rules, vocabulary, asked.moment_us, remembered=REMEMBERED)
    shared = [(len(found.root & people), name) for name, found in zip(names, segments, strict=True) if found.root != people]
    most = max(shared, default=(0, ""))
    return Meaning(len(people - before), len(before - people), len(mailable.root), (most[1], most[0]) if most[0] else None)


def moved(asked: Question, vocabulary: Vocabulary, *, came: bool) -> BitMap:
    """Who came since a day before, or who left."""
    now_ = answer_many([asked.rule], vocabulary, asked.moment_us)[0].root
    before = answer_many([asked.rule], vocabulary, asked.moment_us - DAY_US)[0].root
    return now_ - before if came else before - now_


def completion(text: str, caret: int, vocabulary: Vocabulary) -> dict[str, Any]:
    """What may stand at the caret, for the list below it. Offsets count as JavaScript does.

    `eager`: worth opening by itself; a list of mere grammar words before anything is typed is not.
    """
    found = complete(text, caret, vocabulary, values_of(vocabulary))
    typed = text[found[0].start : caret] if found else ""
    if len(found) == 1 and found[0].text.casefold() == typed.casefold():
        found = []
    options = [
        {"label": one.text, "note": one.detail, "insert": one.text, "start": _units(text[: one.start]), "end": _units(text[: one.end])}
        for one in found
    ]
    eager = bool(found) and (bool(typed.strip()) or found[0].kind not in ("keyword", "sign"))
    return {"options": options, "eager": eager}


def save(name: str, text: str, *, by: str) -> Segment:
    """Keep a rule under a name; a name that is there already gets the new rule."""
    if not name:
        raise Refusal(_("A segment needs a name."), mend=_("Give it one that says who they are: “Let down, and still ours”."))
    return save_segment(name, text, by=by)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def page_of(people: BitMap, after: int) -> dict[str, Any]:
    """What a page of a set's people shows: those behind the last one seen, and the last of these where there are more."""
    start = people.rank(after) if after else 0
    ids = list(people[start : start + PAGE])
    more = len(ids) == PAGE and ids[-1] != people[-1]
    return {"count": len(people), "people": members_of(customers.customers(ids)), "next": ids[-1] if more else None, "after": after}
