"""Products, rates and suppressions: rows that are set, put back, and told in facts."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rapport.commerce import queries as commerce
from rapport.commerce.models import Product
from rapport.customers import queries as customers
from rapport.events.models import Event, UnratedEvent
from rapport.intake.actions import receive
from rapport.intake.files.actions import take_back
from rapport.intake.tests.loading import facts, in_rows, load, rejects, written
from rapport.lib.refusals import Refusal

pytestmark = pytest.mark.django_db
DAY = date(2024, 1, 2)


def table(folder: Path, kind: str, text: str, *, name: str = "table.csv", **options: Any) -> dict:
    return load(written(folder, text, name=name), kind, **options)


def usd_order(order_id: str, revenue: float) -> dict:
    return {
        "type": "track", "event": "Order Completed", "userId": "ana", "messageId": order_id, "timestamp": "2024-01-02T12:00:00Z",
        "properties": {"order_id": order_id, "revenue": revenue, "currency": "USD"},
    }  # fmt: skip


@pytest.fixture
def in_euro(settings):
    settings.CURRENCY = "EUR"


def test_products_are_set_changed_and_repeated(tmp_path):
    answer = table(tmp_path, "products", "sku,name,price,stock,colour\nA,Shirt,19.90,5,red\nB,Belt,,,\n,No,1,1,\nC,Cap,cheap,,\n")
    assert in_rows(answer) == (4, 2, 0, 2)
    assert answer["columns_left_out"] == ["colour"]
    assert [line.split(",")[1:3] for line in rejects(answer)] == [["no sku", "sku"], ["not a number; write 1234.50", "price"]]
    again = table(tmp_path, "products", "sku,price\nA,19.9\nB,5\n", name="later.csv")
    assert in_rows(again) == (2, 1, 1, 0)
    found = commerce.products(["A", "B"])
    assert (found["A"].name, found["A"].price, found["A"].stock, found["B"].price) == ("Shirt", Decimal("19.9"), 5, 5)


def test_branches_are_set_moved_and_repeated(tmp_path):
    said = (
        "name,latitude,longitude,floor\nPorto,41.1496,-8.611,2\n,1,1,\nNowhere,91,0,\nFar,0,-180.5,\nSuva,-18.1416,178.4419,\nOslo,,10,\n"
    )
    answer = table(tmp_path, "branches", said)
    assert in_rows(answer) == (6, 2, 0, 4)
    assert [line.split(",")[0] for line in rejects(answer)] == ["3", "4", "5", "7"]
    assert "not a latitude: degrees from -90 to 90, such as 41.1496" in rejects(answer)[1]
    assert commerce.branches() == {"Porto": (41.1496, -8.611), "Suva": (-18.1416, 178.4419)}
    moved = table(tmp_path, "branches", "name,latitude,longitude\nPorto,41.2,-8.7\nSuva,-18.1416,178.4419\n", name="later.csv")
    assert in_rows(moved) == (2, 1, 1, 0)
    assert commerce.branches()["Porto"] == (41.2, -8.7)
    take_back(moved["load"])
    assert commerce.branches()["Porto"] == (41.1496, -8.611)
    take_back(answer["load"])
    assert not commerce.branches()


def test_products_go_back_to_what_stood_before_in_whatever_order_loads_are_taken_back(tmp_path):
    loads = [
        table(tmp_path, "products", f"sku,price\nA,{price}\n" + (f"B,{price}\n" if price == 2 else ""), name=f"{price}.csv")["load"]
        for price in (1, 2, 3)
    ]
    take_back(loads[1])
    assert {row.sku: row.price for row in Product.objects.all()} == {"A": 3}
    take_back(loads[2])
    assert {row.sku: row.price for row in Product.objects.all()} == {"A": 1}
    take_back(loads[0])
    assert not Product.objects.exists()


def test_a_rate_once_set_never_changes(tmp_path, in_euro):
    assert in_rows(table(tmp_path, "rates", "day,currency,rate\n2024-01-02,usd,0.91\n2024-01-03,USD,0.9\n")) == (2, 2, 0, 0)
    answer = table(tmp_path, "rates", "day,currency,rate\n2024-01-02,USD,0.910\n2024-01-02,USD,0.95\n2024-01-02,EUR,2\n2024-01-05,USD,-1\n")
    assert in_rows(answer) == (4, 0, 1, 3)
    said = rejects(answer)
    assert "USD 2024-01-02 has the rate 0.91 already, and facts are kept with it; 0.95 is not taken" in said[1]
    assert "company's currency" in said[2]
    assert commerce.rates_for([("USD", DAY)]) == {("USD", DAY): 910_000_000}


def test_facts_that_waited_for_a_rate_get_it_and_lose_it_when_the_rates_are_taken_back(tmp_path, in_euro):
    receive([usd_order("o1", 10), usd_order("o2", 20)], source_id=None)
    assert UnratedEvent.objects.count() == 2
    first = table(tmp_path, "rates", "day,currency,rate\n2024-01-02,USD,9\n")
    assert set(Event.objects.filter(message_id__in=["o1", "o2"]).values_list("rate_e9", flat=True)) == {9_000_000_000}
    assert not UnratedEvent.objects.exists()
    receive([usd_order("o3", 30)], source_id=None)
    take_back(first["load"])
    assert UnratedEvent.objects.count() == 3
    table(tmp_path, "rates", "day,currency,rate\n2024-01-02,USD,0.9\n", name="right.csv")
    assert set(Event.objects.filter(message_id__in=["o1", "o2", "o3"]).values_list("rate_e9", flat=True)) == {900_000_000}
    assert [len(fact.properties["event_ids"]) for fact in facts("Rate Applied")] == [2, 3, 3]


def test_suppressions_are_facts_about_addresses(tmp_path):
    text = "email,phone,reason\nDead@Example.com,,bounced\n,+44 20 7946 0958,asked\nnot an address,,\n"
    answer = table(tmp_path, "suppressions", text)
    assert in_rows(answer) == (3, 2, 0, 1)
    assert set(customers.suppressed("email", ["dead@example.com"])) == {"dead@example.com"}
    assert set(customers.suppressed("sms", ["+442079460958"])) == {"+442079460958"}
    assert customers.known_count() == 0
    assert in_rows(table(tmp_path, "suppressions", text)) == (3, 0, 2, 1)


def test_suppressions_taken_back_leave_those_of_others(tmp_path):
    told = {"channel": "email", "address": "dead@example.com", "reason": "complained"}
    receive([{"type": "track", "event": "Address Suppressed", "timestamp": "2024-01-01", "properties": told}], source_id=None)
    answer = table(tmp_path, "suppressions", "email,reason,time\ndead@example.com,bounced,2024-05-01\nnew@example.com,asked,2024-05-01\n")
    assert customers.suppressed("email", ["dead@example.com"])["dead@example.com"].reason == "bounced"
    take_back(answer["load"])
    found = customers.suppressed("email", ["dead@example.com", "new@example.com"])
    assert {address: row.reason for address, row in found.items()} == {"dead@example.com": "complained"}


def test_a_field_no_table_has_is_refused(tmp_path):
    with pytest.raises(Refusal, match='products have no field "colour".*The fields are sku, name'):
        table(tmp_path, "products", "sku,Farbe\nA,rot\n", map={"colour": "Farbe"})
