"""The rule builder in a real browser: from a keystroke to the changed count, against the round trip of an empty page.

An installation of its own with a real server and Chromium in front; the history is planted straight into its tables.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings

from rapport.lib.refusals import Refusal
from rapport.run.bench.frame import Bench, Case, Tell
from rapport.run.bench.pages import PASSWORD, STAFF, House, answers, open_house
from rapport.run.bench.pages_history import plant
from rapport.run.bench.processes import RAPPORT, server

BASE = (
    '(did "Order Completed" at least 2 times AND did "Feedback Given" where score <= 2) BUT NOT did "Order Completed" in the last 90 days'
)
CHANGES = 9  # keystrokes a case, each another condition
MOST_SECONDS = 0.3
EMPTY_PAGE = "/healthz"
LOADED = "loaded"  # an empty file, once all facts are there
# a keystroke at the end of the rule, and how long until the counts of the tree are those of the new rule
CHANGE = """(text) => new Promise((done) => {
  const box = document.getElementById('rule'), tree = document.getElementById('tree'), began = performance.now();
  const seen = new MutationObserver(() => {
    if (document.getElementById('answer').classList.contains('stale') && !tree.querySelector('.node')) return;
    seen.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  });
  seen.observe(tree, { childList: true, subtree: true });
  box.value = text;
  box.dispatchEvent(new Event('input', { bubbles: true }));
})"""
ROUND_TRIP = (
    "(address) => { const began = performance.now(); return fetch(address).then((r) => r.text()).then(() => performance.now() - began); }"
)


def cases(options: dict[str, Any], tell: Tell) -> Iterator[Case]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  a tool of development: only who measures pays
    except ImportError as missing:
        raise Refusal("This benchmark drives Chromium by Playwright, which is not installed.", mend="Run `make setup`.") from missing
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise Refusal("This benchmark needs Chromium.", mend="tools/install_test_needs.sh brings it.")
    customers = options["customers"]
    house = House(Path(settings.DATA_DIR) / "builder", "", customers)
    with ExitStack() as end:
        if (house.folder / LOADED).exists():
            tell("  the facts of an earlier run are there")
        else:
            began = time.monotonic()
            open_house(house)
            plant(house.folder, "", customers, max(1, options["events"] // customers))
            house.give("rebuild")
            (house.folder / LOADED).touch()
            tell(f"  {customers:,} customers with {options['events']:,} facts planted and loaded in {time.monotonic() - began:.0f} s")
        port = end.enter_context(server(RAPPORT, house.folder / "server.log", is_up=answers, environment=house.environment))
        browser = end.enter_context(sync_playwright()).chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
        page.set_default_timeout(120_000)
        page.goto("/app/")
        page.get_by_label("Mail address").fill(STAFF)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/app/")
        page.goto(f"/app/ask/?rule={quote(BASE)}")
        page.wait_for_selector(".tree .node")
        days = iter(range(30, 10_000))

        def change() -> int:
            taken = sorted(page.evaluate(CHANGE, BASE.replace("90", str(next(days)))) for _ in range(CHANGES))
            tell(f"    keystroke to count: median {taken[CHANGES // 2]:.0f} ms, slowest {taken[-1]:.0f} ms")
            return CHANGES

        def empty() -> int:
            for _ in range(CHANGES):
                page.evaluate(ROUND_TRIP, EMPTY_PAGE)
            return CHANGES

        yield Case("a changed condition", change, "an empty page", empty, 1_000, most_seconds=CHANGES * MOST_SECONDS, runs=3)
        browser.close()


BENCH = Bench(
    "a rule changed in the builder, from the keystroke to the count in Chromium, against an empty page",
    cases,
    options={"customers": 1_000_000, "events": 20_000_000},
)
