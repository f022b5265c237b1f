"""The sets of conditions asked a moment ago, kept for whoever changes a rule step by step: what stayed the same is not asked again.

Exact by its key: one snapshot of the lake, one moment, one reading of the catalogue, one condition. Only conditions that depend on nothing
else are kept (LAKE_ALONE); every other is asked each time. A process keeps so many bytes and no more; the oldest go first.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from pyroaring import BitMap

from rapport.events.catalogue import Catalogue
from rapport.segments.folding import leaf_sets
from rapport.segments.lake import Lake
from rapport.segments.leaves import Planner
from rapport.segments.nodes import Did, Leaf, MayReceive, Measure, Relative, Sequence, TraitTest
from rapport.segments.plans import Words

LAKE_ALONE = (Did, Sequence, Measure, Relative, TraitTest, MayReceive)
BYTES_MAX = 64 * 1024 * 1024
ENTRY_BYTES = 1_000  # what an entry takes beside its set
Key: TypeAlias = tuple[Hashable, ...]


@dataclass
class Remembered:
    """A bounded memory of leaf sets; safe to share between threads."""

    bytes_max: int = BYTES_MAX
    _kept: OrderedDict[Key, tuple[BitMap, int]] = field(default_factory=OrderedDict)
    _aliases: tuple[Key, tuple[np.ndarray, np.ndarray], BitMap] | None = None  # of the last scene: they are as large as the company
    _read: tuple[Catalogue, int] | None = None
    _bytes: int = 0
    _gate: threading.Lock = field(default_factory=threading.Lock)

    def leaf_sets(self, leaves: Iterable[Leaf], planner: Planner) -> dict[Leaf, BitMap]:
        """As `folding.leaf_sets`; the lake is asked only for what is not kept."""
        left, scene = list(dict.fromkeys(leaves)), self._scene(planner)
        if scene is None:
            return leaf_sets(left, planner)
        self._recall(scene, planner.lake)
        keys = {leaf: (*scene, leaf, _definition(leaf, planner.words)) for leaf in left if isinstance(leaf, LAKE_ALONE)}
        found = {leaf: people for leaf, key in keys.items() if (people := self._get(key)) is not None}
        asked = leaf_sets([leaf for leaf in left if leaf not in found], planner)
        for leaf, people in asked.items():
            if leaf in keys:
                self._keep(keys[leaf], people)
        self._remember(scene, planner.lake)
        return found | asked

    def _scene(self, planner: Planner) -> Key | None:
        """What all conditions of one answer share; None where the engine cannot say which snapshot it reads."""
        snapshot = getattr(planner.lake.reader, "snapshot", None)
        if snapshot is None:
            return None
        return snapshot, planner.lake.moment, self._reading(planner.words.catalogue)

    def _reading(self, catalogue: Catalogue) -> int:
        """What of the catalogue an answer depends on, as a number: everything but how many facts there are."""
        kept = self._read
        if kept is not None and kept[0] is catalogue:
            return kept[1]
        kinds = (
            (
                kind.name,
                kind.table,
                kind.done,
                *((one.path, one.kind, one.many, one.list_path, one.column) for one in kind.properties.values()),
            )
            for kind in catalogue.event_types.values()
        )
        made = hash(tuple(kinds))
        self._read = (catalogue, made)
        return made

    def _recall(self, scene: Key, lake: Lake) -> None:
        kept = self._aliases
        if kept is not None and kept[0] == scene[:1]:
            lake.aliases, lake.alias_ids = kept[1], kept[2]
        if (everyone := self._get((*scene, "everyone"))) is not None:
            lake.everyone = everyone

    def _remember(self, scene: Key, lake: Lake) -> None:
        self._aliases = (scene[:1], lake.aliases, lake.alias_ids)
        self._keep((*scene, "everyone"), lake.everyone)

    def _get(self, key: Key) -> BitMap | None:
        with self._gate:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def _keep(self, key: Key, people: BitMap) -> None:
        size = len(people.serialize()) + ENTRY_BYTES
        with self._gate:
            if key in self._kept:
                return
            self._kept[key] = (people, size)
            self._bytes += size
            while self._bytes > self.bytes_max:
                self._bytes -= self._kept.popitem(last=False)[1][1]


def _definition(leaf: Leaf, words: Words) -> Hashable:
    """What a name in a condition stands for beyond the catalogue: a named measure's amount."""
    return words.measures.get(leaf.trait) if isinstance(leaf, TraitTest) else None
