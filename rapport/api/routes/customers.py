"""Customers: found, read, the facts behind them, and who somebody is as another program knows them."""

import json
from typing import Any

import msgspec
from ninja import Path, Router

from rapport.accounts.actions import write_down
from rapport.api.cursors import cursor_of, numbers_of, page_of
from rapport.api.door import ApiRequest
from rapport.api.problems import Problem
from rapport.api.routes.ways import reads, writes
from rapport.api.shapes import (
    ConsentOut,
    Cursor,
    CustomerOut,
    CustomerSummary,
    FactOut,
    Id,
    IdentifiedOut,
    IdentifierKind,
    IdentifierOut,
    IdentifierValue,
    IdentifyIn,
    Page,
    PageLimit,
    Searched,
    iso,
)
from rapport.api.sources import source_id_of
from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.events import queries as log
from rapport.intake import queries as doors
from rapport.intake.actions import receive

router = Router(tags=["customers"])
_exact = msgspec.json.Encoder(decimal_format="number")


@router.get("/customers", **reads("customers:read", Page[CustomerSummary], "Find customers"))
def found(
    request: ApiRequest,
    q: Searched | None = None,
    kind: IdentifierKind | None = None,
    value: IdentifierValue | None = None,
    cursor: Cursor | None = None,
    limit: PageLimit = 50,
) -> Page[CustomerSummary]:
    """Everybody by rising id, those that `q` finds, or the one who is known by exactly this `kind` and `value`."""
    if (kind is None) != (value is None):
        missing = "value" if value is None else "kind"
        raise Problem("misfit", f"{missing}: an identifier has a kind and a value.", field=missing, mend="Send both, or neither.")
    after = (numbers_of(cursor, 1) or (0,))[0]
    if kind is not None and value is not None:
        holder = customers.find(kind, value)
        rows, last = [holder] if holder else [], None
    else:
        shown, last = page_of(customers.search(q or "", limit=limit + 1, after=after), limit)
        rows = list(shown)
    _note(request, "customers", ids=[row.id for row in rows])
    names = customers.user_ids_of([row.id for row in rows])
    data = [CustomerSummary(**_summary(row, names.get(row.id))) for row in rows]
    return Page(data=data, next=cursor_of(last.id) if last else None)


@router.get("/customers/{customer_id}", **reads("customers:read", CustomerOut, "One customer's profile", one=True))
def one(request: ApiRequest, customer_id: Path[Id]) -> CustomerOut:
    """Traits, identifiers and consents as they stand. That the profile was read is written down under the token's name."""
    customer = _known(customer_id)
    _note(request, f"customer {customer.id}")
    family = customers.family_of(customer.id)
    return CustomerOut(
        **_summary(customer, customers.user_ids_of([customer.id]).get(customer.id)),
        created=iso(customer.created_us),
        traits={name: value for name, (value, _) in json.loads(customer.traits).items()},
        identifiers=[IdentifierOut(kind=kept.kind, value=kept.value) for kept in customers.identifiers_of(family)],
        consents=[
            ConsentOut(channel=word.channel, purpose=word.purpose, given=word.given, since=iso(word.time_us))
            for word in customers.consents_of(customer.id)
        ],
    )


@router.get("/customers/{customer_id}/facts", **reads("facts:read", Page[FactOut], "A customer's facts, newest first", one=True))
def facts(request: ApiRequest, customer_id: Path[Id], cursor: Cursor | None = None, limit: PageLimit = 50) -> Page[FactOut]:
    """By their own time, newest first, through every id the customer was ever known by."""
    customer = _known(customer_id)
    place = numbers_of(cursor, 2)
    before = (place[0], place[1]) if place else None
    found = log.newest_facts(customers.family_of(customer.id), before=before, limit=limit + 1)
    shown, last = page_of(found, limit)
    _note(request, f"customer {customer.id}", facts=len(shown))
    kinds, sources = log.catalogue().by_id, doors.source_names()
    return Page(
        data=[
            FactOut(
                id=fact.id,
                event=kinds[fact.event_type_id].name,
                time=iso(fact.time_us),
                received=iso(fact.received_us),
                source=sources.get(fact.source_id or 0),
                properties=fact.properties,
                context=fact.payload.get("context") or {},
            )
            for fact in shown
        ],
        next=cursor_of(last.time_us, last.id) if last else None,
    )


@router.post("/customers", **writes("customers:write", IdentifiedOut, "Tell who somebody is"))
def identify(request: ApiRequest, said: IdentifyIn) -> IdentifiedOut:
    """A user id and traits, taken in as an `identify` of the Segment spec. A trait that is null or left out stays as it is."""
    told = {
        "type": "identify",
        "userId": said.user_id,
        "anonymousId": said.anonymous_id,
        "timestamp": said.timestamp,
        "messageId": said.message_id,
        "traits": msgspec.json.decode(_exact.encode(said.traits)),
    }
    receipt = receive([told], source_id=source_id_of(request.token))
    if receipt.refused:
        no = receipt.refused[0]
        field = {"userId": "user_id", "anonymousId": "anonymous_id", "messageId": "message_id"}.get(no.field, no.field)
        raise Problem("refused", f"{no.reason[:1].upper()}{no.reason[1:]}.", field=field)
    known = customers.find("user_id", said.user_id)
    number = known.id if known else customers.root_of(receipt.customer_ids[0])
    write_down("customers.tell", subject=f"customer {number}", by=request.token.actor, token=request.token.prefix)
    return IdentifiedOut(id=number, user_id=said.user_id, repeated=receipt.repeated > 0)


def _known(customer_id: int) -> Customer:
    customer = customers.customer(customer_id)
    if customer is None:
        raise Problem("not_found", f"There is no customer {customer_id}.", field="customer_id")
    return customer


def _summary(customer: Customer, user_id: str | None) -> dict[str, Any]:
    return {
        "id": customer.id,
        "user_id": user_id,
        "name": customer.name or None,
        "email": customer.email or None,
        "phone": customer.phone or None,
    }


def _note(request: ApiRequest, subject: str, **facts: Any) -> None:
    write_down("customers.read", subject=subject, by=request.token.actor, token=request.token.prefix, **facts)
