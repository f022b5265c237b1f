"""How a customer stands at a moment: what their traits are, and whether they may be written to."""

import re
from dataclasses import dataclass
from typing import Any

from rapport.customers.events import CONSENT_FACTS, CONSENT_GIVEN, UNSUBSCRIBED
from rapport.events.catalogue import IDENTIFY, TRAIT_ALIASES
from rapport.segments.nodes import MayReceive
from rapport.segments.person.history import Deed, History, SuppressionWord
from rapport.segments.person.moments import Now
from rapport.segments.person.readings import readings

ADDRESS_TRAIT = {"email": "email", "sms": "phone", "phone": "phone"}
PLACE_TRAITS = ("postal_code", "city")  # either makes a letter's address
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Trait:
    """The known values of a trait (one, unless it is a list), their kind and the fact that set them."""

    values: list[Any]
    kind: str
    deed: Deed | None


def trait(name: str, history: History, now: Now) -> Trait:
    """The newest value by own time that fits the trait's kind; a fact that says nothing of it changes nothing."""
    traits = history.words.catalogue.traits
    facts = traits.get(name) or traits[TRAIT_ALIASES.get(name, name)]
    for deed in reversed(history.before(IDENTIFY, now.us)):
        if values := readings(deed.properties, facts, rate_e9=deed.rate_e9, zone=now.zone):
            return Trait(values, facts.kind, deed)
    return Trait([], facts.kind, None)


@dataclass(frozen=True)
class Leave:
    """Whether a customer may be written to, in words, with the fact that decided on the consent."""

    holds: bool
    reason: str
    deed: Deed | None


def leave_to_write(node: MayReceive, history: History, now: Now) -> Leave:
    """The newest word on the channel and purpose is a yes, there is an address, and it is not suppressed. The first no wins."""
    word = _newest_consent(node, history, now)
    if word is None:
        return Leave(False, "no consent", None)
    if word.event != CONSENT_GIVEN:
        return Leave(False, "consent withdrawn", word)
    if node.channel == "post":
        reachable = any(trait(name, history, now).values for name in PLACE_TRAITS)
        return Leave(True, "consented", word) if reachable else Leave(False, "no address", word)
    if node.channel not in ADDRESS_TRAIT:
        return Leave(True, "consented", word)
    address = _address(node.channel, history, now)
    if address is None:
        return Leave(False, "no address", word)
    if _is_suppressed(history.words_on(node.channel, address), now):
        return Leave(False, "address suppressed", word)
    return Leave(True, "consented", word)


def _newest_consent(node: MayReceive, history: History, now: Now) -> Deed | None:
    words = [
        deed
        for name in CONSENT_FACTS
        for deed in history.before(name, now.us)
        if (deed.properties.get("channel") or ("email" if name == UNSUBSCRIBED else None)) == node.channel
        and (deed.properties.get("purpose") or "marketing") == node.purpose
    ]
    return max(words, key=lambda deed: (deed.time_us, deed.id), default=None)


def _address(channel: str, history: History, now: Now) -> str | None:
    values = trait(ADDRESS_TRAIT[channel], history, now).values
    if not values or (channel == "email" and not EMAIL.fullmatch(values[0])):
        return None
    return str(values[0]).lower()


def _is_suppressed(words: list[SuppressionWord], now: Now) -> bool:
    past = [word for word in words if word.time_us < now.us]
    return bool(past) and max(past, key=lambda word: (word.time_us, word.id)).suppressed
