"""The practice airline and its club: members, tickets, check-ins, flights, points, and what passengers say."""

from dataclasses import dataclass
from functools import partial

from rapport.learn.practice import company
from rapport.learn.practice.clockwork import FLIGHT_HOURS, WEB_HOURS, Clockwork, stamp
from rapport.learn.practice.messages import Properties, all_traits, identify, track
from rapport.learn.practice.people import Person
from rapport.learn.practice.shop import ask_consent
from rapport.lib.clock import DAY_US, HOUR_US

CABINS = (("Economy", 1.0, 82), ("Premium", 1.8, 12), ("Business", 3.6, 6))  # with the price's factor and the share
GOOD_WORDS = ("Friendly crew, on time.", "Pünktlich und freundlich.", "Un vuelo muy agradable.", "空中服務員很親切。", "")
LATE_WORDS = ("Three hours late and nobody told us why.", "Anschluss verpasst, kein Wort der Entschuldigung.", "航班嚴重延誤。")


@dataclass(frozen=True, slots=True)
class Leg:
    """One flight of one passenger."""

    person: Person
    pnr: str
    flight: str
    origin: str
    destination: str
    cabin: str
    departure_us: int


def join_club(clock: Clockwork, person: Person, time_us: int) -> None:
    """Their first hour in the club; a customer of the shop keeps the account they have."""
    traits: Properties = {} if person.known else all_traits(person, created_us=time_us)
    traits |= {"membership_number": person.membership_number, "tier": person.tier, "home_airport": person.home_airport}
    identify(clock, company.CLUB, time_us, person, traits)
    if not person.known:
        ask_consent(clock, person, time_us + clock.seconds(5, 90), where="club enrolment", share=0.6)
    person.known = person.in_club = True
    clock.at(time_us + clock.seconds(120, 40 * 24 * 3600), partial(book, clock, person))


def book(clock: Clockwork, person: Person, time_us: int) -> None:
    """A return journey. Those whose departure lies ahead are tickets still."""
    destination = clock.rng.choice([code for code in company.DESTINATIONS if code != person.home_airport])
    cabin, factor, _ = clock.rng.choices(CABINS, [share for *_, share in CABINS])[0]
    there_us = clock.moment(time_us + clock.days(7, 70), FLIGHT_HOURS)
    back_us = max(clock.moment(there_us + clock.days(2, 15), FLIGHT_HOURS), there_us + 12 * HOUR_US)
    pnr = "".join(clock.rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=6))
    number = 100 + 2 * clock.rng.randrange(200)
    there = Leg(person, pnr, f"{company.CARRIER}{number}", person.home_airport, destination, cabin, there_us)
    back = Leg(person, pnr, f"{company.CARRIER}{number + 1}", destination, person.home_airport, cabin, back_us)
    fare = round((60 + company.distance_km(there.origin, destination) * 0.11) * factor * clock.rng.uniform(0.7, 1.5))
    ticket: Properties = {
        "pnr": pnr,
        "origin": there.origin,
        "destination": destination,
        "cabin": cabin,
        "departure": stamp(there_us),
        "return": stamp(back_us),
        "fare": fare,
        "currency": company.CURRENCY,
    }
    track(clock, company.CLUB, time_us, person, "Ticket Issued", ticket)
    for leg in (there, back):
        clock.at(leg.departure_us - clock.seconds(4 * 3600, 23 * 3600), partial(_check_in, clock, leg))
        clock.at(leg.departure_us, partial(_fly, clock, leg))
    following = clock.next_moment(back_us, person.trip_gap_days, company.travel_season, WEB_HOURS)
    if following < person.leaves_us:
        clock.at(following, partial(book, clock, person))


def _check_in(clock: Clockwork, leg: Leg, time_us: int) -> None:
    seat = f"{clock.rng.randint(1, 32)}{clock.rng.choice('ABCDEF')}"
    properties = {"pnr": leg.pnr, "flight": leg.flight, "origin": leg.origin, "seat": seat}
    track(clock, company.CLUB, time_us, leg.person, "Checked In", properties)


def _fly(clock: Clockwork, leg: Leg, time_us: int) -> None:
    delay_minutes = clock.rng.randint(45, 260) if clock.chance(0.12) else 0
    landed_us = time_us + int(company.distance_km(leg.origin, leg.destination) / 780 * HOUR_US) + delay_minutes * 60_000_000
    properties = {
        "pnr": leg.pnr,
        "flight": leg.flight,
        "origin": leg.origin,
        "destination": leg.destination,
        "cabin": leg.cabin,
        "distance_km": company.distance_km(leg.origin, leg.destination),
        "delay_minutes": delay_minutes,
    }
    track(clock, company.CLUB, landed_us, leg.person, "Flight Taken", properties)
    clock.at(landed_us + clock.seconds(3600, 30 * 3600), partial(_earn, clock, leg))
    if clock.chance(0.4 if delay_minutes else 0.06):
        clock.at(landed_us + clock.days(0.2, 3), partial(_say, clock, leg, delay_minutes > 0))


def _earn(clock: Clockwork, leg: Leg, time_us: int) -> None:
    """Points for the distance; enough of them lift the member a tier."""
    person = leg.person
    points = company.distance_km(leg.origin, leg.destination) * (2 if leg.cabin == "Business" else 1)
    person.points += points
    track(clock, company.CLUB, time_us, person, "Points Earned", {"points": points, "flight": leg.flight, "balance": person.points})
    tier = [name for least, name in company.TIERS if person.points >= least][-1]
    if tier != person.tier:
        person.tier = tier
        identify(clock, company.CLUB, time_us + clock.seconds(1, 5), person, {"tier": tier})


def _say(clock: Clockwork, leg: Leg, delayed: bool, time_us: int) -> None:
    score = clock.rng.choice((1, 2, 2, 3)) if delayed else clock.rng.choice((3, 4, 5, 5))
    properties: Properties = {"score": score, "about": "flight", "flight": leg.flight}
    if comment := clock.rng.choice(LATE_WORDS if delayed else GOOD_WORDS):
        properties["comment"] = comment
    track(clock, company.CLUB, time_us, leg.person, "Feedback Given", properties)


def first_membership(clock: Clockwork, person: Person, joined_us: int) -> None:
    """A customer of the shop who joins the club some time later."""
    clock.at(joined_us + clock.days(3, 300) + DAY_US, partial(join_club, clock, person))
