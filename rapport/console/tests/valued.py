"""A small shop whose customers have been valued: by chance regulars, some who stopped, and a few who rarely buy for a lot."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from rapport.lib.clock import fixed
from rapport.segments import actions as segments
from rapport.segments.refresh import kept
from rapport.value.models import Fit
from rapport.value.valuation import Options
from rapport.value.valuing import fit_now
from rapport.warehouse import actions as warehouse
from tests.cast import TODAY, identify, order

REGULARS, RARE, DAYS = 220, 14, 560
LATER = TODAY + timedelta(minutes=1)
HOSTILE = "<script>alert(1)</script>"


def tell_of_a_shop(tell: Callable[..., None]) -> None:
    """Each with their own rate and amount; every third stops some day, and the rare ones come once in a long while."""
    chance = np.random.default_rng(11)
    for n in range(REGULARS):
        begun, rate = int(chance.integers(40, DAYS)), chance.gamma(1.2, 1 / 45)
        ends = int(chance.integers(1, begun)) if n % 3 == 0 else 1
        days = [day for day in range(ends, begun) if chance.random() < rate] + [begun]
        spent = chance.gamma(6, 5)
        tell(identify(f"p{n}", days_ago=begun + 1, email=f"p{n}@example.com", first_name="Person", last_name=f"No {n}"))
        tell(*(order(f"p{n}", f"o{n}-{day}", days_ago=day, sku="BELT", price=round(float(spent), 2)) for day in days))
    for n in range(RARE):
        days = [30 + n * 3 + gap for gap in (0, 170, 350)]
        tell(identify(f"r{n}", days_ago=DAYS, email=f"r{n}@example.com", first_name=HOSTILE, last_name=f"{n}"))
        tell(*(order(f"r{n}", f"big{n}-{day}", days_ago=day, sku="COAT", price=1500.0 + n) for day in days))


def valued_shop(tell: Callable[..., None]) -> Fit:
    """Their facts, the fit, the traits told, all in the lake."""
    kept.forget()
    with fixed(TODAY):
        tell_of_a_shop(tell)
        warehouse.catch_up()
        fit_now(Options())
    with fixed(LATER):
        warehouse.catch_up()
        segments.refresh()
    return Fit.objects.get()


@pytest.fixture
def valued(lake: Path, tell: Callable[..., None]) -> Iterator[Fit]:
    """The shop, and the clock held still at its today, when the traits just told count."""
    fit = valued_shop(tell)
    with fixed(LATER):
        yield fit
