"""The whole past of the practice company: who its customers are, how each of them came, and what they did since."""

from collections.abc import Iterator
from functools import partial

from rapport.learn.practice import company
from rapport.learn.practice.clockwork import MINUTE_US, OPEN_HOURS, WEB_HOURS, Clockwork, Told
from rapport.learn.practice.club import first_membership, join_club
from rapport.learn.practice.messages import all_traits, identify
from rapport.learn.practice.newsletter import plan_issues
from rapport.learn.practice.people import Person, make_person
from rapport.learn.practice.shop import ask_consent, order_at_till, order_online, stranger_visits, visit
from rapport.lib.clock import DAY_US

YEARS_DAYS = 731
CUSTOMERS = 3_000
CUSTOMERS_MIN, CUSTOMERS_MAX = 20, 50_000
FACTS_PER_CUSTOMER_MAX = 33  # 3,000 customers tell at most 99,000 facts
STRANGERS_PER_CUSTOMER = 0.5


def facts_max(customers: int) -> int:
    return customers * FACTS_PER_CUSTOMER_MAX


def span_us(until_us: int) -> tuple[int, int]:
    """From when to when the story goes."""
    return (until_us // DAY_US - YEARS_DAYS) * DAY_US, until_us


def tell(*, seed: int, customers: int, until_us: int) -> Iterator[Told]:
    """Two years of messages in time order, ending at `until_us`. The same arguments tell the same story."""
    assert CUSTOMERS_MIN <= customers <= CUSTOMERS_MAX, f"{CUSTOMERS_MIN} to {CUSTOMERS_MAX} customers"
    clock = Clockwork(seed=seed, since_us=span_us(until_us)[0], until_us=until_us, facts_max=facts_max(customers))
    people = [_person(clock, number) for number in range(1, customers + 1)]
    for person in people:
        _bring(clock, person)
    for _ in range(int(customers * STRANGERS_PER_CUSTOMER)):
        clock.at(clock.any_moment(company.shop_season, WEB_HOURS), partial(stranger_visits, clock))
    plan_issues(clock, people)
    return clock.run()


def _person(clock: Clockwork, number: int) -> Person:
    """Most buy once; some come again and again; some of those have left; some only fly."""
    rng = clock.rng
    never_us = clock.until_us + DAY_US
    gap_days, leaves_us = 0.0, never_us
    habit = rng.random()
    if habit > 0.62:
        gap_days = rng.lognormvariate(4.75, 0.45)  # about 115 days
    if habit > 0.83:  # the lapsed
        leaves_us = clock.since_us + int(rng.uniform(0.15, 0.7) * (clock.until_us - clock.since_us))
    trip_gap_days = rng.lognormvariate(5.5, 0.5) if rng.random() < 0.38 else 0.0  # about 245 days
    return make_person(rng, number, gap_days=gap_days, leaves_us=leaves_us, trip_gap_days=trip_gap_days)


def _bring(clock: Clockwork, person: Person) -> None:
    """How they came: over from the old system, by an order in the shop, or by the club."""
    rng = clock.rng
    if rng.random() < 0.3:
        clock.at(clock.since_us + person.number * 1_000_000, partial(_carry_over, clock, person))
    elif person.trip_gap_days and rng.random() < 0.55:
        clock.at(_join_moment(clock, person), partial(join_club, clock, person))
    else:
        joined_us = _join_moment(clock, person)
        clock.at(joined_us, partial(_shop, clock, person))
        if person.trip_gap_days:
            first_membership(clock, person, joined_us)


def _join_moment(clock: Clockwork, person: Person) -> int:
    """The lapsed came early enough to lapse; nobody comes after the end."""
    moment = clock.any_moment(company.shop_season, WEB_HOURS, until_us=min(person.leaves_us, clock.until_us))
    return min(moment, clock.until_us - 30 * MINUTE_US)


def _carry_over(clock: Clockwork, person: Person, time_us: int) -> None:
    """A customer of the years before: the old system knew them, their old orders are not told again."""
    identify(clock, company.SHOP, time_us, person, all_traits(person, created_us=time_us - clock.days(40, 1800)))
    person.known = True
    ask_consent(clock, person, time_us + clock.seconds(0.1, 0.9), where="moved over", share=0.45)
    if person.gap_days:
        clock.at(clock.next_moment(time_us, person.gap_days, company.shop_season, WEB_HOURS), partial(_shop, clock, person))
    elif clock.chance(0.55):
        clock.at(clock.any_moment(company.shop_season, WEB_HOURS), partial(_shop, clock, person))
    if person.trip_gap_days:
        first_membership(clock, person, time_us)


def _shop(clock: Clockwork, person: Person, time_us: int) -> None:
    """An order, on the site or in their branch; those who come again have their next one planned."""
    if person.branch and clock.chance(0.6):
        till_us = clock.moment(time_us, OPEN_HOURS)
        order_at_till(clock, person, till_us if time_us < till_us < clock.until_us else time_us)
    else:
        order_online(clock, person, time_us)
    if clock.chance(0.5 if person.gap_days else 0.25):
        clock.at(clock.moment(time_us + clock.days(2, 120), WEB_HOURS), partial(visit, clock, person))
    if person.gap_days:
        following = clock.next_moment(time_us, person.gap_days, company.shop_season, WEB_HOURS)
        if following < person.leaves_us:
            clock.at(following, partial(_shop, clock, person))
