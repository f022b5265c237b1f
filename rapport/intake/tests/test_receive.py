"""A batch comes in: each good fact is recorded once, each bad one is answered for, nothing is half-done."""

import json
import re

import pytest

from rapport.customers.models import Customer, Identifier
from rapport.customers.queries import find, root_of
from rapport.events.models import Event
from rapport.intake import actions
from rapport.intake.actions import receive
from rapport.intake.models import Reject

pytestmark = pytest.mark.django_db


def track(event="Product Viewed", **more):
    return {"type": "track", "event": event, "userId": "bob", "messageId": f"{event}:{sorted(more.items())}", **more}


def test_one_bad_fact_of_a_hundred_spoils_no_other():
    batch = [track(messageId=f"m{n}") for n in range(100)]
    batch[40] = {**batch[40], "event": None}
    receipt = receive(batch, source_id=None)
    assert (receipt.accepted, receipt.rejected, Event.objects.count()) == (99, 1, 99)
    assert Reject.objects.get().reason == "event is missing: a track names what was done"


def test_a_fact_told_twice_counts_once_in_one_batch_and_across_batches():
    assert receive([track(messageId="m"), track(messageId="m")], source_id=None).outcomes == ["accepted", "repeated"]
    assert receive([track(messageId="m")], source_id=None).outcomes == ["repeated"]
    assert Event.objects.count() == 1


def test_message_ids_may_be_any_text_to_255_letters():
    assert receive([track(messageId="ß" * 255), track(messageId=12)], source_id=None).accepted == 2
    assert receive([track(messageId="x" * 256)], source_id=None).refused[0].field == "messageId"
    assert receive([track(messageId="a\x00b")], source_id=None).refused[0].reason == "messageId contains a NUL character"


def test_a_crash_in_the_middle_leaves_nothing(monkeypatch):
    def crash(*args):
        raise RuntimeError("the machine went down")

    monkeypatch.setattr(actions.orders, "fold", crash)
    with pytest.raises(RuntimeError):
        receive([track("Order Completed", properties={"order_id": "1", "revenue": 3})], source_id=None)
    assert (Event.objects.count(), Customer.objects.count(), Identifier.objects.count()) == (0, 0, 0)


def test_null_is_absent():
    receive([track(anonymousId=None, properties={"sku": None, "name": "x"}, timestamp=None)], source_id=None)
    assert json.loads(Event.objects.get().payload)["properties"] == {"name": "x"}


def test_traits_stand_at_the_top_or_in_context_and_have_one_spelling():
    traits = {"firstName": "Ana", "address": {"city": "Porto", "postalCode": "4000"}}
    receive([{"type": "identify", "userId": "ana", "context": {"traits": traits}, "traits": {"email": "ANA@example.com"}}], source_id=None)
    ana = find("user_id", "ana")
    assert (ana.name, ana.email) == ("Ana", "ana@example.com")
    assert {name: value for name, (value, _) in json.loads(ana.traits).items() if name in ("city", "postal_code")} == {
        "city": "Porto",
        "postal_code": "4000",
    }


@pytest.mark.parametrize(
    ("times", "own"),
    [
        ({}, 0),
        ({"timestamp": "2026-03-02T11:00:00Z"}, -3600),
        ({"timestamp": "2026-03-02T11:00:00Z", "sentAt": "2026-03-02T11:00:10Z"}, -10),  # the client's clock is an hour slow
        ({"originalTimestamp": "2026-03-02T13:00:00Z", "timestamp": "2020-01-01", "sentAt": "2026-03-02T13:00:05Z"}, -5),
        ({"timestamp": "2026-03-02T12:59:59Z"}, 0),  # up to an hour ahead: now
        ({"timestamp": "2026-03-02T13:00:01Z"}, 3601),  # beyond: kept as told
    ],
)
def test_own_time(today, times, own):
    receive([track(**times)], source_id=None)
    assert Event.objects.get().time_us == int(today.timestamp() + own) * 1_000_000


def test_a_time_that_is_none_is_refused_by_its_field():
    assert receive([track(timestamp="last Tuesday")], source_id=None).refused[0].field == "timestamp"


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", 4111111111111111])
def test_card_numbers_are_refused_in_any_field_and_stored_nowhere(number):
    receipt = receive([track(properties={"note": [{"deep": number}]})], source_id=None)
    assert receipt.refused[0].field == "properties.note.0.deep"
    assert Event.objects.count() == 0 and str(number) not in json.dumps(list(Reject.objects.values()))


@pytest.mark.parametrize(
    "fact",
    [
        {"messageId": "paid by 4111 1111 1111 1111"},
        {"event": "Paid By 4111-1111-1111-1111"},
        {"userId": "4111111111111111"},
        {"properties": {"comment": "it was\n4111 1111 1111 1111\tthank you"}},
        {"properties": {"4111111111111111": True}},
        {"context": {"4111111111111111": {"4111111111111111": 4111111111111111}}},
    ],
)
def test_card_numbers_are_refused_wherever_they_stand(fact):
    receipt = receive([track() | fact], source_id=None)
    assert receipt.outcomes == ["rejected"] and "card number" in receipt.refused[0].reason
    assert Event.objects.count() == 0 and not re.search("4111.?1111", json.dumps(list(Reject.objects.values())))


