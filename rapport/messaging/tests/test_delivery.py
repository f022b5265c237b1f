"""A message leaves once, says why where it does not, and never more than one a connection is in doubt."""

from collections.abc import Iterator
from email.utils import parseaddr
from importlib import import_module

import pytest
from django.db import connection
from pytest_django import Settings

from rapport.customers import queries as customers
from rapport.events.models import Event
from rapport.lib.clock import DAY_US, fixed, from_us
from rapport.lib.refusals import Refusal
from rapport.messaging import actions, answers, delivery, gates, slices
from rapport.messaging.delivery import Courier
from rapport.messaging.models import Mailing, Message
from rapport.messaging.tests.sink import Sink, sink
from rapport.messaging.tests.writing import BY, carry, customer_id, mailing, states, template, welcomes
from rapport.messaging.transports import Outcome, Smtp
from rapport.segments import actions as segments
from tests.cast import TODAY, Tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings: Settings) -> Iterator[Sink]:
    with sink() as found:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{found.port}"
        settings.MAIL_FROM, settings.COMPANY_NAME = "Halden <news@halden.example>", "Halden"
        settings.COMPANY_ADDRESS, settings.PUBLIC_URL = "1 Quay Street, Halden", "https://crm.halden.example"
        yield found


@pytest.fixture
def people(tell: Tell) -> list[int]:
    tell(*[call for number in range(5) for call in welcomes(f"p{number}", first_name=f"Pia {number}")])
    return [customer_id(f"p{number}") for number in range(5)]


def test_each_gets_one_mail_made_for_them(server: Sink, people: list[int], today: object) -> None:
    spring = mailing(*people)
    carry()
    assert server.recipients == [f"p{number}@example.com" for number in range(5)]
    assert [server.read(place)["Subject"] for place in range(5)] == [f"News for Pia {number}" for number in range(5)]
    spring.refresh_from_db()
    assert states(spring) == [("sent", "")] * 5 and spring.state == "done"
    assert Event.objects.filter(message_id__startswith="email-sent:").count() == 5
    carry()
    assert len(server.mails) == 5


def test_marketing_mail_carries_what_the_standards_ask_for(server: Sink, people: list[int], today: object) -> None:
    mailing(people[0])
    carry()
    mail = server.read()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<https://crm.halden.example/m/u/") and mail["List-Id"]
    assert mail["From"] == "Halden <news@halden.example>" and mail["Message-ID"].endswith("@halden.example>")
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    for page in (text, html):
        assert "1 Quay Street, Halden" in page and "https://crm.halden.example/m/u/" in page
    assert "https://crm.halden.example/m/c/" in html and "https://shop.example/new" not in html
    assert parseaddr(server.mails[-1][0])[1].startswith("bounces+")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"event": "Unsubscribed", "properties": {"channel": "email"}}, "consent_withdrawn"),
        ({"event": "Address Suppressed", "properties": {"channel": "email", "address": "P0@example.com"}}, "suppressed"),
    ],
)
def test_who_says_no_between_freezing_and_delivery_is_held(
    said: dict[str, object], reason: str, server: Sink, people: list[int], tell: Tell, today: object
) -> None:
    spring = mailing(*people[:2])
    tell({"type": "track", "userId": "p0", "messageId": "no", "timestamp": TODAY.isoformat(), **said})
    carry()
    assert states(spring) == [("held", reason), ("sent", "")]
    assert server.recipients == ["p1@example.com"]


def test_a_purchase_of_a_second_ago_shows_in_the_mail(server: Sink, people: list[int], tell: Tell) -> None:
    segments.define_measure('spend := sum(revenue) of "Order Completed" in the last 12 months', by=BY)
    with fixed(TODAY):
        version = template(subject="You spent {{ customer.spend }} and {{ customer.spend | money: 'EUR' }}")
        mailing(people[0], version=version)
        order = {"order_id": "a", "revenue": 41.5, "currency": "EUR"}
        for number, days_ago in enumerate((1 / 86_400, 20, 400)):
            tell(
                {
                    "type": "track", "event": "Order Completed", "userId": "p0", "messageId": f"o{number}",
                    "timestamp": from_us(int((TODAY.timestamp() - days_ago * 86_400) * 1e6)).isoformat(),
                    "properties": order | {"order_id": f"o{number}"},
                }
            )  # fmt: skip
        carry()
    assert server.read()["Subject"] == "You spent 83 and €83.00"


