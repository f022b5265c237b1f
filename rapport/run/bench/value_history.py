"""A shop's orders of any size by BG/NBD with known parameters, straight to the lake, and beside it for a peer to read."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from rapport.events import queries as events
from rapport.lib.arrow import pa
from rapport.run.bench.frame import Tell
from rapport.value.calendar import number_of
from rapport.warehouse import engine, schema

R, ALPHA, A, B = 0.25, 4.5, 0.8, 2.4  # near those of CDNOW
SPEND = (6.25, 3.74, 15.44)  # p, q, gamma
SPAN_DAYS = 1_096  # first purchases come evenly over the first two thirds
SLICE = 500_000
DAY_US = 86_400_000_000
FIRST_ID = 1_000_000_000
ORDERS_MAX = 100  # a customer on average, so that ids of slices lie apart
UNTIL = "2026-06-30"
UNTIL_DAY = number_of(date.fromisoformat(UNTIL))


def write_orders(already: int, customers: int, tell: Tell, beside: Path | None = None) -> None:
    """Orders of the customers after so many up to so many, until the end of UNTIL."""
    written, writer = 0, None
    for start in range(already, customers, SLICE):
        whose, day, amount = drawn(min(SLICE, customers - start), UNTIL_DAY, seed=start)
        whose += start + 1
        time = pa.array(day.astype(np.int64) * DAY_US + DAY_US // 2, pa.timestamp("us"))
        table = pa.table(
            {
                "customer_id": pa.array(whose, pa.int32()),
                "time": time,
                "event_id": pa.array(FIRST_ID + start * ORDERS_MAX + np.arange(len(whose))),
                "revenue": pa.array(amount),
            }
        )
        with engine.writing() as lake:
            schema.ensure(lake, events.catalogue().event_types.values(), schema.kept_tables(lake))
            lake.register("drawn", table)
            lake.execute("INSERT INTO order_completed BY NAME SELECT *, false AS unrated FROM drawn ORDER BY customer_id, time")
            lake.unregister("drawn")
        if beside is not None:
            midnight = pa.array(day.astype(np.int64) * DAY_US, pa.timestamp("us"))
            told = pa.table({"customer": table["customer_id"], "day": midnight, "amount": table["revenue"]})
            writer = writer or pq.ParquetWriter(beside, told.schema)
            writer.write_table(told)
        written += len(whose)
    if writer is not None:
        writer.close()
    tell(f"  {written:,} orders written, now of {customers:,} customers")


def drawn(customers: int, until: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(customer from 0, day, amount) of each order, by customer and day."""
    chance = np.random.default_rng(seed)
    first = until - SPAN_DAYS + chance.integers(0, SPAN_DAYS * 2 // 3, customers)
    rate = np.maximum(chance.gamma(R, 1 / ALPHA / 7, customers), 1e-12)  # a day
    dropout = chance.beta(A, B, customers)
    whose, when = [np.arange(customers)], [first.astype(float)]
    going, now = np.arange(customers), first.astype(float)
    while len(going):
        now[going] += chance.exponential(1 / rate[going])
        going = going[now[going] < until + 1]
        whose.append(going)
        when.append(now[going])
        going = going[chance.random(len(going)) >= dropout[going]]
    customer, day = np.concatenate(whose), np.floor(np.concatenate(when)).astype(np.int64)
    order = np.lexsort((day, customer))
    p, q, gamma = SPEND
    nu = chance.gamma(q, 1 / gamma, customers)
    amount = np.round(chance.gamma(p, 1 / nu[customer]), 2)
    return customer[order], day[order], amount[order]
