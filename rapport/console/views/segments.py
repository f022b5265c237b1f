"""Saved segments: the list, each with its count when asked for, deleted with a way back."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.console.guard import page, staff
from rapport.console.pages import asking
from rapport.segments import actions
from rapport.segments import queries as segments

UNDO = "console.undo_segment"


@page("segments.ask")
def listed(request: HttpRequest) -> HttpResponse:
    return render(request, "console/segments/list.html", {"here": "segments", "rows": segments.segments()})


@page("segments.ask")
def counted(request: HttpRequest, segment_id: int) -> HttpResponse:
    """How many a segment has now; the list asks for each as it comes into view."""
    kept = segments.segment(segment_id)
    if kept is None:
        raise Http404
    shown = asking.ask(asking.question(kept.rule, segments.vocabulary()))
    return render(request, "console/segments/count.html", {"row": kept, "shown": shown})


@page("segments.save")
@require_POST
def delete(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Gone at once; the toast carries Undo."""
    kept = segments.segment(segment_id)
    if kept is not None:
        actions.delete_segment(kept.name, by=staff(request).email)
        request.session[UNDO] = {"name": kept.name, "rule": kept.rule}
        messages.success(request, _("Deleted “%(name)s”.") % {"name": kept.name}, extra_tags="undo-segment")
    return redirect("console:segments")


@page("segments.save")
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Undo of the last delete in this session; harmless twice."""
    gone = request.session.pop(UNDO, None)
    if gone:
        actions.save_segment(gone["name"], gone["rule"], by=staff(request).email)
        messages.success(request, _("“%(name)s” is back.") % {"name": gone["name"]})
    return redirect("console:segments")
