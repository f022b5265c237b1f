"""What customers reach from their mail, without a sign-in: a signed address each, good for that mail alone.

A GET or HEAD never unsubscribes: scanners follow every link. The POST of RFC 8058 carries no cookie and gets no redirect.
"""

import base64

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from rapport.messaging import answers, queries
from rapport.messaging.filling import Unfilled
from rapport.messaging.links import Signed, read_token
from rapport.messaging.models import TouchKind

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@never_cache
@require_safe
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """Lead on to the link that stood in the mail; nowhere else, whatever the address says."""
    signed = _signed("click", token)
    if signed.target_id is None:
        raise Http404
    url = answers.touch(
        signed.message_id, TouchKind.CLICK, target_id=signed.target_id, agent=_agent(request), method=request.method or "GET"
    )
    if not url:
        raise Http404
    return HttpResponseRedirect(url, headers={"Referrer-Policy": "no-referrer"})


@never_cache
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The pixel. It is shown even where the message is gone: a broken picture helps nobody."""
    if signed := read_token("open", token):
        answers.touch(signed.message_id, TouchKind.OPEN, agent=_agent(request), method=request.method or "GET")
    return HttpResponse(PIXEL, content_type="image/gif")


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what the button does; POST does it, with or without the page, as often as it comes."""
    signed = _signed("leave", token)
    if not queries.is_message(signed.message_id):
        raise Http404
    if request.method != "POST":
        return render(request, "messaging/leave.html", {"step": "asked"})
    if request.POST.get("again"):
        answers.resubscribe(signed.message_id)
        return render(request, "messaging/leave.html", {"step": "back"})
    answers.unsubscribe(signed.message_id)
    return render(request, "messaging/leave.html", {"step": "left"})


@never_cache
@require_safe
def shown(request: HttpRequest, token: str) -> HttpResponse:
    """The mail as a page. Its styles are inline, as mail programs need them, so this page alone allows them; scripts stay out."""
    page = queries.page_of(_signed("view", token).message_id)
    if page is None or isinstance(page, Unfilled):
        raise Http404
    answer = HttpResponse(page.html)
    answer._csp_replace = {"style-src": ["'unsafe-inline'"], "img-src": ["https:", "http:", "data:"]}  # type: ignore[attr-defined]
    return answer


def _signed(purpose: str, token: str) -> Signed:
    signed = read_token(purpose, token)
    if signed is None:
        raise Http404
    return signed


def _agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")
