"""`rapport rebuild`: the warehouse made anew from the log, or compared with a fresh one."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rapport.lib.refusals import Refusal
from rapport.warehouse import actions


class Command(BaseCommand):
    help = "Make the warehouse anew from the log. Readers keep the old one until the new one is whole."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--verify", action="store_true", help="only compare: a fresh rebuild with what is kept; exit status 1 where they differ"
        )
        parser.add_argument("--json", action="store_true", help="answer for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            equal = self._verify(as_json=options["json"]) if options["verify"] else self._rebuild(as_json=options["json"])
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        if not equal:
            sys.exit(1)

    def _rebuild(self, *, as_json: bool) -> bool:
        done = actions.rebuild(self._told)
        self._clear()
        words = f"The warehouse was made anew from {done.facts:,} facts in {done.seconds:.1f} s."
        self.stdout.write(json.dumps(asdict(done)) if as_json else words)
        return True

    def _verify(self, *, as_json: bool) -> bool:
        began = time.monotonic()
        tables = actions.verify(self._told)
        self._clear()
        equal = all(table.equal for table in tables)
        if as_json:
            seconds = time.monotonic() - began
            self.stdout.write(json.dumps({"equal": equal, "tables": [asdict(table) for table in tables], "seconds": seconds}))
            return equal
        for table in tables:
            if table.kept or table.fresh or not table.equal:
                verdict = "equal" if table.equal else "DIFFERENT"
                self.stdout.write(f"{table.table:<48} {table.kept:>12,} kept {table.fresh:>12,} rebuilt  {verdict}")
        self.stdout.write("equal" if equal else "different: run `rapport rebuild`, and tell us how it came to this")
        return equal

    def _told(self, facts: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{facts:,} facts", ending="")

    def _clear(self) -> None:
        if self.stderr.isatty():
            self.stderr.write("\r", ending="\033[K")
