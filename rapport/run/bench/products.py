"""What customers buy next, beside implicit's item-item models on one split of Online Retail: each customer's last basket is held out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.peers import peer
from rapport.run.bench.public_data import Lines, online_retail_lines, without_last
from rapport.value.next_products import Bought, ItemItem, recall_at

IMPLICIT = ("implicit==0.7.3", "numpy==2.4.6", "scipy==1.17.1")


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    known, held = without_last(online_retail_lines(Path(settings.SAMPLES)))
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
