"""Lists of things: any element for a path, one and the same for brackets, complements that mean no element."""

from rapport.segments.tests.cases.world import Ask, World, identify, order

SHIRT_RED = {"sku": "S-RED", "category": "Shirts", "quantity": 1, "price": 40}
SHIRT_BLUE = {"sku": "S-BLUE", "category": "Shirts", "quantity": 3, "price": 35}
BELT = {"sku": "B-1", "category": "Belts", "quantity": 2, "price": 20}
NAMELESS = {"sku": "X-1", "quantity": 5}

ORDERS = World(
    "orders with lines",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        order("ana", "2026-06-01T00:00:00Z", "1", SHIRT_RED, BELT),
        order("bob", "2026-06-01T00:00:00Z", "2", SHIRT_BLUE),
        order("bob", "2026-06-02T00:00:00Z", "3", BELT),
        order("chen", "2026-06-01T00:00:00Z", "4", BELT),
        order("dora", "2026-06-01T00:00:00Z", "5"),  # no list at all
        order("emil", "2026-06-01T00:00:00Z", "6", NAMELESS),
        order("fay", "2026-06-01T00:00:00Z", "7", SHIRT_RED, SHIRT_BLUE),
        order("fay", "2026-06-02T00:00:00Z", "8", SHIRT_RED, SHIRT_RED),
        identify("gus", "2026-06-01T00:00:00Z"),
    ],
    asks=[
        Ask('did "Order Completed" where products.sku = "B-1"', "ana bob chen"),
        Ask('did "Order Completed" where products.sku != "B-1"', "bob dora emil fay"),  # an order without such a line
        Ask('everyone BUT NOT did "Order Completed" where products.sku = "B-1"', "dora emil fay gus"),
        Ask('did "Order Completed" where products.category in ("Shirts", "Belts")', "ana bob chen fay"),
        Ask('did "Order Completed" where products.category not in ("Shirts", "Belts")', "dora emil"),
        Ask('did "Order Completed" where (products.category = "Shirts" AND products.quantity >= 2)', "ana bob fay"),
        Ask('did "Order Completed" where products(category = "Shirts" AND quantity >= 2)', "bob fay"),
        Ask('did "Order Completed" where products(category = "Shirts" BUT NOT sku = "S-RED")', "bob fay"),
        Ask('did "Order Completed" where (products.category = "Shirts" BUT NOT products.sku = "S-RED")', "bob"),
        Ask('did "Order Completed" where products(category != "Shirts")', "ana bob chen emil"),
        Ask('did "Order Completed" where products(category is unknown)', "emil"),
        Ask('did "Order Completed" where products.category is unknown', "dora emil"),
        Ask('did "Order Completed" where products.category is known', "ana bob chen fay"),
        Ask('did "Order Completed" where products(sku = "S-RED" OR (category = "Belts" AND quantity = 2))', "ana bob chen fay"),
        Ask('did "Order Completed" where products(price < 40 AND category = "Shirts")', "bob fay"),
        Ask('did "Order Completed" where products(sku starts with "S-") at least 2 times', "fay"),
        Ask('did "Order Completed" where products.sku starts with "S-" exactly 1 times', "ana bob"),
        Ask('did "Order Completed" where products.quantity > 3', "emil"),
        Ask('number of "Order Completed" where products.category = "Shirts" = 2', "fay"),  # orders, not lines
        Ask('sum(products.quantity) of "Order Completed" = 5', "bob emil"),
        Ask('sum(products.quantity) of "Order Completed" where products.category = "Shirts" = 3', "ana bob"),  # all lines of such orders
        Ask('number of different(products.sku) of "Order Completed" = 2', "ana bob fay"),
        Ask('number of different(products.category) of "Order Completed" = 0', "dora emil gus"),
        Ask('largest(products.price) of "Order Completed" = 40', "ana fay"),
        Ask('average(products.quantity) of "Order Completed" = 1.5', "ana fay"),
    ],
)

ODD = World(
    "lists that are odd",
    as_of="2026-06-30T00:00:00Z",
    facts=[
        order("a", "2026-06-01T00:00:00Z", "1", {"sku": "A"}, {}),
        {**order("b", "2026-06-01T00:00:00Z", "2"), "properties": {"order_id": "2", "products": []}},
        {**order("c", "2026-06-01T00:00:00Z", "3"), "properties": {"order_id": "3", "products": [None, {"sku": "A"}, 7]}},
        {**order("d", "2026-06-01T00:00:00Z", "4"), "properties": {"order_id": "4", "products": {"sku": "A"}}},  # an object is no list
        {**order("e", "2026-06-01T00:00:00Z", "5"), "properties": {"order_id": "5", "products": "A"}},
        order("f", "2026-06-01T00:00:00Z", "6", {"sku": 1}, {"sku": "B", "quantity": "2"}),
    ],
    asks=[
        Ask('did "Order Completed" where products.sku = "A"', "a c"),
        Ask('did "Order Completed" where products.sku != "A"', "b d e f"),
        Ask('did "Order Completed" where products.sku is unknown', "b d e"),
        Ask('did "Order Completed" where products(sku is unknown)', "a f"),
        Ask('did "Order Completed" where products(sku != "A")', "a f"),
        Ask('did "Order Completed" where products.quantity is known', ""),
        Ask('did "Order Completed" where products(sku = "B" AND quantity is unknown)', "f"),
    ],
)

WORLDS = [ORDERS, ODD]
