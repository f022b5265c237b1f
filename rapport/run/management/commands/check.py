"""`rapport check`: look over this installation; status 1 where something is amiss."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rapport.run.check import findings


class Command(BaseCommand):
    help = "Look over settings, data folder, database and engine; each trouble comes with its mend."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        found = findings()
        well = all(finding.ok for finding in found)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": well, "findings": [vars(finding) for finding in found]}))
        else:
            for finding in found:
                self.stdout.write(f"{'ok  ' if finding.ok else 'BAD '}{finding.name}: {finding.what} {finding.mend}".rstrip())
        if not well:
            raise SystemExit(1)
