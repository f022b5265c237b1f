"""A campaign as its pages show it: how it stands, how far it came, where everyone went, and why some did not get it."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rapport.campaigns import queries as campaigns
from rapport.campaigns.models import Campaign, CampaignState
from rapport.campaigns.queries import Outcome
from rapport.console.pages.profile import display_name
from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.lib.clock import now_us
from rapport.messaging import queries as mails
from rapport.messaging.models import OPEN, Mailing, MailingState, Message

PACE_US = 60_000_000  # the pace is that of the last minute
SAMPLES_MAX = 120
STATES = {
    "draft": gettext_lazy("draft"),
    "finding": gettext_lazy("its people are being found"),
    "filling": gettext_lazy("its people are being written down"),
    "running": gettext_lazy("being sent"),
    "paused": gettext_lazy("paused"),
    "cancelled": gettext_lazy("cancelled"),
    "done": gettext_lazy("finished"),
}
MOVING = {"finding", "filling", "running", "paused"}
WORDS = {  # of a figure of the report, as the heading of its people
    "": gettext_lazy("meant"),
    "waiting": gettext_lazy("still wait"),
    "cleared": gettext_lazy("are about to be written to"),
    "sending": gettext_lazy("are being written to"),
    "sent": gettext_lazy("were sent it"),
    "unsure": gettext_lazy("may have got it: the server's answer was lost"),
    "held": gettext_lazy("were held"),
    "failed": gettext_lazy("could not be sent it"),
    "open": gettext_lazy("opened it"),
    "click": gettext_lazy("clicked"),
    "unsubscribe": gettext_lazy("want no more mail since"),
    "bounce": gettext_lazy("bounced"),
    "complaint": gettext_lazy("called it spam"),
    "machine_open": gettext_lazy("had it opened by machines only"),
    "machine_click": gettext_lazy("had links followed by machines only"),
    "silent": gettext_lazy("showed no sign of reading"),
    "bought": gettext_lazy("bought after a click"),
}
FACTS = {  # what each of them did, as a rule says it
    "sent": ("Email Sent",),
    "open": ("Email Opened", "Email Link Clicked"),
    "click": ("Email Link Clicked",),
    "bounce": ("Email Bounced",),
    "complaint": ("Email Marked as Spam",),
}


def standing(campaign: Campaign, mailing: Mailing | None) -> str:
    """One word of STATES."""
    if campaign.state == CampaignState.DRAFT or mailing is None:
        return "draft"
    if mailing.state in (MailingState.CANCELLED, MailingState.PAUSED, MailingState.DONE):
        return str(mailing.state)
    if campaign.state == CampaignState.STARTED:
        return "finding" if campaign.people is None else "filling"
    return "running"


@dataclass(frozen=True)
class Going:
    """What the progress row shows."""

    campaign: Campaign
    state: str
    done: int
    total: int
    per_minute: int
    left: str
    paused_by: str

    @property
    def percent(self) -> int:
        return min(100, 100 * self.done // self.total) if self.total else 0

    @property
    def words(self) -> str:
        return str(STATES[self.state])

    @property
    def moving(self) -> bool:
        return self.state in MOVING

    @property
    def filling(self) -> bool:
        return self.state in ("finding", "filling")


def going(campaign: Campaign, mailing: Mailing) -> Going:
    """How far it came: people written down while it is filled, people dealt with while it is sent."""
    by_state = mails.counts(mailing.id)
    state = standing(campaign, mailing)
    listed = sum(by_state.values())
    total = max(campaign.people or 0, listed)
    waits = sum(by_state.get(one.value, 0) for one in OPEN)
    done = listed if state == "filling" else total - waits if state != "finding" else 0
    pace = _pace(mailing.id, done) if state == "running" else 0
    return Going(campaign, state, done, total, pace, _left(total - done, pace), mailing.paused_by)


def on_their_way() -> list[Going]:
    """Campaigns that move or are paused, the newest first."""
    by_mailing = {one.mailing_id: one for one in campaigns.campaigns() if one.mailing_id}
    return [going(by_mailing[one.id], one) for one in mails.running() if one.id in by_mailing]


def _pace(mailing_id: int, done: int) -> int:
    """People a minute, from what was seen in the last one; 0 where nothing was seen yet."""
    key, now = f"console.pace.{mailing_id}", now_us()
    seen: deque[tuple[int, int]] = cache.get(key) or deque(maxlen=SAMPLES_MAX)
    seen.append((now, done))
    while seen[0][0] < now - PACE_US:
        seen.popleft()
    cache.set(key, seen, 120)
    (first_us, first), passed_us = seen[0], now - seen[0][0]
    return round((done - first) * 60_000_000 / passed_us) if passed_us > 1_000_000 and done > first and first_us else 0


def _left(people: int, per_minute: int) -> str:
    if not people or not per_minute:
        return ""
    minutes = people / per_minute
    return _("about %(n)s min") % {"n": round(minutes)} if minutes >= 1.5 else _("about %(n)s s") % {"n": max(1, round(minutes * 60))}


@dataclass(frozen=True)
class Loss:
    """Who did not go on from a step."""

    words: str
    count: int
    which: str | None  # None: nobody stays there long enough to be listed


@dataclass(frozen=True)
class Step:
    """A step of the funnel: its people, the machines beside them, its share, and who went no further."""

    words: str
    which: str
    count: int
    share: str
    width: float  # in percent of everyone
    machine_width: float = 0.0
    losses: list[Loss] = field(default_factory=list)
    good: bool = False


def funnel(told: Outcome) -> list[Step]:
    """Meant, sent, opened, clicked, bought; from Opened on the base is those sent."""
    report, mailing, buyers = told.report, told.mailing, len(told.bought.buyers)
    only_opened, only_clicked, silent = (
        mails.count_apart(mailing.id, which=which) for which in ("machine_open", "machine_click", "silent")
    )

    def width(count: int) -> float:
        return round(100 * count / report.people, 2) if report.people else 0.0

    def share(count: int, of: int) -> str:
        return "" if of < 30 else f"{100 * count / of:.1f} %"

    meant = [Loss(_("held"), report.held, "held"), Loss(_("failed"), report.failed, "failed")]
    meant += [Loss(_("waiting"), report.waiting, "waiting"), Loss(_("unsure"), report.unsure, "unsure")]
    meant += [Loss(_("leaving now"), report.leaving, None)]
    sent = [Loss(_("showed no sign of reading"), silent, "silent"), Loss(_("bounced"), report.bounced, "bounce")]
    opened = [Loss(_("more were opened by machines only"), only_opened, "machine_open")]
    clicked = [Loss(_("more followed by machines only"), only_clicked, "machine_click")]
    clicked += [Loss(_("unsubscribed"), report.unsubscribed, "unsubscribe"), Loss(_("called it spam"), report.complained, "complaint")]
    return [
        Step(_("Meant"), "", report.people, "", width(report.people), losses=_some(meant)),
        Step(_("Sent"), "sent", report.sent, share(report.sent, report.people), width(report.sent), losses=_some(sent)),
        Step(
            _("Opened"), "open", report.opened, share(report.opened, report.sent), width(report.opened), width(only_opened), _some(opened)
        ),
        Step(
            _("Clicked"), "click", report.clicked, share(report.clicked, report.sent), width(report.clicked), width(only_clicked),
            _some(clicked),
        ),
        Step(_("Bought"), "bought", buyers, share(buyers, report.sent), width(buyers), good=True),
    ]  # fmt: skip


def _some(losses: Sequence[Loss]) -> list[Loss]:
    return [one for one in losses if one.count]


def heading(which: str) -> str:
    """What the people behind a figure did, or why they were held."""
    words = WORDS.get(which)
    return str(words) if words is not None else mails.reason_words(which)


def as_rule(mailing: Mailing, which: str) -> str:
    """The same people by what they did, for the Ask page; "" where no rule says it."""
    return " OR ".join(f'did "{fact}" where campaign_id = "{mailing.cause}"' for fact in FACTS.get(which, ()))


def figure_of(told: Outcome, which: str) -> int:
    """How many stand behind a figure."""
    if which == "bought":
        return len(told.bought.buyers)
    report = told.report
    plain = {"": report.people, "waiting": report.waiting, "sent": report.sent, "unsure": report.unsure, "held": report.held}
    plain |= {"failed": report.failed, "open": report.opened, "click": report.clicked, "unsubscribe": report.unsubscribed}
    plain |= {"bounce": report.bounced, "complaint": report.complained}
    plain |= {one.reason: one.count for one in report.reasons if one.reason not in plain}
    return plain[which] if which in plain else mails.count_apart(told.mailing.id, which=which) if which in mails.APART else 0


@dataclass(frozen=True)
class Behind:
    """One of the people behind a figure."""

    customer: Customer | None  # None: not there any more
    name: str
    message: Message | None  # None: a buyer, whose order tells
    reason: str


@dataclass(frozen=True)
class PeoplePage:
    count: int
    rows: list[Behind]
    next: int | None


def people_behind(told: Outcome, which: str, *, after: int, limit: int) -> PeoplePage:
    """A page of them, by cursor."""
    found: list[tuple[int, int, Message | None]]  # cursor, customer, message
    if which == "bought":
        following = [one for one in told.bought.buyers if one > after][: limit + 1]
        found = [(one, one, None) for one in following]
    else:
        messages = mails.people_of(told.mailing.id, which=which, after=after, limit=limit + 1)
        found = [(row.id, row.customer_id, row) for row in messages]
    shown = found[:limit]
    ids = [customer_id for _cursor, customer_id, _row in shown]
    roots = {one: one for one in ids} | customers.aliases_among(ids)
    known = {row.id: row for row in customers.customers(sorted(set(roots.values())))}
    rows = []
    for _cursor, customer_id, message in shown:
        customer = known.get(roots[customer_id])
        reason = mails.reason_words(message.reason) if message and message.reason else ""
        rows.append(Behind(customer, display_name(customer) if customer else "", message, reason))
    return PeoplePage(figure_of(told, which), rows, shown[-1][0] if len(found) > limit else None)
