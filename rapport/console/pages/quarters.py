"""What a customer bought by quarter, and what is expected of them in those to come: the bars, and the same as a table."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from rapport.console.pages.bought import Bought, quarter_name, quarter_of
from rapport.console.pages.worth import Ahead
from rapport.lib.clock import from_us
from rapport.lib.zone import company_zone

AHEAD_QUARTERS = 4


@dataclass(frozen=True)
class Quarters:
    """Money by quarter, and from the running one on what is expected to come: with no forecast, nothing is."""

    names: list[str]
    earned: list[float]
    expected: list[float]  # of the last quarters in `names`
    code: str

    @property
    def data(self) -> dict[str, Any]:
        """For the plot: a place that has no bar is null."""
        nothing = [None] * (len(self.names) - len(self.expected))
        words = {"earned": _("bought"), "expected": _("expected")}
        return {"names": self.names, "values": self.earned, "expected": nothing + self.expected, "code": self.code, "words": words}

    @property
    def rows(self) -> list[tuple[str, float | None, float | None]]:
        """(quarter, bought, expected)."""
        late = len(self.names) - len(self.expected)
        return [
            (name, self.earned[at] if at < len(self.earned) else None, self.expected[at - late] if at >= late else None)
            for at, name in enumerate(self.names)
        ]


def quarters(sums: Bought, ahead: Ahead | None, *, now_us: int) -> Quarters:
    """What is expected is told in the same money as what was bought: revenue, by how much of it all orders of the company left."""
    today = from_us(now_us, company_zone()).date()
    running = quarter_of(today)
    names, earned = [name for name, _total in sums.quarters], [float(round(total, 2)) for _name, total in sums.quarters]
    expected: list[float] = []
    if ahead is not None and ahead.of_margin is not None:
        for number in range(running, running + AHEAD_QUARTERS + 1):
            since, until = (_begins(one) - timedelta(days=1) for one in (number, number + 1))
            if (until - ahead.as_of).days > ahead.horizon_days:
                break
            expected.append(round(ahead.between(since, until) * ahead.of_margin, 2))
            names += [quarter_name(number)] if number > running else []
    return Quarters(names, earned, expected, sums.currency or "")


def _begins(quarter: int) -> date:
    return date(quarter // 4, quarter % 4 * 3 + 1, 1)
