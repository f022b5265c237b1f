"""Facts that change more than their own table."""

from rapport.customers.models import Customer
from rapport.events import actions as log
from rapport.events.actions import NewFact
from rapport.events.models import Event
from rapport.warehouse import actions
from rapport.warehouse.tests.conftest import Write, load_all, rows


def somebody(*, known: bool = True, merged_into: int | None = None) -> int:
    return Customer.objects.create(known=known, merged_into=merged_into, created_us=0).id


def machine(name: str, key: str, **properties: object) -> None:
    log.record([NewFact(name, key, properties)])


def test_known_customers_are_those_known_by_more_than_an_anonymous_id(write: Write) -> None:
    bob, visitor = somebody(), somebody(known=False)
    write("Visited", {"page": "a"}, customer_id=bob)
    write("Visited", {"page": "a"}, customer_id=visitor)
    load_all()
    assert rows("SELECT customer_id FROM known") == [(bob,)]
    Customer.objects.filter(id=visitor).update(known=True)
    write("Identify", {"email": "v@example.com"}, customer_id=visitor, key="traits")
    load_all()
    assert rows("SELECT customer_id FROM known ORDER BY 1") == [(bob,), (visitor,)]


def test_joined_customers_are_aliases_of_a_root_and_part_again(write: Write) -> None:
    first, second, third = somebody(), somebody(), somebody()
    Customer.objects.filter(id=first).update(merged_into=second)
    machine("Customers Joined", "j1", **{"from": first, "into": second})
    load_all()
    assert rows("SELECT customer_id, root_id FROM aliases") == [(first, second)]
    Customer.objects.filter(id__in=[first, second]).update(merged_into=third)
    machine("Customers Joined", "j2", **{"from": second, "into": third})
    load_all()
    assert rows("SELECT customer_id, root_id FROM aliases ORDER BY 1") == [(first, third), (second, third)]
    Customer.objects.filter(id=second).update(merged_into=None)
    machine("Customers Parted", "p1", customer=second)
    load_all()
    assert rows("SELECT customer_id, root_id FROM aliases") == [(first, third)]
    assert rows("SELECT customer_id FROM known ORDER BY 1") == [(first,), (second,), (third,)]
    assert all(table.equal for table in actions.verify())


def test_words_on_consent_and_dead_addresses_keep_their_own_time(write: Write) -> None:
    write("Consent Given", {"channel": "email"}, {"channel": "sms", "purpose": "service"}, {"no": "channel"}, customer_id=4)
    write("Unsubscribed", {}, customer_id=4)
    write("Consent Given", {"channel": "email"}, customer_id=None)
    write("Address Suppressed", {"address": "Bob@Example.com", "reason": "hard bounce"}, customer_id=None)
    write("Suppression Lifted", {"address": "bob@example.com", "channel": "email"}, customer_id=None)
    load_all()
    assert rows("SELECT customer_id, channel, purpose, given FROM consents ORDER BY time") == [
        (4, "email", "marketing", True),
        (4, "sms", "service", True),
        (4, "email", "marketing", False),
    ]
    assert rows("SELECT channel, address, suppressed FROM suppressions ORDER BY time") == [
        ("email", "bob@example.com", True),
        ("email", "bob@example.com", False),
    ]
    assert rows("SELECT count(*) FROM consents c JOIN consent_given g USING (customer_id, time, event_id)") == [(2,)]


def test_a_load_taken_back_leaves_nothing_and_nobody_behind(write: Write) -> None:
    bob, brought = somebody(), somebody()
    write("Order Completed", {"products": [{"sku": "a"}]}, customer_id=bob)
    gone = write("Order Completed", {"products": [{"sku": "b"}]}, customer_id=brought, load_id=9)
    gone += write("Consent Given", {"channel": "email"}, customer_id=brought, load_id=9)
    gone += write("Address Suppressed", {"address": "x@example.com"}, customer_id=None, load_id=9)
    load_all()
    assert rows("SELECT count(*) FROM known") == [(2,)]
    late = write("Order Completed", {"products": [{"sku": "c"}]}, customer_id=bob, load_id=9)  # in the pass of the taking back itself
    machine("Load Taken Back", "t9", load_id=9)
    load_all()
    log.take_away(gone + late)
    Customer.objects.filter(id=brought).delete()
    machine("Load Taken Back", "t9 again", load_id=9)
    load_all()
    assert rows("SELECT customer_id, sku FROM order_completed__products") == [(bob, "a")]
    assert rows("SELECT (SELECT count(*) FROM order_completed), (SELECT count(*) FROM consents), (SELECT count(*) FROM suppressions)") == [
        (1, 0, 0)
    ]
    assert rows("SELECT customer_id FROM known") == [(bob,)]
    assert all(table.equal for table in actions.verify())


def test_a_rate_found_later_gives_a_fact_its_amounts(write: Write) -> None:
    numbers = write("Order Completed", {"revenue": 10, "products": [{"price": 5}]}, rate_e9=0)
    other = write("Order Completed", {"revenue": 7}, rate_e9=0)
    load_all()
    late = write("Order Completed", {"revenue": 20}, rate_e9=2_000_000_000)  # rated before the lake read it
    Event.objects.filter(id__in=numbers).update(rate_e9=2_000_000_000)
    machine("Rate Applied", "r1", event_ids=numbers + late)
    load_all()
    assert rows("SELECT event_id, revenue::INTEGER, unrated FROM order_completed ORDER BY 1") == [
        (numbers[0], 20, False),
        (other[0], None, True),
        (late[0], 40, False),
    ]
    assert rows("SELECT price::INTEGER FROM order_completed__products") == [(10,)]
    assert all(table.equal for table in actions.verify())
