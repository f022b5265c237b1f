"""The questions others may ask of segments: what rules may name, who a rule means, what is saved, what uses what."""

from collections.abc import Callable
from functools import lru_cache

from rapport.events import queries as events
from rapport.lib.refusals import Refusal
from rapport.segments.answer import Answer, answer, answer_many
from rapport.segments.check import check
from rapport.segments.models import NamedMeasure, Segment, SegmentVersion, SharedQuestion
from rapport.segments.nodes import Amount, InSegment, Rule, TraitTest
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.remembered import Remembered
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
SAVED_MAX = 10_000
VERSIONS_MAX = 100


def vocabulary() -> Vocabulary:
    """What a rule may name now: the catalogue, saved segments, named measures."""
    return Vocabulary(
        events.catalogue(),
        segments={name: _rule(text) for name, text in Segment.objects.order_by("name").values_list("name", "rule")[:SAVED_MAX]},
        measures={
            name: _amount(text) for name, text in NamedMeasure.objects.order_by("name").values_list("name", "definition")[:SAVED_MAX]
        },
    )


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


def measures() -> list[NamedMeasure]:
    """Every named measure, by name."""
    return list(NamedMeasure.objects.order_by("name")[:SAVED_MAX])


def users_of_segment(name: str) -> list[str]:
    """The segments whose rules name a segment."""
    return _saved_with(lambda node: isinstance(node, InSegment) and node.name == name)


def users_of_measure(name: str) -> list[str]:
    """The segments whose rules name a measure."""
    return _saved_with(lambda node: isinstance(node, TraitTest) and node.trait == name)


def _saved_with(meant: Callable[[Node], bool]) -> list[str]:
    return [one.name for one in segments() if any(map(meant, preorder_of(_rule(one.rule))))]


@lru_cache(maxsize=PARSED_MAX)
def _rule(text: str) -> Rule:
    return parse_rule(text)


@lru_cache(maxsize=PARSED_MAX)
def _amount(text: str) -> Amount:
    return parse_definition(text).amount
