"""Saved segments: the list, one segment with what moves in it, compared with others, deleted with a way back."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from rapport.commerce import queries as commerce
from rapport.console.guard import is_fragment, page, staff
from rapport.console.pages import crowd
from rapport.console.pages import segment as shown
from rapport.lib.refusals import Refusal
from rapport.segments import actions, history
from rapport.segments import queries as segments
from rapport.segments.characteristics import characteristics
from rapport.segments.models import Segment
from rapport.segments.nodes import And, InSegment, MayReceive
from rapport.segments.worth import middle_spend

UNDO = "console.undo_segment"
APART_SHOWN = 14


@page("segments.ask")
def listed(request: HttpRequest) -> HttpResponse:
    search, sort = request.GET.get("find", "").strip()[:200], request.GET.get("sort", "name")
    context = {
        "here": "segments",
        "rows": shown.rows(search, sort),
        "find": search,
        "sort": sort if sort in shown.SORTS else "name",
        "sorts": [("name", _("Name")), ("people", _("People")), ("change", _("Change")), ("updated", _("Newest"))],
        "last": segments.last_refresh(),
    }
    return render(request, "console/segments/list.html", context)


@page("segments.ask")
def one(request: HttpRequest, segment_id: int) -> HttpResponse:
    """A segment alive: how many, who came and left, beside which others, who went where."""
    kept, words = _kept(segment_id), segments.vocabulary()
    period = next((one for one in shown.PERIODS if str(one) == request.GET.get("days")), 30)
    trouble = segments.kept_rules(words)[1].get(segments.segment_key(kept))
    found = None if trouble else shown.head(kept, period, words)
    context: dict[str, Any] = {"here": "segments", "kept": kept, "period": period, "periods": shown.PERIODS}
    context |= {"head": found, "trouble": trouble, "by_day": shown.by_day(kept, period), "in_segment": crowd.in_segment(kept.name)}
    if found is not None:
        of = shown.compared_with(kept, _numbers(request, kept))
        flows = crowd.flows_between(of, found.since, words)
        context |= {"overlap": shown.overlap(of), "flows": shown.flow_plot(of, flows), "of": of}
        context |= {"numbers": crowd.numbers_of(of), "others": [row for row in segments.segments() if row != kept][:200]}
    return render(request, "console/segments/one.html", context)


def _numbers(request: HttpRequest, kept: Segment) -> str:
    ticked = [text for text in request.GET.getlist("with") if text]
    return ".".join([str(kept.id), *ticked]) if ticked else ""


@page("segments.ask")
def means(request: HttpRequest, segment_id: int) -> HttpResponse:
    """What has to be asked of the lake: who may be mailed, what they spent, what sets them apart."""
    kept, words = _kept(segment_id), segments.vocabulary()
    now = segments.members(kept)
    if now is None:
        raise crowd.not_refreshed()
    mailable = segments.answer(And((InSegment(kept.name), MayReceive("email"))), words, now.moment_us)
    rule = segments.check(segments.parse_rule(kept.rule), words)
    conditions = characteristics(words, now.moment_us)
    everyone = history.everyone_kept()
    found = history.apart(now.ids, conditions, words, now.moment_us, everyone)
    others = len(everyone - now.ids)
    context = {
        "here": "segments",
        "kept": kept,
        "mailable": len(mailable.root),
        "people": len(now.ids),
        "spend": middle_spend(now.ids, words, now.moment_us),
        "currency": commerce.company_currency(),
        "apart": [(row, shown.refined(kept, row.rule), others) for row in shown.strongest(found, rule, words)[:APART_SHOWN]],
        "looked_at": len(conditions),
        "in_segment": crowd.in_segment(kept.name),
        "few": history.FEW,
    }
    return render(request, "console/segments/means.html" if is_fragment(request) else "console/segments/means_page.html", context)


@page("segments.ask")
def compared(request: HttpRequest) -> HttpResponse:
    """Chosen segments beside each other."""
    of = crowd.chosen(".".join(request.GET.getlist("segment")) or request.GET.get("segments", ""))
    context = {"here": "segments", "overlap": shown.overlap(of), "of": of, "numbers": crowd.numbers_of(of)}
    return render(request, "console/segments/compared.html", context)


@page("segments.save")
@require_POST
def tell(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Write into the log who enters and leaves, or no longer."""
    kept = actions.tell_movements(_kept(segment_id).name, told=request.POST.get("told") == "on", by=staff(request).email)
    said = _("Who enters and leaves “%(name)s” is written into the log.") if kept.told else _("“%(name)s” tells the log nothing any more.")
    messages.success(request, said % {"name": kept.name})
    return redirect("console:segment", segment_id)


@page("segments.save")
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Gone at once; the toast carries Undo. What cannot go is said, and the others stay gone."""
    gone, refused = [], []
    for number in request.POST.getlist("segment")[:200]:
        kept = segments.segment(int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None
        if kept is None:
            continue
        try:
            actions.delete_segment(kept.name, by=staff(request).email)
            gone.append({"name": kept.name, "rule": kept.rule, "told": kept.told})
        except Refusal as refusal:
            refused.append(str(refusal))
    if gone:
        request.session[UNDO] = gone
        words = ngettext("Deleted “%(name)s”.", "Deleted %(n)s segments.", len(gone)) % {"name": gone[0]["name"], "n": len(gone)}
        messages.success(request, words, extra_tags="undo-segment")
    for words in refused:
        messages.error(request, words)
    return redirect("console:segments")


@page("segments.save")
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Undo of the last delete in this session; harmless twice. Those that others name come first."""
    waiting = request.session.pop(UNDO, [])
    for gone in reversed(waiting):
        actions.save_segment(gone["name"], gone["rule"], by=staff(request).email)
        actions.tell_movements(gone["name"], told=gone["told"], by=staff(request).email)
        messages.success(request, _("“%(name)s” is back.") % {"name": gone["name"]})
    return redirect("console:segments")


def _kept(segment_id: int) -> Segment:
    kept = segments.segment(segment_id)
    if kept is None:
        raise Http404
    return kept
