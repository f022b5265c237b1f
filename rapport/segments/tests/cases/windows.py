"""Windows on facts: half-open to the microsecond, calendar months, the company's clock and its changes of hour."""

from rapport.segments.tests.cases.world import Ask, World, identify, track

EDGES = World(
    "edges of windows",
    as_of="2026-06-30T12:00:00Z",
    facts=[
        track("edge", "Visited", "2026-06-29T12:00:00Z"),  # a day ago, exactly
        track("older", "Visited", "2026-06-29T11:59:59.999999Z"),
        track("last", "Visited", "2026-06-30T11:59:59.999999Z"),
        track("now", "Visited", "2026-06-30T12:00:00Z"),
        track("next", "Visited", "2026-06-30T12:00:00.000001Z"),
        identify("never", "2026-01-01T00:00:00Z"),
    ],
    asks=[
        Ask('did "Visited"', "edge older last"),
        Ask('did "Visited" in the last 1 day', "edge last"),
        Ask('did "Visited" in the last 24 hours', "edge last"),
        Ask('did "Visited" in the last 1440 minutes', "edge last"),
        Ask('did "Visited" in the last 1 minute', "last"),
        Ask('did "Visited" before 2026-06-29T12:00:00Z', "older"),
        Ask('did "Visited" since 2026-06-29T12:00:00Z', "edge last"),
        Ask('did "Visited" since 2026-06-30T12:00:00Z', ""),
        Ask('did "Visited" before 2027-01-01', "edge older last"),
        Ask('did "Visited" between 2026-06-29T11:59:59.999999Z and 2026-06-29T12:00:00Z', "older"),
        Ask('did "Visited" between 2026-06-29T12:00:00Z and 2026-06-30T11:59:59.999999Z', "edge"),
        Ask('did "Visited" between 2026-06-30 and 2026-07-02', "last"),
        Ask('did "Visited" at most 0 times', "now next never"),
        Ask('did "Visited" exactly 0 times in the last 1 day', "older now next never"),
        Ask('did "Visited" at most 0 times before 2026-06-29T12:00:00Z', "edge last now next never"),
        Ask('everyone BUT NOT did "Visited"', "now next never"),
        Ask('did "Visited" in the last 1 day', "last now", as_of="2026-06-30T12:00:00.000001Z"),
        Ask('did "Visited" in the last 1 minute', "last now next", as_of="2026-06-30T12:00:00.000002Z"),
        Ask('did "Visited"', "", as_of="2026-06-29T11:59:59.999999Z"),
        Ask('did "Visited"', "older", as_of="2026-06-29T12:00:00Z"),
        Ask('days since last "Visited" = 0', "last"),
    ],
)

DAYS = World(
    "days since",
    as_of="2026-06-30T12:00:00Z",
    facts=[
        track("a", "Called", "2026-06-29T12:00:00Z"),  # 1 period
        track("b", "Called", "2026-06-29T12:00:00.000001Z"),  # 0
        track("c", "Called", "2026-06-20T12:00:00Z"),  # 10
        track("c", "Called", "2026-06-25T11:00:00Z"),  # 5
        track("d", "Called", "2026-06-30T12:00:00Z"),  # not yet
        track("e", "Called", "2026-06-26T12:00:00.5Z"),  # 3 whole ones
    ],
    asks=[
        Ask('days since last "Called" = 1', "a"),
        Ask('days since last "Called" = 0', "b"),
        Ask('days since last "Called" >= 1', "a c e"),
        Ask('days since last "Called" = 5', "c"),
        Ask('days since first "Called" = 10', "c"),
        Ask('days since first "Called" > 9', "c"),
        Ask('days since last "Called" < 5', "a b e"),
        Ask('days since last "Called" != 5', "a b d e"),  # the complement, also of those who never called
        Ask('days since last "Called" = 3', "e"),
        Ask('days since first "Called" in the last 6 days = 5', "c"),
    ],
)

