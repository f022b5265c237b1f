"""What is ahead and known: carts left open, counted at the chance that such carts become orders, and never twice.

A model already expects purchases of a customer. An open cart adds one only where there would have been none: its amount, times the
chance that it holds, times the chance of no purchase otherwise.
"""

from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
from django.conf import settings

from rapport.commerce.events import CHECKOUT_STARTED, ORDER_COMPLETED
from rapport.lib.clock import DAY_US
from rapport.lib.rising import places
from rapport.segments.bounds import moment_of
from rapport.segments.lake import CUSTOMER, Reader, lake_at
from rapport.value.bought import amount_in, rows_in
from rapport.value.valuation import Valuation
from rapport.warehouse import queries as warehouse

OPEN_DAYS = 7  # so long a cart is open; later it is forgotten
LEARNT_DAYS = 90  # how far back carts are looked at to learn how many hold
CARTS_MIN = 30  # of fewer, nothing can be learnt


@dataclass(frozen=True)
class Carts:
    """Open ones, with the share of such carts that became orders within OPEN_DAYS."""

    ids: np.ndarray  # rising
    amount: np.ndarray  # in the company's currency
    holds: float
    learnt_from: int


def open_carts(until_us: int) -> Carts | None:
    """As of a moment; None where there are no facts of carts, or too few to learn from."""

    def read(reader: Reader) -> Carts | None:
        lake = lake_at(reader, until_us)
        carts, orders = rows_in(lake, CHECKOUT_STARTED), rows_in(lake, ORDER_COMPLETED)
        amount = None if carts is None else amount_in(carts)
        if carts is None or orders is None or amount is None:
            return None
        begun = lake.of_customers(carts.table.select("customer_id", "time", amount=amount).filter(ibis._.amount.notnull()))
        bought = lake.of_customers(orders.table.select("customer_id", "time"))
        pairs = _with_next_order(begun, bought)
        closed = pairs.filter(
            pairs.time >= moment_of(until_us - LEARNT_DAYS * DAY_US), pairs.time < moment_of(until_us - OPEN_DAYS * DAY_US)
        )
        learnt = lake.ask(closed.aggregate(n=closed.count(), held=closed.is_bought.sum()))
        many, held = (int(learnt[name][0].as_py() or 0) for name in ("n", "held"))
        if many < CARTS_MIN:
            return None
        still = pairs.filter(pairs.time >= moment_of(until_us - OPEN_DAYS * DAY_US), ~pairs.is_bought)
        found = lake.ask(still.group_by(CUSTOMER).aggregate(amount=still.amount.argmax(still.time)))
        ids = found[CUSTOMER].to_numpy()
        order = np.argsort(ids)
        return Carts(ids[order], found["amount"].to_numpy()[order], held / many, many)

    return warehouse.ask(read)


def with_carts(valuation: Valuation, carts: Carts | None) -> Valuation:
    """A valuation with what open carts add; customers who never bought are not in it."""
    if carts is None or not len(carts.ids) or not len(valuation.ids):
        return valuation
    place, known = places(carts.ids, valuation.ids)
    place, amount = place[known], carts.amount[known] * settings.VALUE_MARGIN
    added = np.zeros(len(valuation.ids), np.float32)
    added[place] = np.maximum(amount, 0) * carts.holds * valuation.none[place]
    may_high = valuation.may_high.copy()
    may_high[place] = np.maximum(may_high[place], amount)
    moved = {name: getattr(valuation, name) + added for name in ("value", "low", "high", "lifetime")}
    return replace(valuation, confirmed=added, may_high=may_high, **moved)


def _with_next_order(begun: ir.Table, bought: ir.Table) -> ir.Table:
    """Carts, one a customer and time, with whether an order followed within OPEN_DAYS."""
    orders = bought.select(whose=bought[CUSTOMER], ordered=bought.time)
    soon = (orders.ordered >= begun.time) & (orders.ordered < begun.time + ibis.interval(days=OPEN_DAYS))
    followed = begun.semi_join(orders, [begun[CUSTOMER] == orders.whose, soon]).select(CUSTOMER, "time").distinct()
    followed = followed.select(of=followed[CUSTOMER], at=followed.time)
    joined = begun.left_join(followed, [begun[CUSTOMER] == followed.of, begun.time == followed["at"]])
    return joined.select(begun[CUSTOMER], begun.time, begun.amount, is_bought=followed.of.notnull())
