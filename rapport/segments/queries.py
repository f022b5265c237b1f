"""The questions others may ask of segments: what rules may name, who a rule means, what is saved, what uses what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from pyroaring import BitMap

from rapport.commerce import queries as commerce
from rapport.events import queries as events
from rapport.lib.refusals import Refusal
from rapport.segments.answer import Answer, answer, answer_many, leaves_of
from rapport.segments.check import check
from rapport.segments.errors import RuleError
from rapport.segments.models import KeptSet, NamedMeasure, Refresh, Scheme, Segment, SegmentVersion, SharedQuestion, UploadedList
from rapport.segments.nodes import Amount, InList, InSegment, InSilo, Rule, TraitTest
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.refresh.kept import sets_of
from rapport.segments.remembered import Remembered
from rapport.segments.silos.partition import expanded
from rapport.segments.tree import json_rule, read_rule, rule_in
from rapport.segments.values import KEPT, ValuesOf
from rapport.segments.vocabulary import Vocabulary
from rapport.segments.walk import Node, preorder_of

__all__ = [
    "Answer",
    "Remembered",
    "answer",
    "answer_many",
    "check",
    "json_rule",
    "parse_rule",
    "read_rule",
    "rule_in",
]  # open to every room above
PARSED_MAX = 4096
LISTS_KEPT = 32  # in memory, a few MB each at most
SAVED_MAX = 10_000
VERSIONS_MAX = 100


def vocabulary() -> Vocabulary:
    """What a rule may name now: the catalogue, saved segments, silos, named measures, branches, uploaded lists."""
    return Vocabulary(
        events.catalogue(),
        segments={name: parsed(text) for name, text in Segment.objects.order_by("name").values_list("name", "rule")[:SAVED_MAX]},
        measures={
            name: _amount(text) for name, text in NamedMeasure.objects.order_by("name").values_list("name", "definition")[:SAVED_MAX]
        },
        silos=silo_rules(),
        branches=commerce.branches(),
        lists={
            name: partial(_ids_of_list, list_id, created_us)
            for name, list_id, created_us in UploadedList.objects.order_by("name").values_list("name", "id", "created_us")[:SAVED_MAX]
        },
    )


def silo_rules() -> dict[tuple[str, str], Rule]:
    """What every silo means, by scheme and name; the schemes by name, their silos in order."""
    found: dict[tuple[str, str], Rule] = {}
    for scheme in Scheme.objects.order_by("name").prefetch_related("silos")[:SAVED_MAX]:
        silos = list(scheme.silos.all())
        rules = expanded([one.name for one in silos], [parsed(one.asked) for one in silos], scheme.remainder)
        found.update({(scheme.name, name): rule for name, rule in rules.items()})
    return found


def values_of(words: Vocabulary) -> ValuesOf:
    """What values a property of a kind of fact has, the most frequent first; a trait is a property of IDENTIFY."""
    return lambda event, path: KEPT.of(event, path, words.catalogue)


def segment(segment_id: int | None) -> Segment | None:
    return None if segment_id is None else Segment.objects.filter(id=segment_id).first()


def segment_named(name: str) -> Segment:
    """A saved segment by its name, or a refusal."""
    found = Segment.objects.filter(name=name).first()
    if found is None:
        raise Refusal(f'No segment is called "{name}".', mend="`rapport segment list` names them.")
    return found


def segments() -> list[Segment]:
    """Every saved segment, by name."""
    return list(Segment.objects.order_by("name")[:SAVED_MAX])


def versions(kept: Segment) -> list[SegmentVersion]:
    """The rules a segment had before, the newest first."""
    return list(kept.versions.order_by("-id")[:VERSIONS_MAX])


def shared(token: str) -> SharedQuestion:
    """A question that was handed on, or a refusal."""
    found = SharedQuestion.objects.filter(token=token).first() if token else None
    if found is None:
        raise Refusal("This link leads to no question.", mend="Ask whoever sent it for a new one.")
    return found


def segments_after(segment_id: int, *, limit: int) -> list[Segment]:
    """Saved segments by rising id, a page at a time."""
    return list(Segment.objects.filter(id__gt=segment_id).order_by("id")[:limit])


def segment_key(kept: Segment) -> str:
    """Under which key a segment's set is kept between refreshes."""
    return f"segment:{kept.id}"


