"""What a message at a door must be: the Segment spec's calls read strictly enough to be trusted, kindly enough for every client."""

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec

from rapport.customers.actions import Claim
from rapport.events.catalogue import ADDRESS_TRAITS, CALL_NAMES, IDENTIFY, TRAIT_ALIASES
from rapport.events.values import as_time_us
from rapport.lib.clock import EARLIEST_US, HOUR_US, LATEST_US

ID_MAX = 255
CALLS = frozenset({"identify", "track", "page", "screen", "group", "alias"})
KEPT = frozenset({"context", "userId", "anonymousId", "previousId", "groupId", "integrations"})
NOBODYS = frozenset({"Address Suppressed", "Suppression Lifted"})  # facts about an address, whoever it belongs to
BROWSER_REFUSED = ("Order ", "Consent ")
MACHINE_FACTS = frozenset({"Customers Joined", "Customers Parted", "Load Taken Back", "Rate Applied", IDENTIFY, "Alias", "Group"})
_encode = msgspec.json.Encoder(decimal_format="number")

# 13 to 19 digits, alone or in groups, that start as an issuer's numbers do (13 only from 4, Visa)
CARD = re.compile(r"(?<![\w.+-])(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|3[4-9]\d{2}|6[0-9]\d{2})(?:[ -]?\d){9,15}(?![\w-]|\.\d)")
_RUNS = bytes(ord("0") if chr(byte) in "0123456789 -" else byte for byte in range(256))
_RUN = b"0" * 13  # so many digits, blanks and dashes in a row any card number has, and few messages do


class BadMessage(Exception):
    """Why a message cannot be taken, and the field that is to blame."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason, self.field = reason, field


class Message(msgspec.Struct, gc=False):
    """A message found good: its name in the catalogue, who it says it is about, when, and what is kept of it."""

    name: str
    message_id: str
    claim: Claim
    time_us: int
    values: dict[str, Any]  # properties, or traits of an identify
    payload: str


def read_message(raw: Any, *, received_us: int, sent_us: int | None, zone: ZoneInfo, browser: bool, replay: bool) -> Message:
    """Check one message; BadMessage names what is wrong. `replay`: told later from a file, so its own times stand."""
    if not isinstance(raw, dict):
        raise BadMessage("a fact is a JSON object")
    call = raw.get("type")
    if call not in CALLS:
        raise BadMessage(f"type is one of {', '.join(sorted(CALLS))}" if call else "type is missing", "type")
    name = _event_name(raw) if call == "track" else CALL_NAMES[call]
    if browser and (name.startswith(BROWSER_REFUSED) or name == "Address Suppressed"):
        raise BadMessage(f'a browser key may not send "{name}"; send it from the shop\'s server', "event")
    context = _object(raw, "context") if "context" in raw else {}
    values = _traits(raw, context) if call == "identify" else _properties(raw, call)
    time_us = own_time(raw, received_us=received_us, sent_us=sent_us, zone=zone, replay=replay)
    message_id = _id(raw, "messageId") or _derived_id(raw, replay)
    claim = Claim(time_us, message_id) if name in NOBODYS else _claim(raw, call, values, context, time_us, message_id, replay=replay)
    kept: dict[str, Any] = {"traits" if call == "identify" else "properties": values}
    for key in raw:
        if key in KEPT and raw[key]:
            kept[key] = raw[key]
    payload = _encode.encode(kept)
    if _RUN in (payload + message_id.encode()).translate(_RUNS):
        _refuse_cards(raw)
    return Message(name, message_id, claim, time_us, values, payload.decode())


def own_time(raw: dict[str, Any], *, received_us: int, sent_us: int | None, zone: ZoneInfo, replay: bool) -> int:
    """When it happened: the client's clock set right by ours where it says when it sent; up to an hour ahead is now."""
    timestamp = _moment(raw, "timestamp", zone)
    original = _moment(raw, "originalTimestamp", zone) if "originalTimestamp" in raw else None
    sent = _moment(raw, "sentAt", zone) if raw.get("sentAt") is not None else sent_us
    first = original if original is not None else timestamp
    if replay:
        got = _moment(raw, "receivedAt", zone) if "receivedAt" in raw else None
        own = timestamp if timestamp is not None else got - (sent - original) if None not in (got, sent, original) else first  # type: ignore[operator]
    else:
        own = received_us - (sent - first) if sent is not None and first is not None else timestamp
    if own is None:
        return received_us
    if not EARLIEST_US <= own <= LATEST_US:
        raise BadMessage("its time is outside the years 1 to 9999", "timestamp")
    return received_us if received_us < own <= received_us + HOUR_US else own


def _moment(raw: dict[str, Any], field: str, zone: ZoneInfo) -> int | None:
    value = raw.get(field)
    if value is None:
        return None
    moment = as_time_us(value, zone) if isinstance(value, str) else None
    if moment is None:
        raise BadMessage(f"{field} is not an ISO 8601 time: {str(value)[:40]!r}", field)
    return moment


def _event_name(raw: dict[str, Any]) -> str:
    name = raw.get("event")
    if not isinstance(name, str) or not name.strip():
        raise BadMessage("event is missing: a track names what was done", "event")
    return _checked_name(name)


@lru_cache(maxsize=4096)
def _checked_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name.strip())
    if len(name) > ID_MAX or not name.isprintable():
        raise BadMessage(f"event is a line of at most {ID_MAX} letters", "event")
    if name in MACHINE_FACTS:
        raise BadMessage(f'"{name}" is recorded by Rapport itself', "event")
    _refuse_cards({"event": name})
    return name


