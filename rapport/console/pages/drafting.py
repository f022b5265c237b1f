"""A campaign's draft as its form says it, and who it means."""

from dataclasses import dataclass

from django.http import HttpRequest

from rapport.campaigns import queries as campaigns
from rapport.campaigns.models import Campaign
from rapport.campaigns.queries import Audience
from rapport.console.frames import asked_for, whole
from rapport.console.pages.moving import laid_out
from rapport.messaging.models import Purpose
from rapport.segments import queries as segments

RULE_MAX = 200_000


@dataclass(frozen=True)
class Draft:
    """What stands in the form."""

    name: str = ""
    segment: str = ""  # "": the rule below
    rule: str = ""
    template_id: int = 0


def said(request: HttpRequest) -> Draft:
    """What the form, or the address of a new one, says."""
    return Draft(
        asked_for(request, "name", 300),
        asked_for(request, "segment", 300),
        asked_for(request, "rule", RULE_MAX).replace("\r\n", "\n"),
        whole(asked_for(request, "template")),
    )


def draft_of(campaign: Campaign) -> Draft:
    rule = "" if campaign.segment else laid_out(segments.parse_rule(campaign.rule))
    return Draft(campaign.name, campaign.segment, rule, campaign.template_id)


def shown_rule(draft: Draft) -> str:
    """The rule behind the chosen audience; "" while none is chosen. A Refusal where the segment is gone."""
    return segments.segment_named(draft.segment).rule if draft.segment else draft.rule.strip()


def audience_of(rule: str) -> Audience:
    """How many it means now and how many of them may be written to; RuleError where it cannot be read."""
    return campaigns.audience(rule, purpose=Purpose.MARKETING)
