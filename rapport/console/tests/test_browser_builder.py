"""The rule builder in real Chromium: questions built by mouse alone and by keyboard alone, text and tree each editing the other."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Error as Unseen
from playwright.sync_api import Locator, Page, expect

from rapport.console.tests.conftest import sideways
from rapport.customers import queries as customers
from rapport.lib.clock import DAY_US, now_us
from rapport.segments import queries as segments
from rapport.segments.actions import save_segment
from rapport.segments.tests.cases.playing import play_in
from rapport.segments.tests.cases.world import World, order, track
from rapport.segments.text import rule_text
from rapport.warehouse import actions as warehouse
from tests.waiting import wait_for

UNHAPPY = 'did "Order Completed" at least 2 times AND did "Feedback Given" where score <= 2'
EITHER = (
    '(did "Order Completed" where products.sku = "22423" OR did "Order Completed" where products.sku = "85123A")'
    ' BUT NOT did "Order Completed" where products.sku = "47566"'
)
LAPSED = 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days'
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def builder(window: Page, head: Client, settings: Any, live_server: Any) -> Page:
    """The empty page of a company with four customers, signed in."""
    settings.CURRENCY = "EUR"
    expect.set_options(timeout=20_000)

    def ago(days: int) -> str:
        return datetime.fromtimestamp((now_us() - days * DAY_US) / 1e6, UTC).isoformat()

    facts = [
        order("ada", ago(200), "1", {"sku": "22423", "price": 5}),
        order("ada", ago(150), "2", {"sku": "85123A", "price": 5}),
        order("ben", ago(200), "3", {"sku": "22423", "price": 5}),
        order("ben", ago(10), "4", {"sku": "47566", "price": 5}),
        order("cleo", ago(20), "5", {"sku": "85123A", "price": 5}),
        track("ada", "Feedback Given", ago(9), score=2),
        track("ben", "Feedback Given", ago(9), score=5),
        track("dan", "Feedback Given", ago(9), score=1),
    ]
    play_in(World("shop", "", facts, [], received=ago(0)))
    warehouse.catch_up(60)
    window.context.add_cookies([{"name": "rapport", "value": head.cookies["rapport"].value, "url": live_server.url}])
    window.goto("/app/ask/")
    return window


def node(page: Page, number: int) -> Locator:
    return page.locator(f'.tree .node[data-node="{number}"]')


def counts(page: Page, *expected: int) -> None:
    expect(page.locator("#tree .node .num a")).to_have_text([str(one) for one in expected])


def reads(page: Page, rule: str) -> None:
    expect(page.locator("#condition")).to_have_count(0)
    assert rule_text(segments.parse_rule(page.locator("#rule").input_value())) == rule


# By mouse: nothing but clicks and choices from lists


def choose(page: Page, label: str, value: str, *, last: bool = False) -> None:
    """Open a field's list with a click and take a value from it."""
    field = page.locator("#condition").get_by_label(label, exact=True)
    field = field.last if last else field.first
    option = page.locator(".picks .o").filter(has=page.get_by_text(value, exact=True)).first
    for _ in range(5):  # the form may be drawn anew under the hand, which closes the list
        field.click()
        with suppress(Unseen):
            option.wait_for(timeout=4_000)
            break
    with page.expect_response(lambda answer: "/condition/" in answer.url) if label in ("Kind of event", "Property") else nullcontext():
        option.click()
    expect(field).to_have_value(value)


def option(page: Page, label: str, value: str) -> None:
    with page.expect_response(lambda answer: "/condition/" in answer.url):
        page.locator("#condition").get_by_label(label, exact=True).last.select_option(value)


def clicked(page: Page, event: str, *, test: tuple[str, str, str] | None = None, times: str = "", days: str = "") -> None:
    """A condition filled in by clicks, and added."""
    choose(page, "Kind of event", event)
    if test:
        page.locator("#condition [data-more-tests]").click()
        choose(page, "Property", test[0])
        page.locator("#condition").get_by_label("Test", exact=True).last.select_option(test[1])
        choose(page, "Value", test[2], last=True)
    if times:
        option(page, "How often", "at least")
        choose(page, "Times", times)
    if days:
        option(page, "When", "in the last")
        choose(page, "How many", days)
    page.locator("#condition").get_by_role("button", name="Add").click()
    expect(page.locator("#condition")).to_have_count(0)


