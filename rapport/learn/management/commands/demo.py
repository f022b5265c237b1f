"""`rapport demo`: the practice company, from nothing to a page in a browser with one command."""

import json
import os
import sys
import time
import webbrowser
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from rapport.learn import entry, play
from rapport.learn.practice import company
from rapport.learn.practice.story import CUSTOMERS, CUSTOMERS_MAX, CUSTOMERS_MIN
from rapport.learn.saved import save_examples
from rapport.learn.standing import SEED, Practice, keep, standing
from rapport.lib.clock import now_us
from rapport.lib.locks import serving
from rapport.lib.ports import refuse_taken_port
from rapport.lib.refusals import Refusal

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = f"{company.NAME}: a clothing shop with branches and an airline's club, two years old, served on localhost."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--customers", type=int, help=f"how many customers it has (default {CUSTOMERS:,})")
        parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
        parser.add_argument("--no-serve", action="store_true", help="make it ready and end")
        parser.add_argument("--json", action="store_true", help="one JSON object once it is ready")

    def handle(self, **options: Any) -> None:
        self.options, began = options, time.monotonic()
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        with serving():  # another server in this folder is refused now, not after a minute's work
            refuse_taken_port(HOST, options["port"])
            practice = self._company()
            email, password = entry.sign_in()
        self.answer = {"company": company.NAME, "customers": practice.customers, "email": email, "password": password}
        self.console.print(f"Ready in {time.monotonic() - began:.0f} s. It lies in {settings.DATA_DIR}.")
        if options["no_serve"]:
            self._tell("")
        else:
            call_command("serve", host=HOST, port=options["port"], listening=self._listening)

    def _company(self) -> Practice:
        """What stands in this folder, or a new company made."""
        asked, found = self.options["customers"], standing()
        if asked is not None and not CUSTOMERS_MIN <= asked <= CUSTOMERS_MAX:
            raise Refusal(
                f"A practice company has {CUSTOMERS_MIN} to {CUSTOMERS_MAX:,} customers, not {asked:,}.",
                mend="`rapport bench` makes larger ones.",
            )
        if found and asked not in (None, found.customers):
            raise Refusal(
                f"The practice company in {settings.DATA_DIR} has {found.customers:,} customers.",
                mend=f"Leave out --customers, or name another folder by RAPPORT_DATA_DIR for one of {asked:,}.",
            )
        practice = found or Practice(seed=SEED, customers=asked or CUSTOMERS, until_us=now_us())
        return practice if practice.complete else self._made(practice)

    def _made(self, practice: Practice) -> Practice:
        self.console.print(f"[bold]{company.NAME}[/]: {practice.customers:,} made-up customers and what they did in two years.")
        keep(practice)
        with self._bar("Playing in two years") as shown:
            facts = play.play(practice, shown)
        play.fill_shelves()
        with self._bar("Loading the warehouse") as shown:
            play.load_warehouse(facts, shown)
        save_examples()
        done = Practice(practice.seed, practice.customers, practice.until_us, complete=True)
        keep(done)
        self.console.print(f"{facts:,} facts went in by the same door as a real shop's.")
        return done

    @contextmanager
    def _bar(self, title: str) -> Iterator[play.Shown]:
        columns = TextColumn("{task.description:<22}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(title, total=1.0)
            yield lambda share: progress.update(task, completed=share)
            progress.update(task, completed=1.0)

    def _listening(self, address: str) -> None:
        self._tell(f"{address}/app/")
        if not self.options["no_browser"] and _on_a_desktop():
            webbrowser.open(f"{address}/app/")

    def _tell(self, address: str) -> None:
        """Where to go and how to get in; on standard output, so that a program can read it too."""
        answer = self.answer | ({"address": address} if address else {})
        if self.options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            rows = [("Address", address), ("Sign in as", answer["email"]), ("Password", answer["password"])]
            lines = [f"  {name:<11} {value}" for name, value in rows if value]
            self.stdout.write("\n".join(["", *lines, "", "  Ctrl-C stops it." if address else "  `rapport demo` serves it."]))
        self.stdout.flush()


def _on_a_desktop() -> bool:
    """Somebody sits before this screen."""
    if not sys.stdout.isatty() or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
