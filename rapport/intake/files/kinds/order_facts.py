"""What a shop's order lines say, as facts of the Segment spec: completed, updated, refunded, cancelled, shipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from rapport.intake.files.kinds.kind import content_id, track
from rapport.intake.files.values import iso, size

OF_LINES = {"quantity": "quantity", "unit_price": "price", "cost": "cost", "discount": "discount"}  # as the Segment spec calls them
NOTHING, ONE = Decimal(0), Decimal(1)


@dataclass(slots=True)
class Line:
    """One row, read."""

    customer: str
    time_us: int | None
    shipped_us: int | None
    amounts: dict[str, Decimal]  # of quantity, unit_price, amount, cost, discount, tax, shipping those that are there
    status: str
    currency: str
    texts: dict[str, str]  # of sku, name, category
    order_texts: dict[str, str]  # of coupon, channel, branch, payment_method, tracking
    others: dict[str, Any]  # of other columns
    said: str  # all of it as it stands in the file, but for what may change later: status, shipping
    total: Decimal = NOTHING  # the line's total as the shop gives it, else pieces times price; without its sign
    is_negative: bool = False  # pieces or money went back

    def __post_init__(self) -> None:
        pieces, total = self.amounts.get("quantity", ONE), self.amounts.get("amount")
        if total is None:
            total = pieces * self.amounts["unit_price"]
        self.is_negative = pieces < 0 or total < 0
        self.total = abs(total)


@dataclass
class OrderTold:
    """The rows of one order id."""

    order_id: str
    lines: list[Line]

    @cached_property
    def customer(self) -> str:
        return next((line.customer for line in self.lines if line.customer), "")

    @cached_property
    def time_us(self) -> int:
        """Its first line's; where that has none, the next one's."""
        return next(line.time_us for line in self.lines if line.time_us is not None)


def facts_of_order(order: OrderTold, *, known: bool, by_mail: bool, now: str) -> list[dict[str, Any]]:
    """Messages for `receive`. `known`: the order was completed before; `by_mail`: its customer, if written as a mail address, is one."""
    bought = [line for line in order.lines if not line.is_negative]
    returned = [line for line in order.lines if line.is_negative]
    by_others = [line for line in bought if line.status == "refunded"]
    person = _person(order, by_mail)
    time = iso(order.time_us)
    messages = [_introduction(order, time)] if "context" in person else []
    if bought:
        messages.append(_content(order, bought, person, known=known, time=time, now=now))
    unmatched = not bought and not known
    messages.extend(_refund(order, lines, person, unmatched=unmatched) for lines in _returns(returned, apart=not unmatched))
    if by_others:
        messages.append(_refund(order, by_others, person, unmatched=False))
    if bought:
        messages.extend(_ends(order, bought, person, time))
    return messages


def _person(order: OrderTold, by_mail: bool) -> dict[str, Any]:
    if not order.customer:
        return {"anonymousId": f"order:{order.order_id}"[:255]}
    if "@" in order.customer and by_mail:
        return {"context": {"traits": {"email": order.customer}}}
    return {"userId": order.customer}


def _introduction(order: OrderTold, time: str) -> dict[str, Any]:
    """Who is known by a mail address alone: it is a trait of theirs, too."""
    message_id = content_id("mail", order.customer.lower())
    return {"type": "identify", "messageId": message_id, "timestamp": time, "traits": {"email": order.customer}}


def _content(order: OrderTold, lines: Sequence[Line], person: dict[str, Any], *, known: bool, time: str, now: str) -> dict[str, Any]:
    """Its id is of what it says, not of its name: told again, it is repeated, whether it was an order or a change then."""
    properties = _properties(order, lines)
    message_id = content_id("order", order.order_id, time, *(line.said for line in lines))
    if known:
        return track("Order Updated", message_id, person, max(now, time), properties)  # of when, we only know that it is news now
    return track("Order Completed", message_id, person, time, properties)


def _returns(lines: Sequence[Line], *, apart: bool) -> list[list[Line]]:
    """What went back of a known order at one time is one refund: a later export that has it again beside a new one repeats it."""
    found: dict[int | None, list[Line]] = {}
    for line in lines:
        found.setdefault(line.time_us if apart else None, []).append(line)
    return list(found.values())


def _refund(order: OrderTold, lines: Sequence[Line], person: dict[str, Any], *, unmatched: bool) -> dict[str, Any]:
    properties = _properties(order, lines)
    time = iso(next((line.time_us for line in lines if line.time_us is not None), order.time_us))
    message_id = content_id("refund", order.order_id, time, *(line.said for line in lines))
    return track("Order Refunded", message_id, person, time, {**properties, "unmatched": True} if unmatched else properties)


def _ends(order: OrderTold, lines: Sequence[Line], person: dict[str, Any], time: str) -> list[dict[str, Any]]:
    """Cancelled and shipped, beside completed."""
    found = []
    tracking = next((line.order_texts["tracking"] for line in lines if "tracking" in line.order_texts), "")
    properties: dict[str, Any] = {"order_id": order.order_id}
    if all(line.status == "cancelled" for line in lines):
        told = {**properties, "revenue": size(_revenue(lines))} | ({"currency": lines[0].currency} if lines[0].currency else {})
        found.append(track("Order Cancelled", content_id("cancelled", order.order_id), person, time, told))
    shipped_us = next((line.shipped_us for line in lines if line.shipped_us is not None), None)
    if shipped_us is not None or any(line.status == "shipped" for line in lines):
        at = time if shipped_us is None else iso(shipped_us)
        told = {**properties, "shipped_at": at} | ({"tracking": tracking} if tracking else {})
        found.append(track("Order Shipped", content_id("shipped", order.order_id, at, tracking), person, at, told))
    return found


def _properties(order: OrderTold, lines: Sequence[Line]) -> dict[str, Any]:
    """The order above, its lines below; a column is the order's where all lines say the same, else the line's."""
    whole = _same(lines)
    found: dict[str, Any] = {
        **whole,
        "order_id": order.order_id,
        "revenue": size(_revenue(lines)),
        **_order_amounts(lines),
        **{name: text for line in reversed(lines) for name, text in line.order_texts.items() if name != "tracking"},
        "products": [_product(line, whole) for line in lines],
    }
    if lines[0].currency:
        found["currency"] = lines[0].currency
    return found


def _revenue(lines: Sequence[Line]) -> Decimal:
    return sum([line.total for line in lines], NOTHING)


def _order_amounts(lines: Sequence[Line]) -> dict[str, Any]:
    """Tax and shipping: the same on every line, or on one alone, they are the order's; otherwise the lines' own, and add up."""
    found = {}
    for name in ("tax", "shipping", "discount"):
        told = [line.amounts[name] for line in lines if name in line.amounts]
        if told:
            found[name] = size(told[0] if name != "discount" and len(set(told)) == 1 else sum(told, NOTHING))
    return found


def _same(lines: Sequence[Line]) -> dict[str, Any]:
    first = lines[0].others
    if len(lines) == 1 or all(line.others == first for line in lines):
        return first
    return {name: value for name, value in first.items() if all(line.others.get(name) == value for line in lines)}


def _product(line: Line, whole: dict[str, Any]) -> dict[str, Any]:
    amounts = line.amounts
    found: dict[str, Any] = {name: value for name, value in line.others.items() if name not in whole}
    found.update(line.texts)
    for name, value in amounts.items():
        if name in OF_LINES:
            found[OF_LINES[name]] = size(value)
    found["amount"] = size(line.total)
    return found
