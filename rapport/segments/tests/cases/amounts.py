"""Amounts: exact sums and averages, what nothing adds up to, distinct values, and amounts with a name."""

from rapport.segments.tests.cases.world import Ask, World, identify, track

NOW = "2026-06-30T00:00:00Z"

SUMS = World(
    "sums of numbers",
    as_of=NOW,
    facts=[
        *(track("tenths", "Paid", f"2026-06-{day:02}T00:00:00Z", amount=0.1) for day in range(1, 11)),
        track("one", "Paid", "2026-06-01T00:00:00Z", amount=1),
        track("minus", "Paid", "2026-06-01T00:00:00Z", amount=-5),
        track("minus", "Paid", "2026-06-02T00:00:00Z", amount=6.5),
        track("part", "Paid", "2026-06-01T00:00:00Z", amount=3),
        track("part", "Paid", "2026-06-02T00:00:00Z"),  # says no amount
        track("part", "Paid", "2026-06-03T00:00:00Z", amount="4"),  # text is no number
        track("empty", "Paid", "2026-06-01T00:00:00Z"),
        track("third", "Paid", "2026-06-01T00:00:00Z", amount=1),
        track("third", "Paid", "2026-06-02T00:00:00Z", amount=0),
        track("third", "Paid", "2026-06-03T00:00:00Z", amount=0),
        track("half", "Paid", "2026-06-01T00:00:00Z", amount=0.0000005),  # rounds away from zero, to a millionth
        track("less", "Paid", "2026-06-01T00:00:00Z", amount=0.0000004),  # rounds to nothing
        identify("none", "2026-01-01T00:00:00Z"),
    ],
    asks=[
        Ask('sum(amount) of "Paid" = 1', "tenths one third"),
        Ask('sum(amount) of "Paid" = 1.5', "minus"),
        Ask('sum(amount) of "Paid" = 0', "empty less none"),
        Ask('sum(amount) of "Paid" = 0.000001', "half"),
        Ask('sum(amount) of "Paid" < 0.000001', "empty less none"),
        Ask('sum(amount) of "Paid" != 1', "minus part empty half less none"),
        Ask('sum(amount) of "Paid" where amount > 0 = 6.5', "minus"),
        Ask('sum(amount) of "Paid" since 2026-06-06 = 0.5', "tenths"),
        Ask('sum(amount) of "Paid" in the last 29 days >= 1', "tenths one third minus part"),  # from 1 June on
        Ask('average(amount) of "Paid" = 0.1', "tenths"),
        Ask('average(amount) of "Paid" = 3', "part"),  # of the one that is known
        Ask('average(amount) of "Paid" = 0.75', "minus"),
        Ask('average(amount) of "Paid" > 0.333333', "one minus part third"),
        Ask('average(amount) of "Paid" = 0.333333', ""),
        Ask('average(amount) of "Paid" >= 0', "tenths one minus part third half less"),
        Ask('average(amount) of "Paid" != 3', "tenths one minus third half less empty none"),  # the complement, always
        Ask('smallest(amount) of "Paid" = -5', "minus"),
        Ask('largest(amount) of "Paid" >= 1', "one minus part third"),
        Ask('largest(amount) of "Paid" = 0.1', "tenths"),
        Ask('number of "Paid" = 3', "part third"),
        Ask('number of "Paid" = 0', "none"),
        Ask('number of "Paid" where amount is known = 1', "one part half less"),
        Ask('number of "Paid" != 1', "tenths minus part third none"),
        Ask('number of different(amount) of "Paid" = 2', "minus third"),
        Ask('number of different(amount) of "Paid" = 1', "tenths one part half less"),
        Ask('number of different(amount) of "Paid" = 0', "empty none"),
    ],
)

DIFFERENT = World(
    "distinct values",
    as_of=NOW,
    facts=[
        track("a", "Flown", "2026-06-01T00:00:00Z", route="JFK-LHR", on="2026-06-01"),
        track("a", "Flown", "2026-06-02T00:00:00Z", route="jfk-lhr", on="2026-06-01"),
        track("a", "Flown", "2026-06-03T00:00:00Z", route="JFK-LHR", on="2026-06-03", class_="eco"),
        track("b", "Flown", "2026-06-01T00:00:00Z", route="Jose\u0301", tags=["x", "y"]),
        track("b", "Flown", "2026-06-02T00:00:00Z", route="José", tags=["y", "z"]),
        track("c", "Flown", "2026-06-02T00:00:00Z", route=7, tags=[]),
    ],
    asks=[
        Ask('number of different(route) of "Flown" = 2', "a"),
        Ask('number of different(route) of "Flown" = 1', "b"),  # one and the same after NFC
        Ask('number of different(route) of "Flown" = 0', "c"),
        Ask('number of different(on) of "Flown" = 2', "a"),
        Ask('number of different(tags) of "Flown" = 3', "b"),
        Ask('number of "Flown" where tags is unknown = 1', "c"),
        Ask('number of different(route) of "Flown" before 2026-06-02 = 1', "a b"),
    ],
)

NAMED = World(
    "amounts with names",
    as_of=NOW,
    facts=[
        track("a", "Paid", "2026-06-01T00:00:00Z", amount=100),
        track("a", "Paid", "2026-06-29T00:00:00Z", amount=50),
        track("b", "Paid", "2026-01-01T00:00:00Z", amount=500),
        identify("c", "2026-01-01T00:00:00Z"),
    ],
    measures={
        "spend": 'sum(amount) of "Paid"',
        "spend_lately": 'sum(amount) of "Paid" in the last 30 days',
        "usual": 'average(amount) of "Paid"',
        "last_seen": 'days since last "Paid"',
    },
    asks=[
        Ask("spend >= 150", "a b"),
        Ask("spend = 150", "a"),
        Ask("spend_lately = 150", "a"),
        Ask("spend_lately = 0", "b c"),
        Ask("spend in (150, 500)", "a b"),
        Ask("spend not in (150, 500)", "c"),
        Ask("usual = 75", "a"),
        Ask("usual is known", "a b"),
        Ask("usual is unknown", "c"),
        Ask("usual < 1000", "a b"),
        Ask("last_seen = 1", "a"),
        Ask("last_seen > 100", "b"),
        Ask("spend > 0 BUT NOT spend_lately > 0", "b"),
        Ask("spend = 100", "a", as_of="2026-06-29T00:00:00Z"),
    ],
)

WORLDS = [SUMS, DIFFERENT, NAMED]
