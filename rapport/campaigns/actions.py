"""The verbs of campaigns: draft, look over, start, pause, go on, cancel; and the loop that writes down who is meant."""

from django.db import transaction
from pyroaring import BitMap

from rapport.accounts.actions import write_down
from rapport.campaigns import queries
from rapport.campaigns.errors import NameTaken
from rapport.campaigns.models import Campaign, CampaignState
from rapport.lib.clock import now_us
from rapport.lib.locks import turn_to_write
from rapport.lib.refusals import Refusal
from rapport.messaging import actions as mail
from rapport.messaging import queries as mails
from rapport.messaging.models import MailingState
from rapport.segments import queries as segments
from rapport.segments.errors import RuleError
from rapport.segments.queries import answer, check, parse_rule, rule_in
from rapport.segments.text import rule_text
from rapport.warehouse import actions as warehouse

NAME_LENGTH_MAX = 255
FILLED_AT_ONCE = 2_000


@transaction.atomic
def save_draft(name: str, *, template_id: int, by: str, rule: str = "", segment: str = "", campaign_id: int | None = None) -> Campaign:
    """Keep a draft; the audience is a saved segment or a rule of its own, text or JSON tree. RuleError where the rule cannot stand."""
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise Refusal(f"A campaign has a name of 1 to {NAME_LENGTH_MAX} letters.", field="name")
    if any(other != campaign_id for other in Campaign.objects.filter(name=name).values_list("id", flat=True)):
        raise NameTaken(name)
    if mails.template(template_id) is None:
        raise Refusal("There is no such template.", mend="Write one first.", field="template")
    text = segments.segment_named(segment).rule if segment else rule_text(check(rule_in(rule), segments.vocabulary()))
    draft = Campaign(name=name, created_us=now_us()) if campaign_id is None else _draft(campaign_id)
    draft.name, draft.template_id, draft.rule, draft.segment, draft.by = name, template_id, text, segment, by
    draft.save()
    write_down("campaigns.save", subject=f"campaign {draft.id}", by=by, name=name, rule=text)
    return draft


@transaction.atomic
def delete_draft(campaign_id: int, *, by: str) -> None:
    """Take a draft away; what was started stays for good."""
    draft = _draft(campaign_id)
    write_down("campaigns.delete", subject=f"campaign {draft.id}", by=by, name=draft.name)
    draft.delete()


@transaction.atomic
def start(campaign_id: int, *, by: str) -> Campaign:
    """From this moment on its people and its words are fixed; they are found and written to by the loops. Twice is once."""
    campaign = Campaign.objects.select_for_update().filter(id=campaign_id).first()
    if campaign is None:
        raise Refusal("This campaign is gone.")
    if campaign.state != CampaignState.DRAFT:
        return campaign
    if campaign.segment:
        campaign.rule = segments.segment_named(campaign.segment).rule  # as it reads now, whatever becomes of it later
    stops = [finding for finding in queries.preflight(campaign) if finding.stops]
    if stops:
        raise Refusal(stops[0].what, mend=stops[0].mend)
    version = mails.numbered_version(campaign.template_id)
    assert version is not None, "the look-over stops a campaign without a template"
    mailing = mail.open_mailing(f"campaign:{campaign.id}", name=campaign.name, version=version)
    campaign.version_id, campaign.mailing_id, campaign.by = version.id, mailing.id, by
    campaign.state, campaign.started_us = CampaignState.STARTED, now_us()
    campaign.save()
    write_down("campaigns.start", subject=f"campaign {campaign.id}", by=by, name=campaign.name, rule=campaign.rule, version=version.id)
    return campaign


def fill_started() -> bool:
    """One step for one campaign that is started: find its people, or write down the next of them. Harmless twice and killed anywhere."""
    campaign = Campaign.objects.filter(state=CampaignState.STARTED).order_by("started_us", "id").defer("members").first()
    if campaign is None:
        return False
    mailing = mails.mailing(campaign.mailing_id or 0)
    assert mailing is not None, "a started campaign has a mailing"
    if mailing.state == MailingState.CANCELLED:
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.FILLED)
    elif campaign.people is None:
        _freeze_or_tell(campaign)
    else:
        _fill(campaign.id)
    return True


def _freeze_or_tell(campaign: Campaign) -> None:
    """A rule that cannot be asked any more ends its campaign, and holds up no other."""
    try:
        freeze(campaign.id)
    except RuleError as trouble:
        with transaction.atomic():
            Campaign.objects.filter(id=campaign.id).update(state=CampaignState.FILLED, people=0, trouble=str(trouble)[:255])
            mail.cancel(campaign.mailing_id or 0, by=campaign.by)


def freeze(campaign_id: int) -> None:
    """Who the rule means as of the start, up to the last fact before it."""
    campaign = Campaign.objects.defer("members").get(id=campaign_id)
    warehouse.catch_up()
    words = segments.vocabulary()
    found = answer(check(parse_rule(campaign.rule), words), words, campaign.started_us or now_us()).root
    fresh = Campaign.objects.filter(id=campaign_id, people__isnull=True)
    fresh.update(members=found.serialize(), people=len(found))


@turn_to_write()
def _fill(campaign_id: int) -> None:
    """The rows of some people and how far it came are one commit; with the last of them the mailing runs."""
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    members = BitMap.deserialize(bytes(campaign.members or b""))
    first = members.rank(campaign.filled_after)
    some = members[first : first + FILLED_AT_ONCE]
    mailing = mails.mailing(campaign.mailing_id or 0)
    assert mailing is not None, "a started campaign has a mailing"
    if some:
        mail.add_people(mailing, some)
        campaign.filled_after = some[len(some) - 1]
    if first + len(some) >= len(members):
        campaign.state = CampaignState.FILLED
        if mailing.state == MailingState.FILLING:
            mail.start(mailing.id, by=campaign.by)
    campaign.save(update_fields=["filled_after", "state"])


def pause(campaign_id: int, *, by: str) -> None:
    mail.pause(_mailing_of(campaign_id), by=by)


def go_on(campaign_id: int, *, by: str) -> None:
    """After a pause. While its people are still written down it must not run: it would be done before the last of them is."""
    mailing = mails.mailing(_mailing_of(campaign_id))
    if mailing and mailing.state == MailingState.FILLING:
        raise Refusal(f'"{mailing.name}" is being filled.', mend="It runs by itself once everybody is written down.")
    mail.start(_mailing_of(campaign_id), by=by)


def cancel(campaign_id: int, *, by: str) -> None:
    mail.cancel(_mailing_of(campaign_id), by=by)


def write_again(campaign_id: int, *, by: str) -> int:
    return mail.write_again(_mailing_of(campaign_id), by=by)


def _mailing_of(campaign_id: int) -> int:
    found = Campaign.objects.filter(id=campaign_id).values_list("mailing_id", flat=True).first()
    if found is None:
        raise Refusal("This campaign has not started.")
    return found


def _draft(campaign_id: int) -> Campaign:
    found = Campaign.objects.select_for_update().filter(id=campaign_id).first()
    if found is None:
        raise Refusal("This campaign is gone.")
    if found.state != CampaignState.DRAFT:
        raise Refusal("A campaign that has started is not changed any more.", mend="Make another one of it.")
    return found
