"""The circle of mail in real Chromium: a rule becomes a segment, a campaign, a mail on the wire, a click, and a fact a rule counts.

Nothing is played but the customer: the mail leaves over SMTP to a server on loopback, and the link that is followed is the one
that arrived.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from rapport.accounts.models import User
from rapport.campaigns.actions import fill_started
from rapport.console.tests.conftest import PASSWORD
from rapport.lib.clock import from_us, now_us
from rapport.messaging.answers import tell_touches
from rapport.messaging.delivery import Courier
from rapport.messaging.tests.sink import Sink, sink
from rapport.messaging.tests.writing import customer_id, welcomes
from rapport.warehouse import actions as warehouse
from tests.browser import WAIT_MS, opened, sign_in_as_head
from tests.cast import Tell

RULE = 'did "Order Completed" at least 2 times'
CLICKED = 'did "Email Link Clicked"'
READER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Shop(BaseHTTPRequestHandler):
    """The page the mail leads to."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Shop</title><h1>The coats are in</h1>")

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet."""


@pytest.fixture
def shop() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/coats?from=mail"
        server.shutdown()


@pytest.fixture
def server(settings: Settings, live_server: Any) -> Iterator[Sink]:
    with sink() as found:
        settings.EMAIL_URL, settings.MAIL_FROM = f"smtp://127.0.0.1:{found.port}", "Halden <news@halden.example>"
        settings.COMPANY_NAME, settings.COMPANY_ADDRESS = "Halden", "1 Quay Street"
        settings.PUBLIC_URL = live_server.url
        yield found


@pytest.fixture
def window(chromium: Browser, lake: Path, live_server: Any) -> Iterator[Page]:
    with opened(chromium, [], viewport={"width": 1440, "height": 940}, base_url=live_server.url) as found:
        yield found


@pytest.fixture
def buyers(tell: Tell, lake: Path) -> None:
    """Bob bought twice and agreed to mail; Ana bought twice and never did; Mia bought once."""
    for who, orders, agreed in (("bob", 2, True), ("ana", 2, False), ("mia", 1, True)):
        tell(*welcomes(who, first_name=who.capitalize())[: 2 if agreed else 1])
        for number in range(orders):
            order = {"order_id": f"{who}-{number}", "revenue": 40, "currency": "EUR"}
            call = {"type": "track", "event": "Order Completed", "userId": who, "messageId": f"{who}-{number}", "properties": order}
            tell(call | {"timestamp": f"2026-0{number + 2}-01"})
    User.objects.create_user("head@example.com", password=PASSWORD, role="head", name="Lena Marks")
    warehouse.catch_up(60)


def meanwhile(work: Callable[[], object]) -> None:
    """What the worker would do, in a thread with a connection of its own."""

    def run() -> None:
        while work():
            pass

    with ThreadPoolExecutor(1) as hand:
        hand.submit(run).result()
        hand.submit(connections.close_all).result()


def test_a_rule_becomes_a_mail_and_the_mail_a_fact(window: Page, server: Sink, buyers: None, shop: str, tell: Tell) -> None:
    sign_in(window)
    save_a_segment(window)
    write_a_template(window, shop)
    start_a_campaign(window)
    meanwhile(fill_started)
    courier = Courier(1)
    meanwhile(lambda: courier(lambda: False))
    assert server.recipients == ["bob@example.com"]
    see_the_report(window)
    follow_the_link_that_arrived(window, server)
    tell_the_log(window)
    buy_something(tell)
    see_it_on_the_profile(window)
    ask_who_clicked(window)


def sign_in(window: Page) -> None:
    sign_in_as_head(window, PASSWORD)
    expect(window.get_by_role("link", name="Campaigns").first).to_be_visible()


def save_a_segment(window: Page) -> None:
    window.goto("/app/ask/")
    window.locator("#rule").fill(RULE)
    expect(window.locator("#tree .node .num").first).to_have_text("2")
    window.get_by_text("Save segment").click()
    window.get_by_label("Its name").fill("Regulars")
    window.get_by_label("Its name").press("Enter")
    expect(window.get_by_text("Saved as “Regulars”.")).to_be_visible()


def write_a_template(window: Page, shop: str) -> None:
    """A slip is said beside its part; the picture shows the words before they are kept; a field is put in by a click."""
    window.goto("/app/templates/new/")
    window.get_by_label("Name", exact=True).fill("Coats")
    body = window.locator("#part-mjml")
    good = body.input_value().replace("https://shop.example/new", shop)
    body.fill(good.replace("first_name", "frist_name"))
    expect(window.locator("#trouble-mjml")).to_contain_text("there is no field customer.frist_name")
    body.fill(good)
    expect(window.locator("#trouble-mjml")).to_be_empty()
    expect(window.frame_locator("#preview-box iframe:not(.coming)").get_by_text("See what is new")).to_be_visible()
    window.locator("#part-subject").fill("Coats for ")
    window.locator("#part-subject").press("End")
    window.get_by_role("button", name="first_name", exact=True).click()
    assert window.locator("#part-subject").input_value() == "Coats for {{ customer.first_name }}"
    window.get_by_role("button", name="Save template").click()
    expect(window.get_by_text("Kept as version 1.")).to_be_visible()


def start_a_campaign(window: Page) -> None:
    window.goto("/app/campaigns/new/")
    window.get_by_label("Name, as the report will be called").fill("Winter layers")
    window.locator("#template").select_option(label="Coats")
    window.locator("#segment").select_option(label="segment “Regulars”")
    expect(window.locator("#audience")).to_contain_text("2 people, 1 may be written to")
    expect(window.locator("#audience")).to_contain_text("Never agreed to marketing mail")
    window.get_by_role("button", name="Keep draft").click()
    expect(window.locator("#mail")).to_contain_text("Coats for")
    window.get_by_role("button", name="Start: write to 1").click()
    expect(window.get_by_text("its people are being found").first).to_be_visible()


def see_the_report(window: Page) -> None:
    """The page asked by itself; each figure opens its people."""
    expect(window.get_by_text("finished")).to_be_visible()
    expect(window.locator(".figs .n").first).to_have_text("1")
    window.locator(".list a.n").first.click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("1 person never agreed to marketing mail")
    expect(window.locator("main")).to_contain_text("Ana")


def follow_the_link_that_arrived(window: Page, server: Sink) -> None:
    mail = server.read()
    assert mail["Subject"] == "Coats for Bob"
    part = mail.get_body(("html",))
    assert part is not None
    browser = window.context.browser
    assert browser is not None
    reader = browser.new_context(user_agent=READER).new_page()  # as a headless one it would be taken for a machine, rightly
    reader.set_content(part.get_content())
    with reader.expect_popup() as opened:
        reader.get_by_role("link", name="See what is new").click()
    expect(opened.value.get_by_role("heading", name="The coats are in")).to_be_visible()
    assert opened.value.url.endswith("/coats?from=mail")
    reader.context.close()


def tell_the_log(window: Page) -> None:
    window.wait_for_timeout(3_500)  # an answer waits for company before it is told
    meanwhile(lambda: tell_touches() > 0)
    meanwhile(lambda: warehouse.catch_up(WAIT_MS / 1000))


def buy_something(tell: Tell) -> None:
    order = {"order_id": "after", "revenue": 90, "currency": "EUR"}
    call = {"type": "track", "event": "Order Completed", "userId": "bob", "messageId": "after", "properties": order}
    tell(call | {"timestamp": from_us(now_us()).isoformat()})


def see_it_on_the_profile(window: Page) -> None:
    window.goto(f"/app/customers/{customer_id('bob')}/")
    expect(window.locator("#mails .path")).to_contain_text("sent")
    expect(window.locator("#mails .path")).to_contain_text("opened")
    expect(window.locator("#mails .path")).to_contain_text("clicked 127.0.0.1")
    expect(window.locator("#mails .path")).to_contain_text("bought €90.00")
    expect(window.locator("#timeline")).to_contain_text("clicked")
    window.locator("#mails a.n").first.click()
    expect(window.locator(".figs")).to_contain_text("€90.00")


def ask_who_clicked(window: Page) -> None:
    window.goto("/app/ask/")
    window.locator("#rule").fill(CLICKED)
    expect(window.locator("#tree .node .num").first).to_have_text("1")
    expect(window.locator("#members")).to_contain_text("Bob")
