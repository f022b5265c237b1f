"""Order files: what is one order, what is a refund, what is refused, and what the same file again adds."""

from pathlib import Path
from typing import Any

import pytest

from rapport.commerce import queries as commerce
from rapport.customers import queries as customers
from rapport.intake.actions import receive
from rapport.intake.tests.loading import facts, in_rows, load, rejects, written
from rapport.lib.clock import from_us
from rapport.lib.refusals import Refusal

pytestmark = pytest.mark.django_db
HEAD = "order_id,customer,time,sku,quantity,unit_price\n"


def orders(folder: Path, text: str, *, name: str = "orders.csv", **options: Any) -> dict:
    return load(written(folder, text, name=name), "orders", currency="EUR", **options)


def test_rows_of_one_order_are_one_order_however_far_apart(tmp_path):
    filler = "".join(f"f{n},bob,2024-01-05,X,1,1\n" for n in range(3_000))
    answer = orders(tmp_path, HEAD + "o1,ana,2024-01-02T10:00:00,A,2,3.50\n" + filler + "o1,ana,2024-01-03T10:00:00,B,1,10\n")
    assert in_rows(answer) == (3_002, 3_002, 0, 0)
    assert (answer["orders"], answer["customers"], answer["events"]) == (3_001, 2, 3_001)
    told = next(fact for fact in facts("Order Completed") if fact.properties["order_id"] == "o1")
    assert told.properties["revenue"] == 17
    assert [line["sku"] for line in told.properties["products"]] == ["A", "B"]
    assert from_us(told.time_us).isoformat() == "2024-01-02T10:00:00+00:00"


def test_equal_rows_are_separate_lines(tmp_path):
    orders(tmp_path, HEAD + "o1,ana,2024-01-02,A,1,5\no1,ana,2024-01-02,A,1,5\n")
    (told,) = facts("Order Completed")
    assert (told.properties["revenue"], len(told.properties["products"])) == (10, 2)


def test_either_amount_or_unit_price_suffices_and_sums_are_exact(tmp_path):
    head = "order_id,customer,time,quantity,unit_price,amount\n"
    orders(tmp_path, head + "o1,ana,2024-01-02,3,0.10,\no1,ana,2024-01-02,,,0.2\no1,ana,2024-01-02,2,9,17.99\n")
    assert facts("Order Completed")[0].properties["revenue"] == 18.49
    assert commerce.order("o1").revenue_e6 == 18_490_000


def test_an_order_of_value_zero_counts(tmp_path):
    assert orders(tmp_path, HEAD + "o1,ana,2024-01-02,A,1,0\n")["orders"] == 1
    assert commerce.orders_count() == 1


def test_the_same_file_again_adds_nothing(tmp_path):
    text = HEAD + "o1,ana,2024-01-02,A,2,3.50\no2,bob,2024-01-02,B,-1,3\no3,,2024-01-02,B,1,3\n"
    first, second = orders(tmp_path, text), orders(tmp_path, text)
    assert in_rows(first) == (3, 2, 0, 1)
    assert in_rows(second) == (3, 0, 2, 1)
    assert [second[name] for name in ("orders", "refunds", "events", "customers")] == [0, 0, 0, 0]


def test_the_same_rows_under_another_name_and_packed_add_nothing(tmp_path):
    text = HEAD + "o1,ana,2024-01-02,A,2,3.50\n"
    orders(tmp_path, text)
    assert in_rows(orders(tmp_path, text, name="again.csv.gz")) == (1, 0, 1, 0)


def test_other_lines_later_are_an_update(tmp_path):
    orders(tmp_path, HEAD + "o1,ana,2024-01-02,A,2,3.50\n")
    answer = orders(tmp_path, HEAD + "o1,ana,2024-01-02,A,2,3.50\no1,ana,2024-01-02,B,1,1\n", name="later.csv")
    assert (answer["accepted"], answer["orders"]) == (2, 1)
    assert [fact.properties["revenue"] for fact in facts("Order Updated")] == [8]
    assert commerce.order("o1").revenue_e6 == 8_000_000
    assert commerce.orders_count() == 1
    again = orders(tmp_path, HEAD + "o1,ana,2024-01-02,A,2,3.50\n", name="first again.csv")
    assert in_rows(again) == (1, 0, 1, 0)


