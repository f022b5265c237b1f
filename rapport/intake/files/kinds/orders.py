"""Orders, one row a line: the rows of one order come together on disk first, then each order is told in facts.

An order of this file is Completed, or Updated where the shop told us other lines before; negative lines refund it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings

from rapport.commerce import queries as commerce
from rapport.customers import queries as customers
from rapport.events import queries as log
from rapport.intake.files.columns import Columns, Fields
from rapport.intake.files.kinds.kind import Kind, content_id
from rapport.intake.files.kinds.order_facts import Line, OrderTold, facts_of_order
from rapport.intake.files.others import readings, values_of
from rapport.intake.files.rows import Row, Table, Trouble
from rapport.intake.files.staging import Staging
from rapport.intake.files.units import Context, Options, Unit
from rapport.intake.files.values import BadCell, amount, iso, moment_us
from rapport.lib.clock import now_us

STATUSES = ("completed", "cancelled", "refunded", "shipped")
ALONE = "\x1d"  # begins the staging key of a row that names no order
LINES_MAX = 100_000  # of one order: more is a column mapped wrongly
NO_CUSTOMER = "no customer; load it with --anonymous to keep it under an anonymous id"
ORDER_ID_MAX = 255
READING_SHARE = 0.1
CHUNK_UNITS = 500
CHUNK_LINES = 5_000
PASSING = ("status", "shipped_at", "tracking")  # what may change without the order being another
TEXTS = ("sku", "name", "category")
ORDER_TEXTS = ("coupon", "channel", "branch", "payment_method", "tracking")
AMOUNTS = ("quantity", "unit_price", "amount", "cost", "discount", "tax", "shipping")


class Orders(Kind):
    name = "orders"
    fields = Fields(
        (
            "order_id", "customer", "time", "sku", "name", "category", "quantity", "unit_price", "amount", "cost", "discount", "coupon",
            "tax", "shipping", "currency", "status", "channel", "branch", "payment_method", "shipped_at", "tracking",
        ),
        one_of=(("customer",), ("time",), ("amount", "unit_price")),
        others="properties",
    )  # fmt: skip

    introduces = True

    @classmethod
    def fields_for(cls, options: Options) -> Fields:
        needed = tuple(group for group in cls.fields.one_of if group != ("customer",) or not options.anonymous)
        return replace(cls.fields, one_of=needed)

    def __init__(self, context: Context, table: Table, columns: Columns) -> None:
        super().__init__(context, table, columns)
        completed = log.catalogue().event_types["Order Completed"].properties
        self._others = readings(
            table, columns.others, {path.removeprefix("products."): one.kind for path, one in completed.items()}, context.zone
        )
        self._content = sorted((name, place) for place, name in columns.names_by_place().items())
        self._lasting = [(name, place) for name, place in self._content if name not in PASSING]
        self._texts, self._order_texts = self._places(TEXTS), self._places(ORDER_TEXTS)
        self._amounts = self._places(AMOUNTS)

    def _places(self, names: Sequence[str]) -> list[tuple[str, int]]:
        return [(name, self.columns.fields[name]) for name in names if name in self.columns.fields]

    # Reading: rows to disk, then order by order

    _staged = _given = 0

    def share(self) -> float:
        """Putting rows in order is a small part of the work."""
        if self.reading:
            return self.table.share_read() * READING_SHARE
        return READING_SHARE + (1 - READING_SHARE) * (self._given / self._staged if self._staged else 1)

    def units(self) -> Iterator[list[Unit | Trouble]]:
        with Staging(settings.DATA_DIR / "tmp" / f"load-{self.context.load_id}.duckdb") as staging:
            self.reading = True
            for chunk in self.chunks():
                good: list[tuple[str, Row]] = []
                troubles: list[Unit | Trouble] = []
                for item in chunk:
                    if isinstance(item, Trouble):
                        troubles.append(item)
                    else:
                        good.append((self._staging_key(item[1]), item))
                staging.add(good)
                yield troubles  # also where there are none: the loop shows how far the reading is
            staging.flush()
            self.reading, self._staged = False, staging.rows
            yield from self._from(staging)

    def _from(self, staging: Staging) -> Iterator[list[Unit | Trouble]]:
        found: list[Unit | Trouble] = []
        lines = 0
        for key, rows in staging.groups():
            if key.startswith(ALONE):
                for place, row in enumerate(rows, 1):
                    found.extend(self._told(key[1:] + (f"-{place}" if place > 1 else ""), [row]))
            else:
                found.extend(self._told(key, rows))
            lines += len(rows)
            self._given += len(rows)
            if len(found) >= CHUNK_UNITS or lines >= CHUNK_LINES:
                yield found
                found, lines = [], 0
        yield found

    def _staging_key(self, cells: list[str]) -> str:
        if order_id := self.cell(cells, "order_id"):
            return order_id
        said = (f"{name}={cell}" for name, place in self._content if (cell := cells[place].strip()))
        return ALONE + content_id("row", *said)

    # One order

    def _told(self, order_id: str, rows: Sequence[Row]) -> Iterator[Unit | Trouble]:
        lines: list[Line] = []
        kept: list[Row] = []
        if len(order_id) > ORDER_ID_MAX:
            yield from (Trouble(number, f"longer than {ORDER_ID_MAX} letters", "order_id", tuple(cells)) for number, cells in rows)
            return
        for place, row in enumerate(rows):
            if place >= LINES_MAX:
                yield Trouble(
                    row[0], f"an order of more than {LINES_MAX:,} lines; is order_id the right column?", "order_id", tuple(row[1])
                )
                continue
            try:
                line = self._line(row)
                if lines and line.currency != lines[0].currency:
                    raise _BadField("currency", "another currency than the order's first line")
                lines.append(line)
                kept.append(row)
            except _BadField as bad:
                yield Trouble(row[0], str(bad), bad.field, tuple(row[1]))
        if kept and all(line.time_us is None for line in lines):
            for number, cells in kept:
                yield Trouble(number, "no time", "time", tuple(cells))
        elif kept:
            yield Unit(kept, record=OrderTold(order_id, lines))

    def _line(self, row: Row) -> Line:
        cells = row[1]
        customer = self.cell(cells, "customer")
        if not customer and not self.context.options.anonymous:
            raise _BadField("customer", NO_CUSTOMER)
        amounts = {name: found for name, place in self._amounts if (found := self._amount(name, cells[place])) is not None}
        if "amount" not in amounts and "unit_price" not in amounts:
            raise _BadField("amount", "neither an amount nor a unit_price")
        return Line(
            customer,
            self._moment("time", cells),
            self._moment("shipped_at", cells) if "shipped_at" in self.columns.fields else None,
            amounts,
            self._status(cells) if "status" in self.columns.fields else "",
            self._currency(self.cell(cells, "currency")),
            {name: text for name, place in self._texts if (text := cells[place].strip())},
            {name: text for name, place in self._order_texts if (text := cells[place].strip())},
            values_of(cells, self._others),
            "\x1e".join([f"{name}={cell}" for name, place in self._lasting if (cell := cells[place].strip())]),
        )

    def _amount(self, name: str, cell: str) -> Any:
        try:
            return amount(cell, self.context.options.decimal_comma)
        except BadCell as bad:
            raise _BadField(name, str(bad)) from None

    def _moment(self, name: str, cells: list[str]) -> int | None:
        try:
            return moment_us(self.cell(cells, name), self.context.zone, self.context.options.time_format)
        except BadCell as bad:
            raise _BadField(name, str(bad)) from None

    def _status(self, cells: list[str]) -> str:
        word = self.cell(cells, "status").lower()
        word = "cancelled" if word == "canceled" else word
        if word and word not in STATUSES:
            raise _BadField("status", "not completed, cancelled, refunded or shipped; say --map-value status:WORD=completed")
        return word

    def _currency(self, told: str) -> str:
        code = told.upper() or self.context.currency
        if code and (len(code) != 3 or not code.isascii() or not code.isalpha()):
            raise _BadField("currency", "no currency code; write three letters such as EUR")
        return code

    # What depends on the tables

    def settle(self, units: Sequence[Unit]) -> None:
        """Completed or Updated, matched or not, and whether a customer written as a mail address is a user id."""
        told: list[OrderTold] = [unit.record for unit in units]
        known = commerce.completed_among({order.order_id for order in told})
        addresses = {order.customer for order in told if "@" in order.customer}
        user_ids = customers.known_user_ids(addresses) if addresses else set()
        now = iso(now_us())
        introduced: set[str] = set()
        for unit, order in zip(units, told, strict=True):
            unit.messages = facts_of_order(order, known=order.order_id in known, by_mail=order.customer not in user_ids, now=now)
            if order.customer in introduced:  # one identify a mail address is enough for a batch
                unit.messages = [message for message in unit.messages if message["type"] != "identify"]
            introduced.add(order.customer)


class _BadField(Exception):
    """A cell of a line that cannot be read: the whole line is set aside."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
