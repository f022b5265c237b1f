"""Products, branches and currency rates: rows of a table, set as the file says; what stood before is kept, to be put back."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from unicodedata import normalize

from rapport.commerce.actions.rates import RateTold, set_rates
from rapport.commerce.actions.told import RowTold, set_told
from rapport.commerce.models import Branch, Product
from rapport.intake.files.columns import Fields
from rapport.intake.files.kinds.kind import Kind
from rapport.intake.files.rows import Row, Trouble
from rapport.intake.files.units import Unit
from rapport.intake.files.values import BadCell, amount, day
from rapport.intake.models import LoadUndo

NAME_MAX = 255
STOCK_MAX = 2_147_483_647
PRICE_MAX = Decimal(10) ** 12
RATE_MAX = Decimal(10) ** 9


class _Rows(Kind):
    """Rows of a table, each set on its own."""

    def take(self, units: Sequence[Unit]) -> list[Trouble | str]:
        outcomes: list[Trouble | str] = []
        undo = []
        for unit, (outcome, key, before) in zip(units, self._set([unit.record for unit in units]), strict=True):
            if outcome in ("accepted", "repeated"):
                outcomes.append(outcome)
            else:
                line, cells = unit.rows[0]
                outcomes.append(Trouble(line, outcome, self.blamed, tuple(cells)))
            if outcome == "accepted":
                undo.append(LoadUndo(load_id=self.context.load_id, kind=self.name, key=key, before=before))
        LoadUndo.objects.bulk_create(undo, ignore_conflicts=True)  # of several changes by one load the first says what was before
        return outcomes

    blamed = ""

    def _set(self, told: list[Any]) -> list[tuple[str, str, Any]]:
        """(outcome or reason, key, what was there before or None) for each."""
        raise NotImplementedError


class Products(_Rows):
    name = "products"
    fields = Fields(("sku", "name", "url", "image", "price", "cost", "stock"), one_of=(("sku",),))
    blamed = "sku"

    def unit(self, row: Row) -> Unit | Trouble:
        line, cells = row
        given = {name: self.cell(cells, name) for name in self.columns.fields}
        if not given["sku"]:
            return Trouble(line, "no sku", "sku", tuple(cells))
        for name, most in (("sku", 255), ("name", 255), ("url", 2000), ("image", 2000)):
            if len(given.get(name, "")) > most:
                return Trouble(line, f"longer than {most} letters", name, tuple(cells))
        values: dict[str, Any] = {name: text for name, text in given.items() if name in ("name", "url", "image") and text}
        for name in ("price", "cost", "stock"):
            try:
                number = amount(given.get(name, ""), self.context.options.decimal_comma)
            except BadCell as bad:
                return Trouble(line, str(bad), name, tuple(cells))
            if number is None:
                continue
            if name == "stock" and (number != int(number) or abs(number) > STOCK_MAX):
                return Trouble(line, "not a whole number of pieces", name, tuple(cells))
            if name != "stock" and not 0 <= number < PRICE_MAX:
                return Trouble(line, "not a price: below zero, or too large", name, tuple(cells))
            values[name] = int(number) if name == "stock" else number.quantize(Decimal("0.000001"), ROUND_HALF_UP)
        return Unit([row], record=RowTold(given["sku"], values))

    def _set(self, told: list[RowTold]) -> list[tuple[str, str, Any]]:
        return set_told(Product, told, load_id=self.context.load_id)


class Branches(_Rows):
    name = "branches"
    fields = Fields(("name", "latitude", "longitude"), one_of=(("name",), ("latitude",), ("longitude",)))
    blamed = "name"

    def unit(self, row: Row) -> Unit | Trouble:
        line, cells = row
        name = self.cell(cells, "name")
        if not name:
            return Trouble(line, "no name", "name", tuple(cells))
        if len(name) > NAME_MAX or not name.isprintable():
            return Trouble(line, f"not a name of at most {NAME_MAX} letters on one line", "name", tuple(cells))
        values: dict[str, Any] = {}
        for field, most in (("latitude", 90), ("longitude", 180)):
            try:
                degrees = amount(self.cell(cells, field), self.context.options.decimal_comma)
            except BadCell as bad:
                return Trouble(line, str(bad), field, tuple(cells))
            if degrees is None or abs(degrees) > most:
                return Trouble(line, f"not a {field}: degrees from -{most} to {most}, such as 41.1496", field, tuple(cells))
            values[field] = float(degrees)
        return Unit([row], record=RowTold(normalize("NFC", name), values))

    def _set(self, told: list[RowTold]) -> list[tuple[str, str, Any]]:
        return set_told(Branch, told, load_id=self.context.load_id)


class Rates(_Rows):
    name = "rates"
    fields = Fields(("day", "currency", "rate"), one_of=(("day",), ("currency",), ("rate",)))
    blamed = "rate"

    def unit(self, row: Row) -> Unit | Trouble:
        line, cells = row
        field = "day"
        try:
            on: date | None = day(self.cell(cells, "day"), self.context.options.time_format)
            field = "rate"
            rate = amount(self.cell(cells, "rate"), self.context.options.decimal_comma)
        except BadCell as bad:
            return Trouble(line, str(bad), field, tuple(cells))
        code = self.cell(cells, "currency").upper()
        if on is None:
            return Trouble(line, "no day", "day", tuple(cells))
        if len(code) != 3 or not code.isascii() or not code.isalpha():
            return Trouble(line, "no currency code; write three letters such as EUR", "currency", tuple(cells))
        rate_e9 = 0 if rate is None or not rate < RATE_MAX else int((rate * 10**9).to_integral_value(ROUND_HALF_UP))
        if rate_e9 <= 0:
            return Trouble(line, "not a rate: it lies between 0.000000001 and 999,999,999", "rate", tuple(cells))
        return Unit([row], record=RateTold(on, code, rate_e9))

    def _set(self, told: list[RateTold]) -> list[tuple[str, str, Any]]:
        return set_rates(told, load_id=self.context.load_id)
