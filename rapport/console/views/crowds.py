"""People behind a figure of segments: shown page by page, exported as a file, kept as a list."""

from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.accounts.actions import write_down
from rapport.console.frames import whole
from rapport.console.guard import page, staff
from rapport.console.pages import asking
from rapport.console.pages.crowd import Crowd, crowd, csv_lines
from rapport.segments import actions
from rapport.segments.text import quoted


@page("segments.ask")
def people(request: HttpRequest) -> HttpResponse:
    """Whom an address stands for, paged by cursor."""
    return _shown(request, _found(request, request.GET.dict()))


@page("segments.ask")
def flow(request: HttpRequest, chosen: str, since: str) -> HttpResponse:
    """Those of one flow of the picture, which says `from` and `to` alone."""
    said = {"of": "flow", "segments": chosen, "since": since, "from": request.GET.get("from", ""), "to": request.GET.get("to", "")}
    return _shown(request, _found(request, said))


@page("segments.ask")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The people as a file, streamed; that they were taken along is written down."""
    found = _found(request, request.GET.dict())
    write_down("customers.export", subject=found.words[:255], by=staff(request).email, people=len(found.ids), address=found.query[:2000])
    answer = StreamingHttpResponse(csv_lines(found.ids), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="people.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


@page("segments.save")
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """A list of these people as they are now, and the rule that means it."""
    found = _found(request, request.GET.dict())
    kept = actions.keep_list(request.POST.get("name", ""), found.ids, by=staff(request).email)
    messages.success(request, _("Kept as the list “%(name)s”.") % {"name": kept.name})
    return redirect(f"{reverse('console:ask')}?{urlencode({'rule': f'in list {quoted(kept.name)}'})}")


def _found(request: HttpRequest, said: Mapping[str, str]) -> Crowd:
    if not staff(request).may("customers.read"):
        raise PermissionDenied("customers.read")
    return crowd(said)


def _shown(request: HttpRequest, found: Crowd) -> HttpResponse:
    context = {
        "here": "segments",
        "crowd": found,
        **asking.page_of(found.ids, whole(request.GET.get("after"))),
        "alone": found.of[0] if len(found.of) == 1 else None,
    }
    return render(request, "console/segments/people.html", context)
