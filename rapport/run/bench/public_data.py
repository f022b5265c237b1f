"""The public data that forecasts are held against, as benchmarks and tests read it: CDNOW's customers of 1997, a British shop of 2011."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rapport.value.days import PurchaseDays

Lines = tuple[np.ndarray, np.ndarray, np.ndarray]  # customer, day, product


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


def online_retail_lines(samples: Path) -> Lines:
    """Known customers' bought lines, without what was cancelled; customers and products numbered from 0."""
    table = pq.read_table(samples / "online_retail.parquet")
    cancelled = pc.starts_with(table["InvoiceNo"].cast("string"), "C")
    bought = pc.and_(pc.is_valid(table["CustomerID"]), pc.greater(table["Quantity"], 0))
    table = table.filter(pc.and_(bought, pc.invert(cancelled)))
    customer = np.unique(table["CustomerID"].to_numpy(), return_inverse=True)[1]
    product = np.unique(table["StockCode"].cast("string").to_numpy().astype(str), return_inverse=True)[1]
    return customer, table["InvoiceDate"].to_numpy().astype("datetime64[D]").astype(int), product


def without_last(lines: Lines) -> tuple[Lines, Lines]:
    """(what is left, the last day of each customer who bought on two days at least)."""
    customer, day, product = lines
    first, last = np.full(customer.max() + 1, day.max()), np.full(customer.max() + 1, day.min())
    np.minimum.at(first, customer, day)
    np.maximum.at(last, customer, day)
    held = (day == last[customer]) & (first < last)[customer]
    return (customer[~held], day[~held], product[~held]), (customer[held], day[held], product[held])
