"""The figures of a review: of the whole scheme and of each silo, all of one moment, as JSON keeps them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from pyroaring import BitMap

from rapport.lib.clock import from_us
from rapport.segments import queries as segments
from rapport.segments.answer import answer
from rapport.segments.lake import Reader, lake_at
from rapport.segments.nodes import Did, Since, Time
from rapport.segments.plans import Words
from rapport.segments.silos.facts import Known, features, known_of
from rapport.segments.silos.partition import Placed, flows
from rapport.segments.silos.quality import PEOPLE_MIN, apartness, eta_squared, mean_with_interval
from rapport.warehouse import queries as warehouse

FEW_SHARE = 0.001  # a rule that catches less of everyone than this, or fewer than PEOPLE_MIN, catches almost nobody
GROWN_ALIKE = 0.9  # of the distance at the review before


def known_since(found: Placed, since_us: int, words: Words | None = None) -> tuple[Known, tuple[np.ndarray, np.ndarray]]:
    """What is known of everyone at the partition's moment, and whom aliases stand for now; all of one moment of the lake."""
    vocabulary = words or segments.vocabulary()

    def question(reader: Reader) -> tuple[Known, tuple[np.ndarray, np.ndarray]]:
        lake = lake_at(reader, found.moment_us)
        did = Did(None, window=Since(Time(from_us(since_us).isoformat())))
        active = answer(did, vocabulary, found.moment_us, reader).root
        return known_of(found.everyone, lake, vocabulary, since_us=since_us, active=active), lake.aliases

    return warehouse.ask(question)


def labels_of(known: Known, sets: Mapping[str, BitMap]) -> np.ndarray:
    """Which silo each customer is in, by its place in the order."""
    labels = np.zeros(len(known.ids), dtype=np.int64)
    for number, people in enumerate(sets.values()):
        labels[known.of(people)] = number
    return labels


def value_explained(known: Known, sets: Mapping[str, BitMap]) -> float | None:
    """Eta squared of 12-month spending."""
    return eta_squared(known.spent, labels_of(known, sets))


def measured(found: Placed, before: Mapping[str, BitMap], known: Known, last: Mapping[str, Any] | None) -> dict[str, Any]:
    """The figures of a review. `last`: those of the review before, to see which silos have grown alike."""
    names, labels = list(found.sets), labels_of(known, found.sets)
    apart = apartness(features(known, found.moment_us), labels)
    near = {(names[a], names[b]): value for (a, b), value in apart.near.items()}
    moved = {way: len(people) for way, people in flows(before, found.sets).items()}
    silos = {}
    for number, (name, people) in enumerate(found.sets.items()):
        silos[name] = _silo(people, before.get(name), known, len(known.ids), is_rule=number < len(names) - 1)
        silos[name] |= {"alike": apart.alike.get(number), "apart": apart.apart.get(number)}
    return {
        "everyone": len(known.ids),
        "eta": eta_squared(known.spent, labels),
        "silhouette": apart.silhouette,
        "stable": apart.stable,
        "near": [[one, other, value] for (one, other), value in sorted(near.items(), key=lambda pair: pair[1])],
        "grown_alike": _grown_alike(near, last),
        "silos": silos,
        "flows": [[one, other, count] for (one, other), count in moved.items()],
        "without_rate": found.without_rate,
    }


def _silo(people: BitMap, before: BitMap | None, known: Known, everyone: int, *, is_rule: bool) -> dict[str, Any]:
    were = None if before is None else before & known_people(known)
    mailed = people & known.mailed
    return {
        "people": len(people),
        "before": None if before is None else len(before),
        "mean": float(known.spent[known.of(people)].mean()) if people else None,
        "worth": mean_with_interval(known.spent[known.of(people)]),
        "were": None if were is None else len(were),
        "left": None if were is None else len(were - known.active),
        "mailed": len(mailed),
        "answered": len(mailed & known.answered),
        "few": is_rule and (len(people) < PEOPLE_MIN or len(people) < FEW_SHARE * everyone),
    }


def known_people(known: Known) -> BitMap:
    return BitMap(known.ids.tolist())


def _grown_alike(near: Mapping[tuple[str, str], float], last: Mapping[str, Any] | None) -> list[str] | None:
    """The two that came closest to each other since the review before."""
    if not last:
        return None
    were = {(one, other): value for one, other, value in last.get("near", [])}
    closer = [(value / were[pair], pair) for pair, value in near.items() if were.get(pair, 0) > 0 and value < GROWN_ALIKE * were[pair]]
    return list(min(closer)[1]) if closer else None