def add(page: Page, joint: str) -> None:
    page.locator(f'#tree .tools > [data-add="{joint}"]').click()


def test_the_first_examples_are_built_by_mouse_alone(builder: Page) -> None:
    page = builder
    page.get_by_role("button", name="First condition").click()
    clicked(page, "Order Completed", times="2")
    counts(page, 2)
    add(page, "and")
    clicked(page, "Feedback Given", test=("score", "<=", "2"))
    counts(page, 1, 2, 2)
    reads(page, UNHAPPY)
    assert not sideways(page)

    page.goto("/app/ask/")
    page.get_by_role("button", name="First condition").click()
    clicked(page, "Order Completed", test=("products.sku", "=", "22423"))
    counts(page, 2)
    add(page, "or")
    clicked(page, "Order Completed", test=("products.sku", "=", "85123A"))
    counts(page, 3, 2, 2)
    node(page, 0).click(position={"x": 4, "y": 4})
    add(page, "not")
    clicked(page, "Order Completed", test=("products.sku", "=", "47566"))
    counts(page, 2, 3, 2, 2, 1)
    reads(page, EITHER)

    page.goto("/app/ask/")
    page.get_by_role("button", name="First condition").click()
    clicked(page, "Order Completed", times="2")
    counts(page, 2)
    add(page, "not")
    clicked(page, "Order Completed", days="90")
    counts(page, 1, 2, 2)
    reads(page, LAPSED)


# By keyboard: nothing but keys


def typed(page: Page, event: str, *, test: tuple[str, str, str] | None = None, times: str = "", days: str = "") -> None:
    """A condition filled in by keys, and added: the field of the event has the focus."""
    press = page.keyboard.press
    take(page, event)
    if test:
        focus(page, lambda: press("Tab"), "[data-more-tests]")
        press("Enter")
        expect(page.locator("#condition [name=t-path]")).to_be_focused()
        take(page, test[0])
        press("Tab")
        page.keyboard.type(test[1])
        press("Tab")
        expect(page.locator("#condition [name=t-value]")).to_be_focused()
        page.keyboard.type(test[2])
    if times:
        focus(page, lambda: press("Tab"), "[name=c-bound]")
        for _ in range(4):
            if page.evaluate("document.activeElement.value") != "at least":
                press("ArrowDown")
        expect(page.locator("#condition [name=c-times]")).to_be_visible()
        focus(page, lambda: press("Tab"), "[name=c-times]")
        page.keyboard.type(times)
    if days:
        focus(page, lambda: press("Tab"), "[name=w-op]")
        page.keyboard.type("in")
        expect(page.locator("#condition [name=w-value]")).to_be_visible()
        focus(page, lambda: press("Tab"), "[name=w-value]")
        page.keyboard.type(days)
    focus(page, lambda: press("Tab"), ".btn-primary")
    press("Enter")
    expect(page.locator("#condition")).to_have_count(0)


def take(page: Page, name: str) -> None:
    """Type the beginning of a name into a field with a list and take what is offered."""
    page.keyboard.type(name[:-2])
    expect(page.locator(".picks .o.on")).to_contain_text(name)
    with page.expect_response(lambda answer: "/condition/" in answer.url):
        page.keyboard.press("Tab")


def focus(page: Page, step: Callable[[], None], selector: str) -> None:
    """Press until it is there; a keyboard that cannot get there fails."""
    for _ in range(15):
        if page.evaluate("selector => document.activeElement.matches('#condition ' + selector)", selector):
            return
        step()
        page.wait_for_timeout(30)
    raise AssertionError(f"no key leads to {selector}")


def by_key(page: Page, key: str) -> None:
    page.keyboard.press(key)
    expect(page.locator("#condition [name=c-event]")).to_be_focused()


def test_the_first_examples_are_built_by_keyboard_alone(builder: Page) -> None:
    page = builder
    first(page)
    typed(page, "Order Completed", times="2")
    counts(page, 2)
    expect(node(page, 0)).to_be_focused()
    by_key(page, "a")
    typed(page, "Feedback Given", test=("score", "<=", "2"))
    counts(page, 1, 2, 2)
    reads(page, UNHAPPY)

    page.goto("/app/ask/")
    first(page)
    typed(page, "Order Completed", test=("products.sku", "=", "22423"))
    counts(page, 2)
    by_key(page, "o")
    typed(page, "Order Completed", test=("products.sku", "=", "85123A"))
    counts(page, 3, 2, 2)
    page.keyboard.press("Home")
    by_key(page, "n")
    typed(page, "Order Completed", test=("products.sku", "=", "47566"))
    counts(page, 2, 3, 2, 2, 1)
    reads(page, EITHER)

    page.goto("/app/ask/")
    first(page)
    typed(page, "Order Completed", times="2")
    counts(page, 2)
    by_key(page, "n")
    typed(page, "Order Completed", days="90")
    counts(page, 1, 2, 2)
    reads(page, LAPSED)


