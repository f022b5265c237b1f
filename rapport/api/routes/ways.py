"""How a route is declared: its scope, its answer, and in the OpenAPI description whatever every route of its kind may answer."""

from collections.abc import Callable
from typing import Any

from rapport.api.door import Bearer
from rapport.api.once import HEADER, KEY_LENGTH_MAX
from rapport.api.problems import CONTENT_TYPE, TITLES

READ = (401, 403, 422, 429, 500)
ASKED = (400, 401, 403, 413, 415, 422, 429, 500)
WRITTEN = (400, 401, 403, 409, 413, 415, 422, 429, 500)
PROBLEM = {"$ref": "#/components/schemas/Problem"}
KEY = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "Your own id of this write, as a UUID. The same request with the same key is done once, and answered alike each time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX, "pattern": "^[ -~]+$"},
    "example": "5f0c3c5e-7f0b-4d2e-9d55-2a6f3c1b8f10",
}


def reads(scope: str, answer: Any, summary: str, *, one: bool = False) -> dict[str, Any]:
    """A question put by GET; `one`: of something that may not be there."""
    return _way(Bearer(scope), {200: answer}, summary, READ + (404,) * one)


def asks(scope: str, answer: Any, summary: str, *, one: bool = False) -> dict[str, Any]:
    """A question too long for an address, put by POST. It changes nothing, so it needs no key."""
    return _way(Bearer(scope), {200: answer}, summary, ASKED + (404,) * one)


def writes(
    scope: str,
    answer: Any,
    summary: str,
    *,
    status: int = 200,
    one: bool = False,
    first: Callable[[], None] | None = None,
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A write, done once for each idempotency key. `first` is done before its transaction opens; `body` where the route reads it itself."""
    more: dict[str, Any] = {"parameters": [KEY]} | ({"requestBody": body} if body else {})
    return _way(Bearer(scope, once=True, first=first), {status: answer}, summary, WRITTEN + (404,) * one, more)


def _way(
    bearer: Bearer, answers: dict[int, Any], summary: str, problems: tuple[int, ...], more: dict[str, Any] | None = None
) -> dict[str, Any]:
    described = {status: {"description": _titles(status), "content": {CONTENT_TYPE: {"schema": PROBLEM}}} for status in sorted(problems)}
    extra = {"x-scope": bearer.scope, "responses": described, **(more or {})}
    return {"auth": bearer, "response": answers, "summary": summary, "openapi_extra": extra}


def _titles(status: int) -> str:
    return "; ".join(title for code, title in TITLES.values() if code == status) + "."
