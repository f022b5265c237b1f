"""Home: the circle from what came in to what came back, what runs now, and what was refused. And More, for a phone."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rapport.accounts.models import User
from rapport.console.guard import is_fragment, page, staff
from rapport.console.pages.campaigning import on_their_way
from rapport.console.pages.circle import PERIODS, circle
from rapport.console.pages.loads import is_moving, progress
from rapport.console.pages.silos import scheme_rows
from rapport.events import queries as log
from rapport.intake import queries as doors
from rapport.lib.clock import DAY_US, now_us
from rapport.lib.zone import today
from rapport.segments.silos import queries as silos

DAYS = 30
LOADS_LOOKED_AT = 20
REFUSALS_SHOWN = 4
EXAMPLE = 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days'


@page()
def home(request: HttpRequest) -> HttpResponse:
    """The first page after sign-in; a role sees the parts it may open."""
    user = staff(request)
    reads, doors_open = user.may("customers.read"), user.may("intake.read")
    context: dict[str, Any] = {"here": "home", "today": today(), "example": EXAMPLE}
    context |= {"reads": reads, "doors_open": doors_open, **running(user)}
    context["due"] = scheme_rows(silos.due_of(user.email)) if user.may("segments.ask") else []
    if reads or doors_open:
        context |= _figures(request)
    if doors_open:
        since_us = now_us() - DAYS * DAY_US
        context |= {
            "refused": doors.rejects_by_reason(since_us=since_us, limit=REFUSALS_SHOWN),
            "refusals": doors.rejects_count(since_us=since_us),
        }
    return render(request, "console/home.html", context)


@page()
def running_now(request: HttpRequest) -> HttpResponse:
    """The rows of what runs, asked for again and again while something does."""
    if not is_fragment(request):
        return redirect("console:home")
    return render(request, "console/doors/running.html", running(staff(request)))


@page()
def more(request: HttpRequest) -> HttpResponse:
    return render(request, "console/more.html", {"here": "more"})


@page()
def front(request: HttpRequest) -> HttpResponse:
    return redirect("console:home")


def running(user: User) -> dict[str, Any]:
    """Loads and campaigns on their way, as far as this role may see them."""
    loads = [progress(load) for load in doors.loads(limit=LOADS_LOOKED_AT) if is_moving(load)] if user.may("intake.read") else []
    sent = on_their_way() if user.may("campaigns.read") else []
    return {"running": loads, "sending": sent, "sees_running": user.may("intake.read") or user.may("campaigns.read")}


def _figures(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("days", "")
    days = next((one for one in PERIODS if str(one) == asked), 7)
    found = circle()
    figures = {name: flow.within(days) for name, flow in {"facts": found.facts, "people": found.people, **found.mail}.items()}
    return {
        "circle": found,
        "days": days,
        "periods": [(1, _("Today")), (7, _("7 days")), (30, _("30 days"))],
        "figures": figures,
        "clicked_rule": f'did "Email Link Clicked" in the last {days} days',
        "newest_us": log.newest_fact_us(),
    }
