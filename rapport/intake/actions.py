"""The verb of the doors: `receive` identifies, de-duplicates and records a batch of messages in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection

from rapport.commerce import events as trade
from rapport.commerce.actions import currency, orders
from rapport.customers import actions as customers
from rapport.customers import events as people
from rapport.events import actions as log
from rapport.events import catalogue
from rapport.events.catalogue import IDENTIFY
from rapport.events.queries import message_ids_kept
from rapport.intake import together
from rapport.intake.messages import NOBODYS, BadMessage, Message, read_message, without_cards
from rapport.intake.models import Reject
from rapport.lib.clock import now_us
from rapport.lib.locks import turn_to_write

TRIES_MAX = 6  # two workers that meet the same new customer: one of them begins again
REJECTS_KEPT_MAX = 100_000
FOLLOWED_BY_CUSTOMERS = {IDENTIFY, *people.CONSENT_FACTS, people.ADDRESS_SUPPRESSED, people.SUPPRESSION_LIFTED}

Outcome = Literal["accepted", "repeated", "rejected"]


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that could not be taken, by its place in the batch."""

    index: int
    reason: str
    field: str
    message_id: str = ""
    excerpt: str = ""


@dataclass(slots=True)
class Receipt:
    """What became of each message of a batch, in its order."""

    outcomes: list[Outcome]
    refused: list[Refused] = field(default_factory=list)
    customer_ids: dict[int, int] = field(default_factory=dict)  # by index, of accepted ones, as recorded

    @property
    def accepted(self) -> int:
        return self.outcomes.count("accepted")

    @property
    def repeated(self) -> int:
        return self.outcomes.count("repeated")

    @property
    def rejected(self) -> int:
        return self.outcomes.count("rejected")


def receive(
    messages: Sequence[Any],
    *,
    source_id: int | None,
    received_us: int | None = None,
    sent_us: int | None = None,
    browser: bool = False,
    replay: bool = False,
    load_id: int | None = None,
    zone: ZoneInfo | None = None,
) -> Receipt:
    """Take in messages of the Segment spec. What is good is recorded, what is not is answered for and stands in the reject list.

    Message ids recorded before, or twice in the batch, are repeated and change nothing. Inside an open transaction it
    takes part in it; otherwise it is one of its own, and what it answers is committed.
    """
    received = now_us() if received_us is None else received_us
    company = zone or ZoneInfo(settings.COMPANY_TIME_ZONE)
    receipt = Receipt(["rejected"] * len(messages))
    good: dict[str, tuple[int, Message]] = {}
    for index, raw in enumerate(messages):
        try:
            message = read_message(raw, received_us=received, sent_us=sent_us, zone=company, browser=browser, replay=replay)
        except BadMessage as bad:
            receipt.refused.append(_refused(index, raw, bad))
            continue
        receipt.outcomes[index] = "repeated" if message.message_id in good else "accepted"
        good.setdefault(message.message_id, (index, message))
    _record_surely(good, receipt, _Door(source_id, received, load_id, browser))
    return receipt


@dataclass(frozen=True, slots=True)
class _Door:
    source_id: int | None
    received_us: int
    load_id: int | None
    browser: bool


def _record_surely(good: dict[str, tuple[int, Message]], receipt: Receipt, door: _Door) -> None:
    """Record, and begin again where another worker was first; inside a caller's transaction once only.

    Messages hardly ever come twice: the log's unique key finds those that do, and only then are they looked up.
    """
    before = list(receipt.outcomes), list(receipt.refused)

    def write(*, looked_up: bool = False) -> None:
        receipt.outcomes[:], receipt.refused[:] = before
        receipt.customer_ids.clear()
        _record(good, receipt, door, looked_up=looked_up)
        if door.load_id is None:  # a load has a reject file, and lists its own with their lines
            keep_rejects(receipt.refused, door.source_id, None)

    nested, one_writer = connection.in_atomic_block, connection.vendor == "sqlite"
    if one_writer and not nested and together.write_together(write, len(good)):
        return
    for attempt in range(1, TRIES_MAX + 1):
        try:
            with turn_to_write():
                write(looked_up=one_writer or nested or attempt > 1)
            return
        except (IntegrityError, OperationalError) as trouble:
            catalogue.forget()
            again = isinstance(trouble, IntegrityError) or "deadlock" in str(trouble)
            if nested or not again or attempt == TRIES_MAX:
                raise


