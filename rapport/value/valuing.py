"""Valuing everybody: the models fitted, the report kept, traits told; now or once a night.

Apart from the verbs that pages call, for it brings the numerical libraries with it: seconds to import.
"""

import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Any

from django.conf import settings

from rapport.customers.actions import tell_traits
from rapport.lib.clock import from_us, now_us
from rapport.lib.locks import loop_lock
from rapport.lib.zone import company_zone
from rapport.value import kept, queries, report
from rapport.value.actions import own_limits
from rapport.value.ahead import Carts, open_carts, with_carts
from rapport.value.backtest import Backtest
from rapport.value.bought import purchase_days, summaries, told
from rapport.value.by_silo import Times, by_silo
from rapport.value.calendar import day_end_us, last_whole_day, number_of
from rapport.value.errors import TooFewPurchases, WrongOptions
from rapport.value.measures import signals
from rapport.value.models import Fit
from rapport.value.rhythm import with_change
from rapport.value.suggested import suggested
from rapport.value.telling import changes
from rapport.value.telling import told as told_of
from rapport.value.valuation import Options, Valuation, fit, value
from rapport.warehouse import queries as warehouse

LOCK = "value"
TESTED_MAX = 200_000  # customers a back-test sees: more make it no surer
TOLD_AT_ONCE = 1_000
HORIZON_MAX = 3_650
AGAIN_SECONDS = 3_600
BEHIND_SECONDS_MAX = 60  # of the warehouse: while it reads an import, a fit would see half of it
NIGHT_HOUR = 3  # of the company's clock: from then on the night's fit is due
Tell = Callable[[str], None]


def fit_now(options: Options, *, until: date | None = None, tell: Tell = lambda _: None, keep: bool = True) -> dict[str, Any]:
    """Value everybody by what was known at the end of a day (the last whole one), and keep the report; told again, nothing counts twice.

    With `keep`, customers get their traits. A fit as of another day than the newest, or over another horizon than the settings',
    is a question and keeps nothing.
    """
    begun = time.monotonic()
    if not 1 <= options.horizon_days <= HORIZON_MAX:
        raise WrongOptions(f"A horizon has 1 to {HORIZON_MAX} days, not {options.horizon_days}.", mend="Write --horizon-days 365.")
    last = last_whole_day()
    day = until or last
    if day > last:
        raise WrongOptions(f"{day} is not over yet.", mend=f"Write --until {last}, or leave it out.")
    with loop_lock(LOCK):
        tell("Reading purchases")
        end_us = day_end_us(number_of(day))
        everybody = summaries(end_us)
        one_in = max(1, -(-len(everybody.ids) // TESTED_MAX))
        sampled = purchase_days(end_us, one_in=one_in)
        tell("Fitting")
        known = signals(everybody.ids, end_us)
        model = fit(everybody, sampled, number_of(day), options, tell, known)
        tell("Valuing")
        values = None if model.signals is None or known is None else known.known(model.as_of, everybody.ids, model.signals.which)
        carts = open_carts(end_us)
        valuation = with_change(value(everybody, model, values, tell), everybody, sampled, model.as_of)
        valuation = with_carts(valuation, carts)
        newest = queries.newest()
        before = None if newest is None else queries.told_before(newest)
        columns = told_of(valuation, before, own_limits())
        found = report.of(model, valuation, everybody, sampled, columns, one_in=one_in, seconds=time.monotonic() - begun) | {
            "read": report.plain(told(end_us)),
            "margin": settings.VALUE_MARGIN,
            "carts": _carts(carts),
            **_silos(valuation, model.backtest, None if day == last else end_us),
        }
        if keep and day == last and options.horizon_days == settings.VALUE_HORIZON_DAYS:
            before_day = None if newest is None or before is None else number_of(newest.as_of)
            tell("  what each may need next")
            bought_since = everybody.ids if before_day is None else everybody.ids[everybody.last > before_day]
            products = suggested(everybody.ids, bought_since, model.as_of, end_us)
            named = changes(valuation.ids, columns, before, options.horizon_days, products)
            found["told"] = _keep(found, day, named, {"customer_id": valuation.ids, **_scores(valuation), **columns}, tell)
        return found


def _keep(found: dict[str, Any], day: date, named: Iterator[tuple[int, dict[str, Any]]], columns: kept.Columns, tell: Tell) -> int:
    """The report first, the scores last: a fit without scores was cut off while it told, and the next tells everybody again."""
    row = Fit.objects.create(
        as_of=day,
        horizon_days=found["horizon_days"],
        model=found["model"],
        customers=found["customers"],
        made_us=now_us(),
        report=found,
    )
    count = _tell(named, row.id, tell)
    kept.keep(row.id, columns)
    return count


def _carts(found: Carts | None) -> dict[str, Any] | None:
    return None if found is None else {"open": len(found.ids), "holds": found.holds, "learnt_from": found.learnt_from}


def _silos(valuation: Valuation, backtest: Backtest | None, now_us: int | None) -> dict[str, Any]:
    told_from = queries.first_day()
    times = Times(now_us, None if told_from is None else number_of(told_from))
    found, left = by_silo(valuation, None if backtest is None else backtest.outcome, times)
    return {"silos": report.plain(found), "silos_left": left}


def _scores(valuation: Valuation) -> kept.Columns:
    return {name: getattr(valuation, name) for name in valuation.__dataclass_fields__ if name != "ids"}


def _tell(named: Iterator[tuple[int, dict[str, Any]]], fit_id: int, tell: Tell) -> int:
    """So many customers in one transaction that others are not kept waiting; said once more, nothing is new."""
    count = 0
    while some := list(islice(named, TOLD_AT_ONCE)):
        count += tell_traits(some, cause=f"value:{fit_id}")
        tell(f"  {count:,} customers told")
    return count


class NightlyFit:
    """Once each night, and at the first orders there are; what is refused (no orders yet) is tried again in an hour."""

    def __init__(self) -> None:
        self._not_before = 0.0

    def __call__(self, stopping: Callable[[], bool]) -> bool:
        newest = queries.newest(settings.VALUE_HORIZON_DAYS)
        is_night_over = from_us(now_us(), company_zone()).hour >= NIGHT_HOUR
        if newest is not None and (newest.as_of >= last_whole_day() or not is_night_over):
            return False
        if time.monotonic() < self._not_before or warehouse.lag().seconds > BEHIND_SECONDS_MAX:
            return False
        try:
            fit_now(Options(settings.VALUE_HORIZON_DAYS, None, settings.VALUE_DISCOUNT))
        except TooFewPurchases:
            self._not_before = time.monotonic() + AGAIN_SECONDS
            return False
        return True
