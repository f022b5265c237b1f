"""What customers might need next, out of the lake: learnt from some, worked out for those whose purchases are new to us."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from rapport.lib.rising import places
from rapport.lib.zone import company_zone
from rapport.segments.lake import CUSTOMER, Lake, Reader, lake_at, wall_time
from rapport.value.bought import LINES, days_of, kept_orders, lines_in
from rapport.value.next_products import Bought, ItemItem
from rapport.warehouse import queries as warehouse

SHOWN = 4
LEARNT_MAX = 200_000  # customers: of more, what products say of each other is no surer
AT_ONCE = 200_000  # customers whose lines are held together
PRODUCTS_MAX = 100_000
NAMES = ("sku", "product_id", "name")  # the first that lines tell is what a product is called


@dataclass(frozen=True)
class Suggested:
    """Of each of these customers the best products, best first, as places in `names`; -1: no more."""

    ids: np.ndarray  # (customers,), rising
    product: np.ndarray  # (customers, SHOWN)
    names: list[str]

    def of(self, row: int) -> list[str]:
        return [self.names[one] for one in self.product[row].tolist() if one >= 0]


def suggested(everybody: np.ndarray, who: np.ndarray, day: int, until_us: int) -> Suggested | None:
    """For these of all customers (both rising), as of the end of a day; None where no line names a product."""

    def read(reader: Reader) -> Suggested | None:
        lake = lake_at(reader, until_us)
        lines = _lines(lake)
        if lines is None or not len(who):
            return None
        names = _names(lake, lines)
        if not names:
            return None
        one_in = max(1, -(-len(everybody) // LEARNT_MAX))
        model = ItemItem.of(_bought(lake, lines.filter(lines[CUSTOMER] % one_in == 0), names))
        parts = max(1, -(-len(everybody) // AT_ONCE))
        product = np.full((len(who), SHOWN), -1, np.int32)
        for part in range(parts):
            places = np.flatnonzero(who % parts == part)
            if len(places):
                bought = _bought(lake, lines.filter(lines[CUSTOMER] % parts == part), names)
                product[places] = model.recommended(bought, who[places], day=day, shown=SHOWN).product
        return Suggested(who, product, names)

    return warehouse.ask(read)


def _lines(lake: Lake) -> ir.Table | None:
    """(customer, day, product's name) of the lines of orders that were not cancelled."""
    orders, lines = kept_orders(lake), lines_in(lake)
    if orders is None or lines is None:
        return None
    told = [facts for name in NAMES if (facts := lines.find(f"{LINES}.{name}")) is not None and facts.kind == "text"]
    columns = [column for facts in told if (column := lines.column(facts)) is not None]
    if not columns:
        return None
    named = lines.table.select(
        "customer_id", "event_id", day=wall_time(lines.table.time, company_zone()).date(), product=ibis.coalesce(*columns)
    )
    named = named.filter(named.product.notnull(), named.product != "")
    return lake.of_customers(named.semi_join(orders, named.event_id == orders.event_id))


def _names(lake: Lake, lines: ir.Table) -> list[str]:
    """The products that were bought most, by name."""
    count = lines.group_by("product").aggregate(n=lines.count()).order_by([ibis.desc("n"), "product"]).limit(PRODUCTS_MAX)
    return sorted(lake.ask(count)["product"].to_pylist())


def _bought(lake: Lake, lines: ir.Table, names: list[str]) -> Bought:
    found = lake.ask(lines.select(CUSTOMER, "day", "product").distinct())
    told = found["product"].to_numpy(zero_copy_only=False).astype(str)
    place, known = places(told, np.array(names, str))
    return Bought.of(found[CUSTOMER].to_numpy()[known], days_of(found["day"])[known], place[known], len(names))
