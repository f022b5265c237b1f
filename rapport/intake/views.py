"""The HTTP door: reads a body whatever it calls itself, answers after the commit, never loses a batch for one bad fact."""

import base64
import binascii
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import msgspec
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from rapport.events.values import as_time_us
from rapport.intake.actions import Refused, keep_rejects, receive
from rapport.intake.keys import Door, door_of
from rapport.intake.messages import without_cards
from rapport.lib.clock import now_us
from rapport.lib.zone import company_zone

BATCH_BYTES_MAX = 1_000_000
FACT_BYTES_MAX = 32 * 1024
FACTS_MAX = 5_000
WAITING_MAX = 16  # requests that may wait for the record at once; more are asked to come again
RETRY_AFTER_SECONDS = 2

_seats = threading.BoundedSemaphore(WAITING_MAX)
_any = msgspec.json.Decoder()


class Batch(msgspec.Struct, rename="camel"):
    """The body of /v1/batch. Each fact stays raw, so that its size is known and one bad one spoils no other."""

    batch: list[msgspec.Raw]
    write_key: Any = None
    sent_at: Any = None
    context: Any = None


class Single(msgspec.Struct, rename="camel"):
    write_key: Any = None
    sent_at: Any = None


_batch, _single = msgspec.json.Decoder(Batch), msgspec.json.Decoder(Single)


@dataclass(frozen=True)
class Unreadable(Exception):
    """A request that cannot be taken as a whole."""

    status: int
    reason: str


def door(view: Callable[[HttpRequest, bytes, str | None], HttpResponse]) -> Callable[..., HttpResponse]:
    """What every path of this door shares: CORS, a body in clear, a seat, plain answers."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, call: str | None = None) -> HttpResponse:
        if request.method == "OPTIONS":
            return _open_to_pages(HttpResponse(status=204))
        if request.method != "POST":
            return _open_to_pages(_say(405, "POST a JSON body here"))
        if not _seats.acquire(blocking=False):
            return _open_to_pages(_busy())
        try:
            return _open_to_pages(view(request, _body(request), call))
        except Unreadable as trouble:
            return _open_to_pages(_say(trouble.status, trouble.reason))
        except OperationalError as trouble:
            if "locked" not in str(trouble) and "deadlock" not in str(trouble) and "timeout" not in str(trouble):
                raise
            return _open_to_pages(_busy())
        finally:
            _seats.release()

    return answer


@door
def one(request: HttpRequest, body: bytes, call: str | None) -> HttpResponse:
    """POST /v1/track and its siblings: the body is the fact."""
    single = _decoded(_single, body)
    known = _known(request, single.write_key)
    if len(body) > FACT_BYTES_MAX:
        raise Unreadable(400, f"a fact is at most {FACT_BYTES_MAX:,} bytes; this one has {len(body):,}")
    fact = _any.decode(body)
    fact["type"] = call
    return _receive([fact], [], known, single.sent_at)


@door
def batch(request: HttpRequest, body: bytes, call: str | None) -> HttpResponse:
    """POST /v1/batch: facts that share a `sentAt` and a `context`."""
    many = _decoded(_batch, body)
    known = _known(request, many.write_key)
    if len(many.batch) > FACTS_MAX:
        raise Unreadable(413, f"a batch is at most {FACTS_MAX:,} facts; this one has {len(many.batch):,}")
    facts: list[Any] = []
    too_large: list[Refused] = []
    shared = many.context if isinstance(many.context, dict) else None
    for index, raw in enumerate(many.batch):
        if len(raw) > FACT_BYTES_MAX:
            too_large.append(_too_large(index, raw))
            continue
        fact = _any.decode(raw)
        if shared is not None and isinstance(fact, dict):
            own = fact.get("context")
            fact["context"] = {**shared, **own} if isinstance(own, dict) else shared
        facts.append(fact)
    return _receive(facts, too_large, known, many.sent_at)


def _receive(facts: list[Any], too_large: list[Refused], known: Door, sent_at: Any) -> HttpResponse:
    received_us = now_us()
    sent_us = as_time_us(sent_at, company_zone()) if isinstance(sent_at, str) else None
    receipt = receive(facts, source_id=known.source_id, received_us=received_us, sent_us=sent_us, browser=known.browser)
    keep_rejects(too_large, known.source_id, None)
    answer: dict[str, Any] = {"success": True}
    if refused := [*receipt.refused, *too_large]:
        answer["rejected"] = [{"messageId": one.message_id, "field": one.field, "reason": one.reason} for one in refused[:100]]
    return HttpResponse(msgspec.json.encode(answer), content_type="application/json")


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        raise Unreadable(400, f"the body is not the JSON expected here: {trouble}") from trouble


def _body(request: HttpRequest) -> bytes:
    """The body in clear, at most BATCH_BYTES_MAX of it, whatever its Content-Type."""
    raw = request.read(BATCH_BYTES_MAX + 1)
    if len(raw) > BATCH_BYTES_MAX:
        raise Unreadable(413, f"a batch is at most {BATCH_BYTES_MAX:,} bytes")
    if request.headers.get("Content-Encoding", "").lower() != "gzip" and raw[:2] != b"\x1f\x8b":
        return raw
    unpack = zlib.decompressobj(wbits=31)
    try:
        clear = unpack.decompress(raw, BATCH_BYTES_MAX + 1)
    except zlib.error as trouble:
        raise Unreadable(400, "the body says it is gzip and is not") from trouble
    if len(clear) > BATCH_BYTES_MAX:
        raise Unreadable(413, f"a batch is at most {BATCH_BYTES_MAX:,} bytes unpacked")
    if not unpack.eof:
        raise Unreadable(400, "the gzip body ends too early")
    return clear


def _known(request: HttpRequest, key_in_body: Any) -> Door:
    """The source of this request, by the user name of HTTP Basic, else by `writeKey` in the body."""
    kind, _, coded = request.headers.get("Authorization", "").partition(" ")
    key = ""
    if kind.lower() == "basic":
        try:
            key = base64.b64decode(coded, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError) as trouble:
            raise Unreadable(401, "the Authorization header is not HTTP Basic") from trouble
    key = key or (key_in_body if isinstance(key_in_body, str) else "")
    found = door_of(key) if key else None
    if found is None:
        raise Unreadable(401, "no such write key" if key else "a write key is missing: send it as the user name of HTTP Basic")
    return found


def _too_large(index: int, raw: msgspec.Raw) -> Refused:
    fact = _any.decode(raw)
    message_id = without_cards(str(fact.get("messageId") or "")[:255]) if isinstance(fact, dict) else ""
    return Refused(index, f"a fact is at most {FACT_BYTES_MAX:,} bytes; this one has {len(raw):,}", "", message_id)


def _say(status: int, reason: str) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode({"success": False, "error": {"status": status, "reason": reason}}),
        status=status,
        content_type="application/json",
    )


def _busy() -> HttpResponse:
    answer = _say(429, "too busy just now; send it again")
    answer["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


def _open_to_pages(answer: HttpResponse) -> HttpResponse:
    """Pages of any site may post here: the key, not the origin, says who they are."""
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Access-Control-Allow-Methods"] = "POST, OPTIONS"
    answer["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Content-Encoding, X-Retry-Count"
    answer["Access-Control-Max-Age"] = "86400"
    return answer
