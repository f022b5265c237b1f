"""Suppressions: addresses nothing more is sent to, one a row."""

import re
from typing import Any

from rapport.intake.files.columns import Fields
from rapport.intake.files.kinds.customers import EMAIL
from rapport.intake.files.kinds.kind import Kind, content_id, track
from rapport.intake.files.rows import Row, Trouble
from rapport.intake.files.units import Unit
from rapport.intake.files.values import BadCell, iso, moment_us

ADDRESSES = {"email": "email", "phone": "sms"}  # a column that says its channel by its name


class Suppressions(Kind):
    name = "suppressions"
    fields = Fields(("address", "email", "phone", "channel", "reason", "time"), one_of=(("address", "email", "phone"),))

    def unit(self, row: Row) -> Unit | Trouble:
        line, cells = row
        field = next((name for name in ("address", *ADDRESSES) if self.cell(cells, name)), "address")
        address = self.cell(cells, field)
        channel = self.cell(cells, "channel").lower() or ADDRESSES.get(field, "email")
        if not address:
            return Trouble(line, "no address", field, tuple(cells))
        if channel == "email" and not EMAIL.fullmatch(address):
            return Trouble(line, "no mail address", field, tuple(cells))
        if channel in ("sms", "phone"):
            if not address.startswith("+"):
                return Trouble(line, "a telephone number without its country; write it as +44 20 7946 0958", field, tuple(cells))
            address = "+" + re.sub(r"\D", "", address)
        address = address.lower()
        if len(address) > 254 or len(channel) > 31:
            return Trouble(line, "longer than an address or channel can be", field, tuple(cells))
        try:
            time_us = moment_us(self.cell(cells, "time"), self.context.zone, self.context.options.time_format)
        except BadCell as bad:
            return Trouble(line, str(bad), "time", tuple(cells))
        time = "" if time_us is None else iso(time_us)
        properties: dict[str, Any] = {"channel": channel, "address": address, "reason": self.cell(cells, "reason") or "told by a file"}
        return Unit([row], [track("Address Suppressed", content_id("suppressed", channel, address, time), {}, time, properties)])
