"""Couriers carry messages: each holds one connection, takes a slice, asks the gates, and sends one after the other.

A courier is a number with a lock that the kernel frees when its holder dies, so whoever takes its lock next knows that
what it had in hand lies still. Each message is marked as leaving, and the one before it as sent, in one commit: after a
crash at most one a courier is in doubt. A marketing message in doubt is not repeated, a transactional one is, with its
Message-ID.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.db.models import F

from rapport.lib.clock import now_us
from rapport.lib.locks import turn, turn_to_write
from rapport.messaging import slices
from rapport.messaging.answers import refused
from rapport.messaging.facts import record_sent
from rapport.messaging.models import OPEN, Mailing, MailingState, Message, MessageState, Purpose
from rapport.messaging.slices import Outgoing
from rapport.messaging.transports import CannotConnect, Fate, Outcome, Transport, transport

BACK_OFF_SECONDS = (60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 24 * 3_600)  # after each 4xx; then it has failed
FINISHED_LOOKED_AT = 100
PASSED_ON = """
UPDATE messaging_message SET
    state = CASE WHEN id = %(last)s THEN 'sent' ELSE 'sending' END,
    sent_us = CASE WHEN id = %(last)s THEN %(now)s ELSE sent_us END,
    answer = CASE WHEN id = %(last)s THEN %(answer)s ELSE answer END,
    attempts = attempts + CASE WHEN id = %(last)s THEN 1 ELSE 0 END
WHERE id = %(last)s
    OR (id = %(next)s AND state = 'cleared' AND EXISTS (SELECT 1 FROM messaging_mailing WHERE id = %(mailing)s AND state = 'running'))
RETURNING id
"""  # one statement, so one commit and one trip to the server for each message


@dataclass
class Courier:
    """One connection's work. Call it under the lock of its name."""

    number: int
    line: Transport | None = None

    @property
    def lock(self) -> str:
        return f"courier {self.number}"

    def __call__(self, stopping: Callable[[], bool]) -> bool:
        """One slice; True where there was one. CannotConnect where the server does not let us in: messages wait unharmed."""
        recover(self.number)
        if not slices.anything_due():
            self._rest()
            return close_finished() > 0
        line = self._ready()
        mails = slices.take(self.number)
        if not mails:
            return close_finished() > 0
        self._carry(line, mails, stopping)
        return True

    def _ready(self) -> Transport:
        if self.line is None:
            self.line = transport()
        self.line.open()
        return self.line

    def _rest(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None

    def _carry(self, line: Transport, mails: list[Outgoing], stopping: Callable[[], bool]) -> None:
        """Each commit writes what became of one message and that the next is leaving."""
        last: tuple[Outgoing, Outcome] | None = None
        for mail in mails:
            if stopping():
                break
            is_leaving = _leaving(mail, last)
            last = None  # settled in that same commit
            if not is_leaving:
                break
            outcome = line.send(mail.envelope_from, mail.to, mail.mail, mail.name)
            if outcome.fate is Fate.NOT_BEGUN:
                outcome = self._again(line, mail, outcome)
            last = (mail, outcome)
            if outcome.fate is Fate.NOT_BEGUN:
                break
        with turn_to_write():
            if last:
                _settle(*last)
            finish(self.number)

    def _again(self, line: Transport, mail: Outgoing, outcome: Outcome) -> Outcome:
        """The connection broke before this message began: once more over a new one, at once."""
        try:
            line.open()
        except CannotConnect:
            return outcome
        return line.send(mail.envelope_from, mail.to, mail.mail, mail.name)


def _leaving(mail: Outgoing, last: tuple[Outgoing, Outcome] | None) -> bool:
    """Settle the one before and mark this one, in one commit; not this one where its mailing was paused or cancelled meanwhile."""
    if last is None or last[1].fate is Fate.TAKEN:
        with turn():
            return _pass_on(last, mail)
    with turn_to_write():
        _settle(*last)
        return _pass_on(None, mail)


def _pass_on(taken: tuple[Outgoing, Outcome] | None, following: Outgoing | None) -> bool:
    """One has left, the following one is leaving; whether it is."""
    before, answer = (taken[0].message_id, taken[1].answer) if taken else (0, "")
    message_id, mailing_id = (following.message_id, following.mailing_id) if following else (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(PASSED_ON, {"last": before, "answer": answer, "now": now_us(), "next": message_id, "mailing": mailing_id})
        return (message_id,) in cursor.fetchall()


def _settle(mail: Outgoing, outcome: Outcome) -> None:
    """What became of a message that was leaving. In a transaction of the caller."""
    row = Message.objects.filter(id=mail.message_id)
    match outcome.fate:
        case Fate.TAKEN:
            _pass_on((mail, outcome), None)
        case Fate.IN_DOUBT:
            _doubt(mail.message_id, mail.purpose, outcome.answer)
        case Fate.NOT_BEGUN:
            row.update(state=MessageState.WAITING, sent_us=None, courier=None)
        case Fate.LATER if mail.attempts < len(BACK_OFF_SECONDS):
            due_us = now_us() + BACK_OFF_SECONDS[mail.attempts] * 1_000_000
            row.update(
                state=MessageState.WAITING, sent_us=None, courier=None, due_us=due_us, answer=outcome.answer, attempts=F("attempts") + 1
            )
        case Fate.LATER | Fate.NEVER:
            row.update(
                state=MessageState.FAILED, reason="refused", sent_us=None, courier=None, answer=outcome.answer, attempts=F("attempts") + 1
            )
            refused(mail.message_id, outcome.code, outcome.answer, stage=outcome.stage)


def _doubt(message_id: int, purpose: str, answer: str) -> None:
    row = Message.objects.filter(id=message_id)
    if purpose == Purpose.TRANSACTIONAL:
        row.update(state=MessageState.WAITING, sent_us=None, courier=None, answer=answer, attempts=F("attempts") + 1)
    else:
        row.update(state=MessageState.UNSURE, courier=None, answer=answer, attempts=F("attempts") + 1)


def finish(courier: int) -> None:
    """Tell the log what left, and give back what did not. In a transaction; harmless twice."""
    in_hand = Message.objects.filter(courier=courier)
    record_sent(list(in_hand.filter(state=MessageState.SENT).select_related("mailing__version")))
    in_hand.filter(state=MessageState.CLEARED).update(state=MessageState.WAITING, sent_us=None)
    in_hand.update(courier=None)


def recover(courier: int) -> None:
    """What a courier had in hand when it died: one that was leaving is in doubt, the rest waits again or is told."""
    if not Message.objects.filter(courier=courier).exists():
        return
    with turn_to_write():
        for message_id, purpose in Message.objects.filter(courier=courier, state=MessageState.SENDING).values_list(
            "id", "mailing__purpose"
        ):
            _doubt(message_id, purpose, "the courier died while it was leaving")
        finish(courier)


def close_finished() -> int:
    """Mark mailings as done from which nothing will leave any more; answers how many."""
    done = 0
    for mailing in Mailing.objects.filter(state=MailingState.RUNNING, standing=False).order_by("id")[:FINISHED_LOOKED_AT]:
        if not any(Message.objects.filter(mailing=mailing, state=state).exists() for state in OPEN):
            still = Mailing.objects.filter(id=mailing.id, state=MailingState.RUNNING)
            done += still.update(state=MailingState.DONE, done_us=now_us())
    return done
