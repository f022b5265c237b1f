"""What the kept sets tell over time and beside each other: sizes, who came and left since a day, flows, overlaps, what sets people apart.

The bitmaps of a day hold the ids of that day; here they are read through today's aliases, so that a merge is no coming or going.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import asin, sqrt

import numpy as np
from pyroaring import BitMap

from rapport.customers import queries as customers
from rapport.lib.clock import now_us
from rapport.segments.answer import answer_many
from rapport.segments.check import check
from rapport.segments.models import Segment
from rapport.segments.nodes import Rule
from rapport.segments.queries import members, parsed, segment_key
from rapport.segments.refresh import days
from rapport.segments.refresh.kept import EVERYONE, sets_of
from rapport.segments.text import rule_text
from rapport.segments.vocabulary import Vocabulary

OVERLAPPED_MAX = 12  # sets in one picture: 4,096 combinations
FEW = 30  # of fewer people a share says little
Z_90 = 1.6448536269514722


def set_on(key: str, day: date, everyone: BitMap) -> BitMap | None:
    """Who was in a set at the end of a day, as whom they are now; who was erased since is nobody. None where no day was kept so early."""
    ids = days.set_on(key, day)
    return None if ids is None else as_now(ids, everyone)


def everyone_kept() -> BitMap:
    """Everyone at the last refresh."""
    return sets_of([EVERYONE]).get(EVERYONE, BitMap())


def sizes(chosen: Sequence[Segment], since: date) -> dict[int, list[tuple[date, int]]]:
    """How many people each segment held at the end of each day kept since then, by the segment's id."""
    found = days.sizes([segment_key(one) for one in chosen], since)
    return {one.id: found[segment_key(one)] for one in chosen}


def as_now(ids: BitMap, everyone: BitMap) -> BitMap:
    """Ids of an earlier day, as the customers they stand for now."""
    gone = ids - everyone
    roots = BitMap(customers.aliases_among(list(gone)).values()) if gone else gone
    return (ids & everyone) | (roots & everyone)


@dataclass(frozen=True)
class Standing:
    """Who some segments meant at the end of a day, by the segment's id. `asked`: whom no kept day told, so that the rules were asked."""

    day: date
    sets: dict[int, BitMap]
    asked: frozenset[int]


def standing(chosen: Sequence[Segment], day: date, words: Vocabulary) -> Standing:
    """By each rule as it stands now: from the days kept where they go back so far and the rule is older, else asked as of that midnight."""
    everyone = everyone_kept()
    end_us = days.midnight_us(day + timedelta(days=1))
    found: dict[int, BitMap] = {}
    for one in chosen:
        ids = set_on(segment_key(one), day, everyone) if one.updated_us <= end_us else None
        if ids is not None:
            found[one.id] = ids
    missing = [one for one in chosen if one.id not in found]
    rules = [check(parsed(one.rule), words) for one in missing]
    asked = answer_many(rules, words, min(end_us, now_us())) if rules else []
    found.update((one.id, answer.root) for one, answer in zip(missing, asked, strict=True))
    return Standing(day, {one.id: found[one.id] for one in chosen}, frozenset(one.id for one in missing))


@dataclass(frozen=True)
class Movement:
    """Who came into a segment and who left it since the end of a day, up to the moment of the last refresh."""

    since: date
    came: BitMap
    left: BitMap
    asked: bool  # the day was not kept: its set was asked


def movement(kept: Segment, since: date, words: Vocabulary) -> Movement | None:
    """Since the end of a day; None before the first refresh of this rule."""
    now = members(kept)
    if now is None:
        return None
    found = standing([kept], since, words)
    before = found.sets[kept.id]
    return Movement(since, now.ids - before, before - now.ids, bool(found.asked))


def movements(kept: Segment, since: date) -> list[tuple[date, int, int]]:
    """(day, came, left) of each day kept after that one, each against the day kept before it; who was merged or erased did neither."""
    everyone = everyone_kept()
    told = ((day, as_now(ids, everyone)) for day, ids in days.each(segment_key(kept), since))
    return [(day, len(ids - before), len(before - ids)) for (_, before), (day, ids) in pairwise(told) if day > since]


