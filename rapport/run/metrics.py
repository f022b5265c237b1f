"""Figures for whoever watches, in Prometheus' text format. They are counted from tables, since there are several processes.

Nothing here scans: what a count would walk through is estimated, and all of it is kept for some seconds.
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import duckdb
from django.conf import settings
from django.db import DatabaseError, connection
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from rapport.customers import queries as customers
from rapport.events import queries as log_queries
from rapport.events import reactions
from rapport.intake import queries as doors
from rapport.lib import schema
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.run.backup.record_sqlite import record_files
from rapport.run.backup.saving import last_backup
from rapport.segments import queries as segments
from rapport.warehouse import queries as warehouse

KEPT_SECONDS = 10
LATELY_SECONDS = 60
REFUSED_MINUTES = 5
log = logging.getLogger(__name__)
Figure = Callable[[], GaugeMetricFamily]


def gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"rapport_{name}", about, value=value)


def labelled(name: str, about: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"rapport_{name}", about, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def build() -> GaugeMetricFamily:
    return labelled("build_info", "The version that runs.", "version", {version("rapport"): 1})


def facts() -> GaugeMetricFamily:
    return gauge("facts", "Facts in the log, as far as the catalogue has counted them.", log_queries.facts_counted())


def received() -> GaugeMetricFamily:
    since = now_us() - LATELY_SECONDS * 1_000_000
    per_minute = log_queries.received_since(since) * 60 / LATELY_SECONDS
    return gauge("facts_received_per_minute", "Facts received in the last minute, by the numbers of the log.", per_minute)


def newest() -> GaugeMetricFamily:
    last = log_queries.newest_fact_us()
    seconds = max(0.0, (now_us() - last) / 1e6) if last else float("nan")
    return gauge("newest_fact_age_seconds", "How long ago the last fact was received.", seconds)


def refused() -> GaugeMetricFamily:
    lately = doors.rejects_count(since_us=now_us() - REFUSED_MINUTES * 60_000_000)
    return gauge("refused_lately", f"Facts set aside in the last {REFUSED_MINUTES} minutes.", lately)


def behind() -> GaugeMetricFamily:
    return gauge("warehouse_lag_seconds", "How long the oldest fact that the warehouse lacks has waited.", warehouse.lag().seconds)


def known() -> GaugeMetricFamily:
    return gauge("customers_known", "Customers known by more than an anonymous id; estimated from samples.", customers.known_estimate())


def loads() -> GaugeMetricFamily:
    return labelled(
        "loads", "Files by how far they came.", "state", {state: float(count) for state, count in doors.loads_by_state().items()}
    )


def reacting() -> GaugeMetricFamily:
    lags = reactions.lags()
    return labelled("reaction_lag_seconds", "How long the oldest fact that a reaction has not seen has waited.", "reaction", lags)


def database() -> GaugeMetricFamily:
    return gauge("database_bytes", "The size of the record.", database_bytes())


def room() -> GaugeMetricFamily:
    return gauge("data_folder_free_bytes", "What is left on the disk of the data folder.", shutil.disk_usage(settings.DATA_DIR).free)


def tables() -> GaugeMetricFamily:
    return gauge("schema_current", "1 where the record's tables are those of this version.", float(schema.is_current()))


def saved() -> GaugeMetricFamily:
    at_us = last_backup().get("at_us")
    age = max(0.0, (now_us() - at_us) / 1e6) if isinstance(at_us, int) else float("nan")
    return gauge("backup_age_seconds", "How long ago `rapport backup` last ended well; NaN where never.", age)


def segments_age() -> GaugeMetricFamily:
    last = segments.last_refresh()
    age = max(0.0, (now_us() - last.moment_us) / 1e6) if last else float("nan")
    return gauge("segments_age_seconds", "How long ago the memberships of segments were last true; NaN where none are kept.", age)


FIGURES: tuple[Figure, ...] = (
    build,
    tables,
    facts,
    received,
    newest,
    refused,
    behind,
    known,
    loads,
    reacting,
    segments_age,
    database,
    room,
    saved,
)


def database_bytes() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    return sum(path.stat().st_size for path in map(Path, record_files()) if path.exists())


class House(Collector):
    """All figures; one that cannot be had is left out, and the count of those says so."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        missing = 0.0
        for figure in FIGURES:
            try:
                yield figure()
            except (DatabaseError, duckdb.Error, Refusal, OSError) as trouble:
                missing += 1
                log.warning("the figure %s cannot be had: %s", figure.__name__, trouble)
        yield gauge("figures_missing", "How many of the figures could not be had.", missing)


class _Kept:
    """The last answer, for some seconds, and one thread that makes the next."""

    def __init__(self) -> None:
        self.gate, self.text, self.until = threading.Lock(), b"", 0.0
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(House())
        ProcessCollector(registry=self.registry)  # memory, files and processor time of the web process

    def answer(self) -> bytes:
        with self.gate:
            if time.monotonic() >= self.until:
                self.text, self.until = generate_latest(self.registry), time.monotonic() + KEPT_SECONDS
            return self.text

    def forget(self) -> None:
        self.until = 0.0


_kept = _Kept()
answer, forget = _kept.answer, _kept.forget
