"""`rapport segment`: ask a rule from the command line; save it, list what is saved, give a measure its name, upload a list."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from rapport.accounts.actions import COMMAND_LINE, write_down
from rapport.customers import queries as customers
from rapport.lib.bulk import slices
from rapport.lib.clock import from_us, now_us
from rapport.lib.refusals import Refusal
from rapport.lib.zone import company_zone, today
from rapport.segments import actions, history, queries
from rapport.segments.answer import Answer, answer
from rapport.segments.bounds import Moment
from rapport.segments.check import check
from rapport.segments.literals import Unfit, fit_time
from rapport.segments.nodes import Rule
from rapport.segments.person import NodeEvidence, evidence, history_of
from rapport.segments.telling import evidence_lines, tree_lines
from rapport.segments.text import rule_text
from rapport.segments.tree import read_rule, to_tree
from rapport.segments.uploads import KINDS, Progress, Watch
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import actions as warehouse

DAYS_TOLD = 30
SHOWN = 50  # members told to a person who names no limit
WORDS = ("count", "members", "evidence", "tree", "text", "save", "rename", "delete", "define", "upload", "list", "refresh", "history")
EXAMPLES = """
rapport segment count 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days'
rapport segment members @rule.txt --as-of 2011-12-10 --limit 100 --json
rapport segment evidence 'country = "USA"' --customer 17850
rapport segment save 'everyone BUT NOT did anything in the last 60 days' --name Sleeping
rapport segment define 'spend := sum(revenue) of "Order Completed"'
rapport segment history Sleeping --since 2026-10-01 --json
rapport segment upload vips.csv --name 'VIPs 2025'        rapport segment delete 'VIPs 2025' --uploaded
"""


class Command(BaseCommand):
    help = "Ask a rule: how many, who, and why. RULE is text, a JSON tree, or @FILE with either."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = EXAMPLES
        parser.add_argument("word", choices=WORDS, metavar="|".join(WORDS), help="what to do with the rule")
        parser.add_argument(
            "rule", nargs="?", metavar="RULE", help="for rename, delete and history: the name; for define: NAME := amount; for upload: FILE"
        )
        parser.add_argument("--customer", metavar="USER_ID", help="whose evidence")
        parser.add_argument("--as-of", metavar="TIME", help="a date or time; without an offset it is the company's; otherwise now")
        parser.add_argument("--limit", type=int, metavar="N", help=f"how many members; a person sees {SHOWN}, --json all")
        parser.add_argument("--name", metavar="NAME", help="under which to save or upload, or the new name")
        parser.add_argument("--column", default="", metavar="NAME", help="of a file to upload: the column that holds the identifiers")
        parser.add_argument("--kind", default="", choices=KINDS, help="of a file to upload: what its identifiers are; otherwise found out")
        parser.add_argument("--encoding", default="", metavar="NAME", help="of a file to upload, where it is not UTF-8: cp1252, latin-1")
        parser.add_argument("--uploaded", action="store_true", help="delete an uploaded list, not a segment")
        parser.add_argument("--since", metavar="DAY", help=f"of a history: it begins at this day's end; otherwise {DAYS_TOLD} days ago")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *, word: str, **given: Any) -> None:
        if word not in ("list", "refresh") and not given["rule"]:
            raise Refusal("Which rule?", mend=f"rapport segment {word} RULE; a rule stands in single quotes on most command lines.")
        getattr(self, f"_{word}")(given)

    # Asking

    def _count(self, given: dict[str, Any]) -> None:
        rule, found = _asked(given)
        if given["json"]:
            self._object(
                rule=found.rule,
                as_of=iso(found.as_of_us),
                count=len(found.root),
                nodes=[{"text": text, "count": len(ids)} for text, ids in found.nodes],
                without_rate=found.without_rate,
                engine=found.engine,
                seconds=round(found.seconds, 6),
            )
            return
        self._lines(tree_lines(rule, found))
        self._lines([f"{len(found.root):,} of {found.everyone:,} customers as of {iso(found.as_of_us)}, in {found.seconds:.2f} s"])
        if found.without_rate:
            self._lines([f"Facts in a currency without a rate for their day: {found.without_rate:,}. Their amounts count as unknown."])

    def _members(self, given: dict[str, Any]) -> None:
        limit = given["limit"] if given["limit"] is not None or given["json"] else SHOWN
        if limit is not None and limit < 0:
            raise Refusal(f"--limit {limit} is less than nobody.", mend="Give 0 or more.")
        _, found = _asked(given)
        write_down("segments.members", subject=found.rule[:255], by=COMMAND_LINE, count=len(found.root))
        if given["json"]:
            self._stream(found, limit)
            return
        self._lines(f"{number:>10}  {user_id or '–'}" for number, user_id in _members(found, limit))
        shown = len(found.root) if limit is None else min(limit, len(found.root))
        self._lines([f"{shown:,} of {len(found.root):,} members as of {iso(found.as_of_us)}"])

    def _stream(self, found: Answer, limit: int | None) -> None:
        """One object, written a member at a time: a list of millions is held nowhere."""
        self.stdout.write(f'{{"count": {len(found.root)}, "members": [', ending="")
        for number, (customer_id, user_id) in enumerate(_members(found, limit)):
            self.stdout.write((", " if number else "") + json.dumps({"id": customer_id, "user_id": user_id}), ending="")
        self.stdout.write("]}")

    def _evidence(self, given: dict[str, Any]) -> None:
        if not given["customer"]:
            raise Refusal("Whose evidence?", mend="Name a user id: --customer USER_ID.")
        vocabulary, rule = _checked(given)
        customer = customers.find("user_id", given["customer"])
        if customer is None:
            raise Refusal(f'No customer has the user id "{given["customer"]}".', mend="It is compared exactly, capitals and spaces too.")
        write_down("customers.read", subject=f"customer {customer.id}", by=COMMAND_LINE, rule=rule_text(rule))
        nodes = evidence(rule, history_of(customer.id, vocabulary), _moment_us(given))
        if given["json"]:
            self._object(holds=nodes[0].holds, nodes=[_node(node) for node in nodes])
            return
        self._lines(evidence_lines(rule, nodes))

    def _tree(self, given: dict[str, Any]) -> None:
        tree = to_tree(read_rule(given["rule"]))
        self.stdout.write(json.dumps(tree, ensure_ascii=False, indent=None if given["json"] else 2))

    def _text(self, given: dict[str, Any]) -> None:
        text = rule_text(read_rule(given["rule"]))
        self._tell(given, [text], text=text)

    # Keeping

    def _save(self, given: dict[str, Any]) -> None:
        if not given["name"]:
            raise Refusal("Under which name?", mend="--name NAME")
        warehouse.catch_up()
        saved = actions.save_segment(given["name"], rule_text(read_rule(given["rule"])), by=COMMAND_LINE)
        self._tell(given, [f'Saved as "{saved.name}": {saved.rule}'], name=saved.name, rule=saved.rule)

    def _rename(self, given: dict[str, Any]) -> None:
        if not given["name"]:
            raise Refusal("To which name?", mend="--name NAME")
        saved = actions.rename_segment(given["rule"], to=given["name"], by=COMMAND_LINE)
        self._tell(given, [f'"{given["rule"]}" is called "{saved.name}" now.'], name=saved.name, rule=saved.rule)

    def _delete(self, given: dict[str, Any]) -> None:
        name = given["rule"]
        if given["uploaded"]:
            actions.delete_list(name, by=COMMAND_LINE)
        elif any(measure.name == name for measure in queries.measures()):
            actions.delete_measure(name, by=COMMAND_LINE)
        else:
            actions.delete_segment(name, by=COMMAND_LINE)
        self._tell(given, [f'"{name}" is deleted.'], deleted=name)

    def _define(self, given: dict[str, Any]) -> None:
        warehouse.catch_up()
        measure = actions.define_measure(given["rule"], by=COMMAND_LINE)
        self._tell(given, [f"{measure.definition}   is a trait from now on."], name=measure.name, definition=measure.definition)

    def _upload(self, given: dict[str, Any]) -> None:
        if not given["name"]:
            raise Refusal("Under which name?", mend="--name NAME")
        path = Path(given["rule"])
        how = {name: given[name] for name in ("kind", "column", "encoding")}
        with _watched(path.name) as watch:
            kept = actions.upload_list(given["name"], path, by=COMMAND_LINE, watch=watch, **how)
        facts = {"rows": kept.rows, "known": kept.known, "unknown": kept.unknown, "reject_file": kept.reject_file or None}
        people = len(queries.people_of_list(kept))
        lines = [f'"{kept.name}": {people:,} people by {kept.known:,} of {kept.rows:,} lines. Ask: in list "{kept.name}"']
        if kept.unknown:
            lines.append(f"Set aside: {kept.unknown:,}, each with its reason, in {kept.reject_file}")
        self._tell(given, lines, name=kept.name, people=people, **facts)

    def _list(self, given: dict[str, Any]) -> None:
        segments, measures, lists = queries.segments(), queries.measures(), queries.lists()
        lines = [f'"{one.name}"  {one.rule}' for one in segments] + [one.definition for one in measures]
        lines += [f'in list "{one.name}"  {one.known:,} of {one.rows:,} lines known' for one in lists]
        self._tell(
            given,
            lines or ["Nothing is saved yet."],
            segments=[{"name": one.name, "rule": one.rule, "by": one.by, "updated": iso(one.updated_us)} for one in segments],
            measures=[{"name": one.name, "definition": one.definition, "by": one.by} for one in measures],
            lists=[{"name": one.name, "rows": one.rows, "known": one.known, "unknown": one.unknown, "by": one.by} for one in lists],
        )

    # Over time

    def _refresh(self, given: dict[str, Any]) -> None:
        warehouse.catch_up()
        moved = actions.refresh()
        troubles = queries.kept_rules(queries.vocabulary())[1]
        people, last = queries.people_in_segments()
        assert last is not None, "it was just refreshed"
        sizes = [(one.name, people.get(one.id)) for one in queries.segments()]
        named = {one.name: str(troubles[key]) for one in queries.segments() if (key := queries.segment_key(one)) in troubles}
        lines = [f"{'–' if count is None else f'{count:,}':>12}  {name}" for name, count in sizes]
        lines += [f'"{name}" cannot be asked any more: {trouble}' for name, trouble in named.items()]
        lines.append(
            f"True as of {iso(last.moment_us)}; {moved.asked:,} conditions asked of {moved.people:,} people in {moved.seconds:.2f} s"
        )
        self._tell(
            given,
            lines,
            as_of=iso(last.moment_us),
            segments=[{"name": name, "people": count} for name, count in sizes],
            troubles=named,
            conditions_asked=moved.asked,
            people_asked=moved.people,
            seconds=round(moved.seconds, 6),
        )

    def _history(self, given: dict[str, Any]) -> None:
        kept, since = queries.segment_named(given["rule"]), _since(given)
        moved = {day: (came, left) for day, came, left in history.movements(kept, since)}
        told = [(day, people, *moved.get(day, (None, None))) for day, people in history.sizes([kept], since)[kept.id] if day > since]
        found = history.movement(kept, since, queries.vocabulary())
        lines = [f"{day}  {people:>12,}" + ("" if came is None else f"  +{came:,} −{left:,}") for day, people, came, left in told]
        if found is None:
            lines.append("Not refreshed yet: `rapport segment refresh`")
        else:
            past = ", asked of the past: no day was kept so early" if found.asked else ""
            lines.append(f"Since the end of {since}: {len(found.came):,} came, {len(found.left):,} left{past}")
        self._tell(
            given,
            lines,
            name=kept.name,
            since=since.isoformat(),
            days=[{"day": day.isoformat(), "people": people, "came": came, "left": left} for day, people, came, left in told],
            came=None if found is None else len(found.came),
            left=None if found is None else len(found.left),
            asked=None if found is None else found.asked,
        )

    # Telling

    def _tell(self, given: dict[str, Any], lines: list[str], **facts: Any) -> None:
        if given["json"]:
            self._object(**facts)
        else:
            self._lines(lines)

    def _object(self, **facts: Any) -> None:
        self.stdout.write(json.dumps(facts, ensure_ascii=False))

    def _lines(self, lines: Iterator[str] | list[str]) -> None:
        for line in lines:
            self.stdout.write(line)


@contextmanager
def _watched(name: str) -> Iterator[Watch]:
    """A progress bar on standard error, where somebody looks at it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[said]}"))
    with Bar(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(name, total=1.0, said="")

        def watch(progress: Progress) -> None:
            bar.update(task, completed=progress.share, said=f"{progress.rows:,} lines, {progress.unknown:,} unknown")

        yield watch


def iso(us: int) -> str:
    return from_us(us).isoformat().replace("+00:00", "Z")


def _asked(given: dict[str, Any]) -> tuple[Rule, Answer]:
    vocabulary, rule = _checked(given)
    return rule, answer(rule, vocabulary, _moment_us(given))


def _checked(given: dict[str, Any]) -> tuple[Vocabulary, Rule]:
    """The rule, checked against what is known once the warehouse has read the log to its end."""
    said = read_rule(given["rule"])
    _moment_us(given)  # words that are off are told before a wait
    warehouse.catch_up()
    vocabulary = queries.vocabulary()
    return vocabulary, check(said, vocabulary)


def _moment_us(given: dict[str, Any]) -> int:
    if given["as_of"] is None:
        given["as_of"] = iso(now_us())
    try:
        return Moment(0, company_zone()).of(fit_time(given["as_of"]))
    except Unfit as unfit:
        raise Refusal(f"--as-of: {unfit.trouble}", mend=unfit.mend) from None


def _since(given: dict[str, Any]) -> date:
    if given["since"] is None:
        return today() - timedelta(days=DAYS_TOLD)
    try:
        return date.fromisoformat(given["since"])
    except ValueError:
        raise Refusal(f'--since: "{given["since"]}" is no day.', mend="Write it as 2026-11-23.") from None


def _members(found: Answer, limit: int | None) -> Iterator[tuple[int, str | None]]:
    for ids in slices(islice(found.root, limit)):
        names = customers.user_ids_of(ids)
        yield from ((one, names.get(one)) for one in ids)


def _node(node: NodeEvidence) -> dict[str, Any]:
    return {"text": node.text, "holds": node.holds, "figure": node.figure, "facts": [asdict(fact) for fact in node.facts]}