def _record(good: dict[str, tuple[int, Message]], receipt: Receipt, door: _Door, *, looked_up: bool) -> None:
    kept = message_ids_kept(list(good)) if looked_up else set()
    for message_id in kept:
        receipt.outcomes[good[message_id][0]] = "repeated"
    fresh = [entry for message_id, entry in good.items() if message_id not in kept]
    if door.browser:
        fresh = _without_others_traits(fresh, receipt)
    types = catalogue.event_type_ids(message.name for _, message in fresh)
    fresh = _within_catalogue(fresh, types, receipt)
    if not fresh:
        return
    desk = customers.open_desk([message.claim for _, message in fresh if message.name not in NOBODYS], load_id=door.load_id)
    people_of = [None if message.name in NOBODYS else desk.person(message.claim) for _, message in fresh]
    desk.write_people()
    rates = _rates([message for _, message in fresh])
    ids = log.append_ids(len(fresh))
    rows, told, trade_told = [], [], []
    for event_id, (index, message), person, rate_e9 in zip(ids, fresh, people_of, rates, strict=True):
        customer_id = person.root().id if person else None
        receipt.customer_ids[index] = customer_id or 0
        rows.append(
            (event_id, message.message_id, types[message.name], customer_id, message.time_us, door.received_us, door.source_id,
             door.load_id, rate_e9, message.payload)
        )  # fmt: skip
        if message.name in FOLLOWED_BY_CUSTOMERS:
            told.append(customers.Told(message.name, event_id, customer_id, person, message.time_us, message.values))
        elif message.name in trade.ORDER_FACTS:
            trade_told.append(orders.Told(message.name, event_id, customer_id, message.time_us, message.values))
    log.append(rows)
    customers.take_in(desk, told)
    if trade_told:
        orders.fold(trade_told)
    _keep_unrated(ids, fresh, rates)


def _within_catalogue(fresh: list[tuple[int, Message]], types: dict[str, int], receipt: Receipt) -> list[tuple[int, Message]]:
    """Set aside facts of ever new names: a client that puts an id into the event's name."""
    for index, message in fresh:
        if message.name not in types:
            reason = f"there are {catalogue.EVENT_TYPES_MAX:,} kinds of events already: put what varies into properties, not into the name"
            _set_aside(receipt, index, message, reason, "event")
    return [entry for entry in fresh if entry[1].name in types]


def _without_others_traits(fresh: list[tuple[int, Message]], receipt: Receipt) -> list[tuple[int, Message]]:
    """A browser key lies open: it may not rewrite a customer who is known already and was not at this browser before."""
    kept = []
    for index, message in fresh:
        claim = message.claim
        if message.name == "Alias":
            _set_aside(receipt, index, message, "a browser key may not join customers: send alias from the shop's server", "type")
        elif message.name == IDENTIFY and message.values and not customers.is_own_browser(claim):
            reason = "a browser key may not send traits of somebody who is known already: send them from the shop's server"
            _set_aside(receipt, index, message, reason, "traits")
        else:
            kept.append((index, message))
    return kept


def _set_aside(receipt: Receipt, index: int, message: Message, reason: str, at: str) -> None:
    receipt.outcomes[index] = "rejected"
    receipt.refused.append(Refused(index, reason, at, message.message_id, message.name))


def _rates(messages: Sequence[Message]) -> list[int | None]:
    """The rate (x 10^9) each fact is kept with: None where it needs none, 0 where there is none."""
    priced = {name for name in {message.name for message in messages} if catalogue.carries_money(name)}
    codes = [_currency_of(message) if message.name in priced else None for message in messages] if priced else []
    first = next((code for code in codes if code), None)
    if first is None:
        return [None] * len(messages)
    company = currency.fix_currency(first)
    days = [currency.day_of(message.time_us) if code and code != company else None for code, message in zip(codes, messages, strict=True)]
    rates = currency.rates_for((code, day) for code, day in zip(codes, days, strict=True) if code and day)
    return [rates.get((code, day), currency.NO_RATE) if code and day else None for code, day in zip(codes, days, strict=True)]


def _currency_of(message: Message) -> str | None:
    code = message.values.get("currency")
    if not isinstance(code, str) or len(code) != 3 or not code.isalpha():
        return None
    return code.upper()


def _keep_unrated(ids: Sequence[int], fresh: list[tuple[int, Message]], rates: list[int | None]) -> None:
    log.keep_unrated(
        (event_id, currency.day_of(message.time_us), message.values["currency"].upper())
        for event_id, (_, message), rate_e9 in zip(ids, fresh, rates, strict=True)
        if rate_e9 == currency.NO_RATE
    )


def _refused(index: int, raw: Any, bad: BadMessage) -> Refused:
    message_id = raw.get("messageId") if isinstance(raw, dict) else None
    shown = raw.get("event") or raw.get("type") if isinstance(raw, dict) else None
    return Refused(index, without_cards(bad.reason), bad.field, _shown(message_id, 255), _shown(shown, 120))


def _shown(value: Any, length: int) -> str:
    """What of a refused message may be kept: a line of text without a card number."""
    return without_cards(str(value or ""))[:length].replace("\x00", "")


def keep_rejects(refused: Sequence[Refused], source_id: int | None, load_id: int | None, *, lines: dict[int, int] | None = None) -> None:
    """Put what could not be taken where people see it; the oldest beyond REJECTS_KEPT_MAX go."""
    if not refused:
        return
    at_us = now_us()
    Reject.objects.bulk_create(
        Reject(
            at_us=at_us, source_id=source_id, load_id=load_id, line=(lines or {}).get(one.index), message_id=one.message_id,
            field=one.field[:255].replace("\x00", ""), reason=one.reason[:500].replace("\x00", ""), excerpt=one.excerpt,
        )
        for one in refused
    )  # fmt: skip
    newest = Reject.objects.order_by("-id").values_list("id", flat=True).first() or 0
    Reject.objects.filter(id__lte=newest - REJECTS_KEPT_MAX).delete()