def test_every_reason_is_given(server: Sink, tell: Tell, today: object) -> None:
    tell(*welcomes("a"), *welcomes("b", email="A@example.com"), *welcomes("c", email="nobody"), *welcomes("d", email="x@x@example.com"))
    tell({"type": "identify", "userId": "e", "messageId": "e", "timestamp": "2026-01-01", "traits": {"email": "e@example.com"}})
    tell({"type": "identify", "userId": "f", "messageId": "f", "timestamp": "2026-01-01", "traits": {"name": "F"}})
    spring = mailing(*(customer_id(who) for who in "abcdef"), 4_000_000)
    carry()
    assert states(spring) == [
        ("sent", ""), ("held", "duplicate_address"), ("held", "bad_address"), ("held", "bad_address"),
        ("held", "no_consent"), ("held", "no_consent"), ("held", "nobody"),
    ]  # fmt: skip
    assert all(reason in gates.REASONS for _, reason in states(spring) if reason)


def test_nobody_gets_more_marketing_a_week_than_they_welcome(server: Sink, people: list[int], settings: Settings) -> None:
    settings.CONTACTS_PER_WEEK_MAX = 2
    version = template()
    with fixed(TODAY):
        mails = [mailing(people[0], version=version, cause=f"campaign:{number}") for number in range(3)]
        carry()
        assert [states(one)[0] for one in mails] == [("sent", ""), ("sent", ""), ("held", "contact_cap")]
        held = Message.objects.get(mailing=mails[2])
        assert held.may_go_us == int(TODAY.timestamp()) * 1_000_000 + 7 * DAY_US
        assert actions.write_again(mails[2].id, by=BY) == 0
    with fixed(from_us(held.may_go_us)):
        assert actions.write_again(mails[2].id, by=BY) == 1
        carry()
    assert len(server.mails) == 3


def test_an_answer_to_an_act_needs_no_consent_and_counts_for_no_cap(server: Sink, tell: Tell, today: object, settings: Settings) -> None:
    settings.CONTACTS_PER_WEEK_MAX = 0
    tell({"type": "identify", "userId": "e", "messageId": "e", "timestamp": "2026-01-01", "traits": {"email": "e@example.com"}})
    template("Order", subject="Order {{ data.order_id }}", purpose="transactional")
    for _ in range(2):  # the second click
        actions.send_one("Order", customer_id("e"), occasion="order 7", data={"order_id": "H-7"}, by=BY)
    carry()
    assert server.recipients == ["e@example.com"] and server.read()["Subject"] == "Order H-7"
    assert server.read()["List-Unsubscribe"] is None and server.read()["Auto-Submitted"] == "auto-generated"


def test_one_occasion_is_one_message_whatever_is_written_since(server: Sink, people: list[int], tell: Tell, today: object) -> None:
    template("Order", subject="Order", purpose="transactional")
    first = actions.send_one("Order", people[0], occasion="order 7", by=BY)
    template("Order", subject="Your order", purpose="transactional")
    assert actions.send_one("Order", people[0], occasion="order 7", by=BY).id == first.id
    tell({"type": "alias", "userId": "p1", "previousId": "p0", "messageId": "a", "timestamp": "2026-02-01"})
    assert actions.send_one("Order", people[1], occasion="order 7", by=BY).id == first.id
    carry()
    assert len(server.mails) == 1


def test_nobody_is_sent_nothing_and_data_has_its_bound(people: list[int]) -> None:
    template("Order", subject="Order", purpose="transactional")
    for who, data in ((4711, {}), (people[0], {"x": "x" * actions.DATA_BYTES_MAX})):
        with pytest.raises(Refusal):
            actions.send_one("Order", who, occasion="order 7", data=data, by=BY)
    assert not Message.objects.exists()


# A server in trouble


def test_a_server_that_says_later_is_asked_later(server: Sink, people: list[int]) -> None:
    server.on_recipient = lambda address: "450 4.2.1 busy" if address.startswith("p1") and not server.mails[3:] else None
    with fixed(TODAY):
        spring = mailing(*people)
        carry()
        assert [state for state, _ in states(spring)] == ["sent", "waiting", "sent", "sent", "sent"]
        carry()
        assert len(server.mails) == 4
    with fixed(from_us(int(TODAY.timestamp() + 61) * 1_000_000)):
        carry()
    assert server.recipients[-1] == "p1@example.com" and [state for state, _ in states(spring)] == ["sent"] * 5


