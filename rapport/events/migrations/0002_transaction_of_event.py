"""On PostgreSQL each fact keeps the transaction that wrote it: an id alone is no watermark, for a lower id may commit later."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add_transaction(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE events_event ADD COLUMN tx xid8 NOT NULL DEFAULT pg_current_xact_id()")
        editor.execute("CREATE INDEX event_by_transaction ON events_event (tx, id)")


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [migrations.RunPython(add_transaction, migrations.RunPython.noop)]