def test_cancelled_refunded_and_shipped_orders_are_completed_too(tmp_path):
    text = (
        "order_id,customer,time,amount,status,shipped_at,tracking\n"
        "o1,ana,2024-01-02,5,C,,\no2,ana,2024-01-03,6,Refunded,,\no3,ana,2024-01-04,7,shipped,2024-01-06,1Z\no4,ana,2024-01-05,8,,2024-01-07,\n"
        "o5,ana,2024-01-05,8,lost,,\n"
    )
    answer = orders(tmp_path, text, map_value={"status": {"C": "cancelled"}})
    assert [answer[name] for name in ("orders", "cancelled", "refunds", "refunds_unmatched", "rejected")] == [4, 1, 1, 0, 1]
    assert "not completed, cancelled, refunded or shipped" in rejects(answer)[0]
    assert commerce.order("o1").cancelled_us
    assert commerce.order("o2").refunded_e6 == 6_000_000
    assert (from_us(commerce.order("o3").shipped_us).day, commerce.order("o3").tracking) == (6, "1Z")
    assert from_us(commerce.order("o4").shipped_us).day == 7


def test_a_status_that_changes_later_is_news_and_the_order_is_not(tmp_path):
    head = "order_id,customer,time,amount,status\n"
    orders(tmp_path, head + "o1,ana,2024-01-02,5,completed\n")
    answer = orders(tmp_path, head + "o1,ana,2024-01-02,5,cancelled\n", name="later.csv")
    assert [answer[name] for name in ("accepted", "orders", "cancelled", "events")] == [1, 0, 1, 1]


def test_negative_lines_refund_the_order_of_that_id(tmp_path):
    orders(tmp_path, HEAD + "o1,ana,2024-01-02,A,2,3.50\n")
    answer = orders(tmp_path, HEAD + "o1,ana,2024-02-02,A,-1,3.50\no2,ana,2024-02-03,A,1,5\no2,ana,2024-02-04,A,-1,5\n", name="later.csv")
    assert [answer[name] for name in ("orders", "refunds", "refunds_unmatched")] == [1, 2, 0]
    assert {fact.properties["order_id"]: fact.properties["revenue"] for fact in facts("Order Refunded")} == {"o1": 3.5, "o2": 5}
    assert commerce.order("o2").refunded_e6 == 5_000_000


def test_a_growing_export_repeats_the_refunds_it_told_before(tmp_path):
    text = HEAD + "o1,ana,2024-01-02,A,3,5\no1,ana,2024-02-02,A,-1,5\n"
    orders(tmp_path, text)
    answer = orders(tmp_path, text + "o1,ana,2024-03-02,A,-1,5\n", name="grown.csv")
    assert [answer[name] for name in ("accepted", "orders", "refunds", "refunds_unmatched")] == [3, 0, 1, 0]
    assert commerce.order("o1").refunded_e6 == 10_000_000


@pytest.mark.parametrize("line", ["R1,ana,2024-02-02,A,-1,3.50", "R1,ana,2024-02-02,A,1,-3.50"])
def test_negative_lines_of_an_unknown_order_stand_alone_and_are_no_order(tmp_path, line):
    answer = orders(tmp_path, HEAD + line + "\n")
    assert [answer[name] for name in ("accepted", "orders", "refunds", "refunds_unmatched")] == [1, 0, 1, 1]
    (told,) = facts("Order Refunded")
    assert (told.properties["revenue"], told.properties["unmatched"]) == (3.5, True)
    assert commerce.orders_count() == 0


def test_without_an_order_id_each_row_is_an_order_of_its_own(tmp_path):
    text = "customer,time,amount\nana,2024-01-02,5\nana,2024-01-02,5\nbob,2024-01-02,5\n"
    first = orders(tmp_path, text)
    assert (first["orders"], commerce.orders_count()) == (3, 3)
    assert in_rows(orders(tmp_path, text)) == (3, 0, 3, 0)
    assert in_rows(orders(tmp_path, text + "ana,2024-01-02,5\n", name="more.csv")) == (4, 1, 3, 0)


