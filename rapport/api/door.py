"""The door of the machine API: who asks and for what, then the body's size and kind, then the route. Every trouble becomes a problem."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import HttpBearer

from rapport.api import once
from rapport.api.actions import note_use
from rapport.api.models import Token
from rapport.api.problems import Problem, of_misfit, of_refusal, of_status
from rapport.api.queries import token_of
from rapport.api.reading import refuse_unreadable
from rapport.api.scopes import SCOPES
from rapport.lib.refusals import Refusal

log = logging.getLogger(__name__)
Run = Callable[..., HttpResponse]


class ApiRequest(HttpRequest):
    """A request that was let in."""

    token: Token


class Bearer(HttpBearer):
    """A token with one scope. `once`: a write, done once for each idempotency key; `first`: done before its transaction opens."""

    def __init__(self, scope: str, *, once: bool = False, first: Callable[[], None] | None = None) -> None:
        super().__init__()
        assert scope in SCOPES, f"{scope} is no scope"
        self.scope, self.once, self.first = scope, once, first

    def let_in(self, request: ApiRequest) -> None:
        """Know the token, or refuse: 401 for a stranger, 403 where it lacks the scope."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        token = token_of(secret.strip()) if kind.lower() == "bearer" else None
        if token is None:
            detail = "There is no such token in use." if kind.lower() == "bearer" else "The request names no token."
            mend = "Send Authorization: Bearer TOKEN; `rapport token add` makes one."
            raise Problem("unauthorized", detail, mend=mend, headers={"WWW-Authenticate": 'Bearer realm="rapport"'})
        if not token.may(self.scope):
            asked = f'Bearer realm="rapport", error="insufficient_scope", scope="{self.scope}"'
            mend = f"`rapport token add --scopes {self.scope}` makes one that has it."
            raise Problem("forbidden", f"This needs the scope {self.scope}.", mend=mend, headers={"WWW-Authenticate": asked})
        note_use(token)
        request.token = token

    def authenticate(self, request: HttpRequest, token: str) -> Token | None:
        """What ninja asks once more: let_in has answered."""
        return getattr(request, "token", None)


def through_the_door(run: Run) -> Run:
    """Around each route of ninja's: the token before anything else, and a write within its transaction."""
    operation: Any = run.__self__  # type: ignore[attr-defined]
    known = {name for model in operation.models if model.__ninja_param_source__ == "query" for name in model.__ninja_flatten_map__}

    @wraps(run)
    def answer(request: ApiRequest, **gaps: Any) -> HttpResponse:
        bearer = operation.auth_callbacks[0]
        assert isinstance(bearer, Bearer), f"{operation.path} is not guarded"
        try:
            bearer.let_in(request)
            _refuse_unknown(request, known)
            if request.method != "GET":
                refuse_unreadable(request)
            if not bearer.once:
                return run(request, **gaps)
            key = once.key_of(request)
            if bearer.first and not once.is_kept(request.token, key):
                bearer.first()
            return once.answer_once(request.token, key, once.fingerprint(request), lambda: run(request, **gaps))
        except Problem as problem:
            return problem.answer()
        except DatabaseError as trouble:
            return _of_database(trouble).answer()

    return answer


def _refuse_unknown(request: HttpRequest, known: set[str]) -> None:
    """A parameter that is mistyped must not be passed over: the answer would be to another question."""
    for name in request.GET:
        if name not in known:
            mend = f"Known here: {', '.join(sorted(known))}." if known else "This address takes none."
            raise Problem("misfit", f"There is no parameter {ascii(name)[:100]}.", field=ascii(name)[1:-1][:100], mend=mend)


def with_problems(api: NinjaAPI) -> None:
    """What becomes of whatever a route raises. A database's trouble goes up to the transaction that has to end first."""
    told: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Problem: lambda _, problem: problem.answer(),
        Refusal: lambda _, refusal: of_refusal(refusal).answer(),
        ValidationError: lambda _, misfit: of_misfit(misfit).answer(),
        HttpError: _of_ninja,
        Http404: lambda _, gone: of_status(404).answer(),
        DatabaseError: _up,
        Exception: _broken,
    }
    for kind, answer in told.items():
        api.add_exception_handler(kind, answer)


def _of_ninja(request: HttpRequest, trouble: Any) -> HttpResponse:
    cause = trouble.__cause__
    return cause.answer() if isinstance(cause, Problem) else of_status(trouble.status_code).answer()


def _up(request: HttpRequest, trouble: Any) -> HttpResponse:
    raise trouble


def _broken(request: HttpRequest, trouble: Any) -> HttpResponse:
    log.error("%s %s went wrong", request.method, request.path, exc_info=trouble)
    return Problem("broken").answer()


def _of_database(trouble: DatabaseError) -> Problem:
    """A record that is busy is asked again; anything else is ours to look after."""
    words = str(trouble)
    if isinstance(trouble, OperationalError) and any(word in words for word in ("locked", "deadlock", "timeout")):
        return Problem("busy")
    log.error("the record failed", exc_info=trouble)
    return Problem("broken")
