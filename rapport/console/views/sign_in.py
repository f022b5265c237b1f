"""The way in and out, with a stop for whoever tries too often."""

from typing import Any

from axes.helpers import get_cool_off, get_failure_limit
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rapport.accounts.actions import write_down
from rapport.accounts.models import User


class SignIn(LoginView):
    """The sign-in page. Who is in already goes on."""

    template_name = "console/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User)
        answer = super().form_valid(form)
        write_down("accounts.sign_in", subject=f"staff {user.pk}", by=user.email)
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        answer = super().form_invalid(form)
        answer.status_code = 422
        return answer


class SignOut(LogoutView):
    """Out, by POST only."""

    http_method_names = ("post", "options")


def tried_too_often(request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None) -> HttpResponse:
    """What the lock answers instead of another try."""
    cool_off = get_cool_off(request)
    context = {"tries": get_failure_limit(request, credentials), "minutes": round(cool_off.total_seconds() / 60) if cool_off else 0}
    return render(request, "console/too_often.html", context, status=429)
