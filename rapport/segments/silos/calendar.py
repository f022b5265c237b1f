"""When a scheme is to be reviewed again, in the company's calendar."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from rapport.lib.refusals import Refusal
from rapport.segments.bounds import shifted_day
from rapport.segments.nodes import Duration

RHYTHM_MAX = {"day": 3660, "month": 120}


@dataclass(frozen=True)
class Rhythm:
    """Every so many days or months."""

    count: int
    unit: Literal["day", "month"]

    def __post_init__(self) -> None:
        if self.unit not in RHYTHM_MAX or not 1 <= self.count <= RHYTHM_MAX[self.unit]:
            raise Refusal("A rhythm is a number of days or months, up to ten years.", mend="Write 3 months.")

    def after(self, day: date) -> date:
        """The day so much later; a month ends where the calendar lets it."""
        return cast(date, shifted_day(day, Duration(self.count, self.unit), 1))
