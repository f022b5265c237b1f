"""A mailing against the bare hand-over of one of its mails, prepared: same connections, same server process, no signing.

Ours reads each person's facts, asks every gate, fills in the template and commits before and after each message; the peer only talks SMTP.
Beside it: as many messages out of a mailing of a million, half of it sent, against one of a few thousand, for neither time nor memory may
grow with what waits or has left.
"""

import smtplib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from django.conf import settings
from django.db import connection, connections

from rapport.events.actions import learn
from rapport.intake.actions import receive
from rapport.lib.refusals import Refusal
from rapport.messaging import actions as mail
from rapport.messaging.delivery import Courier
from rapport.messaging.models import Mailing, Version
from rapport.messaging.slices import SLICE_MAX, take
from rapport.run.bench.frame import Bench, Case, Tell, peak_mb
from rapport.run.bench.processes import server
from rapport.segments.actions import define_measure

PEOPLE = 5_000
CONNECTIONS = 4
RUNS = 5
GOAL = 3.0  # at least a third of the peer's rate
WAITING = 1_000_000
GOAL_OF_MANY = 1.25  # of the time the same messages take where nothing else waits
AT_ONCE = 500
BODY = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Dear {{ customer.first_name | default: "friend" }}, in the last twelve months you spent {{ customer.spend }}.</mj-text>
<mj-text>Here is what came in since you last looked: shirts, trousers and a knitted tie.</mj-text>
<mj-button href="https://shop.example/new">See what is new</mj-button>
<mj-text><a href="https://shop.example/shirts">Shirts</a> · <a href="https://shop.example/ties">Ties</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""
FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < %(count)s)
INSERT INTO messaging_message (mailing_id, customer_id, occasion, state, sent_us, reason, due_us, attempts, address, answer)
SELECT %(mailing)s, %(first)s + n %% %(people)s, CAST(n AS text), CASE WHEN n %% 2 = 0 THEN 'sent' ELSE 'waiting' END,
    CASE WHEN n %% 2 = 0 THEN 1 END, '', 0, 0,
    CASE WHEN n %% 2 = 0 THEN 'c' || n %% %(people)s || '@example.com' ELSE '' END, '' FROM numbers
