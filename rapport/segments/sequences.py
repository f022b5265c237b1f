"""Facts one after the other, for everybody at once: step by step, the latest good fact before one decides whether it is good too.

With a limit of time the latest is the best, without one any will do; so a window over each customer's facts answers it, and no
pair of facts is ever joined.
"""

from collections.abc import Sequence as Several
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from rapport.lib.clock import HOUR_US
from rapport.segments.bounds import EXACT, moment_of
from rapport.segments.lake import CUSTOMER, Lake
from rapport.segments.nodes import Duration

STEP, GOOD = "@step", "@good"
MINUTE_US = HOUR_US // 60


@dataclass(frozen=True)
class Link:
    """The facts of one step; None where the lake has none of them."""

    facts: ir.Table | None
    within: Duration | None = None
    negated: bool = False


def chain(lake: Lake, links: Several[Link]) -> ir.Table:
    """The customers who have such a chain of facts."""
    several = [
        link.facts.select("customer_id", "time", **{STEP: ibis.literal(number, "int8")})
        for number, link in enumerate(links)
        if link.facts is not None
    ]
    rows = lake.of_customers(ibis.union(*several) if len(several) > 1 else several[0]).select(CUSTOMER, "time", STEP)
    for facts in (links[0].facts, _last(links).facts):  # often one of them is rare
        assert facts is not None, "only what is denied may be absent"
        rows = rows.filter(rows[CUSTOMER].isin(lake.of_customers(facts.select("customer_id"))[CUSTOMER]))
    rows = rows.mutate(**{GOOD: _where(rows, rows[STEP] == 0)})
    for number, link in enumerate(links[1:], 1):
        if link.negated:
            return _missed(rows, number, link, lake).select(CUSTOMER).distinct()
        latest = rows[GOOD].max().over(rows=(None, -1), group_by=CUSTOMER, order_by=_order(rows))
        rows = rows.mutate(before=latest)
        follows = (rows[STEP] == number) & rows.before.notnull()
        if link.within is not None:
            follows &= rows.time < rows.before + _length(link.within)
        rows = rows.mutate(**{GOOD: _where(rows, follows)}).drop("before")
    return rows.filter(rows[GOOD].notnull()).select(CUSTOMER).distinct()


def _last(links: Several[Link]) -> Link:
    """The last that is not denied."""
    return links[-2] if links[-1].negated else links[-1]


def _missed(rows: ir.Table, number: int, link: Link, lake: Lake) -> ir.Table:
    """Good facts whose time has run out, with nothing of what is denied within it."""
    assert link.within is not None, "the checker asks for it"
    denied = _where(rows, rows[STEP] == number)
    # a column of its own first: a filter would take the denied facts away before the window looks for them
    rows = rows.mutate(after=denied.min().over(rows=(1, None), group_by=CUSTOMER, order_by=_order(rows)))
    end = rows.time + _length(link.within)
    return rows.filter(rows[GOOD].notnull(), end <= moment_of(lake.moment.us), rows.after.isnull() | (rows.after >= end))


def _order(rows: ir.Table) -> list[ir.Value]:
    """By time; of equal times the later step first, so that it never follows the earlier one."""
    return [rows.time, rows[STEP].desc()]


def _where(rows: ir.Table, held: ir.BooleanValue) -> ir.Value:
    """The time of the rows for which it holds, else NULL."""
    return ibis.cases((held, rows.time))


def _length(duration: Duration) -> ir.Value:
    return ibis.interval(minutes=duration.count * EXACT[duration.unit] // MINUTE_US)
