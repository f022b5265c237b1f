"""The facts of trade, by the names and properties of the Segment spec for e-commerce."""

from rapport.events.catalogue import Declared, declare, prop

ORDER_COMPLETED, ORDER_UPDATED, ORDER_REFUNDED = "Order Completed", "Order Updated", "Order Refunded"
ORDER_CANCELLED, ORDER_SHIPPED = "Order Cancelled", "Order Shipped"
CHECKOUT_STARTED = "Checkout Started"
ORDER_AMOUNTS = ("revenue", "total", "value")  # what an order comes to: the first that a fact tells
ORDER_FACTS = frozenset({ORDER_COMPLETED, ORDER_UPDATED, ORDER_REFUNDED, ORDER_CANCELLED, ORDER_SHIPPED})

_LINES: tuple[Declared, ...] = (
    prop("products", "list"),
    *(
        prop(f"products.{name}", "text", list_path="products")
        for name in ("product_id", "sku", "name", "category", "brand", "variant", "coupon")
    ),
    *(prop(f"products.{name}", "money", list_path="products") for name in ("price", "amount", "cost", "discount")),
    prop("products.quantity", "number", list_path="products"),
)
_MONEY = tuple(prop(name, "money") for name in ("revenue", "total", "subtotal", "tax", "shipping", "discount", "value", "cost"))
_ORDER = (
    prop("order_id", "text"),
    *_MONEY,
    *(prop(name, "text") for name in ("currency", "coupon", "channel", "branch", "affiliation", "payment_method", "payment_last4")),
    *_LINES,
)

declare(ORDER_COMPLETED, "by", *_ORDER)
declare(ORDER_UPDATED, "to", *_ORDER)
declare(ORDER_REFUNDED, "to", *_ORDER, prop("unmatched", "boolean"))
declare(ORDER_CANCELLED, "to", *_ORDER, prop("reason", "text"))
declare(ORDER_SHIPPED, "to", prop("order_id", "text"), prop("shipped_at", "time"), prop("tracking", "text"))

_PRODUCT = (
    *(prop(name, "text") for name in ("product_id", "sku", "name", "category", "brand", "variant", "url", "currency")),
    prop("price", "money"),
    prop("value", "money"),
    prop("quantity", "number"),
)
declare("Product Viewed", "by", *_PRODUCT)
declare("Product Added", "by", *_PRODUCT)
declare("Product Removed", "by", *_PRODUCT)
declare("Products Searched", "by", prop("query", "text"))
declare(CHECKOUT_STARTED, "by", *_ORDER)
declare("Feedback Given", "by", prop("score", "number"), prop("comment", "text"), prop("order_id", "text"))
