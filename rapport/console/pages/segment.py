"""Segments as their pages show them: rows with their last 60 days, a segment's figures, its picture by day, overlaps and flows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from rapport.console.pages.circle import Flow
from rapport.console.pages.crowd import Flows, chosen, in_segment, numbers_of, overlap_rule, sets_now
from rapport.lib.clock import from_us
from rapport.lib.zone import company_zone, today
from rapport.segments import history
from rapport.segments import queries as segments
from rapport.segments.answer import leaves_of
from rapport.segments.history import Apart
from rapport.segments.models import Segment
from rapport.segments.nodes import Did, Rule
from rapport.segments.text import rule_text
from rapport.segments.vocabulary import Vocabulary

SPARK_DAYS = 60
CHANGE_DAYS = 7
BARS_MAX = 24
PERIODS = (7, 30, 90)
SORTS = ("name", "people", "change", "updated")


@dataclass(frozen=True)
class Row:
    """One segment of the list."""

    kept: Segment
    people: int | None
    spark: Flow
    change: int | None  # of its size, in CHANGE_DAYS
    trouble: str


def rows(search: str, sort: str) -> list[Row]:
    """Every segment whose name, rule or owner holds the words, in this order."""
    words = search.casefold()
    found = [one for one in segments.segments() if words in f"{one.name}\n{one.rule}\n{one.by}".casefold()]
    people, _last = segments.people_in_segments()
    troubles = segments.kept_rules(segments.vocabulary())[1]
    since = today() - timedelta(days=SPARK_DAYS)
    sizes = history.sizes(found, since)
    shown = [_row(one, people.get(one.id), sizes[one.id], troubles.get(segments.segment_key(one))) for one in found]
    return sorted(shown, key=_ORDER.get(sort, _ORDER["name"]))


_ORDER: dict[str, Any] = {
    "name": lambda row: row.kept.name.casefold(),
    "people": lambda row: (-(row.people or 0), row.kept.name.casefold()),
    "change": lambda row: (-abs(row.change or 0), row.kept.name.casefold()),
    "updated": lambda row: -row.kept.updated_us,
}


def _row(kept: Segment, people: int | None, sizes: list[tuple[date, int]], trouble: Exception | None) -> Row:
    before = [n for day, n in sizes if day <= today() - timedelta(days=CHANGE_DAYS)]
    values = [n for _day, n in sizes] + ([people] if people is not None else [])
    change = people - before[-1] if before and people is not None else None
    return Row(kept, people, Flow(values if len(values) > 1 else [0]), change, str(trouble or ""))


@dataclass(frozen=True)
class Head:
    """The figures at the head of a segment's page."""

    people: int
    everyone: int
    moment_us: int
    came: int
    left: int
    since: date
    asked: bool


def head(kept: Segment, period: int, words: Vocabulary) -> Head | None:
    """None before the first refresh of its rule."""
    now, last = segments.members(kept), segments.last_refresh()
    since = today() - timedelta(days=period)
    moved = None if now is None else history.movement(kept, since, words)
    if now is None or last is None or moved is None:
        return None
    return Head(len(now.ids), last.everyone, now.moment_us, len(moved.came), len(moved.left), since, moved.asked)


def by_day(kept: Segment, period: int) -> dict[str, Any] | None:
    """The plot of a segment's size, with its table; None while fewer than two days are kept."""
    since = today() - timedelta(days=period + 1)
    people = dict(history.sizes([kept], since)[kept.id])
    moved = {day: (came, left) for day, came, left in history.movements(kept, since)}
    told = sorted(people)
    if len(told) < 2:
        return None
    changed = from_us(kept.updated_us, company_zone()).date()
    names = {day: f"{day.day} {day:%b}" for day in told}
    rows = [(names[day], people[day], *moved.get(day, (0, 0))) for day in told]
    plot = {
        "names": [row[0] for row in rows],
        "people": [row[1] for row in rows],
        "came": [row[2] for row in rows],
        "left": [row[3] for row in rows],
        "days": [(day - timedelta(days=1)).isoformat() for day in told],
        "changed": names.get(changed, ""),
        "words": {"people": _("people"), "came": _("came"), "left": _("left"), "changed": _("rule changed")},
    }
    return {"plot": plot, "table": {"heads": [_("Day"), _("People"), _("Came"), _("Left")], "rows": rows[::-1]}}


