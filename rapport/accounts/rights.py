"""What each role may do. A right is `<room>.<verb>`; a role is a closed set of rights."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

READ = frozenset({"customers.read", "segments.ask", "campaigns.read"})
ROLES: dict[str, frozenset[str]] = {
    "head": READ | {"segments.save", "campaigns.write", "intake.load", "intake.read", "accounts.manage"},
    "marketer": READ | {"segments.save", "campaigns.write", "intake.read"},
    "analyst": READ | {"intake.read"},
    "agent": frozenset({"customers.read"}),
    "importer": frozenset({"intake.load", "intake.read"}),
}

View = Callable[..., HttpResponseBase]


def staff_may(right: str) -> Callable[[View], View]:
    """Let in signed-in staff whose role has this right; others get 403, strangers the sign-in page."""
    assert any(right in rights for rights in ROLES.values()), f"no role has {right}"

    def wrap(view: View) -> View:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.may(right):  # type: ignore[union-attr]
                raise PermissionDenied(right)
            return view(request, *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]  # the house test walks the routes by it
        return guarded

    return wrap
