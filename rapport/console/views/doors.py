"""Doors: what was refused and why, what kinds of facts came, who holds a key."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.accounts.actions import write_down
from rapport.console.guard import page, staff
from rapport.console.pages.loads import progress
from rapport.events import queries as log
from rapport.intake import keys as keys_of_doors
from rapport.intake import queries as doors

PAGE = 100
LOADS_SHOWN = 100
KEY_SHOWN = 10
FRESH_KEY = "console.fresh_key"


@page("intake.read")
def imports(request: HttpRequest) -> HttpResponse:
    """Every load, newest first."""
    rows = [progress(load) for load in doors.loads(limit=LOADS_SHOWN)]
    return render(request, "console/doors/imports.html", {"here": "doors", "tab": "imports", "rows": rows})


@page("intake.read")
def refused(request: HttpRequest) -> HttpResponse:
    """What was set aside: by reason, then one by one."""
    before = request.GET.get("before", "")
    before_id = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    rows = doors.rejects(before_id=before_id, limit=PAGE)
    names = doors.source_names()
    context = {
        "here": "doors",
        "tab": "refused",
        "reasons": doors.rejects_by_reason() if before_id is None else [],
        "rows": [(row, names.get(row.source_id or 0, "")) for row in rows],
        "next": rows[-1].id if len(rows) == PAGE else None,
        "before": before_id,
    }
    return render(request, "console/doors/refused.html", context)


@page("intake.read")
def catalogue(request: HttpRequest) -> HttpResponse:
    """Every kind of fact, the most frequent first."""
    kinds = [
        (kind, len(properties), sum(row.misfits for row in properties))
        for kind in log.event_types_with_counts()
        if (properties := list(kind.properties.all())) or kind.facts
    ]
    return render(request, "console/doors/catalogue.html", {"here": "doors", "tab": "catalogue", "kinds": kinds})


@page("intake.read")
def kind(request: HttpRequest, kind_id: int) -> HttpResponse:
    """One kind of fact with its typed properties."""
    found = log.catalogue().by_id.get(kind_id)
    if found is None:
        raise Http404
    rows = sorted(found.properties.values(), key=lambda row: row.path)
    return render(request, "console/doors/kind.html", {"here": "doors", "tab": "catalogue", "kind": found, "rows": rows})


@page("intake.read")
def keys(request: HttpRequest) -> HttpResponse:
    """Who may send. A key is shown by its beginning only: whoever has it may write."""
    held = doors.keys()
    rows = [(key, f"{key.key[:KEY_SHOWN]}…") for key in held]
    fresh = request.session.pop(FRESH_KEY, "")  # shown once, to whoever made it
    return render(
        request,
        "console/doors/keys.html",
        {"here": "doors", "tab": "keys", "rows": rows, "fresh": fresh, "address": request.build_absolute_uri("/v1/")},
    )


@page("intake.load")
@require_POST
def make_key(request: HttpRequest) -> HttpResponse:
    """A key for a source; the whole of it is shown on the next page and never again."""
    made = keys_of_doors.make_key(request.POST.get("source", ""), browser="browser" in request.POST)
    write_down("intake.make_key", subject=f"source {made.source_id}", by=staff(request).email, browser=made.browser)
    request.session[FRESH_KEY] = made.key
    return redirect("console:keys")


@page("intake.load")
@require_POST
def revoke_key(request: HttpRequest) -> HttpResponse:
    """Named by its beginning and its moment: the page does not know the whole of it."""
    begins, made_us = request.POST.get("begins", ""), request.POST.get("made", "")
    held = doors.keys()
    for key in held:
        if key.key[:KEY_SHOWN] == begins and str(key.created_us) == made_us and key.revoked_us is None:
            keys_of_doors.revoke_key(key.key)
            write_down("intake.revoke_key", subject=f"source {key.source_id}", by=staff(request).email)
            messages.success(request, _("The key of “%(source)s” opens nothing any more.") % {"source": key.source.name})
    return redirect("console:keys")
