"""What customers buy next, beside implicit's item-item models on one split of Online Retail: each customer's last basket is held out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.peers import peer
from rapport.value.next_products import Bought, ItemItem, recall_at

IMPLICIT = ("implicit==0.7.3", "numpy==2.4.6", "scipy==1.17.1")
Lines = tuple[np.ndarray, np.ndarray, np.ndarray]  # customer, day, product


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    known, held = _without_last(_lines(Path(settings.SAMPLES)))
    products = int(max(known[2].max(), held[2].max())) + 1
    is_new = ~np.isin(held[0] * products + held[2], np.unique(known[0] * products + known[2]))
    ours = _recalls(known, held, is_new, products)
    with peer("products_implicit.py", IMPLICIT, tell) as implicit:
        path = Path(settings.DATA_DIR) / "split.npz"
        np.savez(path, customer=known[0], product=known[2], held_customer=held[0], held_product=held[2], products=products)
        implicit.ask(do="load", path=str(path))
        tried = implicit.ask(do="all")["tried"]
        best = max(tried, key=lambda one: one["recall"])
        best_new = max(tried, key=lambda one: one["recall_new"])
        tell(f"  recall at ten of {len(np.unique(held[0])):,} held-out baskets: of all in them, and of what was new to the customer")
        tell(f"    ours      {ours[0]:.4f}  {ours[1]:.4f}")
        for one in (best, best_new):
            tell(f"    implicit  {one['recall']:.4f}  {one['recall_new']:.4f}  {one['model']}, {one['neighbours']} neighbours")

        def best_again() -> bool:
            implicit.ask(do="one", model=best["model"], neighbours=best["neighbours"], counted=best["counted"])
            return True

        def at_least_as_good() -> bool:
            found = _recalls(known, held, is_new, products)
            return found[0] >= best["recall"] and found[1] >= best_new["recall_new"]

        yield Case("learn, and recommend twice: at least as good", at_least_as_good, "implicit's best", best_again, 5.0)


BENCH = Bench("next products against implicit", cases)


def _recalls(known: Lines, held: Lines, is_new: np.ndarray, products: int) -> tuple[float, float]:
    """(of all in the held-out baskets, of what was new to the customer where new products alone are shown)."""
    bought = Bought.of(*known, products)
    model = ItemItem.of(bought)
    who, at = np.unique(held[0], return_index=True)
    day = held[1][at]
    every, fresh = (model.recommended(bought, who, day=day, with_repeats=repeats) for repeats in (True, False))
    return recall_at(every, who, held[0], held[2]), recall_at(fresh, who, held[0][is_new], held[2][is_new])


def _lines(samples: Path) -> Lines:
    """Known customers' bought lines, without what was cancelled; customers and products numbered from 0."""
    table = pq.read_table(samples / "online_retail.parquet")
    cancelled = pc.starts_with(table["InvoiceNo"].cast("string"), "C")
    bought = pc.and_(pc.is_valid(table["CustomerID"]), pc.greater(table["Quantity"], 0))
    table = table.filter(pc.and_(bought, pc.invert(cancelled)))
    customer = np.unique(table["CustomerID"].to_numpy(), return_inverse=True)[1]
    product = np.unique(table["StockCode"].cast("string").to_numpy().astype(str), return_inverse=True)[1]
    return customer, table["InvoiceDate"].to_numpy().astype("datetime64[D]").astype(int), product


def _without_last(lines: Lines) -> tuple[Lines, Lines]:
    """(what is left, the last day of each customer who bought on two days at least)."""
    customer, day, product = lines
    first, last = np.full(customer.max() + 1, day.max()), np.full(customer.max() + 1, day.min())
    np.minimum.at(first, customer, day)
    np.maximum.at(last, customer, day)
    held = (day == last[customer]) & (first < last)[customer]
    return (customer[~held], day[~held], product[~held]), (customer[held], day[held], product[held])
