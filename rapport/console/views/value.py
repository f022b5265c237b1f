"""Worth: what customers will bring, who leaves with how much, how far to trust it; and the report behind it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.commerce import queries as commerce
from rapport.console.guard import page, staff
from rapport.console.pages import value as shown
from rapport.console.pages import value_models, value_plots, value_report
from rapport.segments.silos import queries as silos
from rapport.value import actions, queries
from rapport.value.models import Fit


@page("segments.ask")
def overview(request: HttpRequest) -> HttpResponse:
    """The answers first, then how they came about."""
    fit = queries.newest()
    if fit is None:
        return render(request, "console/value/none.html", {"here": "value"})
    report, code = fit.report, commerce.company_currency()
    aheads = shown.aheads(fit, code)
    fifth, rows = shown.fifth(fit), shown.heat(fit)
    backtest = report["backtest"]
    ahead = _("next %(time)s") % {"time": shown.horizon_words(fit.horizon_days)}
    context = _of(fit) | {
        "aheads": aheads,
        "ahead": next((one for one in aheads if one.key == request.GET.get("ahead")), next(one for one in aheads if one.key == "horizon")),
        "trust": shown.trust(report),
        "fifth": fifth,
        "heat": rows,
        "columns": shown.churn_words(),
        "heat_table": value_plots.heat_table(rows, shown.money_word(report), code),
        "first": shown.keep_first(fit, code),
        "lorenz": value_plots.lorenz(report, fifth, ahead),
        "gini": value_plots.gini(report),
        "next": ahead,
        "tenths": value_plots.tenths(report, code),
        "weeks": value_plots.weeks(report),
        "plan": shown.plan(fit),
        "last": value_models.origins(backtest)[0] if backtest else None,
        "heads": value_models.heads(),
        "closer": value_models.closer(backtest) if backtest else [],
    }
    return render(request, "console/value/value.html", context)


@page("segments.ask")
def report(request: HttpRequest) -> HttpResponse:
    """All that the fit has to say for itself."""
    fit = queries.newest()
    if fit is None:
        return redirect("console:value")
    said, code = fit.report, commerce.company_currency()
    backtest, moves, partings = said["backtest"], queries.moves(fit), value_report.partings(said)
    parting = next((one for one in partings if one.key == request.GET.get("by")), partings[0])
    context = _of(fit) | {
        "notes": value_report.notes(fit),
        "parameters": value_report.parameters(fit),
        "corrected": value_report.corrected(said),
        "signals": value_report.signals(said),
        "origins": value_models.origins(backtest) if backtest else [],
        "heads": value_models.heads(),
        "closer": value_models.closer(backtest) if backtest else [],
        "held": value_plots.held(said),
        "partings": partings,
        "parting": parting,
        "qualities": value_report.qualities(parting),
        "later": value_report.later(parting),
        "moves": moves,
        "moved": value_report.moved(moves),
        "histogram": value_plots.histogram(said, code),
        "cohorts": value_report.cohorts(said),
        "months": range(1, value_report.COHORT_MONTHS_MAX + 1),
        "churn": value_models.churn_was(backtest),
        "scheme": next((one for one in silos.schemes() if one.name == actions.SCHEME), None),
    }
    return render(request, "console/value/report.html", context)


@page("segments.save")
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """One of the answers as a segment; pressed twice, it is the same one."""
    fit = queries.newest()
    who = None if fit is None else shown.whom(fit).get(request.POST.get("who", ""))
    if who is None:
        raise Http404
    kept, is_new = shown.keep_segment(who, by=staff(request).email)
    if is_new:
        messages.success(request, _("Saved as “%(name)s”.") % {"name": kept.name}, extra_tags="undo-made")
    else:
        messages.success(request, _("“%(name)s” means these people already.") % {"name": kept.name})
    return redirect("console:segment", kept.id)


@page("segments.save")
@require_POST
def keep_silos(request: HttpRequest) -> HttpResponse:
    """A parting as a scheme of silos."""
    seen = request.POST.get("fit", "")
    scheme = actions.keep_as_silos(
        request.POST.get("by", "pyramid"), by=staff(request).email, seen=int(seen) if seen.isascii() and seen.isdigit() else None
    )
    messages.success(request, _("“%(name)s” is there.") % {"name": scheme.name})
    return redirect("console:scheme", scheme.id)


def _of(fit: Fit) -> dict[str, Any]:
    """What both pages say of the fit."""
    return {
        "here": "value",
        "fit": fit,
        "report": fit.report,
        "currency": commerce.company_currency(),
        "money_word": shown.money_word(fit.report),
        "time": shown.horizon_words(fit.horizon_days),
        "rules": shown.Rules(fit),
        "whom": shown.whom(fit),
    }
