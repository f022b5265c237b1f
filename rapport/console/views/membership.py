"""In or not in a segment: a panel of the profile that opens the evidence, and the same as a page of its own."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from rapport.accounts.actions import write_down
from rapport.commerce import queries as commerce
from rapport.console.guard import is_fragment, page, staff
from rapport.console.pages.evidence import verdict
from rapport.console.pages.membership import asked_of, memberships
from rapport.console.pages.profile import display_name
from rapport.customers import queries as customers
from rapport.lib.refusals import Refusal
from rapport.segments import queries as segments


@page("segments.ask")
def shown(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The segments a customer is in; with `segment`, why in or not. A read of the profile, so it is written down."""
    customer = customers.customer(customer_id)
    if customer is None:
        raise Http404
    vocabulary, said = segments.vocabulary(), request.GET.get("segment", "")
    chosen = segments.segment(int(said)) if said.isascii() and said.isdigit() and len(said) < 10 else None
    found = memberships(customer.id, vocabulary)
    context: dict[str, Any] = {
        "here": "customers",
        "customer": customer,
        "name": display_name(customer),
        "rows": found.rows,
        "cut": found.cut,
        "any_in": any(state == "in" for _, state in found.rows),
        "chosen": chosen,
        "currency": commerce.company_currency(),
    }
    if chosen is not None:
        try:
            asked = asked_of(chosen, vocabulary)
            context |= {"asked": asked, "verdict": verdict(asked, customer.id)}
        except Refusal as trouble:
            context["trouble"] = trouble
    words = {"segment": chosen.name} if chosen else {}
    write_down("customers.read", subject=f"customer {customer.id}", by=staff(request).email, **words)
    template = "memberships" if is_fragment(request) else "memberships_page"
    return render(request, f"console/customers/{template}.html", context)
