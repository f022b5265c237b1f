"""One customer's history as the evaluator reads it: facts in order of their own time, and the words on their addresses."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
from pyroaring import BitMap

from rapport.customers import queries as customers
from rapport.customers.events import ADDRESS_SUPPRESSED, SUPPRESSION_LIFTED
from rapport.events import queries as events
from rapport.events.catalogue import Catalogue, EventTypeFacts
from rapport.lib.zone import company_zone
from rapport.segments.nodes import Amount, Rule


class Words(Protocol):
    """What a rule may name: kinds of facts with their properties, named measures, saved segments, silos, branches, lists."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def measures(self) -> Mapping[str, Amount]: ...
    @property
    def segments(self) -> Mapping[str, Rule]: ...
    @property
    def silos(self) -> Mapping[tuple[str, str], Rule]: ...
    @property
    def branches(self) -> Mapping[str, tuple[float, float]]: ...
    @property
    def lists(self) -> Mapping[str, Callable[[], BitMap]]: ...


@dataclass(frozen=True)
class Deed:
    """One fact of the customer's, whichever of their ids it was recorded under."""

    id: int
    event: str
    time_us: int
    properties: Mapping[str, Any]  # of an identify: its traits
    rate_e9: int | None = None  # to the company's money, x 10^9; None: none needed; 0: none known


@dataclass(frozen=True)
class SuppressionWord:
    """An address was suppressed, or the suppression lifted."""

    id: int
    channel: str
    address: str
    time_us: int
    suppressed: bool


@dataclass
class History:
    """All that is known of one customer. `in_everyone`: known by more than an anonymous id, neither erased nor merged away."""

    customer_id: int
    in_everyone: bool
    words: Words
    deeds: list[Deed] = field(default_factory=list)
    suppressions: list[SuppressionWord] | None = None  # None: to be read from the record when first asked for
    zone: ZoneInfo = field(default_factory=company_zone)
    joined_into: int | None = None  # of an alias: the customer it stands for
    aliases: tuple[int, ...] = ()

    @property
    def root_id(self) -> int:
        """The id that survived all joining."""
        return self.joined_into or self.customer_id

    def __post_init__(self) -> None:
        self.deeds = sorted(self.deeds, key=lambda deed: (deed.time_us, deed.id))

    @cached_property
    def _by_event(self) -> dict[str, list[Deed]]:
        found: dict[str, list[Deed]] = {}
        for deed in self.deeds:
            found.setdefault(deed.event, []).append(deed)
        return found

    @cached_property
    def _by_person(self) -> list[Deed]:
        return [deed for deed in self.deeds if self.kind(deed.event).done == "by"]

    def kind(self, event: str) -> EventTypeFacts:
        return self.words.catalogue.event_types[event]

    def between(self, event: str | None, start_us: int, stop_us: int) -> list[Deed]:
        """The facts of a kind (None: all that the person did) with an own time in the stretch, oldest first."""
        deeds = self._by_person if event is None else self._by_event.get(event, [])
        first = bisect_left(deeds, start_us, key=lambda deed: deed.time_us)
        last = bisect_left(deeds, stop_us, key=lambda deed: deed.time_us)
        return deeds[first:last]

    def words_on(self, channel: str, address: str) -> list[SuppressionWord]:
        """Every word on an address, in no order. Only `may receive` asks, so the record is read no sooner."""
        known = _words_on_record(address, self.words.catalogue) if self.suppressions is None else self.suppressions
        return [word for word in known if word.channel == channel and word.address == address]

    def before(self, event: str, moment_us: int) -> list[Deed]:
        deeds = self._by_event.get(event, [])
        return deeds[: bisect_left(deeds, moment_us, key=lambda deed: deed.time_us)]


def history_of(customer_id: int, words: Words) -> History:
    """A customer's history from the record. Asked of an alias it is its root's, though the alias itself is none of everyone."""
    root_id, *aliases = customers.family_of(customers.root_of(customer_id))
    names = {kind_id: kind.name for kind_id, kind in words.catalogue.by_id.items()}
    return History(
        customer_id=customer_id,
        in_everyone=customers.is_of_everyone(customer_id),
        words=words,
        deeds=[
            Deed(fact.id, names[fact.event_type_id], fact.time_us, fact.properties, fact.rate_e9)
            for fact in events.facts_of([root_id, *aliases])
            if fact.event_type_id in names  # a kind younger than the snapshot cannot be named by the rule
        ],
        joined_into=None if root_id == customer_id else root_id,
        aliases=tuple(aliases),
    )


def _words_on_record(address: str, catalogue: Catalogue) -> list[SuppressionWord]:
    kinds = {catalogue.event_types[name].id: name == ADDRESS_SUPPRESSED for name in (ADDRESS_SUPPRESSED, SUPPRESSION_LIFTED)}
    facts = events.facts_of_nobody(list(kinds), holding=msgspec.json.encode(address).decode())
    return [_suppression_word(fact, suppressed=kinds[fact.event_type_id]) for fact in facts]


def _suppression_word(fact: events.Fact, *, suppressed: bool) -> SuppressionWord:
    """Without a channel it is mail's; addresses compare in lower case."""
    channel, address = fact.properties.get("channel") or "email", fact.properties.get("address") or ""
    return SuppressionWord(fact.id, str(channel), str(address).lower(), fact.time_us, suppressed)
