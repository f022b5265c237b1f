"""Couriers carry messages: each holds one connection, takes a slice, asks the gates, and sends one after the other.

A courier is a number with a lock that the kernel frees when its holder dies, so whoever takes its lock next knows that
what it had in hand lies still. Messages of a slice leave by rising id, and before each its id is written down, which also
says that those before it have left: after a crash at most one a courier is in doubt. A marketing message in doubt is not
repeated, a transactional one is, with its Message-ID.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import F

from rapport.lib.clock import now_us
from rapport.lib.locks import turn, turn_to_write
from rapport.lib.prepared import rows
from rapport.messaging import slices
from rapport.messaging.answers import refused
from rapport.messaging.facts import Sent, properties, record_sent
from rapport.messaging.models import OPEN, Leaving, Mailing, MailingState, Message, MessageState, Purpose
from rapport.messaging.slices import Outgoing, Slice
from rapport.messaging.transports import CannotConnect, Fate, Outcome, Transport, transport

BACK_OFF_SECONDS = (60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 24 * 3_600)  # after each 4xx; then it has failed
FINISHED_LOOKED_AT = 100
TOLD_SECONDS = 2.0  # what has left stands in its row and in the log after so long, however slow the server
LEAVES = """
UPDATE messaging_leaving SET message_id = %s, since_us = %s
WHERE courier = %s AND taken_us = %s AND EXISTS (SELECT 1 FROM messaging_mailing WHERE id = %s AND state = 'running') RETURNING courier
"""  # one statement, so one commit and one trip to the server for each message
SENT = (
    "UPDATE messaging_message SET state = 'sent', courier = NULL, sent_us = one.column2, answer = one.column3, attempts = attempts + 1"
    " FROM (VALUES {rows}) AS one WHERE id = one.column1"
)


@dataclass
class Courier:
    """One connection's work. Call it under the lock of its name."""

    number: int
    line: Transport | None = None
    is_free: bool = False  # of a slice; one that was here before may have died with one

    @property
    def lock(self) -> str:
        return f"courier {self.number}"

    def __call__(self, stopping: Callable[[], bool]) -> bool:
        """One slice; True where there was one. CannotConnect where the server does not let us in: messages wait unharmed."""
        if not self.is_free:
            recover(self.number)
        if self.line is None and not slices.anything_due():
            return close_finished() > 0
        line = self._ready()
        self.is_free = False
        found = slices.take(self.number)
        if found:
            _carry(_Carried(self.number, found), line, stopping)
        else:
            self._rest()
        self.is_free = True
        return found is not None or close_finished() > 0

    def _ready(self) -> Transport:
        if self.line is None:
            self.line = transport()
        self.line.open()
        return self.line

    def _rest(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None


Settled = tuple[Outgoing, Outcome]


@dataclass
class _Carried:
    """A slice on its way: what the server took and the record does not know of yet."""

    courier: int
    slice: Slice
    taken: list[tuple[Outgoing, int, str]] = field(default_factory=list)  # when, and the server's answer
    told_at: float = field(default_factory=time.monotonic)

    def leaves(self, mail: Outgoing, last: Settled | None) -> bool:
        """Write down what became of the one before and that this one is leaving, in one commit; False where it must not leave."""
        last = self._kept(last)
        if last is None and (not self.taken or time.monotonic() - self.told_at < TOLD_SECONDS):
            with turn():
                return self._mark(mail)
        with turn_to_write():
            self.tell(last)
            return self._mark(mail)

    def _kept(self, last: Settled | None) -> Settled | None:
        """A message that was taken is kept, to be told of with others; any other outcome is for now."""
        if last is None or last[1].fate is not Fate.TAKEN:
            return last
        self.taken.append((last[0], now_us(), last[1].answer))
        return None

    def _mark(self, mail: Outgoing) -> bool:
        """False where its mailing was paused or cancelled meanwhile, or another courier has taken our place."""
        return bool(rows(LEAVES, [mail.message_id, now_us(), self.courier, self.slice.taken_us, self.slice.mailing_id]))

    def tell(self, last: Settled | None) -> None:
        """Bring the rows and the log up to here. In a transaction of the caller."""
        last = self._kept(last)
        if self.taken:
            words = [word for mail, at_us, answer in self.taken for word in (mail.message_id, at_us, answer)]
            with connection.cursor() as cursor:
                cursor.execute(SENT.format(rows=", ".join(["(%s, %s, %s)"] * len(self.taken))), words)
            record_sent([Sent(mail.message_id, mail.customer_id, at_us, mail.properties) for mail, at_us, _ in self.taken])
        if last:
            _settle(*last, purpose=self.slice.purpose)
        self.taken, self.told_at = [], time.monotonic()


def _carry(carried: _Carried, line: Transport, stopping: Callable[[], bool]) -> None:
    last: Settled | None = None
    left = 0
    for mail in carried.slice.mails:
        if stopping():
            break
        is_leaving = carried.leaves(mail, last)
        last = None  # settled in that same commit
        if not is_leaving:
            break
        outcome = line.send(mail.envelope_from, mail.to, mail.mail, mail.name)
        if outcome.fate is Fate.NOT_BEGUN:
            outcome = _again(line, mail, outcome)
        last, left = (mail, outcome), left + 1
        if outcome.fate is Fate.NOT_BEGUN:
            break
    with turn_to_write():
        carried.tell(last)
        mine = Leaving.objects.filter(courier=carried.courier, taken_us=carried.slice.taken_us)
        if left < len(carried.slice.mails) and mine.update(taken_us=0):
            _give_back(carried.courier)


def _again(line: Transport, mail: Outgoing, outcome: Outcome) -> Outcome:
    """The connection broke before this message began: once more over a new one, at once."""
    try:
        line.open()
    except CannotConnect:
        return outcome
    return line.send(mail.envelope_from, mail.to, mail.mail, mail.name)


def _settle(mail: Outgoing, outcome: Outcome, *, purpose: str) -> None:
    """What became of a message that was leaving and was not taken. In a transaction of the caller."""
    row = Message.objects.filter(id=mail.message_id)
    match outcome.fate:
        case Fate.IN_DOUBT:
            _doubt(mail.message_id, purpose, outcome.answer)
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


def _give_back(courier: int) -> None:
    """What it has in hand waits again. In a transaction of the caller."""
    Message.objects.filter(courier=courier).update(state=MessageState.WAITING, sent_us=None, courier=None)


def recover(courier: int) -> None:
    """What a courier had in hand when it died: before the one that was leaving they have left, it is in doubt, the rest waits again."""
    if not Message.objects.filter(courier=courier).exists():
        return
    with turn_to_write():
        at = Leaving.objects.get(courier=courier)
        Leaving.objects.filter(courier=courier).update(taken_us=0)
        left = Message.objects.filter(courier=courier, id__lt=at.message_id).select_related("mailing__version")
        record_sent([Sent(row.id, row.customer_id, at.since_us, properties(row.id, row.mailing)) for row in left])
        left.update(state=MessageState.SENT, courier=None, sent_us=at.since_us, attempts=F("attempts") + 1)
        for message_id, purpose in Message.objects.filter(courier=courier, id=at.message_id).values_list("id", "mailing__purpose"):
            _doubt(message_id, purpose, "the courier died while it was leaving")
        _give_back(courier)


def close_finished() -> int:
    """Mark mailings as done from which nothing will leave any more; answers how many."""
    done = 0
    for mailing in Mailing.objects.filter(state=MailingState.RUNNING, standing=False).order_by("id")[:FINISHED_LOOKED_AT]:
        if not any(Message.objects.filter(mailing=mailing, state=state).exists() for state in OPEN):
            still = Mailing.objects.filter(id=mailing.id, state=MailingState.RUNNING)
            done += still.update(state=MailingState.DONE, done_us=now_us())
    return done
