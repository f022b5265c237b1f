"""Traits and properties that are days or moments: windows on their values, comparisons, anniversaries."""

from rapport.segments.tests.cases.world import Ask, World, identify, track

TODAY = "2026-06-30T12:00:00Z"
LONG_AGO = "2025-01-01T00:00:00Z"

DAYS = World(
    "traits that are days",
    as_of=TODAY,
    facts=[
        identify("a", LONG_AGO, renewal="2026-06-30"),  # today
        identify("b", LONG_AGO, renewal="2026-06-29"),
        identify("c", LONG_AGO, renewal="2026-07-01"),
        identify("d", LONG_AGO, renewal="2026-06-23"),
        identify("e", LONG_AGO, renewal="2026-07-30"),
        identify("f", LONG_AGO, country="Malta"),
    ],
    asks=[
        Ask("renewal in the last 1 day", "b"),
        Ask("renewal in the last 7 days", "b d"),
        Ask("renewal in the last 1 week", "b d"),
        Ask("renewal in the next 1 day", "a"),
        Ask("renewal in the next 2 days", "a c"),
        Ask("renewal in the next 1 month", "a c"),
        Ask("renewal in the next 31 days", "a c e"),
        Ask("renewal before 2026-06-30", "b d"),
        Ask("renewal before 2026-06-30T18:00:00Z", "b d"),  # the moment's day
        Ask("renewal since 2026-06-30", "a c e"),
        Ask("renewal between 2026-06-29 and 2026-07-01", "a b"),
        Ask("renewal = 2026-06-30", "a"),
        Ask("renewal = 2026-06-30T23:59:00Z", "a"),
        Ask("renewal != 2026-06-30", "b c d e f"),
        Ask("renewal < 2026-06-30", "b d"),
        Ask("renewal <= 2026-06-30", "a b d"),
        Ask("renewal > 2026-06-30", "c e"),
        Ask("renewal >= 2026-06-30", "a c e"),
        Ask("renewal in (2026-06-29, 2026-07-30)", "b e"),
        Ask("renewal not in (2026-06-29, 2026-07-30)", "a c d f"),
        Ask("renewal is known", "a b c d e"),
        Ask("renewal is unknown", "f"),
        Ask("renewal in the next 1 day", "c", as_of="2026-07-01T23:59:59.999999Z"),
        Ask("renewal in the last 1 day", "a", as_of="2026-07-01T00:00:00Z"),
    ],
)

BIRTHDAYS = World(
    "anniversaries",
    as_of=TODAY,
    facts=[
        identify("a", LONG_AGO, birthday="1990-06-30"),
        identify("b", LONG_AGO, birthday="1985-06-29"),
        identify("c", LONG_AGO, birthday="2000-07-01"),
        identify("d", LONG_AGO, birthday="1996-02-29"),
        identify("e", LONG_AGO, birthday="1970-12-31"),
        identify("f", LONG_AGO, birthday="30.06.1990"),  # no ISO day: unknown
    ],
    asks=[
        Ask("birthday anniversary in the next 1 day", "a"),
        Ask("birthday anniversary in the next 2 days", "a c"),
        Ask("birthday anniversary in the next 1 year", "a b c d e"),
        Ask("birthday anniversary in the next 364 days", "a c d e"),  # b's comes on the 364th day from now
        Ask("birthday anniversary in the next 365 days", "a b c d e"),
        Ask("birthday anniversary in the next 1 day", "", as_of="2026-02-28T12:00:00Z"),
        Ask("birthday anniversary in the next 2 days", "d", as_of="2026-02-28T12:00:00Z"),  # 1 March in a common year
        Ask("birthday anniversary in the next 1 day", "d", as_of="2026-03-01T12:00:00Z"),
        Ask("birthday anniversary in the next 1 day", "", as_of="2028-02-28T12:00:00Z"),
        Ask("birthday anniversary in the next 2 days", "d", as_of="2028-02-28T12:00:00Z"),  # 29 February in a leap year
        Ask("birthday anniversary in the next 1 day", "", as_of="2028-03-01T12:00:00Z"),
        Ask("birthday anniversary in the next 1 day", "e", as_of="2026-12-31T23:00:00Z"),
        Ask("birthday anniversary in the next 364 days", "a b c d", as_of="2027-01-01T00:00:00Z"),
        Ask("birthday anniversary in the next 1 month", "a c", as_of="2026-06-30T00:00:00Z"),
        Ask("birthday is unknown", "f"),
        Ask("birthday before 1990-01-01", "b e"),
    ],
)

