"""SQL that gives a JSON value its type, to the letter as `events.values` does in Python.

A value stands here as its JSON text in one column ("raw"): `"22423"`, `3.0`, `true`, `["a"]`. Values of the plain form are
typed in SQL; the odd ones of times and money (an offset, a power of ten) in Python, each distinct one once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from rapport.events.values import MONEY_LIMIT, as_kind
from rapport.lib.arrow import pa
from rapport.warehouse.schema import TYPES

QUOTE = 34  # the letter a JSON text begins with
SIXTH = Decimal("0.000001")
RATE_SCALE = Decimal(10) ** 9
PLAIN_DATE = '"[0-9]{4}-[0-9]{2}-[0-9]{2}"'
PLAIN_TIME = '"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z"'
PLAIN_MONEY = "-?[0-9]{1,12}(\\.[0-9]{1,6})?"
_decode = msgspec.json.Decoder()


@dataclass(frozen=True)
class Slot:
    """One property on its way into one column."""

    column: str
    kind: str
    many: bool
    raw: str  # the SQL of its JSON text
    value: str  # the passing column that holds what SQL made of it

    @property
    def may_be_odd(self) -> bool:
        return self.kind in ("time", "money")

    @property
    def odd(self) -> str:
        """Holds where SQL found no type for a value and Python may."""
        letters = "'['" if self.many else "'\"'" if self.kind == "time" else None
        candidate = f"starts_with({self.raw}, {letters})" if letters else f"(ascii({self.raw}) = {QUOTE} OR {_is_number(self.raw)})"
        return f"({self.value} IS NULL AND {candidate})"

    @property
    def typed(self) -> str:
        """The value in its type; NULL where it does not fit, and where it is odd."""
        if not self.many:
            return SCALARS[self.kind](self.raw)
        if self.may_be_odd:
            return f"NULL::{TYPES[self.kind]}[]"
        elements = f"json_extract({self.raw}, '$[*]')::VARCHAR[]"
        fitting = f"list_filter(list_transform({elements}, lambda one: {SCALARS[self.kind]('one')}), lambda one: one IS NOT NULL)"
        return f"CASE WHEN starts_with({self.raw}, '[') AND len({fitting}) > 0 THEN {fitting} END"


def _is_number(raw: str) -> str:
    return f"ascii({raw}) BETWEEN 45 AND 57"  # a minus or a digit: nothing else in JSON begins so


def _text(raw: str) -> str:
    return f"CASE WHEN ascii({raw}) = {QUOTE} THEN nfc_normalize(json_extract_string({raw}, '$')) END"


def _number(raw: str) -> str:
    return f"CASE WHEN {_is_number(raw)} AND abs(TRY_CAST({raw} AS DOUBLE)) < 1e18 THEN TRY_CAST({raw} AS DOUBLE) END"


def _boolean(raw: str) -> str:
    return f"CASE {raw} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"


def _date(raw: str) -> str:
    plain = f"regexp_full_match({raw}, '{PLAIN_DATE}') AND NOT starts_with({raw}, '\"0000')"
    return f"CASE WHEN {plain} THEN TRY_CAST({raw}[2:11] AS DATE) END"


def _time(raw: str) -> str:
    plain = f"regexp_full_match({raw}, '{PLAIN_TIME}') AND NOT starts_with({raw}, '\"0000')"
    return f"CASE WHEN {plain} THEN TRY_CAST({raw}[2:-3] AS TIMESTAMP) END"


def _amount(raw: str) -> str:
    return f"(CASE WHEN ascii({raw}) = {QUOTE} THEN {raw}[2:-2] ELSE {raw} END)"


def _money(raw: str) -> str:
    """Exact: millionths times the rate's billionths in 128-bit integers, half away from zero."""
    amount = f"TRY_CAST({_amount(raw)} AS DECIMAL(18,6))"
    product = f"((({amount})::DECIMAL(24,6) * 1000000)::HUGEINT * rate_e9)"
    rounded = f"(sign({product}) * ((abs({product}) + 500000000) // 1000000000))"
    rated = f"CASE WHEN abs({rounded}) < 1000000000000000000 THEN ({rounded})::DECIMAL(18,0) * 0.000001::DECIMAL(7,6) END"
    typed = f"CASE WHEN rate_e9 IS NULL THEN {amount} WHEN rate_e9 > 0 THEN ({rated})::DECIMAL(18,6) END"
    return f"CASE WHEN regexp_full_match({_amount(raw)}, '{PLAIN_MONEY}') THEN {typed} END"


SCALARS: dict[str, Callable[[str], str]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "money": _money,
}


def odd_values(slot: Slot, found: Sequence[tuple[str, int | None]], zone: ZoneInfo) -> pa.Table:
    """What Python makes of odd values: (raw, rate_e9, value), the value as integers of microseconds or millionths."""

    def value_of(raw: str, rate_e9: int | None) -> Any:
        decoded = _decode.decode(raw)
        if not slot.many:
            return _exact(decoded, slot.kind, rate_e9, zone)
        kept = [one for one in (_exact(element, slot.kind, rate_e9, zone) for element in decoded) if one is not None]
        return kept or None

    plain = pa.int64()
    return pa.table(
        {
            "raw": pa.array([raw for raw, _ in found], pa.string()),
            "rate_e9": pa.array([rate for _, rate in found], pa.int64()),
            "value": pa.array([value_of(raw, rate) for raw, rate in found], pa.list_(plain) if slot.many else plain),
        }
    )


def from_integer(slot: Slot, value: str) -> str:
    """SQL that reads a value of `odd_values` back."""

    def one(text: str) -> str:
        if slot.kind == "time":
            return f"make_timestamp({text})"
        return f"({text}::DECIMAL(18,0) * 0.000001::DECIMAL(7,6))::DECIMAL(18,6)"

    return f"list_transform({value}, lambda one: {one('one')})" if slot.many else one(value)


def _exact(value: Any, kind: str, rate_e9: int | None, zone: ZoneInfo) -> int | None:
    fitting = as_kind(value, kind, zone)
    if fitting is None or kind == "time":
        return fitting
    if rate_e9 == 0:
        return None
    with localcontext() as exact:
        exact.prec = 60  # thirty digits of an amount times those of a rate
        amount = fitting if rate_e9 is None else fitting * Decimal(rate_e9) / RATE_SCALE
        amount = amount.quantize(SIXTH, ROUND_HALF_UP)
        return int(amount.scaleb(6)) if abs(amount) < MONEY_LIMIT else None
