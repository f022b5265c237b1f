"""Schemes of silos: the list with what is due, one scheme as a partition, its form, the company's parameters."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.console.frames import asked_for
from rapport.console.guard import REFUSED, page, staff
from rapport.console.pages import silos as shown
from rapport.lib.refusals import Refusal
from rapport.segments.models import Scheme
from rapport.segments.silos import actions, queries
from rapport.segments.silos.templates import TEMPLATES

DECISIONS_SHOWN = 30


@page("segments.ask")
def listed(request: HttpRequest) -> HttpResponse:
    """Every scheme, late ones first; without any, the templates."""
    rows = shown.scheme_rows(queries.schemes())
    return render(request, "console/silos/list.html", {"here": "silos", "rows": rows, "templates": TEMPLATES})


@page("segments.ask")
def one(request: HttpRequest, scheme_id: int) -> HttpResponse:
    """A scheme with who is in which silo now."""
    scheme = _kept(scheme_id)
    found = queries.placed_at(scheme)
    context = {
        "here": "silos",
        "row": shown.scheme_rows([scheme])[0],
        "scheme": scheme,
        "rows": shown.silo_rows(scheme, found),
        "everyone": len(found.everyone),
        "without_rate": found.without_rate,
        "open": queries.open_review(scheme),
        "reviews": queries.reviews(scheme),
        "decided": queries.decided_before(scheme, limit=DECISIONS_SHOWN),
        "versions": queries.versions(scheme),
        "parameters": [
            kept for kept in queries.parameters() if any(f"${kept.name}" in part.rule for part in queries.shape_of(scheme).parts)
        ],
    }
    return render(request, "console/silos/scheme.html", context)


@page("segments.save")
def new(request: HttpRequest) -> HttpResponse:
    """A new scheme, from a template or from nothing."""
    if request.method != "POST":
        return _form(request, shown.draft_of_template(request.GET.get("template", ""), staff(request).email))
    draft = shown.draft_in(request)
    if request.POST.get("do") != "save":
        return _form(request, draft)
    try:
        kept = actions.create_scheme(draft.terms(), draft.trimmed(), by=staff(request).email, parameters=draft.parameters())
    except Refusal as refusal:
        return _form(request, draft, refusal=refusal)
    messages.success(request, _("“%(name)s” is there.") % {"name": kept.name})
    return redirect("console:scheme", kept.id)


@page("segments.save")
def edit(request: HttpRequest, scheme_id: int) -> HttpResponse:
    """Other names, rules or an other order."""
    scheme = _kept(scheme_id)
    if request.method != "POST":
        return _form(request, shown.draft_of(scheme), scheme=scheme)
    draft = shown.draft_in(request)
    if request.POST.get("do") != "save":
        return _form(request, draft, scheme=scheme)
    try:
        actions.change_scheme(scheme.id, draft.terms(), draft.trimmed(), by=staff(request).email)
    except Refusal as refusal:
        return _form(request, draft, scheme=scheme, refusal=refusal)
    messages.success(request, _("Saved."))
    return redirect("console:scheme", scheme.id)


@page("segments.save")
@require_POST
def counts(request: HttpRequest) -> HttpResponse:
    """Who would be where if the form were saved; asked while it is being written."""
    number = asked_for(request, "scheme", 12)
    scheme = queries.scheme(int(number)) if number.isdigit() else None
    try:
        context: dict[str, Any] = {"counted": shown.counted(shown.draft_in(request), scheme)}
    except Refusal as refusal:
        context = {"refusal": refusal}
    return render(request, "console/silos/counts.html", context)


@page("segments.save")
@require_POST
def delete(request: HttpRequest, scheme_id: int) -> HttpResponse:
    scheme = _kept(scheme_id)
    actions.delete_scheme(scheme.id, by=staff(request).email)
    messages.success(request, _("Deleted “%(name)s” with its reviews.") % {"name": scheme.name})
    return redirect("console:silos")


@page("segments.ask")
def parameters(request: HttpRequest) -> HttpResponse:
    """The numbers of the business. A change is shown with whom it would move before it is saved."""
    context: dict[str, Any] = {"here": "silos"}
    name, number = asked_for(request, "name", 63).removeprefix("$"), asked_for(request, "number", 63)
    if request.method == "POST":
        if not staff(request).may("segments.save"):
            raise Refusal(_("Your role may look at parameters, not change them."))
        try:
            return _change_parameter(request, name, number)
        except Refusal as refusal:
            context["refusal"] = refusal
    elif name and number:
        context |= {"trying": name, "number": number}
        try:
            context["effect"] = actions.parameter_effect(name, number)
        except Refusal as refusal:
            context["refusal"] = refusal
    context["rows"] = [(kept, queries.silos_with(kept.name)) for kept in queries.parameters()]
    return render(request, "console/silos/parameters.html", context, status=REFUSED if "refusal" in context else 200)


def _change_parameter(request: HttpRequest, name: str, number: str) -> HttpResponse:
    by = staff(request).email
    if request.POST.get("do") == "delete":
        actions.delete_parameter(name, by=by)
        messages.success(request, _("Deleted $%(name)s.") % {"name": name})
    else:
        kept = next((one for one in queries.parameters() if one.name == name), None)
        unit = asked_for(request, "unit", 63) or (kept.unit if kept else "")
        saved = actions.save_parameter(name, number, unit=unit, by=by)
        messages.success(request, _("$%(name)s is %(number)s.") % {"name": saved.name, "number": saved.number})
    return redirect("console:parameters")


def _form(request: HttpRequest, draft: shown.Draft, *, scheme: Scheme | None = None, refusal: Refusal | None = None) -> HttpResponse:
    context: dict[str, Any] = {"here": "silos", "draft": draft, "scheme": scheme, "refusal": refusal, "owners": shown.owners()}
    context["kept_parameters"] = queries.parameters()
    return render(request, "console/silos/form.html", context, status=REFUSED if refusal else 200)


def _kept(scheme_id: int) -> Scheme:
    found = queries.scheme(scheme_id)
    if found is None:
        raise Http404
    return found
