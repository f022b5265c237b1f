"""What a rule may name: kinds of facts and their properties, traits, segments, silos, measures, lists, as they stand now."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pyroaring import BitMap

from rapport.events.catalogue import ADDRESS_TRAITS, TRAIT_ALIASES, Catalogue, PropertyFacts
from rapport.segments.nodes import Amount, Rule

PLACE_TRAITS = ("latitude", "longitude")
CHANNELS = ("email", "sms", "post", "phone", "push")


COUNTS = {"number of": "count", "number of different": "count", "days since first": "days", "days since last": "days"}


@dataclass(frozen=True)
class Vocabulary:
    """A snapshot; checking and answering a rule against one gives one outcome."""

    catalogue: Catalogue
    segments: dict[str, Rule] = field(default_factory=dict)
    measures: dict[str, Amount] = field(default_factory=dict)
    silos: dict[tuple[str, str], Rule] = field(default_factory=dict)  # by scheme and name: who is in it and in none before it
    channels: tuple[str, ...] = CHANNELS
    branches: dict[str, tuple[float, float]] = field(default_factory=dict)  # latitude and longitude in degrees
    lists: dict[str, Callable[[], BitMap]] = field(default_factory=dict)  # whose ids were uploaded; read when asked for

    def trait_name(self, name: str) -> str:
        """The one spelling of a trait: `firstName` is `first_name`, unless data came to know it as written."""
        if name in self.measures or name in self.catalogue.traits:
            return name
        spelled = TRAIT_ALIASES.get(name) or ADDRESS_TRAITS.get(name.removeprefix("address.") if name.startswith("address.") else "", name)
        return spelled if spelled in self.catalogue.traits else name

    def properties(self, event: str | None) -> dict[str, tuple[PropertyFacts, ...]]:
        """The properties of a kind of fact; for `anything` those of each kind done by the person, kind by kind."""
        found: dict[str, list[PropertyFacts]] = {}
        for kind in self.catalogue.event_types.values():
            if kind.name == event or (event is None and kind.done == "by"):
                for path, facts in kind.properties.items():
                    found.setdefault(path, []).append(facts)
        return {path: tuple(facts) for path, facts in found.items()}


def kind_of(amount: Amount, catalogue: Catalogue) -> str | None:
    """The kind of value an amount is; None when its event or property is no longer known."""
    if amount.kind in COUNTS:
        return COUNTS[amount.kind]
    event = catalogue.event_types.get(amount.event)
    facts = event.properties.get(amount.property or "") if event else None
    return facts.kind if facts else None
