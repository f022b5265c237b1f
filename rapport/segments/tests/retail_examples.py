"""The first four examples of the rule language beside hand-written SQL, on Online Retail with seeded feedback.

Each example has a query for every node in pre-order; every query answers customer ids.
"""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

AS_OF = "2011-12-10T00:00:00Z"
FEEDBACKS = 3_000
FIRST_DAY = datetime(2010, 12, 9, tzinfo=UTC)
DAY_US = 86_400_000_000
SINCE_60_DAYS, SINCE_90_DAYS = (1_323_475_200_000_000 - days * DAY_US for days in (60, 90))
ORDERS = (
    "SELECT CustomerID::VARCHAR AS who, InvoiceNo AS number, StockCode AS sku,"
    " epoch_us(timezone('Europe/London', InvoiceDate::TIMESTAMP)) AS moment"
    " FROM '{path}' WHERE CustomerID IS NOT NULL AND Quantity > 0 AND UnitPrice >= 0"
)
FEEDBACK = "SELECT \"userId\" AS who, properties.score AS score, epoch_us(timestamp::TIMESTAMP) AS moment FROM read_json('{feedback}')"
EVERYONE = "SELECT DISTINCT CustomerID::VARCHAR AS who FROM '{path}' WHERE CustomerID IS NOT NULL"
TWICE = "SELECT who FROM orders GROUP BY who HAVING count(DISTINCT number) >= 2"
UNHAPPY = "SELECT DISTINCT who FROM feedback WHERE score <= 2"
BOUGHT = "SELECT DISTINCT who FROM orders WHERE sku = '{sku}'"
CAKESTAND, HEART, BUNTING = (BOUGHT.format(sku=sku) for sku in ("22423", "85123A", "47566"))
EITHER = f"SELECT who FROM ({CAKESTAND}) UNION SELECT who FROM ({HEART})"
LATELY = f"SELECT who FROM orders GROUP BY number, who HAVING min(moment) >= {SINCE_90_DAYS}"
ACTIVE = (
    f"SELECT who FROM orders GROUP BY number, who HAVING min(moment) >= {SINCE_60_DAYS}"
    f" UNION SELECT who FROM feedback WHERE moment >= {SINCE_60_DAYS}"
)
EXAMPLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        'did "Order Completed" at least 2 times AND did "Feedback Given" where score <= 2',
        (f"SELECT who FROM ({TWICE}) INTERSECT SELECT who FROM ({UNHAPPY})", TWICE, UNHAPPY),
    ),
    (
        '(did "Order Completed" where products.sku = "22423" OR did "Order Completed" where products.sku = "85123A")'
        ' BUT NOT did "Order Completed" where products.sku = "47566"',
        (f"SELECT who FROM ({EITHER}) EXCEPT SELECT who FROM ({BUNTING})", EITHER, CAKESTAND, HEART, BUNTING),
    ),
    (
        'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days',
        (f"SELECT who FROM ({TWICE}) EXCEPT SELECT who FROM ({LATELY})", TWICE, LATELY),
    ),
    (
        "everyone BUT NOT did anything in the last 60 days",
        (f"SELECT who FROM ({EVERYONE}) EXCEPT SELECT who FROM ({ACTIVE})", EVERYONE, ACTIVE),
    ),
)


def write_feedback(retail: Path, to: Path) -> Path:
    """Feedback of a tenth of the customers over the year, the same every time."""
    everyone = sorted(row[0] for row in duckdb.sql(EVERYONE.format(path=retail)).fetchall())
    chance = random.Random(20_111_209)
    speakers = chance.sample(everyone, len(everyone) // 10)
    with to.open("w") as lines:
        for number in range(FEEDBACKS):
            at = FIRST_DAY + timedelta(minutes=chance.randrange(365 * 24 * 60))
            told = {"type": "track", "event": "Feedback Given", "messageId": f"feedback-{number}", "userId": chance.choice(speakers)}
            told |= {
                "timestamp": at.strftime("%Y-%m-%dT%H:%M:00Z"),
                "properties": {"score": chance.choice((1, 2, 3, 4, 4, 5, 5))},
            }
            lines.write(f"{json.dumps(told)}\n")
    return to


def counts_by_hand(retail: Path, feedback: Path) -> list[tuple[str, list[int]]]:
    """Each example with the number of customers at every node."""
    tables = f"WITH orders AS ({ORDERS.format(path=retail)}), feedback AS ({FEEDBACK.format(feedback=feedback)})"
    found = []
    for rule, nodes in EXAMPLES:
        asked = (f"{tables} SELECT count(DISTINCT who) FROM ({node.format(path=retail)})" for node in nodes)
        found.append((rule, [duckdb.sql(query).fetchall()[0][0] for query in asked]))
    return found
