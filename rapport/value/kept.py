"""What a fit says of each customer, as a Parquet file in the data folder: derived, so it may be lost and is made anew.

Written aside and renamed, so that a reader finds a whole file or none.
"""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
from django.conf import settings

from rapport.lib.arrow import pa

FOLDER = "value"
FITS_KEPT = 14
ROWS_A_GROUP = 50_000  # so that one customer is found without reading the rest
Columns = dict[str, np.ndarray]  # of shape (customers,)


def path_of(fit_id: int) -> Path:
    return Path(settings.DATA_DIR) / FOLDER / f"fit-{fit_id}.parquet"


def keep(fit_id: int, columns: Columns) -> None:
    """Write a fit's scores, a group of customers after the other, and forget those of fits long past."""
    path = path_of(fit_id)
    path.parent.mkdir(exist_ok=True)
    aside = path.with_suffix(".part")
    schema = pa.schema([(name, pa.from_numpy_dtype(column.dtype)) for name, column in columns.items()])
    with pq.ParquetWriter(aside, schema) as writer:
        for start in range(0, len(next(iter(columns.values()))), ROWS_A_GROUP):
            part = {name: pa.array(column[start : start + ROWS_A_GROUP]) for name, column in columns.items()}
            writer.write_table(pa.table(part, schema=schema), row_group_size=ROWS_A_GROUP)
    aside.replace(path)
    kept = sorted(path.parent.glob("fit-*.parquet"), key=lambda one: int(one.stem.removeprefix("fit-")))
    for old in kept[:-FITS_KEPT]:
        old.unlink(missing_ok=True)


def ask(fit_id: int, sql: str, parameters: dict[str, float | int] | None = None, *, earlier: int | None = None) -> pa.Table:
    """Put a question to a fit's `scores`, and to those of an `earlier` one; FileNotFoundError where a file is gone."""
    with duckdb.connect(config={"threads": 2}) as engine:
        for name, number in (("scores", fit_id), ("earlier", earlier)):
            if number is None:
                continue
            path = path_of(number)
            if not path.exists():
                raise FileNotFoundError(path.name)
            engine.read_parquet(str(path)).create_view(name)
        return engine.execute(sql, parameters or {}).to_arrow_table()
