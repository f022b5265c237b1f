"""Campaigns: drafted, looked over, started, paused, gone on with, cancelled; how they went, and for whom."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ninja import Path, Router

from rapport.accounts.actions import write_down
from rapport.api import asking
from rapport.api.cursors import cursor_of, numbers_of, page_of
from rapport.api.door import ApiRequest
from rapport.api.mail_shapes import (
    CampaignIn,
    CampaignOut,
    CampaignSummary,
    FindingOut,
    HeldOut,
    MachinesOut,
    PreflightOut,
    RecipientOut,
    ReportOut,
    WaitingAgainOut,
    Which,
)
from rapport.api.problems import Problem, of_refusal
from rapport.api.routes.ways import reads, writes
from rapport.api.shapes import Cursor, Id, Page, PageLimit, iso
from rapport.campaigns import actions
from rapport.campaigns import queries as campaigns
from rapport.campaigns.models import Campaign, CampaignState
from rapport.customers import queries as customers
from rapport.lib.refusals import Refusal
from rapport.messaging import queries as mails
from rapport.messaging.models import Mailing, Purpose, TouchKind
from rapport.segments import queries as segments

router = Router(tags=["campaigns"])
STATES = ("waiting", mails.LEAVING, "sent", "unsure", "held", "failed")
FIGURES = {  # as the report names them, and as the question behind them does
    "people": "",
    **{state: state for state in STATES},
    "opened": TouchKind.OPEN.value,
    "clicked": TouchKind.CLICK.value,
    "unsubscribed": TouchKind.UNSUBSCRIBE.value,
    "bounced": TouchKind.BOUNCE.value,
    "complained": TouchKind.COMPLAINT.value,
}


@router.get("/campaigns", **reads("campaigns:read", Page[CampaignSummary], "List campaigns"))
def listed(request: ApiRequest, cursor: Cursor | None = None, limit: PageLimit = 50) -> Page[CampaignSummary]:
    """Every campaign, by rising id, without its report."""
    after = (numbers_of(cursor, 1) or (0,))[0]
    shown, last = page_of(campaigns.campaigns_after(after, limit=limit + 1), limit)
    mailings = mails.mailings([found.mailing_id for found in shown if found.mailing_id])
    data = [CampaignSummary(**_summary(found, mailings.get(found.mailing_id or 0))) for found in shown]
    return Page(data=data, next=cursor_of(last.id) if last else None)


@router.post("/campaigns", **writes("campaigns:write", CampaignOut, "Draft a campaign", status=201, first=asking.catch_up))
def draft(request: ApiRequest, said: CampaignIn) -> CampaignOut:
    """Nothing leaves before its start. The rule is checked: what cannot be true of the data is refused with its place."""
    return _out(_saved(request, said))


@router.get("/campaigns/{campaign_id}", **reads("campaigns:read", CampaignOut, "One campaign and how it went", one=True))
def one(request: ApiRequest, campaign_id: Path[Id]) -> CampaignOut:
    """With its report, counted now."""
    return _out(_known(campaign_id))


@router.put("/campaigns/{campaign_id}", **writes("campaigns:write", CampaignOut, "Change a draft", one=True, first=asking.catch_up))
def change(request: ApiRequest, campaign_id: Path[Id], said: CampaignIn) -> CampaignOut:
    """Refused once it has started."""
    _known(campaign_id)
    return _out(_saved(request, said, campaign_id))


@router.delete("/campaigns/{campaign_id}", **writes("campaigns:write", None, "Delete a draft", status=204, one=True))
def delete(request: ApiRequest, campaign_id: Path[Id]) -> None:
    """Refused once it has started: what was sent stays told."""
    _known(campaign_id)
    actions.delete_draft(campaign_id, by=request.token.actor)


@router.get("/campaigns/{campaign_id}/preflight", **reads("campaigns:read", PreflightOut, "Look a campaign over", one=True))
def preflight(request: ApiRequest, campaign_id: Path[Id]) -> PreflightOut:
    """What a careful colleague looks at before the start, and of a draft how many it is for and how many of them may be written to."""
    found = _known(campaign_id)
    findings = campaigns.preflight(found)
    audience = None
    if found.state == CampaignState.DRAFT:
        asking.catch_up()
        rule = _segment(found.segment) if found.segment else found.rule
        audience = campaigns.audience(rule, purpose=Purpose.MARKETING)
    return PreflightOut(
        may_start=found.state == CampaignState.DRAFT and not any(finding.stops for finding in findings),
        findings=[FindingOut(**asdict(finding)) for finding in findings],
        people=audience.people if audience else None,
        may_receive=audience.may_receive if audience else None,
    )


@router.post("/campaigns/{campaign_id}/start", **writes("campaigns:write", CampaignOut, "Start a campaign", one=True))
def start(request: ApiRequest, campaign_id: Path[Id]) -> CampaignOut:
    """From now on its people and its words are fixed, and mail leaves. Refused where the look-over has a finding that stops it."""
    return _turned(request, campaign_id, actions.start)


@router.post("/campaigns/{campaign_id}/pause", **writes("campaigns:write", CampaignOut, "Pause a campaign", one=True))
def pause(request: ApiRequest, campaign_id: Path[Id]) -> CampaignOut:
    """Nothing more of it leaves after the message that is leaving now."""
    return _turned(request, campaign_id, actions.pause)


@router.post("/campaigns/{campaign_id}/go-on", **writes("campaigns:write", CampaignOut, "Go on with a paused campaign", one=True))
def go_on(request: ApiRequest, campaign_id: Path[Id]) -> CampaignOut:
    """After a pause."""
    return _turned(request, campaign_id, actions.go_on)


@router.post("/campaigns/{campaign_id}/cancel", **writes("campaigns:write", CampaignOut, "Cancel a campaign", one=True))
def cancel(request: ApiRequest, campaign_id: Path[Id]) -> CampaignOut:
    """What waits in it never leaves. What has left stays as it is."""
    return _turned(request, campaign_id, actions.cancel)


@router.post(
    "/campaigns/{campaign_id}/write-again",
    **writes("campaigns:write", WaitingAgainOut, "Write to those whose hold has ended", one=True),
)
def write_again(request: ApiRequest, campaign_id: Path[Id]) -> WaitingAgainOut:
    """Those held for a time that is over wait again; how many."""
    _known(campaign_id)
    return WaitingAgainOut(waiting_again=actions.write_again(campaign_id, by=request.token.actor))


@router.get("/campaigns/{campaign_id}/people", **reads("campaigns:read", Page[RecipientOut], "List whom a campaign is for", one=True))
def people(
    request: ApiRequest, campaign_id: Path[Id], which: Which = "people", cursor: Cursor | None = None, limit: PageLimit = 50
) -> Page[RecipientOut]:
    """The people behind a figure of its report. That they were read is written down."""
    found = _known(campaign_id)
    if which not in FIGURES and which not in mails.reasons():
        mend = f"Known here: {', '.join((*FIGURES, *mails.reasons()))}."
        raise Problem("misfit", f"which: there is no figure and no reason {which!a}.", field="which", mend=mend)
    after = (numbers_of(cursor, 1) or (0,))[0]
    rows = mails.people_of(found.mailing_id, which=FIGURES.get(which, which), after=after, limit=limit + 1) if found.mailing_id else []
    shown, last = page_of(rows, limit)
    now_known = {row.customer_id: row.customer_id for row in shown} | customers.aliases_among([row.customer_id for row in shown])
    names = customers.user_ids_of(sorted(set(now_known.values())))
    token = request.token
    write_down("campaigns.people", subject=f"campaign {campaign_id}", by=token.actor, token=token.prefix, which=which, page=len(shown))
    return Page(
        data=[
            RecipientOut(
                message_id=row.id,
                customer_id=now_known[row.customer_id],
                user_id=names.get(now_known[row.customer_id]),
                state=row.state,
                reason=row.reason or None,
                why=mails.reason_words(row.reason) if row.reason else None,
                may_go=iso(row.may_go_us) if row.may_go_us else None,
                sent=iso(row.sent_us) if row.sent_us else None,
            )
            for row in shown
        ],
        next=cursor_of(last.id) if last else None,
    )


def _saved(request: ApiRequest, said: CampaignIn, campaign_id: int | None = None) -> Campaign:
    if (said.rule is None) == (said.segment is None):
        raise Problem("misfit", "rule, segment: a campaign is for one of the two.", field="rule", mend="Send a rule, or a segment's name.")
    if mails.template(said.template_id) is None:
        raise Problem("refused", f"There is no template {said.template_id}.", field="template_id", mend="Write one first.")
    if said.segment is not None:
        _segment(said.segment)
    rule = "" if said.rule is None else asking.rule_said(said.rule)
    return actions.save_draft(
        said.name, template_id=said.template_id, rule=rule, segment=said.segment or "", by=request.token.actor, campaign_id=campaign_id
    )


def _segment(name: str) -> str:
    """The rule of a saved segment as it reads now."""
    try:
        return segments.segment_named(name).rule
    except Refusal as gone:
        raise of_refusal(gone, "segment") from gone


def _turned(request: ApiRequest, campaign_id: int, turn: Callable[..., object]) -> CampaignOut:
    _known(campaign_id)
    turn(campaign_id, by=request.token.actor)
    return _out(_known(campaign_id))


def _known(campaign_id: int) -> Campaign:
    found = campaigns.campaign(campaign_id)
    if found is None:
        raise Problem("not_found", f"There is no campaign {campaign_id}.", field="campaign_id")
    return found


def _summary(found: Campaign, mailing: Mailing | None) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "state": mailing.state if mailing else found.state,
        "template_id": found.template_id,
        "rule": found.rule,
        "segment": found.segment or None,
        "people": found.people,
        "trouble": found.trouble or None,
        "by": found.by,
        "created": iso(found.created_us),
        "started": iso(found.started_us) if found.started_us else None,
    }


def _out(found: Campaign) -> CampaignOut:
    told = campaigns.outcome(found)
    mailing = told.mailing if told else None
    report = _report(told) if told else None
    return CampaignOut(**_summary(found, mailing), version=mailing.version.number if mailing else None, report=report)


def _report(told: campaigns.Outcome) -> ReportOut:
    report = asdict(told.report)
    reasons = [
        HeldOut(
            reason=held.reason, why=held.words, count=held.count, free_now=held.free_now, free=iso(held.free_us) if held.free_us else None
        )
        for held in told.report.reasons
    ]
    machines = MachinesOut(opened=report.pop("machine_opens"), clicked=report.pop("machine_clicks"))
    report |= {"reasons": reasons, "machines": machines, "orders": told.orders, "other_currency": told.other_currency}
    return ReportOut(**report, revenue=f"{told.revenue:f}")
