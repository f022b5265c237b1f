"""The verbs of segments: a rule saved, renamed or deleted, a measure given its name, a list uploaded.

Each is checked first and written down.
"""

import secrets
from collections.abc import Iterable
from pathlib import Path

from django.db import transaction
from django.db.models import Max
from pyroaring import BitMap

from rapport.accounts.actions import write_down
from rapport.events.actions import cursor_at
from rapport.lib.clock import now_us
from rapport.lib.locks import turn_to_write
from rapport.lib.refusals import Refusal
from rapport.segments import queries
from rapport.segments.check import check, check_definition
from rapport.segments.errors import NameTaken, RuleError
from rapport.segments.limits import TEXT_LENGTH_MAX, too_long
from rapport.segments.literals import Unfit, fit_name
from rapport.segments.models import NamedMeasure, Refresh, Scheme, Segment, SharedQuestion, UploadedList
from rapport.segments.parse import parse_definition
from rapport.segments.refresh import actions as refreshing
from rapport.segments.refresh import days
from rapport.segments.refresh.kept import CURSOR
from rapport.segments.refresh.refreshing import Moved
from rapport.segments.text import definition_text, rule_text
from rapport.segments.tree import rule_in
from rapport.segments.uploads import Watch, found_in
from rapport.warehouse import queries as warehouse

REFRESH_SECONDS = 60  # windows expire by themselves: no set is older than this


@transaction.atomic
def save_segment(name: str, rule: str, *, by: str, new: bool = False) -> Segment:
    """Keep a rule, text or JSON tree, under a name; under a name that is there the rule changes, or with `new` is refused.

    The rule before is kept as a version.
    """
    name = fitting(name)
    kept = hold_all().get(name)
    if kept is not None and new:
        raise NameTaken(name)
    text = rule_text(check(rule_in(rule), queries.vocabulary(), saving_as=name))
    now = now_us()
    if kept is None:
        saved = Segment.objects.create(name=name, rule=text, by=by, created_us=now, updated_us=now)
        write_down("segments.save", subject=f"segment {saved.id}", by=by, name=name, rule=text)
        return saved
    if kept.rule != text:
        write_down("segments.save", subject=f"segment {kept.id}", by=by, name=name, rule=text, before=kept.rule)
        kept.versions.create(rule=kept.rule, by=kept.by, at_us=kept.updated_us)
        kept.rule, kept.by, kept.updated_us = text, by, now
        kept.save()
    return kept


@transaction.atomic
def rename_segment(name: str, *, to: str, by: str) -> Segment:
    """Give a segment another name; refused while another segment's rule names it."""
    to = fitting(to)
    held = hold_all()
    kept = _of(held, name)
    if to == name:
        return kept
    if to in held:
        raise NameTaken(to)
    _refuse_used(name, "renamed")
    kept.name, kept.updated_us = to, now_us()
    kept.save()
    write_down("segments.rename", subject=f"segment {kept.id}", by=by, name=to, before=name)
    return kept


@transaction.atomic
def delete_segment(name: str, *, by: str) -> None:
    """Take a segment away; refused while another segment's rule names it."""
    kept = _of(hold_all(), name)
    _refuse_used(name, "deleted")
    write_down("segments.delete", subject=f"segment {kept.id}", by=by, name=name, rule=kept.rule)
    days.forget(queries.segment_key(kept))
    kept.delete()


@turn_to_write()
def tell_movements(name: str, *, told: bool, by: str) -> Segment:
    """From now on write into the log who enters and leaves a segment, or no longer. Who is in it already does not enter."""
    kept = queries.segment_named(name)
    if kept.told != told:
        kept.told = told
        kept.save(update_fields=["told"])
        write_down("segments.tell", subject=f"segment {kept.id}", by=by, name=name, told=told)
    return kept


def refresh() -> Moved:
    """Bring the sets of all saved segments to now. HeldByAnother while another does."""
    words = queries.vocabulary()
    return refreshing.refresh(queries.kept_rules(words)[0], words)


def refresh_if_due() -> bool:
    """One pass of the loop: where facts came, a rule changed or a minute went by; never more than a third of the time."""
    newest = Segment.objects.aggregate(at=Max("updated_us"))["at"]
    last = Refresh.objects.first()
    if last is None:
        due = newest is not None
    else:
        idle_us = now_us() - last.moment_us - last.seconds * 1_000_000
        stale = idle_us > REFRESH_SECONDS * 1_000_000 or (newest or 0) > last.moment_us or cursor_at(CURSOR) != warehouse.watermark()
        due = newest is not None and stale and idle_us >= 2 * last.seconds * 1_000_000
    if due:
        refresh()
    return due


@transaction.atomic
def share_question(rule: str, *, as_of: str, by: str) -> SharedQuestion:
    """Keep a question under a short name. The same one of the same person keeps the one it has."""
    if len(rule) > TEXT_LENGTH_MAX:
        raise too_long(len(rule))
    kept = SharedQuestion.objects.filter(rule=rule, as_of=as_of, by=by).first()
    return kept or SharedQuestion.objects.create(token=secrets.token_urlsafe(9), rule=rule, as_of=as_of, by=by, at_us=now_us())


