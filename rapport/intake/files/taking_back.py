"""Taking a load back: its facts go batch by batch, each batch leaving customers and orders folded from what is left.

Killed anywhere, it goes on: what is gone is gone, and what is left is found by the load's number.
"""

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from pyroaring import BitMap

from rapport.commerce import events as trade
from rapport.commerce.actions import orders
from rapport.commerce.actions.rates import remove_rates
from rapport.commerce.actions.told import restore
from rapport.commerce.models import Branch, Product
from rapport.customers import actions as customers
from rapport.customers.events import CUSTOMERS_JOINED
from rapport.events import queries as log
from rapport.events import rating
from rapport.events.actions import NewFact, record, take_away
from rapport.intake.models import Load, LoadState, LoadUndo
from rapport.lib.bulk import slices
from rapport.lib.clock import from_us, now_us
from rapport.lib.locks import turn_to_write

BATCH = 500
CUSTOMERS = 300  # a transaction
PAGE = 10_000
NOUNS: dict[str, type[Product] | type[Branch]] = {"products": Product, "branches": Branch}
LOAD_TAKEN_BACK = "Load Taken Back"
_decode = msgspec.json.Decoder().decode


def take_away_facts(load: Load, watch: Callable[[int], None]) -> None:
    """All facts of a load, with what they made of customers and orders: customer by customer, so that each is folded once."""
    customers.forget_load(load.id)
    gone = 0
    for some in slices(_people_of(load), CUSTOMERS):
        with turn_to_write():
            gone += _take_away_of(load, some)
            Load.objects.filter(id=load.id).update(beat_us=now_us())
        watch(gone)
    while True:
        with turn_to_write():
            page = [event_id for event_id, _, _ in log.load_events(load.id, after_id=load.counts.get("after_event", 0), limit=PAGE)]
            if not page:
                return
            told = log.facts_by_id(page).values()
            take_away(page)
            customers.refold_suppressions({customers.address_of(fact.properties) for fact in told if "address" in fact.properties})
            gone += len(page)
        watch(gone)


def _people_of(load: Load) -> BitMap:
    """Whom the load told of."""
    found, last = BitMap(), load.counts.get("after_event", 0)
    while page := list(log.load_events(load.id, after_id=last, limit=PAGE)):
        found.update(customer_id for _, customer_id, _ in page if customer_id is not None)
        last = page[-1][0]
    return found


def _take_away_of(load: Load, customer_ids: list[int]) -> int:
    """The facts of a load about these customers; answers how many there were."""
    types = log.catalogue().by_id
    told = log.facts_of_load(load.id, customer_ids)
    touched: set[str] = set()
    for fact in told:
        name = types[fact.event_type_id].name
        if name in trade.ORDER_FACTS and (order_id := orders.order_id_of(fact.properties)):
            touched.add(order_id)
        elif name == CUSTOMERS_JOINED and fact.customer_id is not None:
            customers.part(fact.customer_id, cause=f"load {load.id}, {fact.id}")
    take_away([fact.id for fact in told])
    orders.refold(touched)
    customers.refold(customer_ids)
    return len(told)


def put_back_rows(load: Load) -> None:
    """Products, branches and rates as they stood before the load; a few hundred a transaction."""
    if load.kind == "rates":
        _take_back_rates(load)
    while True:
        with turn_to_write():
            undo = list(LoadUndo.objects.filter(load=load).order_by("id")[:BATCH])
            if not undo:
                return
            for one in undo:
                if (noun := NOUNS.get(one.kind)) and not restore(noun, one.key, one.before, load_id=load.id):
                    _hand_down(one)
            LoadUndo.objects.filter(id__in=[one.id for one in undo]).delete()


def _hand_down(undo: LoadUndo) -> None:
    """A later load has changed the row since: taking that one back leads to what stood before both."""
    later = LoadUndo.objects.filter(kind=undo.kind, key=undo.key, load_id__gt=undo.load_id).order_by("load_id").first()
    if later is not None:
        LoadUndo.objects.filter(id=later.id).update(before=undo.before)


@turn_to_write()
def _take_back_rates(load: Load) -> None:
    """Facts that were kept with these rates wait for rates again: a wrong rate is mended so, and by nothing else."""
    keys = list(LoadUndo.objects.filter(load=load, kind="rates").values_list("key", flat=True))
    gone = remove_rates(keys, load_id=load.id)
    codes = {code for code, _ in gone}
    last = 0
    while gone and (page := rating.rated_after(last, limit=PAGE)):
        last = page[-1][0]
        waiting = []
        for event_id, time_us, payload in page:
            code = str((_decode(payload).get("properties") or {}).get("currency") or "").upper()
            if code in codes and (code, on := _company_day(time_us)) in gone:
                waiting.append((event_id, code, on))
        rating.withdraw_rate(waiting)


def _company_day(time_us: int) -> date:
    return from_us(time_us, ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


@turn_to_write()
def close(load: Load) -> None:
    """The last step: the log says that the load is gone."""
    record([NewFact(LOAD_TAKEN_BACK, f"load-taken-back:{load.id}", {"load_id": load.id})])
    Load.objects.filter(id=load.id).update(state=LoadState.TAKEN_BACK, finished_us=now_us(), stop_asked=False)