def test_a_row_without_customer_is_set_aside_with_that_reason(tmp_path):
    text = HEAD + "o1,,2024-01-02,A,1,5\no2,ana,2024-01-02,A,1,5\n"
    answer = orders(tmp_path, text)
    assert in_rows(answer) == (2, 1, 0, 1)
    assert rejects(answer) == ["2,no customer; load it with --anonymous to keep it under an anonymous id,customer,o1,,2024-01-02,A,1,5"]
    kept = orders(tmp_path, text, anonymous=True)
    assert (kept["accepted"], kept["repeated"], kept["orders"]) == (1, 1, 1)
    assert customers.find("anonymous_id", "order:o1") is not None
    assert customers.known_count() == 1


def test_anonymous_orders_need_no_column_of_customers(tmp_path):
    answer = orders(tmp_path, "order_id,time,amount\no1,2024-01-02,5\n", anonymous=True)
    assert (answer["orders"], customers.known_count()) == (1, 0)


def test_a_customer_with_an_at_sign_is_a_user_id_where_known_else_a_mail_address(tmp_path):
    receive([{"type": "identify", "userId": "ana@shop", "traits": {}}], source_id=None)
    receive([{"type": "identify", "userId": "u7", "traits": {"email": "bob@example.com"}}], source_id=None)
    text = HEAD + "o1,ana@shop,2024-01-02,A,1,5\no2,Bob@Example.com,2024-01-02,A,1,5\no3,new@example.com,2024-01-02,A,1,5\n"
    answer = orders(tmp_path, text)
    assert in_rows(answer) == (3, 3, 0, 0)
    assert commerce.order("o1").customer_id == customers.find("user_id", "ana@shop").id
    assert commerce.order("o2").customer_id == customers.find("user_id", "u7").id
    assert commerce.order("o3").customer_id == customers.find("email", "new@example.com").id
    assert (customers.known_count(), customers.find("email", "new@example.com").email) == (3, "new@example.com")


def test_other_columns_become_properties_of_the_order_or_of_the_line(tmp_path):
    text = "order_id,customer,time,amount,Gift wrap,score,store_id\no1,ana,2024-01-02,5,true,3,007\no1,ana,2024-01-02,6,true,4,007\n"
    orders(tmp_path, text)
    (told,) = facts("Order Completed")
    assert (told.properties["Gift wrap"], told.properties["store_id"]) == (True, "007")
    assert [line["score"] for line in told.properties["products"]] == [3, 4]
    assert "score" not in told.properties


def test_tax_and_shipping_are_the_orders_or_add_up(tmp_path):
    head = "order_id,customer,time,amount,tax,shipping,discount,coupon\n"
    orders(
        tmp_path,
        head + "o1,ana,2024-01-02,5,2,4.90,1,X\no1,ana,2024-01-02,5,3,4.90,1,X\no2,ana,2024-01-02,5,2,,,\no2,ana,2024-01-02,5,,,,\n",
    )
    first, second = (fact.properties for fact in facts("Order Completed"))
    assert [first[name] for name in ("tax", "shipping", "discount", "coupon", "revenue")] == [5, 4.9, 2, "X", 10]
    assert second["tax"] == 2


def test_times_without_a_zone_are_the_files_then_the_companys(tmp_path):
    text = HEAD + "o1,ana,2024-07-02 10:00,A,1,5\no2,ana,2024-07-02T10:00:00+09:00,A,1,5\n"
    orders(tmp_path, text, timezone="Europe/London")
    assert [from_us(fact.time_us).hour for fact in facts("Order Completed")] == [9, 1]


def test_times_of_another_shape_are_refused_or_read_as_said(tmp_path):
    text = HEAD + "o1,ana,31/12/2023 08:26,A,1,5\n"
    answer = orders(tmp_path, text)
    assert answer["rejected"] == 1
    assert "--time-format" in rejects(answer)[0]
    assert orders(tmp_path, text, time_format="%d/%m/%Y %H:%M")["accepted"] == 1
    assert from_us(facts("Order Completed")[0].time_us).isoformat() == "2023-12-31T08:26:00+00:00"


