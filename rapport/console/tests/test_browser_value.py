"""The three answers of worth in real Chromium, each made a segment in at most two clicks, of exactly the people the button said."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from rapport.console.tests.conftest import PASSWORD, sideways
from rapport.console.tests.valued import LATER, valued_shop
from rapport.lib.clock import fixed
from rapport.segments import actions, queries
from rapport.value.models import Fit
from tests.browser import sign_in_as_head

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_each_answer_becomes_a_segment(window: Page, head: Client, tell: Callable[..., Any]) -> None:
    fit = valued_shop(tell)
    with fixed(LATER):
        sign_in_as_head(window, PASSWORD)
        it_is_all_drawn(window, fit)
        leave = window.locator("section", has=window.get_by_role("heading", name="Who leaves, with how much?"))
        one_click(window, leave.get_by_role("button", name=re.compile("Make segment of")))
        twenty = window.locator("section", has=window.get_by_role("heading", name="Who are the 20 %?"))
        one_click(window, twenty.get_by_role("button", name=re.compile("Make segment of")))
        one_click(window, window.get_by_role("button", name=re.compile("we are least sure of")))
        a_cell_opens_its_people(window)
        the_report_becomes_silos(window)


def it_is_all_drawn(window: Page, fit: Fit) -> None:
    expect(window.locator("main")).to_be_visible()
    window.wait_for_load_state("networkidle")
    window.keyboard.press("g")
    window.keyboard.press("v")
    expect(window.get_by_role("heading", name="Value", exact=True)).to_be_visible()
    for plot in ("lorenz", "tenths", "weeks"):
        expect(window.locator(f"[data-plot={plot}] canvas").first).to_be_visible()
    expect(window.locator(".heat tbody td")).to_have_count(15)
    window.locator(".card", has_text="Who are the 20 %?").get_by_text("Show as table").click()
    expect(window.get_by_role("cell", name="100 %", exact=True).first).to_be_visible()
    assert not sideways(window)


def one_click(window: Page, button: Locator) -> None:
    """From the page of worth to the segment's own page, and the segment is of so many."""
    window.goto("/app/value/")
    meant = int((re.search(r"[\d,]+", button.inner_text()) or [""])[0].replace(",", ""))
    assert meant > 0
    button.click()
    expect(window.get_by_role("button", name="Undo")).to_be_visible()
    name = window.get_by_role("heading", level=1).inner_text()
    actions.refresh()
    members = queries.members(queries.segment_named(name))
    assert members is not None and len(members.ids) == meant
    window.reload()
    expect(window.locator(".figs .big").first).to_have_text(f"{meant:,}")


def a_cell_opens_its_people(window: Page) -> None:
    window.goto("/app/value/")
    cell = window.locator(".heat .framed a").first
    people = cell.locator("span").inner_text()
    cell.click()
    expect(window.locator("#rule")).to_have_value(re.compile(r"value\.next_12_months >= .*churn\.probability"))
    expect(window.locator("#tree .node .num").first).to_contain_text(people)


def the_report_becomes_silos(window: Page) -> None:
    window.goto("/app/value/")
    window.get_by_role("link", name="Model report").click()
    expect(window.get_by_role("heading", name="Model report")).to_be_visible()
    for plot in ("held", "spread"):
        expect(window.locator(f"[data-plot={plot}] canvas").first).to_be_visible()
    assert not sideways(window)
    window.get_by_role("button", name="Keep as silos").click()
    expect(window.get_by_text("“Value” is there.")).to_be_visible()
