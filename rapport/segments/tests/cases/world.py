"""What a case is made of: a world of customers with their facts, and the questions asked in it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Ask:
    """One question: the rule, the names of all it means (space between), and the moment if it is not the world's own."""

    rule: str
    members: str
    as_of: str | None = None


@dataclass(frozen=True)
class World:
    """Facts are told in the order of the list, all received at one moment; each customer is named by a user id."""

    name: str
    as_of: str
    facts: list[dict[str, Any]]
    asks: list[Ask]
    zone: str = "UTC"
    received: str = "2026-07-01T00:00:00Z"
    measures: dict[str, str] = field(default_factory=dict)  # name -> amount
    segments: dict[str, str] = field(default_factory=dict)  # name -> rule
    silos: dict[str, dict[str, str]] = field(default_factory=dict)  # scheme -> name -> rule; the remainder is "Rest"
    branches: dict[str, tuple[float, float]] = field(default_factory=dict)  # name -> latitude, longitude
    lists: dict[str, list[str]] = field(default_factory=dict)  # name -> user ids, as a file would have them
    rates: list[tuple[str, str, str]] = field(default_factory=list)  # currency, day, what one is worth in the company's money

    def messages(self) -> list[dict[str, Any]]:
        return [{"messageId": f"{self.name} {number}", **fact} for number, fact in enumerate(self.facts)]


def track(who: str, event: str, when: str, **properties: Any) -> dict[str, Any]:
    """Something done; `?phone` is a visitor without a name."""
    return {"type": "track", **_who(who), "event": event, "timestamp": when, "properties": properties}


def identify(who: str, when: str, *, at: str | None = None, **traits: Any) -> dict[str, Any]:
    """Told who somebody is; `at` is the anonymous id they had there and then."""
    call = {"type": "identify", **_who(who), "timestamp": when, "traits": traits}
    return call if at is None else {**call, "anonymousId": at}


def alias(who: str, previous: str, when: str) -> dict[str, Any]:
    return {"type": "alias", "userId": who, "previousId": previous, "timestamp": when}


def order(who: str, when: str, order_id: str, *lines: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return track(who, "Order Completed", when, order_id=order_id, **properties, **({"products": list(lines)} if lines else {}))


def _who(who: str) -> dict[str, str]:
    return {"anonymousId": who[1:]} if who.startswith("?") else {"userId": who}
