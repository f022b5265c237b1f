"""Home: four figures, what runs now, what came in and what was refused. And More, for a phone."""

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rapport.commerce import queries as commerce
from rapport.console.guard import is_fragment, page, staff
from rapport.console.pages.loads import Progress, is_moving, progress
from rapport.customers import queries as customers
from rapport.events import queries as log
from rapport.intake import queries as doors
from rapport.lib.clock import DAY_US, from_us, now_us
from rapport.lib.zone import company_zone

DAYS = 30
LOADS_LOOKED_AT = 20
REFUSALS_SHOWN = 4
EXAMPLE = 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 90 days'
KEPT_SECONDS = 20  # counting days walks the log; whoever reloads in between gets the same figures


@page()
def home(request: HttpRequest) -> HttpResponse:
    """The first page after sign-in; a role sees the parts it may open."""
    user = staff(request)
    reads, doors_open = user.may("customers.read"), user.may("intake.read")
    context: dict[str, Any] = {"here": "home", "today": from_us(now_us(), company_zone()).date(), "example": EXAMPLE}
    context |= {"reads": reads, "doors_open": doors_open}
    if reads or doors_open:
        context |= _figures()
    if doors_open:
        context |= {"running": running(), "refused": doors.rejects_by_reason(since_us=now_us() - DAYS * DAY_US, limit=REFUSALS_SHOWN)}
    return render(request, "console/home.html", context)


@page("intake.read")
def running_now(request: HttpRequest) -> HttpResponse:
    """The rows of what runs, asked for again and again while something does."""
    if not is_fragment(request):
        return redirect("console:home")
    return render(request, "console/doors/running.html", {"running": running()})


@page()
def more(request: HttpRequest) -> HttpResponse:
    return render(request, "console/more.html", {"here": "more"})


@page()
def front(request: HttpRequest) -> HttpResponse:
    return redirect("console:home")


def running() -> list[Progress]:
    return [progress(load) for load in doors.loads(limit=LOADS_LOOKED_AT) if is_moving(load)]


def _figures() -> dict[str, Any]:
    kept = cache.get("console.home")
    if kept is None:
        kept = {
            "people": customers.known_count(),
            "orders": commerce.orders_count(),
            "facts": sum(kind.facts for kind in log.event_types_with_counts()),
            "newest_us": log.newest_fact_us(),
            "days": _days(),
        }
        cache.set("console.home", kept, KEPT_SECONDS)
    came_in = sum(kept["days"]["values"])
    return {**kept, "came_in": came_in, "facts": max(kept["facts"], came_in)}  # the catalogue counts a little later than the doors


def _days() -> dict[str, Any]:
    """Facts received on each of the last days, a day without any as zero."""
    counts = dict(log.facts_by_day(now_us() - DAYS * DAY_US))
    today = from_us(now_us()).date()
    days = [today - timedelta(days=number) for number in reversed(range(DAYS))]
    return {"names": [f"{day.day} {day:%b}" for day in days], "values": [counts.get(day, 0) for day in days], "of": _("facts")}
