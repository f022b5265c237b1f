"""Products next, out of the lake: what goes together is found, what was just bought is not shown, a cancelled order says nothing."""

from pathlib import Path

import numpy as np
import pytest

from rapport.events.actions import NewFact, record
from rapport.lib.clock import DAY_US
from rapport.value.suggested import SHOWN, suggested
from rapport.warehouse.actions import catch_up

DAY = 20_000
PAIRS = {"tea": "pot", "ink": "pen", "soap": "dish", "rope": "hook", "seed": "soil"}  # the second is bought twenty days after the first


def order(customer: int, days_ago: int, *skus: str) -> NewFact:
    name = f"{customer} {days_ago}"
    said = {"order_id": name, "revenue": 10, "currency": "EUR", "products": [{"sku": sku, "quantity": 1} for sku in skus]}
    return NewFact("Order Completed", f"order {name}", said, customer, (DAY - days_ago) * DAY_US + DAY_US // 2)


@pytest.fixture
def shop(lake: Path) -> None:
    """A hundred customers have both of a pair; five more have the first alone, one of them and a cancelled order of another."""
    facts = []
    for customer in range(1, 101):
        first, second = list(PAIRS.items())[customer % 5]
        facts += [order(customer, 100 + customer % 20, first), order(customer, 80 + customer % 20, second)]
    facts += [order(101 + n, 30, first) for n, first in enumerate(PAIRS)]
    facts += [order(101, 20, "soap"), NewFact("Order Cancelled", "gone", {"order_id": "101 20"}, 101, (DAY - 19) * DAY_US)]
    facts.append(NewFact("Order Completed", "bare", {"order_id": "bare", "revenue": 5}, 200, (DAY - 9) * DAY_US))
    record(facts)
    catch_up()


def test_what_goes_together_comes_first(shop: None) -> None:
    who = np.arange(101, 106)
    found = suggested(np.arange(1, 106), who, DAY, (DAY + 1) * DAY_US)
    assert found is not None
    assert [found.of(row)[0] for row in range(5)] == list(PAIRS.values())
    for row, own in enumerate(PAIRS):
        assert own not in found.of(row)
        assert len(found.of(row)) <= SHOWN
    assert found.names == sorted({*PAIRS, *PAIRS.values()})


def test_without_a_history_of_products_what_sells_is_shown(shop: None) -> None:
    found = suggested(np.array([200]), np.array([200]), DAY, (DAY + 1) * DAY_US)
    assert found is not None and len(found.of(0)) == SHOWN
    assert suggested(np.arange(1, 106), np.empty(0, int), DAY, (DAY + 1) * DAY_US) is None


def test_no_lines_at_all(lake: Path) -> None:
    assert suggested(np.array([1]), np.array([1]), DAY, (DAY + 1) * DAY_US) is None
