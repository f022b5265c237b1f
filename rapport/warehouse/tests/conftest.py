"""A lake of its own for each test, and a hand that writes facts into the log."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from rapport.events import actions as log
from rapport.events.catalogue import event_type_ids
from rapport.warehouse import actions, engine, queries

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01
Write = Callable[..., list[int]]


@pytest.fixture
def lake(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Path]:
    """An empty lake, and locks nobody else holds."""
    engine.forget()
    settings.LAKE_DIR, settings.LOCK_DIR = tmp_path / "lake", tmp_path / "locks"
    yield tmp_path / "lake"
    engine.forget()


@pytest.fixture
def write(lake: Path) -> Write:
    """Append facts of one kind: each a dict of properties, one day apart."""
    return write_facts


def write_facts(
    name: str,
    *properties: dict[str, Any],
    customer_id: int | None = 1,
    load_id: int | None = None,
    rate_e9: int | None = None,
    key: str = "properties",
) -> list[int]:
    with transaction.atomic():
        ids = log.append_ids(len(properties))
        kind = event_type_ids([name])[name]
        moments = [START_US + number * DAY_US for number in ids]
        log.append(
            [
                (number, f"m{number}", kind, customer_id, moment, START_US, None, load_id, rate_e9, json.dumps({key: one}))
                for number, moment, one in zip(ids, moments, properties, strict=True)
            ]
        )
    return list(ids)


def load_all() -> int:
    """Passes until the log's end."""
    total = 0
    while count := actions.load_pass():
        total += count
    return total


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a fresh reader sees."""
    with queries.reader() as reader:
        return list(reader.connection.execute(sql, list(values)).fetchall())
