"""The machine API put together from its routes, and its description in OpenAPI."""

import json
from functools import cache
from typing import (
    Annotated,
    Any,
    NotRequired,  # pydantic asks for these before Python 3.12
)

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.operation import Operation
from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from rapport.api.door import through_the_door, with_problems
from rapport.api.reading import StrictParser
from rapport.api.routes import campaigns, customers, facts, messages, rules, segments, silos, templates

WORDS = """Customers, facts, rules, segments, templates, campaigns and messages for other programs.

Every request carries a token: `Authorization: Bearer rpt_…`. Lists come in pages; `next` is the cursor of the page after.
Every write carries an `Idempotency-Key`: the same request with the same key is done once and answered alike each time, for at least
a day. Errors are problems of RFC 9457."""


class MisfitOut(TypedDict):
    field: str
    detail: str


class Problem(TypedDict):
    """An error as RFC 9457 tells it. What is not known is left out."""

    type: Annotated[str, Field(examples=["urn:rapport:problem:rule_refused"])]
    title: Annotated[str, Field(examples=["The rule cannot be answered"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[str, Field(examples=['Line 1, column 1: No kind of event is called "Order Complet".'])]
    mend: NotRequired[Annotated[str, Field(description="The nearest way out.")]]
    field: NotRequired[Annotated[str, Field(description="The field, parameter or header that is to blame.")]]
    line: NotRequired[Annotated[int, Field(description="In a rule's text, in a part of a template, or in a body that is no JSON.")]]
    column: NotRequired[Annotated[int, Field(description="In that line, from 1.")]]
    path: NotRequired[Annotated[str, Field(description="In a rule's tree.")]]
    errors: NotRequired[Annotated[list[MisfitOut], Field(description="Each field that does not fit.")]]


class Api(NinjaAPI):
    """Ninja's, with names of routes as people would say them."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """`customers.found`: the resource and what is done."""
        return f"{operation.view_func.__module__.rpartition('.')[2]}.{operation.view_func.__name__}"


def _built() -> Api:
    made = Api(
        title="Rapport",
        version="1",
        description=WORDS,
        openapi_url=None,  # it stands above the version; and there is no docs page, which would fetch its scripts from elsewhere
        docs_url=None,
        urls_namespace="api",
        parser=StrictParser(),
    )
    with_problems(made)
    made.add_decorator(through_the_door, mode="view")
    for room in (customers, facts, rules, segments, silos, templates, campaigns, messages):
        made.add_router("", room.router)
    return made


api = _built()


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document, with the schema every problem follows and the scope each route needs."""
    made = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    made["components"]["schemas"]["Problem"] = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    made["components"]["schemas"].update(made["components"]["schemas"]["Problem"].pop("$defs"))
    for ways in made["paths"].values():
        for route in ways.values():
            route["description"] = f"{route.get('description', '')} Needs the scope `{route['x-scope']}`.".strip()
    return made


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Open to all: it tells what can be asked, and nothing that is known."""
    return HttpResponse(json.dumps(description()), content_type="application/json")
