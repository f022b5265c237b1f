"""Every route of /api/ is guarded: no token opens none, a token those of its own scopes. A new route fails here until it is listed."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from rapport.api.description import description
from rapport.api.scopes import SCOPES
from rapport.api.tests.conftest import Let, problem_of

OPEN = {"api/openapi.json", "api/v1/", "api/^"}  # the description; nothing; nothing
NEEDS = {
    ("get", "/api/v1/customers"): "customers:read",
    ("post", "/api/v1/customers"): "customers:write",
    ("get", "/api/v1/customers/{customer_id}"): "customers:read",
    ("get", "/api/v1/customers/{customer_id}/facts"): "facts:read",
    ("post", "/api/v1/facts"): "facts:write",
    ("post", "/api/v1/rules/count"): "rules:ask",
    ("post", "/api/v1/rules/members"): "rules:ask",
    ("post", "/api/v1/rules/evidence"): "rules:ask",
    ("get", "/api/v1/segments"): "segments:read",
    ("post", "/api/v1/segments"): "segments:write",
    ("get", "/api/v1/segments/{segment_id}"): "segments:read",
    ("put", "/api/v1/segments/{segment_id}"): "segments:write",
    ("delete", "/api/v1/segments/{segment_id}"): "segments:write",
    ("get", "/api/v1/segments/{segment_id}/members"): "segments:read",
    ("get", "/api/v1/schemes"): "segments:read",
    ("get", "/api/v1/schemes/{scheme_id}"): "segments:read",
    ("get", "/api/v1/segments/{segment_id}/size"): "segments:read",
    ("get", "/api/v1/segments/{segment_id}/movement"): "segments:read",
    ("get", "/api/v1/segments/{segment_id}/overlap"): "segments:read",
    ("put", "/api/v1/segments/{segment_id}/told"): "segments:write",
    ("get", "/api/v1/templates"): "campaigns:read",
    ("post", "/api/v1/templates"): "campaigns:write",
    ("get", "/api/v1/templates/{template_id}"): "campaigns:read",
    ("put", "/api/v1/templates/{template_id}"): "campaigns:write",
    ("post", "/api/v1/templates/{template_id}/preview"): "campaigns:read",
    ("get", "/api/v1/campaigns"): "campaigns:read",
    ("post", "/api/v1/campaigns"): "campaigns:write",
    ("get", "/api/v1/campaigns/{campaign_id}"): "campaigns:read",
    ("put", "/api/v1/campaigns/{campaign_id}"): "campaigns:write",
    ("delete", "/api/v1/campaigns/{campaign_id}"): "campaigns:write",
    ("get", "/api/v1/campaigns/{campaign_id}/preflight"): "campaigns:read",
    ("post", "/api/v1/campaigns/{campaign_id}/start"): "campaigns:write",
    ("post", "/api/v1/campaigns/{campaign_id}/pause"): "campaigns:write",
    ("post", "/api/v1/campaigns/{campaign_id}/go-on"): "campaigns:write",
    ("post", "/api/v1/campaigns/{campaign_id}/cancel"): "campaigns:write",
    ("post", "/api/v1/campaigns/{campaign_id}/write-again"): "campaigns:write",
    ("get", "/api/v1/campaigns/{campaign_id}/people"): "campaigns:read",
    ("post", "/api/v1/messages"): "messages:send",
    ("get", "/api/v1/messages/{message_id}"): "messages:read",
    ("get", "/api/v1/customers/{customer_id}/messages"): "messages:read",
}
QUESTIONS = {"/api/v1/rules/count", "/api/v1/rules/members", "/api/v1/rules/evidence", "/api/v1/templates/{template_id}/preview"}
METHODS = ("get", "post", "put", "patch", "delete")


def routes(resolver: URLResolver | None = None, prefix: str = "") -> list[str]:
    found: list[str] = []
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern, route)
        else:
            assert isinstance(pattern, URLPattern)
            found += [route] if route.startswith("api/") else []
    return found


def ask(method: str, route: str, secret: str = "") -> Any:
    path = re.sub(r"[{<]\w+_id[}>]", "1", route)
    headers = {"Idempotency-Key": "k"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    return Client(raise_request_exception=False).generic(method.upper(), path, b"{}", content_type="application/json", headers=headers)


def test_every_route_is_listed_with_the_scope_it_needs() -> None:
    told = {(method, path): way["x-scope"] for path, ways in description()["paths"].items() for method, way in ways.items()}
    assert told == NEEDS
    known = {path.lstrip("/").replace("{", "<").replace("}", ">") for _, path in NEEDS}
    assert set(routes()) == known | OPEN


@pytest.mark.django_db
def test_a_stranger_gets_in_nowhere() -> None:
    for route in set(routes()) - OPEN:
        allowed = 0
        for method in METHODS:
            answer = ask(method, "/" + route)
            allowed += answer.status_code == 401
            told = problem_of(answer, 401 if answer.status_code != 405 else 405)
            assert answer.status_code == 405 or "mend" in told
        assert allowed, route


@pytest.mark.parametrize("kind", ["", "Basic", "bearer", "Bearer"])
@pytest.mark.parametrize("secret", ["rpt_00000000_x", "x", "", "rpt_00000000", "\x00", "é"])
@pytest.mark.django_db
def test_words_that_are_no_token_open_nothing(kind: str, secret: str) -> None:
    answer = Client().get("/api/v1/customers", headers={"Authorization": f"{kind} {secret}"})
    problem_of(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_of_any_other_scope_is_refused(lake: Path, let: Let) -> None:
    tokens = {scope: let(scope).secret for scope in SCOPES}
    for (method, path), needed in NEEDS.items():
        for scope in set(SCOPES) - {needed}:
            told = problem_of(ask(method, path, tokens[scope]), 403)
            assert needed in told["detail"]
        assert ask(method, path, tokens[needed]).status_code not in (401, 403, 405)


@pytest.mark.django_db
def test_whatever_is_no_route_is_a_problem_and_no_page() -> None:
    for path in ("/api/", "/api/v1/", "/api/v2/customers", "/api/v1/customers/", "/api/v1/nothing", "/api/v1/%00", "/api/v1/😀"):
        for method in METHODS:
            problem_of(ask(method, path), 404)
    problem_of(Client().get("/api/v1/customers", headers={"Host": "elsewhere.example"}), 400)
    answer = ask("patch", "/api/v1/customers")
    problem_of(answer, 405)
    assert set(answer.headers["Allow"].replace(" ", "").split(",")) == {"GET", "POST"}


@pytest.mark.django_db
def test_a_parameter_that_is_mistyped_is_not_passed_over(let: Let) -> None:
    for path in ("/segments?limt=5", "/segments?limit=5&=1", "/segments/1?limit=5"):
        problem_of(ask("get", f"/api/v1{path}", let("segments:read").secret), 422)


def test_the_description_is_open_and_names_no_foreign_host() -> None:
    answer = Client().get("/api/openapi.json")
    assert answer.status_code == 200
    assert b"://" not in answer.content
    for path, ways in answer.json()["paths"].items():
        for method, way in ways.items():
            keyed = any(one["name"] == "Idempotency-Key" and one["required"] for one in way.get("parameters", []))
            assert keyed == (method != "get" and path not in QUESTIONS)
            assert way["security"] == [{"Bearer": []}]
            assert all("application/problem+json" in said["content"] for code, said in way["responses"].items() if int(code) >= 400)
