"""What a token may be let in for: a closed list, one line a scope. A room with new routes adds its lines here."""

SCOPES: dict[str, str] = {
    "customers:read": "find customers and read their profiles",
    "customers:write": "tell who somebody is: a user id and traits",
    "facts:read": "read the facts behind a customer",
    "facts:write": "send facts in",
    "rules:ask": "ask who a rule means, and why",
    "segments:read": "read saved segments and their members, and schemes of silos",
    "segments:write": "save, change and delete segments",
    "campaigns:read": "read templates, and campaigns with how they went",
    "campaigns:write": "write templates; draft, start, pause and cancel campaigns",
    "messages:read": "read what a customer was sent and did with it",
    "messages:send": "send a transactional message to a customer",
}
