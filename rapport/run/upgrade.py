"""Bringing an older record up to this version: alone, after a copy, each step a transaction of its own."""

import sqlite3
from pathlib import Path

from django.conf import settings
from django.db import connection

from rapport.lib import schema
from rapport.lib.clock import from_us, now_us
from rapport.lib.locks import loop_lock, serving
from rapport.lib.refusals import Refusal


def upgrade() -> str:
    """Take the steps that are left and say what was done; nothing happens twice. Refused while a server runs."""
    with serving(), loop_lock(schema.LOCK, schema.WAIT_SECONDS_MAX):
        standing = schema.schema()
        if standing is schema.Schema.CURRENT:
            return "The record is of this version already."
        if standing is schema.Schema.NEWER:
            raise Refusal("This record was made by a newer Rapport.", mend="Install that version again, or a later one.")
        copy = _copy() if standing is schema.Schema.OLDER and connection.vendor == "sqlite" else None
        pending, *_ = schema.steps()
        schema.make_tables()
    kept = f" The record as it was is kept in {copy}." if copy else ""
    return f"Upgraded: {len(pending)} steps.{kept}"


def _copy() -> Path:
    """The record as it is now, beside it; made by the one SQLite library that may open it."""
    place = settings.DATA_DIR / "before-upgrade" / f"record-{from_us(now_us()):%Y%m%dT%H%M%S}.sqlite"
    place.parent.mkdir(mode=0o700, exist_ok=True)
    connection.ensure_connection()
    target = sqlite3.connect(place)
    try:
        connection.connection.backup(target)
    finally:
        target.close()
    return place
