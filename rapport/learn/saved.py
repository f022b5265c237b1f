"""The practice company's saved segments and named measures, so that the pages have something to show from the first minute."""

from rapport.segments.actions import define_measure, save_segment

BY = "practice company"
MEASURES = (
    'orders_ever := number of "Order Completed"',
    'spend_12_months := sum(revenue) of "Order Completed" in the last 12 months',
    'flights_12_months := number of "Flight Taken" in the last 12 months',
)
SEGMENTS = {
    "One-time buyers": 'did "Order Completed" exactly 1 times',
    "Regulars": 'did "Order Completed" at least 3 times in the last 12 months',
    "Best customers": "spend_12_months >= 500",
    "Lapsed": 'did "Order Completed" at least 2 times BUT NOT did "Order Completed" in the last 180 days',
    "Unhappy lately": 'did "Feedback Given" where score <= 2 in the last 6 months',
    "Late parcel, then silence": 'did "Order Shipped" where late = true BUT NOT did "Order Completed" in the last 120 days',
    "Shops and flies": 'did "Order Completed" in the last 12 months AND did "Flight Taken" in the last 12 months',
    "Gold members": 'tier = "Gold"',
    "Birthday soon": "birthday anniversary in the next 14 days AND may receive email",
    "Reads the newsletter": 'may receive email AND did "Email Opened" in the last 90 days',
    "Win back": 'in segment "Lapsed" AND may receive email BUT NOT in segment "Unhappy lately"',
}


def save_examples() -> None:
    """Measures first: a segment names one. Again changes nothing."""
    for definition in MEASURES:
        define_measure(definition, by=BY)
    for name, rule in SEGMENTS.items():
        save_segment(name, rule, by=BY)
