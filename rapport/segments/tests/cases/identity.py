"""Who is who: visitors joined later, aliases, facts that come late, facts still to come."""

from rapport.segments.tests.cases.world import Ask, World, alias, identify, track

NOW = "2026-06-30T00:00:00Z"


def june(day: int) -> str:
    return f"2026-06-{day:02}T00:00:00Z"


VISITORS = World(
    "visitors with and without a name",
    as_of=NOW,
    facts=[
        track("?ana-phone", "Viewed", june(1)),
        track("?ana-phone", "Viewed", june(2)),
        identify("ana", june(3), at="ana-phone", city="Porto"),
        track("?ana-phone", "Viewed", june(4)),
        track("ana", "Viewed", june(5)),
        track("?nobody", "Viewed", june(1)),  # never known
        identify("bob", june(1), at="shared"),
        track("?shared", "Viewed", june(2)),
        identify("chen", june(3), at="shared"),
        track("?shared", "Viewed", june(4)),
        track("?shared", "Viewed", june(2)),  # late: it was bob's day
        identify("?dora-web", june(2), email="dora@example.com"),  # known by mail alone
        track("?dora-web", "Viewed", june(1)),
        identify("dora", june(6), email="dora@example.com"),  # the same, now with a user id
        track("dora", "Viewed", june(6)),
    ],
    asks=[
        Ask('did "Viewed" exactly 4 times', "ana"),
        Ask('did "Viewed" exactly 3 times before 2026-06-05', "ana"),
        Ask('did "Viewed" at least 1 times before 2026-06-03 AND city = "Porto"', "ana"),
        Ask('did "Viewed" exactly 2 times AND did "Viewed" before 2026-06-03', "bob dora"),
        Ask('did "Viewed" exactly 1 times', "chen"),
        Ask('did "Viewed"', "ana bob dora", as_of=june(3)),
    ],
)
ALIASES = World(
    "aliases",
    as_of=NOW,
    facts=[
        track("bob", "Bought", june(1)),
        track("bobby", "Bought", june(2)),
        identify("bobby", june(2), city="Omaha"),
        identify("bob", june(1), city="Boston", plan="gold"),
        alias("bob", "bobby", june(10)),
        track("bobby", "Bought", june(11)),  # the old id is his still
        track("ana", "Bought", june(1)),
        track("?visitor", "Bought", june(3)),
        alias("ana", "visitor", june(5)),
        track("chen", "Bought", june(1)),
    ],
    asks=[
        Ask("everyone", "bob ana chen"),
        Ask('did "Bought" exactly 3 times', "bob"),
        Ask('did "Bought" exactly 2 times', "ana"),
        Ask('number of "Bought" = 1', "chen"),
        Ask('city = "Omaha" AND plan = "gold"', "bob"),
        Ask('city = "Boston"', "bob", as_of=june(2)),  # who is who stands as now, values as then
        Ask('did "Bought" exactly 2 times', "bob", as_of="2026-06-02T00:00:00.000001Z"),
        Ask('city != "Omaha"', "ana chen"),
        Ask('days since first "Bought" = 29', "bob ana chen"),
        Ask('days since last "Bought" = 19', "bob"),
    ],
)

ORDER_OF_COMING = World(
    "late facts and facts to come",
    as_of=NOW,
    facts=[
        track("late", "Visited", "2026-06-29T00:00:00Z"),
        track("late", "Visited", "2020-01-01T00:00:00Z"),
        track("soon", "Visited", "2026-07-15T00:00:00Z"),
        track("both", "Visited", "2026-07-15T00:00:00Z"),
        track("both", "Visited", "2026-01-15T00:00:00Z"),
        track("drift", "Visited", "2026-07-01T00:30:00Z"),  # half an hour ahead of its receipt: counts as of receipt
    ],
    asks=[
        Ask('did "Visited"', "late both"),
        Ask('did "Visited" exactly 2 times', "late"),
        Ask('did "Visited" since 2026-01-01', "late both"),
        Ask('days since first "Visited" > 2000', "late"),
        Ask('did "Visited"', "late", as_of="2021-01-01T00:00:00Z"),
        Ask('did "Visited"', "late both", as_of="2026-07-01T00:00:00Z"),
        Ask('did "Visited"', "late both drift", as_of="2026-07-01T00:00:00.000001Z"),
        Ask('did "Visited"', "late both soon drift", as_of="2026-08-01T00:00:00Z"),
        Ask('did "Visited" exactly 2 times', "late both", as_of="2026-08-01T00:00:00Z"),
        Ask("everyone", "late soon both drift", as_of="2019-01-01T00:00:00Z"),  # who is known stands as now
    ],
)

WORLDS = [VISITORS, ALIASES, ORDER_OF_COMING]
