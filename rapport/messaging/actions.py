"""The verbs of mail: keep a template, open a mailing, add people, start, pause, cancel, send to one, try it out."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from django.db import transaction

from rapport.accounts.actions import write_down
from rapport.customers.queries import reaches
from rapport.lib.bulk import counted_anew
from rapport.lib.bulk import slices as in_slices
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.messaging import queries
from rapport.messaging.addresses import usable
from rapport.messaging.composing import compose
from rapport.messaging.errors import NameTaken
from rapport.messaging.filling import Unfilled
from rapport.messaging.mime import Letter, as_bytes
from rapport.messaging.models import Mailing, MailingState, Message, MessageState, Purpose, Template, Version
from rapport.messaging.slices import message_id_of, return_path, sender
from rapport.messaging.transports import Fate, transport

NAME_LENGTH_MAX = 255
DATA_KEYS_MAX = 200
DATA_BYTES_MAX = 32 * 1024
ADDED_AT_ONCE = 5_000


@transaction.atomic
def save_template(
    name: str, *, purpose: str, subject: str, mjml: str, text: str = "", by: str, new: bool = False, template_id: int | None = None
) -> Version:
    """Keep what a template says now, as a new version where it changed; TemplateError where it cannot stand.

    With `new` the name must be free; with `template_id` that template says it, and has this name from now on.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise Refusal(f"A template has a name of 1 to {NAME_LENGTH_MAX} letters.", mend="Name what it is for.", field="name")
    if purpose not in Purpose.values:
        raise Refusal(f'There is no purpose "{purpose}".', mend="It is marketing or transactional.", field="purpose")
    made = compose(subject, mjml, text, purpose=purpose, known=queries.fields())
    now = now_us()
    if template_id is not None:
        _rename(template_id, to=name, by=by)
    template, made_now = Template.objects.select_for_update().get_or_create(
        name=name, defaults={"purpose": purpose, "created_us": now, "updated_us": now, "by": by}
    )
    if new and not made_now:
        raise NameTaken(name)
    last = template.versions.order_by("-number").first()
    if last and template.purpose != purpose:
        raise Refusal(f'"{name}" is {template.purpose}.', mend="Give the other one a name of its own.", field="purpose")
    if last and (last.subject, last.mjml, last.own_text, last.html, last.text) == (made.subject, mjml, text, made.html, made.text):
        return last
    version = Version.objects.create(
        template=template, number=last.number + 1 if last else 1, subject=made.subject, mjml=mjml, own_text=text,
        html=made.html, text=made.text, fields=list(made.fields), created_us=now, by=by,
    )  # fmt: skip
    Template.objects.filter(id=template.id).update(updated_us=now, by=by)
    write_down("messaging.save_template", subject=f"template {template.id}", by=by, name=name, version=version.number)
    return version


def _rename(template_id: int, *, to: str, by: str) -> None:
    template = Template.objects.select_for_update().filter(id=template_id).first()
    if template is None:
        raise Refusal(f"There is no template {template_id}.")
    if template.name == to:
        return
    if Template.objects.filter(name=to).exists():
        raise NameTaken(to)
    Template.objects.filter(id=template_id).update(name=to)
    write_down("messaging.rename_template", subject=f"template {template_id}", by=by, name=to, before=template.name)


@transaction.atomic
def open_mailing(cause: str, *, name: str, version: Version, standing: bool = False) -> Mailing:
    """A mailing for this cause; the same cause again is the same mailing. Nothing leaves before `start`."""
    mailing, _ = Mailing.objects.get_or_create(
        cause=cause,
        defaults={"name": name, "version": version, "purpose": version.template.purpose, "created_us": now_us(), "standing": standing},
    )
    return mailing


@transaction.atomic
def add_people(mailing: Mailing, customer_ids: Iterable[int]) -> None:
    """A waiting message for each; who is in it already stays as they are."""
    for ids in in_slices(customer_ids, ADDED_AT_ONCE):
        rows = [Message(mailing_id=mailing.id, customer_id=one) for one in ids]
        Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def start(mailing_id: int, *, by: str) -> Mailing:
    """Let it leave: after filling, or after a pause."""
    mailing = _turn(mailing_id, {MailingState.FILLING, MailingState.PAUSED}, MailingState.RUNNING, "started", by)
    if not mailing.standing:
        counted_anew(Message)  # else each slice is looked for in the whole of the mailing
    return mailing


def pause(mailing_id: int, *, by: str) -> Mailing:
    """Nothing more of it leaves after the message that is leaving now."""
    return _turn(mailing_id, {MailingState.RUNNING}, MailingState.PAUSED, "paused", by)


def cancel(mailing_id: int, *, by: str) -> Mailing:
    """What waits in it never leaves. What has left stays as it is."""
    return _turn(mailing_id, {MailingState.FILLING, MailingState.RUNNING, MailingState.PAUSED}, MailingState.CANCELLED, "cancelled", by)


