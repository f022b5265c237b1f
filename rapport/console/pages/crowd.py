"""Any set of people a figure of segments stands for: in one now, come or left, in just these, gone from one to another, meant by a rule.

Each is named by an address, so that its page, its export and its list are of the same people.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.http import Http404
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from pyroaring import BitMap

from rapport.console.pages import asking
from rapport.console.templatetags.wording import day_words
from rapport.customers import queries as customers
from rapport.lib.bulk import slices
from rapport.lib.refusals import Refusal
from rapport.segments import history
from rapport.segments import queries as segments
from rapport.segments.models import Segment
from rapport.segments.text import quoted
from rapport.segments.vocabulary import Vocabulary

COMPARED_MAX = 8
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a spreadsheet takes what begins with them for a formula
COLUMNS = ("id", "user_id", "name", "email", "phone")


@dataclass(frozen=True)
class Crowd:
    """People with the words that say who they are. `rule`: those who mean the same, "" where none does."""

    ids: BitMap
    words: str
    query: str  # its address
    rule: str = ""
    note: str = ""
    moment_us: int | None = None
    of: list[Segment] = field(default_factory=list)


def crowd(said: Mapping[str, str]) -> Crowd:
    """Whom an address stands for; 404 where it stands for nothing."""
    make = {"now": _now, "moved": _moved, "overlap": _overlap, "flow": _flow, "rule": _ruled}.get(said.get("of", ""))
    if make is None:
        raise Http404
    return make(said)


def chosen(text: str) -> list[Segment]:
    """Segments named by their numbers with dots between, each once, no more than a picture holds."""
    numbers = list(dict.fromkeys(int(one) for one in text.split(".") if one.isascii() and one.isdigit() and len(one) < 10))
    found = [kept for number in numbers[:COMPARED_MAX] if (kept := segments.segment(number)) is not None]
    if not found:
        raise Http404
    return found


def day_said(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(_("“%(text)s” is no day.") % {"text": text[:40]}, mend=_("Write it as 2026-11-23.")) from None


def in_segment(name: str) -> str:
    return f"in segment {quoted(name)}"


def sets_now(of: Sequence[Segment]) -> tuple[dict[int, BitMap], int]:
    """Who these segments mean, all at the moment of the last refresh."""
    found = segments.members_of(of)
    if any(one.id not in found for one in of):
        raise not_refreshed()
    return {one.id: found[one.id].ids for one in of}, found[of[0].id].moment_us


def overlap_rule(inside: Sequence[str], outside: Sequence[str]) -> str:
    """The people in all of these and in none of those, as a rule."""
    rule = " AND ".join(map(in_segment, inside))
    return " BUT NOT ".join([rule, *map(in_segment, outside)])


def _now(said: Mapping[str, str]) -> Crowd:
    [kept, *_rest] = chosen(said.get("segment", ""))
    sets, moment_us = sets_now([kept])
    return Crowd(
        sets[kept.id],
        _("in “%(name)s”") % {"name": kept.name},
        urlencode({"of": "now", "segment": str(kept.id)}),
        in_segment(kept.name),
        "",
        moment_us,
        [kept],
    )


def _moved(said: Mapping[str, str]) -> Crowd:
    [kept, *_rest] = chosen(said.get("segment", ""))
    since, way = day_said(said.get("since", "")), "left" if said.get("way") == "left" else "came"
    moved = history.movement(kept, since, segments.vocabulary())
    if moved is None:
        raise not_refreshed()
    words = _("left “%(name)s” since the end of %(day)s") if way == "left" else _("came into “%(name)s” since the end of %(day)s")
    return Crowd(
        moved.left if way == "left" else moved.came,
        words % {"name": kept.name, "day": day_words(since)},
        urlencode({"of": "moved", "segment": str(kept.id), "since": since.isoformat(), "way": way}),
        note=_("Asked as of that day's end by the rule as it stands now.") if moved.asked else "",
        of=[kept],
    )


def _overlap(said: Mapping[str, str]) -> Crowd:
    of, inside = chosen(said.get("segments", "")), chosen(said.get("inside", ""))
    sets, moment_us = sets_now(of)
    names = {one.id: one.name for one in of}
    if any(one.id not in names for one in inside):
        raise Http404
    outside = [one.name for one in of if one not in inside]
    words = _("in %(names)s") % {"names": _(" and ").join(f"“{one.name}”" for one in inside)}
    if outside:
        words += _(", in no other of these")
    by_name = {names[number]: ids for number, ids in sets.items()}
    query = {"of": "overlap", "segments": numbers_of(of), "inside": numbers_of(inside)}
    rule = overlap_rule([one.name for one in inside], outside)
    return Crowd(history.just_in(by_name, [one.name for one in inside]), words, urlencode(query), rule, "", moment_us, of)


def _flow(said: Mapping[str, str]) -> Crowd:
    of, since = chosen(said.get("segments", "")), day_said(said.get("since", ""))
    source, target = said.get("from", ""), said.get("to", "")
    found = flows_between(of, since, segments.vocabulary()).found
    names = {str(one.id): one.name for one in of}
    key = (int(source) if source in names else None, int(target) if target in names else None)
    words = _("%(before)s on %(day)s, %(after)s now") % {
        "before": names.get(source, _("in none of them")),
        "after": names.get(target, _("in none of them")),
        "day": day_words(since),
    }
    query = {"of": "flow", "segments": numbers_of(of), "since": since.isoformat(), "from": source, "to": target}
    return Crowd(found.get(key, BitMap()), words, urlencode(query), of=of)


def _ruled(said: Mapping[str, str]) -> Crowd:
    text, as_of = said.get("rule", ""), said.get("as_of", "")
    shown = asking.ask(asking.question(text, segments.vocabulary(), as_of))
    words = _("whom a rule means")
    return Crowd(shown.people, words, urlencode({"of": "rule", "rule": text, "as_of": as_of}), text, "", shown.question.moment_us)


def not_refreshed() -> Refusal:
    return Refusal(_("These segments were not refreshed yet."), mend=_("The worker does it within a minute. Come again then."))


def numbers_of(of: Sequence[Segment]) -> str:
    return ".".join(str(one.id) for one in of)


@dataclass(frozen=True)
class Flows:
    """Who left the first of some segments and where they are now, who came into it and where they were; None is none of the others."""

    came: BitMap
    left: BitMap
    found: dict[tuple[int | None, int | None], BitMap]
    asked: bool


def flows_between(of: Sequence[Segment], since: date, words: Vocabulary) -> Flows:
    """Since the end of a day. Who is in several of the others goes several ways."""
    first = of[0].id
    now, _moment = sets_now(of)
    stood = history.standing(of, since, words)
    came, left = now[first] - stood.sets[first], stood.sets[first] - now[first]
    moved = came | left
    before = {str(number): ids & moved for number, ids in stood.sets.items()}
    found = history.flows(before, {str(number): ids & moved for number, ids in now.items()})
    ends = {(_number(one), _number(other)): ids for (one, other), ids in found.items() if str(first) in (one, other)}
    return Flows(came, left, ends, bool(stood.asked))


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


# Export


def csv_lines(ids: BitMap) -> Iterator[str]:
    """The people as a file that a spreadsheet opens, some hundreds at a time: a set of millions is held nowhere."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)  # the mark by which spreadsheets know UTF-8
    for some in slices(ids):
        names = customers.user_ids_of(some)
        yield "".join(
            writer.writerow([row.id, *map(harmless, (names.get(row.id, ""), row.name, row.email, row.phone))])
            for row in customers.customers(some)
        )


def harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before what begins like one. A phone number stays as it is."""
    is_phone = text.startswith("+") and text[1:].isascii() and text[1:].isdigit()
    return f"'{text}" if text.lstrip(" ").startswith(RISKY) and not is_phone else text


class _Echo:
    """What csv writes to, so that each line comes back."""

    def write(self, line: str) -> str:
        return line
