"""Where one machine ends: the examples of the rule language on Spark and Sail against DuckDB, and on Spark over several hosts.

The hosts are network namespaces of this machine, a bridge between them: a Spark master in one, a worker in each of two more.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.conf import settings

from rapport.lib.clock import to_us
from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.history import write_history
from rapport.run.bench.hosts import MASTER, CannotMakeHosts, hosts
from rapport.run.bench.segments import EXAMPLES, NOW
from rapport.segments import queries as segments
from rapport.segments.actions import save_segment
from rapport.segments.check import check
from rapport.segments.parse import parse_rule

TIMES_DUCKDB = 1_000.0  # what is asked here is that the counts are equal; seconds are shown to plan with
RUNS = 3


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    write_history(options["events"], tell)
    save_segment("Contacted this week", 'did "Email Opened" in the last 7 days', by="the benchmark")
    for name in ("sail://local", *_sparks(tell)):
        with ExitStack() as beside:
            place = beside.enter_context(hosts(tell)) if name == MASTER else name
            label = "Spark, two workers on hosts of their own" if name == MASTER else name
            yield Case(f"six examples: {label}", _counts(place), "duckdb", _counts("duckdb"), TIMES_DUCKDB, runs=RUNS)


BENCH = Bench("rules on Spark and Sail against DuckDB over the same files", cases, options={"events": 1_000_000})


def _sparks(tell: Tell) -> list[str]:
    """Spark on several hosts where they can be made; else in this process. One process has one driver, so not both."""
    try:
        with hosts(tell, with_spark=False):
            return [MASTER]
    except CannotMakeHosts as trouble:
        tell(f"  no hosts here, so Spark runs in this process alone: {trouble}")
        return [f"spark://local[{os.cpu_count() or 1}]"]


def _counts(engine: str) -> Callable[[], list[int]]:
    """How many each example means, and at each of its nodes."""

    def ask() -> list[int]:
        with _answered_by(engine):
            vocabulary = segments.vocabulary()
            checked = [check(parse_rule(rule), vocabulary) for rule in EXAMPLES.values()]
            found = segments.answer_many(checked, vocabulary, to_us(NOW))
            return [len(node) for one in found for _, node in one.nodes]

    return ask


@contextmanager
def _answered_by(engine: str) -> Iterator[None]:
    kept, settings.ENGINE = settings.ENGINE, engine
    try:
        yield
    finally:
        settings.ENGINE = kept
