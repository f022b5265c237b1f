"""Not allowed, not there, gone wrong: in the frame for staff, plainly for strangers, as a piece inside a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from rapport.console.guard import is_fragment
from rapport.lib.refusals import Refusal


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    role = getattr(request.user, "role", "")
    words = _("Your role, %(role)s, does not open this page. A head of the company can change it.") % {"role": role}
    return _answer(request, 403, _("Not yours to open"), words)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, _("Nothing is here"), _("The address may be mistyped, or what it named is gone."))


def gone_wrong(request: HttpRequest) -> HttpResponse:
    """Leans on nothing that may just have broken: no database, no session, no frame."""
    words = _("It is written down in the server's log. What was saved is kept; try again in a moment.")
    context = {"heading": _("That went wrong, and it is ours"), "words": words}
    if is_fragment(request):
        return _piece(request, 500, context["heading"], words)
    return HttpResponse(loader.render_to_string("console/trouble_plain.html", context), status=500)


def _answer(request: HttpRequest, status: int, heading: str, words: str) -> HttpResponse:
    if is_fragment(request):
        return _piece(request, status, heading, words)
    user = getattr(request, "user", None)
    template = "console/trouble.html" if user is not None and user.is_authenticated else "console/trouble_plain.html"
    return render(request, template, {"heading": heading, "words": words}, status=status)


def _piece(request: HttpRequest, status: int, heading: str, words: str) -> HttpResponse:
    refusal = Refusal(f"{heading}.", mend=words)
    return HttpResponse(loader.render_to_string("console/refused_piece.html", {"refusal": refusal}), status=status)
