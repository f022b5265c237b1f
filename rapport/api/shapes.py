"""What travels: the shapes that routes read and answer. A field that is not named here is refused on its way in."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from rapport.api.reading import NO_TEXT, fits_text
from rapport.lib.clock import from_us

T = TypeVar("T")
ID_MAX = 2**31 - 1
PAGE_MAX = 200
MEMBERS_MAX = 5_000
RULE = 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days'
TREE = {"but_not": [{"did": "Order Completed", "at_least": 2}, {"did": "Order Completed", "in_the_last": "90 days"}]}


def _whole_text(text: str) -> str:
    if not fits_text(text):
        raise ValueError(NO_TEXT)
    return text


Text = Annotated[str, AfterValidator(_whole_text)]
Id = Annotated[int, Field(ge=1, le=ID_MAX, examples=[17])]
Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-02T12:00:00Z"]})]
AsOf = Annotated[
    Text,
    Field(
        max_length=100,
        examples=["2026-03-02"],
        description="A date or a time, ISO 8601; without an offset it is the company's. Otherwise now.",
    ),
]
Cursor = Annotated[Text, Field(max_length=100, description="`next` of the page before; without it the first page.")]
PageLimit = Annotated[int, Field(ge=1, le=PAGE_MAX)]
MembersLimit = Annotated[int, Field(ge=1, le=MEMBERS_MAX)]
RuleSaid = Annotated[
    Annotated[Text, Field(max_length=1_000_000)] | dict[str, Any],
    Field(description="The rule as text, or as a JSON tree.", examples=[RULE, {"did": "Order Completed", "at_least": 2}]),
]


class Given(BaseModel):
    """A body on its way in."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    """A page of a list; `next` is the cursor of the page after it, null at the end."""

    data: list[T]
    next: str | None


# Customers

Searched = Annotated[Text, Field(max_length=200, description="A name, mail address, phone or id, or the beginning of one.")]
IdentifierKind = Annotated[
    Text, Field(max_length=63, description="With `value`: user_id, email, phone, membership_number or anonymous_id.", examples=["user_id"])
]
IdentifierValue = Annotated[Text, Field(max_length=255, description="With `kind`: the identifier, compared exactly.", examples=["bob"])]


class CustomerSummary(BaseModel):
    """A customer as lists show them."""

    id: int
    user_id: str | None
    name: str | None
    email: str | None
    phone: str | None


class IdentifierOut(BaseModel):
    kind: str = Field(examples=["email"])
    value: str = Field(examples=["bob@example.com"])


class ConsentOut(BaseModel):
    channel: str = Field(examples=["email"])
    purpose: str = Field(examples=["marketing"])
    given: bool
    since: Moment


class CustomerOut(CustomerSummary):
    """A customer's profile. `id` is another than asked for where the two were found to be one person."""

    created: Moment
    traits: dict[str, Any]
    identifiers: list[IdentifierOut]
    consents: list[ConsentOut]


class IdentifyIn(Given):
    """Who somebody is: what is told is added to what is known, the newest word on each trait stands."""

    user_id: Annotated[Text, Field(min_length=1, max_length=255, examples=["bob"])]
    traits: dict[str, Any] = Field(default_factory=dict, examples=[{"email": "bob@example.com", "city": "Omaha"}])
    anonymous_id: Annotated[Text, Field(min_length=1, max_length=255)] | None = None
    timestamp: Annotated[Text, Field(max_length=100, examples=["2026-03-02T12:00:00Z"])] | None = None
    message_id: Annotated[Text, Field(min_length=1, max_length=255)] | None = None


class IdentifiedOut(BaseModel):
    """Who it is. `repeated`: this message id came before, and nothing was changed."""

    id: int
    user_id: str
    repeated: bool


# Facts


class FactOut(BaseModel):
    """A fact as it was recorded, read as of today: its customer may since have been joined with another."""

    id: int
    event: str = Field(examples=["Order Completed"])
    time: Moment
    received: Moment
    source: str | None
    properties: dict[str, Any]
    context: dict[str, Any]


class RefusedOut(BaseModel):
    """A message that was not taken, by its place in the list."""

    index: int
    message_id: str
    field: str
    reason: str


