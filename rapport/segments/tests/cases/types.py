"""Values that do not fit: a learned property keeps its first type, and whatever else comes is unknown to rules."""

from rapport.segments.tests.cases.world import Ask, World, track

NOW = "2026-06-30T00:00:00Z"
EARLIER = "2026-06-01T00:00:00Z"

MISFITS = World(
    "misfits",
    as_of=NOW,
    facts=[
        track("first", "Scored", EARLIER, points=5, label="5", good=True, on="2026-05-05", at="2026-05-05T10:00:00Z", marks=[1, 2]),
        track("text", "Scored", EARLIER, points="5", label="05", good="true", on="5 May", at="ten", marks="1"),
        track("number", "Scored", EARLIER, points=5.0, label=5, good=1, on=20260505, at=1777975200, marks=1),
        track("truth", "Scored", EARLIER, points=True, label=True, good=False, on=True, at=True, marks=True),
        track("list", "Scored", EARLIER, points=[5], label=["5"], good=[True], on=["2026-05-05"], at=[], marks=[2]),
        track("object", "Scored", EARLIER, points={"x": 5}, label={"x": "5"}, good={}, on={}, at={}, marks={"x": 1}),
        track("null", "Scored", EARLIER, points=None, label=None, good=None, on=None, at=None, marks=None),
        track("other", "Scored", EARLIER, points=5e18, label="", on="2026-05-05T10:00:00Z", at="2026-05-05", marks=[]),
    ],
    asks=[
        Ask('did "Scored" where points = 5', "first number"),
        Ask('did "Scored" where points is unknown', "text truth list object null other"),
        Ask('did "Scored" where points != 5', "text truth list object null other"),
        Ask('did "Scored" where label = "5"', "first"),
        Ask('did "Scored" where label is known', "first text other"),
        Ask('did "Scored" where label contains "5"', "first text"),
        Ask('did "Scored" where good = true', "first"),
        Ask('did "Scored" where good = false', "truth"),
        Ask('did "Scored" where good != true', "text number truth list object null other"),
        Ask('did "Scored" where on = 2026-05-05', "first"),
        Ask('did "Scored" where on is known', "first"),  # a moment is no day
        Ask('did "Scored" where at = 2026-05-05T10:00:00Z', "first"),
        Ask('did "Scored" where at is known', "first other"),  # a day is its midnight
        Ask('did "Scored" where at = 2026-05-05', "other"),
        Ask('did "Scored" where marks = 2', "first list"),
        Ask('did "Scored" where marks is unknown', "text number truth object null other"),
        Ask('did "Scored" where marks > 1', "first list"),
        Ask('did "Scored" where marks not in (1)', "text number truth list object null other"),
        Ask('sum(points) of "Scored" = 0', "text truth list object null other"),
        Ask('number of "Scored" = 1', "first text number truth list object null other"),
    ],
)

PATHS = World(
    "objects within objects",
    as_of=NOW,
    facts=[
        track("a", "Shipped", EARLIER, address={"city": "Oslo", "geo": {"zone": 4}}),
        track("b", "Shipped", EARLIER, **{"address.city": "Oslo"}),  # a name with a dot is the same path
        track("c", "Shipped", EARLIER, address="Oslo"),
        track("d", "Shipped", EARLIER, address={"city": None, "geo": 4}),
        track("e", "Shipped", EARLIER, address={"city": "Bergen", "geo": {"zone": 5}}),
    ],
    asks=[
        Ask('did "Shipped" where address.city = "Oslo"', "a b"),
        Ask('did "Shipped" where address.city != "Oslo"', "c d e"),
        Ask('did "Shipped" where address.city is unknown', "c d"),
        Ask('did "Shipped" where address.geo.zone >= 4', "a e"),
        Ask('did "Shipped" where (address.geo.zone is known BUT NOT address.city = "Bergen")', "a"),
    ],
)

WORLDS = [MISFITS, PATHS]
