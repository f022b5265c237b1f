"""One customer on one page: who they are, what they bought, what they agreed to, what they are known by."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rapport.commerce import queries as commerce
from rapport.commerce.models import Order
from rapport.console.pages.bought import Bought, bought
from rapport.console.pages.reach import Channel, channels
from rapport.customers import queries as customers
from rapport.customers.models import Customer, Identifier
from rapport.events import queries as log
from rapport.events.catalogue import IDENTIFY, Catalogue
from rapport.events.queries import Fact
from rapport.events.values import as_time_us
from rapport.lib.zone import company_zone

FACTS_MAX = 5_000  # of one customer on one page; beyond, the newest
KINDS = {
    "user_id": gettext_lazy("Customer id"),
    "membership_number": gettext_lazy("Member number"),
    "email": gettext_lazy("Mail address"),
    "phone": gettext_lazy("Phone"),
    "anonymous_id": gettext_lazy("Browser"),
}
IN_THE_HEAD = {"name", "first_name", "last_name", "email", "phone", "user_id", "membership_number", "address"}
VALUES_BEFORE_MAX = 5


@dataclass(frozen=True)
class TraitShown:
    """A trait as it stands, since when, and what it was before, newest first."""

    name: str
    value: Any
    since_us: int
    before: list[tuple[Any, int]] = field(default_factory=list)


class Profile:
    """Everything a profile page shows. Each part is read when first asked for, so that a piece of the page costs its part."""

    def __init__(self, customer: Customer, now_us: int) -> None:
        self.customer, self.now_us = customer, now_us
        self.family = customers.family_of(customer.id)

    @cached_property
    def catalogue(self) -> Catalogue:
        return log.catalogue()

    @cached_property
    def _newest(self) -> list[Fact]:
        return log.facts_of(self.family, newest_first=True, limit=FACTS_MAX + 1)

    @cached_property
    def facts(self) -> list[Fact]:
        """Newest first, at most FACTS_MAX."""
        return self._newest[:FACTS_MAX]

    @property
    def is_cut(self) -> bool:
        """Whether there are older facts than the page shows."""
        return len(self._newest) > FACTS_MAX

    @cached_property
    def orders(self) -> list[Order]:
        return commerce.orders_of(self.family)

    @cached_property
    def bought(self) -> Bought:
        return bought(self.orders, now_us=self.now_us)

    @cached_property
    def channels(self) -> list[Channel]:
        return channels(self.customer, customers.consents_of(self.customer.id), {name: pair[0] for name, pair in self.kept.items()})

    @cached_property
    def kept(self) -> dict[str, list[Any]]:
        """Traits as the record keeps them: {trait: [value, own time]}."""
        return traits_of(self.customer)

    @cached_property
    def name(self) -> str:
        return display_name(self.customer)

    @cached_property
    def place(self) -> str:
        return place(self.kept)

    @cached_property
    def since_us(self) -> int:
        return since_us(self.customer, self.kept)

    @cached_property
    def traits(self) -> list[TraitShown]:
        before = self._past_values()
        worth = [name for name in self.kept if name not in IN_THE_HEAD or before[name]]
        shown = [TraitShown(name, self.kept[name][0], self.kept[name][1], before[name]) for name in worth]
        return sorted(shown, key=lambda trait: trait.name)

    def _past_values(self) -> dict[str, list[tuple[Any, int]]]:
        kind = self.catalogue.event_types.get(IDENTIFY)
        past: dict[str, list[tuple[Any, int]]] = defaultdict(list)
        told = [fact for fact in self.facts if kind and fact.event_type_id == kind.id]
        for fact in told:
            for name, value in fact.properties.items():
                known = past[name][-1][0] if past[name] else self.kept.get(name, [None])[0]
                if value is not None and value != known and len(past[name]) < VALUES_BEFORE_MAX:
                    past[name].append((value, fact.time_us))
        return past

    @cached_property
    def known_as(self) -> list[tuple[str, list[Identifier]]]:
        """Identifiers by kind, the closed kinds first, then ids of sources."""
        found: dict[str, list[Identifier]] = defaultdict(list)
        for row in customers.identifiers_of(self.family):
            found[row.kind].append(row)
        order = [*KINDS, *sorted(kind for kind in found if kind not in KINDS)]
        return [(str(KINDS.get(kind, kind.removeprefix("id:"))), found[kind]) for kind in order if kind in found]

    @property
    def joined(self) -> list[int]:
        """The profiles that were found to be this one."""
        return self.family[1:]


def traits_of(customer: Customer) -> dict[str, list[Any]]:
    """{trait: [value, own time]}"""
    found: dict[str, list[Any]] = msgspec.json.decode(customer.traits)
    return found


def display_name(customer: Customer) -> str:
    return customer.name or customer.email or customer.phone or _("Customer %(id)s") % {"id": customer.id}


def since_us(customer: Customer, traits: dict[str, list[Any]]) -> int:
    """Since when they are with us: as we were told, else the first fact of theirs."""
    told = traits.get("created_at", [None])[0]
    found = as_time_us(told, company_zone()) if isinstance(told, str) else None
    return customer.created_us if found is None else found


def place(traits: dict[str, list[Any]]) -> str:
    return ", ".join(value for name in ("city", "country") if isinstance(value := traits.get(name, [None])[0], str) and value)