@pytest.mark.parametrize("number", ["4111 1111 1111 1112", "+49 40 5550 0142 333", "1234567890128", 1795474114976006])
def test_phones_tickets_and_moments_are_no_card_numbers(number):
    assert receive([track(properties={"note": number})], source_id=None).accepted == 1


def test_a_browser_key_says_only_what_a_page_may_say():
    receive([{"type": "identify", "userId": "victim", "traits": {"email": "v@example.com"}}], source_id=None)
    batch = [
        track("Order Completed"),
        track("Consent Given"),
        {"type": "identify", "userId": "victim", "anonymousId": "a", "traits": {"email": "evil@example.com"}},
        {"type": "alias", "userId": "evil", "previousId": "victim"},
        {"type": "identify", "userId": "new", "anonymousId": "a", "traits": {"email": "new@example.com"}},
        track("Product Viewed"),
    ]
    receipt = receive(batch, source_id=None, browser=True)
    assert receipt.outcomes == ["rejected"] * 4 + ["accepted"] * 2
    assert find("user_id", "victim").email == "v@example.com"


def test_a_visitor_becomes_the_customer_who_signs_in():
    receive([track(userId=None, anonymousId="phone")], source_id=None)
    receive([{"type": "identify", "userId": "bob", "anonymousId": "phone"}], source_id=None)
    assert root_of(Event.objects.first().customer_id) == find("user_id", "bob").id


def test_a_visitor_joins_a_customer_known_before_and_both_ids_read_as_one():
    receive([track(messageId="1")], source_id=None)
    receive([track(userId=None, anonymousId="phone", messageId="2")], source_id=None)
    receive([{"type": "identify", "userId": "bob", "anonymousId": "phone", "messageId": "3"}], source_id=None)
    receive([track(userId=None, anonymousId="phone", messageId="4")], source_id=None)
    bob = find("user_id", "bob")
    assert {root_of(fact.customer_id) for fact in Event.objects.all()} == {bob.id}
    assert Event.objects.get(message_id="joined:3").payload == json.dumps(
        {"properties": {"from": Event.objects.get(message_id="2").customer_id, "into": bob.id}}, separators=(",", ":")
    )


def test_on_a_shared_computer_each_has_what_they_did_themselves():
    def at(hour, **more):
        return {"anonymousId": "kitchen", "timestamp": f"2026-01-01T{hour:02}:00:00Z", "messageId": f"at {hour}", **more}

    look = {"type": "track", "event": "Product Viewed"}
    receive([at(1, **look), at(2, type="identify", userId="bob"), at(3, **look)], source_id=None)
    receive([at(4, type="identify", userId="ana"), at(5, **look)], source_id=None)
    receive([{**at(3, **look), "messageId": "late"}], source_id=None)
    whose = {fact.message_id: root_of(fact.customer_id) for fact in Event.objects.filter(event_type_id__gt=0)}
    bob, ana = find("user_id", "bob").id, find("user_id", "ana").id
    assert {name: whose[name] for name in ("at 1", "at 3", "late", "at 5")} == {"at 1": bob, "at 3": bob, "late": bob, "at 5": ana}
    assert bob != ana


def test_alias_joins_two_names_of_one_customer_without_a_chain():
    for name in ("a", "b", "c"):
        receive([track(userId=name, messageId=name)], source_id=None)
    receive([{"type": "alias", "previousId": "a", "userId": "b", "messageId": "x"}], source_id=None)
    receive([{"type": "alias", "previousId": "b", "userId": "c", "messageId": "y"}], source_id=None)
    receive([{"type": "alias", "previousId": "c", "userId": "a", "messageId": "z"}], source_id=None)
    root = find("user_id", "c").id
    assert {find("user_id", name).id for name in "abc"} == {root}
    assert set(Customer.objects.exclude(id=root).values_list("merged_into", flat=True)) == {root}


def test_a_mail_address_finds_the_customer_but_never_joins_two_accounts():
    receive([{"type": "identify", "anonymousId": "n", "traits": {"email": "ana@example.com"}}], source_id=None)
    receive([{"type": "identify", "userId": "ana", "traits": {"email": "Ana@Example.com"}}], source_id=None)
    receive([{"type": "identify", "userId": "brother", "traits": {"email": "ana@example.com"}}], source_id=None)
    assert find("email", "ana@example.com").id == find("user_id", "ana").id != find("user_id", "brother").id


def test_traits_keep_the_newest_word_whatever_comes_late():
    def says(city, day):
        return {"type": "identify", "userId": "bob", "traits": {"city": city}, "timestamp": f"2026-01-{day:02}T00:00:00Z"}

    receive([says("Omaha", 5)], source_id=None)
    receive([says("Lima", 3), says("Paris", 9)], source_id=None)
    receive([says("Rome", 7)], source_id=None)
    assert json.loads(find("user_id", "bob").traits)["city"][0] == "Paris"


def test_rapport_s_own_facts_cannot_be_forged():
    assert receive([track("Customers Joined", properties={"from": 1, "into": 2})], source_id=None).rejected == 1


def test_names_and_ids_of_every_script_and_the_customer_called_null():
    receive([{"type": "identify", "userId": "Null", "traits": {"name": "Null", "city": "台北"}}, track("Größe gewählt")], source_id=None)
    assert find("user_id", "Null").name == "Null"
