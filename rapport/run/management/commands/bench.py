"""`rapport bench`: how fast, each time beside a peer that does the same work."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from contextlib import nullcontext
from dataclasses import asdict, replace
from math import inf
from typing import Any

from django.core.management.base import BaseCommand

from rapport.lib import schema
from rapport.lib.refusals import Refusal
from rapport.run.bench.frame import Bench, Measured, benches, measured

IN_ITS_FOLDER = "RAPPORT_BENCH_FOLDER"  # set in the process that measures


class Command(BaseCommand):
    help = "Run the benchmarks, each beside its peer. Without a name: all of them, one JSON object a line."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help=f"one of {', '.join(benches())}")
        parser.add_argument("--events", type=int, metavar="N", help="how many facts; each benchmark has its own default")
        parser.add_argument("--customers", type=int, metavar="N", help="how many customers, where a benchmark has any")
        parser.add_argument("--runs", type=int, metavar="N", help="how often each side runs; the median counts")
        parser.add_argument("--folder", metavar="FOLDER", help="keep the data here, and begin with what an earlier run left")
        parser.add_argument("--json", action="store_true", help="one JSON object a benchmark on standard output")

    def handle(self, *, name: str | None, **given: Any) -> None:
        known = benches()
        if name is not None and name not in known:
            raise Refusal(f'There is no benchmark "{name}".', mend=f"There are: {', '.join(known)}.")
        done = [self._run(one, known[one], given) for one in ([name] if name else known)]
        if not all(done):
            sys.exit(1)

    def _run(self, name: str, bench: Bench, given: dict[str, Any]) -> bool:
        """True where every case came to equal results."""
        if bench.own_folder and IN_ITS_FOLDER not in os.environ:
            return self._in_a_folder_of_its_own(name, bench, given)
        schema.ready()
        self._tell(f"{name}: {bench.about}")
        options = {option: given.get(option) or size for option, size in bench.options.items()}
        found = []
        for case in bench.cases(options, self._tell):
            found.append(measured(replace(case, runs=given["runs"]) if given["runs"] else case))
            self._tell(_line(found[-1]))
        if given["json"]:
            self.stdout.write(json.dumps({"bench": name, "cases": [_plain(one) for one in found]}))
        return all(one.equal_results for one in found)

    def _in_a_folder_of_its_own(self, name: str, bench: Bench, given: dict[str, Any]) -> bool:
        words = [sys.executable, "-m", "rapport", "bench", name, *(["--json"] if given["json"] else [])]
        for option in ("events", "customers", "runs"):
            words += [f"--{option}", str(given[option])] if given[option] else []
        kept = nullcontext(given["folder"]) if given["folder"] else tempfile.TemporaryDirectory(prefix="rapport-bench-")
        with kept as folder:
            handed_down = {"RAPPORT_SAMPLES"} | ({"RAPPORT_DATABASE_URL"} if bench.on_any_database else set())
            inherited = {key: value for key, value in os.environ.items() if not key.startswith("RAPPORT_") or key in handed_down}
            self.stdout.flush()
            return _run_to_its_end(words, inherited | {"RAPPORT_DATA_DIR": folder, IN_ITS_FOLDER: folder})

    def _tell(self, words: str) -> None:
        self.stderr.write(words)


def _run_to_its_end(words: list[str], env: dict[str, str]) -> bool:
    """Whoever ends this process ends the one that measures, which takes down what it has put up."""
    measuring = subprocess.Popen(words, env=env)
    before = signal.signal(signal.SIGTERM, lambda number, _: measuring.send_signal(number))
    try:
        return measuring.wait() == 0
    finally:
        signal.signal(signal.SIGTERM, before)


def _plain(found: Measured) -> dict[str, Any]:
    """No limit is null: JSON knows no infinity."""
    return asdict(found) | {"most_mb": None if found.most_mb == inf else found.most_mb}


def _line(found: Measured) -> str:
    most = "" if found.most_mb == inf else f" of {found.most_mb:.0f}"
    verdict = "met" if found.is_met else "RESULTS DIFFER" if not found.equal_results else "MISSED"
    figures = f"{found.ours_seconds:9.3f} s  {found.peer} {found.peer_seconds:9.3f} s  ratio {found.ratio:6.2f} of {found.goal:6.2f}"
    return f"  {found.name:<46} {figures}  {found.peak_mb:5} MB{most}  {verdict}"
