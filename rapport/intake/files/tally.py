"""What a load has come to: counts of this run, and of the load over all its runs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyroaring import BitMap

from rapport.intake.actions import Outcome
from rapport.intake.files.rejects import count_reasons
from rapport.intake.files.rows import Trouble

IN_ROWS = ("rows", "accepted", "repeated", "rejected")
IN_FACTS = ("orders", "cancelled", "refunds", "refunds_unmatched", "events", "notes")
COUNTED = {
    "Order Completed": "orders",
    "Order Updated": "orders",
    "Order Cancelled": "cancelled",
    "Order Refunded": "refunds",
}
FOLLOWED = frozenset({*COUNTED, "Consent Given"})


@dataclass(slots=True)
class Tally:
    """Grows batch by batch; `copy` before a batch, so that one rolled back leaves no trace."""

    counts: Counter[str] = field(default_factory=Counter)
    customers: BitMap = field(default_factory=BitMap)
    consenting: BitMap = field(default_factory=BitMap)
    reasons: dict[str, int] = field(default_factory=dict)

    def rows(self, outcome: str, number: int) -> None:
        self.counts["rows"] += number
        self.counts[outcome] += number

    def set_aside(self, troubles: Sequence[Trouble]) -> None:
        self.rows("rejected", len(troubles))
        count_reasons(self.reasons, troubles)

    def facts(self, messages: Iterable[dict[str, Any]], outcomes: Sequence[Outcome], customer_ids: dict[int, int]) -> None:
        """Count what was recorded of a batch of messages."""
        self.counts["events"] += len(customer_ids)
        self.customers.update(filter(None, customer_ids.values()))
        for index, message in enumerate(messages):
            event = message.get("event")
            if event not in FOLLOWED or outcomes[index] != "accepted":
                continue
            if event in COUNTED:
                self.counts[COUNTED[event]] += 1
                self.counts["refunds_unmatched"] += event == "Order Refunded" and (message.get("properties") or {}).get("unmatched") is True
            elif customer_id := customer_ids.get(index):
                self.consenting.add(customer_id)

    def copy(self) -> "Tally":
        return Tally(self.counts.copy(), self.customers.copy(), self.consenting.copy(), dict(self.reasons))
