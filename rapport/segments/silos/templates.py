"""Ready schemes to begin with: their parameters are the company's own numbers from the first day."""

from dataclasses import dataclass

from rapport.segments.silos.partition import Part, Shape


@dataclass(frozen=True)
class Template:
    """`parameters`: name → number, unit."""

    key: str
    name: str
    purpose: str
    shape: Shape
    parameters: dict[str, tuple[str, str]]


ORDER = 'did "Order Completed"'
SPENT = 'sum(revenue) of "Order Completed" in the last 12 months'
TEMPLATES = (
    Template(
        "lifecycle",
        "Lifecycle",
        "Where each customer stands with us, by how lately and how often they buy.",
        Shape(
            (
                Part("New", 'days since first "Order Completed" <= $new_for'),
                Part("Loyal", f"{ORDER} at least $loyal_orders times AND {ORDER} in the last $cooling_after days"),
                Part("Active", f"{ORDER} in the last $cooling_after days"),
                Part("Cooling", f"{ORDER} in the last $lapsed_after days"),
                Part("Lapsed", ORDER),
            ),
            "Never bought",
        ),
        {
            "new_for": ("30", "days"),
            "loyal_orders": ("5", "orders"),
            "cooling_after": ("90", "days"),
            "lapsed_after": ("180", "days"),
        },
    ),
    Template(
        "value",
        "Value",
        "What each customer spent with us in the last 12 months.",
        Shape(
            (Part("Top", f"{SPENT} >= $top_spend"), Part("Middle", f"{SPENT} >= $middle_spend"), Part("Small", f"{SPENT} > 0")),
            "Nothing in 12 months",
        ),
        {"top_spend": ("1000", "in the company's money"), "middle_spend": ("250", "in the company's money")},
    ),
)


def template(key: str) -> Template | None:
    return next((one for one in TEMPLATES if one.key == key), None)
