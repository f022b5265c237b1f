"""Eighty conditions as a CRM has them, each with the query a person would write, and two hundred segments made of them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from rapport.run.bench.history import SEED, SKUS, statements

SEGMENTS = 200
NEWEST = "arg_max({0}, (time, event_id))"
DAY = "extract(month FROM {0}) * 100 + extract(day FROM {0})"
ORDERS, LINES, FEEDBACK, VIEWS = "order_completed", "order_completed__products", "feedback_given", "product_viewed"
PAGES, OPENED, TRAITS, ANYTHING = "page_viewed", "email_opened", "identify", "anything"


@dataclass(frozen=True)
class Condition:
    """A rule; the table its query reads, the rows that count, what a customer's rows must come to, or who is left out for it."""

    rule: str
    table: str
    kept: str = ""
    having: str = ""
    left_out: bool = False

    @property
    def sql(self) -> str:
        known = statements("segments_peers.sql")
        if self.table not in TABLES:
            return known[self.table]
        source = f"({known[ANYTHING]})" if self.table == ANYTHING else self.table
        return known["condition"].format(
            table=source,
            kept=self.kept and f"AND {self.kept}",
            having=self.having and f"HAVING {self.having}",
            held="NOT IN" if self.left_out else "IN",
        )


TABLES = {ORDERS, LINES, FEEDBACK, VIEWS, PAGES, OPENED, TRAITS, ANYTHING}


def _last(days: int) -> str:
    return f"time >= $now - INTERVAL '{days} DAY'"


def _shapes() -> Iterator[Condition]:
    """Four shapes, each with ten constants."""
    for number, sku in enumerate(SKUS):
        path, campaign, city = f"/p/{number * 7}", f"campaign {number * 3}", f"city {number * 11}"
        yield Condition(f'did "Order Completed" where products.sku = "{sku}"', LINES, f"sku = '{sku}'")
        yield Condition(f'did "Page Viewed" where path = "{path}" in the last 30 days', PAGES, f"path = '{path}' AND {_last(30)}")
        yield Condition(
            f'did "Email Opened" where campaign_name = "{campaign}" at least 2 times',
            OPENED,
            f"campaign_name = '{campaign}'",
            "count(*) >= 2",
        )
        yield Condition(f'city = "{city}"', TRAITS, "city IS NOT NULL", f"{NEWEST.format('city')} = '{city}'")


