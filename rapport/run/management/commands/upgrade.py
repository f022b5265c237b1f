"""`rapport upgrade`: bring a record made by an older Rapport up to this one, with a copy kept where that is cheap."""

from typing import Any

from django.core.management.base import BaseCommand

from rapport.run.upgrade import upgrade


class Command(BaseCommand):
    help = "Bring the record up to this version. On SQLite a copy of it is kept first."
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        self.stdout.write(upgrade())
