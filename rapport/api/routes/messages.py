"""Messages: a transactional one sent to one person, and what a customer was sent and did with it."""

from typing import Any

import msgspec
from ninja import Path, Router

from rapport.accounts.actions import write_down
from rapport.api.cursors import cursor_of, numbers_of, page_of
from rapport.api.door import ApiRequest
from rapport.api.mail_shapes import MessageId, MessageIn, MessageOut, MessageWithTouches, TouchOut
from rapport.api.problems import Problem
from rapport.api.routes.ways import reads, writes
from rapport.api.shapes import Cursor, Id, Page, PageLimit, iso
from rapport.campaigns import queries as campaigns
from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.messaging import actions
from rapport.messaging import queries as mails
from rapport.messaging.queries import Journey

router = Router(tags=["messages"])
READS = "messages:read"
_exact = msgspec.json.Encoder(decimal_format="number")


@router.post("/messages", **writes("messages:send", MessageOut, "Send a transactional message", one=True))
def send(request: ApiRequest, said: MessageIn) -> MessageOut:
    """To one person about one occasion. The answer tells how the message stands; it leaves a moment later, once every gate lets it."""
    customer = _meant(said)
    data = msgspec.json.decode(_exact.encode(said.data)) if said.data else None
    message = actions.send_one(said.template, customer.id, occasion=said.occasion, data=data, by=request.token.actor)
    found = mails.journey(message.id)
    assert found is not None, "it was written a moment ago"
    return MessageOut(**_message(found, customer.id, None, address=request.token.may(READS)))


@router.get("/messages/{message_id}", **reads(READS, MessageWithTouches, "One message and what came of it", one=True))
def one(request: ApiRequest, message_id: Path[MessageId]) -> MessageWithTouches:
    """How it stands, with every open, click and answer. A read of the customer, so it is written down."""
    found = mails.journey(message_id)
    if found is None:
        raise Problem("not_found", f"There is no message {message_id}.", field="message_id")
    number = customers.root_of(found.message.customer_id)
    _note(request, number, message=message_id)
    return _with_touches([found], number)[0]


@router.get(
    "/customers/{customer_id}/messages", **reads(READS, Page[MessageWithTouches], "What a customer was sent, newest first", one=True)
)
def of_customer(
    request: ApiRequest, customer_id: Path[Id], cursor: Cursor | None = None, limit: PageLimit = 50
) -> Page[MessageWithTouches]:  # fmt: skip
    """Newest first, through every id the customer was ever known by, each with what they did with it."""
    customer = customers.customer(customer_id)
    if customer is None:
        raise Problem("not_found", f"There is no customer {customer_id}.", field="customer_id")
    place = numbers_of(cursor, 1)
    found = mails.journeys_of(customers.family_of(customer.id), before=place[0] if place else None, limit=limit + 1)
    shown, last = page_of(found, limit)
    _note(request, customer.id, messages=len(shown))
    return Page(data=_with_touches(list(shown), customer.id), next=cursor_of(last.message.id) if last else None)


def _meant(said: MessageIn) -> Customer:
    """Whom a message is for."""
    if (said.customer_id is None) == (said.user_id is None):
        mend = "Send one of the two."
        raise Problem("misfit", "customer_id, user_id: a message is for one customer.", field="customer_id", mend=mend)
    if said.customer_id is not None:
        customer, shown, field = customers.customer(said.customer_id), str(said.customer_id), "customer_id"
    else:
        customer, shown, field = customers.find("user_id", said.user_id or ""), ascii(said.user_id), "user_id"
    if customer is None:
        raise Problem("not_found", f"There is no customer {shown}.", field=field)
    return customer


def _with_touches(found: list[Journey], customer_id: int) -> list[MessageWithTouches]:
    of_campaigns = campaigns.campaigns_of([one.message.mailing_id for one in found])
    return [
        MessageWithTouches(
            **_message(one, customer_id, of_campaigns.get(one.message.mailing_id), address=True),
            touches=[TouchOut(kind=touch.kind, at=iso(touch.at_us), machine=touch.machine, url=url or None) for touch, url in one.touches],
        )
        for one in found
    ]


def _message(found: Journey, customer_id: int, campaign_id: int | None, *, address: bool) -> dict[str, Any]:
    message = found.message
    version = message.mailing.version
    return {
        "id": message.id,
        "customer_id": customer_id,
        "template": version.template.name,
        "version": version.number,
        "purpose": message.mailing.purpose,
        "campaign_id": campaign_id,
        "occasion": message.occasion or None,
        "state": message.state,
        "reason": message.reason or None,
        "why": mails.reason_words(message.reason) if message.reason else None,
        "may_go": iso(message.may_go_us) if message.may_go_us else None,
        "sent": iso(message.sent_us) if message.sent_us else None,
        "address": (message.address or None) if address else None,
    }


def _note(request: ApiRequest, customer_id: int, **facts: Any) -> None:
    write_down("customers.read", subject=f"customer {customer_id}", by=request.token.actor, token=request.token.prefix, **facts)
