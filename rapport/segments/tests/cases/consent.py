"""`may receive`: the newest word on the channel and purpose, a usable address, and no suppression of it."""

from rapport.segments.tests.cases.world import Ask, World, alias, identify, track

JAN, FEB, MAR, APR = (f"2026-0{month}-01T00:00:00Z" for month in range(1, 5))

WORDS = World(
    "consent by mail",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        identify("ana", JAN, email="ana@example.com"),
        track("ana", "Consent Given", FEB, channel="email"),
        identify("bob", JAN, email="bob@example.com"),
        track("bob", "Consent Given", FEB, channel="email"),
        track("bob", "Consent Withdrawn", MAR, channel="email"),
        identify("chen", JAN, email="chen@example.com"),
        track("chen", "Consent Given", FEB, channel="email"),
        track("chen", "Unsubscribed", MAR),  # mail, marketing
        identify("dora", JAN, email="dora@example.com"),
        track("dora", "Consent Withdrawn", FEB, channel="email"),
        track("dora", "Consent Given", MAR, channel="email"),
        identify("emil", JAN, email="emil@example.com"),
        track("emil", "Consent Given", MAR, channel="email"),
        track("emil", "Consent Withdrawn", FEB, channel="email"),  # told later, said earlier
        identify("fay", JAN, email="fay@example.com"),  # never asked
        track("gus", "Consent Given", FEB, channel="email"),  # no address
        identify("hana", JAN, email="hana at example"),
        track("hana", "Consent Given", FEB, channel="email"),  # an address nobody can write to
        identify("ivo", JAN, email="ivo@example.com"),
        track("ivo", "Consent Given", FEB, channel="email"),
        track("ivo", "Consent Withdrawn", FEB, channel="email"),  # the same moment: the later fact
        identify("joy", JAN, email="joy@example.com"),
        track("joy", "Consent Given", FEB, channel="email", purpose="newsletter"),
        identify("kim", JAN, email="kim@example.com"),
        track("kim", "Consent Given", FEB, channel="email"),
        track("kim", "Unsubscribed", MAR, purpose="newsletter"),
    ],
    asks=[
        Ask("may receive email", "ana dora emil kim"),
        Ask("may receive email for marketing", "ana dora emil kim"),
        Ask("may receive email for newsletter", "joy"),
        Ask("everyone BUT NOT may receive email", "bob chen fay gus hana ivo joy"),
        Ask("may receive email", "", as_of="2026-02-01T00:00:00Z"),
        Ask("may receive email", "ana bob chen kim", as_of="2026-02-01T00:00:00.000001Z"),
        Ask("may receive email", "ana bob chen kim", as_of="2026-03-01T00:00:00Z"),
        Ask("may receive email", "ana dora emil kim", as_of="2026-03-01T00:00:00.000001Z"),
        Ask("may receive sms", ""),
        Ask('may receive email AND email starts with "d"', "dora"),
    ],
)

CHANNELS = World(
    "consent on other channels",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        identify("ana", JAN, phone="+14025550101"),
        track("ana", "Consent Given", FEB, channel="sms"),
        identify("bob", JAN, email="bob@example.com"),
        track("bob", "Consent Given", FEB, channel="sms"),  # no phone
        identify("chen", JAN, postalCode="10115"),
        track("chen", "Consent Given", FEB, channel="post"),
        identify("dora", JAN, city="Turin"),
        track("dora", "Consent Given", FEB, channel="post"),
        track("emil", "Consent Given", FEB, channel="post"),
        track("fay", "Consent Given", FEB, channel="push"),
        identify("gus", JAN, phone="+14025550107"),
        track("gus", "Consent Given", FEB, channel="phone"),
    ],
    asks=[
        Ask("may receive sms", "ana"),
        Ask("may receive phone", "gus"),
        Ask("may receive post", "chen dora"),
        Ask("may receive push", "fay"),
        Ask("may receive email", ""),
        Ask("may receive sms OR may receive phone", "ana gus"),
    ],
)

SUPPRESSED = World(
    "suppressed addresses",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        identify("ana", JAN, email="Ana@Example.com"),
        track("ana", "Consent Given", JAN, channel="email"),
        track("provider", "Address Suppressed", FEB, channel="email", address="ana@example.com", reason="complaint"),
        identify("bob", JAN, email="bob@example.com", phone="+14025550102"),
        track("bob", "Consent Given", JAN, channel="email"),
        track("bob", "Consent Given", JAN, channel="sms"),
        track("provider", "Address Suppressed", FEB, channel="email", address="bob@example.com", reason="bounce"),
        track("provider", "Suppression Lifted", MAR, channel="email", address="bob@example.com"),
        identify("chen", JAN, email="chen@example.com", phone="+14025550103"),
        track("chen", "Consent Given", JAN, channel="email"),
        track("chen", "Consent Given", JAN, channel="sms"),
        track("provider", "Address Suppressed", FEB, channel="sms", address="+14025550103", reason="stop"),
        identify("dora", JAN, email="old@example.com"),
        track("dora", "Consent Given", JAN, channel="email"),
        track("provider", "Address Suppressed", FEB, channel="email", address="old@example.com", reason="bounce"),
        identify("dora", APR, email="dora@example.com"),  # has a new address since
    ],
    asks=[
        Ask("may receive email", "bob chen dora"),
        Ask("may receive sms", "bob"),
        Ask("may receive email", "ana bob chen dora", as_of=FEB),
        Ask("may receive email", "chen", as_of="2026-02-01T00:00:00.000001Z"),
        Ask("may receive email", "bob chen", as_of="2026-03-01T00:00:00.000001Z"),
        Ask("may receive sms", "bob chen", as_of=FEB),
    ],
)

JOINED = World(
    "consent of an alias",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        track("?phone", "Consent Given", FEB, channel="email"),
        identify("ana", MAR, at="phone", email="ana@example.com"),
        track("bobby", "Consent Given", FEB, channel="email"),
        identify("bob", JAN, email="bob@example.com"),
        alias("bob", "bobby", APR),
    ],
    asks=[
        Ask("may receive email", "ana bob"),
        Ask("may receive email", "bob", as_of="2026-02-15T00:00:00Z"),  # who is who stands as now; ana's address came in March
    ],
)

WORLDS = [WORDS, CHANNELS, SUPPRESSED, JOINED]
