"""The public data as the papers cut it: CDNOW's customers of early 1997, and a British shop's of 2011."""

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rapport.value.days import PurchaseDays

CALIBRATED = (date(1997, 9, 30) - date(1970, 1, 1)).days
ENDED = CALIBRATED + 39 * 7


def cdnow_sample(samples: Path) -> PurchaseDays:
    """The tenth that the papers print figures of: 2,357 customers, USD."""
    with gzip.open(samples / "cdnow_sample.csv.gz", "rt") as file:
        read = [(int(row["sample_id"]), row["date"], float(row["amount_usd"])) for row in csv.DictReader(file)]
    customers, days, amounts = zip(*read, strict=True)
    return PurchaseDays.of(np.array(customers), np.array(days, "datetime64[D]").astype(int), np.array(amounts))


def cdnow_master(samples: Path) -> PurchaseDays:
    """All 23,570 customers, USD."""
    table = pq.read_table(samples / "cdnow_master.parquet")
    customers, days, amounts = (table[name].to_numpy() for name in ("customer_id", "date", "amount_usd"))
    return PurchaseDays.of(customers, days.astype("datetime64[D]").astype(int), amounts)


def online_retail(samples: Path) -> PurchaseDays:
    """Known customers' purchases, GBP, without what was cancelled."""
    table = pq.read_table(samples / "online_retail.parquet")
    invoice = table["InvoiceNo"].cast("string")
    table = table.filter(pc.and_(pc.is_valid(table["CustomerID"]), pc.invert(pc.starts_with(invoice, "C"))))
    amounts = table["Quantity"].to_numpy() * table["UnitPrice"].to_numpy()
    days = table["InvoiceDate"].to_numpy().astype("datetime64[D]").astype(int)
    return PurchaseDays.of(table["CustomerID"].to_numpy().astype(int), days, amounts)


def summary_that_came_with_it(samples: Path) -> np.ndarray:
    """(x, t_x, T) of the sample's customers, in weeks to two places; of shape (customers, 3)."""
    with gzip.open(samples / "cdnow_sample_rfm_39w.csv.gz", "rt") as file:
        return np.array([[float(row[name]) for name in ("x", "t_x", "T")] for row in csv.DictReader(file)])