# Overlaps


@dataclass(frozen=True)
class Bar:
    """Those in just these of the segments compared: one row of the picture."""

    dots: list[bool]
    people: int
    inside: str  # numbers of the segments, for its address
    rule: str
    words: str


def overlap(of: Sequence[Segment]) -> dict[str, Any]:
    """The UpSet picture of these segments: sizes, bars of exclusive combinations, a dot where a combination lies in a segment."""
    sets, moment_us = sets_now(of)
    by_name = {one.name: sets[one.id] for one in of}
    number = {one.name: str(one.id) for one in of}
    found = history.overlaps(by_name)
    bars = [
        Bar(
            [name in one.names for name in by_name],
            one.people,
            ".".join(number[name] for name in one.names),
            overlap_rule(one.names, [name for name in by_name if name not in one.names]),
            ", ".join(one.names),
        )
        for one in found[:BARS_MAX]
    ]
    most = max((bar.people for bar in bars), default=0)
    sizes = [(one, len(sets[one.id])) for one in of]
    left_out = sum(one.people for one in found[BARS_MAX:])
    return {
        "bars": bars,
        "sizes": sizes,
        "most": most,
        "largest": max((n for _kept, n in sizes), default=0),
        "left_out": left_out,
        "moment_us": moment_us,
        "numbers": numbers_of(of),
    }


def compared_with(kept: Segment, text: str) -> list[Segment]:
    """The segments beside which this one is shown: those said, else the three that share most people with it."""
    if text:
        return [kept, *(one for one in chosen(text) if one != kept)]
    others = [one for one in segments.segments() if one != kept][:40]
    found = segments.members_of([kept, *others])
    if kept.id not in found:
        return [kept]
    sets = [(found[kept.id].ids.intersection_cardinality(found[one.id].ids), one) for one in others if one.id in found]
    return [kept, *(one for shared, one in sorted(sets, key=lambda pair: -pair[0])[:3] if shared)]


# Flows


def flow_plot(of: Sequence[Segment], flows: Flows) -> dict[str, Any]:
    """The Sankey picture: the day's end at the left, now at the right; one end of each flow is the segment itself."""
    first, outside = of[0].id, _("none of these")
    names: dict[int | None, str] = {one.id: one.name for one in of} | {None: outside}
    links = [
        [f"b{source}", f"n{target}", len(ids), _way(target, first), str(source or ""), str(target or "")]
        for (source, target), ids in flows.found.items()
    ]
    before = [[f"b{one}", name, len(flows.found[one, first])] for one, name in names.items() if (one, first) in flows.found]
    after = [[f"n{one}", name, len(flows.found[first, one])] for one, name in names.items() if (first, one) in flows.found]
    if flows.left:
        before.insert(0, [f"b{first}", names[first], len(flows.left)])
    if flows.came:
        after.insert(0, [f"n{first}", names[first], len(flows.came)])
    rows = sorted(flows.found.items(), key=lambda pair: -len(pair[1]))
    table = [(names[source], names[target], len(ids), str(source or ""), str(target or "")) for (source, target), ids in rows]
    return {"plot": {"before": before, "after": after, "links": links}, "table": table}


def _way(target: int | None, first: int) -> str:
    return "closer" if target == first else "away"


def refined(kept: Segment, condition: str) -> str:
    return f"{in_segment(kept.name)} AND {condition}"


def strongest(found: Sequence[Apart], rule: Rule, words: Vocabulary) -> list[Apart]:
    """Of what was found one condition for each kind of fact and trait, and none that the rule itself asks."""
    own = {rule_text(leaf) for leaf in leaves_of(rule, words)}
    about = {_subject(text) for text in own}
    shown: dict[str, Apart] = {}
    for one in found:
        if one.rule not in own and _subject(one.rule) not in about:
            shown.setdefault(_subject(one.rule), one)
    return list(shown.values())


def _subject(text: str) -> str:
    """What a condition speaks of: a kind of fact whatever the number, a trait with its value."""
    node = segments.parse_rule(text)
    return f"did {node.event}" if isinstance(node, Did) else text