@transaction.atomic
def _turn(mailing_id: int, of: set[MailingState], to: MailingState, deed: str, by: str) -> Mailing:
    """The same deed again changes nothing."""
    mailing = Mailing.objects.select_for_update().get(id=mailing_id)
    if mailing.state == to:
        return mailing
    if mailing.state not in of:
        raise Refusal(f'"{mailing.name}" is {mailing.get_state_display()}: it cannot be {deed}.')
    mailing.state, mailing.paused_by = to, by if to == MailingState.PAUSED else ""
    mailing.done_us = now_us() if to == MailingState.CANCELLED else None
    mailing.save(update_fields=["state", "paused_by", "done_us"])
    write_down(f"messaging.{deed}", subject=f"mailing {mailing.id}", by=by, name=mailing.name)
    return mailing


@transaction.atomic
def write_again(mailing_id: int, *, by: str) -> int:
    """Let those wait again whose hold has ended by itself; how many."""
    mailing = Mailing.objects.select_for_update().get(id=mailing_id)
    if mailing.state not in (MailingState.RUNNING, MailingState.DONE):
        raise Refusal(f'"{mailing.name}" is {mailing.get_state_display()}.', mend="Only a mailing that runs, or is done, writes again.")
    free = Message.objects.filter(mailing=mailing, state=MessageState.HELD, may_go_us__lte=now_us())
    count = free.update(state=MessageState.WAITING, reason="", may_go_us=None, due_us=0)
    if count:
        Mailing.objects.filter(id=mailing.id).update(state=MailingState.RUNNING, done_us=None)
        write_down("messaging.write_again", subject=f"mailing {mailing.id}", by=by, count=count)
    return count


@transaction.atomic
def send_one(template_name: str, customer_id: int, *, occasion: str, data: Mapping[str, Any] | None = None, by: str) -> Message:
    """A transactional message to one person about one occasion; the same occasion again is the same message, whatever was written since."""
    template_id = queries.newest_version(template_name).template_id
    Template.objects.select_for_update(no_key=True).get(id=template_id)  # two senders, one occasion, and a version saved in between
    version = queries.newest_version(template_name)
    if version.template.purpose != Purpose.TRANSACTIONAL:
        raise Refusal(f'"{template_name}" is marketing.', mend="Send marketing by a campaign, which asks for consent.", field="template")
    if not 0 < len(occasion) <= 255:
        raise Refusal("An occasion is a text of 1 to 255 letters, as an order's id.", field="occasion")
    if data is not None and len(data) > DATA_KEYS_MAX:
        raise Refusal(f"At most {DATA_KEYS_MAX} fields of data go with a message.", field="data")
    if data and (size := len(msgspec.json.encode(data))) > DATA_BYTES_MAX:
        raise Refusal(f"The data of a message is at most {DATA_BYTES_MAX:,} bytes; this is {size:,}.", mend="Send less.", field="data")
    reach = reaches([customer_id], channel="email", purpose=Purpose.TRANSACTIONAL).get(customer_id)
    if reach is None:
        raise Refusal(f"There is no customer {customer_id}.", field="customer_id")
    if done := queries.message_about(template_id, reach.family, occasion):
        return done
    mailing = open_mailing(f"version:{version.id}", name=template_name, version=version, standing=True)
    if mailing.state == MailingState.FILLING:
        mailing = start(mailing.id, by=by)
    message = Message.objects.create(mailing=mailing, customer_id=reach.customer_id, occasion=occasion, data=dict(data) if data else None)
    write_down("messaging.send", subject=f"customer {reach.customer_id}", by=by, template=template_name, message=message.id)
    return message


def send_test(version: Version, *, to: str, customer_id: int | None, by: str) -> None:
    """The mail as this customer would get it, to an address of staff, now. Its links lead nowhere and nothing of it is counted."""
    address = usable(to)
    if not address:
        raise Refusal(f'"{to}" is no mail address.', mend="Write it as name@company.example.", field="to")
    page = queries.preview(version, customer_id=customer_id)
    if isinstance(page, Unfilled):
        raise Refusal(f"The template breaks on this customer: {page.trouble}.")
    letter = Letter(
        sender=sender(), to=address, to_name="", subject=f"[Test] {page.subject}", text=page.text, html=page.html,
        message_id=message_id_of(0).replace("<0", f"<test.{now_us()}"), at_us=now_us(), extra=(("Auto-Submitted", "auto-generated"),),
    )  # fmt: skip
    line = transport()
    line.open()
    try:
        outcome = line.send(return_path(0), address, as_bytes(letter), f"test-{now_us()}")
    finally:
        line.close()
    write_down("messaging.test", subject=f"version {version.id}", by=by)
    if outcome.fate is not Fate.TAKEN:
        raise Refusal(f"The mail server did not take it: {outcome.code or ''} {outcome.answer}".strip())
