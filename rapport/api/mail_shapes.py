"""What travels about mail: templates, campaigns and messages."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from rapport.api.shapes import Given, Id, Moment, RuleSaid, Text

BODY = (
    '<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ customer.first_name | default: "friend" }}</mj-text></mj-column>'
    "</mj-section></mj-body></mjml>"
)
MESSAGE_ID_MAX = 2**53 - 1
MessageId = Annotated[int, Field(ge=1, le=MESSAGE_ID_MAX, examples=[4711])]
Which = Annotated[
    Text,
    Field(
        max_length=31,
        examples=["held"],
        description="A figure of the report (people, waiting, leaving, sent, unsure, held, failed, opened, clicked, unsubscribed,"
        " bounced, complained), or the reason of a held or failed one.",
    ),
]
VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1, description="An earlier version; otherwise the newest.")]
State = Annotated[str, Field(examples=["sent"], description="waiting, cleared (about to leave), sending, sent, unsure, held or failed.")]
Reason = Annotated[str | None, Field(examples=["no_consent"], description="Of a held or failed one.")]
Why = Annotated[str | None, Field(examples=["never agreed to marketing mail"], description="The reason in words.")]
MayGo = Annotated[Moment | None, Field(description="Of a held one: when nothing would hold it any more, where that can be known.")]
UserId = Annotated[Text, Field(min_length=1, max_length=255, examples=["bob"])]


# Templates


class TemplateIn(Given):
    """What a template says. `subject`, `mjml` and `text` are Liquid; without `text` the text part is made from the MJML."""

    name: Annotated[Text, Field(min_length=1, max_length=255, examples=["Spring news"])]
    purpose: Annotated[Text, Field(max_length=13, examples=["marketing"], description="marketing or transactional; it stays.")]
    subject: Annotated[Text, Field(max_length=1_000, examples=["News for {{ customer.first_name }}"])]
    mjml: Annotated[Text, Field(max_length=200_000, examples=[BODY])]
    text: Annotated[Text, Field(max_length=200_000)] = ""


class TemplateSummary(BaseModel):
    """A template as lists show it, with the number of its newest version."""

    id: int
    name: str
    purpose: str
    version: int
    subject: str
    by: str
    created: Moment
    updated: Moment


class TemplateOut(TemplateSummary):
    """A template as one of its versions has it. `fields`: the traits and named measures it uses."""

    mjml: str
    text: str = Field(description="Its own text part; empty: it is made from the MJML.")
    fields: list[str] = Field(examples=[["first_name"]])


class PreviewIn(Given):
    """For whom: a customer as they stand now, or one of the hard cases."""

    customer_id: Id | None = None
    case: Annotated[Text, Field(max_length=63, examples=["hostile"], description="no name, longest name, Chinese or hostile")] | None = None


class PreviewOut(BaseModel):
    """What they would read. Where the template breaks on them, `trouble` says how and there is nothing to read."""

    version: int
    subject: str | None
    text: str | None
    html: str | None
    trouble: str | None


# Campaigns


class CampaignIn(Given):
    """A draft. It is for whom a rule means, or a saved segment: one of the two."""

    name: Annotated[Text, Field(min_length=1, max_length=255, examples=["Spring"])]
    template_id: Id
    rule: RuleSaid | None = None
    segment: (
        Annotated[Text, Field(min_length=1, max_length=255, examples=["Lapsed buyers"], description="A saved segment's name.")] | None
    ) = None


class CampaignSummary(BaseModel):
    """A campaign as lists show it. `people` is known once its start has found them."""

    id: int
    name: str
    state: str = Field(examples=["running"], description="draft, filling, running, paused, cancelled or done")
    template_id: int
    rule: str
    segment: str | None = Field(description="The saved segment it was chosen by. Its rule is copied when the campaign starts.")
    people: int | None
    trouble: str | None = Field(description="Why its people could not be found.")
    by: str
    created: Moment
    started: Moment | None


class HeldOut(BaseModel):
    """Why some did not get it, how many of them may go already, and when the first of the others may."""

    reason: str = Field(examples=["contact_cap"])
    why: str = Field(examples=["had enough marketing mail this week"])
    count: int
    free_now: int
    free: Moment | None


class MachinesOut(BaseModel):
    """Messages that scanners and proxies opened or followed. They count nowhere else."""

    opened: int
    clicked: int


class ReportOut(BaseModel):
    """How it went: every person is in exactly one of waiting, leaving, sent, unsure, held and failed."""

    people: int
    waiting: int
    leaving: int
    sent: int
    unsure: int
    held: int
    failed: int
    reasons: list[HeldOut]
    opened: int
    clicked: int
    unsubscribed: int
    bounced: int
    complained: int
    machines: MachinesOut
    orders: int = Field(description="Of people who followed a link, within some days after it.")
    revenue: str = Field(examples=["1240.50"], description="Of those orders, exact, in the company's currency.")
    other_currency: int = Field(description="Orders among them in another currency, which the revenue leaves out.")


class CampaignOut(CampaignSummary):
    version: int | None = Field(description="The template's version that is sent, fixed at the start.")
    report: ReportOut | None = Field(description="Null for a draft.")


class FindingOut(BaseModel):
    """One line of the look-over. `stops`: it may not start like this."""

    ok: bool
    what: str = Field(examples=["No mail server is named: mail lands in the outbox here."])
    mend: str
    stops: bool


class PreflightOut(BaseModel):
    """What to look at before the start. `people` and `may_receive` are of a draft, as of now."""

    may_start: bool
    findings: list[FindingOut]
    people: int | None
    may_receive: int | None


class RecipientOut(BaseModel):
    message_id: int
    customer_id: int
    user_id: str | None
    state: State
    reason: Reason
    why: Why
    may_go: MayGo
    sent: Moment | None


class WaitingAgainOut(BaseModel):
    waiting_again: int


# Messages


class MessageIn(Given):
    """A transactional message to one person about one occasion: the same occasion again is the same message."""

    template: Annotated[
        Text, Field(min_length=1, max_length=255, examples=["Order shipped"], description="A transactional template's name.")
    ]
    customer_id: Id | None = None
    user_id: UserId | None = None
    occasion: Annotated[Text, Field(min_length=1, max_length=255, examples=["shipped H-7"])]
    data: dict[str, Any] | None = Field(default=None, examples=[{"order_id": "H-7"}], description="What the template names as data.")


class MessageOut(BaseModel):
    """A message as it stands. `address` is where it went; only a token with messages:read is told."""

    id: int
    customer_id: int
    template: str
    version: int
    purpose: str
    campaign_id: int | None
    occasion: str | None
    state: State
    reason: Reason
    why: Why
    may_go: MayGo
    sent: Moment | None
    address: str | None


class TouchOut(BaseModel):
    """What came back. `machine` is null until it is known whether a person or a machine did it."""

    kind: str = Field(examples=["click"], description="open, click, unsubscribe, bounce or complaint")
    at: Moment
    machine: bool | None
    url: str | None = Field(description="Where a click led.")


class MessageWithTouches(MessageOut):
    touches: list[TouchOut]
