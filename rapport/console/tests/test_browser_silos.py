"""A silo review in real Chromium, from due to decided: a scheme from a template, time goes on, each silo is decided, the scheme changes."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from rapport.console.tests.conftest import PASSWORD
from rapport.lib.clock import fixed
from rapport.segments.silos import queries
from rapport.warehouse import actions as warehouse
from tests.browser import opened, sign_in_as_head
from tests.cast import TODAY, identify, order

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KEPT = ("Loyal", "Lapsed", "Never bought")


@pytest.fixture
def crowd(lake: Path, tell: Callable[..., None]) -> None:
    """Eighty people who buy more or less often, more or less lately."""
    for n in range(80):
        told = [identify(f"p{n}", days_ago=500, email=f"p{n}@example.com", country="Portugal" if n % 2 else "Norway")]
        told += [order(f"p{n}", f"o{n}-{k}", days_ago=5 + n * 4 + 7 * k, sku="BELT", price=20.0 + n) for k in range(n % 8)]
        tell(*told)
    warehouse.catch_up()


@pytest.fixture(params=[(1440, 900, "light"), (390, 844, "dark")], ids=["desktop, light", "phone, dark"])
def window(request: Any, chromium: Browser, crowd: None, live_server: Any) -> Iterator[Page]:
    width, height, scheme = request.param
    wrong: list[str] = []
    with opened(chromium, wrong, viewport={"width": width, "height": height}, color_scheme=scheme, base_url=live_server.url) as found:
        found.on("response", lambda got: wrong.append(f"{got.status}: {got.url}") if got.status >= 400 and got.status != 422 else None)
        yield found


def test_a_review_from_due_to_decided(window: Page, head: Client) -> None:
    with fixed(TODAY):
        sign_in_as_head(window, PASSWORD)
        make_a_scheme(window)
    with fixed(TODAY + timedelta(days=95)):
        it_is_due(window)
        open_it(window)
        for silo in KEPT:
            keep(window, silo)
        split(window)
        merge(window)
        finish(window)
        it_is_on_record(window)


def make_a_scheme(window: Page) -> None:
    window.goto("/app/silos/")
    window.get_by_role("link", name="Start from “Lifecycle”").click()
    expect(window.locator("#counts dl")).to_contain_text("Everyone")
    window.get_by_role("button", name="Save", exact=True).last.click()
    expect(window.get_by_role("heading", name="Lifecycle")).to_be_visible()
    expect(window.get_by_text("80 people, each in exactly one")).to_be_visible()


def it_is_due(window: Page) -> None:
    window.goto("/app/")
    expect(window.get_by_role("heading", name="To review")).to_be_visible()
    window.get_by_role("link", name="Lifecycle").click()
    expect(window.get_by_text("days late").first).to_be_visible()


def open_it(window: Page) -> None:
    window.locator(".top").get_by_role("button", name="Review", exact=True).click()
    expect(window.get_by_role("heading", name="Review of “Lifecycle”")).to_be_visible()
    expect(window.get_by_text("0 of 6 decided")).to_be_visible()
    expect(window.get_by_role("button", name="Finish review")).to_be_disabled()
    expect(window.locator("[data-plot=sankey] canvas").first).to_be_visible()
    assert not window.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def choose(window: Page, silo: str, deed: str) -> None:
    window.locator("tbody").get_by_role("link", name=silo, exact=True).click()
    expect(window.get_by_role("heading", name=f"Decide on {silo}")).to_be_visible()
    window.get_by_role("group", name="Decision").get_by_role("link", name=deed).click()


def decide(window: Page, deed: str, reason: str) -> None:
    window.get_by_label("Reason, kept with the decision").fill(reason)
    window.get_by_role("button", name=f"Decide: {deed}").click()


def keep(window: Page, silo: str) -> None:
    choose(window, silo, "Keep")
    decide(window, "keep", "does what it should")
    expect(window.get_by_text(f"“{silo}”: keep.")).to_be_visible()


def split(window: Page) -> None:
    choose(window, "Active", "Split")
    window.get_by_label("Split where").fill('country = "Portugal"')
    window.get_by_label("They are called").fill("Active in Portugal")
    window.get_by_label("Reason, kept with the decision").click()
    expect(window.locator("#effect")).to_contain_text("Active in Portugal")
    decide(window, "split", "another language")


def merge(window: Page) -> None:
    choose(window, "Cooling", "Merge")
    window.get_by_label("Merge into").select_option("Lapsed")
    expect(window.locator("#effect")).to_contain_text("move")
    decide(window, "merge", "the same letter serves both")
    keep(window, "New")


def finish(window: Page) -> None:
    expect(window.get_by_text("6 of 6 decided")).to_be_visible()
    window.get_by_role("button", name="Finish review").click()
    expect(window.get_by_text("The review of “Lifecycle” is finished.")).to_be_visible()


def it_is_on_record(window: Page) -> None:
    expect(window.get_by_text("80 people, each in exactly one")).to_be_visible()
    expect(window.get_by_text("“another language”")).to_be_visible()
    (scheme,) = queries.schemes()
    assert queries.shape_of(scheme).names == ["New", "Loyal", "Active in Portugal", "Active", "Lapsed", "Never bought"]
    assert scheme.version == 2 and not queries.due_of("head@example.com")
    assert {one.silo: one.deed for one in queries.decided_before(scheme, limit=9)} == {
        "New": "keep", "Loyal": "keep", "Active": "split", "Cooling": "merge", "Lapsed": "keep", "Never bought": "keep",
    }  # fmt: skip
