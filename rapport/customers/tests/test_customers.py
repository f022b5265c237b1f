"""What a customer agreed to, where nothing is sent, who is found, and what is left when a load goes."""

import threading

import pytest
from django.db import connection

from rapport.customers import actions, queries
from rapport.customers.models import Consent, Customer, Identifier, Suppression
from rapport.events.models import Event
from rapport.intake.actions import receive
from rapport.lib.clock import DAY_US

pytestmark = pytest.mark.django_db


def says(event, day, user="bob", **properties):
    return {
        "type": "track",
        "event": event,
        "userId": user,
        "timestamp": f"2026-01-{day:02}T00:00:00Z",
        "messageId": f"{event} {day} {user}",
        "properties": properties,
    }


def test_the_newest_word_on_a_channel_and_purpose_stands():
    receive([says("Consent Withdrawn", 5, channel="email")], source_id=None)
    receive([says("Consent Given", 3, channel="email"), says("Consent Given", 4, channel="sms", purpose="service")], source_id=None)
    bob = queries.find("user_id", "bob")
    assert [(c.channel, c.purpose, c.given) for c in queries.consents_of(bob.id)] == [
        ("email", "marketing", False),
        ("sms", "service", True),
    ]
    proof = Event.objects.get(id=queries.consents_of(bob.id)[0].event_id)
    assert proof.message_id == "Consent Withdrawn 5 bob"


def test_unsubscribing_withdraws_marketing_mail():
    receive([says("Consent Given", 3, channel="email"), says("Unsubscribed", 4)], source_id=None)
    assert not Consent.objects.get().given


def test_joining_keeps_the_newest_word_of_both():
    receive([says("Consent Given", 3, channel="email"), says("Consent Withdrawn", 4, user="robert", channel="email")], source_id=None)
    receive([{"type": "alias", "previousId": "robert", "userId": "bob"}], source_id=None)
    assert not Consent.objects.get(customer_id=queries.find("user_id", "robert").id).given


def test_an_address_is_suppressed_and_lifted_in_the_order_of_own_time():
    def word(event, day):
        return {**says(event, day, channel="email", address="X@Example.com", reason="bounced"), "userId": "rapport"}

    receive([word("Address Suppressed", 3)], source_id=None)
    assert queries.suppressed("email", ["x@example.com"])["x@example.com"].reason == "bounced"
    receive([word("Suppression Lifted", 2)], source_id=None)
    assert Suppression.objects.count() == 1
    receive([word("Suppression Lifted", 4)], source_id=None)
    assert Suppression.objects.count() == 0
    assert Customer.objects.count() == 0 and not Event.objects.filter(customer_id__isnull=False).exists()


def test_people_are_found_by_name_mail_phone_and_number():
    traits = {
        "first_name": "Zoë",
        "last_name": "Ångström",
        "email": "zoe@example.com",
        "phone": "+49 40 123456",
        "membership_number": "7700",
    }
    receive([{"type": "identify", "userId": "z-1", "traits": traits}, says("Page Viewed", 1, user="other")], source_id=None)
    zoe = queries.find("user_id", "z-1")
    for text in ("Zoë", "ångström".title(), "zoe@", "ZOE@example.com", "+4940123456", "7700", "z-1"):
        assert [one.id for one in queries.search(text)] == [zoe.id], text
    assert queries.search("nobody") == [] and len(queries.search("")) == 2
    assert len(queries.search("", limit=1)) == 1 and queries.search("", after=queries.search("", limit=1)[0].id)[0].id != zoe.id


def test_a_part_of_a_name_is_found_however_the_name_changed():
    def called(user: str, name: str, minute: int) -> None:
        told = {"type": "identify", "messageId": f"{user}{minute}", "traits": {"name": name}}
        receive([says("", minute, user=user) | told], source_id=None)

    names = ["Bob Kowalski", "Anna KOWALSKA", "陳大文", "100% Wool", 'O\'Hara "Red"', "a_b", "Null"]
    for number, name in enumerate(names):
        called(f"u{number}", name, 1)

    def found(text: str, **more: int) -> list[str]:
        return [one.name for one in queries.search(text, **more)]

    assert found("owal") == ["Bob Kowalski", "Anna KOWALSKA"] and found("owal", limit=1) == ["Bob Kowalski"]
    assert found("owal", after=queries.search("owal", limit=1)[0].id) == ["Anna KOWALSKA"]
    for text, name in zip(("b kow", "kowalska", "大文", "% w", "'hara \"r", "A_B", "null"), names, strict=True):
        assert found(text) == [name], text
    assert found("陳大文") == ["陳大文"]
    assert found("kowalskx") == found("a%b") == [] and found("%") == [names[3]]
    called("u0", "Bob Nowak", 2)
    called("u1", "", 2)
    assert found("owal") == [] and found("nowak") == ["Bob Nowak"]
    receive([{"type": "alias", "previousId": "u0", "userId": "u6", "messageId": "x"}], source_id=None)
    assert found("nowak") == ["Bob Nowak"] and found("null") == []
    Customer.objects.all().delete()
    assert found("nowak") == found("wool") == []


