"""`rapport serve`: the web server, with the worker beside it."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from rapport.run.server import serve


class Command(BaseCommand):
    help = "Serve pages and the intake door, with the loops in a worker process beside. Ctrl-C or SIGTERM stops both in order."
    requires_system_checks = []
    stealth_options = ("listening",)  # who else wants to know the address: `call_command("serve", listening=...)`

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 for every network; then set RAPPORT_HOSTS too")
        parser.add_argument("--no-worker", action="store_true", help="pages alone: the loops run elsewhere by `rapport worker`")

    def handle(self, **options: Any) -> None:
        listening = options.get("listening") or self._listening
        status = serve(options["host"], options["port"], with_worker=not options["no_worker"], listening=listening)
        if status:
            sys.exit(status)

    def _listening(self, address: str) -> None:
        self.stderr.write(f"Rapport listens at {address}/app/  (Ctrl-C stops it)")
        self.stderr.flush()
