"""A scheme as a partition: what each silo means, who is in which, and what a decision makes of the rules.

Silo k is rule k BUT NOT the rules before it; the remainder is everyone BUT NOT all rules.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from pyroaring import BitMap

from rapport.lib.refusals import Refusal
from rapport.segments.answer import Answer, answer_many
from rapport.segments.lake import Reader
from rapport.segments.nodes import ButNot, Everyone, Rule
from rapport.segments.plans import Words
from rapport.segments.silos.parameters import parse_with
from rapport.segments.walk import RULE_OPERATORS


@dataclass(frozen=True)
class Part:
    """A silo as it is written."""

    name: str
    rule: str


@dataclass(frozen=True)
class Shape:
    """A whole scheme as it is written."""

    parts: tuple[Part, ...]
    remainder: str

    @property
    def names(self) -> list[str]:
        """Every silo in order, the remainder last."""
        return [*(part.name for part in self.parts), self.remainder]


@dataclass(frozen=True)
class Placed:
    """Who is in which silo as of a moment: each of everyone in exactly one."""

    moment_us: int
    sets: dict[str, BitMap]  # by name, in order, the remainder last
    without_rate: int = 0

    @property
    def everyone(self) -> BitMap:
        return BitMap.union(*self.sets.values())


def expanded(names: Sequence[str], rules: Sequence[Rule], remainder: str) -> dict[str, Rule]:
    """Each silo as one rule; `rules` are those of the named silos, in order."""
    found: dict[str, Rule] = {}
    for number, (name, rule) in enumerate(zip(names, rules, strict=True)):
        found[name] = ButNot((rule, *rules[:number])) if number else rule
    found[remainder] = ButNot((Everyone(), *rules)) if rules else Everyone()
    return found


def placed(
    names: Sequence[str], rules: Sequence[Rule], remainder: str, words: Words, moment_us: int, reader: Reader | None = None
) -> Placed:
    """Who is in which silo; all rules are asked together."""
    return placed_many([(names, rules, remainder)], words, moment_us, reader)[0]


def placed_many(
    schemes: Sequence[tuple[Sequence[str], Sequence[Rule], str]], words: Words, moment_us: int, reader: Reader | None = None
) -> list[Placed]:
    """Several schemes of one moment, in one question."""
    asked = [rule for _, rules, _ in schemes for rule in (*rules, Everyone())]
    answers = iter(answer_many(asked, words, moment_us, reader))
    return [_partition(names, [next(answers) for _ in range(len(rules) + 1)], remainder) for names, rules, remainder in schemes]


def _partition(names: Sequence[str], answers: list[Answer], remainder: str) -> Placed:
    left = answers[-1].root
    sets: dict[str, BitMap] = {}
    for name, found in zip(names, answers, strict=False):
        sets[name] = found.root & left
        left = left - found.root
    return Placed(answers[-1].as_of_us, {**sets, remainder: left}, max(found.without_rate for found in answers))


def flows(before: Mapping[str, BitMap], after: Mapping[str, BitMap]) -> dict[tuple[str, str], BitMap]:
    """Who went from which silo to which; "" before is first seen, "" after is gone. Empty flows are left out."""
    came = BitMap.union(*after.values()) - BitMap.union(*before.values())
    gone = BitMap.union(*before.values()) - BitMap.union(*after.values())
    found = {(one, other): ids & people for one, ids in before.items() for other, people in after.items()}
    found |= {("", other): came & people for other, people in after.items()}
    found |= {(one, ""): ids & gone for one, ids in before.items()}
    return {way: people for way, people in found.items() if people}


def read_through(sets: Mapping[str, BitMap], aliases: tuple[np.ndarray, np.ndarray]) -> dict[str, BitMap]:
    """Sets kept with the ids of their day, as the customers those stand for now. Of two that were joined, the root's own place counts."""
    merged = dict(zip(aliases[0].tolist(), aliases[1].tolist(), strict=True))
    if not merged:
        return dict(sets)
    gone = BitMap(merged)
    found = {name: ids - gone for name, ids in sets.items()}
    roots = BitMap.union(*found.values())
    for name, ids in sets.items():
        for one in ids & gone:
            if (root := merged[one]) not in roots:
                roots.add(root)
                found[name].add(root)
    return found


# What a decision makes of the rules


def split(shape: Shape, name: str, *, where: str, into: str, rest: str) -> Shape:
    """Those of a silo for whom `where` holds become a silo before the rest of it."""
    if name == shape.remainder:
        return Shape((*shape.parts, Part(into, where)), rest)
    at = _index(shape, name)
    both = (Part(into, f"{_bracketed(shape.parts[at].rule)} AND {_bracketed(where)}"), Part(rest, shape.parts[at].rule))
    return replace(shape, parts=(*shape.parts[:at], *both, *shape.parts[at + 1 :]))


def merge(shape: Shape, name: str, into: str) -> Shape:
    """All of a silo join another; nobody else moves, since the rules between are kept from those who pass them by."""
    if shape.remainder in (name, into):
        stays = _index(shape, into if name == shape.remainder else name)
        rule = shape.parts[stays].rule
        after = tuple(Part(part.name, _less(part.rule, [rule])) for part in shape.parts[stays + 1 :])
        return Shape((*shape.parts[:stays], *after), into)
    one, other = _index(shape, name), _index(shape, into)
    first, last = min(one, other), max(one, other)
    between = shape.parts[first + 1 : last]
    later = _less(shape.parts[last].rule, [part.rule for part in between])
    joined = Part(into, f"{_bracketed(shape.parts[first].rule)} OR {_bracketed(later)}")
    return replace(shape, parts=(*shape.parts[:first], joined, *between, *shape.parts[last + 1 :]))


def retire(shape: Shape, name: str) -> Shape:
    """The silo's rule goes; its people fall through to the silos after it."""
    if name == shape.remainder:
        raise Refusal(f'"{name}" is the remainder and cannot be retired.', mend="Merge it into another silo, which then takes the rest.")
    at = _index(shape, name)
    return replace(shape, parts=shape.parts[:at] + shape.parts[at + 1 :])


def _index(shape: Shape, name: str) -> int:
    found = next((number for number, part in enumerate(shape.parts) if part.name == name), None)
    if found is None:
        raise Refusal(f'There is no silo "{name}".', mend=f"The silos are {', '.join(shape.names)}.")
    return found


def _less(rule: str, others: Iterable[str]) -> str:
    return " BUT NOT ".join(_bracketed(one) for one in (rule, *others)) if others else rule


class _AnyNumber(dict[str, str]):
    """Only whether a rule is one condition is asked, so that any number will do."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "1"


def _bracketed(rule: str) -> str:
    """In brackets where it is more than one condition."""
    return f"({rule})" if isinstance(parse_with(rule, _AnyNumber()), RULE_OPERATORS) else rule
