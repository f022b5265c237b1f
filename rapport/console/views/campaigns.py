"""Campaigns: the list, a draft with its audience and its look-over, one on its way, and how it went."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from rapport.campaigns import actions, queries
from rapport.campaigns.models import Campaign, CampaignState
from rapport.commerce import queries as commerce
from rapport.console.frames import asked_for, whole, with_frames
from rapport.console.guard import REFUSED, is_fragment, page, staff
from rapport.console.pages import campaigning
from rapport.console.pages.drafting import Draft, audience_of, draft_of, said, shown_rule
from rapport.console.pages.mending import stumble
from rapport.console.pages.profile import display_name
from rapport.customers import queries as customers
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.messaging import queries as mails
from rapport.messaging.models import Purpose
from rapport.segments import queries as segments

PAGE = 50
UNDO = "console.undo_campaign"


@page("campaigns.read")
def listed(request: HttpRequest) -> HttpResponse:
    """Newest first; how each went is asked for as it comes into view."""
    rows = queries.campaigns()
    found = mails.mailings([row.mailing_id for row in rows if row.mailing_id])
    shown = [(row, campaigning.standing(row, found.get(row.mailing_id or 0))) for row in rows]
    words = campaigning.STATES
    context = {
        "here": "campaigns",
        "rows": [(row, state, words[state]) for row, state in shown],
        "templates": bool(rows or mails.templates()),
    }
    return render(request, "console/campaigns/list.html", context)


@page("campaigns.read")
def summed(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A row's figures."""
    campaign = _campaign(campaign_id)
    report = mails.report(campaign.mailing_id) if campaign.mailing_id else None
    return render(request, "console/campaigns/sum.html", {"campaign": campaign, "report": report})


@page("campaigns.write")
def new(request: HttpRequest) -> HttpResponse:
    """An empty draft; a rule or a segment may be handed over by its address."""
    if request.method == "POST":
        return _save(request, None)
    return _draft_page(request, said(request), None)


