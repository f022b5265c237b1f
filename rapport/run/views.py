"""Two doors for whoever watches the server: is it well, and how is it doing. Neither tells of a person."""

import ipaddress
import secrets

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from rapport.lib import schema
from rapport.run import metrics as figures

PASSED_ON = ("X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 where the record answers and its tables are this version's; 503 otherwise. One small query, whatever the size."""
    try:
        current = schema.is_current()
    except DatabaseError:
        return JsonResponse({"status": "unwell", "record": "does not answer"}, status=503)
    if not current:
        return JsonResponse({"status": "unwell", "record": "has tables of another version"}, status=503)
    return JsonResponse({"status": "ok"})


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Open to this machine; elsewhere to who brings RAPPORT_METRICS_TOKEN as a bearer token."""
    if not (_is_from_here(request) or _brings_token(request)):
        refusal = HttpResponse("The figures are for this machine, or for who brings the token.\n", status=403, content_type="text/plain")
        if settings.METRICS_TOKEN:
            refusal.status_code, refusal.headers["WWW-Authenticate"] = 401, 'Bearer realm="metrics"'
        return refusal
    return HttpResponse(figures.answer(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_from_here(request: HttpRequest) -> bool:
    """Asked on loopback, and by nobody else through a proxy that runs here."""
    try:
        near = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return near and not any(name in request.headers for name in PASSED_ON)


def _brings_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and secrets.compare_digest(token.strip().encode(), wanted.encode())
