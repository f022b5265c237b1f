"""The Segment-spec messages of the practice company's doors, as its SDKs would build them."""

from typing import Any

from rapport.learn.practice import company
from rapport.learn.practice.clockwork import Clockwork, stamp
from rapport.learn.practice.people import Person

Properties = dict[str, Any]


def track(
    clock: Clockwork, source: str, time_us: int, person: Person, event: str, properties: Properties, *, by_device: bool = False
) -> None:
    clock.say(source, time_us, {"type": "track", "event": event, **_ids(person, by_device), "properties": properties})


def page(clock: Clockwork, time_us: int, person: Person, name: str, path: str, referrer: str = "") -> None:
    properties = {"url": company.SITE + path, "path": path, "title": f"{name} – Halden"}
    if referrer:
        properties["referrer"] = referrer
    clock.say(company.SHOP, time_us, {"type": "page", "name": name, **_ids(person, True), "properties": properties})


def stranger_page(clock: Clockwork, time_us: int, device: str, name: str, path: str) -> None:
    """Somebody who looks and never says who they are."""
    properties = {"url": company.SITE + path, "path": path, "title": f"{name} – Halden"}
    clock.say(company.SHOP, time_us, {"type": "page", "name": name, "anonymousId": device, "properties": properties})


def stranger_views(clock: Clockwork, time_us: int, device: str, item: company.Item) -> None:
    message = {"type": "track", "event": "Product Viewed", "anonymousId": device, "properties": item_properties(item)}
    clock.say(company.SHOP, time_us, message)


def identify(clock: Clockwork, source: str, time_us: int, person: Person, traits: Properties, *, by_device: bool = False) -> None:
    message: dict[str, Any] = {"type": "identify", "userId": person.user_id, "traits": traits}
    if by_device:
        message["anonymousId"] = person.device
    clock.say(source, time_us, message)


def all_traits(person: Person, *, created_us: int) -> Properties:
    """What a full account knows. The shop's SDK writes Segment's reserved traits."""
    traits: Properties = {
        "firstName": person.given,
        "lastName": person.family,
        "email": person.email,
        "address": {"city": person.city, "postalCode": person.postal_code, "country": person.country.name},
        "language": person.country.language,
        "createdAt": stamp(created_us),
    }
    if person.phone:
        traits["phone"] = person.phone
    if person.birthday:
        traits["birthday"] = person.birthday.isoformat()
    if person.branch:
        traits["favourite_branch"] = person.branch
    return traits


def item_properties(item: company.Item) -> Properties:
    return {"sku": item.sku, "name": item.name, "category": item.category, "price": item.price_cents / 100, "currency": company.CURRENCY}


def _ids(person: Person, by_device: bool) -> dict[str, str]:
    """Web messages carry the browser's anonymous id, and who it is once they have signed in there."""
    if not by_device:
        return {"userId": person.user_id}
    if person.signed_in:
        return {"userId": person.user_id, "anonymousId": person.device}
    return {"anonymousId": person.device}
