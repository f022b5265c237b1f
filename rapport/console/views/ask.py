"""Ask: a rule typed, its count at every node, who they are and why; saved under a name."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.accounts.actions import write_down
from rapport.commerce import queries as commerce
from rapport.console.frames import whole
from rapport.console.guard import REFUSED, page, staff
from rapport.console.pages import asking
from rapport.console.pages.asking import Question, Shown
from rapport.console.pages.colours import GRAMMAR
from rapport.console.pages.evidence import verdict, why
from rapport.console.pages.mending import stumble
from rapport.console.pages.moving import laid_out
from rapport.console.pages.profile import display_name
from rapport.console.pages.starts import offered
from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.lib.refusals import Refusal
from rapport.segments import queries as segments
from rapport.segments.models import Segment
from rapport.segments.vocabulary import Vocabulary

TRIED_MAX = 6
TEXT_MAX = 200_000


@page("segments.ask")
def editor(request: HttpRequest) -> HttpResponse:
    """The editor with a live answer; without scripts, a form that asks."""
    kept = segments.segment(whole(request.GET.get("segment") or request.POST.get("segment")))
    if request.method == "POST":
        return _page(request, *typed(request), segment=kept)
    if token := request.GET.get("shared", ""):
        shared = segments.shared(token)
        return _page(request, shared.rule, shared.as_of)
    text = request.GET.get("rule", laid_out(segments.parse_rule(kept.rule)) if kept else "")[:TEXT_MAX]
    return _page(request, text, request.GET.get("as_of", ""), segment=kept)


def _page(
    request: HttpRequest, text: str, as_of: str, *, refusal: Refusal | None = None, name: str = "", segment: Segment | None = None
) -> HttpResponse:
    vocabulary = segments.vocabulary()
    context: dict[str, Any] = {
        "here": "ask",
        "text": text,
        "as_of": as_of,
        "segment": segment,
        "versions": [(one, laid_out(segments.parse_rule(one.rule))) for one in segments.versions(segment)] if segment else [],
        "draft": segment is None or "rule" in request.GET or request.method == "POST",
        "name": name or (segment.name if segment else ""),
        "grammar": list(GRAMMAR),
        "starts": offered(vocabulary),
        "customer": customers.customer(whole(request.GET.get("customer"))),
    }
    try:
        if text.strip():
            context |= _answer(asking.question(text, vocabulary, as_of), segment.rule if segment else "")
    except Refusal as trouble:
        refusal = refusal or trouble
    context["stumble"] = stumble(text, refusal) if refusal else None
    return render(request, "console/ask/ask.html", context, status=REFUSED if refusal else 200)


@page("segments.ask")
@require_POST
def answered(request: HttpRequest) -> HttpResponse:
    """The pieces that change while typing. A rule that cannot be read changes only the word about it: the last count stays."""
    text, as_of = typed(request)
    vocabulary = segments.vocabulary()
    if not text.strip():
        return render(request, "console/ask/answer.html", {"text": "", "starts": offered(vocabulary)})
    kept = segments.segment(whole(request.POST.get("segment")))
    try:
        context = _answer(_asked(request, vocabulary), kept.rule if kept else request.POST.get("against", "")[:TEXT_MAX])
    except Refusal as refusal:
        return render(request, "console/ask/stumbled.html", {"stumble": stumble(text, refusal)}, status=REFUSED)
    return render(request, "console/ask/answer.html", context | {"text": text, "as_of": as_of})


@page("segments.ask")
@require_POST
def evidence(request: HttpRequest) -> HttpResponse:
    """Why one customer is in, or out. A read of their profile, so it is written down."""
    customer = customers.customer(whole(request.POST.get("customer")))
    if customer is None:
        raise Refusal("That customer is not there any more.", mend="Try someone else.")
    asked = _asked(request, segments.vocabulary())
    write_down("customers.read", subject=f"customer {customer.id}", by=staff(request).email, rule=asked.text[:500])
    context = {
        "customer": customer,
        "name": display_name(customer),
        "asked": asked,
        "verdict": verdict(asked, customer.id),
        "currency": commerce.company_currency(),
    }
    return render(request, "console/ask/evidence.html", context)


@page("segments.ask")
def people(request: HttpRequest) -> HttpResponse:
    """Whom to try a rule on."""
    text = request.GET.get("who", "").strip()[:200]
    hits = customers.search(text, limit=TRIED_MAX) if text else []
    return render(request, "console/ask/people.html", {"text": text, "people": [(row, display_name(row)) for row in hits]})


@page("segments.ask")
@require_POST
def meaning(request: HttpRequest) -> HttpResponse:
    """What saving it would mean; asked once the answer stands, since it costs four answers more."""
    text, as_of = typed(request)
    vocabulary = segments.vocabulary()
    asked = _asked(request, vocabulary)
    shown = asking.ask(asked)
    context = {"shown": shown, "meaning": asking.meaning(asked, shown.people, vocabulary), "text": text, "as_of": as_of}
    context["mail_rule"] = f"({shown.canonical}) AND may receive email"
    return render(request, "console/ask/meaning.html", context)


@page("segments.ask")
def members(request: HttpRequest) -> HttpResponse:
    """Everybody a rule means, paged by cursor; `moved`: only those who came or left since a day before."""
    text, as_of, since = request.GET.get("rule", "")[:TEXT_MAX], request.GET.get("as_of", ""), request.GET.get("moved", "")
    if not text.strip():
        return redirect("console:ask")
    vocabulary = segments.vocabulary()
    asked = asking.question(text, vocabulary, as_of)
    found = asking.moved(asked, vocabulary, came=since == "came") if since in ("came", "left") else asking.ask(asked).people
    context = {
        "here": "ask",
        "text": text,
        "as_of": as_of,
        "moved": since,
        "asked": asked,
        **asking.page_of(found, whole(request.GET.get("after"))),
    }
    return render(request, "console/ask/members.html", context)


@page("segments.save")
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep a rule under a name; the name of one that is there already changes it."""
    text, as_of = typed(request)
    name = request.POST.get("name", "").strip()
    try:
        kept = asking.save(name, text, by=staff(request).email)
    except Refusal as refusal:
        return _page(request, text, as_of, refusal=refusal, name=name)
    messages.success(request, _("Saved as “%(name)s”.") % {"name": kept.name})
    return redirect(f"{reverse('console:ask')}?{urlencode({'segment': kept.id})}")


def _asked(request: HttpRequest, vocabulary: Vocabulary) -> Question:
    """What the editor asks, at the moment its page is pinned to."""
    text, as_of = typed(request)
    return asking.question(text, vocabulary, as_of, pinned_us=whole(request.POST.get("pin"), digits_max=17))


def _answer(asked: Question, against: str) -> dict[str, Any]:
    shown = asking.ask(asked, against)
    return {"shown": shown, "members": _drawn(asked, shown), "asked": asked}


def _drawn(asked: Question, shown: Shown) -> list[asking.Member]:
    currency = commerce.company_currency()
    rows: list[Customer] = customers.customers(asking.drawn(shown.people, shown.canonical))
    return asking.members_of(rows, {row.id: why(asked, row.id, currency) for row in rows})


def typed(request: HttpRequest) -> tuple[str, str]:
    return request.POST.get("rule", "")[:TEXT_MAX].replace("\r\n", "\n"), request.POST.get("as_of", "")
