"""Every page: opened by the roles it is for, closed to others, under the policy, with an empty house and with the cast in it."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse

from rapport.accounts.models import AuditEntry
from rapport.accounts.rights import ROLES
from rapport.commerce.models import Order
from rapport.console.tests.conftest import FOREIGN, INLINE, PASSWORD, SignedIn
from rapport.console.urls import urlpatterns
from rapport.customers.models import Customer
from rapport.events.models import Event
from rapport.intake.actions import receive
from rapport.intake.queries import keys
from rapport.segments import queries as segments
from rapport.warehouse import actions as warehouse

RULE = 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 2 days'
PLAIN = ("home", "customers", "ask", "segments", "doors", "refused", "catalogue", "keys", "new-import", "settings", "more")
FRAGMENT = {"HX-Request": "true"}
OPEN = {"sign-in", "sign-out"}


def address(route: URLPattern) -> str:
    gaps = {name: 1 if "Int" in type(kind).__name__ else "x" for name, kind in route.pattern.converters.items()}
    return reverse(f"console:{route.name}", kwargs=gaps)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


# Who may open what


@pytest.mark.django_db
def test_strangers_are_sent_to_sign_in_from_everywhere() -> None:
    for route in urlpatterns:
        if route.name not in OPEN:
            answer = Client().get(address(route))
            assert answer.status_code == 302, route.name
            assert answer.headers["Location"].startswith("/app/sign-in/"), route.name


@pytest.mark.django_db
@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_opens_what_its_rights_name_and_nothing_else(role: str, signed_in: SignedIn) -> None:
    client = signed_in(role)
    for route in urlpatterns:
        right = getattr(route.callback, "right", None)
        if right in (None, "any staff") or right in ROLES[role]:
            continue
        answer = client.get(address(route))
        assert answer.status_code == 403, f"{role} at {route.name}"
        assert "Not yours to open" in answer.content.decode()
        assert client.get(address(route), headers=FRAGMENT).content.decode().startswith('<div class="alertx"')


@pytest.mark.django_db
def test_the_rail_shows_only_what_opens(signed_in: SignedIn) -> None:
    rail = signed_in("agent").get("/app/").content.decode()
    assert "/app/customers/" in rail
    assert "/app/ask/" not in rail
    assert "/app/doors/" not in rail


@pytest.mark.django_db
def test_a_piece_of_a_page_asked_for_after_signing_out_leads_to_the_sign_in_page() -> None:
    answer = Client().post("/app/ask/answer/", {"rule": "everyone"}, headers=FRAGMENT)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/app/sign-in/")


@pytest.mark.django_db
def test_a_fault_of_ours_is_said_plainly(head: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rapport.console.views.customers.customers.search", lambda *_args, **_more: 1 / 0)
    head.raise_request_exception = False
    page = head.get("/app/customers/")
    assert (page.status_code, "That went wrong, and it is ours" in page.content.decode()) == (500, True)
    piece = head.get("/app/customers/", headers=FRAGMENT)
    assert piece.status_code == 500
    assert piece.content.decode().startswith('<div class="alertx"')


def test_a_page_of_members_asks_no_more_for_many_than_for_few(
    lake: Path, head: Client, cast: dict[str, Customer], today: datetime, django_assert_max_num_queries: Any
) -> None:
    warehouse.catch_up(60)
    head.get("/app/ask/members/?rule=everyone")
    with django_assert_max_num_queries(18):
        assert head.get("/app/ask/members/?rule=everyone").context["count"] == 4


# Signing in


@pytest.mark.django_db
def test_signing_in_and_out(signed_in: SignedIn) -> None:
    signed_in("head")
    client = Client(enforce_csrf_checks=False)
    assert client.post("/app/sign-in/", {"username": "head@example.com", "password": "wrong one"}).status_code == 422
    answer = client.post(
        "/app/sign-in/?next=/app/ask/", {"username": "Head@Example.com".lower(), "password": PASSWORD, "next": "/app/ask/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/app/ask/")
    assert AuditEntry.objects.filter(deed="accounts.sign_in", by="head@example.com").count() == 1
    assert client.get("/app/sign-out/").status_code == 405
    assert client.post("/app/sign-out/").headers["Location"] == "/app/sign-in/"
    assert client.get("/app/").status_code == 302


@pytest.mark.django_db
def test_who_tries_too_often_has_to_wait_and_is_told_how_long(signed_in: SignedIn) -> None:
    signed_in("head")
    client = Client()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.post("/app/sign-in/", {"username": "head@example.com", "password": "wrong"})
    assert answer.status_code == 429
    assert "For 15 minutes" in answer.content.decode()
    assert client.post("/app/sign-in/", {"username": "head@example.com", "password": PASSWORD}).status_code == 429


# Every page


def hold_to_the_policy(page: str, name: str) -> None:
    assert not INLINE.search(page), f"{name}: inline {INLINE.search(page)}"
    assert not FOREIGN.search(page), f"{name}: foreign {FOREIGN.search(page)}"


@pytest.mark.parametrize("name", PLAIN)
def test_every_page_opens_in_an_empty_house(name: str, lake: Path, head: Client) -> None:
    answer = head.get(reverse(f"console:{name}"))
    assert answer.status_code == 200
    hold_to_the_policy(answer.content.decode(), name)
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_every_page_opens_with_people_in_it(lake: Path, head: Client, cast: dict[str, Customer], today: datetime) -> None:
    receive([{"type": "track", "event": "X", "userId": "bob", "properties": {"note": "4111 1111 1111 1111"}}], source_id=None)
    assert head.post("/app/ask/save/", {"name": "Buyers", "rule": RULE}).status_code == 302
    bob, event = cast["bob"], Event.objects.filter(customer_id=cast["bob"].id).first()
    assert event is not None
    query = f"rule={quote(RULE)}"
    pages = {name: reverse(f"console:{name}") for name in PLAIN} | {
        "profile": f"/app/customers/{bob.id}/",
        "lane": f"/app/customers/{bob.id}/?lane=shop",
        "fact": f"/app/customers/{bob.id}/facts/{event.id}/",
        "order": "/app/orders/b-1/",
        "ask": f"/app/ask/?{query}",
        "past": f"/app/ask/?{query}&as_of=2026-01-01T10:00",
        "members": f"/app/ask/members/?{query}",
        "came": f"/app/ask/members/?{query}&moved=came",
        "kind": f"/app/doors/catalogue/{event.event_type_id}/",
        "found": "/app/customers/?q=bob",
        "by order": "/app/customers/?q=b-1",
        "nobody": "/app/customers/?q=nobody+at+all",
    }
    warehouse.catch_up(60)
    for name, path in pages.items():
        answer = head.get(path)
        assert answer.status_code == 200, f"{name}: {answer.status_code}"
        hold_to_the_policy(answer.content.decode(), name)
    assert head.get("/app/nothing/here/").status_code == 404


# Customers


@pytest.mark.django_db
def test_a_profile_says_when_it_shows_the_newest_facts_only(head: Client, bob: Customer, monkeypatch: Any) -> None:
    words = "only the newest stand here"
    assert words not in head.get(reverse("console:profile", args=[bob.id])).content.decode()
    facts = Event.objects.filter(customer_id=bob.id).count()
    monkeypatch.setattr("rapport.console.pages.profile.FACTS_MAX", facts)
    assert words not in head.get(reverse("console:profile", args=[bob.id])).content.decode()
    monkeypatch.setattr("rapport.console.pages.profile.FACTS_MAX", facts - 1)
    assert words in head.get(reverse("console:profile", args=[bob.id])).content.decode()


@pytest.mark.django_db
def test_reading_a_profile_is_written_down(head: Client, bob: Customer, today: datetime) -> None:
    head.get(f"/app/customers/{bob.id}/")
    entry = AuditEntry.objects.get(deed="customers.read")
    assert (entry.by, entry.subject) == ("head@example.com", f"customer {bob.id}")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["kowal", "bob@example", "bob", "b-2"])
def test_a_customer_is_found_by_name_mail_id_and_order(text: str, head: Client, bob: Customer, ana: Customer, today: datetime) -> None:
    page = head.get("/app/customers/", {"q": text}, headers=FRAGMENT).content.decode()
    assert "Kowalski" in page
    assert "Sousa" not in page
    assert "Kowalski" in head.get("/app/find/", {"q": text}, headers=FRAGMENT).content.decode() or text == "b-2"


@pytest.mark.django_db
def test_a_small_base_is_counted_on_the_list_and_a_large_one_behind_it(head: Client, cast: dict[str, Customer], monkeypatch: Any) -> None:
    known = Customer.objects.filter(known=True, merged_into__isnull=True).count()
    counted, behind = f'<span class="q">{known}</span>', f'hx-get="{reverse("console:customers-count")}"'
    page = head.get("/app/customers/").content.decode()
    assert counted in page and behind not in page
    monkeypatch.setattr("rapport.console.views.customers.COUNTED_AT_ONCE", known)
    page = head.get("/app/customers/").content.decode()
    assert behind in page and counted not in page
    assert head.get("/app/customers/count/", headers=FRAGMENT).content.decode() == str(known)


@pytest.mark.django_db
def test_a_joined_visitor_leads_to_the_customer(head: Client, mia: Customer, today: datetime) -> None:
    alias = Customer.objects.filter(merged_into=mia.id).first()
    if alias is not None:
        assert head.get(f"/app/customers/{alias.id}/").headers["Location"] == f"/app/customers/{mia.id}/"
    assert "mia-phone" in head.get(f"/app/customers/{mia.id}/").content.decode()


@pytest.mark.django_db
def test_a_fact_of_somebody_else_is_not_shown_under_a_customer(head: Client, bob: Customer, ana: Customer, today: datetime) -> None:
    foreign = Event.objects.filter(customer_id=ana.id).first()
    assert foreign is not None
    assert head.get(f"/app/customers/{bob.id}/facts/{foreign.id}/").status_code == 404


@pytest.mark.django_db
def test_order_numbers_of_any_shape_have_a_page(head: Client, bob: Customer, today: datetime) -> None:
    for odd in ("a/b", "50%", "ä ö", "#1?x=2", "..", "<b>"):
        Order.objects.create(order_id=odd, customer_id=bob.id, completed_us=1)
        assert head.get(reverse("console:order", args=[odd])).status_code == 200, odd


@pytest.mark.django_db
def test_what_a_shop_sends_is_shown_as_text(head: Client, bob: Customer, today: datetime) -> None:
    nasty = '"><script>alert(1)</script>'
    said = {"order_id": nasty, "products": [{"name": nasty}], "revenue": 1}
    receive(
        [
            {"type": "identify", "userId": "bob", "traits": {"first_name": nasty, "motto": nasty}},
            {"type": "track", "userId": "bob", "event": "Order Completed", "properties": said},
            {"type": "track", "userId": "bob", "event": nasty, "properties": {nasty: nasty}},
        ],
        source_id=None,
    )
    for path in (f"/app/customers/{bob.id}/", "/app/customers/", reverse("console:order", args=[nasty])):
        assert "<script>alert" not in head.get(path).content.decode(), path


# Asking


def test_an_answer_changes_only_its_pieces(lake: Path, head: Client, cast: dict[str, Customer], today: datetime) -> None:
    warehouse.catch_up(60)
    page = head.post("/app/ask/answer/", {"rule": RULE}, headers=FRAGMENT)
    pieces = page.content.decode()
    assert page.status_code == 200
    assert pieces.count("<hx-partial") == 8
    assert "Kowalski" in pieces
    stumbled = head.post("/app/ask/answer/", {"rule": 'did "Order Complete"'}, headers=FRAGMENT)
    assert stumbled.status_code == 422
    assert "#tree" not in stumbled.content.decode()
    assert "data-mended" in stumbled.content.decode()


def test_evidence_says_why_and_is_written_down(lake: Path, head: Client, cast: dict[str, Customer], today: datetime) -> None:
    inside = head.post("/app/ask/evidence/", {"rule": RULE, "customer": cast["bob"].id}, headers=FRAGMENT).content.decode()
    outside = head.post("/app/ask/evidence/", {"rule": RULE, "customer": cast["ana"].id}, headers=FRAGMENT).content.decode()
    assert "Why in?" in inside
    assert "does not take out" in inside
    assert "Why not in?" in outside
    assert AuditEntry.objects.filter(deed="customers.read").count() == 2


def test_completion_names_events_with_their_facts(lake: Path, head: Client, bob: Customer, today: datetime) -> None:
    found = json.loads(head.post("/app/ask/complete/", {"rule": 'did "Order Co', "caret": 13}).content)
    assert found["eager"]
    assert (found["options"][0]["insert"], found["options"][0]["start"], found["options"][0]["end"]) == ('"Order Completed"', 4, 13)


def test_what_saving_would_mean_adds_up(lake: Path, head: Client, cast: dict[str, Customer], today: datetime) -> None:
    warehouse.catch_up(60)
    page = head.post("/app/ask/meaning/", {"rule": 'did "Order Completed"'}, headers=FRAGMENT).content.decode()
    assert "May get mail" in page
    assert "of 3" in page


def test_a_segment_is_saved_deleted_and_brought_back(lake: Path, head: Client, cast: dict[str, Customer], today: datetime) -> None:
    warehouse.catch_up(60)
    head.post("/app/ask/save/", {"name": "Buyers", "rule": RULE})
    kept = segments.segment_named("Buyers")
    page = head.post("/app/segments/delete/", {"segment": kept.id}, follow=True).content.decode()
    assert "Undo" in page
    assert not segments.segments()
    head.post("/app/segments/restore/")
    head.post("/app/segments/restore/")
    assert [(one.name, one.rule) for one in segments.segments()] == [("Buyers", kept.rule)]


@pytest.mark.parametrize(("name", "rule"), [("", RULE), ("Buyers", "did"), ("x" * 400, RULE)])
def test_what_cannot_be_saved_is_said_and_nothing_is_lost(
    name: str, rule: str, lake: Path, head: Client, bob: Customer, today: datetime
) -> None:
    answer = head.post("/app/ask/save/", {"name": name, "rule": rule})
    assert answer.status_code == 422
    assert 'class="alertx' in answer.content.decode()
    assert not segments.segments()


def test_a_moment_that_is_none_is_refused_with_a_mend(lake: Path, head: Client, bob: Customer, today: datetime) -> None:
    answer = head.post("/app/ask/answer/", {"rule": "everyone", "as_of": "soon"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "Write 2026-11-23" in answer.content.decode()


def test_a_rule_two_hundred_levels_deep_is_drawn(lake: Path, head: Client, bob: Customer, today: datetime) -> None:
    deep = "everyone"
    for level in range(198):
        deep = f"({deep}) {('AND', 'OR', 'BUT NOT')[level % 3]} {'no one' if level % 3 == 2 else 'everyone'}"
    assert head.post("/app/ask/answer/", {"rule": deep}, headers=FRAGMENT).status_code == 200
    assert head.post("/app/ask/evidence/", {"rule": deep, "customer": bob.id}, headers=FRAGMENT).status_code == 200


def test_a_node_is_moved_and_the_text_follows(lake: Path, head: Client, bob: Customer, today: datetime) -> None:
    rule = "email is known AND city is known"
    assert json.loads(head.post("/app/ask/edit/", {"rule": rule, "deed": "move", "node": 2, "way": "up"}).content) == {
        "text": "city is known\nAND email is known",
        "node": 1,
    }
    assert json.loads(head.post("/app/ask/edit/", {"rule": rule, "deed": "move", "node": 1, "way": "up"}).content)["text"] == rule
    assert head.post("/app/ask/edit/", {"rule": rule, "deed": "move", "node": 1, "way": "sideways"}, headers=FRAGMENT).status_code == 422


def test_a_refused_edit_changes_nothing_and_says_why(lake: Path, head: Client, bob: Customer, today: datetime) -> None:
    for fields in (
        {"deed": "fly"},
        {"deed": "delete", "node": 9},
        {"deed": "add", "joint": "xor", "node": 0},
        {"deed": "set", "c-kind": "did"},
    ):
        answer = head.post("/app/ask/edit/", {"rule": "everyone", **fields}, headers=FRAGMENT)
        assert answer.status_code == 422
        assert json.loads(answer.content)["what"]


def test_a_short_question_is_shared_by_its_words_and_a_long_one_by_a_name(lake: Path, head: Client, bob: Customer, today: datetime) -> None:
    short = json.loads(head.post("/app/ask/share/", {"rule": RULE, "as_of": "2026-01-01"}).content)["address"]
    assert "rule=did" in short
    assert "as_of=2026-01-01" in short
    long = f"email in ({', '.join(json.dumps(f'{n}@example.com') for n in range(200))})"
    address = json.loads(head.post("/app/ask/share/", {"rule": long}).content)["address"]
    assert len(address) < 100
    assert "199@example.com" in head.get(address.removeprefix("http://testserver")).content.decode()


def test_usual_questions_are_offered_where_their_facts_have_come(
    lake: Path, head: Client, cast: dict[str, Customer], today: datetime
) -> None:
    warehouse.catch_up(60)
    page = head.get("/app/ask/").content.decode()
    assert "Needs facts that have not come yet: Case Opened, Case Closed." in page
    assert head.get("/app/ask/start/lapsed/?days=30").headers["Location"].endswith("in+the+last+30+days")
    assert head.get("/app/ask/start/lapsed/?days=x").status_code == 422
    assert head.get("/app/ask/start/nothing/").status_code == 422


def test_the_profile_says_which_segments_somebody_is_in_and_why_not(
    lake: Path, head: Client, cast: dict[str, Customer], today: datetime
) -> None:
    head.post("/app/ask/save/", {"name": "Buyers", "rule": RULE})
    kept = segments.segment_named("Buyers")
    inside = head.get(f"/app/customers/{cast['bob'].id}/segments/", headers=FRAGMENT).content.decode()
    assert 'class="chip on"' in inside
    outside = head.get(f"/app/customers/{cast['ana'].id}/segments/?segment={kept.id}").content.decode()
    assert "In none of the saved segments." in outside
    assert "Not in" in outside
    assert AuditEntry.objects.filter(deed="customers.read").count() == 2


# Doors


@pytest.mark.django_db
def test_a_key_is_shown_once_and_can_be_revoked(head: Client, signed_in: SignedIn) -> None:
    page = head.post("/app/doors/keys/make/", {"source": "my shop"}, follow=True)
    key = page.context["fresh"]
    assert key.startswith("key_")
    assert key not in head.get("/app/doors/keys/").content.decode()
    assert head.post("/v1/track", {"event": "X", "userId": "a"}, content_type="application/json", headers=basic(key)).status_code == 200
    made = keys()[0].created_us
    assert signed_in("analyst").post("/app/doors/keys/revoke/", {"begins": key[:10], "made": made}).status_code == 403
    head.post("/app/doors/keys/revoke/", {"begins": key[:10], "made": made})
    assert head.post("/v1/track", {"event": "X", "userId": "a"}, content_type="application/json", headers=basic(key)).status_code == 401
    assert sorted(AuditEntry.objects.values_list("deed", flat=True)) == ["intake.make_key", "intake.revoke_key"]


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