def flows(before: Mapping[str, BitMap], now: Mapping[str, BitMap]) -> dict[tuple[str | None, str | None], BitMap]:
    """Who went from which set of one moment to which of another; None is none of them. Empty flows are left out.

    Of sets that do not overlap (silos) each person is in one flow; of segments somebody may be in several.
    """
    outside_before, outside_now = BitMap.union(BitMap(), *before.values()), BitMap.union(BitMap(), *now.values())
    found: dict[tuple[str | None, str | None], BitMap] = {}
    for left, were in before.items():
        for right, are in now.items():
            found[left, right] = were & are
        found[left, None] = were - outside_now
    for right, are in now.items():
        found[None, right] = are - outside_before
    return {pair: ids for pair, ids in found.items() if ids}


@dataclass(frozen=True)
class Overlap:
    """People who are in just these sets of those looked at, and in no other of them."""

    names: tuple[str, ...]
    people: int


def overlaps(sets: Mapping[str, BitMap]) -> list[Overlap]:
    """The bars of an UpSet plot (Lex et al. 2014), most people first; each person counts in one of them."""
    assert len(sets) <= OVERLAPPED_MAX, "a picture of more is none"
    names = list(sets)
    union = np.array(BitMap.union(BitMap(), *sets.values()).to_array(), dtype=np.uint32)
    marks = np.zeros(len(union), dtype=np.uint16)
    for place, ids in enumerate(sets.values()):
        marks[np.searchsorted(union, np.array(ids.to_array(), dtype=np.uint32))] |= np.uint16(1 << place)
    values, counts = np.unique(marks, return_counts=True)
    found = [
        Overlap(tuple(name for place, name in enumerate(names) if value >> place & 1), int(count))
        for value, count in zip(values.tolist(), counts.tolist(), strict=True)
    ]
    return sorted(found, key=lambda one: (-one.people, one.names))


def just_in(sets: Mapping[str, BitMap], names: Sequence[str]) -> BitMap:
    """The people of one bar: in all of these and in none of the others."""
    inside = BitMap.intersection(*(sets[name] for name in names))
    return inside - BitMap.union(BitMap(), *(ids for name, ids in sets.items() if name not in names))


@dataclass(frozen=True)
class Apart:
    """A condition that holds for another share of a set than of the others. `effect` is Cohen's h, with the 90 % interval around it."""

    rule: str
    inside: int  # of the set, for whom it holds
    outside: int  # of the others
    share_inside: float
    share_outside: float
    effect: float
    effect_low: float
    effect_high: float


def apart(ids: BitMap, conditions: Sequence[Rule], words: Vocabulary, moment_us: int, everyone: BitMap) -> list[Apart]:
    """Which of these conditions set the people of a set apart from all others, the strongest first.

    Cohen's h = 2 asin sqrt(p) - 2 asin sqrt(q), of variance 1/n + 1/m (Cohen, Statistical Power Analysis, 1988, ch. 6). What might be
    chance (its interval holds 0) is left out, and so are sets of fewer than FEW.
    """
    others = everyone - ids
    ids = ids & everyone
    if len(ids) < FEW or len(others) < FEW:
        return []
    spread = Z_90 * sqrt(1 / len(ids) + 1 / len(others))
    found = []
    for condition, answer in zip(conditions, answer_many(conditions, words, moment_us), strict=True):
        inside, outside = ids.intersection_cardinality(answer.root), others.intersection_cardinality(answer.root)
        share, beside = inside / len(ids), outside / len(others)
        effect = 2 * asin(sqrt(share)) - 2 * asin(sqrt(beside))
        if abs(effect) > spread:
            found.append(Apart(rule_text(condition), inside, outside, share, beside, effect, effect - spread, effect + spread))
    return sorted(found, key=lambda one: -abs(one.effect))