def _id(raw: dict[str, Any], field: str) -> str | None:
    """An id as text; null, empty and absent are the same."""
    value = raw.get(field)
    if value is None or value == "":
        return None
    if type(value) is str and len(value) <= ID_MAX and value.isascii() and value.isprintable():
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadMessage(f"{field} is text", field)
    text = unicodedata.normalize("NFC", str(value))
    if len(text) > ID_MAX:
        raise BadMessage(f"{field} is longer than {ID_MAX} letters", field)
    if "\x00" in text:
        raise BadMessage(f"{field} contains a NUL character", field)
    return text


def _derived_id(raw: dict[str, Any], replay: bool) -> str:
    """For a message without an id: of its content where it has a time of its own, so that a retry is recognised."""
    if replay or raw.get("timestamp") or raw.get("originalTimestamp"):
        return f"content:{blake2b(msgspec.json.encode(raw, order='deterministic'), digest_size=16).hexdigest()}"
    return f"made:{uuid4().hex}"


def _object(raw: dict[str, Any], field: str) -> dict[str, Any]:
    value = raw.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadMessage(f"{field} is a JSON object", field)
    return value


def _properties(raw: dict[str, Any], call: str) -> dict[str, Any]:
    values = _object(raw, "properties")
    if None in values.values():
        values = {key: value for key, value in values.items() if value is not None}
    if call == "group":
        values = {key: value for key, value in _object(raw, "traits").items() if value is not None} | values
    if call in ("page", "screen"):
        for field in ("name", "category"):
            if isinstance(raw.get(field), str):
                values.setdefault(field, raw[field])
    return values


def _traits(raw: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Traits at the top and in `context.traits`, the reserved ones in one spelling, parts of an address beside the others."""
    values = {**_object(context, "traits"), **{key: value for key, value in _object(raw, "traits").items() if value is not None}}
    found = {TRAIT_ALIASES.get(key, key): value for key, value in values.items() if value is not None}
    if isinstance(address := found.get("address"), dict):
        for part, trait in ADDRESS_TRAITS.items():
            if isinstance(address.get(part), str):
                found.setdefault(trait, address[part])
    if isinstance(found.get("email"), str):
        found["email"] = found["email"].strip()
    return found


def _claim(
    raw: dict[str, Any], call: str, values: dict[str, Any], context: dict[str, Any], time_us: int, cause: str, *, replay: bool
) -> Claim:
    """A row of a file may name its customer by what stands in `context.traits` alone: a mail address beside an order."""
    user_id = _id(raw, "userId") if "userId" in raw else None
    anonymous_id = _id(raw, "anonymousId") if "anonymousId" in raw else None
    if call == "alias":
        previous_id = _id(raw, "previousId") or (anonymous_id if user_id else None)
        if not user_id or not previous_id:
            raise BadMessage("alias needs userId and previousId", "previousId" if user_id else "userId")
        return Claim(time_us, cause, user_id, None, previous_id)
    by_traits = replay and not user_id and not anonymous_id
    others = _other_identifiers(values, context) if call == "identify" else ()
    if by_traits and call != "identify":
        others = _other_identifiers(_object(context, "traits"), context)
    if not user_id and not anonymous_id and not others:
        raise BadMessage("userId or anonymousId is missing: a fact is about somebody", "userId")
    return Claim(time_us, cause, user_id, anonymous_id, None, others, call == "identify" or by_traits)


def _other_identifiers(traits: dict[str, Any], context: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Membership number, mail, phone and ids of other systems, as identifiers; what is not usable stays a trait."""
    found = [(f"id:{one['type']}"[:63], one["id"]) for one in _external_ids(context)]
    for kind in ("membership_number", "email", "phone"):
        value = traits.get(kind)
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if kind == "email":
            text = text.lower() if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) else ""
        elif kind == "phone":
            text = "+" + re.sub(r"\D", "", text) if re.fullmatch(r"\+[\d ()/.-]{6,24}", text) else ""
        if text and len(text) <= ID_MAX and "\x00" not in text:
            found.append((kind, unicodedata.normalize("NFC", text)))
    return tuple(found)


def _external_ids(context: dict[str, Any]) -> list[dict[str, str]]:
    listed = context.get("externalIds")
    if not isinstance(listed, list):
        return []
    return [
        one
        for one in listed[:20]
        if isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("type"), str) and 0 < len(one["id"]) <= ID_MAX
    ]


def without_cards(text: str) -> str:
    """The text with anything that looks like a card number struck out, for what is kept of refused messages."""
    return CARD.sub(lambda found: "(card number)" if luhn_valid(found.group()) else found.group(), text)


def _refuse_cards(raw: dict[str, Any]) -> None:
    """No card number gets in, in whatever field; an order's own ids and e-tickets pass where no issuer's numbers begin so."""
    waiting: list[tuple[Any, str]] = [(raw, "")]
    while waiting:
        one, at = waiting.pop()
        if isinstance(one, dict):
            waiting.extend((inner, f"{at}.{key}".lstrip(".")) for key, inner in one.items())
            waiting.extend((key, at) for key in one)
        elif isinstance(one, list):
            waiting.extend((inner, f"{at}.{number}") for number, inner in enumerate(one))
        elif isinstance(one, str | int) and not isinstance(one, bool):
            for found in CARD.finditer(str(one)):
                if luhn_valid(found.group()):
                    raise BadMessage("looks like a card number: send the provider's token and the last four digits", without_cards(at))


def luhn_valid(text: str) -> bool:
    """The check digit of ISO/IEC 7812-1, blanks and dashes aside."""
    digits = [int(letter) for letter in text if letter.isdigit()]
    if not 13 <= len(digits) <= 19 or (len(digits) == 13 and digits[0] != 4):
        return False
    doubled = [digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