MOMENTS = World(
    "traits that are moments",
    as_of=TODAY,
    facts=[
        identify("p", LONG_AGO, trial_ends="2026-06-30T12:00:00Z"),
        identify("q", LONG_AGO, trial_ends="2026-06-30T13:59:59+02:00"),  # a second before p
        identify("r", LONG_AGO, trial_ends="2026-07-01T12:00:00Z"),
        identify("s", LONG_AGO, trial_ends="2026-06-29T12:00:00Z"),
        identify("w", LONG_AGO, trial_ends="2026-06-30"),  # midnight
        identify("x", LONG_AGO, trial_ends="2026-06-30T12:00:00"),  # the company's clock: UTC
        identify("u", LONG_AGO, trial_ends="soon"),  # unknown
    ],
    asks=[
        Ask("trial_ends in the next 1 day", "p x"),
        Ask("trial_ends in the next 25 hours", "p r x"),
        Ask("trial_ends in the last 1 day", "q s w"),
        Ask("trial_ends in the last 30 minutes", "q"),
        Ask("trial_ends before 2026-06-30T12:00:00Z", "q s w"),
        Ask("trial_ends since 2026-06-30T12:00:00Z", "p r x"),
        Ask("trial_ends = 2026-06-30T14:00:00+02:00", "p x"),
        Ask("trial_ends != 2026-06-30T12:00:00Z", "q r s w u"),
        Ask("trial_ends = 2026-06-30", "w"),
        Ask("trial_ends > 2026-06-30", "p q r x"),
        Ask("trial_ends anniversary in the next 1 day", "p q w x"),
        Ask("trial_ends is unknown", "u"),
        Ask("trial_ends in the next 1 month", "r", as_of="2026-06-30T12:00:00.000001Z"),
    ],
)

TOKYO = World(
    "the company's day",
    as_of="2026-06-30T16:00:00Z",  # 1 July, 01:00 in Tokyo
    zone="Asia/Tokyo",
    facts=[
        identify("a", LONG_AGO, renewal="2026-07-01", seen="2026-06-30T15:00:00Z"),
        identify("b", LONG_AGO, renewal="2026-06-30", seen="2026-06-30T14:59:59.999999Z"),
        identify("c", LONG_AGO, renewal="2026-07-02", seen="2026-07-01T00:00:00"),
    ],
    asks=[
        Ask("renewal in the next 1 day", "a"),
        Ask("renewal in the last 1 day", "b"),
        Ask("renewal = 2026-06-30T15:00:00Z", "a"),  # midnight of 1 July there
        Ask("seen since 2026-07-01", "a c"),
        Ask("seen before 2026-07-01", "b"),
        Ask("seen = 2026-07-01", "a c"),
        Ask("seen anniversary in the next 1 day", "a c"),
    ],
)

FILTERS = World(
    "days and moments of facts",
    as_of=TODAY,
    facts=[
        track("a", "Booked", "2026-06-01T00:00:00Z", departure="2026-07-01", check_in="2026-06-30T15:00:00Z"),
        track("b", "Booked", "2026-06-01T00:00:00Z", departure="2026-06-30", check_in="2026-06-30T11:00:00Z"),
        track("c", "Booked", "2026-06-01T00:00:00Z", departure="2026-06-28"),
        track("c", "Booked", "2026-06-02T00:00:00Z", check_in="2027-08-30T11:00:00Z"),
        track("d", "Booked", "2026-06-01T00:00:00Z", departure="tomorrow"),
    ],
    asks=[
        Ask('did "Booked" where departure in the next 1 day', "b"),
        Ask('did "Booked" where departure in the next 2 days', "a b"),
        Ask('did "Booked" where departure in the last 3 days', "c"),
        Ask('did "Booked" where departure is unknown', "c d"),
        Ask('did "Booked" where departure != 2026-06-30', "a c d"),
        Ask('did "Booked" where (departure != 2026-06-30 AND departure is known)', "a c"),
        Ask('did "Booked" where check_in in the next 4 hours', "a"),
        Ask('did "Booked" where check_in in the last 1 hour', "b"),
        Ask('did "Booked" where check_in anniversary in the next 1 day', "a b"),
        Ask('smallest(departure) of "Booked" < 2026-06-30', "c"),
        Ask('largest(departure) of "Booked" >= 2026-06-30', "a b"),
        Ask('largest(check_in) of "Booked" > 2026-06-30T12:00:00Z', "a c"),
        Ask('largest(check_in) of "Booked" != 2026-06-30T15:00:00Z', "b c d"),  # of d nothing is known: the complement, always
    ],
)

WORLDS = [DAYS, BIRTHDAYS, MOMENTS, TOKYO, FILTERS]
