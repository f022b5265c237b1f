"""Next products by the item-item models of `implicit`: a script by itself, for an environment that has implicit, NumPy and SciPy alone.

Reads an .npz of `customer`, `product` (lines to learn from), `held_customer`, `held_product` (lines held out) and `products` (how many),
and prints JSON: of each model the recall at ten of all that was held out and of what was new to the customer.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import implicit.nearest_neighbours as models
import numpy as np
import scipy.sparse as sparse

NEIGHBOURS = (20, 50, 100, 200, 500)
SHOWN = 10
KINDS: dict[str, Callable[[int], Any]] = {
    "CosineRecommender": lambda k: models.CosineRecommender(K=k),
    "TFIDFRecommender": lambda k: models.TFIDFRecommender(K=k),
    "BM25Recommender": lambda k: models.BM25Recommender(K=k),
    "BM25Recommender, K1 1.2, B 0.75": lambda k: models.BM25Recommender(K=k, K1=1.2, B=0.75),
    "BM25Recommender, K1 100, B 0.2": lambda k: models.BM25Recommender(K=k, K1=100, B=0.2),
    "ItemItemRecommender": lambda k: models.ItemItemRecommender(K=k),
}


def main(path: str) -> None:
    split = np.load(path)
    products = int(split["products"])
    count = int(max(split["customer"].max(), split["held_customer"].max())) + 1
    lines = sparse.csr_matrix((np.ones(len(split["customer"])), (split["customer"], split["product"])), shape=(count, products))
    lines.sum_duplicates()
    once = lines.copy()
    once.data[:] = 1
    who = np.unique(split["held_customer"])
    held = np.unique(split["held_customer"] * products + split["held_product"])
    had = np.repeat(np.arange(count), np.diff(once.indptr)) * products + once.indices
    new = np.setdiff1d(held, had)
    found = []
    for name, kind in KINDS.items():
        for counted, matrix in (("bought or not", once), ("times bought", lines)):
            for k in NEIGHBOURS:
                began = time.perf_counter()
                model = kind(k)
                model.fit(matrix, show_progress=False)
                all_ids, _ = model.recommend(who, matrix[who], N=SHOWN, filter_already_liked_items=False)
                new_ids, _ = model.recommend(who, matrix[who], N=SHOWN, filter_already_liked_items=True)
                found.append(
                    {
                        "model": name,
                        "values": counted,
                        "neighbours": k,
                        "recall_all": recall(who, all_ids, held, products),
                        "recall_all_of_new_shown": recall(who, new_ids, held, products),
                        "recall_new": recall(who, new_ids, new, products),
                        "seconds": round(time.perf_counter() - began, 2),
                    }
                )
    print(json.dumps(found, indent=1))


def recall(who: np.ndarray, shown: np.ndarray, held: np.ndarray, products: int) -> float:
    """Mean over customers with something held out of hits / min(10, how much was held out); `held` are customer * products + product."""
    size = np.bincount(np.searchsorted(who, held // products), minlength=len(who))
    hits = (np.isin(who[:, None] * products + shown, held) & (shown >= 0)).sum(axis=1)
    return float(np.mean(hits[size > 0] / np.minimum(SHOWN, size[size > 0])))


if __name__ == "__main__":
    main(sys.argv[1])