class ReceiptOut(BaseModel):
    """What became of the messages: what is good is recorded, whatever became of the others."""

    accepted: int
    repeated: int
    rejected: int
    refused: list[RefusedOut]


# Rules and segments


class RuleIn(Given):
    rule: RuleSaid
    as_of: AsOf | None = None


class RuleMembersIn(RuleIn):
    cursor: Cursor | None = None
    limit: MembersLimit = 100


class RuleEvidenceIn(RuleIn):
    customer: Id


class NodeCount(BaseModel):
    text: str
    count: int


class CountOut(BaseModel):
    """Exact counts: `count` of the whole rule, `nodes` of each of its parts in pre-order, the whole first."""

    rule: str = Field(examples=[RULE])
    as_of: Moment
    count: int
    everyone: int
    nodes: list[NodeCount]
    without_rate: int = Field(description="Facts whose amount the rule uses and that had no rate for their day: their amounts are unknown.")


class MemberOut(BaseModel):
    id: int
    user_id: str | None


class MembersOut(BaseModel):
    """Who a rule means, by rising id. The cursor carries the moment, so that all pages are of one."""

    data: list[MemberOut]
    next: str | None
    count: int
    as_of: Moment


class FactSeenOut(BaseModel):
    id: int
    event: str
    time: str
    summary: str
    amount: Any = None
    order_id: str | None = None


class NodeEvidenceOut(BaseModel):
    """A node of the rule: whether it holds, the figure reached, and the newest facts behind it."""

    text: str
    holds: bool
    figure: Any = None
    needed: str | None = None
    facts: list[FactSeenOut]
    facts_total: int


class EvidenceOut(BaseModel):
    customer: int
    rule: str
    as_of: Moment
    holds: bool
    nodes: list[NodeEvidenceOut]


class SegmentIn(Given):
    name: Annotated[Text, Field(min_length=1, max_length=255, examples=["Lapsed buyers"])]
    rule: RuleSaid


class SegmentOut(BaseModel):
    """A saved rule, as text and as the tree it says."""

    id: int
    name: str
    rule: str = Field(examples=[RULE])
    tree: dict[str, Any] = Field(examples=[TREE])
    by: str
    created: Moment
    updated: Moment
    told: bool = Field(description="Whether the log is told who enters and leaves.")


Day = Annotated[
    Text,
    Field(max_length=10, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2026-03-02"], description="A day of the company's calendar."),
]


class DayOut(BaseModel):
    """A segment at the end of a day, against the day kept before it; null where none was."""

    day: str
    people: int
    came: int | None
    left: int | None


class SizeOut(BaseModel):
    """How many people a segment has, as of the last refresh, and had on the days kept since then."""

    people: int
    everyone: int
    as_of: Moment
    days: list[DayOut]


class MovementOut(BaseModel):
    """Who came into a segment, or left it, since the end of a day. `asked`: that day was not kept, so the rule was asked of the past."""

    since: str
    came: int
    left: int
    asked: bool
    data: list[MemberOut]
    next: str | None


class OverlapPartOut(BaseModel):
    """People who are in just these segments of those compared."""

    segments: list[int]
    people: int


class OverlapOut(BaseModel):
    """The parts into which compared segments fall; each person counts in one of them."""

    sizes: dict[str, int] = Field(examples=[{"17": 514, "18": 2044}])
    parts: list[OverlapPartOut]
    as_of: Moment


class ToldIn(Given):
    told: bool = Field(examples=[True])


# Silos


class SiloOut(BaseModel):
    """A silo: its rule as written, null for the remainder; `members` is the rule that means those in it."""

    name: str = Field(examples=["Lapsed"])
    rule: str | None = Field(examples=['did "Order Completed" in the last $lapsed_after days'])
    members: str = Field(examples=['in silo "Lapsed" of "Lifecycle"'])


class SchemeOut(BaseModel):
    """A partition of everyone by ordered rules; the remainder is the last silo."""

    id: int
    name: str = Field(examples=["Lifecycle"])
    purpose: str
    owner: str
    due: str = Field(description="The day of its next review.", examples=["2026-06-02"])
    version: int
    remainder: str
    silos: list[SiloOut]
    updated: Moment


def iso(us: int) -> str:
    return from_us(us).isoformat().replace("+00:00", "Z")
