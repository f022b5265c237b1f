"""The questions of campaigns: which there are, whether one may start, how one went."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from pyroaring import BitMap

from rapport.campaigns.models import Campaign
from rapport.commerce import queries as commerce
from rapport.commerce.models import Order
from rapport.customers import queries as customers
from rapport.lib.bulk import slices
from rapport.lib.clock import DAY_US, now_us
from rapport.messaging import queries as mails
from rapport.messaging.models import Mailing, Purpose
from rapport.messaging.queries import Report
from rapport.messaging.transports import server
from rapport.segments import queries as segments
from rapport.segments.nodes import And, MayReceive
from rapport.segments.queries import answer_many, check, parse_rule

LISTED_MAX = 200
REST_LOOKED_AT = 20_000  # of those who may not be written to: each is asked about at the gates
NEWEST_SHOWN = 50
BUYERS_MAX = 100_000
MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Finding:
    """One line of the look-over before a start."""

    ok: bool
    what: str
    mend: str = ""
    stops: bool = False  # it may not start like this


@dataclass(frozen=True)
class Audience:
    """How many a draft means now, and how many of them may be written to."""

    people: int
    may_receive: int


@dataclass(frozen=True)
class BoughtAfter:
    """An order within the window after a click, by whom as they are now."""

    order: Order
    customer_id: int
    clicked_us: int


@dataclass(frozen=True)
class Bought:
    """The orders within ATTRIBUTION_DAYS after a person's click, each once, and who placed them."""

    orders: int
    revenue: Decimal  # less what went back, in the company's currency; orders in another are left out and counted
    other_currency: int
    buyers: list[int]  # by rising id
    newest: list[BoughtAfter]


@dataclass(frozen=True)
class Outcome:
    """How a campaign went. What was bought is looked for when it is first asked about: it reads the orders of all who clicked."""

    mailing: Mailing
    report: Report

    @cached_property
    def bought(self) -> Bought:
        return _bought(self.mailing.id)

    @property
    def orders(self) -> int:
        return self.bought.orders

    @property
    def revenue(self) -> Decimal:
        return self.bought.revenue

    @property
    def other_currency(self) -> int:
        return self.bought.other_currency


def campaigns() -> list[Campaign]:
    """Newest first."""
    return list(Campaign.objects.defer("members").order_by("-id")[:LISTED_MAX])


def campaigns_after(campaign_id: int, *, limit: int) -> list[Campaign]:
    """By rising id, a page at a time."""
    return list(Campaign.objects.defer("members").filter(id__gt=campaign_id).order_by("id")[:limit])


def campaigns_of(mailing_ids: Sequence[int]) -> dict[int, int]:
    """By mailing, the campaign it belongs to; a mailing of none is left out."""
    rows = Campaign.objects.filter(mailing_id__in=mailing_ids).values_list("mailing_id", "id")
    return {mailing_id: campaign_id for mailing_id, campaign_id in rows if mailing_id}


def campaign(campaign_id: int) -> Campaign | None:
    return Campaign.objects.defer("members").filter(id=campaign_id).first()


def audience(rule: str, *, purpose: str) -> Audience:
    """Both numbers of one moment."""
    everyone, may = _meant(rule, purpose)
    return Audience(len(everyone), len(may))


def _meant(rule: str, purpose: str) -> tuple[BitMap, BitMap]:
    """Whom a rule means now, and those of them who may be written to."""
    words = segments.vocabulary()
    checked = check(parse_rule(rule), words)
    within = check(And((checked, MayReceive("email", purpose))), words)
    everyone, may = answer_many([checked, within], words, now_us())
    return everyone.root, may.root


@dataclass(frozen=True)
class Rest:
    """Those a rule means who may not be written to, and what would hold them."""

    people: int
    looked_at: int
    reasons: list[tuple[str, int]]  # in words, the most frequent first


def rest(rule: str, *, purpose: str) -> Rest:
    """Why the others of an audience would not get it now."""
    everyone, may = _meant(rule, purpose)
    others = everyone - may
    held = mails.would_hold(list(others[:REST_LOOKED_AT]), purpose=purpose)
    reasons = [(mails.reason_words(reason), count) for reason, count in sorted(held.items(), key=lambda pair: -pair[1])]
    return Rest(len(others), min(len(others), REST_LOOKED_AT), reasons)


