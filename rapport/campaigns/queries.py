"""The questions of campaigns: which there are, whether one may start, how one went."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from rapport.campaigns.models import Campaign, CampaignState
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
class Outcome:
    """How a campaign went."""

    mailing: Mailing
    report: Report
    orders: int  # of people who followed a link, within the window after it
    revenue: Decimal  # of those orders, in the company's currency; ones in another are left out and counted
    other_currency: int


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


def being_filled() -> list[Campaign]:
    return list(Campaign.objects.defer("members").filter(state=CampaignState.STARTED).order_by("started_us"))


def audience(rule: str, *, purpose: str) -> Audience:
    """Both numbers of one moment."""
    words = segments.vocabulary()
    checked = check(parse_rule(rule), words)
    within = check(And((checked, MayReceive("email", purpose))), words)
    found = answer_many([checked, within], words, now_us())
    return Audience(len(found[0].root), len(found[1].root))


@dataclass(frozen=True)
class Rest:
    """Those a rule means who may not be written to, and what would hold them."""

    people: int
    looked_at: int
    reasons: list[tuple[str, int]]  # in words, the most frequent first


def rest(rule: str, *, purpose: str) -> Rest:
    """Why the others of an audience would not get it now."""
    words = segments.vocabulary()
    checked = check(parse_rule(rule), words)
    within = check(And((checked, MayReceive("email", purpose))), words)
    everyone, may = answer_many([checked, within], words, now_us())
    others = everyone.root - may.root
    held = mails.would_hold(list(others[:REST_LOOKED_AT]), purpose=purpose)
    reasons = [(mails.reason_words(reason), count) for reason, count in sorted(held.items(), key=lambda pair: -pair[1])]
    return Rest(len(others), min(len(others), REST_LOOKED_AT), reasons)


def preflight(draft: Campaign) -> list[Finding]:
    """What a careful colleague looks at before a mailing starts. What stops it comes first."""
    found = [_template(draft), _server(), _sender(), _links(), _address(draft), _cap()]
    return sorted(found, key=lambda one: (not one.stops, one.ok))


def _template(draft: Campaign) -> Finding:
    versions = mails.versions_of(draft.template_id)
    if not versions:
        return Finding(False, "Its template is gone.", "Choose another one.", stops=True)
    template = versions[0].template
    if template.purpose != Purpose.MARKETING:
        return Finding(False, f'The template "{template.name}" is transactional.', "Campaigns are marketing: choose another.", stops=True)
    return Finding(True, f'Template "{template.name}", version {versions[0].number}, with a link to leave')


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
    orders, revenue, others = _bought(mailing.id)
    return Outcome(mailing, mails.report(mailing.id), orders, revenue, others)


def _bought(mailing_id: int) -> tuple[int, Decimal, int]:
    """Orders within ATTRIBUTION_DAYS after a person's click in this mailing, each once."""
    currency = commerce.company_currency()
    orders, revenue, others = 0, Decimal(0), 0
    for one in bought_after(mailing_id):
        orders += 1
        if one.order.currency == currency:
            revenue += Decimal((one.order.revenue_e6 or 0) - one.order.refunded_e6) * MICRO
        else:
            others += 1
    return orders, revenue, others


@dataclass(frozen=True)
class BoughtAfter:
    """An order within the window after a click, by whom as they are now."""

    order: Order
    customer_id: int
    clicked_us: int


def bought_after(mailing_id: int) -> Iterator[BoughtAfter]:
    """The orders counted to a mailing, a batch of clickers after the other."""
    window_us = settings.ATTRIBUTION_DAYS * DAY_US
    clicks = mails.first_clicks(mailing_id)
    for ids in slices(sorted(clicks)):
        roots = {one: one for one in ids} | customers.aliases_among(ids)
        families = customers.families_of(sorted(set(roots.values())))
        since = {roots[one]: clicks[one] for one in ids}
        for order in commerce.orders_of(sorted(families), limit=100_000):
            root = families[order.customer_id or 0]
            clicked_us = since[root]
            if order.completed_us is None or order.cancelled_us or not clicked_us <= order.completed_us < clicked_us + window_us:
                continue
            yield BoughtAfter(order, root, clicked_us)


def names_of(ids: Sequence[int]) -> dict[int, str]:
    """Names of campaigns by id."""
    return dict(Campaign.objects.filter(id__in=ids).values_list("id", "name"))
