"""AND, OR and BUT NOT at every depth, how they bind, and the complements that stay within everyone."""

from rapport.segments.tests.cases.world import Ask, World, identify, track

NOW = "2026-06-30T00:00:00Z"
EARLIER = "2026-06-01T00:00:00Z"

LETTERS = World(
    "sets of letters",
    as_of=NOW,
    facts=[  # each customer's name tells which of A, B and C they did
        identify("o", EARLIER),
        *(track(name, letter.upper(), EARLIER) for name in ("a", "b", "c", "ab", "ac", "bc", "abc") for letter in name),
        track("?visitor", "A", EARLIER),  # known by no more than an anonymous id: in no set
    ],
    segments={"A people": 'did "A"', "A alone": 'in segment "A people" BUT NOT did "B" OR did "C"'},
    asks=[
        Ask("everyone", "o a b c ab ac bc abc"),
        Ask("no one", ""),
        Ask('did "A"', "a ab ac abc"),
        Ask('did "A" AND did "B"', "ab abc"),
        Ask('did "A" OR did "B" AND did "C"', "a ab ac abc bc"),  # AND binds tighter
        Ask('(did "A" OR did "B") AND did "C"', "ac bc abc"),
        Ask('did "A" BUT NOT did "B"', "a ac"),
        Ask('did "A" BUT NOT did "B" AND did "C"', "a ab ac"),
        Ask('did "A" BUT NOT did "B" OR did "C"', "a"),  # BUT NOT binds loosest
        Ask('did "A" OR did "B" BUT NOT did "C"', "a b ab"),
        Ask('did "A" OR (did "B" BUT NOT did "C")', "a ab ac abc b"),
        Ask('did "A" BUT NOT did "B" BUT NOT did "C"', "a"),  # from left to right
        Ask('did "A" BUT NOT (did "B" BUT NOT did "C")', "a ac abc"),
        Ask('everyone BUT NOT did "A"', "o b c bc"),
        Ask('everyone BUT NOT (everyone BUT NOT did "A")', "a ab ac abc"),
        Ask('everyone BUT NOT (everyone BUT NOT (everyone BUT NOT did "A"))', "o b c bc"),
        Ask('no one OR did "C" AND everyone', "c ac bc abc"),
        Ask('did "A" at most 0 times AND did "B" at most 0 times', "o c"),
        Ask('did "A" BUT NOT did "A"', ""),
        Ask('(did "A" BUT NOT did "B") OR (did "B" BUT NOT did "A")', "a ac b bc"),
        Ask('in segment "A people"', "a ab ac abc"),
        Ask('in segment "A alone"', "a"),
        Ask('everyone BUT NOT in segment "A alone"', "o b c ab ac bc abc"),
        Ask('in segment "A people" BUT NOT in segment "A alone"', "ab ac abc"),
        Ask('in segment "A people"', "", as_of=EARLIER),  # the rule, asked then
        Ask("did anything", "a b c ab ac bc abc"),
        Ask("everyone BUT NOT did anything in the last 60 days", "o"),
        Ask("did anything at least 2 times", "ab ac bc abc"),
        Ask("did anything exactly 3 times", "abc"),
    ],
)

ANYTHING = World(
    "who acted",
    as_of=NOW,
    facts=[
        identify("told", EARLIER, plan="gold"),  # being told who somebody is, is no act of theirs
        track("sent", "Email Sent", EARLIER),  # done to the person
        track("opened", "Email Sent", EARLIER),
        track("opened", "Email Opened", EARLIER),
        track("refunded", "Order Refunded", EARLIER, order_id="1"),
        {"type": "page", "userId": "looked", "name": "Shirts", "timestamp": EARLIER},
        {"type": "screen", "userId": "tapped", "name": "Home", "timestamp": EARLIER},
        {"type": "group", "userId": "grouped", "groupId": "omaha", "timestamp": EARLIER},
        track("asked", "Consent Given", EARLIER, channel="email"),
    ],
    asks=[
        Ask("did anything", "opened looked tapped asked"),
        Ask('did "Email Sent"', "sent opened"),
        Ask('did "Page Viewed" where name = "Shirts"', "looked"),
        Ask('did "Screen Viewed"', "tapped"),
        Ask('did "Group"', "grouped"),
        Ask('did "Identify" where plan = "gold"', "told"),
        Ask("everyone BUT NOT did anything", "told sent refunded grouped"),
    ],
)

WHERE = World(
    "filters with AND, OR, BUT NOT",
    as_of=NOW,
    facts=[
        track("a", "Rated", EARLIER, score=1, topic="price"),
        track("b", "Rated", EARLIER, score=5, topic="price"),
        track("c", "Rated", EARLIER, score=1, topic="size"),
        track("d", "Rated", EARLIER, score=3),
        track("e", "Rated", EARLIER, topic="size"),
        track("f", "Rated", EARLIER, score=1, topic="price"),
        track("f", "Rated", EARLIER, score=5, topic="size"),
    ],
    asks=[
        Ask('did "Rated" where score <= 2', "a c f"),
        Ask('did "Rated" where (score <= 2 AND topic = "price")', "a f"),
        Ask('did "Rated" where (score <= 2 OR topic = "price")', "a b c f"),
        Ask('did "Rated" where (score <= 2 BUT NOT topic = "price")', "c"),
        Ask('did "Rated" where (topic = "size" BUT NOT score = 1)', "e f"),
        Ask('did "Rated" where (score = 5 OR score = 1 AND topic = "size")', "b c f"),
        Ask('did "Rated" where ((score = 5 OR score = 1) AND topic = "size")', "c f"),
        Ask('did "Rated" where score != 1', "b d e f"),
        Ask('did "Rated" where score not in (1, 5)', "d e"),
        Ask('did "Rated" where score is unknown', "e"),
        Ask('did "Rated" where topic != "price"', "c d e f"),
        Ask('did "Rated" where score < 10', "a b c d f"),
        Ask('did "Rated" where (score is known BUT NOT score <= 2 BUT NOT score >= 5)', "d"),
        Ask('did "Rated" where score != 1 exactly 1 times', "b d e f"),
        Ask('did "Rated" where score = 1 at most 0 times', "b d e"),
    ],
)

WORLDS = [LETTERS, ANYTHING, WHERE]
