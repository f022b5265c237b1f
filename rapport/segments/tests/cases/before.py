"""An amount beside itself in the time before: edges of both windows, exact halves, what over no facts comes to."""

from rapport.segments.tests.cases.world import Ask, World, identify, track

SCORES = World(
    "what was before",
    as_of="2026-06-30T12:00:00Z",
    facts=[
        track("ana", "Scored", "2026-06-20T12:00:00Z", points=10),  # the first moment of the last ten days
        track("ana", "Scored", "2026-06-20T11:59:59.999999Z", points=20),  # the last of the ten before
        track("bob", "Scored", "2026-06-10T12:00:00Z", points=4),  # the first of those
        track("bob", "Scored", "2026-06-25T00:00:00Z", points=1.9),
        track("chen", "Scored", "2026-06-10T11:59:59.999999Z", points=100),  # before both
        track("chen", "Scored", "2026-06-25T00:00:00Z", points=1),
        track("dora", "Scored", "2026-06-12T00:00:00Z", points=0.2),
        track("dora", "Scored", "2026-06-25T00:00:00Z", points=0.1),
        identify("emil", "2026-01-01T00:00:00Z"),
        track("fay", "Scored", "2026-06-15T00:00:00Z", points=5),
    ],
    asks=[
        Ask('sum(points) of "Scored" in the last 10 days < half of the 10 days before', "bob fay"),
        Ask('sum(points) of "Scored" in the last 10 days <= half of the 10 days before', "ana bob dora emil fay"),
        Ask('sum(points) of "Scored" in the last 10 days = half of the 10 days before', "ana dora emil"),
        Ask('sum(points) of "Scored" in the last 10 days != half of the 10 days before', "bob chen fay"),
        Ask('sum(points) of "Scored" in the last 10 days > the 10 days before', "chen"),
        Ask('sum(points) of "Scored" where points > 1 in the last 10 days >= the 10 days before', "chen dora emil"),
        Ask('average(points) of "Scored" in the last 10 days < the 10 days before', "ana bob dora"),
        Ask('average(points) of "Scored" in the last 10 days != half of the 10 days before', "bob chen emil fay"),  # complement of =
        Ask('average(points) of "Scored" in the last 10 days = 0.5 times the 10 days before', "ana dora"),
        Ask('number of "Scored" in the last 10 days >= the 10 days before', "ana bob chen dora emil"),
        Ask('number of "Scored" in the last 10 days > twice the 10 days before', "chen"),
        Ask('number of different(points) of "Scored" in the last 20 days > 1.5 times the 10 days before', "ana bob dora fay"),
        Ask('largest(points) of "Scored" in the last 10 days >= half of the 10 days before', "ana dora"),
        Ask('smallest(points) of "Scored" in the last 10 days < 0.475001 times the 10 days before', "bob"),
        Ask('smallest(points) of "Scored" in the last 10 days < 0.475 times the 10 days before', ""),
    ],
)

CALENDAR = World(
    "the month before the month",
    as_of="2026-03-31T10:00:00Z",
    facts=[
        track("first", "Scored", "2026-02-28T10:00:00Z", points=1),  # in the last month, whose 31st is missing
        track("first", "Scored", "2026-01-28T10:00:00Z", points=3),  # a month before 28 February
        track("second", "Scored", "2026-01-28T09:59:59.999999Z", points=3),
        track("second", "Scored", "2026-03-01T00:00:00Z", points=1),
    ],
    asks=[
        Ask('sum(points) of "Scored" in the last 1 month < the 1 month before', "first"),
        Ask('sum(points) of "Scored" in the last 1 month > the 1 month before', "second"),
        Ask('sum(points) of "Scored" in the last 31 days < the 31 days before', "first"),
        Ask('sum(points) of "Scored" in the last 31 days < the 32 days before', "first second"),
    ],
)

WORLDS = [SCORES, CALENDAR]
