"""The questions others may ask of segments: what rules may name, who a rule means, what is saved, what uses what."""

from collections.abc import Callable
from functools import lru_cache

from rapport.events import queries as events
from rapport.lib.refusals import Refusal
from rapport.segments.answer import Answer, answer, answer_many
from rapport.segments.check import check
from rapport.segments.models import NamedMeasure, Scheme, Segment
from rapport.segments.nodes import Amount, InSegment, InSilo, Rule, TraitTest
from rapport.segments.parse import parse_definition, parse_rule
from rapport.segments.silos.partition import expanded
from rapport.segments.tree import json_rule, read_rule, rule_in
from rapport.segments.vocabulary import Vocabulary
from rapport.segments.walk import Node, preorder_of

__all__ = ["Answer", "answer", "answer_many", "check", "json_rule", "parse_rule", "read_rule", "rule_in"]  # open to every room above
PARSED_MAX = 4096
SAVED_MAX = 10_000


def vocabulary() -> Vocabulary:
    """What a rule may name now: the catalogue, saved segments, silos, named measures."""
    return Vocabulary(
        events.catalogue(),
        segments={name: parsed(text) for name, text in Segment.objects.order_by("name").values_list("name", "rule")[:SAVED_MAX]},
        measures={
            name: _amount(text) for name, text in NamedMeasure.objects.order_by("name").values_list("name", "definition")[:SAVED_MAX]
        },
        silos=silo_rules(),
    )


def silo_rules() -> dict[tuple[str, str], Rule]:
    """What every silo means, by scheme and name; the schemes by name, their silos in order."""
    found: dict[tuple[str, str], Rule] = {}
    for scheme in Scheme.objects.order_by("name").prefetch_related("silos")[:SAVED_MAX]:
        silos = list(scheme.silos.all())
        rules = expanded([one.name for one in silos], [parsed(one.asked) for one in silos], scheme.remainder)
        found.update({(scheme.name, name): rule for name, rule in rules.items()})
    return found


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


def segments_after(segment_id: int, *, limit: int) -> list[Segment]:
    """Saved segments by rising id, a page at a time."""
    return list(Segment.objects.filter(id__gt=segment_id).order_by("id")[:limit])


def measures() -> list[NamedMeasure]:
    """Every named measure, by name."""
    return list(NamedMeasure.objects.order_by("name")[:SAVED_MAX])


def users_of_segment(name: str) -> list[str]:
    """The segments and silos whose rules name a segment."""
    return _saved_with(lambda node: isinstance(node, InSegment) and node.name == name)


def users_of_measure(name: str) -> list[str]:
    """The segments and silos whose rules name a measure."""
    return _saved_with(lambda node: isinstance(node, TraitTest) and node.trait == name)


def users_of_silo(scheme: str, name: str | None = None) -> list[str]:
    """The segments and silos whose rules name a silo, or any silo of a scheme."""
    return _saved_with(lambda node: isinstance(node, InSilo) and node.scheme == scheme and name in (None, node.name))


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