"""
WIPED = ("messaging_touch", "messaging_message", "messaging_mailing")
BY = "the benchmark"


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    people = options["customers"]
    with server(["rapport.run.bench.sink"], settings.DATA_DIR / "sink.log") as port:
        settings.EMAIL_URL, settings.MAIL_FROM = f"smtp://127.0.0.1:{port}", "Halden <news@halden.example>"
        settings.COMPANY_NAME, settings.COMPANY_ADDRESS = "Halden", "1 Quay Street, Halden"
        version, ids = _people(people)
        tell(f"  {people:,} people on {connection.vendor}, {CONNECTIONS} connections; the peer: smtplib, one of these mails prepared")
        yield Case(
            "a mailing", _mailing(version, ids), "bare smtplib", _bare(port, _one_of(version, ids), people), GOAL, runs=RUNS, fresh=_wipe
        )
        _wipe()
        rounds = max(1, people // (SLICE_MAX * CONNECTIONS))
        few, many = 4 * rounds * SLICE_MAX * CONNECTIONS, options["events"]
        ours, other = (_next_of(_halfway(f"{size} messages", size, ids), rounds, tell) for size in (many, few))
        yield Case(f"out of {many:,}", ours, f"out of {few:,}", other, GOAL_OF_MANY, runs=1)
    _wipe()


BENCH = Bench(
    "a mailing against the bare hand-over of one of its mails",
    cases,
    options={"customers": PEOPLE, "events": WAITING},
    on_any_database=True,
)


def _people(wanted: int) -> tuple[Version, list[int]]:
    if _count("customers_customer"):
        raise Refusal("The benchmark fills the record with people, and this one holds some.", mend="Name an empty database.")
    for start in range(0, wanted, AT_ONCE):
        receive([call for number in range(start, min(start + AT_ONCE, wanted)) for call in _calls(number)], source_id=None)
    learn()
    define_measure('spend := sum(revenue) of "Order Completed" in the last 12 months', by=BY)
    version = mail.save_template("News", purpose="marketing", subject="News for {{ customer.first_name }}", mjml=BODY, by=BY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as PostgreSQL would within its minute
        cursor.execute("SELECT id FROM customers_customer ORDER BY id")
        return version, [row[0] for row in cursor.fetchall()]


def _calls(number: int) -> list[dict[str, Any]]:
    who, at = f"c{number}", "2026-10-01T10:00:00Z"
    order = {"order_id": f"o{number}", "revenue": 20 + number % 90, "currency": "EUR"}
    consent = {"channel": "email", "purpose": "marketing"}
    traits = {"email": f"{who}@example.com", "first_name": f"Pia {number}"}
    return [
        {"type": "identify", "userId": who, "messageId": f"i{number}", "timestamp": at, "traits": traits},
        {"type": "track", "event": "Consent Given", "userId": who, "messageId": f"g{number}", "timestamp": at, "properties": consent},
        {"type": "track", "event": "Order Completed", "userId": who, "messageId": f"o{number}", "timestamp": at, "properties": order},
    ]


def _mailing(version: Version, ids: list[int]) -> Callable[[], int]:
    """Filled and sent to its end."""

    def run() -> int:
        mailing = mail.open_mailing("bench", name="Bench", version=version)
        mail.add_people(mailing, ids)
        mail.start(mailing.id, by=BY)
        _carried(None)
        return _count("messaging_message", "state = 'sent'")

    return run


def _next_of(mailing: Mailing, rounds: int, tell: Tell) -> Callable[[], int]:
    """Each call sends the next ones of a mailing, one slice a courier and round; how many left."""

    def run() -> int:
        before = _count("messaging_message", "state = 'sent'")
        mail.start(mailing.id, by=BY)
        _carried(rounds)
        mail.pause(mailing.id, by=BY)
        people, sent = _count("messaging_message", f"mailing_id = {mailing.id}"), _count("messaging_message", "state = 'sent'") - before
        tell(f"    {sent:,} sent of {people:,}: peak {peak_mb()} MB")
        return sent

    return run


def _halfway(cause: str, size: int, ids: list[int]) -> Mailing:
    """A paused mailing of so many messages, half of them sent, one after the other to the same people about something else."""
    version = mail.save_template("Receipt", purpose="transactional", subject="Thank you", mjml=BODY, by=BY)
    mailing = mail.open_mailing(cause, name="Receipts", version=version)
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"mailing": mailing.id, "count": size, "first": ids[0], "people": len(ids)})
    mail.start(mailing.id, by=BY)
    mail.pause(mailing.id, by=BY)
    return mailing


def _carried(slices: int | None) -> None:
    """As many couriers as there are connections carry what waits, each so many slices or to the end."""

    def carry(number: int) -> None:
        courier = Courier(number)
        try:
            for _ in count() if slices is None else range(slices):
                if not courier(lambda: False):
                    break
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CONNECTIONS) as couriers:
        list(couriers.map(carry, range(1, CONNECTIONS + 1)))


def _one_of(version: Version, ids: list[int]) -> bytes:
    """One mail as it leaves, with CRLF."""
    mailing = mail.open_mailing("prepared", name="Bench", version=version)
    mail.add_people(mailing, ids[:1])
    mail.start(mailing.id, by=BY)
    found = take(1)
    assert found, "somebody has just been written to"
    return found.mails[0].mail


def _bare(port: int, prepared: bytes, count: int) -> Callable[[], int]:
    def send(some: int) -> int:
        with smtplib.SMTP("127.0.0.1", port) as line:
            for number in range(some):
                line.sendmail("bounces@halden.example", [f"c{number}@example.com"], prepared)
        return some

    def run() -> int:
        share, rest = divmod(count, CONNECTIONS)
        with ThreadPoolExecutor(CONNECTIONS) as senders:
            return sum(senders.map(send, [share + (number < rest) for number in range(CONNECTIONS)]))

    return run


def _count(table: str, where: str = "1 = 1") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}")
        return int(cursor.fetchone()[0])


def _wipe() -> None:
    with connection.cursor() as cursor:
        for table in WIPED:
            cursor.execute(f"DELETE FROM {table}")
