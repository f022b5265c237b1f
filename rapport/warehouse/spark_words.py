"""An Ibis expression in the words of Spark SQL, which Spark and Sail both speak: what Ibis says otherwise there is mended here."""

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import STAR
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

# The text Spark writes for a number, as 1.5E10 or -2.0E-4, without its exponent: Sail reads no decimal that has one.
SIGN, FIRST = "IF({t} LIKE '-%', '-', '')", "REGEXP_EXTRACT({t}, '^-?([0-9])[.]', 1)"
REST, EXPONENT = "REGEXP_EXTRACT({t}, '[.]([0-9]+)E', 1)", "CAST(REGEXP_EXTRACT({t}, 'E(-?[0-9]+)$', 1) AS INT)"
PADDED = f"RPAD({REST}, GREATEST(LENGTH({REST}), {EXPONENT}), '0')"
LARGE = f"CONCAT({SIGN}, {FIRST}, SUBSTRING({PADDED}, 1, {EXPONENT}), '.', SUBSTRING({PADDED}, {EXPONENT} + 1), '0')"
SMALL = f"CONCAT({SIGN}, '0.', REPEAT('0', -{EXPONENT} - 1), {FIRST}, {REST})"
PLAIN = f"CASE WHEN NOT {{t}} LIKE '%E%' THEN {{t}} WHEN {{t}} LIKE '%E-%' THEN {SMALL} ELSE {LARGE} END"


class SparkWords(PySparkCompiler):  # type: ignore[misc]
    """Spark SQL that means what the same expression means on DuckDB."""

    reads_exponents = True  # in a text that becomes a decimal

    def __init__(self, named: Callable[[str], str]) -> None:
        super().__init__()
        self.named = named  # what a table of the lake is called there

    def sql(self, question: Any) -> str:
        assert ibis.pyspark, "naming the backend makes its options known"
        return str(self.to_sqlglot(question).sql(self.dialect))

    def visit_UnboundTable(self, op: ops.UnboundTable, *, name: str, **_: Any) -> Any:  # noqa: N802
        return sg.table(self.named(name), quoted=True)

    def visit_Cast(self, op: ops.Cast, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802
        text_of_number = isinstance(op.arg, ops.Cast) and op.arg.to.is_string() and op.arg.arg.dtype.is_floating()
        if to.is_decimal() and text_of_number and not self.reads_exponents:
            arg = sg.parse_one(PLAIN.format(t=arg.sql(self.dialect)), read=self.dialect)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_Round(self, op: ops.Round, *, arg: Any, digits: Any) -> Any:  # noqa: N802
        """A number stays one: Ibis makes it a BIGINT, which it may not fit."""
        rounded = self.f.round(arg) if digits is None else self.f.round(arg, digits)
        return rounded if op.arg.dtype.is_floating() else self.cast(rounded, op.dtype)

    def visit_IsNull(self, op: ops.IsNull, *, arg: Any) -> Any:  # noqa: N802
        return arg.is_(sge.Null())

    def visit_NotNull(self, op: ops.NotNull, *, arg: Any) -> Any:  # noqa: N802
        return arg.is_(sg.not_(sge.Null()))

    def visit_NonNullLiteral(self, op: ops.Literal, *, value: Any, dtype: dt.DataType) -> Any:  # noqa: N802
        """Times as the naive ones they are, or the files' own order helps nothing; decimals without an exponent."""
        if dtype.is_timestamp() and dtype.timezone is None:
            return sge.Cast(this=sge.convert(value.isoformat(" ")), to=sge.DataType.build("TIMESTAMP_NTZ", dialect=self.dialect))
        if dtype.is_decimal():
            return self.cast(f"{value:f}", dtype)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_CountStar(self, op: ops.CountStar, *, arg: Any, where: Any) -> Any:  # noqa: N802
        """Ibis sums the condition, which over unknown ones is unknown and not 0."""
        return self.f.count(STAR if where is None else self.if_(where, 1, sge.Null()))

    def visit_BitOr(self, op: ops.BitOr, *, arg: Any, where: Any) -> Any:  # noqa: N802
        return self.agg.bit_or(arg, where=where)

    def visit_Last(self, op: ops.Last, *, arg: Any, where: Any, order_by: Any, include_null: bool) -> Any:  # noqa: N802
        """Spark orders no rows for an aggregate; it takes the value of the greatest key."""
        assert order_by, "without an order any row would do"
        known = arg.is_(sg.not_(sge.Null()))
        kept = known if where is None else sg.and_(known, where)
        return sge.Filter(this=self.f.max_by(arg, self.f.struct(*[one.this for one in order_by])), expression=sge.Where(this=kept))

    def visit_ScalarUDF(self, op: ops.ScalarUDF, **arguments: Any) -> Any:  # noqa: N802
        """DuckDB's `timezone(zone, time)`: a moment at a zone's wall, or what stands on UTC's wall as a moment."""
        if op.__func_name__ != "timezone":
            return super().visit_ScalarUDF(op, **arguments)
        zone, time = arguments.values()
        if op.dtype.timezone is not None:
            return self.f.convert_timezone(zone, sge.convert("UTC"), time)
        return self.f.convert_timezone(sge.convert("UTC"), zone, time)


class SailWords(SparkWords):
    """Sail's Spark SQL."""

    reads_exponents = False

    def visit_ArrayFilter(self, op: ops.ArrayFilter, *, arg: Any, **parts: Any) -> Any:  # noqa: N802
        """Sail 0.7 hands a test with a lambda to the reading of the file and loses the column; one with chance in it stays."""
        kept = self.if_(self.f.rand() >= sge.convert(0), arg, sge.Null())  # always
        return super().visit_ArrayFilter(op, arg=kept, **parts)
