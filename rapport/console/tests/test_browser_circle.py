"""The console in real Chromium: sign in, import a file, find a customer, ask with BUT NOT, see counts, open the evidence, save."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from rapport.console.tests.conftest import PASSWORD, sideways
from rapport.intake import queries as doors
from rapport.intake.files.actions import run_waiting
from rapport.segments import queries as segments
from rapport.warehouse import actions as warehouse
from tests.browser import WAIT_MS, sign_in_as_head

FILE = """order_id,customer,time,sku,quantity,unit_price
1,Marta,2026-11-01 10:00,SHIRT,1,60.00
2,Marta,2026-11-20 10:00,SHIRT,1,60.00
3,Tobias,2026-10-01 10:00,SHIRT,2,60.00
4,Tobias,2026-10-09 10:00,COAT,1,240.00
5,Ingrid,2026-10-09 10:00,COAT,1,240.00
6,,2026-10-09 10:00,COAT,1,240.00
"""
RULE = 'did "Order Completed" at least 2 times\nBUT NOT did "Order Completed" since 2026-11-15'
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def worker() -> None:
    """What `rapport worker` would do meanwhile; in a thread, with a connection of its own."""

    def work() -> None:
        while run_waiting():
            pass
        warehouse.catch_up(WAIT_MS / 1000)

    thread = Thread(target=work)
    thread.start()
    thread.join()


def test_the_circle_of_a_first_day(window: Page, head: Client, settings: Any, tmp_path: Path) -> None:
    settings.UPLOAD_DIR, settings.REJECT_DIR = tmp_path / "uploads", tmp_path / "rejects"
    (tmp_path / "orders.csv").write_text(FILE)
    sign_in(window)
    import_a_file(window, tmp_path / "orders.csv")
    find_a_customer(window)
    type_a_rule_with_but_not(window)
    leave_it_unfinished_for_a_moment(window)
    open_the_evidence(window)
    save_it(window)


def sign_in(window: Page) -> None:
    sign_in_as_head(window, PASSWORD)
    expect(window.get_by_text("Everything begins with what you have")).to_be_visible()
    theme = "dark" if window.evaluate("window.innerWidth") == 390 else "light"
    assert window.evaluate("document.documentElement.dataset.bsTheme") == theme


def import_a_file(window: Page, file: Path) -> None:
    window.get_by_role("link", name="Import a file").click()
    window.locator("[type=file]").set_input_files(str(file))
    window.get_by_role("button", name="Look at it").click()
    expect(window.get_by_label("What unit_price becomes")).to_have_value("unit_price")
    window.get_by_label("Currency, where a row names none").fill("EUR")
    window.get_by_role("button", name="Import it").click()
    expect(window.get_by_text("waits for the worker")).to_be_visible()
    assert not sideways(window)
    worker()
    expect(window.get_by_role("heading", name="Done")).to_be_visible()  # the page asked by itself
    expect(window.locator("#rejects")).to_contain_text("no customer")
    assert doors.loads()[0].counts["accepted"] == 5


def find_a_customer(window: Page) -> None:
    window.keyboard.press("/")
    window.locator("#find input").fill("Marta")
    window.locator("#found a.hit").first.click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("Customer")
    expect(window.locator("#timeline")).to_contain_text("Ordered 1 piece")
    expect(window.locator("[data-plot=lanes] canvas")).to_be_visible()
    assert not sideways(window)


def type_a_rule_with_but_not(window: Page) -> None:
    """With completion, until a count stands at every node."""
    window.goto("/app/ask/")
    window.locator("#rule").click()
    window.keyboard.type('did "Order Co')
    expect(window.locator("#completion .o").first).to_contain_text('"Order Completed"')
    window.keyboard.press("Tab")
    window.keyboard.type(RULE.removeprefix('did "Order Completed"'))
    assert window.locator("#rule").input_value() == RULE
    expect(window.locator("#tree .node .num")).to_have_text(["1", "2", "1"])
    expect(window.locator("#tree")).to_contain_text("takes 1 away")
    assert not sideways(window)


def leave_it_unfinished_for_a_moment(window: Page) -> None:
    """The last good count stays, and says so."""
    window.locator("#rule").press("End")
    window.keyboard.type(" AND")
    expect(window.locator("#rule-status")).to_contain_text("line 2 unfinished · last good count kept")
    expect(window.locator("#tree .node .num")).to_have_text(["1", "2", "1"])
    for _ in " AND":
        window.keyboard.press("Backspace")
    expect(window.locator("#rule-status")).to_contain_text("reads well")


def open_the_evidence(window: Page) -> None:
    window.locator("#members [data-why]").first.click()
    expect(window.locator("#drawer")).to_contain_text("Why in?")
    expect(window.locator("#drawer")).to_contain_text("does not take out")
    assert not sideways(window)
    window.keyboard.press("Escape")
    expect(window.locator("#drawer .verdict")).to_have_count(0)


def save_it(window: Page) -> None:
    window.get_by_text("Save segment").click()
    window.get_by_label("Its name").fill("Let down, and still ours")
    window.get_by_label("Its name").press("Enter")
    expect(window.get_by_text("Saved as “Let down, and still ours”.")).to_be_visible()
    assert segments.segment_named("Let down, and still ours").rule == RULE.replace("\n", " ")


def test_a_typo_is_mended_by_a_click(window: Page, head: Client, lake: Path, live_server: Any) -> None:
    warehouse.catch_up(WAIT_MS / 1000)
    session = head.cookies["rapport"].value
    window.context.add_cookies([{"name": "rapport", "value": session, "url": live_server.url}])
    window.goto("/app/ask/")
    window.locator("#rule").fill('did "Order Complete" at least 2 times')
    expect(window.locator("#rule-error")).to_contain_text('No kind of event is called "Order Complete"')
    window.locator("[data-mended]").click()
    assert window.locator("#rule").input_value() == 'did "Order Completed" at least 2 times'
    expect(window.locator("#tree .node .num")).to_have_text(["0"])
    expect(window.locator("#members")).to_contain_text("Nobody fits")


def test_a_completion_replaces_what_was_typed_since_it_was_offered(window: Page, head: Client, lake: Path, live_server: Any) -> None:
    warehouse.catch_up(WAIT_MS / 1000)
    window.context.add_cookies([{"name": "rapport", "value": head.cookies["rapport"].value, "url": live_server.url}])
    window.goto("/app/ask/")
    window.locator("#rule").click()
    window.keyboard.type("did ")
    expect(window.locator("#completion .o").first).to_contain_text('"Address Suppressed"')
    window.route("**/complete/", lambda asked: None)  # no further word from the server
    window.keyboard.type('"Address Su')
    window.keyboard.press("Tab")
    assert window.locator("#rule").input_value() == 'did "Address Suppressed"'
    window.unroute_all(behavior="ignoreErrors")


def test_keys_lead_through_the_house(window: Page, head: Client, lake: Path, live_server: Any) -> None:
    session = head.cookies["rapport"].value
    window.context.add_cookies([{"name": "rapport", "value": session, "url": live_server.url}])
    window.goto("/app/")
    window.keyboard.press("Tab")
    expect(window.get_by_role("link", name="Skip to content")).to_be_focused()
    window.keyboard.press("?")
    expect(window.locator("#keys")).to_be_visible()
    window.keyboard.press("Escape")
    expect(window.locator("#keys")).to_be_hidden()
    window.keyboard.press("g")
    window.keyboard.press("c")
    window.wait_for_url("**/app/customers/")
    window.keyboard.press("g")
    window.keyboard.press("d")
    window.wait_for_url("**/app/doors/")
    window.goto("/app/more/")
    window.locator("main").get_by_role("button", name="Light").click()
    window.reload()
    assert window.evaluate("document.documentElement.dataset.bsTheme") == "light"
