"""What comes back to a mail is a fact of the person it went to: once, by people and machines apart, and by nobody else's hand."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from pytest_django import Settings

from rapport.customers import queries as customers
from rapport.events import queries as events
from rapport.lib.clock import fixed, from_us
from rapport.messaging import answers, inbound, queries
from rapport.messaging.filling import HREF
from rapport.messaging.links import base36, click_url, is_safe_target, leave_url, open_url, read_token, token
from rapport.messaging.models import Message, Target, Touch
from rapport.messaging.slices import return_path
from rapport.messaging.smtp_door import SmtpDoor
from rapport.messaging.tests.letters import dsn, person
from rapport.messaging.tests.sink import Sink, sink
from rapport.messaging.tests.writing import BODY, carry, customer_id, mailing, template, welcomes
from tests.cast import TODAY, Tell
from tests.installation import free_port

pytestmark = pytest.mark.django_db(transaction=True)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SCANNER = "Mozilla/5.0 (compatible; Barracuda Sentinel/1.0)"
TWO_LINKS = BODY.replace("</mj-button>", '</mj-button><mj-button href="https://shop.example/old">Old</mj-button>')


@pytest.fixture
def message(settings: Settings, tell: Tell, today: object) -> Iterator[Message]:
    """A mail with two links that Ana got."""
    settings.PUBLIC_URL = "http://testserver"
    tell(*welcomes("ana"))
    with sink() as server:
        settings.EMAIL_URL, settings.COMPANY_NAME = f"smtp://127.0.0.1:{server.port}", "Halden"
        mailing(customer_id("ana"), version=template(body=TWO_LINKS))
        carry()
        found = Message.objects.get()
        found.page = html_of(server)  # type: ignore[attr-defined]
        yield found


def html_of(server: Sink) -> str:
    part = server.read().get_body(("html",))
    assert part is not None
    return str(part.get_content())


def links_in(message: Message) -> list[str]:
    return [unescape(found[2]) for found in HREF.finditer(message.page)]  # type: ignore[attr-defined]


def told(later_seconds: float = 10) -> list[str]:
    """What the log holds of acts once they are told."""
    with fixed(from_us(int((TODAY.timestamp() + later_seconds) * 1_000_000))):
        answers.tell_touches()
    names = {facts.id: name for name, facts in events.catalogue().event_types.items()}
    acts = [names[fact.event_type_id] for fact in events.facts_of([customer_id("ana")])]
    return sorted(name for name in acts if name.startswith("Email") and name != "Email Sent")


def test_a_click_leads_where_the_mail_said_and_is_a_fact(client: Client, message: Message) -> None:
    answer = client.get(links_in(message)[0], headers={"User-Agent": BROWSER})
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://shop.example/new?a=1&b=2")
    assert told() == ["Email Link Clicked"] == told()
    fact = events.facts_of([customer_id("ana")], newest_first=True)[0]
    assert fact.properties["link_url"] == "https://shop.example/new?a=1&b=2" and fact.properties["campaign_name"] == "Spring"


def test_an_open_is_a_fact(client: Client, message: Message) -> None:
    answer = client.get(open_url(message.id), headers={"User-Agent": BROWSER})
    assert answer.headers["Content-Type"] == "image/gif" and told() == ["Email Opened"]


def test_a_scanner_that_follows_every_link_is_a_machine_and_unsubscribes_nobody(client: Client, message: Message) -> None:
    for link in links_in(message):
        assert client.get(link, headers={"User-Agent": BROWSER}).status_code in (200, 302)
    assert told() == ["Email Link Clicked by Machine"] * 2
    assert queries.report(message.mailing_id).clicked == 0 and queries.report(message.mailing_id).machine_clicks == 1
    assert not Touch.objects.filter(kind="unsubscribe").exists()


@pytest.mark.parametrize(("agent", "method"), [(SCANNER, "get"), (BROWSER, "head"), ("", "get"), ("Mozilla/5.0", "get")])
def test_machines_are_known_by_what_they_are(agent: str, method: str, client: Client, message: Message) -> None:
    getattr(client, method)(links_in(message)[0], headers={"User-Agent": agent})
    assert told() == ["Email Link Clicked by Machine"]


def test_a_link_of_another_mail_or_a_made_up_one_leads_nowhere(client: Client, message: Message) -> None:
    good, target = links_in(message)[0], Target.objects.first()
    assert target is not None
    signature = good[-26:]
    for bad in (
        f"/m/c/{base36(message.id + 1)}.{base36(target.id)}-{signature}",
        f"/m/c/{base36(message.id)}.{base36(target.id + 1)}-{signature}",
        f"/m/c/{token('open', message.id)}",
        f"/m/c/{token('click', message.id)}",  # no target
        "/m/c/https://evil.example", "/m/c/x", "/m/u/x", "/m/v/x", f"/m/u/{token('click', message.id)}",
        click_url(9_999_999, target.id), click_url(message.id, 9_999_999), leave_url(9_999_999),
    ):  # fmt: skip
        assert client.get(bad).status_code == 404, bad
    assert told() == []


@pytest.mark.parametrize("address", ["/m/c/x", "/m/o/x", "/m/c/"])
def test_the_page_that_finds_nothing_has_the_policy_of_every_page(client: Client, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 404
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_the_one_click_post_ends_marketing_at_once_and_a_get_does_not(client: Client, message: Message) -> None:
    address = leave_url(message.id)
    assert client.get(address).status_code == client.head(address).status_code == 200
    ana = customers.customer(customer_id("ana"))
    assert ana and customers.consents_of(ana.id)[0].given
    for _ in range(2):  # replayed
        answer = Client(enforce_csrf_checks=True).post(
            address, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 200 and not answer.cookies
    assert not customers.consents_of(ana.id)[0].given
    assert Touch.objects.filter(kind="unsubscribe").count() == 1
    client.post(address, {"again": "1"})
    assert customers.consents_of(ana.id)[0].given


def test_a_report_that_comes_back_by_smtp_ends_a_dead_address(message: Message, settings: Settings) -> None:
    path = return_path(message.id)
    port = free_port()
    door = SmtpDoor("127.0.0.1", port, take=inbound.take, accepts=inbound.accepts)
    door.start()
    try:
        with smtplib.SMTP("127.0.0.1", port) as line:
            for _ in range(2):
                line.sendmail("", [path.upper()], dsn(person("ana@example.com", status="5.1.1", told="550 5.1.1 User unknown")))
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                line.sendmail("", [path.replace("+", "+1")], b"Subject: x\r\n\r\nx")
    finally:
        door.stop()
    assert told() == ["Email Bounced"]
    assert list(customers.suppressed("email", ["ana@example.com"])) == ["ana@example.com"]


def came_back(reason: str, *, days_later: float) -> str | None:
    """One more mail to Ana comes back softly; why nothing more is sent to her, where that is so."""
    first = Message.objects.order_by("id")[0]
    again = Message.objects.create(
        mailing=first.mailing, customer_id=first.customer_id, address=first.address, state="sent", occasion=f"{reason} {days_later}"
    )
    with fixed(TODAY + timedelta(days=days_later)):
        assert answers.bounced(again.id, hard=False, reason=reason, diagnostic="452 4.2.2 no")
    dead = customers.suppressed("email", [first.address]).get(first.address)
    return dead.reason if dead else None


def test_soft_bounces_on_three_days_end_an_address(message: Message) -> None:
    for days_later in (1, 1.2, 1.4, 5):  # three of them within one day
        assert came_back("mailbox_full", days_later=days_later) is None
    assert came_back("disabled", days_later=9) == "bounced on 3 days: disabled"


@pytest.mark.parametrize("reason", ["spam", "policy", "blocked", "content", "too_many", "network", "time_out", "other"])
def test_what_is_held_against_the_sender_ends_no_address(reason: str, message: Message) -> None:
    assert [came_back(reason, days_later=day) for day in range(1, 6)] == [None] * 5
    assert came_back("mailbox_full", days_later=6) is None


def test_soft_bounces_of_long_ago_do_not_add_up(message: Message) -> None:
    assert [came_back("mailbox_full", days_later=day) for day in (0, 20, 40, 60, 80)] == [None] * 5


def test_a_mail_that_was_read_forgives_the_soft_bounces_before(client: Client, message: Message) -> None:
    assert [came_back("mailbox_full", days_later=day) for day in (1, 2)] == [None] * 2
    with fixed(TODAY + timedelta(days=3)):
        client.get(links_in(message)[0], headers={"User-Agent": BROWSER})
    assert told(4 * 86_400).count("Email Link Clicked") == 1
    assert [came_back("mailbox_full", days_later=day) for day in (4, 5)] == [None] * 2
    assert came_back("mailbox_full", days_later=6) == "bounced on 3 days: mailbox_full"


def test_whoever_plays_with_a_link_fills_no_table(client: Client, message: Message) -> None:
    for _ in range(answers.TOUCHES_OF_ONE_MAX + 5):
        client.get(links_in(message)[0], headers={"User-Agent": BROWSER})
    assert Touch.objects.count() == answers.TOUCHES_OF_ONE_MAX


def test_only_plain_web_addresses_are_led_to() -> None:
    good = ["https://shop.example/a?b=c#d", "http://127.0.0.1:8000/x", "HTTPS://SHOP.EXAMPLE"]
    bad = [
        "javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "https:\\\\evil.example", "https://a@evil.example",
        "https://", "mailto:x@example.com", "https://x.example/\n", "ftp://x.example", "https://x.example:0/", "", "https://[::1",
    ]  # fmt: skip
    assert all(map(is_safe_target, good)) and not any(map(is_safe_target, bad))


def test_a_token_is_good_for_its_purpose_alone() -> None:
    made = token("leave", 7)
    found = read_token("leave", made)
    assert found is not None and found.message_id == 7
    forged = made[:-1] + ("0" if made[-1] == "1" else "1")
    assert read_token("open", made) is None and read_token("leave", forged) is None and read_token("leave", "") is None