SLOW = "const fetched = window.fetch; window.fetch = (...of) => new Promise(go => setTimeout(() => go(fetched(...of)), 500))"


def test_leaving_a_field_with_a_list_does_not_lose_the_list_of_the_next(builder: Page) -> None:
    page = builder
    first(page)
    clicked(page, "Order Completed", test=("products.sku", "=", "22423"))
    counts(page, 2)
    node(page, 0).press("Enter")
    page.locator("#condition [name=t-path]").focus()
    expect(page.locator(".picks .o").first).to_be_visible()
    page.evaluate(f"() => {{ {SLOW} }}")
    page.locator("#condition [name=t-value]").fill("22")  # the first list goes a moment later, while this one is still to come
    expect(page.locator(".picks .o.on")).to_contain_text("22423")


HELD = """() => {
    const fetched = window.fetch, address = document.getElementById('rule').dataset.complete;
    window.held = [];
    const hold = answer => new Promise(go => window.held.push(() => go(answer)));
    window.fetch = (...of) => of[0] === address ? fetched(...of).then(hold) : fetched(...of);
}"""
TYPED_ON = """() => {
    const box = document.getElementById('rule');
    box.setRangeText('der Co', box.selectionStart, box.selectionStart, 'end');
    box.dispatchEvent(new InputEvent('input', { bubbles: true }));
    window.held.forEach(go => go());
}"""


def test_a_late_completion_replaces_all_that_was_typed_since(builder: Page) -> None:
    page = builder
    page.evaluate(HELD)
    page.locator("#rule").click()
    page.keyboard.type('did "Or')
    wait_for(lambda: page.evaluate("window.held.length"), "the first completion")
    page.evaluate(TYPED_ON)  # the answer to less comes before the question about more
    expect(page.locator("#completion .o").first).to_contain_text('"Order Completed"')
    page.keyboard.press("Tab")
    expect(page.locator("#rule")).to_have_value('did "Order Completed"')


def first(page: Page) -> None:
    page.locator("#rule").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.add === 'first'"):
            page.keyboard.press("Enter")
            expect(page.locator("#condition [name=c-event]")).to_be_focused()
            return
    raise AssertionError("no key leads to the first condition")


# Text and tree


def test_text_and_tree_edit_each_other_with_one_history(builder: Page) -> None:
    page = builder
    write(page, 'did "Order Completed" AND did "Feedback Given"')
    counts(page, 2, 3, 3)
    node(page, 2).click(position={"x": 40, "y": 12})
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#rule")).to_have_value('did "Feedback Given"\nAND did "Order Completed"')
    expect(node(page, 1)).to_be_focused()
    page.keyboard.press("Delete")
    counts(page, 3)
    expect(page.locator("#rule")).to_have_value('did "Order Completed"')
    expect(page.locator("#spoken")).to_contain_text("deleted")
    page.keyboard.press("Control+z")
    counts(page, 2, 3, 3)
    page.keyboard.press("Control+z")
    expect(page.locator("#rule")).to_have_value('did "Order Completed" AND did "Feedback Given"')
    page.reload()
    expect(page.locator("#rule")).to_have_value('did "Order Completed" AND did "Feedback Given"')
    page.get_by_role("button", name="Redo").click()
    expect(page.locator("#rule")).to_have_value('did "Feedback Given"\nAND did "Order Completed"')
    page.locator("#rule").focus()
    page.keyboard.press("Control+y")
    expect(page.locator("#rule")).to_have_value('did "Order Completed"')
    counts(page, 3)


def write(page: Page, text: str) -> None:
    page.locator("#rule").fill(text)


