"""Every door of the house is either on the list of open ones or guarded; a new route fails here until it is one or the other."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from rapport.accounts.rights import ROLES

OPEN = {  # reached without a sign-in, each with its own check
    "app/sign-in/",
    "app/sign-out/",
    "healthz",
    "metrics",  # to loopback, elsewhere with a token
}
INTAKE = "v1/"  # write keys
MAIL = "m/"  # signed addresses, each good for one message: rapport/messaging/tests/test_answers.py tries others
API = "api/"  # tokens with scopes; rapport/api/tests/test_routes.py tries each route with every scope
API_OPEN = {"api/openapi.json"}  # tells what can be asked, and nothing that is known


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route, pattern.callback


def test_there_are_routes_to_walk() -> None:
    assert any(route.startswith("app/") for route, _ in routes())
    assert any(route.startswith(INTAKE) for route, _ in routes())
    assert any(route.startswith(API) for route, _ in routes())


def test_every_page_of_staff_names_the_right_it_needs() -> None:
    rights = set().union(*ROLES.values())
    loose = [route for route, view in routes() if guarded(route) and getattr(view, "right", None) not in rights | {"any staff"}]
    assert not loose


@pytest.mark.django_db
def test_a_stranger_is_sent_to_the_sign_in_page(client: Client) -> None:
    let_in = []
    for route, _ in routes():
        if guarded(route):
            answer = client.get("/" + filled(route))
            if not (answer.status_code == 302 and answer.headers["Location"].startswith("/app/sign-in/")):
                let_in.append(f"{route}: {answer.status_code}")
    assert not let_in


@pytest.mark.django_db
def test_a_stranger_without_a_key_writes_nothing(client: Client) -> None:
    let_in = [
        f"{route}: {answer.status_code}"
        for route, _ in routes()
        if route.startswith(INTAKE)
        if (answer := client.post("/" + filled(route), data=b'{"batch": []}', content_type="application/json")).status_code != 401
    ]
    assert not let_in


@pytest.mark.django_db
def test_a_stranger_without_a_token_is_told_nothing(client: Client) -> None:
    """401 from a route, 404 where there is none; never anything else, and never a page."""
    let_in = []
    for route, _ in routes():
        if route.startswith(API) and route not in API_OPEN:
            answer = client.get("/" + filled(route))
            if answer.status_code not in (401, 404, 405) or answer.headers["Content-Type"] != "application/problem+json":
                let_in.append(f"{route}: {answer.status_code}")
    assert not let_in


@pytest.mark.django_db
def test_a_stranger_with_a_made_up_address_of_a_mail_finds_nothing(client: Client) -> None:
    found = [
        route
        for route, _ in routes()
        if route.startswith(MAIL) and not route.endswith(".gif") and client.get("/" + filled(route)).status_code != 404
    ]
    assert not found


def guarded(route: str) -> bool:
    return route not in OPEN and not route.startswith((INTAKE, API, MAIL))


def filled(route: str) -> str:
    """The route with a value in each of its gaps."""
    out = ""
    while "<" in route:
        before, _, rest = route.partition("<")
        gap, _, route = rest.partition(">")
        out += before + ("1" if gap.startswith("int:") else "x")
    return out + route
