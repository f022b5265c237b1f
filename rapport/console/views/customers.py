"""Customers: the list, one of them, a fact about them, an order of theirs."""

from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from rapport.accounts.actions import write_down
from rapport.commerce import queries as commerce
from rapport.console.frames import whole
from rapport.console.guard import is_fragment, page, staff
from rapport.console.pages.circle import everyone
from rapport.console.pages.journeys import mail_rows
from rapport.console.pages.profile import Profile, display_name, place, since_us, traits_of
from rapport.console.pages.quarters import quarters
from rapport.console.pages.sentences import sentence
from rapport.console.pages.silos import silos_of
from rapport.console.pages.timeline import dots, lane_table, timeline
from rapport.console.pages.worth import worth_of
from rapport.console.templatetags.wording import count
from rapport.customers import queries as customers
from rapport.customers.models import Customer
from rapport.events import queries as log
from rapport.intake import queries as doors
from rapport.lib.clock import now_us

PAGE = 50
COUNTED_AT_ONCE = 2_000  # a larger base is counted behind the page
FOUND_MAX = 8


@page("customers.read")
def listed(request: HttpRequest) -> HttpResponse:
    """The list, with a search over names, mail addresses, phones, ids and orders. Paged by cursor."""
    text = request.GET.get("q", "").strip()[:200]
    after = whole(request.GET.get("after"))
    rows = customers.search(text, limit=PAGE + 1, after=after)
    order = commerce.order(text) if text and not after else None
    context = {
        "here": "customers",
        "text": text,
        "after": after,
        "people": [_listed(row) for row in rows[:PAGE]],
        "next": rows[PAGE - 1].id if len(rows) > PAGE else None,
        "order": order,
        "buyer": customers.customer(order.customer_id) if order and order.customer_id else None,
    }
    if is_fragment(request):
        return render(request, "console/customers/rows.html", context)
    return render(request, "console/customers/list.html", context | {"everyone": customers.known_count_below(COUNTED_AT_ONCE)})


@page("customers.read")
def counted(request: HttpRequest) -> HttpResponse:
    """How many customers there are, where the list did not wait for it."""
    if not is_fragment(request):
        return redirect("console:customers")
    return HttpResponse(count(everyone()))


@page("customers.read")
def found(request: HttpRequest) -> HttpResponse:
    """The find dialog's hits; as a page of its own, the list."""
    text = request.GET.get("q", "").strip()[:200]
    if not is_fragment(request):
        return redirect(f"{_list_address()}?{request.GET.urlencode()}")
    hits = customers.search(text, limit=FOUND_MAX) if text else []
    return render(
        request,
        "console/customers/found.html",
        {"text": text, "people": [_listed(row) for row in hits], "order": commerce.order(text) if text else None},
    )


@page("customers.read")
def profile(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One customer. That it was read is written down."""
    shown = _profile(customer_id)
    if shown.customer.id != customer_id:
        return redirect("console:profile", shown.customer.id)
    write_down("customers.read", subject=f"customer {shown.customer.id}", by=staff(request).email)
    lane = request.GET.get("lane", "")
    worth = worth_of(shown.customer)
    context = {
        "here": "customers",
        "profile": shown,
        "customer": shown.customer,
        "bought": shown.bought,
        "may": any(channel.may for channel in shown.channels if channel.purpose == "marketing"),
        "asked": any(channel.asked for channel in shown.channels),
        "timeline": timeline(shown.facts, shown.catalogue, lane=lane),
        "lane": lane,
        "dots": dots(shown.facts, shown.catalogue, now_us=shown.now_us),
        "dots_table": lane_table(shown.facts, shown.catalogue),
        "quarters": quarters(shown.bought, None if worth is None else worth.ahead, now_us=shown.now_us),
        "order_ids": {row.order_id for row in shown.orders},
        "mails": mail_rows(shown.family, shown.orders),
        "silos": silos_of(shown.customer.id),
        "worth": worth,
    }
    return render(request, "console/customers/profile.html", context)


@page("customers.read")
def later(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A piece of the timeline: another lane, or the months before."""
    lane, before = request.GET.get("lane", ""), request.GET.get("before", "")
    if not is_fragment(request):
        return redirect(f"{_address(customer_id)}?lane={lane}")
    shown = _profile(customer_id)
    context = {
        "profile": shown,
        "customer": shown.customer,
        "timeline": timeline(shown.facts, shown.catalogue, lane=lane, before=before),
        "lane": lane,
        "order_ids": {row.order_id for row in shown.orders},
    }
    template = "console/customers/months.html" if before else "console/customers/timeline.html"
    return render(request, template, context)


@page("customers.read")
def fact(request: HttpRequest, customer_id: int, event_id: int) -> HttpResponse:
    """One fact as it was recorded: the proof behind a line, a figure or a consent."""
    shown = _profile(customer_id)
    found = log.facts_by_id([event_id]).get(event_id)
    if found is None or found.customer_id not in shown.family:
        raise Http404
    write_down("customers.read", subject=f"customer {shown.customer.id}", by=staff(request).email, event=event_id)
    kind = shown.catalogue.by_id.get(found.event_type_id)
    name = kind.name if kind else _("Fact")
    context = {
        "here": "customers",
        "profile": shown,
        "customer": shown.customer,
        "fact": found,
        "kind": kind,
        "name": name,
        "said": sentence(name, found.properties),
        "source": doors.source_names().get(found.source_id or 0, ""),
        "properties": [(key, _as_text(value)) for key, value in found.properties.items()],
        "whole": _as_text(found.payload),
    }
    return render(request, "console/customers/fact.html", context)


@page("customers.read")
def order(request: HttpRequest, order_id: str) -> HttpResponse:
    """An order with its lines, as the shop last told us."""
    row = commerce.order(order_id)
    if row is None:
        raise Http404
    buyer = customers.customer(row.customer_id) if row.customer_id else None
    if buyer:
        write_down("customers.read", subject=f"customer {buyer.id}", by=staff(request).email, order=order_id)
    lines = commerce.lines_of(row)
    known = commerce.products(str(line["sku"]) for line in lines if line.get("sku"))
    context = {
        "here": "customers",
        "order": row,
        "buyer": buyer,
        "buyer_name": display_name(buyer) if buyer else "",
        "lines": [(line, known.get(str(line.get("sku")))) for line in lines],
        "revenue": row.revenue_e6 / 1_000_000 if row.revenue_e6 is not None else None,
        "refunded": row.refunded_e6 / 1_000_000,
    }
    return render(request, "console/customers/order.html", context)


def _profile(customer_id: int) -> Profile:
    customer = customers.customer(customer_id)
    if customer is None:
        raise Http404
    return Profile(customer, now_us())


def _listed(row: Customer) -> tuple[Customer, str, str, int]:
    """A row of a list: name, place, since when."""
    traits = traits_of(row)
    return row, display_name(row), place(traits), since_us(row, traits)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _address(customer_id: int) -> str:
    return reverse("console:profile", args=[customer_id])


def _list_address() -> str:
    return reverse("console:customers")
