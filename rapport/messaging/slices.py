"""A slice of messages taken by a courier: read who they are for, ask the gates, make the mails. One transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache
from itertools import starmap
from typing import Any

from django.conf import settings
from django.db import connection

from rapport.customers import queries as customers
from rapport.lib.clock import now_us
from rapport.lib.locks import turn_to_write
from rapport.lib.prepared import rows
from rapport.messaging import filling
from rapport.messaging.addresses import usable
from rapport.messaging.facts import properties
from rapport.messaging.filling import Unfilled
from rapport.messaging.gates import Candidate, holds
from rapport.messaging.links import base36, leave_url, token
from rapport.messaging.mime import Letter, as_bytes
from rapport.messaging.models import Mailing, MailingState, Message, MessageState, Purpose

SLICE_MAX = 50
MAILINGS_LOOKED_AT = 100
NO_SENDER = "rapport@localhost"
DUE = """
SELECT id, customer_id, occasion, attempts, data FROM messaging_message
WHERE mailing_id = %s AND state = 'waiting' AND due_us <= %s ORDER BY due_us, id LIMIT %s
"""
BEGUN = (
    "INSERT INTO messaging_leaving (courier, taken_us, message_id, since_us) VALUES (%s, %s, 0, 0)"
    " ON CONFLICT (courier) DO UPDATE SET taken_us = excluded.taken_us, message_id = 0, since_us = 0"
)
CLEARED = (
    "UPDATE messaging_message SET state = 'cleared', courier = %s, sent_us = %s, reason = '', address = one.column2"
    " FROM (VALUES {rows}) AS one WHERE id = one.column1"
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail ready to leave."""

    message_id: int
    customer_id: int
    attempts: int
    envelope_from: str
    to: str
    name: str  # of its file, where it goes into the outbox
    mail: bytes
    properties: Mapping[str, Any]  # of the fact that it was sent


@dataclass(frozen=True, slots=True)
class Slice:
    """Mails of one mailing, by rising id of their messages, that a courier took at one moment."""

    mailing_id: int
    purpose: str
    taken_us: int
    mails: list[Outgoing]


@dataclass(frozen=True, slots=True)
class Due:
    """A message that waited and may leave now."""

    id: int
    customer_id: int
    occasion: str
    attempts: int
    data: str | None  # JSON


def anything_due() -> bool:
    """Whether a slice could be taken; asked before a connection is opened."""
    now = now_us()
    return any(rows(DUE, [mailing_id, now, 1]) for mailing_id in _turns())


def _turns() -> list[int]:
    """Running mailings: what answers a person's act before marketing, among equals the one that waited longest."""
    running = Mailing.objects.filter(state=MailingState.RUNNING).order_by("-purpose", "turn_us", "id")
    return list(running.values_list("id", flat=True)[:MAILINGS_LOOKED_AT])


def take(courier: int) -> Slice | None:
    """Up to SLICE_MAX messages of one mailing that passed every gate a moment ago; held ones are written down with their reason."""
    for mailing_id in _turns():
        with turn_to_write():
            running = Mailing.objects.filter(id=mailing_id, state=MailingState.RUNNING).select_related("version")
            mailing = running.select_for_update(of=("self",)).first()  # couriers in turn
            moment_us = now_us()
            found = rows(DUE, [mailing_id, moment_us, SLICE_MAX]) if mailing else []
            if mailing is None or not found:
                continue
            Mailing.objects.filter(id=mailing_id).update(turn_us=moment_us)
            cleared, values = _cleared(mailing, sorted(starmap(Due, found), key=lambda row: row.id), courier, moment_us)
        return Slice(mailing_id, mailing.purpose, moment_us, _letters(mailing, cleared, values, moment_us))
    return None


Cleared = list[tuple[Due, Candidate]]


def _cleared(mailing: Mailing, taken: Sequence[Due], courier: int, moment_us: int) -> tuple[Cleared, dict[int, dict[str, Any]]]:
    """Those the gates let pass, marked as this courier's, with what is known of each customer at this moment."""
    reaches = customers.reaches([row.customer_id for row in taken], channel="email", purpose=mailing.purpose, hold=True)
    candidates = {row.id: _candidate(mailing, row, reaches.get(row.customer_id)) for row in taken}
    held = holds(list(candidates.values()), moment_us)
    for hold in set(held.values()):
        ids = [message_id for message_id, one in held.items() if one == hold]
        Message.objects.filter(id__in=ids).update(state=MessageState.HELD, reason=hold.reason, may_go_us=hold.may_go_us)
    cleared = [(row, candidates[row.id]) for row in taken if row.id not in held]
    if cleared:
        told = [word for _, one in cleared for word in (one.message_id, one.address.lower())]
        with connection.cursor() as cursor:
            cursor.execute(BEGUN, [courier, moment_us])
            cursor.execute(CLEARED.format(rows=", ".join(["(%s, %s)"] * len(cleared))), [courier, moment_us, *told])
    people = [one.reach for _, one in cleared if one.reach]
    return cleared, filling.values_of(mailing.version, people, moment_us)