MIXED = (
    # how often, within which time
    Condition('did "Order Completed" at least 2 times', ORDERS, "", "count(*) >= 2"),
    Condition('did "Order Completed" in the last 90 days', ORDERS, _last(90)),
    Condition('did "Order Completed" where revenue > 100', ORDERS, "revenue > 100"),
    Condition('did "Order Completed" where channel = "web" at least 3 times', ORDERS, "channel = 'web'", "count(*) >= 3"),
    Condition('did "Order Completed" at most 1 times in the last 12 months', ORDERS, _last(365), "count(*) > 1", left_out=True),
    Condition('number of "Order Completed" >= 5', ORDERS, "", "count(*) >= 5"),
    Condition('did "Feedback Given" where score <= 2', FEEDBACK, "score <= 2"),
    Condition(
        'did "Feedback Given" between 2011-01-01 and 2011-07-01',
        FEEDBACK,
        "time >= TIMESTAMP '2011-01-01' AND time < TIMESTAMP '2011-07-01'",
    ),
    Condition('did "Product Viewed" at least 5 times in the last 30 days', VIEWS, _last(30), "count(*) >= 5"),
    Condition('did "Product Viewed" where category = "Shirts"', VIEWS, "category = 'Shirts'"),
    Condition(
        'did "Product Viewed" where category = "Coats" at least 3 times in the last 90 days',
        VIEWS,
        f"category = 'Coats' AND {_last(90)}",
        "count(*) >= 3",
    ),
    Condition('did "Page Viewed" at least 10 times', PAGES, "", "count(*) >= 10"),
    Condition('did "Page Viewed" where path = "/sale" in the last 60 days', PAGES, f"path = '/sale' AND {_last(60)}"),
    Condition('did "Page Viewed" at least 3 times in the last 7 days', PAGES, _last(7), "count(*) >= 3"),
    Condition('did "Email Opened" in the last 14 days', OPENED, _last(14)),
    Condition('did "Email Opened" at least 3 times in the last 90 days', OPENED, _last(90), "count(*) >= 3"),
    Condition("did anything in the last 30 days", ANYTHING, _last(30)),
    # amounts
    Condition('sum(revenue) of "Order Completed" in the last 12 months > 500', ORDERS, _last(365), "sum(revenue) > 500"),
    Condition('sum(revenue) of "Order Completed" > 1000', ORDERS, "", "sum(revenue) > 1000"),
    Condition('sum(revenue) of "Order Completed" in the last 90 days < 50', ORDERS, _last(90), "sum(revenue) >= 50", left_out=True),
    Condition('average(revenue) of "Order Completed" > 80', ORDERS, "", "sum(revenue) > 80 * count(revenue)"),
    Condition('largest(revenue) of "Order Completed" > 200', ORDERS, "", "max(revenue) > 200"),
    Condition('smallest(revenue) of "Order Completed" in the last 12 months < 5', ORDERS, _last(365), "min(revenue) < 5"),
    Condition('average(score) of "Feedback Given" >= 4', FEEDBACK, "", "sum(score::DECIMAL(38, 6)) >= 4 * count(score)"),
    Condition('days since last "Order Completed" > 60', ORDERS, "", "max(time) <= $now - INTERVAL '61 DAY'"),
    Condition('days since first "Order Completed" >= 365', ORDERS, "", "min(time) <= $now - INTERVAL '365 DAY'"),
    Condition('days since last "Page Viewed" > 90', PAGES, "", "max(time) <= $now - INTERVAL '91 DAY'"),
    Condition('number of different(category) of "Product Viewed" >= 4', VIEWS, "", "count(DISTINCT category) >= 4"),
    Condition('number of different(channel) of "Order Completed" >= 3', ORDERS, "", "count(DISTINCT channel) >= 3"),
    # lists
    Condition(
        'did "Order Completed" where products.category = "Hats" at least 3 times',
        LINES,
        "category = 'Hats'",
        "count(DISTINCT event_id) >= 3",
    ),
    Condition('did "Order Completed" where products(price > 150 AND quantity >= 4)', LINES, "price > 150 AND quantity >= 4"),
    Condition('did "Order Completed" where (revenue > 50 AND products(category = "Shoes" AND quantity >= 3))', "dear shoes"),
    Condition(
        'sum(products.quantity) of "Order Completed" in the last 12 months >= 20', LINES, _last(365), "sum(quantity::DECIMAL(38, 6)) >= 20"
    ),
    Condition('number of different(products.category) of "Order Completed" >= 5', LINES, "", "count(DISTINCT category) >= 5"),
    # who they are
    Condition('country = "USA"', TRAITS, "country IS NOT NULL", f"{NEWEST.format('country')} = 'USA'"),
    Condition(
        'country in ("Germany", "France", "Spain")',
        TRAITS,
        "country IS NOT NULL",
        f"{NEWEST.format('country')} IN ('Germany', 'France', 'Spain')",
    ),
    Condition("city is unknown", TRAITS, "city IS NOT NULL", left_out=True),
    Condition("birthday < 1960-01-01", TRAITS, "birthday IS NOT NULL", f"{NEWEST.format('birthday')} < DATE '1960-01-01'"),
    Condition(
        "birthday anniversary in the next 30 days",
        TRAITS,
        "birthday IS NOT NULL",
        f"{DAY.format(NEWEST.format('birthday'))} >= 1210 OR {DAY.format(NEWEST.format('birthday'))} < 109",
    ),
    Condition("may receive email", "may receive"),
)


def conditions() -> list[Condition]:
    """Forty of four shapes, forty of every kind."""
    return [*_shapes(), *MIXED]


@dataclass
class Mixture:
    """Rules made of conditions: each condition is used, no two rules are the same."""

    conditions: list[Condition]
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    def rules(self, count: int) -> list[str]:
        found: dict[str, None] = {}
        firsts = [one.rule for one in self.conditions]
        self.chance.shuffle(firsts)
        while len(found) < count:
            found[self._rule(firsts[len(found) % len(firsts)])] = None
        return list(found)

    def _rule(self, first: str) -> str:
        others = [one.rule for one in self.conditions if one.rule != first]
        second, third, fourth = self.chance.sample(others, 3)
        return self.chance.choice(
            (
                f"{first} AND {second}",
                f"{first} BUT NOT {second}",
                f"({first} OR {second}) AND {third}",
                f"({first} OR {second}) BUT NOT {third}",
                f"({first} AND {second}) OR ({third} AND {fourth})",
                f"({first} OR {second} OR {third}) BUT NOT {fourth}",
            )
        )
