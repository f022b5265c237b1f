"""Which lane of a life a fact belongs to, by its name in the spec's style."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Lane(NamedTuple):
    """`begins`: how the names of its facts begin; the first lane that fits has the fact."""

    name: str
    words: str | Promise
    icon: str
    begins: tuple[str, ...]


LANES: tuple[Lane, ...] = (
    Lane("shop", _("Shop"), "shop", ("Order ", "Coupon ", "Payment ", "Subscription ")),
    Lane("web", _("Web"), "web", ("Page ", "Screen ", "Product ", "Products ", "Cart ", "Checkout ", "Promotion ", "Wishlist ", "Signed ")),
    Lane("mail", _("Mail"), "mail", ("Email ", "Consent ", "Unsubscribed", "Message ", "SMS ", "Push ")),
    Lane("service", _("Service"), "service", ("Feedback ", "Case ", "Review ", "Call ", "Ticket Opened", "Ticket Closed")),
    Lane("travel", _("Travel"), "plane", ("Flight ", "Ticket ", "Booking ", "Checked In", "Boarding ", "Trip ")),
    Lane("club", _("Club"), "star", ("Points ", "Tier ", "Reward ", "Miles ", "Member")),
    Lane("other", _("Other"), "note", ("",)),
)
BY_NAME = {lane.name: lane for lane in LANES}


def lane_of(event: str) -> Lane:
    return next(lane for lane in LANES if event.startswith(lane.begins))
