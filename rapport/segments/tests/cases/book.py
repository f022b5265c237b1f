"""All worlds and cases in one place, and the way to play a world in through the door."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from rapport.segments.tests.cases import (
    amounts,
    before,
    but_not,
    consent,
    identity,
    lists,
    money,
    sequences,
    standing,
    times,
    traits,
    types,
    windows,
)
from rapport.segments.tests.cases.world import World

TOPICS: tuple[ModuleType, ...] = (
    *(windows, times, traits, lists, consent, amounts, but_not, identity, money, types),
    *(sequences, before, standing),
)


@dataclass(frozen=True)
class Case:
    world: World
    rule: str
    as_of: str
    members: frozenset[str]  # user ids


def worlds() -> list[World]:
    return [world for topic in TOPICS for world in topic.WORLDS]


def all_cases() -> Iterator[Case]:
    for world in worlds():
        for ask in world.asks:
            yield Case(world, ask.rule, ask.as_of or world.as_of, frozenset(ask.members.split()))
