from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Names are found by any three letters in a row, whatever stands before them. SQLite: a full-text table without a copy of the names, kept by
# triggers; a later step that makes customers_customer anew has to make them anew too. PostgreSQL: its own extension, which the owner of a
# database may add.
STATEMENTS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE customers_name USING fts5("
        "name, content='customers_customer', content_rowid='id', tokenize='trigram', detail=none, columnsize=0)",
        "INSERT INTO customers_name(rowid, name) SELECT id, name FROM customers_customer WHERE name <> ''",
        """CREATE TRIGGER customers_name_comes AFTER INSERT ON customers_customer WHEN new.name <> ''
        BEGIN INSERT INTO customers_name(rowid, name) VALUES (new.id, new.name); END""",
        """CREATE TRIGGER customers_name_goes AFTER DELETE ON customers_customer WHEN old.name <> ''
        BEGIN INSERT INTO customers_name(customers_name, rowid, name) VALUES ('delete', old.id, old.name); END""",
        """CREATE TRIGGER customers_name_changes AFTER UPDATE OF name ON customers_customer WHEN old.name <> new.name
        BEGIN
            INSERT INTO customers_name(customers_name, rowid, name) SELECT 'delete', old.id, old.name WHERE old.name <> '';
            INSERT INTO customers_name(rowid, name) SELECT new.id, new.name WHERE new.name <> '';
        END""",
    ),
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        # Of all rows: of an index of some, PostgreSQL keeps no statistics, and would fetch a million Kowalskis to show the first fifty.
        "CREATE INDEX customer_within_name ON customers_customer USING gin (upper(name::text) gin_trgm_ops)",
    ),
}
BACK = {
    "sqlite": (
        *(f"DROP TRIGGER customers_name_{what}" for what in ("comes", "goes", "changes")),
        "DROP TABLE customers_name",
    ),
    "postgresql": ("DROP INDEX customer_within_name",),
}


def make(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in STATEMENTS[editor.connection.vendor]:
        editor.execute(statement)


def unmake(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in BACK[editor.connection.vendor]:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_found_by_index")]

    operations = [migrations.RunPython(make, unmake)]
