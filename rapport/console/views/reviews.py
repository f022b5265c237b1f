"""A review as work: opened, looked at, decided silo by silo, finished or moved."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.commerce import queries as commerce
from rapport.console.frames import asked_for, whole
from rapport.console.guard import REFUSED, page, staff
from rapport.console.pages import asking, reviewing
from rapport.console.pages.silos import day_of, scheme_rows, silo_rule
from rapport.lib.refusals import Refusal
from rapport.segments.models import Review
from rapport.segments.silos import actions, queries, reviews

BEFORE_SHOWN = 8


@page("segments.save")
@require_POST
def start(request: HttpRequest, scheme_id: int) -> HttpResponse:
    """Open the review, or go to the one that is open."""
    day = asked_for(request, "compare", 10)
    compare_us = asking.moment_of(day) if day else None
    review = reviews.open_review(scheme_id, by=staff(request).email, compare_us=compare_us)
    return redirect("console:review", review.id)


@page("segments.ask")
def one(request: HttpRequest, review_id: int) -> HttpResponse:
    """The review with its decisions; the silo asked for, or the first undecided one, at the right."""
    return _page(request, _kept(review_id))


@page("segments.save")
@require_POST
def decide(request: HttpRequest, review_id: int) -> HttpResponse:
    """One decision; another one on the same silo takes its place, and the page says whose."""
    review, silo, said = _kept(review_id), asked_for(request, "silo", 255), _said(request)
    try:
        made, replaced = reviews.decide(review.id, silo, said, by=staff(request).email)
    except Refusal as refusal:
        return _page(request, review, refusal=refusal)
    words = {"silo": silo, "deed": made.get_deed_display()}
    if replaced is None:
        messages.success(request, _("“%(silo)s”: %(deed)s.") % words)
    else:
        words |= {"by": replaced.by, "before": replaced.get_deed_display()}
        messages.success(request, _("“%(silo)s”: %(deed)s, in place of “%(before)s” by %(by)s.") % words)
    return redirect("console:review", review.id)


@page("segments.ask")
@require_POST
def effect(request: HttpRequest, review_id: int) -> HttpResponse:
    """What a decision would do, before it is made."""
    review, silo, said = _kept(review_id), asked_for(request, "silo", 255), _said(request)
    try:
        context: dict[str, Any] = {"effect": reviews.effect_of(review, silo, said)}
        context["eta"] = reviewing.told(context["effect"].eta)
    except Refusal as refusal:
        context = {"refusal": refusal}
    return render(request, "console/silos/effect.html", context)


@page("segments.save")
@require_POST
def finish(request: HttpRequest, review_id: int) -> HttpResponse:
    """Make the decisions the scheme."""
    review = _kept(review_id)
    try:
        done = reviews.finish_review(review.id, by=staff(request).email)
    except Refusal as refusal:
        return _page(request, review, refusal=refusal)
    messages.success(request, _("The review of “%(name)s” is finished.") % {"name": done.scheme.name})
    return redirect("console:scheme", done.scheme_id)


@page("segments.save")
@require_POST
def withdraw(request: HttpRequest, review_id: int) -> HttpResponse:
    """Away with an open review; the scheme stays as it is."""
    review = _kept(review_id)
    reviews.withdraw_review(review.id, by=staff(request).email)
    messages.success(request, _("The review is withdrawn; the scheme is as it was."))
    return redirect("console:scheme", review.scheme_id)


@page("segments.save")
@require_POST
def later(request: HttpRequest, scheme_id: int) -> HttpResponse:
    """Another due date, with the reason."""
    scheme = actions.move_due(
        scheme_id, to=day_of(asked_for(request, "due", 10)), reason=asked_for(request, "reason", 500), by=staff(request).email
    )
    messages.success(request, _("Due on %(day)s.") % {"day": scheme.due.isoformat()})
    return redirect("console:scheme", scheme.id)


@page("segments.ask")
def people(request: HttpRequest, review_id: int) -> HttpResponse:
    """Those who went one way, or who were in a silo, paged by cursor."""
    review = _kept(review_id)
    said = request.GET
    way, one, other = said.get("way", ""), said.get("from"), said.get("to")
    found = reviewing.people_of(review, one=one, other=other, way=way)
    query = urlencode({name: said[name] for name in ("way", "from", "to") if name in said})
    context = {
        "here": "silos",
        "review": review,
        "way": way,
        "source": one,
        "target": other,
        "query": query,
        **asking.page_of(found, whole(said.get("after"))),
    }
    return render(request, "console/silos/people.html", context)


def _said(request: HttpRequest) -> reviews.Said:
    take = {name: asked_for(request, name, 5_000) for name in ("deed", "reason", "where", "rest")}
    into = asked_for(request, "into_silo" if take["deed"] == "merge" else "into", 255)
    return reviews.Said(**take, into=into)


def _page(request: HttpRequest, review: Review, *, refusal: Refusal | None = None) -> HttpResponse:
    last = _before(review)
    decisions = queries.decisions(review)
    rows = reviewing.review_rows(review, last.figures if last else None, decisions)
    names = [row.name for row in rows]
    asked = asked_for(request, "silo", 255)
    chosen = asked if asked in names else next((name for name in names if name not in decisions), names[0])
    kept = decisions.get(chosen)
    deed = asked_for(request, "deed", 7) or (kept.deed if kept else "keep")
    facts = kept.facts if kept and kept.deed == deed else {}
    context = {
        "here": "silos",
        "review": review,
        "scheme": review.scheme,
        "row": scheme_rows([review.scheme])[0],
        "last": last,
        "rows": rows,
        "quality": reviewing.quality(review, last.figures if last else None),
        "grown_alike": review.figures.get("grown_alike"),
        "plot": reviewing.flow_plot(review),
        "flows": reviewing.flow_rows(review),
        "directions": reviewing.by_direction(review),
        "chosen": next(row for row in rows if row.name == chosen),
        "place": names.index(chosen) + 1,
        "deed": deed if deed in reviews.DEEDS else "keep",
        "deeds": [
            ("keep", "tick", _("Keep")),
            ("split", "split", _("Split")),
            ("merge", "merge", _("Merge")),
            ("retire", "cross", _("Retire")),
        ],
        "said": {name: asked_for(request, name, 5_000) or facts.get(name, "") for name in ("where", "into", "rest", "into_silo")},
        "reason": asked_for(request, "reason", 2_000) or (kept.reason if kept else ""),
        "others": [name for name in names if name != chosen],
        "is_remainder": chosen == review.remainder,
        "decided": len(decisions),
        "decided_now": sorted(decisions.values(), key=lambda one: -one.at_us),
        "before": queries.decided_before(review.scheme, limit=BEFORE_SHOWN) if review.finished_us is None else [],
        "currency": commerce.company_currency(),
        "silo_rule": silo_rule(chosen, review.scheme.name),
        "refusal": refusal,
        "flow_address": reverse("console:flow-people", args=[review.id]),
    }
    return render(request, "console/silos/review.html", context, status=REFUSED if refusal else 200)


def _before(review: Review) -> Review | None:
    """The review it compares with."""
    return next((one for one in queries.reviews(review.scheme) if one.finished_us == review.since_us), None)


def _kept(review_id: int) -> Review:
    found = queries.review(review_id)
    if found is None:
        raise Http404
    return found
