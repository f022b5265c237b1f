"""Whether the record has the tables this version expects: an empty one gets them at once, an older one waits for `rapport upgrade`."""

from enum import Enum
from functools import cache

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from rapport.lib.locks import loop_lock
from rapport.lib.refusals import Refusal

LOCK = "schema"
WAIT_SECONDS_MAX = 120  # for another process that makes the tables


class Schema(Enum):
    EMPTY = "empty"  # no tables, or tables without a single row of ours: a first start that was cut short
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"


def ready() -> None:
    """Make the tables where there are none; refuse a record of another version. Safe for two processes at once."""
    standing = schema()
    if standing is Schema.EMPTY:
        with loop_lock(LOCK, WAIT_SECONDS_MAX):
            standing = schema()  # another process may have been first
            if standing is Schema.EMPTY:
                make_tables()
                return
    if standing is Schema.OLDER:
        raise Refusal("This record was made by an older Rapport.", mend="Stop the server and run `rapport upgrade`.")
    if standing is Schema.NEWER:
        raise Refusal("This record was made by a newer Rapport.", mend="Install that version again, or a later one.")


def schema() -> Schema:
    """How the record's tables stand to the ones this version expects."""
    pending, foreign, applied = steps()
    if foreign:
        return Schema.NEWER
    if not pending:
        return Schema.CURRENT
    return Schema.OLDER if applied and holds_anything() else Schema.EMPTY


def is_current() -> bool:
    """The same in one small query, for those who ask again and again: what this version expects is read once."""
    ours, expected = _expected()
    taken = set(MigrationRecorder(connection).applied_migrations())
    return expected <= taken and not any(step[0] in ours for step in taken - expected)


@cache
def _expected() -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The labels of our rooms, and the steps of this version."""
    ours = frozenset(app.label for app in apps.get_app_configs() if app.name.startswith("rapport."))
    return ours, frozenset(MigrationLoader(None).disk_migrations)


def steps() -> tuple[list[str], list[str], list[str]]:
    """The names of the steps to take, of those taken that this version does not know, and of those taken."""
    loader = MigrationLoader(connection)
    known, taken = set(loader.disk_migrations), set(loader.applied_migrations)
    ours = {label for label, _ in known if apps.get_app_config(label).name.startswith("rapport.")}
    foreign = {step for step in taken - known if step[0] in ours}
    pending, foreign_steps, applied = (sorted(".".join(step) for step in some) for some in (known - taken, foreign, taken))
    return pending, foreign_steps, applied


def make_tables() -> None:
    """Take every step that is left; each is a transaction of its own."""
    call_command("migrate", verbosity=0, interactive=False)


def holds_anything() -> bool:
    """Whether any table of ours has a row."""
    tables = set(connection.introspection.table_names())
    for model in apps.get_models():
        table = model._meta.db_table
        if model.__module__.startswith("rapport.") and table in tables:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")
                if cursor.fetchone():
                    return True
    return False


def unknown_steps(steps: list[str]) -> list[str]:
    """Those of these steps that belong to one of our rooms, and that this version does not have."""
    ours, expected = _expected()
    known = {".".join(step) for step in expected}
    return [step for step in steps if step not in known and step.partition(".")[0] in ours]
