"""Settings: who may sign in, what their roles open, and what the company is set to."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rapport.accounts import queries as accounts
from rapport.accounts.rights import ROLES
from rapport.commerce import queries as commerce
from rapport.console.guard import page


@page("accounts.manage")
def listed(request: HttpRequest) -> HttpResponse:
    context = {
        "here": "settings",
        "people": accounts.everybody(),
        "roles": sorted((role, sorted(rights)) for role, rights in ROLES.items()),
        "currency": commerce.company_currency(),
        "zone": settings.COMPANY_TIME_ZONE,
        "engine": settings.ENGINE,
    }
    return render(request, "console/settings.html", context)
