"""Money: in the company's currency at the rate of the fact's day, exact to the millionth, and unknown without a rate."""

from rapport.segments.tests.cases.world import Ask, World, identify, order, track

NOW = "2026-06-30T00:00:00Z"

RATES = World(
    "several currencies",
    as_of=NOW,
    rates=[("EUR", "2026-06-01", "1.10"), ("EUR", "2026-06-02", "1.20"), ("JPY", "2026-06-01", "0.0065")],
    facts=[
        order("ana", "2026-06-01T09:00:00Z", "1", revenue=100, currency="USD"),  # the first money: the company's is USD
        order("bob", "2026-06-01T09:00:00Z", "2", revenue=100, currency="EUR"),  # 110
        order("bob", "2026-06-02T09:00:00Z", "3", revenue="100.00", currency="EUR"),  # 120; an amount may be text
        order("chen", "2026-06-03T09:00:00Z", "4", revenue=100, currency="EUR"),  # no rate that day: no amount
        order("dora", "2026-06-01T09:00:00Z", "5", revenue=1001, currency="JPY"),  # 6.5065
        order("emil", "2026-06-01T09:00:00Z", "6", revenue=100),  # says no currency: the company's
        order("fay", "2026-06-03T09:00:00Z", "7", revenue=100, currency="EUR"),
        order("fay", "2026-06-03T09:00:00Z", "8", revenue=50, currency="USD"),
        order("gus", "2026-06-01T09:00:00Z", "9", revenue=0, currency="USD"),
        order("hana", "2026-06-01T23:59:59.999999Z", "10", {"sku": "A", "price": 10}, {"sku": "B", "price": 20}, currency="EUR"),
        identify("ivo", "2026-06-01T00:00:00Z"),
    ],
    asks=[
        Ask('did "Order Completed" where revenue = 100', "ana emil"),
        Ask('did "Order Completed" where revenue = 110', "bob"),
        Ask('did "Order Completed" where revenue >= 100', "ana bob emil"),
        Ask('did "Order Completed" where revenue = 6.5065', "dora"),
        Ask('did "Order Completed" where revenue is unknown', "chen fay hana"),
        Ask('did "Order Completed" where revenue != 100', "bob chen dora fay gus hana"),
        Ask('sum(revenue) of "Order Completed" = 230', "bob"),
        Ask('sum(revenue) of "Order Completed" = 50', "fay"),
        Ask('sum(revenue) of "Order Completed" = 0', "chen gus hana ivo"),
        Ask('average(revenue) of "Order Completed" = 115', "bob"),
        Ask('average(revenue) of "Order Completed" = 50', "fay"),
        Ask('average(revenue) of "Order Completed" = 0', "gus"),
        Ask('largest(revenue) of "Order Completed" = 120', "bob"),
        Ask('smallest(revenue) of "Order Completed" < 10', "dora gus"),
        Ask('sum(products.price) of "Order Completed" = 33', "hana"),  # at 1.10, to the day's last moment
        Ask('did "Order Completed" where products(sku = "B" AND price = 22)', "hana"),
        Ask('number of different(revenue) of "Order Completed" = 2', "bob"),
        Ask('number of "Order Completed" = 2', "bob fay"),
    ],
)

EXACT = World(
    "exact amounts",
    as_of=NOW,
    rates=[("CHF", "2026-06-01", "0.333333333")],
    facts=[
        *(order("tenths", f"2026-06-01T00:00:{n:02}Z", f"t{n}", revenue=0.1, currency="EUR") for n in range(30)),
        order("text", "2026-06-01T00:00:00Z", "x1", revenue="0.10", currency="EUR"),
        order("text", "2026-06-01T00:00:00Z", "x2", revenue="2.90", currency="EUR"),
        order("third", "2026-06-01T00:00:00Z", "c1", revenue="10", currency="CHF"),  # 3.33333333 -> 3.333333
        order("round", "2026-06-01T00:00:00Z", "c2", revenue="1.5", currency="CHF"),  # 0.4999999995 -> 0.5
        order("back", "2026-06-01T00:00:00Z", "c3", revenue="-1.5", currency="CHF"),
        order("tiny", "2026-06-01T00:00:00Z", "c4", revenue="0.0000005", currency="EUR"),  # half away from zero
        order("odd", "2026-06-01T00:00:00Z", "c5", revenue="1,50", currency="EUR"),  # no number: unknown
        order("vast", "2026-06-01T00:00:00Z", "c6", revenue=1e12, currency="EUR"),  # beyond what is kept: unknown
        track("free", "Feedback Given", "2026-06-01T00:00:00Z", revenue=3),  # another event's number
    ],
    asks=[
        Ask('sum(revenue) of "Order Completed" = 3', "tenths text"),
        Ask('did "Order Completed" where revenue = 0.1', "tenths text"),
        Ask('did "Order Completed" where revenue = 3.333333', "third"),
        Ask('did "Order Completed" where revenue = 0.5', "round"),
        Ask('did "Order Completed" where revenue = -0.5', "back"),
        Ask('did "Order Completed" where revenue = 0.000001', "tiny"),
        Ask('did "Order Completed" where revenue is unknown', "odd vast"),
        Ask('sum(revenue) of "Order Completed" > 3', "third"),
        Ask('sum(revenue) of "Order Completed" < 0', "back"),
    ],
)

WORLDS = [RATES, EXACT]
