"""Where somebody is and which list they stand on: newest values, places that cannot be, ids joined later."""

from rapport.segments.tests.cases.world import Ask, World, alias, identify, track

PLACES = World(
    "near a branch",
    as_of="2026-06-30T00:00:00Z",
    branches={"Porto": (41.1496, -8.611), "Taveuni": (-16.8, -179.99)},
    facts=[
        identify("ana", "2026-01-01T00:00:00Z", latitude=41.15, longitude=-8.61),  # 95 m away
        identify("bob", "2026-01-01T00:00:00Z", latitude=41.15, longitude=-8.61),
        identify("bob", "2026-02-01T00:00:00Z", latitude=38.72),  # moved; the longitude is the newest that is known
        identify("chen", "2026-01-01T00:00:00Z", latitude=41.15, longitude=-8.61),
        identify("chen", "2026-02-01T00:00:00Z", latitude=95),  # nowhere on earth
        identify("dora", "2026-01-01T00:00:00Z", latitude=41.15),
        identify("emil", "2026-01-01T00:00:00Z", latitude="41.15", longitude=-8.61),  # text is no number
        identify("fay", "2026-01-01T00:00:00Z", latitude=41.2, longitude=-8.611),  # 5.604 km north
        identify("gus", "2026-01-01T00:00:00Z", latitude=-16.8, longitude=179.99),  # over the date line: 2.13 km
    ],
    asks=[
        Ask('within 1 km of branch "Porto"', "ana"),
        Ask('within 1 km of branch "Porto"', "ana bob chen", as_of="2026-02-01T00:00:00Z"),
        Ask('within 0.09 km of branch "Porto"', ""),
        Ask('within 5.6 km of branch "Porto"', "ana"),
        Ask('within 5.61 km of branch "Porto"', "ana fay"),
        Ask('within 3.48 mi of branch "Porto"', "ana"),
        Ask('within 3.49 mi of branch "Porto"', "ana fay"),
        Ask('within 300 km of branch "Porto"', "ana bob fay"),
        Ask('within 2.2 km of branch "Taveuni"', "gus"),
        Ask('within 25000 km of branch "Porto"', "ana bob fay gus"),
        Ask('everyone BUT NOT within 300 km of branch "Porto"', "chen dora emil gus"),
    ],
)

LISTS = World(
    "uploaded lists",
    as_of="2026-06-30T00:00:00Z",
    lists={"VIPs": ["ana", "bobby", "ana", "nobody", " ", "ANA"], "Nobody": ["unheard of"]},
    facts=[
        identify("ana", "2026-01-01T00:00:00Z"),
        track("bob", "Bought", "2026-01-01T00:00:00Z"),
        track("bobby", "Bought", "2026-01-01T00:00:00Z"),
        alias("bob", "bobby", "2026-02-01T00:00:00Z"),
        identify("chen", "2026-01-01T00:00:00Z"),
    ],
    asks=[
        Ask('in list "VIPs"', "ana bob"),
        Ask('everyone BUT NOT in list "VIPs"', "chen"),
        Ask('in list "Nobody"', ""),
        Ask('in list "VIPs" AND did "Bought" exactly 2 times', "bob"),
    ],
)

WORLDS = [PLACES, LISTS]