def test_a_node_is_dragged_and_an_operator_turned(builder: Page) -> None:
    page = builder
    write(page, 'did "Order Completed" AND did "Feedback Given" AND did anything')
    counts(page, 2, 3, 3, 4)
    drag(page, 3, 1, part=0.5)
    expect(page.locator("#rule")).to_have_value('(did "Order Completed" OR did anything)\nAND did "Feedback Given"')
    counts(page, 3, 4, 3, 4, 3)
    drag(page, 4, 2, part=0.1)
    expect(page.locator("#rule")).to_have_value('did "Feedback Given" OR did "Order Completed" OR did anything'.replace(" OR ", "\nOR "))
    counts(page, 4, 3, 3, 4)
    node(page, 0).locator("button.op").click()
    expect(node(page, 0)).to_have_class("node sel")
    node(page, 0).locator("button.op").click()
    expect(page.locator("#rule")).to_have_value('did "Feedback Given"\nBUT NOT did "Order Completed"\nBUT NOT did anything')


def drag(page: Page, source: int, target: int, *, part: float) -> None:
    node(page, source).evaluate("node => node.scrollIntoView({block: 'center', behavior: 'instant'})")
    grip, goal = node(page, source).locator(".grip").bounding_box(), node(page, target).bounding_box()
    assert grip is not None
    assert goal is not None
    page.mouse.move(grip["x"] + 4, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(goal["x"] + 60, goal["y"] + goal["height"] * part, steps=6)
    expect(page.locator(".drop-in, .drop-before, .drop-after")).to_have_count(1)
    page.mouse.up()


def test_a_condition_is_changed_in_its_place_and_what_it_changed_stands_beside_it(builder: Page) -> None:
    page = builder
    write(page, 'did "Order Completed" at least 2 times')
    counts(page, 2)
    node(page, 0).focus()
    page.keyboard.press("Enter")
    field = page.locator("#condition [name=c-times]")
    expect(field).to_have_value("2")
    field.fill("1")
    field.blur()
    page.locator("#condition").get_by_role("button", name="Change").click()
    counts(page, 3)
    expect(node(page, 0).locator(".chg")).to_have_text("+1")
    assert page.locator("#rule").input_value() == 'did "Order Completed"'


def test_completion_offers_real_values_and_a_usual_question_starts_the_editor(builder: Page) -> None:
    page = builder
    page.locator("#rule").click()
    page.keyboard.type('did "Order Completed" where products.sku = "2')
    expect(page.locator("#completion .o").first).to_have_text('"22423"2')
    page.keyboard.press("Tab")
    counts(page, 2)
    page.goto("/app/ask/")
    card = page.locator(".start").filter(has_text="Lapsed")
    card.locator("[name=days]").fill("30")
    card.get_by_role("button").click()
    counts(page, 1, 3, 2)
    expect(page.locator(".start")).to_have_count(0)


def test_a_saved_segment_shows_its_versions_and_the_change_against_itself(builder: Page) -> None:
    page = builder
    save_segment("Buyers", 'did "Order Completed"', by="ana@example.com")
    kept = save_segment("Buyers", 'did "Order Completed" at least 2 times', by="head@example.com")
    page.goto(f"/app/ask/?segment={kept.id}")
    counts(page, 2)
    write(page, 'did "Order Completed" AND did anything')
    counts(page, 3, 3, 4)
    expect(node(page, 2).locator(".chg")).to_have_text("new")
    page.get_by_text("Versions").click()
    expect(page.locator(".versions")).to_contain_text("ana@example.com")
    page.get_by_role("link", name="Back to this").click()
    counts(page, 3)
    expect(page.locator("#rule")).to_have_value('did "Order Completed"')
    assert not sideways(page)


def test_why_somebody_is_not_in_a_segment_is_told_on_the_profile_and_in_the_builder(builder: Page) -> None:
    page = builder
    kept = save_segment("Regulars", 'did "Order Completed" at least 2 times', by="x")
    cleo = customers.find("user_id", "cleo")
    assert cleo is not None
    page.goto(f"/app/customers/{cleo.id}/")
    panel = page.locator("#memberships")
    panel.scroll_into_view_if_needed()
    panel.get_by_role("button", name="Why?").click()
    expect(panel).to_contain_text("Not in")
    expect(panel).to_contain_text("needed at least 2")
    expect(panel.locator(".facts a").first).to_be_visible()
    assert not sideways(page)
    page.goto(f"/app/ask/?segment={kept.id}&customer={cleo.id}")
    expect(page.locator("#drawer")).to_contain_text("Why not in?")
