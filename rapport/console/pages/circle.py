"""The circle at the head of home: what came in, who is new, what left, what came back. Each a figure with its days behind it.

Days that are over do not change, so they are counted seldom; today is counted anew. Mail is counted by the warehouse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from rapport.customers import queries as customers
from rapport.events import queries as log
from rapport.lib.clock import DAY_US, EPOCH, from_us, now_us
from rapport.warehouse import queries as warehouse

DAYS = 30
PERIODS = (1, 7, 30)
KEPT_SECONDS = 20  # whoever reloads in between gets the same figures
PAST_KEPT_SECONDS = 900
MAIL = {
    "sent": "Email Sent",
    "opened": "Email Opened",
    "clicked": "Email Link Clicked",
    "unsubscribed": "Unsubscribed",
    "bounced": "Email Bounced",
}


@dataclass(frozen=True)
class Flow:
    """Counts of the last days, the oldest first."""

    values: Sequence[int]

    def within(self, days: int) -> int:
        return sum(self.values[-days:])

    @property
    def any(self) -> bool:
        return any(self.values)

    @property
    def line(self) -> str:
        """The path of a sparkline in a box of 100 by 28."""
        most = max(self.values) or 1
        step = 100 / max(1, len(self.values) - 1)
        return "M" + " L".join(f"{place * step:.1f} {27 - 25 * value / most:.1f}" for place, value in enumerate(self.values))

    @property
    def area(self) -> str:
        return f"{self.line} L100 28 L0 28 Z"


@dataclass(frozen=True)
class Circle:
    """The flows of the last DAYS, all by UTC day."""

    days: Sequence[date]
    facts: Flow
    people: Flow
    mail: Mapping[str, Flow]
    known: int  # customers in all

    @property
    def names(self) -> list[str]:
        return [f"{day.day} {day:%b}" for day in self.days]

    @property
    def facts_plot(self) -> dict[str, Any]:
        return {"names": self.names, "values": list(self.facts.values), "of": _("facts")}

    @property
    def mail_plot(self) -> dict[str, Any]:
        """The last two weeks: mails above, who answered below."""
        part = {name: list(flow.values[-14:]) for name, flow in self.mail.items()}
        words = {"sent": _("mails"), "opened": _("opened"), "clicked": _("clicked")}
        return {"names": [str(day.day) for day in self.days[-14:]], "full": self.names[-14:], "words": words, **part}

    @property
    def mail_table(self) -> dict[str, Any]:
        heads = [_("Day"), _("Mails"), _("Opened"), _("Clicked"), _("Unsubscribed"), _("Bounced")]
        columns = [self.mail[name].values for name in MAIL]
        rows = [[name, *(column[place] for column in columns)] for place, name in enumerate(self.names)]
        return {"heads": heads, "rows": rows[::-1][:14]}


def circle() -> Circle:
    today = now_us() // DAY_US
    numbers = range(today - DAYS + 1, today + 1)
    kept: dict[str, list[int]] | None = cache.get(f"console.circle.{today}")
    if kept is None:
        kept = {
            "facts": _facts(today),
            "people": _flow(customers.new_by_day(numbers[0] * DAY_US), numbers),
            **_mail(numbers),
        }
        cache.set(f"console.circle.{today}", kept, KEPT_SECONDS)
    days = [from_us(number * DAY_US).date() for number in numbers]
    return Circle(days, Flow(kept["facts"]), Flow(kept["people"]), {name: Flow(kept[name]) for name in MAIL}, everyone())


def everyone() -> int:
    """How many customers there are, as of a moment ago."""
    known: int | None = cache.get("console.everyone")
    if known is None:
        known = customers.known_count()
        cache.set("console.everyone", known, KEPT_SECONDS)
    return known


def _facts(today: int) -> list[int]:
    first = today - DAYS + 1
    past: list[int] | None = cache.get(f"console.circle.past.{today}")
    if past is None:
        counted = log.facts_by_day(first * DAY_US)
        past = [dict(counted).get(EPOCH.date() + timedelta(days=number), 0) for number in range(first, today)]
        cache.set(f"console.circle.past.{today}", past, PAST_KEPT_SECONDS)
    return [*past, sum(count for _day, count in log.facts_by_day(today * DAY_US))]


def _mail(numbers: range) -> dict[str, list[int]]:
    kinds = log.catalogue().event_types
    tables = {name: kinds[kind].table for name, kind in MAIL.items() if kind in kinds}
    counted = warehouse.facts_by_day(sorted(tables.values()), numbers[0] * DAY_US)
    return {name: _flow(counted.get(tables.get(name, ""), {}), numbers) for name in MAIL}


def _flow(counted: Mapping[int, int], numbers: range) -> list[int]:
    return [counted.get(number, 0) for number in numbers]
