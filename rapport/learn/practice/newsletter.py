"""The practice newsletter: a few issues a year to those who agreed, what they open and click, and who has had enough."""

from functools import partial

from rapport.learn.practice import company
from rapport.learn.practice.clockwork import Clockwork, day_of
from rapport.learn.practice.messages import track
from rapport.learn.practice.people import Person
from rapport.learn.practice.shop import visit
from rapport.lib.clock import DAY_US, HOUR_US

EVERY_DAYS = 56
SUBJECTS = {
    12: "Gifts he will keep",
    1: "The quiet month: knitwear",
    6: "Linen weather",
    7: "Summer sale",
    9: "Back to the office",
    11: "Coats are in",
}


def plan_issues(clock: Clockwork, people: list[Person]) -> None:
    """One mailing every few weeks, on a Thursday morning or thereabouts."""
    time_us = (clock.since_us // DAY_US + 18) * DAY_US + 9 * HOUR_US
    while time_us < clock.until_us:
        clock.at(time_us, partial(_send, clock, people))
        time_us += EVERY_DAYS * DAY_US


def _send(clock: Clockwork, people: list[Person], time_us: int) -> None:
    day = day_of(time_us)
    issue = {"campaign_name": f"Newsletter {day:%Y-%m}", "email_subject": SUBJECTS.get(day.month, "New at Halden")}
    for number, person in enumerate(people):
        if person.subscribed:
            _mail(clock, person, issue, time_us + number * 40_000)


def _mail(clock: Clockwork, person: Person, issue: dict[str, str], time_us: int) -> None:
    track(clock, company.NEWSLETTER, time_us, person, "Email Sent", issue)
    if not clock.chance(0.3):
        return
    opened_us = time_us + clock.seconds(300, 50 * 3600)
    track(clock, company.NEWSLETTER, opened_us, person, "Email Opened", issue)
    if clock.chance(0.2):
        clicked_us = opened_us + clock.seconds(5, 90)
        track(clock, company.NEWSLETTER, clicked_us, person, "Email Link Clicked", issue | {"link_url": company.SITE + "/new"})
        clock.at(clicked_us + clock.seconds(1, 3), partial(visit, clock, person))
    elif clock.chance(0.02):
        track(clock, company.NEWSLETTER, opened_us + clock.seconds(5, 90), person, "Unsubscribed", {"channel": "email"})
        person.subscribed = False
        person.wants.discard("email")
