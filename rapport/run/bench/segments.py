"""Segments against DuckDB queries written by hand over the same files: the examples one by one, two hundred segments together.

On PostgreSQL (`RAPPORT_DATABASE_URL`) the naive way stands beside them: a query a segment over plain tables.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
from django.db import connection
from pyroaring import BitMap

from rapport.lib.clock import to_us
from rapport.run.bench import segments_naive
from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.history import FACTS_A_CUSTOMER, UNTIL, add_facts, statements, write_history
from rapport.run.bench.segments_conditions import SEGMENTS, Mixture, conditions
from rapport.segments import queries as segments
from rapport.segments.actions import save_segment
from rapport.segments.answer import leaves_of
from rapport.segments.check import check
from rapport.segments.nodes import And, ButNot, Leaf, Or, Rule
from rapport.segments.parse import parse_rule
from rapport.segments.refresh.kept import State
from rapport.segments.refresh.refreshing import moved, parts_of, people_of
from rapport.segments.sets import node_sets
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import engine
from rapport.warehouse import queries as warehouse

NOW = UNTIL
TIMES_PEER, FREE_SECONDS = 1.5, 0.1
PART_OF_SUM = 0.4
NEW_FACTS, PART_OF_FULL = 10_000, 0.1
ALGEBRA_SECONDS, TIMES = 0.001, 20  # of one; so many in a row, since the first one after the peer finds the processor's caches full
TIMES_NAIVE = 0.1
EXAMPLES = {
    "bad feedback": 'did "Order Completed" at least 2 times AND did "Feedback Given" where score <= 2',
    "one of two but not a third": (
        '(did "Order Completed" where products.sku = "22423" OR did "Order Completed" where products.sku = "85123A")'
        ' BUT NOT did "Order Completed" where products.sku = "47566"'
    ),
    "lapsed regulars": 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days',
    "asleep": "everyone BUT NOT did anything in the last 60 days",
    "shirts by the pair": (
        'did "Order Completed" where (revenue > 100 AND products(category = "Shirts" AND quantity >= 2)) at least 3 times since 2011-06-01'
    ),
    "big spenders of America": (
        '(country = "USA" OR country = "Canada") AND sum(revenue) of "Order Completed" in the last 12 months > 500'
        ' BUT NOT in segment "Contacted this week"'
    ),
}
LARGE = ('did "Order Completed" at least 2 times', "birthday < 1960-01-01")


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    write_history(options["events"], tell)
    save_segment("Contacted this week", 'did "Email Opened" in the last 7 days', by="the benchmark")
    vocabulary, sql = segments.vocabulary(), statements("segments_peers.sql")
    for name, rule in EXAMPLES.items():
        yield Case(name, _one(rule, vocabulary), "DuckDB by hand", _by_hand([sql[name]]), TIMES_PEER, FREE_SECONDS)
    several = conditions()
    rules = {f"segment:{number}": check(parse_rule(text), vocabulary) for number, text in enumerate(Mixture(several).rules(SEGMENTS))}
    by_hand = _by_hand([one.sql for one in several])
    leaves = [leaf for one in several for leaf in leaves_of(check(parse_rule(one.rule), vocabulary), vocabulary)]
    full = _full(rules, leaves, vocabulary)
    yield Case(f"{SEGMENTS} segments in full", full, f"{len(several)} queries by hand", by_hand, PART_OF_SUM)
    yield _incremental(rules, vocabulary, options["events"] // FACTS_A_CUSTOMER)
    yield from _algebra(vocabulary)
    if connection.vendor == "postgresql":
        yield segments_naive.case(rules, several, vocabulary, to_us(NOW), options["events"], TIMES_NAIVE, tell)
    else:
        tell("  The naive way on PostgreSQL was left out: RAPPORT_DATABASE_URL names no server.")


BENCH = Bench(
    "segments over a history in the lake, against DuckDB queries by hand", cases, on_any_database=True, options={"events": 100_000_000}
)


def _one(rule: str, vocabulary: Vocabulary) -> Callable[[], list[int]]:
    """From the text to the count."""
    return lambda: [len(segments.answer(check(parse_rule(rule), vocabulary), vocabulary, to_us(NOW)).root)]


def _by_hand(queries: list[str]) -> Callable[[], list[int]]:
    """Each query by itself in one transaction, over the very same lake."""

    def ask() -> list[int]:
        with engine.reading() as lake:
            return [lake.execute(query, {"now": NOW.replace(tzinfo=None)}).fetchall()[0][0] for query in queries]

    return ask


def refreshed(rules: dict[str, Rule], vocabulary: Vocabulary, state: State | None, moment: datetime) -> State:
    """Every segment brought to a moment; from nothing where there is no state."""
    return warehouse.ask(lambda reader: moved(rules, vocabulary, state, to_us(moment), reader)).state


def _full(rules: dict[str, Rule], leaves: list[Leaf], vocabulary: Vocabulary) -> Callable[[], list[int]]:
    """How many fulfil each condition, once every segment is there."""

    def refresh() -> list[int]:
        state = refreshed(rules, vocabulary, None, NOW)
        parts = warehouse.ask(lambda reader: [parts_of(leaf, vocabulary.catalogue, reader) for leaf in leaves])
        return [len(people_of(own, state.sets) & state.everyone) for own in parts]

    return refresh


def _incremental(rules: dict[str, Rule], vocabulary: Vocabulary, customers: int) -> Case:
    """An hour and some thousand facts later: the sets moved on, beside all of them asked anew."""
    before, later = refreshed(rules, vocabulary, None, NOW), NOW + timedelta(hours=1)
    add_facts(NEW_FACTS, to_us(later), customers)
    state = [before]

    def begin() -> None:
        sets = {key: replace(one, ids=one.ids.copy(), change=one.change.copy()) for key, one in before.sets.items()}
        state[:] = [State(before.moment_us, before.place, sets, dict(before.coming))]

    def counts(found: State) -> list[int]:
        return [len(found.sets[key].ids) for key in rules]

    return Case(
        f"{len(rules)} segments after {NEW_FACTS:,} facts and an hour",
        lambda: counts(refreshed(rules, vocabulary, state[0], later)),
        "all of them asked anew",
        lambda: counts(refreshed(rules, vocabulary, None, later)),
        PART_OF_FULL,
        fresh=begin,
    )


def _algebra(vocabulary: Vocabulary) -> Iterator[Case]:
    """Two large ready sets, as roaring bitmaps and as sorted arrays."""
    one, other = (check(parse_rule(rule), vocabulary) for rule in LARGE)
    answers = segments.answer_many([one, other, check(parse_rule("everyone"), vocabulary)], vocabulary, to_us(NOW))
    sets = {one: answers[0].root, other: answers[1].root}
    everyone = answers[2].root
    left, right = (np.array(sets[leaf].to_array()) for leaf in (one, other))
    for word, rule, by_numpy in (
        ("AND", And((one, other)), lambda: np.intersect1d(left, right, assume_unique=True)),
        ("OR", Or((one, other)), lambda: _united(left, right)),
        ("BUT NOT", ButNot((one, other)), lambda: np.setdiff1d(left, right, assume_unique=True)),
    ):
        yield Case(
            f"{word} over ready sets, {TIMES} times",
            partial(_combined, rule, sets, everyone),
            "sorted arrays in NumPy",
            partial(_length, by_numpy),
            1.0,
            most_seconds=TIMES * ALGEBRA_SECONDS,
            peer_part=1 / TIMES,
        )


def _combined(rule: Rule, sets: dict[Rule, BitMap], everyone: BitMap) -> int:
    return {len(node_sets(rule, lambda leaf: sets[leaf], everyone)[0]) for _ in range(TIMES)}.pop()


def _united(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two sorted arrays as one; `union1d` takes eighty times as long."""
    both = np.sort(np.concatenate([left, right]), kind="stable")
    return both[np.append(True, both[1:] != both[:-1])]


def _length(by_numpy: Callable[[], np.ndarray]) -> int:
    return len(by_numpy())
