"""Playing the practice company in: every fact through the same door as a real shop's, then goods, segments and the warehouse."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from django.db import transaction

from rapport.commerce.actions.told import RowTold, set_told
from rapport.commerce.models import Product
from rapport.intake.actions import receive
from rapport.intake.keys import source
from rapport.learn.practice import company
from rapport.learn.practice.clockwork import Told
from rapport.learn.practice.story import span_us, tell
from rapport.learn.standing import Practice
from rapport.lib.clock import DAY_US, fixed, from_us
from rapport.warehouse import actions as warehouse

BATCH = 1_000
DAILY_US = 45 * DAY_US
PASS_ROWS = 50_000  # few large passes: each writes files for every kind of fact
Shown = Callable[[float], None]  # is told how much is done, from 0 to 1


def play(practice: Practice, shown: Shown) -> int:
    """Tell the whole story to the doors, in time order; answers how many facts were new. Telling it again adds none."""
    since_us, until_us = span_us(practice.until_us)
    sources = {name: source(name).id for name in company.SOURCES}
    fresh = 0
    for batch in _batches(tell(seed=practice.seed, customers=practice.customers, until_us=practice.until_us), until_us):
        with fixed(from_us(batch[-1].time_us)):  # received then, not today
            for name, told in _by_source(batch):
                receipt = receive([one.message for one in told], source_id=sources[name])
                assert not receipt.refused, f"the practice company tells what the doors take: {receipt.refused[0]}"
                fresh += receipt.accepted
        shown((batch[-1].time_us - since_us) / (until_us - since_us))
    return fresh


def _batches(story: Iterator[Told], until_us: int) -> Iterator[list[Told]]:
    """Large ones for speed; of the last weeks one a day, so that pages show a company that hears from its customers daily."""
    batch: list[Told] = []
    for told in story:
        new_day = bool(batch) and told.time_us // DAY_US != batch[0].time_us // DAY_US
        if len(batch) >= BATCH or (new_day and told.time_us > until_us - DAILY_US):
            yield batch
            batch = []
        batch.append(told)
    if batch:
        yield batch


def _by_source(batch: list[Told]) -> Iterator[tuple[str, list[Told]]]:
    """Each door's own, in time order."""
    for name in company.SOURCES:
        if told := [one for one in batch if one.source == name]:
            yield name, told


def fill_shelves() -> None:
    """What the shop sells."""
    with transaction.atomic():
        set_told(Product, [_told(number, item) for number, item in enumerate(company.ITEMS)], load_id=None)


def _told(number: int, item: company.Item) -> RowTold:
    price, cost = (Decimal(cents) / 100 for cents in (item.price_cents, item.cost_cents))
    values = {"name": item.name, "url": company.SITE + item.path, "price": price, "cost": cost, "stock": (number * 37) % 90}
    return RowTold(item.sku, values)


def load_warehouse(facts: int, shown: Shown) -> None:
    """Bring the warehouse up to the last fact, by our own hand."""
    loaded = 0
    while moved := warehouse.load_pass(PASS_ROWS):
        loaded += moved
        shown(min(1.0, loaded / max(facts, 1)))
    warehouse.catch_up()
