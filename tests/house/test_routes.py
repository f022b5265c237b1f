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
}
INTAKE = "v1/"  # write keys


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


def guarded(route: str) -> bool:
    return route not in OPEN and not route.startswith(INTAKE)


def filled(route: str) -> str:
    """The route with a value in each of its gaps."""
    out = ""
    while "<" in route:
        before, _, rest = route.partition("<")
        gap, _, route = rest.partition(">")
        out += before + ("1" if gap.startswith("int:") else "x")
    return out + route
