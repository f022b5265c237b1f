"""The CDNOW sample as the papers cut it: a tenth of the customers of early 1997."""

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np

from rapport.value.days import PurchaseDays

CALIBRATED = (date(1997, 9, 30) - date(1970, 1, 1)).days
ENDED = CALIBRATED + 39 * 7


def cdnow_sample(samples: Path) -> PurchaseDays:
    """The tenth that the papers print figures of: 2,357 customers, USD."""
    with gzip.open(samples / "cdnow_sample.csv.gz", "rt") as file:
        read = [(int(row["sample_id"]), row["date"], float(row["amount_usd"])) for row in csv.DictReader(file)]
    customers, days, amounts = zip(*read, strict=True)
    return PurchaseDays.of(np.array(customers), np.array(days, "datetime64[D]").astype(int), np.array(amounts))


def summary_that_came_with_it(samples: Path) -> np.ndarray:
    """(x, t_x, T) of the sample's customers, in weeks to two places; of shape (customers, 3)."""
    with gzip.open(samples / "cdnow_sample_rfm_39w.csv.gz", "rt") as file:
        return np.array([[float(row[name]) for name in ("x", "t_x", "T")] for row in csv.DictReader(file)])
