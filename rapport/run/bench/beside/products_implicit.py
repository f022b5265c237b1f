"""Next products by the item-item models of `implicit`: a script by itself, for an environment that has implicit, NumPy and SciPy alone.

Told by lines of JSON to load an .npz of `customer`, `product` (lines to learn from), `held_customer`, `held_product` (lines held out) and
`products` (how many), it answers the recall at ten of one model or of all: of all that was held out, and of what was new to the customer.
"""

import json
import sys
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


class Split:
    """What is learnt from, and what was held out."""

    def __init__(self, path: str) -> None:
        split = np.load(path)
        self.products = int(split["products"])
        count = int(max(split["customer"].max(), split["held_customer"].max())) + 1
        self.lines = sparse.csr_matrix(
            (np.ones(len(split["customer"])), (split["customer"], split["product"])), shape=(count, self.products)
        )
        self.lines.sum_duplicates()
        self.once = self.lines.copy()
        self.once.data[:] = 1
        self.who = np.unique(split["held_customer"])
        self.held = np.unique(split["held_customer"] * self.products + split["held_product"])
        had = np.repeat(np.arange(count), np.diff(self.once.indptr)) * self.products + self.once.indices
        self.new = np.setdiff1d(self.held, had)

    def tried(self, name: str, neighbours: int, *, counted: bool) -> dict[str, Any]:
        """One model, fitted and asked for ten products of each customer, with and without what they have."""
        matrix = self.lines if counted else self.once
        model = KINDS[name](neighbours)
        model.fit(matrix, show_progress=False)
        every, _ = model.recommend(self.who, matrix[self.who], N=SHOWN, filter_already_liked_items=False)
        fresh, _ = model.recommend(self.who, matrix[self.who], N=SHOWN, filter_already_liked_items=True)
        return {
            "model": name,
            "neighbours": neighbours,
            "counted": counted,
            "recall": recall(self.who, every, self.held, self.products),
            "recall_new": recall(self.who, fresh, self.new, self.products),
        }


def main() -> None:
    split = None
    for line in sys.stdin:
        words = json.loads(line)
        if words["do"] == "load":
            split = Split(words["path"])
            answer: dict[str, Any] = {"customers": len(split.who)}
        elif words["do"] == "one":
            assert split is not None, "loaded first"
            answer = split.tried(words["model"], words["neighbours"], counted=words["counted"])
        else:
            assert split is not None, "loaded first"
            answer = {"tried": [split.tried(name, k, counted=counted) for name in KINDS for counted in (False, True) for k in NEIGHBOURS]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def recall(who: np.ndarray, shown: np.ndarray, held: np.ndarray, products: int) -> float:
    """Mean over customers with something held out of hits / min(10, how much was held out); `held` are customer * products + product."""
    size = np.bincount(np.searchsorted(who, held // products), minlength=len(who))
    hits = (np.isin(who[:, None] * products + shown, held) & (shown >= 0)).sum(axis=1)
    return float(np.mean(hits[size > 0] / np.minimum(SHOWN, size[size > 0])))


if __name__ == "__main__":
    main()
