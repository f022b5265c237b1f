"""What a customer's rows come to: they are reduced by the ids they were recorded with, and what aliases have is put together afterwards.

To look up the customer of each row first takes up to twice as long where rows are many: most ids stand for themselves, and a column
sorted by them is grouped faster as it lies in the file.
"""

from collections.abc import Callable, Iterable

import ibis.expr.operations as ops
import ibis.expr.types as ir

from rapport.segments.lake import ALIAS, CUSTOMER, ROOT, Lake

REDUCED = "@reduced"
PARTS: dict[type[ops.Reduction], Callable[[ir.Column], ir.Scalar]] = {  # how the whole is made of its parts
    ops.CountStar: lambda parts: parts.sum(),
    ops.Count: lambda parts: parts.sum(),
    ops.Sum: lambda parts: parts.sum(),
    ops.Max: lambda parts: parts.max(),
    ops.Min: lambda parts: parts.min(),
    ops.Any: lambda parts: parts.any(),
    ops.BitOr: lambda parts: parts.bit_or(),
}


def reduced(
    rows: ir.Table,
    keys: Iterable[str],
    made: Callable[[ir.Table], dict[str, ir.Value]],
    judged: Callable[[ir.Table], ir.Table],
    lake: Lake,
) -> ir.Table:
    """The rows of each customer (`@customer`) and each of the keys as the values that are `made`, and of those what is `judged`."""
    keys = (CUSTOMER, *keys)
    own = rows.mutate(**{CUSTOMER: rows.customer_id})
    values = made(own)
    wholes = {name: _whole_of(value) for name, value in values.items()}
    if lake.stand_for_themselves:
        return judged(own.group_by(keys).aggregate(**values))
    if not all(wholes.values()):
        own = lake.of_customers(rows)
        return judged(own.group_by(keys).aggregate(**made(own)))
    # under a name of its own it is asked for once, though it is used twice
    grouped, families = own.group_by(keys).aggregate(**values).alias(REDUCED), lake.families_table()
    apart = grouped.anti_join(families, grouped[CUSTOMER] == families[ALIAS])
    parts = grouped.inner_join(families, grouped[CUSTOMER] == families[ALIAS]).drop(CUSTOMER).rename({CUSTOMER: ROOT})
    together = parts.group_by(keys).aggregate(**{name: whole(parts[name]) for name, whole in wholes.items() if whole is not None})
    return judged(apart).union(judged(together))


def _whole_of(value: ir.Value) -> Callable[[ir.Column], ir.Scalar] | None:
    """How a value is put together from that of each part; None where it cannot be."""
    op = value.op()
    while isinstance(op, ops.Cast):
        op = op.arg
    whole = PARTS.get(type(op))
    return None if whole is None else lambda parts: whole(parts).cast(value.type())
