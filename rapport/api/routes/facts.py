"""Facts: messages of the Segment spec, one or a list, taken in as at every other door."""

from typing import Any

import msgspec
from ninja import Router

from rapport.api.door import ApiRequest
from rapport.api.problems import Problem
from rapport.api.reading import read_json
from rapport.api.routes.ways import writes
from rapport.api.shapes import ReceiptOut, RefusedOut
from rapport.api.sources import source_id_of
from rapport.intake.actions import Refused, keep_rejects, receive

router = Router(tags=["facts"])
FACTS_MAX = 1_000
FACT_BYTES_MAX = 32 * 1024
MESSAGE: dict[str, Any] = {
    "type": "object",
    "title": "Message",
    "description": "A call of the Segment spec. One that cannot be taken is refused by itself and named in the answer.",
    "properties": {
        "type": {"description": "identify, track, page, screen, group or alias", "examples": ["track"]},
        "messageId": {
            "description": "Text to 255 letters, remembered for good: the same once more changes nothing.",
            "examples": ["till-7:1"],
        },
        "userId": {"examples": ["bob"]},
        "anonymousId": {"examples": ["b-19f3"]},
        "event": {"description": "What was done, of a track.", "examples": ["Order Completed"]},
        "timestamp": {"description": "When it happened, ISO 8601.", "examples": ["2026-03-02T12:00:00Z"]},
        "properties": {"examples": [{"order_id": "b-1", "revenue": 60, "currency": "USD"}]},
        "traits": {"examples": [{"email": "bob@example.com"}]},
        "context": {"examples": [{"locale": "en-US"}]},
    },
}
EXAMPLE = {"type": "track", "userId": "bob", "event": "Feedback Given", "properties": {"score": 2}, "messageId": "till-7:1"}
BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"anyOf": [MESSAGE, {"type": "array", "items": MESSAGE, "maxItems": FACTS_MAX}]},
            "examples": {"one": {"value": EXAMPLE}, "several": {"value": [EXAMPLE]}},
        }
    },
}
_list, _one = msgspec.json.Decoder(list[msgspec.Raw]), msgspec.json.Decoder()


@router.post("/facts", **writes("facts:write", ReceiptOut, "Send facts in", body=BODY))
def send(request: ApiRequest) -> ReceiptOut:
    """One message of the Segment spec or a list of up to 1,000. What is good is recorded; the answer lists the others with the reason."""
    good: list[Any] = []
    places: list[int] = []
    refused: list[Refused] = []
    raws = _raws(request.body)
    for index, raw in enumerate(raws):
        try:
            good.append(_message(raw))
            places.append(index)
        except ValueError as no:
            refused.append(Refused(index, str(no), ""))
    source_id = source_id_of(request.token)
    receipt = receive(good, source_id=source_id)
    keep_rejects(refused, source_id, None)
    shown = [RefusedOut(index=places[no.index], message_id=no.message_id, field=no.field, reason=no.reason) for no in receipt.refused]
    shown += [RefusedOut(index=no.index, message_id="", field="", reason=no.reason) for no in refused]
    shown.sort(key=lambda no: no.index)
    return ReceiptOut(accepted=receipt.accepted, repeated=receipt.repeated, rejected=len(shown), refused=shown)


def _raws(body: bytes) -> list[msgspec.Raw]:
    """The messages, each still as it was sent, so that its size is known and one bad one spoils no other."""
    try:
        if body.lstrip()[:1] == b"[":
            raws = _list.decode(body)
        elif isinstance(_one.decode(body), dict):
            raws = [msgspec.Raw(body)]
        else:
            raise Problem("misfit", "A message is a JSON object.", mend="Send one, or a list of them.")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        read_json(body)  # names the place
        raise Problem("unreadable", f"The body is not the JSON expected here: {trouble}.") from None
    if len(raws) > FACTS_MAX:
        raise Problem("too_large", f"A request carries at most {FACTS_MAX:,} messages; this one has {len(raws):,}.", mend="Send several.")
    return raws


def _message(raw: msgspec.Raw) -> Any:
    """A message read; ValueError says why it cannot be."""
    if len(raw) > FACT_BYTES_MAX:
        raise ValueError(f"a fact is at most {FACT_BYTES_MAX:,} bytes; this one has {len(raw):,}")
    try:
        return _one.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        raise ValueError(f"it is not the JSON expected here: {trouble}") from trouble
