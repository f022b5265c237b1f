"""Delivery reports and complaints that come back by SMTP: the signed return path says which message they speak of, nothing else does."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import connections

from rapport.lib.refusals import Refusal
from rapport.messaging import answers
from rapport.messaging.bounces import BounceClass, Kind, Reason, Report, read_report
from rapport.messaging.links import Signed, read_token
from rapport.messaging.smtp_door import SmtpDoor

POLL_SECONDS = 0.5
log = logging.getLogger(__name__)


def accepts(recipient: str) -> bool:
    """Whether an address is a return path of ours."""
    return _signed(recipient) is not None


def take(recipient: str, sender: str, raw: bytes) -> None:
    """Make a report an answer to the message it came back for. Harmless twice: the sender repeats what we did not confirm."""
    signed = _signed(recipient)
    if signed is None:
        return
    try:
        told(signed.message_id, read_report(raw, envelope_sender=sender))
    finally:
        connections.close_all()  # this runs in the door's own threads


def told(message_id: int, report: Report) -> None:
    if report.kind is Kind.BOUNCE:
        worst = min(report.recipients, key=lambda one: one.bounce_class is not BounceClass.HARD, default=None)
        hard = worst is not None and worst.bounce_class is BounceClass.HARD
        reason = worst.reason if worst and worst.reason else Reason.OTHER
        answers.bounced(message_id, hard=hard, reason=reason.value, diagnostic=worst.diagnostic if worst else "")
    elif report.kind is Kind.COMPLAINT and report.ends_marketing:
        answers.complained(message_id, kind=report.feedback.value if report.feedback else "")


def stand_open(stopping: Callable[[], bool], wait: Callable[[float], None]) -> bool:
    """Hold the door open until told to stop. A Refusal where its address cannot be listened at."""
    host, _, port = settings.SMTP_DOOR.rpartition(":")
    if not host or not port.isdigit():
        raise Refusal("RAPPORT_SMTP_DOOR is no address.", mend="Write host:port, as 127.0.0.1:2525.")
    door = SmtpDoor(host, int(port), take=take, accepts=accepts)
    try:
        door.start()
    except OSError as trouble:
        raise Refusal(f"The mail door {settings.SMTP_DOOR} does not open: {trouble.strerror}.") from trouble
    try:
        while not stopping():
            wait(POLL_SECONDS)
    finally:
        door.stop()
    return False


def _signed(recipient: str) -> Signed | None:
    local = recipient.strip("<> ").rpartition("@")[0]
    _, plus, named = local.partition("+")
    return read_token("bounce", named) if plus else None
