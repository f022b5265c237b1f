"""Traits: the newest value by own time, text compared exactly, complements taken in everyone, lists and dotted names."""

from rapport.segments.tests.cases.world import Ask, World, identify

NEWEST = World(
    "the newest value of a trait",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        identify("ana", "2026-03-01T00:00:00Z", city="Porto"),
        identify("ana", "2026-01-01T00:00:00Z", city="Lisbon"),  # came late, is older
        identify("bob", "2026-03-01T00:00:00Z", city="Omaha"),
        identify("bob", "2026-03-01T00:00:00Z", city="Boston"),  # the same moment: the later fact
        identify("chen", "2026-03-01T00:00:00Z", city="Toronto"),
        identify("chen", "2026-04-01T00:00:00Z", city=None),  # null is absent
        identify("dora", "2026-03-01T00:00:00Z", city="Turin"),
        identify("dora", "2026-04-01T00:00:00Z", plan="gold"),  # says nothing of the city
        identify("emil", "2026-03-01T00:00:00Z", city="Basel"),
        identify("emil", "2026-04-01T00:00:00Z", city=4001),  # does not fit: as if not said
        identify("fay", "2026-03-01T00:00:00Z", city="Cork"),
        identify("fay", "2026-04-01T00:00:00Z", city=""),  # empty is a text
        identify("gus", "2026-12-01T00:00:00Z", city="Oslo"),  # still to come
    ],
    asks=[
        Ask('city = "Porto"', "ana"),
        Ask('city = "Lisbon"', ""),
        Ask('city = "Lisbon"', "ana", as_of="2026-03-01T00:00:00Z"),
        Ask('city = "Porto"', "ana", as_of="2026-03-01T00:00:00.000001Z"),
        Ask('city = "Boston"', "bob"),
        Ask('city in ("Toronto", "Turin", "Basel")', "chen dora emil"),
        Ask('city not in ("Toronto", "Turin", "Basel")', "ana bob fay gus"),
        Ask('city = ""', "fay"),
        Ask("city is known", "ana bob chen dora emil fay"),
        Ask("city is unknown", "gus"),
        Ask('city != "Porto"', "bob chen dora emil fay gus"),
        Ask('city = "Oslo"', "gus", as_of="2026-12-01T00:00:00.000001Z"),
        Ask('plan = "gold" AND city = "Turin"', "dora"),
    ],
)

TEXT = World(
    "text is exact",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        identify("a", "2026-01-01T00:00:00Z", name="José"),
        identify("b", "2026-01-01T00:00:00Z", name="Jose\u0301"),  # the same after NFC
        identify("c", "2026-01-01T00:00:00Z", name="jose"),
        identify("d", "2026-01-01T00:00:00Z", name="José Luis"),
        identify("e", "2026-01-01T00:00:00Z", firstName="Zoë"),
        identify("f", "2026-01-01T00:00:00Z", first_name="Zoe", name="50% _off_"),
    ],
    asks=[
        Ask('name = "José"', "a b"),
        Ask('name = "Jose\u0301"', "a b"),
        Ask('name starts with "José"', "a b d"),
        Ask('name contains "é L"', "d"),
        Ask('name contains "jose"', "c"),
        Ask('name contains "%"', "f"),
        Ask('name contains "_o"', "f"),
        Ask('name starts with "5_"', ""),
        Ask('name contains ""', "a b c d f"),  # every known text does
        Ask('name != "José"', "c d e f"),
        Ask('name = "José "', ""),
        Ask('first_name = "Zoë"', "e"),
        Ask('firstName = "Zoë"', "e"),  # Segment's spelling is the same trait
    ],
)

KINDS = World(
    "numbers, truths and lists",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        identify("a", "2026-01-01T00:00:00Z", points=10, vip=True, tags=["news", "sale"], address={"floor": 3}),
        identify("b", "2026-01-01T00:00:00Z", points=10.5, vip=False, tags=["sale"]),
        identify("c", "2026-01-01T00:00:00Z", points=-1, tags=["vip sale"], address={"floor": 1}),
        identify("d", "2026-01-01T00:00:00Z", points="10"),  # a number as text is text
        identify("e", "2026-01-01T00:00:00Z", points=0.1, vip="true"),
        identify("e", "2026-02-01T00:00:00Z", tags=["old"]),
        identify("e", "2026-03-01T00:00:00Z", tags=["new"]),
    ],
    asks=[
        Ask("points = 10", "a"),
        Ask("points = 10.0", "a"),
        Ask("points >= 10", "a b"),
        Ask("points < 0", "c"),
        Ask("points > -1", "a b e"),
        Ask("points = 0.1", "e"),
        Ask("points != 10", "b c d e"),
        Ask("points in (10, 10.5)", "a b"),
        Ask("points is unknown", "d"),
        Ask("vip = true", "a"),
        Ask("vip = false", "b"),
        Ask("vip != true", "b c d e"),
        Ask('tags = "sale"', "a b"),
        Ask('tags != "sale"', "c d e"),
        Ask('tags contains "sale"', "a b c"),
        Ask('tags in ("news", "new")', "a e"),
        Ask('tags not in ("news", "sale")', "c d e"),
        Ask('tags = "old"', ""),  # a newer list stands for the whole of it
        Ask("tags is known", "a b c e"),
        Ask("address.floor >= 2", "a"),
        Ask("address.floor is unknown", "b d e"),
    ],
)

WORLDS = [NEWEST, TEXT, KINDS]
