"""Real Chromium, and a window in it that counts what goes wrong."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright  # most tests need none

    assert CHROMIUM, "Chromium is missing: tools/install_test_needs.sh brings it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def opened(chromium: "Browser", wrong: list[str], **options: Any) -> "Iterator[Page]":
    """A window that writes down what a script threw and what the policy refused; there must be nothing in `wrong` at the end."""
    context = chromium.new_context(**options)
    context.set_default_timeout(WAIT_MS)
    found = context.new_page()
    found.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    found.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield found
    found.wait_for_load_state("networkidle")  # no question may be under way when the warehouse is taken from under it
    context.close()
    assert not wrong


def sign_in_as_head(window: "Page", password: str) -> None:
    window.goto("/app/")
    window.get_by_label("Mail address").fill("head@example.com")
    window.get_by_label("Password").fill(password)
    window.get_by_role("button", name="Sign in").click()
