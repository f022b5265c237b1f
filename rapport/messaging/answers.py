"""What comes back: opens, clicks, wishes to hear no more, bounces, complaints. Each becomes a fact of the person it speaks of.

Opens and clicks wait a moment before they are told: a scanner that follows every link of a mail shows only by the
links it follows together.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db import connection
from django.db.models import Max

from rapport.customers.actions import say_consent, suppress
from rapport.customers.events import CONSENT_GIVEN, CONSENT_WITHDRAWN, UNSUBSCRIBED
from rapport.customers.queries import family_of, reaches, root_of
from rapport.events.actions import NewFact, record
from rapport.lib.clock import DAY_US, now_us
from rapport.lib.locks import turn, turn_to_write
from rapport.messaging import events
from rapport.messaging.bounces import BounceClass, of_answer
from rapport.messaging.facts import properties
from rapport.messaging.machines import is_machine
from rapport.messaging.models import Message, Target, Touch, TouchKind
from rapport.messaging.refusals import OF_THE_ADDRESS

UNDECIDED_US = 3_000_000  # how long an open or a click waits for company
TOGETHER_US = 2_000_000  # so close together no person follows two links of one mail
TOUCHES_MAX = 500  # a pass
TOUCHES_OF_ONE_MAX = 200
SOFT_DAYS, SOFT_WITHIN_DAYS = 3, 30  # on so many days of so many an address may not take mail, and is given up
TOUCH = """
INSERT INTO messaging_touch (message_id, mailing_id, kind, target_id, at_us, agent)
SELECT id, mailing_id, %s, %s, %s, %s FROM messaging_message
WHERE id = %s AND (SELECT count(*) FROM messaging_touch WHERE message_id = messaging_message.id) < %s
"""  # by plain SQL, for a mailing brings hundreds a second
FACTS = {
    (TouchKind.OPEN, False): events.EMAIL_OPENED,
    (TouchKind.OPEN, True): events.OPENED_BY_MACHINE,
    (TouchKind.CLICK, False): events.EMAIL_CLICKED,
    (TouchKind.CLICK, True): events.CLICKED_BY_MACHINE,
}


def touch(message_id: int, kind: TouchKind, *, target_id: int | None = None, agent: str = "", method: str = "GET") -> str | None:
    """Write down an open or a click; where a click leads to. None where there is no such message or target."""
    url: str = ""
    with connection.cursor() as cursor:
        if target_id is not None:
            cursor.execute("SELECT url FROM messaging_target WHERE id = %s", [target_id])
            found = cursor.fetchone()
            if found is None:
                return None
            (url,) = found
        seen_by = f"{method} {agent}".replace("\x00", "")[:255]
        with turn():
            cursor.execute(TOUCH, [kind.value, target_id, now_us(), seen_by, message_id, TOUCHES_OF_ONE_MAX])
        is_kept = cursor.rowcount == 1
    # whoever plays with a link gets where it leads and fills no table
    return url if is_kept or Message.objects.filter(id=message_id).exists() else None


@turn_to_write()
def tell_touches() -> int:
    """Decide who gave the answers of a moment ago, and tell the log; how many. Harmless twice; one worker at a time."""
    now = now_us()
    waiting = Touch.objects.filter(machine__isnull=True).exclude(
        at_us__gt=now - UNDECIDED_US, at_us__lte=now
    )  # a clock set back counts too
    rows = list(waiting.order_by("id")[:TOUCHES_MAX])
    if not rows:
        return 0
    machines = {row.id for row in rows if is_machine(row.agent.partition(" ")[2], row.agent.partition(" ")[0])} | _in_one_go(rows)
    messages = {row.id: row for row in Message.objects.filter(id__in={row.message_id for row in rows}).select_related("mailing__version")}
    urls = dict(Target.objects.filter(id__in={row.target_id for row in rows if row.target_id}).values_list("id", "url"))
    facts = []
    for row in rows:
        message = messages[row.message_id]
        said = properties(message.id, message.mailing)
        if row.target_id:
            said |= {"link_id": str(row.target_id), "link_url": urls.get(row.target_id, "")}
        name = FACTS[TouchKind(row.kind), row.id in machines]
        facts.append(NewFact(name, f"email-touch:{row.id}", said, customer_id=message.customer_id, time_us=row.at_us))
    record(facts)
    Touch.objects.filter(id__in=machines).update(machine=True)
    Touch.objects.filter(id__in=[row.id for row in rows if row.id not in machines]).update(machine=False)
    return len(rows)


def _in_one_go(rows: Sequence[Touch]) -> set[int]:
    """The clicks among these that followed another link of the same mail within a moment."""
    clicks = [row for row in rows if row.kind == TouchKind.CLICK]
    if not clicks:
        return set()
    near: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    beside = Touch.objects.filter(
        message_id__in={row.message_id for row in clicks},
        kind=TouchKind.CLICK,
        at_us__gte=min(row.at_us for row in clicks) - TOGETHER_US,
        at_us__lte=max(row.at_us for row in clicks) + TOGETHER_US,
    )
    for message_id, at_us, target_id in beside.values_list("message_id", "at_us", "target_id"):
        near[message_id].append((at_us, target_id))
    return {
        row.id
        for row in clicks
        if any(target != row.target_id and abs(at_us - row.at_us) < TOGETHER_US for at_us, target in near[row.message_id])
    }


@turn_to_write()
def unsubscribe(message_id: int) -> bool:
    """No marketing mail any more for the person behind a message, from this transaction on; False where that was said before."""
    message = Message.objects.select_related("mailing__version").get(id=message_id)
    cause = f"unsubscribed:{message.id}:{Touch.objects.filter(message_id=message.id, kind=TouchKind.UNSUBSCRIBE).count()}"
    if not _wants_mail(message):
        return False
    said = properties(message.id, message.mailing) | {"channel": "email", "purpose": "marketing"}
    _keep(message, TouchKind.UNSUBSCRIBE)
    return say_consent(message.customer_id, UNSUBSCRIBED, said, cause=cause)


@turn_to_write()
def resubscribe(message_id: int) -> bool:
    """It was a mistake: marketing mail again, where it was this mail that was left by."""
    message = Message.objects.select_related("mailing__version").get(id=message_id)
    times = Touch.objects.filter(message_id=message.id, kind=TouchKind.UNSUBSCRIBE).count()
    if not times or _wants_mail(message):
        return False
    said = {"channel": "email", "purpose": "marketing", "source": f"undone in mail {message.id}"}
    return say_consent(message.customer_id, CONSENT_GIVEN, said, cause=f"resubscribed:{message.id}:{times}")


def _wants_mail(message: Message) -> bool:
    reach = reaches([message.customer_id], channel="email", purpose="marketing").get(message.customer_id)
    return bool(reach and reach.consent)


def refused(message_id: int, code: int, answer: str, *, stage: str) -> None:
    """The server said no for good while we talked to it. In a transaction of the caller."""
    kind, reason = of_answer(code, answer, stage=stage)
    bounced(message_id, hard=kind is BounceClass.HARD, reason=reason.value, diagnostic=answer)


@turn_to_write()
def bounced(message_id: int, *, hard: bool, reason: str, diagnostic: str) -> bool:
    """A message came back. Nothing more goes to an address that is dead or stays closed. Once a message; False the second time."""
    message = Message.objects.select_related("mailing__version").filter(id=message_id).first()
    if message is None:
        return False
    said = properties(message.id, message.mailing) | {"bounce_type": "hard" if hard else "soft", "reason": reason}
    (event_id,) = record([NewFact(events.EMAIL_BOUNCED, f"email-bounced:{message.id}", said, customer_id=message.customer_id)])
    if event_id is None:
        return False
    _keep(message, TouchKind.BOUNCE, agent=f"{reason}: {diagnostic}")
    if message.address and (hard or (reason in OF_THE_ADDRESS and _closed_days(message) >= SOFT_DAYS)):
        words = f"bounced: {reason}" if hard else f"bounced on {SOFT_DAYS} days: {reason}"
        suppress("email", message.address, reason=words[:255], cause=f"suppressed:bounce:{message.id}")
    return True


def _closed_days(message: Message) -> int:
    """On how many of the last days mails to this address came back for its own sake, since a person last opened one.

    Soft bounces add up by day, as in Mailman: one evening's retries are one sign. What a server holds against the sender,
    the text or the way between says nothing of the address.
    """
    family = family_of(root_of(message.customer_id))
    mails = Message.objects.filter(customer_id__in=family, address__iexact=message.address)
    late = Touch.objects.filter(message_id__in=mails.values("id"), at_us__gt=now_us() - SOFT_WITHIN_DAYS * DAY_US)
    signs = late.filter(kind__in=(TouchKind.OPEN, TouchKind.CLICK), machine=False).aggregate(newest=Max("at_us"))
    bounces = late.filter(kind=TouchKind.BOUNCE, at_us__gt=signs["newest"] or 0).values_list("at_us", "agent")
    return len({at_us // DAY_US for at_us, agent in bounces if agent.partition(":")[0] in OF_THE_ADDRESS})


@turn_to_write()
def complained(message_id: int, *, kind: str) -> bool:
    """The person told their provider that this was spam: no marketing from now on. Once a message."""
    message = Message.objects.select_related("mailing__version").filter(id=message_id).first()
    if message is None:
        return False
    said = properties(message.id, message.mailing)
    (event_id,) = record([NewFact(events.MARKED_AS_SPAM, f"email-complaint:{message.id}", said, customer_id=message.customer_id)])
    if event_id is None:
        return False
    _keep(message, TouchKind.COMPLAINT, agent=kind)
    withdrawn = {"channel": "email", "purpose": "marketing", "source": "complaint"}
    say_consent(message.customer_id, CONSENT_WITHDRAWN, withdrawn, cause=f"complaint:{message.id}")
    return True


def _keep(message: Message, kind: TouchKind, agent: str = "") -> None:
    Touch.objects.create(
        message_id=message.id,
        mailing_id=message.mailing_id,
        kind=kind,
        at_us=now_us(),
        machine=False,
        agent=agent.replace("\x00", "")[:255],
    )