def test_a_server_that_says_never_is_believed_and_a_dead_address_is_left_alone(server: Sink, people: list[int], today: object) -> None:
    server.on_recipient = lambda address: "550 5.1.1 User unknown" if address.startswith("p1") else None
    server.on_data = lambda address, mail: "554 5.7.1 looks like spam" if address.startswith("p2") else None
    spring = mailing(*people[:3])
    carry()
    assert states(spring) == [("sent", ""), ("failed", "refused"), ("failed", "refused")]
    assert set(customers.suppressed("email", ["p1@example.com", "p2@example.com"])) == {"p1@example.com"}
    assert Event.objects.filter(message_id__startswith="email-bounced:").count() == 2


@pytest.mark.parametrize("trouble", ["hang up", "421 4.3.2 going down"])
def test_a_connection_that_breaks_before_the_mail_went_out_costs_nothing(trouble: str, server: Sink, people: list[int]) -> None:
    broken: list[str] = []

    def once(address: str) -> str | None:
        if address.startswith("p2") and not broken:
            broken.append(address)
            return trouble
        return None

    server.on_recipient = once
    with fixed(TODAY):
        spring = mailing(*people)
        carry()
    with fixed(from_us(int(TODAY.timestamp() + 61) * 1_000_000)):
        carry()
    assert sorted(server.recipients) == [f"p{number}@example.com" for number in range(5)]
    assert [state for state, _ in states(spring)] == ["sent"] * 5


def test_marketing_in_doubt_is_not_repeated(server: Sink, people: list[int], today: object) -> None:
    server.on_data = lambda address, mail: "hang up" if address.startswith("p1") else None
    spring = mailing(*people[:3])
    carry()
    assert [state for state, _ in states(spring)] == ["sent", "unsure", "sent"]
    assert server.recipients == ["p0@example.com", "p1@example.com", "p2@example.com"]


def test_an_answer_in_doubt_is_repeated_with_its_message_id(server: Sink, people: list[int], today: object) -> None:
    server.on_data = lambda address, mail: "hang up" if len(server.mails) == 0 else None
    template("Order", subject="Order", purpose="transactional")
    actions.send_one("Order", people[0], occasion="order 7", by=BY)
    carry()
    assert len(server.mails) == 2 and server.read(0)["Message-ID"] == server.read(1)["Message-ID"]


def test_a_server_that_is_down_holds_everything_up_and_loses_nothing(server: Sink, people: list[int], settings: Settings) -> None:
    from rapport.messaging.transports import CannotConnect

    spring, there = mailing(*people), settings.EMAIL_URL
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    with pytest.raises(CannotConnect):
        carry()
    assert [state for state, _ in states(spring)] == ["waiting"] * 5
    settings.EMAIL_URL = there
    carry()
    assert len(server.mails) == 5


@pytest.mark.parametrize("carried", [0, 1, 4])
def test_a_courier_that_died_leaves_one_in_doubt_and_the_rest_waiting(
    carried: int, server: Sink, people: list[int], monkeypatch: pytest.MonkeyPatch, today: object
) -> None:
    spring, send, left = mailing(*people), Smtp.send, list[str]()

    def sends(line: Smtp, sender: str, recipient: str, mail: bytes, name: str) -> Outcome:
        left.append(recipient)
        if len(left) == carried + 1:
            raise KeyboardInterrupt  # before the first byte or after the last: nobody can tell
        return send(line, sender, recipient, mail, name)

    monkeypatch.setattr(Smtp, "send", sends)
    with pytest.raises(KeyboardInterrupt):
        carry()
    assert [state for state, _ in states(spring)] == ["cleared"] * 5
    carry()
    assert [state for state, _ in states(spring)] == ["sent"] * carried + ["unsure"] + ["sent"] * (4 - carried)
    assert len(server.mails) == 4 == Event.objects.filter(message_id__startswith="email-sent:").count()
    assert set(Message.objects.values_list("attempts", "courier")) == {(1, None)}


