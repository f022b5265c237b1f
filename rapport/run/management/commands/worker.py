"""`rapport worker`: the loops alone."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from rapport.run.kin import end_with_parent
from rapport.run.loops import run_loops
from rapport.run.timetable import LOOPS


class Command(BaseCommand):
    help = "Run the loops: warehouse, reactions, imports. Any number of workers may run; Ctrl-C or SIGTERM stops this one in order."
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        end_with_parent()
        run_loops(LOOPS, stop)