def preflight(draft: Campaign) -> list[Finding]:
    """What a careful colleague looks at before a mailing starts. What stops it comes first."""
    found = [_template(draft), _server(), _sender(), _links(), _address(draft), _cap()]
    return sorted(found, key=lambda one: (not one.stops, one.ok))


def _template(draft: Campaign) -> Finding:
    version = mails.numbered_version(draft.template_id)
    if version is None:
        return Finding(False, "Its template is gone.", "Choose another one.", stops=True)
    template = version.template
    if template.purpose != Purpose.MARKETING:
        return Finding(False, f'The template "{template.name}" is transactional.', "Campaigns are marketing: choose another.", stops=True)
    return Finding(True, f'Template "{template.name}", version {version.number}, with a link to leave')


def _server() -> Finding:
    found = server()
    if found is None:
        return Finding(False, "No mail server is named: mail lands in the outbox here.", "Set RAPPORT_EMAIL_URL to send for real.")
    return Finding(True, f"Mail leaves by {found.host}, {settings.MAIL_CONNECTIONS} connections at once")


def _sender() -> Finding:
    if settings.MAIL_FROM:
        return Finding(True, f"From {settings.MAIL_FROM}")
    mend = "Set RAPPORT_MAIL_FROM, as Halden <news@halden.example>."
    return Finding(False, "No sender is named.", mend, stops=bool(settings.EMAIL_URL))


def _links() -> Finding:
    if not settings.PUBLIC_URL.startswith("https://"):
        mend = "Set RAPPORT_PUBLIC_URL to the https address that customers reach."
        return Finding(False, f"Links in mails lead to {settings.PUBLIC_URL}, where customers cannot follow.", mend)
    return Finding(True, f"Links lead over {settings.PUBLIC_URL}")


def _address(draft: Campaign) -> Finding:
    if settings.COMPANY_ADDRESS:
        return Finding(True, f"Postal address: {settings.COMPANY_ADDRESS}")
    mend = "Set RAPPORT_COMPANY_NAME and RAPPORT_COMPANY_ADDRESS: marketing mail must say who writes, and from where."
    return Finding(False, "The mail carries no postal address.", mend, stops=bool(settings.EMAIL_URL))


def _cap() -> Finding:
    return Finding(True, f"Nobody gets more than {settings.CONTACTS_PER_WEEK_MAX} marketing mails in seven days")


def outcome(found: Campaign) -> Outcome | None:
    """None for a draft."""
    mailing = mails.mailing(found.mailing_id) if found.mailing_id else None
    if mailing is None:
        return None
    return Outcome(mailing, mails.report(mailing.id))


def _bought(mailing_id: int) -> Bought:
    currency = commerce.company_currency()
    rows: list[BoughtAfter] = []
    buyers: set[int] = set()
    revenue, others = Decimal(0), 0
    for one in _bought_after(mailing_id):
        rows.append(one)
        if len(buyers) < BUYERS_MAX:
            buyers.add(one.customer_id)
        if one.order.currency == currency:
            revenue += Decimal((one.order.revenue_e6 or 0) - one.order.refunded_e6) * MICRO
        else:
            others += 1
    newest = sorted(rows, key=lambda one: -(one.order.completed_us or 0))[:NEWEST_SHOWN]
    return Bought(len(rows), revenue, others, sorted(buyers), newest)


def _bought_after(mailing_id: int) -> Iterator[BoughtAfter]:
    """The orders counted to a mailing, a batch of clickers after the other."""
    window_us, since = settings.ATTRIBUTION_DAYS * DAY_US, _first_clicks(mailing_id)
    for roots in slices(sorted(since)):
        families = customers.families_of(roots)
        for order in commerce.orders_of(sorted(families), limit=100_000):
            root = families[order.customer_id or 0]
            if order.completed_us is None or order.cancelled_us or not since[root] <= order.completed_us < since[root] + window_us:
                continue
            yield BoughtAfter(order, root, since[root])


def _first_clicks(mailing_id: int) -> dict[int, int]:
    """When each person first followed a link, as who they are now: two who were joined since count as one."""
    clicks = mails.first_clicks(mailing_id)
    roots = customers.aliases_among(clicks)
    since: dict[int, int] = {}
    for one, at_us in clicks.items():
        root = roots.get(one, one)
        since[root] = min(at_us, since.get(root, at_us))
    return since
