"""Who may open a page, and what becomes of a refusal: the one place where a domain's no turns into words on a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url

from rapport.accounts.models import User
from rapport.accounts.rights import View, staff_may
from rapport.lib.refusals import Refusal

ANY_STAFF = "any staff"
REFUSED = 422


def page(right: str = ANY_STAFF) -> Callable[[View], View]:
    """A page for signed-in staff with this right. Strangers are sent to sign in, a refusal is shown beside its cause."""

    def wrap(view: View) -> View:
        inner = _with_refusals(view)
        guarded = login_required(inner) if right == ANY_STAFF else staff_may(right)(inner)

        @wraps(guarded)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if is_fragment(request) and not request.user.is_authenticated:
                gone = HttpResponse(status=401)
                gone["HX-Redirect"] = resolve_url(settings.LOGIN_URL)  # a sign-in page has no place inside a panel
                return gone
            return guarded(request, *args, **kwargs)

        answer.right = right  # type: ignore[attr-defined]  # the house test walks the routes by it
        return answer

    return wrap


def is_fragment(request: HttpRequest) -> bool:
    """Whether the page asks for a piece of itself."""
    return request.headers.get("HX-Request") == "true"


def staff(request: HttpRequest) -> User:
    """The member of staff behind a guarded request."""
    assert isinstance(request.user, User), "only guarded pages ask who it is"
    return request.user


def _with_refusals(view: View) -> View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return refused(request, refusal)

    return answer


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as a piece of a page, or as a page of its own."""
    template = "console/refused_piece.html" if is_fragment(request) else "console/refused.html"
    return render(request, template, {"refusal": refusal}, status=REFUSED)
