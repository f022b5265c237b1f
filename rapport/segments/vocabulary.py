"""What a rule may name: kinds of facts and their properties, traits, segments, measures, channels, as they stand now."""

from dataclasses import dataclass, field

from rapport.events.catalogue import TRAIT_ALIASES, Catalogue, PropertyFacts
from rapport.segments.nodes import Definition, Rule

CHANNELS = ("email", "sms", "post", "phone", "push")


@dataclass(frozen=True)
class Vocabulary:
    """A snapshot; checking and answering a rule against one gives one outcome."""

    catalogue: Catalogue
    segments: dict[str, Rule] = field(default_factory=dict)
    measures: dict[str, Definition] = field(default_factory=dict)
    channels: tuple[str, ...] = CHANNELS

    def trait_name(self, name: str) -> str:
        """The one spelling of a trait: `firstName` is `first_name`, unless data came to know it as written."""
        return name if name in self.catalogue.traits or name in self.measures else TRAIT_ALIASES.get(name, name)

    def properties(self, event: str | None) -> dict[str, tuple[PropertyFacts, ...]]:
        """The properties of a kind of fact; for `anything` those of each kind done by the person, kind by kind."""
        found: dict[str, list[PropertyFacts]] = {}
        for kind in self.catalogue.event_types.values():
            if kind.name == event or (event is None and kind.done == "by"):
                for path, facts in kind.properties.items():
                    found.setdefault(path, []).append(facts)
        return {path: tuple(facts) for path, facts in found.items()}
