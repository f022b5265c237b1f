"""`rapport restore FILE`: a backup brought back into an empty installation."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from rapport.lib.clock import from_us
from rapport.run.backup.bar import bar
from rapport.run.backup.restoring import restore


class Command(BaseCommand):
    help = "Bring a backup back into an empty data folder (and database), and compare every table with what was saved."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what `rapport backup` wrote")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, **options: Any) -> None:
        with bar() as progress:
            done = restore(options["file"], progress)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
            return
        what = f"{done.rows:,} rows of {done.tables} tables and {done.files:,} files"
        self.stdout.write(f"Restored {what}, as of {from_us(done.made_us):%Y-%m-%d %H:%M:%S} UTC. Every table equals what was saved.")
        if done.is_older:
            self.stdout.write(f"The record is that of Rapport {done.rapport}: now run `rapport upgrade`.")
        self.stdout.write("The warehouse is made again by the worker, or at once by `rapport rebuild`.")
