"""Rules against DuckDB queries written by hand over the same files: the examples one by one, thirty conditions together."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from rapport.lib.clock import to_us
from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.rules_history import statements, write_history
from rapport.segments import queries as segments
from rapport.segments.actions import save_segment
from rapport.segments.check import check
from rapport.segments.parse import parse_rule
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import engine

NOW = datetime(2011, 12, 10, tzinfo=UTC)
TIMES_PEER, FREE_SECONDS = 2.0, 0.1
PART_OF_SUM = 0.7
EXAMPLES = {
    "bad feedback": 'did "Order Completed" at least 2 times AND did "Feedback Given" where score <= 2',
    "one of two but not a third": (
        '(did "Order Completed" where products.sku = "22423" OR did "Order Completed" where products.sku = "85123A")'
        ' BUT NOT did "Order Completed" where products.sku = "47566"'
    ),
    "lapsed regulars": 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days',
    "asleep": "everyone BUT NOT did anything in the last 60 days",
    "shirts by the pair": (
        'did "Order Completed" where (revenue > 100 AND products(category = "Shirts" AND quantity >= 2)) at least 3 times since 2011-06-01'
    ),
    "big spenders of America": (
        '(country = "USA" OR country = "Canada") AND sum(revenue) of "Order Completed" in the last 12 months > 500'
        ' BUT NOT in segment "Contacted this week"'
    ),
}
SKUS = ("22423", "85123A", "47566", "84879", "22720", "21212", "20725", "22197", "23203", "22383")
NEWEST = "arg_max({}, (time, event_id))"
ANNIVERSARY = "strftime({}, '%m%d') >= '1210' OR strftime({}, '%m%d') < '0109'"
# rule, table, what is kept, what a group must have
MIXED: tuple[tuple[str, str, str, str], ...] = (
    ('did "Order Completed" at least 2 times', "order_completed", "", "count(*) >= 2"),
    ('did "Order Completed" in the last 90 days', "order_completed", "time >= $now - INTERVAL 90 DAY", ""),
    ('did "Order Completed" where revenue > 100', "order_completed", "revenue > 100", ""),
    ('did "Order Completed" where channel = "web" at least 3 times', "order_completed", "channel = 'web'", "count(*) >= 3"),
    (
        'sum(revenue) of "Order Completed" in the last 12 months > 500',
        "order_completed",
        "time >= $now - INTERVAL 12 MONTH",
        "sum(revenue) > 500",
    ),
    ('average(revenue) of "Order Completed" > 80', "order_completed", "", "sum(revenue) > 80 * count(revenue)"),
    ('number of "Order Completed" >= 5', "order_completed", "", "count(*) >= 5"),
    ('days since last "Order Completed" > 60', "order_completed", "", "max(time) <= $now - INTERVAL 61 DAY"),
    ('largest(revenue) of "Order Completed" > 200', "order_completed", "", "max(revenue) > 200"),
    ('did "Feedback Given" where score <= 2', "feedback_given", "score <= 2", ""),
    ('average(score) of "Feedback Given" >= 4', "feedback_given", "", "sum(score::DECIMAL(38, 6)) >= 4 * count(score)"),
    ('did "Product Viewed" at least 5 times in the last 30 days', "product_viewed", "time >= $now - INTERVAL 30 DAY", "count(*) >= 5"),
    ('did "Product Viewed" where category = "Shirts"', "product_viewed", "category = 'Shirts'", ""),
    ('number of different(category) of "Product Viewed" >= 4', "product_viewed", "", "count(DISTINCT category) >= 4"),
    ('did "Page Viewed" at least 10 times', "page_viewed", "", "count(*) >= 10"),
    ('did "Page Viewed" where path = "/sale" in the last 30 days', "page_viewed", "path = '/sale' AND time >= $now - INTERVAL 30 DAY", ""),
    ('country = "USA"', "identify", "country IS NOT NULL", f"{NEWEST.format('country')} = 'USA'"),
    (
        "birthday anniversary in the next 30 days",
        "identify",
        "birthday IS NOT NULL",
        ANNIVERSARY.format(NEWEST.format("birthday"), NEWEST.format("birthday")),
    ),
    ('did "Email Opened" in the last 14 days', "email_opened", "time >= $now - INTERVAL 14 DAY", ""),
)
MAY_RECEIVE = "may receive email"


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    write_history(options["events"], tell)
    save_segment("Contacted this week", 'did "Email Opened" in the last 7 days', by="the benchmark")
    vocabulary, sql = segments.vocabulary(), statements("rules_peers.sql")
    for name, rule in EXAMPLES.items():
        yield Case(name, _ours([rule], vocabulary), "DuckDB by hand", _peer([sql[name]]), TIMES_PEER, FREE_SECONDS)
    rules, queries = _thirty(sql)
    yield Case("thirty conditions together", _ours(rules, vocabulary), "thirty queries by hand", _peer(queries), PART_OF_SUM)


BENCH = Bench("rules over a history in the lake, against DuckDB queries by hand", cases, options={"events": 10_000_000})


def _thirty(sql: dict[str, str]) -> tuple[list[str], list[str]]:
    """Ten conditions of one shape and twenty of mixed shapes, each with its query."""
    rules = [f'did "Order Completed" where products.sku = "{sku}"' for sku in SKUS]
    queries = [sql["condition"].format(table="order_completed__products", kept=f"AND sku = '{sku}'", having="") for sku in SKUS]
    for rule, table, kept, having in MIXED:
        rules.append(rule)
        queries.append(sql["condition"].format(table=table, kept=kept and f"AND {kept}", having=having and f"HAVING {having}"))
    return [*rules, MAY_RECEIVE], [*queries, sql["may receive"]]


def _ours(rules: list[str], vocabulary: Vocabulary) -> Callable[[], list[int]]:
    """From the texts to the counts."""

    def ask() -> list[int]:
        checked = [check(parse_rule(rule), vocabulary) for rule in rules]
        return [len(found.root) for found in segments.answer_many(checked, vocabulary, to_us(NOW))]

    return ask


def _peer(queries: list[str]) -> Callable[[], list[int]]:
    """Each query by itself in one transaction, over the very same lake."""

    def ask() -> list[int]:
        with engine.reading() as lake:
            return [lake.execute(query, {"now": NOW.replace(tzinfo=None)}).fetchall()[0][0] for query in queries]

    return ask