def kept_rules(words: Vocabulary) -> tuple[dict[str, Rule], dict[str, RuleError]]:
    """The checked rules whose sets are kept, by key; and why a rule cannot be asked any more, which keeps no set."""
    rules: dict[str, Rule] = {}
    troubles: dict[str, RuleError] = {}
    for one in segments():
        try:
            rule = check(parsed(one.rule), words, saving_as=one.name)
            leaves_of(rule, words)  # what it names is there, and not round in a circle
            rules[segment_key(one)] = rule
        except RuleError as trouble:
            troubles[segment_key(one)] = trouble
    return rules, troubles


@dataclass(frozen=True)
class Members:
    """Who a segment meant at the last refresh."""

    ids: BitMap
    moment_us: int


def members(kept: Segment) -> Members | None:
    """Who a segment means, as of the last refresh; None where it was not refreshed since it got this rule."""
    return members_of([kept]).get(kept.id)


def members_of(chosen: Sequence[Segment]) -> dict[int, Members]:
    """Who each of these segments means, by its id; without those not refreshed since they got their rule."""
    row = last_refresh()
    refreshed = [] if row is None else [one for one in chosen if one.updated_us <= row.moment_us]
    sets = sets_of(map(segment_key, refreshed))
    return {one.id: Members(ids, row.moment_us) for one in refreshed if row and (ids := sets.get(segment_key(one))) is not None}


def last_refresh() -> Refresh | None:
    """The moment all kept sets are true for; None before the first."""
    return Refresh.objects.first()


def people_in_segments() -> tuple[dict[int, int], Refresh | None]:
    """How many each segment held at the last refresh, by the segment's id; and that refresh."""
    rows = KeptSet.objects.filter(key__startswith="segment:").values_list("key", "people")
    return {int(key.removeprefix("segment:")): people for key, people in rows}, last_refresh()


def measures() -> list[NamedMeasure]:
    """Every named measure, by name."""
    return list(NamedMeasure.objects.order_by("name")[:SAVED_MAX])


def lists() -> list[UploadedList]:
    """Every uploaded list, by name, without its ids."""
    return list(UploadedList.objects.defer("ids").order_by("name")[:SAVED_MAX])


def list_named(name: str) -> UploadedList:
    """An uploaded list by its name, or a refusal."""
    found = UploadedList.objects.defer("ids").filter(name=name).first()
    if found is None:
        raise Refusal(f'No list is called "{name}".', mend="`rapport segment list` names them.")
    return found


def uploaded_list(list_id: int) -> UploadedList | None:
    """An uploaded list by its number, without its ids."""
    return UploadedList.objects.defer("ids").filter(id=list_id).first()


def people_of_list(kept: UploadedList) -> BitMap:
    """Whose ids stand on a list, as recorded: to be read through aliases."""
    return _ids_of_list(kept.id, kept.created_us)


def users_of_segment(name: str) -> list[str]:
    """The segments and silos whose rules name a segment."""
    return _saved_with(lambda node: isinstance(node, InSegment) and node.name == name)


def users_of_measure(name: str) -> list[str]:
    """The segments and silos whose rules name a measure."""
    return _saved_with(lambda node: isinstance(node, TraitTest) and node.trait == name)


def users_of_silo(scheme: str, name: str | None = None) -> list[str]:
    """The segments and silos whose rules name a silo, or any silo of a scheme."""
    return _saved_with(lambda node: isinstance(node, InSilo) and node.scheme == scheme and name in (None, node.name))


def users_of_list(name: str) -> list[str]:
    """The segments whose rules name an uploaded list."""
    return _saved_with(lambda node: isinstance(node, InList) and node.name == name)


def _saved_with(meant: Callable[[Node], bool]) -> list[str]:
    found = [one.name for one in segments() if any(map(meant, preorder_of(parsed(one.rule))))]
    for scheme in Scheme.objects.order_by("name").prefetch_related("silos"):
        found += [f"{silo.name} of {scheme.name}" for silo in scheme.silos.all() if any(map(meant, preorder_of(parsed(silo.asked))))]
    return found


@lru_cache(maxsize=PARSED_MAX)
def parsed(text: str) -> Rule:
    """A kept rule, read once."""
    return parse_rule(text)


@lru_cache(maxsize=PARSED_MAX)
def _amount(text: str) -> Amount:
    return parse_definition(text).amount


@lru_cache(maxsize=LISTS_KEPT)
def _ids_of_list(list_id: int, created_us: int) -> BitMap:
    """`created_us` changes when the list is uploaded anew, so that what is kept is that one's."""
    ids = UploadedList.objects.filter(id=list_id, created_us=created_us).values_list("ids", flat=True).first()
    if ids is None:
        raise Refusal("A list of this rule was replaced or deleted while the rule was asked.", mend="Ask again.")
    return BitMap.deserialize(bytes(ids))
