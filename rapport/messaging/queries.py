"""The questions other rooms may ask of mail: what templates may name, how a mailing stands, what a person was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Max, QuerySet

from rapport.customers.queries import reaches
from rapport.events.catalogue import TRAIT_ALIASES
from rapport.lib.bulk import slices
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.messaging import filling
from rapport.messaging.addresses import usable
from rapport.messaging.composing import compose
from rapport.messaging.filling import Filled, Unfilled
from rapport.messaging.gates import REASONS, Candidate, holds
from rapport.messaging.liquid import Fields
from rapport.messaging.models import Mailing, MailingState, Message, MessageState, Target, Template, Touch, TouchKind, Version
from rapport.segments import queries as segments

__all__ = ["Filled", "Unfilled"]  # open to every room above
LISTED_MAX = 200
LEAVING = "leaving"  # through the gates or on the wire
FAILURES = {"refused": "the mail server refused it", "template": "the template broke on this customer"}
APART: Mapping[str, tuple[TouchKind, ...]] = {  # people that no single row tells
    "machine_open": (TouchKind.OPEN, TouchKind.CLICK),  # opened by machines, by no person
    "machine_click": (TouchKind.CLICK,),
    "silent": (TouchKind.OPEN, TouchKind.CLICK),  # sent, and no sign of a person
}
HARD_CASES: Mapping[str, Mapping[str, Any]] = {
    "no name": {},
    "longest name": {"first_name": "Wolfeschlegelsteinhausenbergerdorff", "last_name": "Keihanaikukauakahihuliheekahaunaele"},
    "Chinese": {"first_name": "大文", "last_name": "陳", "name": "陳大文", "city": "台北市"},
    "hostile": {"first_name": "<script>alert(1)</script>", "last_name": 'O\'Neil & "Sons"'},
}


def fields() -> Fields:
    """What a template may name of a customer now."""
    words = segments.vocabulary()
    return Fields(frozenset(words.catalogue.traits) | frozenset(TRAIT_ALIASES.values()), frozenset(words.measures))


def templates() -> list[Template]:
    return list(Template.objects.order_by("name")[:LISTED_MAX])


def templates_after(template_id: int, *, limit: int) -> list[Template]:
    """Templates by rising id, a page at a time."""
    return list(Template.objects.filter(id__gt=template_id).order_by("id")[:limit])


def template(template_id: int) -> Template | None:
    return Template.objects.filter(id=template_id).first()


def version(version_id: int) -> Version | None:
    return Version.objects.select_related("template").filter(id=version_id).first()


def versions_of(template_id: int) -> list[Version]:
    """Newest first."""
    return list(Version.objects.select_related("template").filter(template_id=template_id).order_by("-number")[:LISTED_MAX])


def numbered_version(template_id: int, number: int | None = None) -> Version | None:
    """A version by its number; without one the newest."""
    rows = Version.objects.select_related("template").filter(template_id=template_id)
    return rows.order_by("-number").first() if number is None else rows.filter(number=number).first()


def newest_versions(template_ids: Sequence[int]) -> dict[int, Version]:
    """By template, its newest version without the bodies."""
    newest = Version.objects.filter(template_id__in=template_ids).values("template_id").annotate(last=Max("id")).values("last")
    rows = Version.objects.filter(id__in=newest).defer("mjml", "own_text", "html", "text")
    return {row.template_id: row for row in rows}


def newest_version(template_name: str) -> Version:
    found = Version.objects.select_related("template").filter(template__name=template_name).order_by("-number").first()
    if found is None:
        raise Refusal(f'There is no template "{template_name}".', mend="Write it first.", field="template")
    return found


def preview(version: Version, *, customer_id: int | None = None, case: str = "no name", campaign: str = "") -> Filled | Unfilled:
    """What this customer would read, as of now; or one of HARD_CASES."""
    if customer_id is None:
        values = dict(HARD_CASES[case])
    else:
        reach = reaches([customer_id], channel="email", purpose=version.template.purpose).get(customer_id)
        if reach is None:
            raise Refusal(f"There is no customer {customer_id}.")
        values = filling.values_of(version, [reach], now_us())[reach.customer_id]
    return filling.fill(version, values, campaign=campaign, message_id=None)


def preview_unsaved(
    subject: str, mjml: str, text: str, *, purpose: str, customer_id: int | None = None, case: str = "no name"
) -> Filled | Unfilled:
    """The same of what nobody has saved yet; TemplateError where it cannot stand."""
    made = compose(subject, mjml, text, purpose=purpose, known=fields())
    draft = Version(template=Template(purpose=purpose), subject=made.subject, html=made.html, text=made.text, fields=list(made.fields))
    return preview(draft, customer_id=customer_id, case=case)


def is_message(message_id: int) -> bool:
    return Message.objects.filter(id=message_id).exists()


def page_of(message_id: int) -> Filled | Unfilled | None:
    """A message that left, once more as a page, with what is known of its reader now."""
    row = Message.objects.select_related("mailing__version__template").filter(id=message_id, sent_us__isnull=False).first()
    reach = reaches([row.customer_id], channel="email", purpose=row.mailing.purpose).get(row.customer_id) if row else None
    if row is None or reach is None:
        return None
    values = filling.values_of(row.mailing.version, [reach], now_us())[reach.customer_id]
    return filling.fill(row.mailing.version, values, campaign=row.mailing.name, message_id=row.id, data=row.data)


def mailing(mailing_id: int) -> Mailing | None:
    return Mailing.objects.select_related("version__template").filter(id=mailing_id).first()


def mailings(mailing_ids: Sequence[int]) -> dict[int, Mailing]:
    """Mailings by id, without their versions."""
    return {row.id: row for row in Mailing.objects.filter(id__in=mailing_ids)}


def counts(mailing_id: int) -> dict[str, int]:
    """How many of a mailing are in each state: what a progress row asks for again and again."""
    return dict(Message.objects.filter(mailing_id=mailing_id).values_list("state").annotate(count=Count("id")).order_by())


def would_hold(customer_ids: Sequence[int], *, purpose: str) -> dict[str, int]:
    """Why a mail to these would not go now: how many by reason. Who is held by nothing is in none of them."""
    found: dict[str, int] = {}
    moment_us = now_us()
    for ids in slices(customer_ids):
        reached = reaches(ids, channel="email", purpose=purpose)
        addresses = {one: usable(reach.address) for one, reach in reached.items()}
        some = [Candidate(one, 0, purpose, "", reached.get(one), addresses.get(one, "")) for one in ids]
        for hold in holds(some, moment_us).values():
            found[hold.reason] = found.get(hold.reason, 0) + 1
    return found


@dataclass(frozen=True)
class Held:
    """Why some did not get it."""

    reason: str
    words: str
    count: int
    free_us: int | None  # the first moment one of them may go
    free_now: int  # how many may go already


@dataclass(frozen=True)
class Report:
    """How a mailing stands: every person is in exactly one of waiting, leaving, sent, unsure, held, failed."""

    people: int
    waiting: int
    leaving: int
    sent: int
    unsure: int
    held: int
    failed: int
    reasons: Sequence[Held]
    opened: int  # people; machines are counted apart
    clicked: int
    unsubscribed: int
    bounced: int
    complained: int
    machine_opens: int
    machine_clicks: int


def report(mailing_id: int) -> Report:
    """Counted from the rows, in a handful of grouped queries."""
    rows = Message.objects.filter(mailing_id=mailing_id)
    by_state = dict(rows.values_list("state").annotate(count=Count("id")).order_by())
    touched = {
        (kind, machine): count
        for kind, machine, count in Touch.objects.filter(mailing_id=mailing_id)
        .values_list("kind", "machine")
        .annotate(count=Count("message_id", distinct=True))
        .order_by()
    }

    def people(kind: TouchKind) -> int:
        return touched.get((kind.value, False), 0)

    return Report(
        people=sum(by_state.values()),
        waiting=by_state.get(MessageState.WAITING.value, 0),
        leaving=by_state.get(MessageState.CLEARED.value, 0),
        sent=by_state.get(MessageState.SENT.value, 0),
        unsure=by_state.get(MessageState.UNSURE.value, 0),
        held=by_state.get(MessageState.HELD.value, 0),
        failed=by_state.get(MessageState.FAILED.value, 0),
        reasons=_reasons(mailing_id),
        opened=_opened(mailing_id),
        clicked=people(TouchKind.CLICK),
        unsubscribed=people(TouchKind.UNSUBSCRIBE),
        bounced=people(TouchKind.BOUNCE),
        complained=people(TouchKind.COMPLAINT),
        machine_opens=touched.get((TouchKind.OPEN.value, True), 0),
        machine_clicks=touched.get((TouchKind.CLICK.value, True), 0),
    )


def _opened(mailing_id: int) -> int:
    """Who follows a link has opened, though the picture was never loaded."""
    acts = Touch.objects.filter(mailing_id=mailing_id, kind__in=(TouchKind.OPEN, TouchKind.CLICK), machine=False)
    return acts.values("message_id").distinct().count()


def _reasons(mailing_id: int) -> list[Held]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reason, count(*), min(may_go_us), sum(CASE WHEN may_go_us <= %s THEN 1 ELSE 0 END)"
            " FROM messaging_message WHERE mailing_id = %s AND state IN ('held', 'failed') GROUP BY reason ORDER BY 2 DESC, 1",
            [now_us(), mailing_id],
        )
        return [Held(reason, reason_words(reason), count, free, free_now or 0) for reason, count, free, free_now in cursor.fetchall()]


def reason_words(reason: str) -> str:
    return reasons().get(reason, reason)


def reasons() -> dict[str, str]:
    """Every reason a message may be held or fail for, in words."""
    return {**FAILURES, **REASONS}


def people_of(mailing_id: int, *, which: str, after: int = 0, limit: int = 50) -> list[Message]:
    """The people behind a figure of the report, by rising id: all, a state, those leaving, a reason, a kind of touch, or one of APART."""
    rows = Message.objects.filter(mailing_id=mailing_id, id__gt=after)
    if which == LEAVING:
        rows = rows.filter(state=MessageState.CLEARED)
    elif which in APART:
        rows = _apart(mailing_id, which, rows)
    elif which in MessageState.values:
        rows = rows.filter(state=which)
    elif which in TouchKind.values:
        kinds = (TouchKind.OPEN, TouchKind.CLICK) if which == TouchKind.OPEN else (which,)
        rows = rows.filter(id__in=Touch.objects.filter(mailing_id=mailing_id, kind__in=kinds, machine=False).values("message_id"))
    elif which:
        rows = rows.filter(reason=which)
    return list(rows.order_by("id")[:limit])


def _apart(mailing_id: int, which: str, rows: "QuerySet[Message]") -> "QuerySet[Message]":
    kinds = APART[which]
    of_people = Touch.objects.filter(mailing_id=mailing_id, kind__in=kinds, machine=False).values("message_id")
    if which == "silent":
        return rows.filter(state=MessageState.SENT).exclude(id__in=of_people)
    of_machines = Touch.objects.filter(mailing_id=mailing_id, kind__in=kinds[:1], machine=True).values("message_id")
    return rows.filter(id__in=of_machines).exclude(id__in=of_people)


def count_apart(mailing_id: int, *, which: str) -> int:
    """How many stand behind one of APART."""
    return _apart(mailing_id, which, Message.objects.filter(mailing_id=mailing_id)).count()


@dataclass(frozen=True)
class Followed:
    """A link of a mailing and who followed it."""

    url: str
    people: int
    machines: int


def links_of(mailing_id: int) -> list[Followed]:
    """What was clicked, the most followed first."""
    rows = (
        Touch.objects.filter(mailing_id=mailing_id, kind=TouchKind.CLICK, target_id__isnull=False, machine__isnull=False)
        .values_list("target_id", "machine")
        .annotate(count=Count("message_id", distinct=True))
        .order_by()
    )
    tally: dict[int, dict[bool, int]] = {}
    for target_id, machine, count in rows:
        tally.setdefault(target_id, {})[machine] = count
    urls = dict(Target.objects.filter(id__in=list(tally)[:LISTED_MAX]).values_list("id", "url"))
    found = [Followed(url, tally[one].get(False, 0), tally[one].get(True, 0)) for one, url in urls.items()]
    return sorted(found, key=lambda one: (-one.people, -one.machines, one.url))


def first_clicks(mailing_id: int) -> dict[int, int]:
    """By customer, as chosen for the mailing, when a person there first followed one of its links."""
    clicks = Touch.objects.filter(mailing_id=mailing_id, kind=TouchKind.CLICK, machine=False).values_list("message_id", "at_us")
    first: dict[int, int] = {}
    for message_id, at_us in clicks:
        first[message_id] = min(at_us, first.get(message_id, at_us))
    rows: dict[int, int] = {}
    for ids in slices(first):
        rows.update(Message.objects.filter(id__in=ids).values_list("id", "customer_id"))
    return {rows[message_id]: at_us for message_id, at_us in first.items()}


@dataclass(frozen=True)
class Journey:
    """One mail and all that came of it."""

    message: Message
    touches: Sequence[tuple[Touch, str]]  # with where a click led to


def message_about(template_id: int, family: Sequence[int], occasion: str) -> Message | None:
    """What a person was sent from a template about an occasion, in whichever of its versions."""
    rows = Message.objects.filter(mailing__version__template_id=template_id, customer_id__in=family, occasion=occasion)
    return rows.filter(mailing__standing=True).order_by("id").first()


def journey(message_id: int) -> Journey | None:
    """One mail, whoever got it."""
    found = _journeys(Message.objects.filter(id=message_id), limit=1)
    return found[0] if found else None


def journeys_of(family: Sequence[int], *, before: int | None = None, limit: int = 100) -> list[Journey]:
    """The newest mails to a customer, under whichever of their ids, with what they did with each; those `before` an id."""
    rows = Message.objects.filter(customer_id__in=family)
    return _journeys(rows if before is None else rows.filter(id__lt=before), limit=limit)


def _journeys(messages: "QuerySet[Message]", *, limit: int) -> list[Journey]:
    rows = list(messages.select_related("mailing__version__template").order_by("-id")[:limit])
    touches: dict[int, list[tuple[Touch, str]]] = {row.id: [] for row in rows}
    found = list(Touch.objects.filter(message_id__in=touches).order_by("at_us", "id"))
    urls = dict(Target.objects.filter(id__in={one.target_id for one in found if one.target_id}).values_list("id", "url"))
    for one in found:
        touches[one.message_id].append((one, urls.get(one.target_id or 0, "")))
    return [Journey(row, touches[row.id]) for row in rows]


def running() -> list[Mailing]:
    """Mailings on their way or paused, but for those that never end."""
    states = (MailingState.FILLING, MailingState.RUNNING, MailingState.PAUSED)
    return list(Mailing.objects.filter(state__in=states, standing=False).order_by("-id")[:LISTED_MAX])
