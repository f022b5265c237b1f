"""Rules: how many, who, and why."""

from dataclasses import asdict

from ninja import Router

from rapport.accounts.actions import write_down
from rapport.api import asking
from rapport.api.door import ApiRequest
from rapport.api.problems import Problem
from rapport.api.routes.ways import asks
from rapport.api.shapes import CountOut, EvidenceOut, MembersOut, NodeCount, NodeEvidenceOut, RuleEvidenceIn, RuleIn, RuleMembersIn, iso
from rapport.customers import queries as customers
from rapport.segments.person import evidence, history_of

router = Router(tags=["rules"])


@router.post("/rules/count", **asks("rules:ask", CountOut, "Count whom a rule means"))
def count(request: ApiRequest, said: RuleIn) -> CountOut:
    """Exact counts of the whole rule and of each of its parts, all of one moment."""
    found = asking.question(said.rule, said.as_of).answer()
    return CountOut(
        rule=found.rule,
        as_of=iso(found.as_of_us),
        count=len(found.root),
        everyone=found.everyone,
        nodes=[NodeCount(text=text, count=len(ids)) for text, ids in found.nodes],
        without_rate=found.without_rate,
    )


@router.post("/rules/members", **asks("rules:ask", MembersOut, "List whom a rule means"))
def members(request: ApiRequest, said: RuleMembersIn) -> MembersOut:
    """A page of them by rising id. That they were read is written down."""
    return asking.members(said.rule, as_of=said.as_of, cursor=said.cursor, limit=said.limit, by=request.token)


@router.post("/rules/evidence", **asks("rules:ask", EvidenceOut, "Say why a rule holds for a customer, or why not", one=True))
def why(request: ApiRequest, said: RuleEvidenceIn) -> EvidenceOut:
    """Yes or no at each part, with the figure reached and the newest facts behind it. A read of the profile, so it is written down."""
    customer = customers.customer(said.customer)
    if customer is None:
        raise Problem("not_found", f"There is no customer {said.customer}.", field="customer")
    asked = asking.question(said.rule, said.as_of)
    nodes = evidence(asked.rule, history_of(customer.id, asked.vocabulary), asked.moment_us)
    write_down(
        "customers.read", subject=f"customer {customer.id}", by=request.token.actor, token=request.token.prefix, rule=nodes[0].text[:500]
    )  # fmt: skip
    return EvidenceOut(
        customer=customer.id,
        rule=nodes[0].text,
        as_of=iso(asked.moment_us),
        holds=nodes[0].holds,
        nodes=[NodeEvidenceOut(**asdict(node)) for node in nodes],
    )
