"""May we write? Each channel with its answer, the reason and the fact that proves it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rapport.customers import queries as customers
from rapport.customers.models import Consent, Customer
from rapport.events.queries import Fact, facts_by_id

ADDRESS_KNOWN = {"email": "email", "sms": "phone", "phone": "phone"}


@dataclass(frozen=True)
class Channel:
    """One channel and purpose."""

    channel: str
    purpose: str
    may: bool
    reason: str
    asked: bool
    given: bool = False
    time_us: int | None = None
    proof: Fact | None = None

    @property
    def held(self) -> bool:
        """They said yes, and still we may not: the reason is news."""
        return self.asked and not self.may and self.given

    @property
    def source(self) -> str:
        said = self.proof.properties.get("source") if self.proof else None
        return str(said) if said else ""


def channels(customer: Customer, consents: Sequence[Consent], traits: dict[str, object]) -> list[Channel]:
    """Every channel there was a word on, and mail even where there was none: the question staff ask first."""
    proofs = facts_by_id([row.event_id for row in consents])
    found = [_channel(customer, row, traits, proofs.get(row.event_id)) for row in consents]
    if not any(row.channel == "email" for row in found):
        found.insert(0, Channel("email", "marketing", False, _("never asked"), False))
    return sorted(found, key=lambda row: (row.purpose != "marketing", row.channel != "email", row.channel))


def _channel(customer: Customer, row: Consent, traits: dict[str, object], proof: Fact | None) -> Channel:
    may, reason = row.given, _("said yes") if row.given else _("said no")
    if row.given and row.channel in ADDRESS_KNOWN:
        address = getattr(customer, ADDRESS_KNOWN[row.channel])
        if not address:
            may, reason = False, _("no address")
        elif dead := customers.suppressed(row.channel, [address]).get(address.lower()):
            may, reason = False, _("address held: %(why)s") % {"why": dead.reason or _("suppressed")}
    elif row.given and row.channel == "post" and not (traits.get("postal_code") or traits.get("city")):
        may, reason = False, _("no address")
    return Channel(row.channel, row.purpose, may, reason, True, row.given, row.time_us, proof)