def test_what_has_left_is_told_before_long_however_slow_the_server(
    server: Sink, people: list[int], monkeypatch: pytest.MonkeyPatch, today: object
) -> None:
    monkeypatch.setattr(delivery, "TOLD_SECONDS", 0)
    spring, seen = mailing(*people), list[int]()
    server.on_recipient = lambda address: seen.append(Event.objects.filter(message_id__startswith="email-sent:").count())
    carry()
    assert seen == [0, 1, 2, 3, 4] and [state for state, _ in states(spring)] == ["sent"] * 5


def test_a_courier_whose_place_was_taken_stops(server: Sink, people: list[int]) -> None:
    """A lock can be lost with the session that holds it, while its holder lives on."""
    spring, others = mailing(*people), list[list[str]]()

    def another(address: str, mail: bytes) -> None:
        if not others:
            delivery.recover(1)
            slices.take(1)
            others.append([state for state, _ in states(spring)])

    server.on_data = another
    Courier(1)(lambda: False)
    assert others == [["unsure"] + ["cleared"] * 4]
    assert [state for state, _ in states(spring)] == ["sent"] + ["cleared"] * 4
    assert server.recipients == ["p0@example.com"]
    carry()
    assert sorted(server.recipients) == [f"p{number}@example.com" for number in range(5)]


def test_what_died_in_hand_before_an_upgrade_is_neither_lost_nor_doubled(server: Sink, people: list[int], today: object) -> None:
    spring = mailing(*people)
    for row, state in zip(Message.objects.order_by("id"), ["sent", "cleared", "sending", "sent", "waiting"], strict=True):
        hand = {"waiting": {}, "sent": {"courier": 1, "sent_us": 5, "attempts": 1}}.get(state, {"courier": 1, "sent_us": 5})
        Message.objects.filter(id=row.id).update(state=state, **hand)
    with connection.cursor() as cursor:
        for statement in import_module("rapport.messaging.migrations.0003_leaving").IN_HAND:
            cursor.execute(statement)
    carry()
    assert [state for state, _ in states(spring)] == ["sent", "sent", "unsure", "sent", "sent"]
    assert server.recipients == ["p1@example.com", "p4@example.com"]
    assert Event.objects.filter(message_id__startswith="email-sent:").count() == 4
    assert set(Message.objects.values_list("attempts", "courier")) == {(1, None)}


@pytest.mark.parametrize("deed", [actions.pause, actions.cancel])
def test_a_mailing_stops_between_any_two_messages(deed: object, server: Sink, people: list[int], today: object) -> None:
    spring = mailing(*people)
    server.on_data = lambda address, mail: deed(spring.id, by=BY) and None if len(server.mails) == 1 else None  # type: ignore[operator]
    carry()
    assert len(server.mails) == 2
    assert [state for state, _ in states(spring)] == ["sent", "sent", "waiting", "waiting", "waiting"]
    if deed is actions.pause:
        server.on_data = lambda address, mail: None
        actions.start(spring.id, by=BY)
        carry()
        assert len(server.mails) == 5


def test_two_couriers_share_a_mailing_and_send_nothing_twice(server: Sink, tell: Tell, today: object) -> None:
    tell(*[call for number in range(130) for call in welcomes(f"q{number}")])
    spring = mailing(*(customer_id(f"q{number}") for number in range(130)))
    one, two = Courier(1), Courier(2)
    while one(lambda: False) | two(lambda: False):
        pass
    assert len(set(server.recipients)) == len(server.mails) == 130
    assert {state for state, _ in states(spring)} == {"sent"}


def test_without_a_server_mail_lands_in_the_outbox(people: list[int], settings: Settings, tmp_path: object, today: object) -> None:
    settings.EMAIL_URL, settings.OUTBOX_DIR = "", tmp_path
    mailing(*people)
    carry()
    assert len(list(settings.OUTBOX_DIR.rglob("*.eml"))) == 5


def test_who_unsubscribes_gets_nothing_more_from_what_runs(server: Sink, people: list[int], today: object) -> None:
    mailing(*people[:2])
    carry()
    first = Message.objects.get(customer_id=people[0])
    assert answers.unsubscribe(first.id) and not answers.unsubscribe(first.id)
    later: Mailing = mailing(*people[:2], cause="campaign:2")
    carry()
    assert states(later) == [("held", "consent_withdrawn"), ("sent", "")]
    assert answers.resubscribe(first.id) and not answers.resubscribe(first.id)
    assert Event.objects.filter(message_id__startswith="unsubscribed:").count() == 1
