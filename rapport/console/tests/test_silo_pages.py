"""The pages of silos: a scheme from a template, its form with live counts, parameters, a review, rights, the policy."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from rapport.console.pages.silos import silos_of
from rapport.console.tests.conftest import FOREIGN, INLINE, SignedIn
from rapport.lib.clock import fixed
from rapport.segments.models import Scheme
from rapport.segments.silos import queries
from rapport.warehouse import actions as warehouse
from tests.cast import TODAY

pytestmark = pytest.mark.django_db(transaction=True)
FRAGMENT = {"HX-Request": "true"}
FORM = {
    "name": "Stages", "owner": "head@example.com", "rhythm": "3", "unit": "month", "due": "2026-03-01", "remainder": "Rest",
    "silo": ["Lately", "Once"], "rule": ['did "Order Completed" in the last 365 days', 'did "Order Completed"'],
}  # fmt: skip


@pytest.fixture
def shop(lake: Path, cast: dict[str, Any], today: Any) -> dict[str, Any]:
    warehouse.catch_up()
    return cast


def path(name: str, *args: int) -> str:
    return reverse(f"console:{name}", args=args)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def made(head: Client, **more: Any) -> Scheme:
    answer = head.post(path("new-scheme"), {**FORM, "do": "save", **more})
    assert answer.status_code == 302, text(answer)
    return queries.schemes()[0]


def decide(head: Client, review: int, silo: str, **said: str) -> Any:
    return head.post(path("decide", review), {"silo": silo, "deed": "keep", "reason": "as it is", **said}, follow=True)


def test_a_scheme_comes_from_a_template_with_its_parameters(shop: Any, head: Client) -> None:
    assert "Start from “Lifecycle”" in text(head.get(path("silos")))
    form = text(head.get(path("new-scheme"), {"template": "lifecycle"}))
    assert "$lapsed_after" in form
    said = {"template": "lifecycle", "silo": ["Lapsing"], "rule": ['did "Order Completed" in the last $lapsed_after days']}
    counts = text(head.post(path("silo-counts"), {**FORM, **said}, headers=FRAGMENT))
    assert "Lapsing</dt><dd><b>2</b>" in counts
    scheme = made(head, **said)
    page = text(head.get(path("scheme", scheme.id)))
    assert "4 people, each in exactly one" in page and "180" in page


def test_rows_are_added_moved_and_taken_without_a_script(shop: Any, head: Client) -> None:
    def rows(do: str) -> list[str]:
        return [part.name for part in head.post(path("new-scheme"), {**FORM, "do": do}).context["draft"].rows]

    assert rows("add") == ["Lately", "Once", ""]
    assert rows("up-1") == ["Once", "Lately"] == rows("down-0")
    assert rows("remove-0") == ["Once"]
    assert rows("up-9") == ["Lately", "Once"]


def test_what_cannot_be_saved_is_refused_beside_the_form(shop: Any, head: Client) -> None:
    answer = head.post(path("new-scheme"), {**FORM, "do": "save", "rule": ['did "Order Complete"', "everyone"]})
    assert answer.status_code == 422
    assert "“Lately”: No kind of event is called" in text(answer) and 'value="Stages"' in text(answer)
    assert head.post(path("new-scheme"), {**FORM, "do": "save", "rhythm": "x"}).status_code == 422
    assert head.post(path("new-scheme"), {**FORM, "do": "save", "due": "soon"}).status_code == 422


def test_another_order_says_who_would_move(shop: Any, head: Client) -> None:
    scheme = made(head)
    turned = {"silo": FORM["silo"][::-1], "rule": FORM["rule"][::-1]}
    page = text(head.post(path("silo-counts"), {**FORM, **turned, "scheme": scheme.id}, headers=FRAGMENT))
    assert "2 people would be elsewhere" in page
    assert head.post(path("edit-scheme", scheme.id), {**FORM, **turned, "do": "save"}).status_code == 302
    assert queries.shape_of(queries.schemes()[0]).names == ["Once", "Lately", "Rest"]


def test_a_parameter_shows_its_effect_before_it_is_saved(shop: Any, head: Client) -> None:
    head.post(path("parameters"), {"name": "window", "number": "365", "unit": "days"})
    made(head, rule=['did "Order Completed" in the last $window days', 'did "Order Completed"'])
    page = text(head.get(path("parameters"), {"name": "window", "number": "20"}))
    assert "<b>1</b> person would move in “Stages”" in page
    assert queries.numbers() == {"window": "365"}
    head.post(path("parameters"), {"name": "window", "number": "20"})
    assert queries.numbers() == {"window": "20"}
    assert head.post(path("parameters"), {"name": "window", "do": "delete"}).status_code == 422


def test_a_review_in_pages(shop: Any, head: Client) -> None:
    scheme = made(head)
    assert "1 day late" in text(head.get("/app/")) and "1 due" in text(head.get("/app/"))
    address = head.post(path("start-review", scheme.id), {"compare": "2024-09-01"}).headers["Location"]
    review = queries.open_review(scheme)
    assert review is not None and address == path("review", review.id)
    page = text(head.get(address))
    assert "0 of 3 decided" in page and "we cannot tell" in page and 'data-plot="sankey"' in page
    shown = text(head.post(path("effect", review.id), {"silo": "Once", "deed": "merge", "into_silo": "Rest"}, headers=FRAGMENT))
    assert "<b>2</b> Rest" in shown
    assert head.post(path("decide", review.id), {"silo": "Once", "deed": "keep", "reason": ""}).status_code == 422
    decide(head, review.id, "Once")
    again = decide(head, review.id, "Once", deed="merge", into_silo="Rest", reason="too few")
    assert "in place of “keep” by head@example.com" in text(again)
    assert head.post(path("finish-review", review.id)).status_code == 422
    for silo in ("Lately", "Rest"):
        decide(head, review.id, silo)
    head.post(path("finish-review", review.id))
    assert queries.shape_of(queries.schemes()[0]).names == ["Lately", "Rest"]
    assert "merged into Rest" in text(head.get(path("scheme", scheme.id)))
    people = text(head.get(path("flow-people", review.id), {"from": "Lately", "to": "Once"}))
    assert "1 person" in people and "陳" in people
    assert silos_of(shop["chen"].id) == [("Stages", "Rest")]
    assert "Stages" in text(head.get(path("profile", shop["chen"].id)))


def test_later_and_withdrawn(shop: Any, head: Client) -> None:
    scheme = made(head)
    head.post(path("later", scheme.id), {"due": "2026-04-01", "reason": "after the sale"})
    assert "after the sale" in text(head.get(path("silos")))
    head.post(path("start-review", scheme.id))
    review = queries.open_review(scheme)
    assert review is not None
    assert head.post(path("edit-scheme", scheme.id), {**FORM, "do": "save"}).status_code == 422
    head.post(path("withdraw-review", review.id))
    assert queries.open_review(scheme) is None
    assert head.post(path("delete-scheme", scheme.id)).status_code == 302
    assert not queries.schemes()


def test_an_analyst_looks_and_changes_nothing(shop: Any, head: Client, signed_in: SignedIn) -> None:
    scheme, analyst = made(head), signed_in("analyst")
    for page in (path("silos"), path("scheme", scheme.id), path("parameters")):
        assert analyst.get(page).status_code == 200
    for name, args in {"new-scheme": (), "edit-scheme": (scheme.id,), "delete-scheme": (scheme.id,), "start-review": (scheme.id,)}.items():
        assert analyst.post(path(name, *args), {**FORM, "do": "save"}).status_code == 403
    assert analyst.post(path("parameters"), {"name": "x1", "number": "2"}).status_code == 422
    assert queries.numbers() == {}


def test_every_page_keeps_the_policy(shop: Any, head: Client) -> None:
    scheme = made(head, name="<script>alert(1)</script>", silo=["<b>x", "Once"])
    head.post(path("start-review", scheme.id))
    review = queries.open_review(scheme)
    assert review is not None
    with fixed(TODAY + timedelta(days=1)):
        pages = [path("silos"), path("new-scheme"), path("scheme", scheme.id), path("edit-scheme", scheme.id), path("parameters")]
        pages += [f"{path('review', review.id)}?silo=Once&deed={deed}" for deed in ("keep", "split", "merge", "retire")]
        for page in [*pages, f"{path('flow-people', review.id)}?way=stayed"]:
            body = text(head.get(page))
            assert not INLINE.search(body) and not FOREIGN.search(body), page
            assert "<script>alert" not in body and "<b>x" not in body, page
