"""One thing after the other: strictly later, half-open limits, what is missed, windows that hold for the whole chain."""

from rapport.segments.tests.cases.world import Ask, World, alias, identify, order, track

CHAINS = World(
    "chains",
    as_of="2026-06-30T12:00:00Z",
    facts=[
        track("edge", "Viewed", "2026-06-01T12:00:00Z", path="a"),
        track("edge", "Bought", "2026-06-08T12:00:00Z"),  # seven days later, exactly
        track("within", "Viewed", "2026-06-01T12:00:00Z", path="b"),
        track("within", "Bought", "2026-06-08T11:59:59.999999Z"),
        track("atonce", "Viewed", "2026-06-01T12:00:00Z", path="a"),
        track("atonce", "Bought", "2026-06-01T12:00:00Z"),
        track("after", "Viewed", "2026-06-01T12:00:00Z", path="a"),
        track("after", "Bought", "2026-06-01T12:00:00.000001Z"),
        track("back", "Bought", "2026-06-01T12:00:00Z"),
        track("back", "Viewed", "2026-06-02T12:00:00Z", path="a"),
        track("twice", "Viewed", "2026-05-01T12:00:00Z", path="a"),
        track("twice", "Viewed", "2026-06-20T12:00:00Z", path="c"),
        track("twice", "Bought", "2026-06-21T12:00:00Z"),
        track("tocome", "Viewed", "2026-06-30T11:00:00Z", path="d"),
        track("tocome", "Bought", "2026-06-30T12:00:00Z"),  # now, so not yet
        identify("never", "2026-01-01T00:00:00Z"),
    ],
    asks=[
        Ask('did "Viewed" then "Bought"', "edge within after twice"),
        Ask('did "Viewed" then "Bought"', "edge within after twice tocome", as_of="2026-06-30T12:00:00.000001Z"),
        Ask('did "Viewed" then "Bought" within 7 days', "within after twice"),
        Ask('did "Viewed" then "Bought" within 1 week', "within after twice"),
        Ask('did "Viewed" then "Bought" within 169 hours', "edge within after twice"),
        Ask('did "Viewed" then "Bought" within 1 minute', "after"),
        Ask('did "Viewed" where path = "a" then "Bought"', "edge after twice"),
        Ask('did "Viewed" where path = "a" then "Bought" within 30 days', "edge after"),  # twice looked at c since
        Ask('did "Viewed" where path = "c" then "Bought"', "twice"),
        Ask('did "Bought" then "Viewed"', "back"),
        Ask('did "Viewed" then "Viewed"', "twice"),
        Ask('did "Viewed" then "Viewed" then "Bought"', "twice"),
        Ask('did "Viewed" then "Viewed" then "Bought" within 1 day', ""),
        Ask('did "Viewed" then "Viewed" within 60 days then "Bought" within 25 hours', "twice"),
        Ask('did "Viewed" then "Viewed" within 50 days then "Bought"', ""),
        Ask('did "Viewed" then "Bought" in the last 10 days', "twice"),
        Ask('did "Viewed" then "Bought" in the last 9 days', ""),
        Ask('did "Viewed" then "Bought" before 2026-06-08T12:00:00Z', "within after"),
        Ask('everyone BUT NOT did "Viewed" then "Bought"', "atonce back tocome never"),
    ],
)

MISSED = World(
    "what did not follow",
    as_of=CHAINS.as_of,
    facts=CHAINS.facts,
    asks=[
        Ask('did "Viewed" then no "Bought" within 7 days', "edge atonce back twice"),  # of tocome it is not settled
        Ask('did "Viewed" then no "Bought" within 1 hour', "edge within atonce back twice tocome"),
        Ask('did "Viewed" then no "Bought" within 61 minutes', "edge within atonce back twice"),
        Ask('did "Viewed" where path = "c" then no "Bought" within 1 day', "twice"),
        Ask('did "Viewed" where path = "c" then no "Bought" within 25 hours', ""),
        Ask('did "Viewed" then no "Bought" within 7 days before 2026-05-15', "twice"),
        Ask('did "Viewed" then no "Bought" within 60 days before 2026-05-15', ""),  # what is missed may come after the window
        Ask('did "Bought" then no "Viewed" within 2 days', "edge within atonce after twice"),
        Ask('did "Viewed" then "Bought" then no "Viewed" within 1 day', "edge within after twice"),
        Ask('did "Viewed" then no "Viewed" where path = "c" within 50 days', "twice", as_of="2026-06-20T12:00:00Z"),
        Ask('did "Viewed" then no "Viewed" where path = "c" within 51 days', "", as_of="2026-06-21T12:00:00Z"),
    ],
)

ONE_PERSON = World(
    "chains under several ids",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        track("?web", "Viewed", "2026-06-01T00:00:00Z"),
        identify("ana", "2026-06-03T00:00:00Z", at="web"),
        order("ana", "2026-06-02T00:00:00Z", "1", {"sku": "S"}, {"sku": "T"}),
        track("bobby", "Viewed", "2026-06-01T00:00:00Z"),
        order("bob", "2026-06-05T00:00:00Z", "2", {"sku": "T"}),
        alias("bob", "bobby", "2026-06-10T00:00:00Z"),
        track("?stranger", "Viewed", "2026-06-01T00:00:00Z"),
        track("chen", "Viewed", "2026-06-06T00:00:00Z"),
        order("chen", "2026-06-05T00:00:00Z", "3", {"sku": "S"}),
    ],
    asks=[
        Ask('did "Viewed" then "Order Completed"', "ana bob"),
        Ask('did "Viewed" then "Order Completed" where products.sku = "S"', "ana"),
        Ask('did "Viewed" then "Order Completed" where products(sku = "S" OR sku = "T") within 5 days', "ana bob"),
        Ask('did "Viewed" then "Order Completed" within 4 days', "ana"),
        Ask('did "Viewed" then no "Order Completed" where products.sku = "S" within 1 week', "bob chen"),
    ],
)

WORLDS = [CHAINS, MISSED, ONE_PERSON]
