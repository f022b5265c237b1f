"""`rapport load`: files brought in with a progress bar; stopped, resumed, taken back."""

import json
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rapport.accounts.actions import COMMAND_LINE, write_down
from rapport.intake import queries
from rapport.intake.files import actions
from rapport.intake.files.plans import KINDS
from rapport.lib.clock import from_us
from rapport.lib.refusals import Refusal

ADDED_UP = (
    "rows", "accepted", "repeated", "rejected", "customers", "orders", "cancelled", "refunds", "refunds_unmatched", "events",
)  # fmt: skip
EXAMPLES = """
rapport load customers.csv --as customers
rapport load orders.csv.gz --as orders --currency EUR --timezone Europe/Berlin --map-value status:C=cancelled
rapport load sales.parquet --as orders --map order_id=InvoiceNo --map customer=CustomerID --map time=InvoiceDate
rapport load --list        rapport load --take-back 3
"""


class Command(BaseCommand):
    help = "Import files. The same file again adds nothing; rows that cannot be taken go to a reject file with their reasons."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = EXAMPLES
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="CSV, Parquet or JSON lines; CSV and JSON lines also as gz")
        parser.add_argument("--as", dest="kind", choices=list(KINDS), help="what its rows are")
        parser.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN", help="which column is a field")
        parser.add_argument("--map-value", action="append", default=[], metavar="FIELD:FROM=TO", help="our word for one of the file's")
        parser.add_argument("--source", default="", metavar="NAME", help="where the rows come from; no namespace for user ids")
        parser.add_argument("--currency", default="", metavar="CODE", help="of amounts whose row names none")
        parser.add_argument("--timezone", default="", metavar="ZONE", help="of times without an offset; otherwise the company's")
        parser.add_argument("--anonymous", action="store_true", help="keep orders without a customer, each under an anonymous id")
        parser.add_argument(
            "--encoding", default="", metavar="NAME", help="how the file was saved, where that is not UTF-8: cp1252, latin-1"
        )
        parser.add_argument("--time-format", default="", metavar="SHAPE", help="of times that are not ISO 8601: %%d/%%m/%%Y %%H:%%M")
        parser.add_argument("--decimal-comma", action="store_true", help="numbers are written 1.234,50")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument("--list", action="store_true", help="the newest loads")
        for word, what in (("resume", "go on with a load"), ("stop", "stop a running load"), ("take-back", "undo a load")):
            parser.add_argument(f"--{word}", type=int, metavar="ID", help=what)

    def handle(self, **words: Any) -> None:
        if words["list"]:
            self._list(as_json=words["json"])
        elif words["stop"] is not None:
            actions.stop_load(words["stop"])
            self._tell({"load": words["stop"], "state": actions.load_of(words["stop"]).state}, words, "It stops behind the batch at hand.")
        elif words["take_back"] is not None:
            self._take_back(words)
        elif words["resume"] is not None:
            self._load([actions.resume_load(words["resume"]).id], words)
        elif not words["paths"] or not words["kind"]:
            raise Refusal("Which file, and what is in it?", mend=f"rapport load PATH... --as {'|'.join(KINDS)}")
        else:
            options = options_of(words)
            started = [actions.start_load(path, words["kind"], source=words["source"], options=options) for path in words["paths"]]
            self._load([load.id for load in started], words)

    def _load(self, load_ids: list[int], words: dict[str, Any]) -> None:
        answers = []
        for load_id in load_ids:
            load = actions.load_of(load_id)
            write_down("intake.load", subject=f"load {load_id}", by=COMMAND_LINE, file=load.name, kind=load.kind)
            with watched(load.name) as watch, interrupts() as stopping:
                answers.append(actions.run_load(load_id, watch=watch, stopping=stopping))
            if not words["json"]:
                self._say(load.name, answers[-1])
        if words["json"]:
            self.stdout.write(json.dumps(together(answers)))

    def _say(self, name: str, answer: dict[str, Any]) -> None:
        """The answer for people."""
        lines = [
            f"{name}: {answer['rows']:,} rows in {answer['seconds']:.1f} s: {answer['accepted']:,} taken in, "
            f"{answer['repeated']:,} known already, {answer['rejected']:,} set aside"
        ]
        facts = [f"{answer[name]:,} {name.replace('_', ' ')}" for name in ADDED_UP[4:] if answer[name]]
        lines += ["  " + ", ".join(facts)] if facts else []
        if answer["without_consent"]:
            lines.append(
                f"  {answer['without_consent']:,} customers may not be written to: the file gives no consent (consent_email, consent_sms)"
            )
        if answer["columns_left_out"]:
            lines.append(f"  left out, being no field: {', '.join(answer['columns_left_out'])}")
        if answer["reject_file"]:
            lines.append(f"  set aside: {answer['reject_file']}")
            reasons = sorted(answer["reasons"].items(), key=lambda one: -one[1])
            lines += [f"    {count:,} x {reason}" for reason, count in reasons[:10]]
        if answer["notes_file"]:
            lines.append(f"  {answer['notes']:,} parts of rows left out: {answer['notes_file']}")
        self.stderr.write("\n".join(lines))

    def _take_back(self, words: dict[str, Any]) -> None:
        load_id = words["take_back"]
        write_down("intake.take_back", subject=f"load {load_id}", by=COMMAND_LINE)
        console = Console(stderr=True)
        with console.status("taking back") as status:
            answer = actions.take_back(load_id, watch=lambda facts: status.update(f"taking back: {facts:,} facts gone"))
        self._tell(answer, words, f"Load {load_id} is taken back.")

    def _list(self, *, as_json: bool) -> None:
        loads = queries.loads()
        if as_json:
            self.stdout.write(json.dumps({"loads": [_facts(load) for load in loads]}))
            return
        for load in loads:
            counts = f"{load.counts.get('accepted', 0):>10,} in {load.counts.get('rejected', 0):>8,} aside"
            self.stdout.write(
                f"{load.id:>5}  {from_us(load.created_us):%Y-%m-%d %H:%M}  {load.kind:<12} {load.state:<11} {counts}  {load.name}"
            )

    def _tell(self, answer: dict[str, Any], words: dict[str, Any], plain: str) -> None:
        if words["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            self.stderr.write(plain)


def options_of(words: dict[str, Any]) -> actions.Options:
    """The options as typed; a --map that is none is refused."""
    mapped: dict[str, str] = {}
    for text in words["map"]:
        field, sign, column = text.partition("=")
        if not sign or not field or not column:
            raise Refusal(f"--map {text} is off.", mend="Write --map FIELD=COLUMN, for example --map customer=CustomerID.")
        if field in mapped:
            raise Refusal(f"--map {field}= stands twice.", mend="A field is one column.")
        mapped[field.strip()] = column.strip()
    values: dict[str, dict[str, str]] = {}
    for text in words["map_value"]:
        field, colon, rest = text.partition(":")
        word, sign, ours = rest.rpartition("=")
        if not colon or not sign or not field or not word:
            raise Refusal(
                f"--map-value {text} is off.", mend="Write --map-value FIELD:FROM=TO, for example --map-value status:C=cancelled."
            )
        values.setdefault(field.strip(), {})[word.strip()] = ours.strip()
    plain = {name: words[name] for name in ("timezone", "anonymous", "encoding", "time_format", "decimal_comma")}
    return actions.Options(map=mapped, map_value=values, currency=words["currency"].upper(), **plain)


def together(answers: list[dict[str, Any]]) -> dict[str, Any]:
    """One answer for all files; those of each beside it where there are several."""
    if len(answers) == 1:
        return answers[0]
    files = [answer["reject_file"] for answer in answers if answer["reject_file"]]
    return {
        **{name: sum(answer[name] for answer in answers) for name in ADDED_UP[:4]},
        "reject_file": files[0] if len(files) == 1 else files or None,
        **{name: sum(answer[name] for answer in answers) for name in ADDED_UP[4:]},
        "seconds": round(sum(answer["seconds"] for answer in answers), 3),
        "files": answers,
    }


@contextmanager
def watched(name: str) -> Iterator[Any]:
    """A progress bar on standard error, where somebody looks at it."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[rejected]:,} set aside, {task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
        console=Console(stderr=True), disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with bar:
        task = bar.add_task(name, total=1.0, rows=0, rejected=0, rate=0.0)
        first: list[int] = []

        def watch(progress: actions.Progress) -> None:
            first.append(progress.rows) if not first else None
            seconds = bar.tasks[task].elapsed or 0
            rate = (progress.rows - first[0]) / seconds if seconds else 0.0
            words = f"{name} (reading)" if progress.reading else name
            bar.update(task, completed=progress.share, description=words, rows=progress.rows, rejected=progress.rejected, rate=rate)

        yield watch


@contextmanager
def interrupts() -> Iterator[Any]:
    """The first Ctrl-C (or kill) stops between two batches; a second ends at once, which is as safe and less polite."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        signal.signal(number, signal.default_int_handler)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _facts(load: Any) -> dict[str, Any]:
    return {
        "load": load.id, "file": load.path, "kind": load.kind, "source": load.source.name,
        "state": actions.standing_of(load), "rows": load.rows_done,
        "counts": {name: load.counts.get(name, 0) for name in ADDED_UP}, "reject_file": load.reject_file or None, "error": load.error,
        "created": from_us(load.created_us).isoformat(),
    }  # fmt: skip