def test_parting_gives_both_their_own_again():
    receive([{"type": "identify", "userId": "a", "traits": {"city": "Lima"}}, says("Page Viewed", 1, user="b")], source_id=None)
    receive([{"type": "alias", "previousId": "a", "userId": "b", "messageId": "x"}], source_id=None)
    b = queries.find("user_id", "b")
    assert '"Lima"' in b.traits
    alias = next(one for one in queries.family_of(b.id) if one != b.id)
    actions.part(alias, cause="a mistake")
    assert '"Lima"' not in queries.find("user_id", "b").traits and '"Lima"' in queries.find("user_id", "a").traits
    assert queries.find("user_id", "a").id != queries.find("user_id", "b").id


def test_folding_anew_gives_the_same_and_forgets_who_has_nothing_left():
    receive(
        [{"type": "identify", "userId": "a", "traits": {"city": "Lima"}}, says("Consent Given", 2, user="a", channel="email")],
        source_id=None,
    )
    before = Customer.objects.values().get(), Consent.objects.values("channel", "given", "time_us").get()
    actions.refold([before[0]["id"]])
    assert (Customer.objects.values().get(), Consent.objects.values("channel", "given", "time_us").get()) == before
    Event.objects.all().delete(), Identifier.objects.all().delete()
    actions.refold([before[0]["id"]])
    assert Customer.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_workers_that_meet_the_same_new_customers_agree():
    def work(number):
        batch = [{"type": "identify", "userId": f"u{n}", "anonymousId": f"a{n % 7}", "messageId": f"{number}:{n}"} for n in range(40)]
        try:
            for part in range(0, 40, 10):
                receive(batch[part : part + 10] if number % 2 else batch[part : part + 10][::-1], source_id=None)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    assert Event.objects.filter(message_id__contains=":").exclude(message_id__startswith="joined").count() == 160
    assert Customer.objects.filter(known=True, merged_into__isnull=True).count() == 40
    assert not Customer.objects.filter(merged_into__in=Customer.objects.filter(merged_into__isnull=False).values("id")).exists()


@pytest.mark.django_db(transaction=True)
def test_senders_that_bring_the_same_new_people_wait_rather_than_fail(monkeypatch):
    monkeypatch.setattr("rapport.intake.actions.TRIES_MAX", 1)
    troubles = []

    def send(number):
        try:
            for part in range(12):
                order = range(20) if number % 2 else reversed(range(20))
                who = [f"new {part}-{one}" for one in order]
                receive(
                    [
                        {"type": "track", "event": "Seen", "userId": one, "messageId": f"{number}:{one}", "timestamp": "2026-01-01"}
                        for one in who
                    ],
                    source_id=None,
                )
        except Exception as trouble:  # noqa: BLE001  it is what the test looks at
            troubles.append(trouble)
        finally:
            connection.close()

    senders = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    [sender.start() for sender in senders]
    [sender.join() for sender in senders]
    assert not troubles
    assert (Event.objects.count(), Customer.objects.count(), Identifier.objects.count()) == (960, 240, 240)


def test_new_customers_are_counted_by_the_day_that_brought_them():
    receive(
        [says("Seen", 3, user="bob"), says("Seen", 4, user="ana"), says("Seen", 4, user="mia"), says("Seen", 5, user="bob")], source_id=None
    )
    first = Customer.objects.order_by("created_us")[0].created_us
    assert queries.new_by_day(0) == {first // DAY_US: 1, first // DAY_US + 1: 2}
    assert queries.new_by_day(first + 1) == {first // DAY_US + 1: 2}
