"""A mail looked at before and after it leaves: as one person would read it, as a frame, sent to oneself; and the outbox."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rapport.console.frames import asked_for, framed, whole, with_frames
from rapport.console.guard import is_fragment, page, staff
from rapport.console.pages import outbox as files
from rapport.console.pages.profile import display_name
from rapport.customers import queries as customers
from rapport.lib.refusals import Refusal
from rapport.messaging import actions
from rapport.messaging import queries as mails
from rapport.messaging.models import Version
from rapport.messaging.queries import Filled, Unfilled

FOUND_MAX = 6
FIRST_CASE = "no name"


@page("campaigns.read")
def shown(request: HttpRequest) -> HttpResponse:
    """A version, or the newest of a template, as somebody would read it; a piece of a page or a page of its own."""
    version = _version(request)
    if version is None:
        if is_fragment(request):
            return render(request, "console/mail/none.html")
        raise Http404
    case, customer_id = _reader(request)
    found = mails.preview(version, customer_id=customer_id or None, case=case, campaign=asked_for(request, "name"))
    customer = customers.customer(customer_id) if customer_id else None
    context: dict[str, Any] = {
        "here": "templates",
        "version": version,
        "page": found if isinstance(found, Filled) else None,
        "trouble": found.trouble if isinstance(found, Unfilled) else "",
        "case": "" if customer_id else case,
        "cases": mails.HARD_CASES,
        "customer": customer,
        "customer_name": display_name(customer) if customer else "",
        "own": staff(request).email,
    }
    if is_fragment(request):
        return render(request, "console/mail/shown.html", context)
    return with_frames(render(request, "console/mail/page.html", context))


@page("campaigns.read")
def frame(request: HttpRequest, version_id: int) -> HttpResponse:
    """The HTML part alone, for a frame."""
    version = mails.version(version_id)
    if version is None:
        raise Http404
    case, customer_id = _reader(request)
    found = mails.preview(version, customer_id=customer_id or None, case=case, campaign=asked_for(request, "name"))
    return framed(found.html if isinstance(found, Filled) else f"<p>{escape(found.trouble)}</p>")


@page("campaigns.read")
def people(request: HttpRequest) -> HttpResponse:
    """Whose mail to look at."""
    text = asked_for(request, "who")
    hits = customers.search(text, limit=FOUND_MAX) if text else []
    context = {"text": text, "people": [(row, display_name(row)) for row in hits], "version": whole(asked_for(request, "version"))}
    return render(request, "console/mail/people.html", context)


@page("campaigns.write")
@require_POST
def test(request: HttpRequest) -> HttpResponse:
    """To an address of one's own, now."""
    version = _version(request)
    if version is None:
        raise Refusal(_("There is no such template."), mend=_("Choose one, and save it."))
    to = asked_for(request, "to", 254)
    actions.send_test(version, to=to, customer_id=whole(request.POST.get("customer")) or None, by=staff(request).email)
    said = _("A test is on its way to %(to)s.") if settings.EMAIL_URL else _("A test for %(to)s lies in the outbox.")
    if is_fragment(request):
        return render(request, "console/mail/tested.html", {"said": said % {"to": to}, "outbox": not settings.EMAIL_URL})
    messages.success(request, said % {"to": to})
    back = request.META.get("HTTP_REFERER", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "console:templates")


def _version(request: HttpRequest) -> Version | None:
    if version_id := whole(asked_for(request, "version")):
        return mails.version(version_id)
    return mails.numbered_version(whole(asked_for(request, "template")))


def _reader(request: HttpRequest) -> tuple[str, int]:
    """For whom: one of the hard cases, or a customer."""
    case = asked_for(request, "case")
    return case if case in mails.HARD_CASES else FIRST_CASE, whole(asked_for(request, "customer"))


# The outbox


@page("campaigns.read")
def outbox(request: HttpRequest) -> HttpResponse:
    """The newest mails that lie there."""
    rows, is_cut = files.newest()
    context = {"here": "outbox", "rows": rows, "is_cut": is_cut, "sends": bool(settings.EMAIL_URL)}
    return render(request, "console/outbox/list.html", context)


@page("campaigns.read")
def outbox_mail(request: HttpRequest, name: str) -> HttpResponse:
    """One of them: headers, text, HTML."""
    return with_frames(render(request, "console/outbox/mail.html", {"here": "outbox", "mail": files.read(name), "name": name}))


@page("campaigns.read")
def outbox_frame(request: HttpRequest, name: str) -> HttpResponse:
    """Its HTML, with links that lead over this address; looking at it here counts nothing."""
    return framed(files.usable_here(files.read(name).html, request.build_absolute_uri("/m/")))