@page("campaigns.read")
def one(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A draft is a form, one that started is a report."""
    campaign = _campaign(campaign_id)
    if campaign.state != CampaignState.DRAFT:
        return _report_page(request, campaign)
    if request.method == "POST":
        if not staff(request).may("campaigns.write"):
            raise PermissionDenied("campaigns.write")
        return _save(request, campaign)
    return _draft_page(request, draft_of(campaign), campaign)


def _save(request: HttpRequest, campaign: Campaign | None) -> HttpResponse:
    """Keep the draft; with `start` it leaves as it was just kept."""
    draft, by = said(request), staff(request).email
    try:
        kept = actions.save_draft(
            draft.name, template_id=draft.template_id, rule=draft.rule, segment=draft.segment, by=by,
            campaign_id=campaign.id if campaign else None,
        )  # fmt: skip
        campaign = kept
        if "start" in request.POST:
            actions.start(kept.id, by=by)
            messages.success(request, _("“%(name)s” has started.") % {"name": kept.name})
        else:
            messages.success(request, _("Draft “%(name)s” is kept.") % {"name": kept.name})
    except Refusal as refusal:
        return _draft_page(request, draft, campaign, refusal)
    return redirect("console:campaign", kept.id)


def _draft_page(request: HttpRequest, draft: Draft, campaign: Campaign | None, refusal: Refusal | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "here": "campaigns",
        "draft": draft,
        "campaign": campaign,
        "refusal": refusal,
        "field": refusal.facts.get("field", "") if refusal else "",
        "segments": segments.segments(),
        "templates": [one for one in mails.templates() if one.purpose == Purpose.MARKETING],
        "version": mails.numbered_version(draft.template_id),
        "cases": mails.HARD_CASES,
        "own": staff(request).email,
        "window": settings.ATTRIBUTION_DAYS,
        **_audience(draft),
    }
    if campaign:
        context["findings"] = queries.preflight(campaign)
        context["stops"] = any(one.stops for one in context["findings"])
    if refusal and not context["field"] and context.get("stumble"):
        context["refusal"] = None  # it stands beside the rule already
    return with_frames(render(request, "console/campaigns/draft.html", context, status=REFUSED if refusal else 200))


def _audience(draft: Draft) -> dict[str, Any]:
    """Who a draft means now, or why that cannot be told."""
    try:
        rule = shown_rule(draft)
        return {"rule": rule, "audience": audience_of(rule) if rule else None}
    except Refusal as refusal:
        return {"rule": "", "audience": None, "stumble": stumble(draft.rule, refusal)}


@page("campaigns.read")
@require_POST
def audience(request: HttpRequest) -> HttpResponse:
    """Who the form means, while it is written."""
    found = _audience(said(request))
    return render(request, "console/campaigns/audience_answer.html", found, status=REFUSED if "stumble" in found else 200)


@page("campaigns.read")
@require_POST
def rest(request: HttpRequest) -> HttpResponse:
    """Why the others may not be written to; asked once the audience stands."""
    found = queries.rest(asked_for(request, "asked", 200_000), purpose=Purpose.MARKETING)
    most = max((count for _words, count in found.reasons), default=0)
    return render(request, "console/campaigns/rest.html", {"rest": found, "most": most})


@page("campaigns.write")
@require_POST
def delete(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Gone at once; the toast carries Undo."""
    campaign = queries.campaign(campaign_id)
    if campaign is not None:
        actions.delete_draft(campaign_id, by=staff(request).email)
        kept = {"name": campaign.name, "rule": campaign.rule, "segment": campaign.segment, "template_id": campaign.template_id}
        request.session[UNDO] = kept
        messages.success(request, _("Deleted “%(name)s”.") % {"name": campaign.name}, extra_tags="undo-campaign")
    return redirect("console:campaigns")


@page("campaigns.write")
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Undo of the last delete in this session; harmless twice."""
    gone = request.session.pop(UNDO, None)
    if gone is None:
        return redirect("console:campaigns")
    kept = actions.save_draft(**gone, by=staff(request).email)
    messages.success(request, _("“%(name)s” is back.") % {"name": kept.name})
    return redirect("console:campaign", kept.id)


@page("campaigns.write")
@require_POST
def pause(request: HttpRequest, campaign_id: int) -> HttpResponse:
    actions.pause(campaign_id, by=staff(request).email)
    return redirect("console:campaign", campaign_id)


@page("campaigns.write")
@require_POST
def go_on(request: HttpRequest, campaign_id: int) -> HttpResponse:
    actions.go_on(campaign_id, by=staff(request).email)
    return redirect("console:campaign", campaign_id)


@page("campaigns.write")
@require_POST
def cancel(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What waits never leaves."""
    actions.cancel(campaign_id, by=staff(request).email)
    return redirect("console:campaign", campaign_id)


@page("campaigns.write")
@require_POST
def write_again(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """To those whose hold has ended by itself."""
    count = actions.write_again(campaign_id, by=staff(request).email)
    words = ngettext("%(n)s person waits again.", "%(n)s people wait again.", count) % {"n": f"{count:,}"}
    messages.success(request, words)
    return redirect("console:campaign", campaign_id)


def _report_page(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    told = queries.outcome(campaign)
    assert told is not None, "a started campaign has a mailing"
    reasons = told.report.reasons
    context = {
        "here": "campaigns",
        "campaign": campaign,
        "told": told,
        "report": told.report,
        "row": campaigning.going(campaign, told.mailing),
        "steps": campaigning.funnel(told),
        "bought": told.bought,
        "buyers": len(told.bought.buyers),
        "names": {row.id: display_name(row) for row in customers.customers([one.customer_id for one in told.bought.newest])},
        "most": max((one.count for one in reasons), default=0),
        "free": sum(one.free_now for one in reasons),
        "links": mails.links_of(told.mailing.id),
        "currency": commerce.company_currency(),
        "window": settings.ATTRIBUTION_DAYS,
        "counted_us": now_us(),
    }
    template = "console/campaigns/report_piece.html" if is_fragment(request) else "console/campaigns/report.html"
    return render(request, template, context)


@page("campaigns.read")
def progress(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """How far it came, asked for while it moves; when it stands still the whole page is new."""
    campaign = _campaign(campaign_id)
    mailing = mails.mailing(campaign.mailing_id or 0)
    if mailing is None or not is_fragment(request):
        return redirect("console:campaign", campaign_id)
    row = campaigning.going(campaign, mailing)
    answer = render(request, "console/campaigns/progress.html", {"row": row, "campaign": campaign})
    if not row.moving or row.state != request.GET.get("state", row.state):
        answer["HX-Refresh"] = "true"
    return answer


@page("campaigns.read")
def people(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The people behind a figure, paged by cursor."""
    campaign = _campaign(campaign_id)
    told = queries.outcome(campaign)
    if told is None:
        return redirect("console:campaign", campaign_id)
    which, after = asked_for(request, "which", 31), whole(request.GET.get("after"))
    shown = campaigning.people_behind(told, which, after=after, limit=PAGE)
    context = {
        "here": "campaigns",
        "campaign": campaign,
        "which": which,
        "heading": campaigning.heading(which),
        "count": shown.count,
        "people": shown.rows,
        "next": shown.next,
        "after": after,
        "as_rule": campaigning.as_rule(told.mailing, which),
    }
    return render(request, "console/campaigns/people.html", context)


def _campaign(campaign_id: int) -> Campaign:
    campaign = queries.campaign(campaign_id)
    if campaign is None:
        raise Http404
    return campaign
