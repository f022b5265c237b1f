"""Campaigns, templates, the outbox and a customer's mails on their pages: what opens, what is refused beside its cause, what is counted."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from rapport.campaigns import actions as campaigns
from rapport.campaigns import queries
from rapport.campaigns.models import Campaign
from rapport.console.pages.writing import BODY, SUBJECT
from rapport.console.tests.conftest import SignedIn
from rapport.console.tests.test_pages import FRAGMENT, hold_to_the_policy
from rapport.lib.clock import from_us, now_us
from rapport.messaging import answers
from rapport.messaging import queries as mails
from rapport.messaging.models import Message, Target, Touch, TouchKind
from rapport.messaging.tests.writing import BY, carry, customer_id, template, welcomes
from rapport.segments import actions as segments
from rapport.warehouse import actions as warehouse
from tests.cast import Tell

RULE = 'did "Order Completed"'
NASTY = '"><script>alert(1)</script>{{ 7 }}'
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def house(settings: Settings, tmp_path: Path) -> None:
    cache.clear()
    settings.OUTBOX_DIR, settings.EMAIL_URL = tmp_path / "outbox", ""
    settings.COMPANY_NAME, settings.COMPANY_ADDRESS = "Halden", "1 Quay Street"


@pytest.fixture
def shoppers(tell: Tell, lake: Path) -> None:
    """Five have bought; the last never agreed to mail. One is called what no page may run."""
    for number in range(5):
        who = f"s{number}"
        tell(*welcomes(who, first_name=NASTY if number == 0 else f"Shopper {number}")[: 1 if number == 4 else 2])
        order = {"order_id": who, "revenue": 10, "currency": "EUR"}
        tell({"type": "track", "event": "Order Completed", "userId": who, "messageId": who, "timestamp": "2026-02-01", "properties": order})
    warehouse.catch_up(60)


def draft(name: str = "Spring") -> Campaign:
    return campaigns.save_draft(name, template_id=template().template_id, rule=RULE, by=BY)


def sent(name: str = "Spring") -> Campaign:
    """Started, filled, and carried into the outbox."""
    found = campaigns.start(draft(name).id, by=BY)
    while campaigns.fill_started():
        pass
    carry()
    return found


def text(answer: Any) -> str:
    found: str = answer.content.decode()
    return found


def path(name: str, *args: Any) -> str:
    return reverse(f"console:{name}", args=args)


# Every page


def test_the_pages_open_in_an_empty_house(lake: Path, head: Client) -> None:
    for name in ("campaigns", "new-campaign", "templates", "new-template", "outbox", "home"):
        answer = head.get(path(name))
        assert answer.status_code == 200, name
        hold_to_the_policy(text(answer), name)


def test_the_pages_open_with_hostile_names_in_them(shoppers: None, head: Client) -> None:
    template(NASTY, body=BODY)
    segments.save_segment("Buyers", RULE, by=BY)
    kept, gone = draft(NASTY), sent("Spring")
    version = mails.versions_of(kept.template_id)[0]
    nasty = customer_id("s0")
    pages = [path(name) for name in ("campaigns", "templates", "outbox", "new-campaign", "home")]
    pages += [path("campaign", one.id) for one in (kept, gone)] + [path("template", version.template_id), path("profile", nasty)]
    pages += [f"{path('mail')}?version={version.id}&customer={nasty}", f"{path('mail')}?version={version.id}&case=hostile"]
    pages += [
        f"{path('campaign-people', gone.id)}?which={which}" for which in ("", "sent", "held", "no_consent", "silent", "bought", NASTY)
    ]
    lying = head.get(path("outbox")).context["rows"]
    assert len(lying) == 4
    pages += [path("outbox-mail", row.name) for row in lying]
    for page in pages:
        answer = head.get(page)
        assert answer.status_code == 200, page
        hold_to_the_policy(text(answer), page)
        assert "<script>alert" not in text(answer), page


def test_an_analyst_looks_and_changes_nothing(shoppers: None, signed_in: SignedIn) -> None:
    analyst, kept = signed_in("analyst"), draft()
    assert "Start: write to" not in text(analyst.get(path("campaign", kept.id)))
    assert analyst.post(path("campaign", kept.id), {"name": "Other", "template": kept.template_id, "rule": RULE}).status_code == 403
    assert analyst.post(path("template", kept.template_id), {"subject": "x", "mjml": BODY}).status_code == 403
    for name in ("delete-campaign", "pause-campaign", "cancel-campaign", "write-again"):
        assert analyst.post(path(name, kept.id)).status_code == 403
    assert queries.campaign(kept.id) == kept


# Drafts


def test_a_draft_is_kept_looked_over_and_started(shoppers: None, head: Client) -> None:
    made = template()
    answer = head.post(path("new-campaign"), {"name": "Spring", "template": made.template_id, "rule": RULE})
    (kept,) = queries.campaigns()
    assert answer.headers["Location"] == path("campaign", kept.id)
    page = text(head.get(path("campaign", kept.id)))
    assert "5 people" in page
    assert "4 may be written to" in page
    assert "No mail server is named" in page
    assert re.search(r'Start: write to <span id="start-count">4</span>', page)
    head.post(path("campaign", kept.id), {"name": "Spring", "template": made.template_id, "rule": "everyone", "start": "1"})
    started = queries.campaign(kept.id)
    assert started is not None
    assert (started.state, started.rule) == ("started", "everyone")  # what stood in the form, not what was kept before


def test_why_the_others_may_not_be_written_to(shoppers: None, head: Client) -> None:
    page = text(head.post(path("rest"), {"asked": RULE}, headers=FRAGMENT))
    assert "Why 1 may not" in page
    assert "Never agreed to marketing mail" in page


def test_the_audience_follows_the_form(shoppers: None, head: Client) -> None:
    segments.save_segment("Buyers", RULE, by=BY)
    assert "5 people" in text(head.post(path("audience"), {"segment": "Buyers", "rule": "no one"}, headers=FRAGMENT))
    stumbled = head.post(path("audience"), {"rule": 'did "Order Complete"'}, headers=FRAGMENT)
    assert stumbled.status_code == 422
    assert 'data-mended="did &quot;Order Completed&quot;"' in text(stumbled)
    assert head.post(path("audience"), {"segment": "gone"}, headers=FRAGMENT).status_code == 422
    assert "Choose a segment" in text(head.post(path("audience"), {}, headers=FRAGMENT))


@pytest.mark.parametrize(
    ("said", "words"), [({"name": ""}, "A campaign has a name"), ({"rule": "did"}, "alertx"), ({"template": 99}, "no such template")]
)
def test_what_cannot_be_kept_is_said_and_nothing_is_lost(said: dict[str, Any], words: str, shoppers: None, head: Client) -> None:
    form = {"name": "Spring", "template": template().template_id, "rule": RULE} | said
    answer = head.post(path("new-campaign"), form)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not queries.campaigns()
    assert (answer.context["draft"].name, answer.context["draft"].rule) == (form["name"], form["rule"])


def test_a_campaign_the_law_stops_cannot_be_started(shoppers: None, head: Client, settings: Settings) -> None:
    settings.EMAIL_URL, settings.COMPANY_ADDRESS = "smtp://127.0.0.1:9", ""
    kept = draft()
    assert "disabled aria-describedby" in text(head.get(path("campaign", kept.id)))
    answer = head.post(path("campaign", kept.id), {"name": "Spring", "template": kept.template_id, "rule": RULE, "start": "1"})
    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_a_draft_is_deleted_and_brought_back(shoppers: None, head: Client) -> None:
    kept = draft()
    assert "Undo" in text(head.post(path("delete-campaign", kept.id), follow=True))
    assert not queries.campaigns()
    head.post(path("restore-campaign"))
    head.post(path("restore-campaign"))
    assert [(one.name, one.rule) for one in queries.campaigns()] == [("Spring", RULE)]


# On its way, and after


def test_pausing_going_on_and_cancelling(shoppers: None, head: Client) -> None:
    started = campaigns.start(draft().id, by=BY)
    while campaigns.fill_started():
        pass
    head.post(path("pause-campaign", started.id))
    piece = text(head.get(path("campaign-progress", started.id), headers=FRAGMENT))
    assert "paused by head@example.com" in piece
    assert "0 of 5 people done" in piece
    assert "Go on" in text(head.get(path("running"), headers=FRAGMENT))
    head.post(path("go-on-campaign", started.id))
    assert "Pause" in text(head.get(path("campaign-progress", started.id), headers=FRAGMENT))
    head.post(path("cancel-campaign", started.id))
    over = head.get(f"{path('campaign-progress', started.id)}?state=running", headers=FRAGMENT)
    assert over.headers["HX-Refresh"] == "true"


def test_the_report_counts_people_and_each_figure_opens_them(shoppers: None, head: Client, tell: Tell) -> None:
    spring = sent()
    message = Message.objects.get(customer_id=customer_id("s1"))
    click(message)
    at = from_us(now_us() + 60_000_000).isoformat()
    order = {"order_id": "later", "revenue": 40, "currency": "EUR"}
    tell({"type": "track", "event": "Order Completed", "userId": "s1", "messageId": "later", "timestamp": at, "properties": order})
    page = text(head.get(path("campaign", spring.id)))
    assert "€40.00" in page
    assert "https://shop.example/new" in page
    people = {
        which: head.get(f"{path('campaign-people', spring.id)}?which={which}")
        for which in ("sent", "held", "open", "click", "bought", "silent")
    }
    assert {which: answer.context["count"] for which, answer in people.items()} == {
        "sent": 4, "held": 1, "open": 1, "click": 1, "bought": 1, "silent": 3,
    }  # fmt: skip
    assert {which: len(answer.context["people"]) for which, answer in people.items()} == {
        which: answer.context["count"] for which, answer in people.items()
    }
    assert "never agreed" in text(people["held"])
    assert all("Shopper 1" in text(people[which]) for which in ("click", "bought"))
    row = text(head.get(path("campaign-sum", spring.id), headers=FRAGMENT))
    assert re.findall(r">(\d)</a>", row) == ["4", "1", "1"]


def test_a_mail_is_one_row_with_its_path_on_the_profile(shoppers: None, head: Client, tell: Tell) -> None:
    sent()
    click(Message.objects.get(customer_id=customer_id("s1")))
    at = from_us(now_us() + 60_000_000).isoformat()
    order = {"order_id": "later", "revenue": 40, "currency": "EUR"}
    tell({"type": "track", "event": "Order Completed", "userId": "s1", "messageId": "later", "timestamp": at, "properties": order})
    (row,) = head.get(path("profile", customer_id("s1"))).context["mails"]
    assert [step.words for step in row.path] == ["sent", "clicked shop.example/new", "bought €40.00"]
    (held,) = head.get(path("profile", customer_id("s4"))).context["mails"]
    assert [step.words for step in held.path] == ["held: never agreed to marketing mail"]
    page = text(head.get(path("profile", customer_id("s1"))))
    assert "{{" not in page  # a subject is told by the campaign's name where it is made anew for each reader


def click(message: Message) -> None:
    answers.touch(message.id, TouchKind.CLICK, target_id=Target.objects.get().id, agent=BROWSER)
    Touch.objects.update(at_us=now_us() - 10_000_000)
    answers.tell_touches()


# Templates


def test_a_template_begins_well_and_is_kept_in_versions(shoppers: None, head: Client) -> None:
    form = {"name": "News", "purpose": "marketing", "subject": SUBJECT, "mjml": BODY, "text": ""}
    assert BODY.splitlines()[5].strip() in text(head.get(path("new-template"))).replace("&lt;", "<").replace("&gt;", ">").replace(
        "&quot;", '"'
    )
    made = head.post(path("new-template"), form)
    (kept,) = mails.templates()
    assert made.headers["Location"] == path("template", kept.id)
    head.post(path("template", kept.id), form)
    head.post(path("template", kept.id), form | {"subject": "Other"})
    assert [(one.number, one.subject) for one in mails.versions_of(kept.id)] == [(2, "Other"), (1, SUBJECT)]
    first = mails.versions_of(kept.id)[1]
    assert head.get(f"{path('template', kept.id)}?version={first.id}").context["said"].subject == SUBJECT
    again = head.post(path("new-template"), form)
    assert again.status_code == 422
    assert "Another template is called" in text(again)


@pytest.mark.parametrize(
    ("part", "words", "place"),
    [
        ("subject", "Hi {{ customer.nmae }}", (1, 7)),
        ("mjml", BODY.replace("first_name", "frist_name"), (13, 20)),
        ("text", "a\n{{ nobody }}", (2, 4)),
    ],
)
def test_a_refusal_stands_beside_its_part_with_line_and_column(
    part: str, words: str, place: tuple[int, int], shoppers: None, head: Client
) -> None:
    form = {"name": "News", "purpose": "marketing", "subject": "Hi", "mjml": BODY, "text": ""} | {part: words}
    saved, checked = head.post(path("new-template"), form), head.post(path("check-template"), form, headers=FRAGMENT)
    assert saved.status_code == 422
    assert saved.context["trouble"].part == part
    assert (saved.context["trouble"].line, saved.context["trouble"].column) == place
    assert getattr(saved.context["said"], part) == words
    assert f"Line {place[0]}, column {place[1]}" in text(checked)
    assert head.post(path("preview-template"), form).status_code == 422
    assert not mails.templates()


def test_a_frame_alone_allows_styles_and_never_a_script(shoppers: None, head: Client) -> None:
    version = template(body=BODY)
    sent()
    file = head.get(path("outbox")).context["rows"][0].name
    form = {"subject": "Hi", "mjml": BODY, "case": "hostile"}
    frames = [
        head.get(f"{path('mail-frame', version.id)}?case=hostile"),
        head.post(path("preview-template"), form),
        head.get(path("outbox-frame", file)),
    ]
    for answer in frames:
        policy = answer.headers["Content-Security-Policy"]
        assert "style-src 'unsafe-inline'" in policy
        assert "script-src" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "sandbox" in policy
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "<script>alert" not in text(answer)
    around = head.get(path("template", version.template_id)).headers["Content-Security-Policy"]
    assert "frame-src 'self'" in around
    assert "unsafe-inline" not in around


# The outbox


def test_a_test_to_oneself_lies_in_the_outbox_with_links_that_work(shoppers: None, head: Client) -> None:
    version = template()
    said = text(head.post(path("mail-test"), {"version": version.id, "to": "head@example.com"}, headers=FRAGMENT))
    assert "lies in the outbox" in said
    (row,) = head.get(path("outbox")).context["rows"]
    assert (row.to, row.subject) == ("head@example.com", "[Test] News for")
    assert "See what is new" in text(head.get(path("outbox-mail", row.name)))
    assert head.post(path("mail-test"), {"version": version.id, "to": "nobody"}, headers=FRAGMENT).status_code == 422


def test_a_link_in_the_outbox_leads_over_this_address_and_looking_counts_nothing(shoppers: None, head: Client) -> None:
    sent()
    rows = head.get(path("outbox")).context["rows"]
    page = text(head.get(path("outbox-frame", rows[0].name)))
    assert "/m/o/" not in page
    link = re.search(r'href="http://testserver(/m/c/[^"]+)"', page)
    assert link is not None
    assert Client().get(link[1]).headers["Location"] == "https://shop.example/new?a=1&b=2"


@pytest.mark.parametrize("name", ["nothing", "x", "te-st", "0" * 90])
def test_what_does_not_lie_in_the_outbox_is_not_found(name: str, shoppers: None, head: Client) -> None:
    assert head.get(path("outbox-mail", name)).status_code == 404


# Home


def test_home_tells_what_left_and_what_came_back(shoppers: None, head: Client) -> None:
    sent()
    click(Message.objects.get(customer_id=customer_id("s1")))
    warehouse.catch_up(60)
    cache.clear()
    figures = head.get(path("home")).context["figures"]
    assert (figures["sent"], figures["clicked"], figures["opened"]) == (4, 1, 0)
    assert figures["facts"] == 5  # four mails and a click; the cast was told long ago
    assert "What left, who answered" in text(head.get(f"{path('home')}?days=30"))
