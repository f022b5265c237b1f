"""What every test stands on: a data folder a process, clean caches, sample data, and the standing cast.

Django is set up here, after the data folder is chosen, so that no test ever touches an installation of yours.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BASE = "RAPPORT_TEST_BASE"  # handed down to the workers of pytest-xdist
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
if BASE not in os.environ:
    os.environ[BASE] = tempfile.mkdtemp(prefix="rapport-tests-")
os.environ["RAPPORT_DATA_DIR"] = str(Path(os.environ[BASE]) / WORKER)
if CLUSTERS := os.environ.get("RAPPORT_TEST_CLUSTERS", "").split():  # of PostgreSQL, one a worker: see tools/with_postgres.py
    os.environ["RAPPORT_DATABASE_URL"] = CLUSTERS[int(WORKER.removeprefix("gw")) % len(CLUSTERS) if WORKER != "main" else 0]
os.environ["RAPPORT_WAREHOUSE_THREADS"] = "1"  # tests run beside one another, on few rows each; whole installations take all cores
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright's loop runs in the thread of the test

import django  # noqa: E402
from django.conf import settings  # noqa: E402

assert not settings.configured, "unset DJANGO_SETTINGS_MODULE: the tests choose their own data folder before Django starts"
os.environ["DJANGO_SETTINGS_MODULE"] = "rapport.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]  # a worker process chooses its own folder first, too

from django.db.models.signals import post_migrate  # noqa: E402

from rapport.commerce.actions import currency  # noqa: E402
from rapport.events import catalogue  # noqa: E402
from rapport.intake import keys  # noqa: E402
from rapport.warehouse import engine  # noqa: E402

post_migrate.receivers.clear()  # content types and permissions, which nobody here asks for, would be made anew after each emptying
pytest_plugins = ["tests.browser", "tests.cast", "tests.installation"]
TABLE_FIXTURES = {"db", "transactional_db", "live_server", "installation"}
LONG = ("slow", "large", "browser")
NO_SAMPLES = "sample data missing"


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark each test that touches tables: `make test` runs those on both databases. The long ones come first, shared out evenly.

    pytest-xdist gives each worker an equal stretch of the list; whoever is done early takes from the others.
    """
    for item in items:
        if item.get_closest_marker("django_db") or TABLE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("tables")
    yield  # to the choice by marker, and to pytest-django's order
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if any(map(item.get_closest_marker, LONG)) or "installation" in getattr(item, "fixturenames", ())]
    first = set(long)
    short = [item for item in items if item not in first]
    share = -(-len(short) // workers)
    items[:] = [item for n in range(workers) for item in (*long[n::workers], *short[n * share : (n + 1) * share])]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was not tested for want of sample data."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_SAMPLES in str(report.longrepr)]
    if skipped:
        terminalreporter.section(NO_SAMPLES, red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests did NOT run: {settings.SAMPLES} is not there. Set RAPPORT_SAMPLES to its folder.")


def pytest_unconfigure() -> None:
    if WORKER == "main":
        shutil.rmtree(os.environ.pop(BASE), ignore_errors=True)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample data; without it the test is skipped aloud, and fails where CI is set."""
    if not settings.SAMPLES.is_dir():
        words = f"{NO_SAMPLES}: {settings.SAMPLES} is not there; set RAPPORT_SAMPLES"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return Path(settings.SAMPLES)


@pytest.fixture
def lake(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Path]:
    """An empty warehouse of the test's own. It follows what is committed, so the test's transactions are real."""
    engine.forget()
    settings.LAKE_DIR, settings.LOCK_DIR = tmp_path / "lake", tmp_path / "locks"
    yield tmp_path / "lake"
    engine.forget()


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    """What a process keeps in memory about tables must not outlive the tables of a test."""
    forget_all()
    yield
    forget_all()


def forget_all() -> None:
    catalogue.forget()
    currency.forget()
    keys.forget()
