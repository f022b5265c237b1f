"""The practice shop: visits to its site, orders there and at its tills, parcels, reviews, refunds and cancellations."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from rapport.learn.practice import company
from rapport.learn.practice.clockwork import OPEN_HOURS, WEB_HOURS, Clockwork, day_of
from rapport.learn.practice.messages import (
    Properties,
    all_traits,
    identify,
    item_properties,
    page,
    stranger_page,
    stranger_views,
    track,
)
from rapport.learn.practice.people import Person, new_device
from rapport.lib.clock import DAY_US, HOUR_US

REFERRERS = ("", "", "https://search.example/", "https://style-blog.example/autumn", "https://social.example/halden")
PAYMENTS = ("card", "card", "paypal", "invoice", "bank transfer")
GOOD_WORDS: tuple[str, ...] = (
    "Fits perfectly, thank you.",
    "Sehr gute Qualität, gerne wieder.",
    "Muy buena calidad y entrega rápida.",
    "Prachtig overhemd.",
    "Très belle coupe.",
    "質料很好，下次再買。",
    "",
    "",
)
LATE_WORDS: tuple[str, ...] = (
    "The parcel came far too late for the wedding.",
    "Zwei Wochen Wartezeit, keine Nachricht. Enttäuschend.",
    "El paquete llegó muy tarde.",
    "Veel te laat geleverd.",
    "Colis arrivé beaucoup trop tard.",
    "包裹遲了兩個星期。",
)
POOR_WORDS: tuple[str, ...] = ("A seam came loose after one wash.", "Größe fällt viel zu klein aus.", "El color no es el de la foto.", "")


@dataclass(frozen=True, slots=True)
class Bought:
    """An order of the practice shop, as later steps need it."""

    person: Person
    order_id: str
    lines: tuple[Properties, ...]
    revenue_cents: int
    late: bool


def stranger_visits(clock: Clockwork, time_us: int) -> None:
    """A visit of somebody nobody will ever know."""
    device = new_device(clock.rng)
    item = clock.rng.choice(company.ITEMS)
    stranger_page(clock, time_us, device, *(("Home", "/") if clock.chance(0.5) else (item.category, f"/{item.category.lower()}")))
    if clock.chance(0.6):
        stranger_views(clock, time_us + clock.seconds(15, 90), device, item)


def visit(clock: Clockwork, person: Person, time_us: int) -> None:
    """They look round and buy nothing; sometimes something stays in the cart."""
    if not clock.has_room:
        return
    _renew_device(clock, person)
    _, time_us = _look_round(clock, person, time_us)
    if clock.chance(0.25):
        item = _pick_item(clock, person)
        track(clock, company.SHOP, time_us, person, "Product Added", item_properties(item) | {"quantity": 1}, by_device=True)


def order_online(clock: Clockwork, person: Person, time_us: int) -> None:
    """A visit that ends at the checkout, where they sign in: what they looked at before becomes theirs."""
    _renew_device(clock, person)
    seen, time_us = _look_round(clock, person, time_us)
    track(clock, company.SHOP, time_us, person, "Product Added", item_properties(seen) | {"quantity": 1}, by_device=True)
    clock.at(time_us + clock.seconds(40, 240), partial(_check_out, clock, person, seen))


def _check_out(clock: Clockwork, person: Person, seen: company.Item, time_us: int) -> None:
    if not person.signed_in:
        sign_in(clock, person, time_us)
        time_us += clock.seconds(30, 200)
    bought = _order(clock, person, time_us, channel="web", first=seen)
    _after_online(clock, bought, time_us)


def sign_in(clock: Clockwork, person: Person, time_us: int) -> None:
    """At the checkout: a first account, or the known one in a new browser."""
    traits = {"email": person.email} if person.known else all_traits(person, created_us=time_us)
    identify(clock, company.SHOP, time_us, person, traits, by_device=True)
    if not person.known:
        ask_consent(clock, person, time_us + clock.seconds(1, 20), where="checkout", share=0.55)
    person.known = person.signed_in = True


def order_at_till(clock: Clockwork, person: Person, time_us: int) -> None:
    """In a branch: the customer card is read, the goods are paid and taken along."""
    if not person.known:
        identify(clock, company.TILLS, time_us, person, all_traits(person, created_us=time_us))
        ask_consent(clock, person, time_us + clock.seconds(10, 50), where=f"card, branch {person.branch}", share=0.4)
        time_us += clock.seconds(60, 400)
        person.known = True
    bought = _order(clock, person, time_us, channel="branch", first=_pick_item(clock, person))
    if clock.chance(0.06):
        clock.at(time_us + clock.days(1, 6), partial(_review, clock, bought))


def ask_consent(clock: Clockwork, person: Person, time_us: int, *, where: str, share: float) -> None:
    """The box at sign-up: some tick it. The newsletter reaches those who did."""
    wishes = [("email", share), ("post", 0.15), ("sms", 0.2 if person.phone else 0)]
    for channel, likely in wishes:
        if clock.chance(likely):
            proof = f"box ticked, {where}, wording of {day_of(time_us):%Y}"
            properties = {"channel": channel, "purpose": "marketing", "source": where, "proof": proof}
            track(clock, company.SHOP, time_us, person, "Consent Given", properties)
            person.wants.add(channel)
    if "email" in person.wants:
        clock.at(time_us, partial(_subscribe, person))
    if person.wants and clock.chance(0.05):
        clock.at(time_us + clock.days(20, 400), partial(_withdraw, clock, person))


def _subscribe(person: Person, time_us: int) -> None:
    person.subscribed = "email" in person.wants


def _withdraw(clock: Clockwork, person: Person, time_us: int) -> None:
    for channel in sorted(person.wants):
        properties = {"channel": channel, "purpose": "marketing", "source": "account page"}
        track(clock, company.SHOP, time_us, person, "Consent Withdrawn", properties)
    person.wants.clear()
    person.subscribed = False


def _renew_device(clock: Clockwork, person: Person) -> None:
    """People change phones and clear their browsers; then the shop does not know them until they sign in again."""
    if clock.chance(0.12):
        person.device, person.signed_in = new_device(clock.rng), False


def _look_round(clock: Clockwork, person: Person, time_us: int) -> tuple[company.Item, int]:
    """A few pages; says what they looked at last, and when they were done."""
    item = _pick_item(clock, person)
    if clock.chance(0.4):
        page(clock, time_us, person, "Home", "/", clock.rng.choice(REFERRERS))
        time_us += clock.seconds(8, 60)
    page(clock, time_us, person, item.category, f"/{item.category.lower()}")
    for _ in range(clock.rng.choice((1, 1, 1, 2, 2, 3))):
        time_us += clock.seconds(12, 120)
        item = _pick_item(clock, person)
        track(clock, company.SHOP, time_us, person, "Product Viewed", item_properties(item), by_device=True)
    return item, time_us + clock.seconds(20, 120)


def _pick_item(clock: Clockwork, person: Person) -> company.Item:
    if clock.chance(0.45):
        return clock.rng.choice([item for item in company.ITEMS if item.category == person.favourite])
    return clock.rng.choice(company.ITEMS)


def _order(clock: Clockwork, person: Person, time_us: int, *, channel: str, first: company.Item) -> Bought:
    day = day_of(time_us)
    items = [first, *(_pick_item(clock, person) for _ in range(clock.rng.choice((0, 0, 0, 1, 1, 2, 3))))]
    lines = tuple(_line(clock, item, day) for item in dict.fromkeys(items))
    revenue_cents = sum(round(line["amount"] * 100) for line in lines)
    shipping_cents = 495 if channel == "web" and revenue_cents < 10_000 else 0
    payment = clock.rng.choice(PAYMENTS) if channel == "web" else clock.rng.choice(("card", "card", "cash"))
    properties: Properties = {
        "order_id": clock.order_id(),
        "revenue": revenue_cents / 100,
        "tax": round(revenue_cents * 19 / 119) / 100,
        "shipping": shipping_cents / 100,
        "discount": round(sum(line["discount"] for line in lines), 2),
        "total": (revenue_cents + shipping_cents) / 100,
        "currency": company.CURRENCY,
        "channel": channel,
        "payment_method": payment,
        "products": list(lines),
    }
    if channel == "branch":
        properties["branch"] = person.branch
    if payment == "card":
        properties["payment_last4"] = f"{clock.rng.randrange(10_000):04d}"
    if coupon := _coupon(day):
        properties["coupon"] = coupon
    online = channel == "web"
    track(clock, company.SHOP if online else company.TILLS, time_us, person, "Order Completed", properties, by_device=online)
    late = online and clock.chance(0.24 if day.month == 12 else 0.09)
    return Bought(person, properties["order_id"], lines, revenue_cents, late)


def _line(clock: Clockwork, item: company.Item, day: date) -> Properties:
    quantity = clock.rng.choice((1, 1, 1, 1, 2)) if item.price_cents < 10_000 else 1
    off = 0.3 if company.in_summer_sale(day) else 0.2 if company.in_black_week(day) else 0
    discount_cents = round(item.price_cents * quantity * off)
    line: Properties = item_properties(item)
    del line["currency"]  # the order says it
    line["quantity"] = quantity
    line["amount"] = (item.price_cents * quantity - discount_cents) / 100
    line["discount"] = discount_cents / 100
    line["cost"] = item.cost_cents / 100
    return line


def _coupon(day: date) -> str:
    if company.in_summer_sale(day):
        return f"SUMMER{day:%y}"
    return f"BLACK{day:%y}" if company.in_black_week(day) else ""


def _after_online(clock: Clockwork, bought: Bought, time_us: int) -> None:
    """What becomes of a web order: cancelled, or shipped, perhaps late, perhaps sent back, perhaps reviewed."""
    if clock.chance(0.035):
        clock.at(time_us + clock.seconds(600, 20 * 3600), partial(_cancel, clock, bought))
        return
    shipped_us = clock.moment(time_us + (clock.days(7, 16) if bought.late else clock.days(1, 3)), OPEN_HOURS)
    clock.at(max(shipped_us, time_us + HOUR_US), partial(_ship, clock, bought))


def _cancel(clock: Clockwork, bought: Bought, time_us: int) -> None:
    properties = {"order_id": bought.order_id, "reason": clock.rng.choice(("ordered twice", "wrong size", "changed my mind"))}
    track(clock, company.SHOP, time_us, bought.person, "Order Cancelled", properties)


def _ship(clock: Clockwork, bought: Bought, time_us: int) -> None:
    parcel = f"PK{clock.rng.randrange(10**7):07d}"
    properties = {"order_id": bought.order_id, "tracking": parcel, "late": bought.late}
    track(clock, company.SHOP, time_us, bought.person, "Order Shipped", properties)
    if clock.chance(0.6 if bought.late else 0.32 if bought.person.careful else 0.1):
        clock.at(clock.moment(time_us + clock.days(2, 9), WEB_HOURS), partial(_review, clock, bought))
    if clock.chance(0.2 if bought.late else 0.07):
        clock.at(clock.moment(time_us + clock.days(5, 24), OPEN_HOURS), partial(_refund, clock, bought))


def _refund(clock: Clockwork, bought: Bought, time_us: int) -> None:
    """All of it, or one line."""
    lines = bought.lines if clock.chance(0.5) else bought.lines[:1]
    revenue_cents = sum(round(line["amount"] * 100) for line in lines)
    properties = {"order_id": bought.order_id, "revenue": revenue_cents / 100, "currency": company.CURRENCY, "products": list(lines)}
    track(clock, company.SHOP, time_us, bought.person, "Order Refunded", properties)


def _review(clock: Clockwork, bought: Bought, time_us: int) -> None:
    """Late parcels get bad words; others seldom."""
    if bought.late and clock.chance(0.8):
        score, words = clock.rng.choice((1, 1, 2)), LATE_WORDS
    elif clock.chance(0.12):
        score, words = clock.rng.choice((2, 3)), POOR_WORDS
    else:
        score, words = clock.rng.choice((4, 5, 5)), GOOD_WORDS
    properties: Properties = {"score": score, "order_id": bought.order_id, "about": "order"}
    if comment := clock.rng.choice(words):
        properties["comment"] = comment
    track(clock, company.SHOP, max(time_us, clock.since_us + DAY_US), bought.person, "Feedback Given", properties)
    if score <= 2 and clock.chance(0.5):
        bought.person.leaves_us = min(bought.person.leaves_us, time_us)