def _candidate(mailing: Mailing, row: Due, reach: customers.Reach | None) -> Candidate:
    address = usable(reach.address) if reach else ""
    return Candidate(row.id, mailing.id, mailing.purpose, row.occasion, reach, address)


def _letters(mailing: Mailing, cleared: Cleared, values: Mapping[int, dict[str, Any]], moment_us: int) -> list[Outgoing]:
    """Their mails, made outside of any transaction; one the template breaks on has failed."""
    filled: dict[int, filling.Filled] = {}
    for row, candidate in cleared:
        assert candidate.reach is not None, "the gates let nobody through"
        known = values[candidate.reach.customer_id]
        page = filling.fill(
            mailing.version, known, campaign=mailing.name, message_id=row.id, data=json.loads(row.data) if row.data else None
        )
        if isinstance(page, Unfilled):
            failed = Message.objects.filter(id=row.id, state=MessageState.CLEARED)
            failed.update(state=MessageState.FAILED, reason="template", answer=page.trouble[:255], sent_us=None, courier=None)
        else:
            filled[row.id] = page
    pieces = {message_id: filling.in_pieces(page.html) for message_id, page in filled.items()}
    targets = filling.targets_of(list(pieces.values()))
    return [
        _outgoing(mailing, row, one, filled[row.id], filling.tracked(pieces[row.id], row.id, targets), moment_us)
        for row, one in cleared
        if row.id in filled
    ]


def _outgoing(mailing: Mailing, row: Due, candidate: Candidate, page: filling.Filled, html: str, moment_us: int) -> Outgoing:
    reach = candidate.reach
    assert reach is not None, "the gates let nobody through"
    letter = Letter(
        sender=sender(),
        to=candidate.address,
        to_name=filling.shown_name(reach.traits),
        subject=page.subject,
        text=page.text,
        html=html,
        message_id=message_id_of(row.id),
        at_us=moment_us,
        extra=headers(mailing, row.id),
    )
    name = base36(row.id).zfill(8)[::-1]  # neighbours lie in different folders
    return Outgoing(
        message_id=row.id,
        customer_id=row.customer_id,
        attempts=row.attempts,
        envelope_from=return_path(row.id),
        to=candidate.address,
        name=name,
        mail=as_bytes(letter),
        properties=properties(row.id, mailing),
    )


def sender() -> str:
    return settings.MAIL_FROM or (f"{settings.COMPANY_NAME} <{NO_SENDER}>" if settings.COMPANY_NAME else NO_SENDER)


def sender_domain() -> str:
    return _domain(sender())


@lru_cache(maxsize=16)
def _domain(mailbox: str) -> str:
    return parseaddr(mailbox)[1].rpartition("@")[2] or "localhost"


def message_id_of(message_id: int) -> str:
    """The same for every try at a message, so that a server or a person can tell a repetition."""
    return f"<{token('message', message_id)}@{sender_domain()}>"


def return_path(message_id: int) -> str:
    """Where its delivery report comes back (VERP): the address alone tells which message it speaks of."""
    local, _, domain = (settings.BOUNCE_ADDRESS or f"bounces@{sender_domain()}").partition("@")
    return f"{local}+{token('bounce', message_id)}@{domain}"


def headers(mailing: Mailing, message_id: int) -> tuple[tuple[str, str], ...]:
    """List headers of marketing mail (RFC 2369, 2919) with one-click (RFC 8058); an answer to an act says that it is automatic."""
    if mailing.purpose != Purpose.MARKETING:
        return (("Auto-Submitted", "auto-generated"),)
    return (
        ("List-Id", f"<marketing.{sender_domain()}>"),
        ("List-Unsubscribe", f"<{leave_url(message_id)}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Precedence", "bulk"),
        ("Feedback-ID", f"{base36(mailing.id)}:marketing:{sender_domain()}"),
    )