def test_decimal_commas_are_refused_or_read_as_said(tmp_path):
    text = 'order_id;customer;time;amount\no1;ana;2024-01-02;"1.234,50"\n'
    answer = orders(tmp_path, text)
    assert "--decimal-comma" in rejects(answer)[0]
    assert orders(tmp_path, text, decimal_comma=True)["accepted"] == 1
    assert commerce.order("o1").revenue_e6 == 1_234_500_000


def test_an_order_in_the_future_is_kept(tmp_path):
    assert orders(tmp_path, HEAD + "o1,ana,2199-01-02,A,1,5\n")["accepted"] == 1
    assert from_us(commerce.order("o1").completed_us).year == 2199


def test_the_currency_is_the_rows_else_the_loads(tmp_path):
    text = "order_id,customer,time,amount,currency\no1,ana,2024-01-02,5,usd\no2,ana,2024-01-02,5,\no3,ana,2024-01-02,5,US$\n"
    answer = orders(tmp_path, text)
    assert {fact.properties["currency"] for fact in facts("Order Completed")} == {"USD", "EUR"}
    assert "no currency code" in rejects(answer)[0]


def test_an_order_of_ten_thousand_lines(tmp_path):
    answer = orders(tmp_path, HEAD + "".join(f"o1,ana,2024-01-02,SKU-{n},1,0.01\n" for n in range(10_000)))
    assert in_rows(answer) == (10_000, 10_000, 0, 0)
    assert (answer["orders"], commerce.order("o1").revenue_e6) == (1, 100_000_000)


def test_ten_thousand_properties(tmp_path):
    names = ",".join(f"p{n}" for n in range(10_000))
    answer = orders(tmp_path, f"order_id,customer,time,amount,{names}\no1,ana,2024-01-02,5,{','.join(map(str, range(10_000)))}\n")
    assert answer["accepted"] == 1
    assert facts("Order Completed")[0].properties["p9999"] == 9999


def test_a_card_number_sets_the_order_aside_and_stands_nowhere(tmp_path):
    answer = orders(tmp_path, "order_id,customer,time,amount,note\no1,ana,2024-01-02,5,4111 1111 1111 1111\no2,ana,2024-01-02,5,fine\n")
    assert in_rows(answer) == (2, 1, 0, 1)
    assert "card number" in rejects(answer)[0]
    assert "4111 1111" not in rejects(answer)[0]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("order_id,customer,time\no1,ana,2024-01-02\n", {}, "no column for amount or unit_price.*--map amount=COLUMN"),
        ("InvoiceNo,Who,When,amount\n1,2,3,4\n", {}, "no column for customer; its columns are InvoiceNo, Who, When, amount"),
        ("order_id,customer,time,amount\n", {"map": {"sku": "StockCod"}}, 'no column "StockCod".*'),
        ("order_id,customer,time,amount,StockCode\n", {"map": {"sku": "StockCod"}}, 'Did you mean --map sku="StockCode"'),
        ("order_id,customer,time,amount,amount\n", {}, '"amount" stands twice .columns 4 and 5'),
        ("order_id,customer,time,amount,Amount\n", {}, '"amount" and "Amount" both mean amount'),
        ("order_id,customer,time,amount,Sum\n", {"map": {"amount": "Sum"}}, "both say amount"),
        ("536365,ana@example.com,2024-01-02,5\n1,2,3,4\n", {}, "looks like data"),
        ("order_id,customer,time,amount\n", {"map_value": {"status": {"C": "cancelled"}}}, "--map-value status"),
        ("order_id,customer,time,amount\n", {"timezone": "Mars/North"}, 'no time zone "Mars/North"'),
    ],
)
def test_what_is_unclear_is_refused_before_anything_is_loaded(tmp_path, text, options, words):
    with pytest.raises(Refusal, match=words):
        orders(tmp_path, text, **options)
    assert commerce.orders_count() == 0


def test_columns_are_found_however_they_are_spelled(tmp_path):
    answer = orders(tmp_path, "Order ID,Customer,Time,Unit-Price,quantity\no1,ana,2024-01-02,5,1\n")
    assert answer["accepted"] == 1