@transaction.atomic
def define_measure(definition: str, *, by: str) -> NamedMeasure:
    """`spend := sum(revenue) of "Order Completed"`: from then on a trait like any other. The same once more changes nothing."""
    hold_all()
    checked = check_definition(parse_definition(definition), queries.vocabulary())
    text = definition_text(checked)
    kept = NamedMeasure.objects.filter(name=checked.name).first()
    if kept is not None and kept.definition != text:
        raise Refusal(f"A measure has this name already: {kept.definition}", mend="Choose another name, or delete that one.")
    if kept is None:
        kept = NamedMeasure.objects.create(name=checked.name, definition=text, by=by, created_us=now_us())
        write_down("segments.define", subject=f"measure {kept.id}", by=by, name=checked.name, definition=text)
    return kept


@transaction.atomic
def delete_measure(name: str, *, by: str) -> None:
    """Take a measure's name away; refused while a segment's rule names it."""
    hold_all()
    kept = NamedMeasure.objects.filter(name=name).first()
    if kept is None:
        raise Refusal(f'No measure is called "{name}".', mend="`rapport segment list` names them.")
    if users := queries.users_of_measure(name):
        raise Refusal(f'The measure "{name}" cannot be deleted: {_listed(users)} names it.', mend="Change that rule first.", users=users)
    write_down("segments.delete_measure", subject=f"measure {kept.id}", by=by, name=name, definition=kept.definition)
    kept.delete()


def upload_list(
    name: str,
    said: Path | Iterable[str],
    *,
    by: str,
    kind: str = "",
    column: str = "",
    encoding: str = "",
    new: bool = False,
    watch: Watch | None = None,
) -> UploadedList:
    """Keep under a name whom a file or some lines name; under a name that is there it replaces those, or with `new` is refused."""
    name = fitting(name, "A list's name")
    if new and UploadedList.objects.filter(name=name).exists():
        raise NameTaken(name, "list")
    found = found_in(said, kind=kind, column=column, encoding=encoding, watch=watch)
    facts = {"rows": found.known + found.unknown, "known": found.known, "unknown": found.unknown}
    with transaction.atomic():
        before = UploadedList.objects.select_for_update().filter(name=name).first()
        told = {"ids": found.ids.serialize(), **facts, "reject_file": found.reject_file, "by": by, "created_us": now_us()}
        kept, _ = UploadedList.objects.update_or_create(name=name, defaults=told)
        write_down("segments.upload_list", subject=f"list {kept.id}", by=by, name=name, people=len(found.ids), **facts)
    if before is not None and before.reject_file:
        Path(before.reject_file).unlink(missing_ok=True)
    return kept


@transaction.atomic
def keep_list(name: str, ids: BitMap, *, by: str) -> UploadedList:
    """Keep these people under a name as they are now; nobody comes and nobody leaves. A name that is taken is refused."""
    name = fitting(name, "A list's name")
    if not ids:
        raise Refusal("There is nobody to put on a list.", mend="Choose people first.")
    if UploadedList.objects.filter(name=name).exists():
        raise NameTaken(name, "list")
    people = len(ids)
    kept = UploadedList.objects.create(name=name, ids=ids.serialize(), rows=people, known=people, unknown=0, by=by, created_us=now_us())
    write_down("segments.keep_list", subject=f"list {kept.id}", by=by, name=name, people=people)
    return kept


@transaction.atomic
def delete_list(name: str, *, by: str) -> None:
    """Take an uploaded list away; refused while a segment's rule names it."""
    hold_all()
    kept = queries.list_named(name)
    if users := queries.users_of_list(name):
        raise Refusal(f'The list "{name}" cannot be deleted: {_listed(users)} names it.', mend="Change that rule first.", users=users)
    write_down("segments.delete_list", subject=f"list {kept.id}", by=by, name=name)
    kept.delete()
    if kept.reject_file:
        Path(kept.reject_file).unlink(missing_ok=True)


def hold_all() -> dict[str, Segment]:
    """Every segment and scheme, held until the end: two who save at once must not close a circle between them."""
    found = {one.name: one for one in Segment.objects.select_for_update().order_by("id")}
    list(Scheme.objects.select_for_update().order_by("id"))
    return found


def _of(held: dict[str, Segment], name: str) -> Segment:
    return held[name] if name in held else queries.segment_named(name)


def _refuse_used(name: str, deed: str) -> None:
    if users := queries.users_of_segment(name):
        raise Refusal(f'The segment "{name}" cannot be {deed}: {_listed(users)} names it.', mend="Change that rule first.", users=users)


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def fitting(name: str, what: str = "A segment's name") -> str:
    """A name that can be one, or a refusal."""
    try:
        return fit_name(name.strip(), what)
    except Unfit as unfit:
        raise RuleError(unfit.trouble, mend=unfit.mend) from None