MONTHS = World(
    "calendar months",
    as_of="2026-03-31T10:00:00Z",
    received="2028-06-01T00:00:00Z",
    facts=[
        track("cut", "Visited", "2026-02-28T10:00:00Z"),
        track("uncut", "Visited", "2026-02-28T09:59:59.999999Z"),
        track("year", "Visited", "2025-02-28T10:00:00Z"),
        track("leap", "Renewed", "2024-02-29T00:00:00Z"),
        track("leapt", "Renewed", "2024-02-28T23:59:59.999999Z"),
        track("common", "Renewed", "2027-02-28T00:00:00Z"),
        track("commoner", "Renewed", "2027-02-27T23:59:59.999999Z"),
    ],
    asks=[
        Ask('did "Visited" in the last 1 month', "cut"),  # 28 February, the month's end
        Ask('did "Visited" in the last 31 days', "cut"),
        Ask('did "Visited" in the last 2 months', "cut uncut"),
        Ask('did "Visited" in the last 13 months', "cut uncut year"),
        Ask('did "Visited" in the last 1 month', "cut", as_of="2026-03-28T10:00:00Z"),
        Ask('did "Visited" in the last 1 month', "cut", as_of="2026-03-29T10:00:00Z"),
        Ask('did "Visited" in the last 1 month', "", as_of="2026-03-29T10:00:00.000001Z"),
        Ask('did "Visited" in the last 12 months', "uncut year", as_of="2026-02-28T10:00:00Z"),  # cut is now, not before
        Ask('did "Renewed" in the last 1 year', "common", as_of="2028-02-29T00:00:00Z"),
        Ask('did "Renewed" in the last 12 months', "common", as_of="2028-02-29T00:00:00Z"),
        Ask('did "Renewed" in the last 4 years', "leap common commoner", as_of="2028-02-29T00:00:00Z"),
        Ask('did "Renewed" in the last 52 weeks', "", as_of="2028-02-29T00:00:00Z"),  # 364 days: from 2 March 2027
        Ask('did "Renewed" in the last 366 days', "common", as_of="2028-02-29T00:00:00Z"),
    ],
)

NEW_YORK = World(
    "the company's clock",
    as_of="2026-04-15T12:00:00Z",
    zone="America/New_York",
    received="2026-12-01T00:00:00Z",
    facts=[
        track("a", "Day", "2026-03-08T05:00:00Z"),  # midnight of 8 March, still winter time
        track("b", "Day", "2026-03-08T04:59:59.999999Z"),
        track("c", "Day", "2026-03-09T04:00:00Z"),  # midnight of 9 March, summer time
        track("d", "Day", "2026-03-09T03:59:59.999999Z"),
        track("e", "Gap", "2026-03-08T07:30:00Z"),
        track("f", "Gap", "2026-03-08T07:29:59.999999Z"),
        track("g", "Twice", "2026-11-01T05:30:00Z"),
        track("h", "Twice", "2026-11-01T05:29:59.999999Z"),
        track("i", "Twice", "2026-11-01T06:30:00Z"),
        track("j", "Hour", "2026-03-07T17:00:00Z"),
        track("k", "Hour", "2026-03-07T16:59:59.999999Z"),
        track("l", "Month", "2026-02-28T17:00:00Z"),  # noon of 28 February, winter time
        track("m", "Month", "2026-02-28T16:59:59.999999Z"),
        track("n", "Evening", "2026-03-01T03:00:00Z"),  # still 28 February, 22:00
        track("o", "Evening", "2026-03-01T02:59:59.999999Z"),
    ],
    asks=[
        Ask('did "Day" since 2026-03-08', "a c d"),
        Ask('did "Day" since 2026-03-09', "c"),
        Ask('did "Day" between 2026-03-08 and 2026-03-09', "a d"),  # a day of 23 hours
        Ask('did "Day" since 2026-03-08T00:00:00', "a c d"),
        Ask('did "Day" since 2026-03-08T00:00:00Z', "a b c d"),
        Ask('did "Day" since 2026-03-09T00:00:00-05:00', ""),
        Ask('did "Gap" since 2026-03-08T02:30', "e"),  # a time that no clock showed: read as before the change
        Ask('did "Gap" before 2026-03-08T02:30', "f"),
        Ask('did "Twice" since 2026-11-01T01:30', "g i", as_of="2026-11-15T00:00:00Z"),  # shown twice: the first
        Ask('did "Twice" since 2026-11-01T01:30-05:00', "i", as_of="2026-11-15T00:00:00Z"),
        Ask('did "Hour" in the last 1 day', "j", as_of="2026-03-08T17:00:00Z"),  # 24 hours over the change
        Ask('did "Month" in the last 1 month', "l", as_of="2026-03-31T16:00:00Z"),  # noon to noon over the change
        Ask('did "Month" in the last 31 days', "l m", as_of="2026-03-31T16:00:00Z"),
        Ask('did "Evening" in the last 1 month', "n", as_of="2026-04-01T02:00:00Z"),  # 31 March, 22:00 in New York
    ],
)

WORLDS = [EDGES, DAYS, MONTHS, NEW_YORK]
