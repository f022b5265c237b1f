"""The simulation's clockwork: an agenda of steps and messages, taken out in time order, and the chance that moves it."""

import heapq
import random
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from typing import Any, NamedTuple

from rapport.learn.practice import company
from rapport.lib.clock import DAY_US, HOUR_US, from_us

MINUTE_US = HOUR_US // 60
Season = Callable[[date], float]
Step = Callable[[int], None]

WEB_HOURS = (2, 1, 1, 0, 0, 1, 2, 4, 5, 6, 6, 6, 8, 7, 6, 6, 6, 7, 9, 11, 13, 12, 8, 4)
OPEN_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 7, 9, 8, 8, 9, 11, 12, 9, 0, 0, 0, 0, 0)
FLIGHT_HOURS = (0, 0, 0, 0, 0, 2, 8, 9, 7, 5, 5, 5, 4, 5, 5, 6, 7, 8, 6, 4, 3, 1, 0, 0)


class Told(NamedTuple):
    """A message on its way to a door: who sends it, when, and its Segment-spec body."""

    source: str
    time_us: int
    message: dict[str, Any]


class Clockwork:
    """The same seed, span and customers tell the same story. What lies after `until_us` is never told."""

    def __init__(self, *, seed: int, since_us: int, until_us: int, facts_max: int) -> None:
        self.rng = random.Random(seed)
        self.seed, self.since_us, self.until_us, self.facts_max = seed, since_us, until_us, facts_max
        self.told = 0
        self.now_us = since_us
        self._numbers = count(1)
        self._order_numbers = count(200_001)
        self._agenda: list[tuple[int, int, Step | Told]] = []

    def at(self, time_us: int, step: Step) -> None:
        """Take this step then, unless then is after the end. Nothing happens in the past."""
        self._plan(time_us, step)

    def say(self, source: str, time_us: int, message: dict[str, Any]) -> None:
        self._plan(time_us, Told(source, max(time_us, self.now_us), message))

    def run(self) -> Iterator[Told]:
        """Everything that happened, in time order; bounded by `facts_max`."""
        while self._agenda and self.told < self.facts_max:
            time_us, _, entry = heapq.heappop(self._agenda)
            self.now_us = time_us
            if isinstance(entry, Told):
                self.told += 1
                entry.message["messageId"] = message_id(self.seed, self.told)
                entry.message["timestamp"] = stamp(time_us)
                yield entry
            else:
                entry(time_us)

    def _plan(self, time_us: int, entry: Step | Told) -> None:
        if time_us < self.until_us:
            heapq.heappush(self._agenda, (max(time_us, self.now_us), next(self._numbers), entry))

    @property
    def has_room(self) -> bool:
        """False near the bound: then idle visits are left out, so that what matters still fits."""
        return self.told < 0.93 * self.facts_max

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def order_id(self) -> str:
        return f"H-{next(self._order_numbers)}"

    def seconds(self, least: float, most: float) -> int:
        """A span between two numbers of seconds, in microseconds."""
        return int(self.rng.uniform(least, most) * 1_000_000)

    def days(self, least: float, most: float) -> int:
        return int(self.rng.uniform(least, most) * DAY_US)

    def moment(self, day_us: int, hours: tuple[int, ...]) -> int:
        """A moment on that day, at an hour people keep."""
        hour = self.rng.choices(range(24), hours)[0]
        return day_us // DAY_US * DAY_US + hour * HOUR_US + self.rng.randrange(HOUR_US)

    def next_moment(self, after_us: int, mean_days: float, season: Season, hours: tuple[int, ...]) -> int:
        """The next of a stream of moments that come every `mean_days`, oftener in season."""
        time_us = float(after_us)
        while time_us < self.until_us:
            time_us += self.rng.expovariate(company.PEAK / (mean_days * DAY_US))
            if self.chance(season(day_of(int(time_us))) / company.PEAK):
                break
        return max(after_us + MINUTE_US, self.moment(int(time_us), hours))

    def any_moment(self, season: Season, hours: tuple[int, ...], *, since_us: int | None = None, until_us: int | None = None) -> int:
        """A moment of the whole span, likelier in season, and likelier later: the company grows."""
        first, last = self.since_us if since_us is None else since_us, self.until_us if until_us is None else until_us
        while True:
            share = self.rng.random()
            time_us = first + int(share * (last - first))
            if self.chance(season(day_of(time_us)) / company.PEAK * (0.7 + 0.3 * share)):
                return max(first, self.moment(time_us, hours))


def message_id(seed: int, number: int) -> str:
    """Of the n-th message of a story: told again, it is repeated."""
    return f"practice-{seed}-{number:07d}"


def day_of(time_us: int) -> date:
    return from_us(time_us).date()


def stamp(time_us: int) -> str:
    """As SDKs write it: to the millisecond, in UTC."""
    return from_us(time_us).isoformat(timespec="milliseconds").replace("+00:00", "Z")
