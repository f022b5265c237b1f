"""`rapport backup FILE`: record, secrets and files of this moment in one file."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from rapport.run.backup.bar import bar
from rapport.run.backup.saving import backup


class Command(BaseCommand):
    help = (
        "Save the record, secrets and files into one file, while the server runs. Keep it where only you can read it: it holds everything."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a new file, best on another disk; never written over")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, **options: Any) -> None:
        with bar() as progress:
            saved = backup(options["file"], progress)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(saved)))
            return
        what = f"{saved.rows:,} rows of {saved.tables} tables and {saved.files:,} files"
        self.stdout.write(f"Saved {what} in {saved.file} ({saved.bytes / 1e6:,.1f} MB, {saved.seconds:.0f} s).")
