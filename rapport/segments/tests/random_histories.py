"""Histories made by chance from a seed: a dozen or two customers whose facts crowd the edges where evaluators differ.

Visitors joined later, aliases, late facts and facts to come, facts to the microsecond on the edge of a window, lists, values
that do not fit, money with and without a rate, consent given and taken back, suppressed addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from rapport.lib.clock import DAY_US, HOUR_US, from_us
from rapport.segments.nodes import Duration
from rapport.segments.person.moments import Now, day_of
from rapport.segments.tests.cases.playing import moment_us
from rapport.segments.tests.cases.world import World, alias, identify, track

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Europe/Berlin")
RECEIVED = "2026-07-01T00:00:00Z"
ANCHORS = ("2026-06-30T12:00:00Z", "2026-03-31T09:30:00Z", "2026-03-29T01:15:00.000001Z", "2026-02-28T12:00:00Z")  # moments to ask for
DURATIONS = (
    Duration(1, "minute"), Duration(90, "minute"), Duration(36, "hour"), Duration(1, "day"), Duration(7, "day"), Duration(30, "day"),
    Duration(2, "week"), Duration(1, "month"), Duration(13, "month"), Duration(1, "year"),
)  # fmt: skip
CITIES = ("Porto", "Omaha", "São Paulo", "Sa\u0303o Paulo", "porto", "", "Port", '50% "off"')
CATEGORIES, SKUS = ("Shirts", "Belts", "Shoes"), ("S-1", "S-2", "B-1", "B-2")
CURRENCIES = ("USD", "USD", "USD", "EUR", "EUR", "JPY", "GBP")
RATES = {"EUR": "1.0837", "JPY": "0.006543211"}  # on two days of three; GBP has never one
AMOUNTS = (0, 10, 10.1, 0.1, 99.99, "10.10", "250", -5, 33.333333)
NUMBERS = (0, 1, 2, 3, 5, 2.5, 0.1, -1, 1e6)
MISFITS: tuple[Any, ...] = (None, "5", 5, True, [], ["x"], {"x": 1}, "2026-02-30", 1e18, "")
GAPS_US = (0, 0, 60_000_000, HOUR_US, 36 * HOUR_US, DAY_US, 7 * DAY_US)
BRANCHES = {"Porto": (41.1496, -8.611), "Lisbon": (38.7223, -9.1393), "Suva": (-18.1416, 178.4419), "North": (90.0, 0.0)}
LATITUDES = (41.1496, 41.15, 41.2, 38.7223, -18.1416, -18.0, 89.9, 90, 0, 95, -90.5)
LONGITUDES = (-8.611, -8.6, -8.7, -9.1393, 178.4419, -179.9, 179.95, 0, 180, -180, 181)
PEOPLE_LISTS = ("VIPs", "told at the till", "empty handed")
CHANNELS = ("email", "sms", "post", "push")


@dataclass
class RandomHistory:
    """What is told of some customers, the own times of those facts, and the days their money needs a rate of."""

    facts: list[dict[str, Any]] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)
    money_days: set[tuple[str, str]] = field(default_factory=set)
    user_ids: list[str] = field(default_factory=list)


def random_world(seeds: Sequence[int]) -> tuple[World, list[int]]:
    """Several histories side by side in one company, as a world without questions; and the own times of their facts."""
    chance = Random(f"company {seeds}")
    zone = chance.choice(ZONES)
    histories = [_Teller(seed, zone).history() for seed in seeds]
    days = sorted({day for history in histories for day in history.money_days})
    rates = [(code, day, RATES[code]) for code, day in days if code in RATES and chance.random() < 0.67]
    facts = [*_Teller(seeds[0], zone).teaching(), *(fact for history in histories for fact in history.facts)]
    names = [*(name for history in histories for name in history.user_ids), "nobody we know"]
    lists = {name: chance.sample(names, chance.randint(1, len(names) // 2)) for name in PEOPLE_LISTS}
    world = World(
        f"histories {seeds}", ANCHORS[0], facts, [], zone=zone, received=RECEIVED, rates=rates, branches=dict(BRANCHES), lists=lists
    )
    return world, sorted({us for history in histories for us in history.times_us})


class _Teller:
    """Tells one history. What it tells follows from the seed alone, and from the company's zone."""

    def __init__(self, seed: int, zone: str) -> None:
        self.chance, self.seed, self.zone = Random(seed), seed, zone
        self.anchors_us = [moment_us(text) for text in ANCHORS]
        self.told = RandomHistory()

    def history(self) -> RandomHistory:
        for number in range(self.chance.randint(10, 18)):
            self.told.facts += self.customer(f"h{self.seed}c{number}")
        self.told.facts += [self.fact_of(f"?h{self.seed}stray") for _ in range(3)]
        if self.chance.random() < 0.6:
            self.chance.shuffle(self.told.facts)  # told in any order: many come late
        return self.told

    def teaching(self) -> list[dict[str, Any]]:
        """First facts in which every property has a value of its kind."""
        long_ago = "2020-01-01T00:00:00Z"
        booking = self.booking() | {"departure": "2020-02-01", "check_in": "2020-02-01T08:00:00Z", "seats": 1, "flexible": True}
        booking |= {"tags": ["a"], "marks": [1], "address": {"city": "Oslo", "geo": {"zone": 1}}}
        booking |= {"legs": [{"from": "JFK", "miles": 1.5, "day": "2020-02-01", "stops": ["LHR"]}]}
        traits: dict[str, Any] = {
            "points": 1,
            "vip": True,
            "tags": ["a"],
            "plan": "gold",
            "renewal": "2020-02-01",
            "seen_at": "2020-02-01T08:00:00Z",
        }
        return [
            identify("teacher", long_ago, **traits, home={"floor": 1}),
            track("teacher", "Booked", long_ago, **booking),
            track("teacher", "Order Completed", long_ago, order_id="first", revenue=1, currency="USD"),
            track("teacher", "Feedback Given", long_ago, score=3, comment="Porto"),
        ]

    def customer(self, name: str) -> list[dict[str, Any]]:
        """One customer's facts, under their user id and whatever other id they had."""
        ids, facts = [name], [identify(name, self.time(), **self.traits(name))]
        if self.chance.random() < 0.5:
            ids.append(f"?{name}-web")
            facts += [identify(name, self.time(), at=f"{name}-web", **self.traits(name)) for _ in range(self.chance.randint(0, 2))]
        if self.chance.random() < 0.3:
            ids.append(f"{name}-old")
            facts.append(alias(name, f"{name}-old", self.time()))
        if self.chance.random() < 0.1:
            facts.append(identify(name, self.time(), at=f"h{self.seed}kiosk"))
            ids.append(f"?h{self.seed}kiosk")
        self.told.user_ids += [one for one in ids if not one.startswith("?")]
        facts += [self.fact_of(self.chance.choice(ids)) for _ in range(self.chance.randint(0, 12))]
        facts += [self.word_on_consent(self.chance.choice(ids)) for _ in range(self.chance.randint(0, 4))]
        if self.chance.random() < 0.3:
            said = self.chance.choice(("Address Suppressed", "Address Suppressed", "Suppression Lifted"))
            facts.append(track("provider", said, self.time(), channel="email", address=f"{name}@example.com"))
        return facts

    # What a fact says

    def fact_of(self, who: str) -> dict[str, Any]:
        time = self.time()
        match self.chance.choice(("order", "order", "order", "booking", "booking", "feedback", "page", "mail", "refund")):
            case "order":
                return track(who, "Order Completed", time, **self.money(time), **self.lines())
            case "booking":
                return track(who, "Booked", time, **self.booking())
            case "feedback":
                return track(who, "Feedback Given", time, score=self.odd(self.pick(NUMBERS)), comment=self.odd(self.pick(CITIES)))
            case "page":
                page = {"type": "page", "timestamp": time, "name": self.pick(CITIES)}
                return page | ({"anonymousId": who[1:]} if who.startswith("?") else {"userId": who})
            case "mail":
                return track(who, "Email Sent", time, email_id=self.pick(SKUS))
        return track(who, "Order Refunded", time, **self.money(time))

    def money(self, time: str) -> dict[str, Any]:
        code = self.pick(CURRENCIES)
        self.told.money_days.add((code, day_of(moment_us(time), ZoneInfo(self.zone)).isoformat()))
        said = {"order_id": str(self.chance.randrange(10**6)), "revenue": self.odd(self.pick(AMOUNTS)), "currency": code}
        return said if self.chance.random() < 0.9 else {"order_id": said["order_id"], "coupon": self.pick(CITIES)}

    def lines(self) -> dict[str, Any]:
        """Mostly a few lines; at times none, an empty one, or something that is no list of things."""
        if self.chance.random() < 0.15:
            return {} if self.chance.random() < 0.5 else {"products": self.pick(MISFITS)}
        return {"products": [self.line() for _ in range(self.chance.randint(1, 4))]}

    def line(self) -> Any:
        if self.chance.random() < 0.06:
            return self.pick(({}, {"sku": "S-1"}))
        return {
            "sku": self.odd(self.pick(SKUS)), "category": self.odd(self.pick(CATEGORIES)),
            "quantity": self.odd(self.pick(NUMBERS)), "price": self.odd(self.pick(AMOUNTS)),
        }  # fmt: skip

    def booking(self) -> dict[str, Any]:
        legs = [
            {
                "from": self.odd(self.pick(("JFK", "LHR"))),
                "miles": self.odd(self.pick(NUMBERS)),
                "day": self.odd(self.day()),
                "stops": self.odd(["LHR"]),
            }
            for _ in range(self.chance.randint(0, 3))
        ]
        geo = {"zone": self.odd(self.pick(NUMBERS))}
        said = {
            "departure": self.odd(self.day()),
            "check_in": self.odd(self.moment_text()),
            "seats": self.odd(self.pick(NUMBERS)),
            "flexible": self.odd(self.pick((True, False))),
            "tags": self.odd(self.some(("a", "b", "ab", ""))),
            "marks": self.odd(self.some(NUMBERS)),
            "address": self.odd({"city": self.odd(self.pick(CITIES)), "geo": geo}),
            "legs": self.odd(legs),
        }
        return {name: value for name, value in said.items() if self.chance.random() < 0.8}

    def traits(self, name: str) -> dict[str, Any]:
        mail = self.pick((f"{name}@example.com", f"{name}@example.com", f"{name.upper()}@Example.com", "nowhere"))
        said = {
            "email": mail,
            "phone": f"+1402555{sum(map(ord, name)):04}",
            "city": self.odd(self.pick(CITIES)),
            "points": self.odd(self.pick(NUMBERS)),
            "vip": self.odd(self.pick((True, False))),
            "tags": self.odd(self.some(("a", "b", "ab"))),
            "plan": self.odd(self.pick(CITIES)),
            "renewal": self.odd(self.day()),
            "birthday": self.odd(self.birthday()),
            "seen_at": self.odd(self.moment_text()),
            "home": self.odd({"floor": self.odd(self.pick(NUMBERS))}),
            "postalCode": "10115",
            "latitude": self.odd(self.pick(LATITUDES)),
            "longitude": self.odd(self.pick(LONGITUDES)),
        }
        return {trait: value for trait, value in said.items() if self.chance.random() < 0.5}

    def word_on_consent(self, who: str) -> dict[str, Any]:
        said = {"channel": self.pick(CHANNELS), "purpose": self.pick(("marketing", "newsletter"))}
        said = {name: value for name, value in said.items() if self.chance.random() < 0.85}
        event = self.pick(("Consent Given", "Consent Given", "Consent Given", "Consent Withdrawn", "Unsubscribed"))
        return track(who, event, self.time(), **said)

    # Chance

    def pick(self, values: Any) -> Any:
        return self.chance.choice(values)

    def some(self, values: Any) -> list[Any]:
        return [self.pick(values) for _ in range(self.chance.randint(0, 3))]

    def odd(self, value: Any) -> Any:
        """The value; at times one that does not fit, or none."""
        return self.pick(MISFITS) if self.chance.random() < 0.08 else value

    def time(self) -> str:
        """A fact's own time; half of them on the edge of a window, some still to come. Kept, to be asked about."""
        us = self.moment()
        self.told.times_us.append(us)
        return from_us(us).isoformat().replace("+00:00", "Z")

    def moment(self) -> int:
        anchor, kind = self.pick(self.anchors_us), self.chance.random()
        if self.told.times_us and kind > 0.85:  # after another, or at once with it
            return int(self.pick(self.told.times_us[-12:]) + self.pick(GAPS_US) + self.pick((-1, 0, 0, 1)))
        if kind < 0.4:
            return self.edge(anchor, ahead=False)
        if kind < 0.55:
            return int(anchor + self.pick((-1, 0, 0, 1)))
        if kind < 0.6:
            return self.anchors_us[0] + self.chance.randint(24 * HOUR_US, 60 * DAY_US)
        return int(anchor - self.chance.randint(0, self.pick((1, 40, 700)) * DAY_US))

    def edge(self, anchor: int, *, ahead: bool) -> int:
        shifted = Now(anchor, ZoneInfo(self.zone)).shifted_us(self.pick(DURATIONS), ahead=ahead)
        return shifted + int(self.pick((-1, 0, 0, 1)))

    def moment_text(self) -> str:
        """A moment as data has it: in UTC, with an offset, by the company's clock, or a bare day."""
        us = self.edge(self.pick(self.anchors_us), ahead=self.chance.random() < 0.5)
        local = from_us(us, ZoneInfo(self.zone))
        return str(
            self.pick((from_us(us).isoformat(), local.isoformat(), local.replace(tzinfo=None).isoformat(), local.date().isoformat()))
        )

    def day(self) -> str:
        today = day_of(self.pick(self.anchors_us), ZoneInfo(self.zone))
        return str(
            (today + timedelta(days=self.pick((-366, -31, -30, -14, -7, -2, -1, 0, 0, 1, 2, 6, 7, 13, 14, 29, 30, 31, 365)))).isoformat()
        )

    def birthday(self) -> str:
        if self.chance.random() < 0.2:
            return "1996-02-29"
        day = self.day()
        return f"{self.chance.randint(1940, 2008)}{day[4:]}" if not day.endswith("02-29") else day
