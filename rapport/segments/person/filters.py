"""What stands after `where`: whether one fact fulfils it, and which facts of a history do."""

from collections.abc import Mapping
from typing import Any

from rapport.events.catalogue import PropertyFacts
from rapport.segments.nodes import Element, Filter, PropertyTest, Window
from rapport.segments.person.algebra import flat, truths
from rapport.segments.person.history import Deed, History
from rapport.segments.person.moments import Now, stretch_us
from rapport.segments.person.passing import passes
from rapport.segments.person.readings import element_readings, elements, readings


def deeds_of(event: str | None, where: Filter | None, window: Window | tuple[int, int] | None, history: History, now: Now) -> list[Deed]:
    """The facts of a kind (None: anything the person did) in the window that fulfil the filter, oldest first."""
    start_us, stop_us = window if isinstance(window, tuple) else stretch_us(window, now)
    deeds = history.between(event, start_us, stop_us)
    if where is None:
        return deeds
    nodes = flat(where)
    return [deed for deed in deeds if _fulfils(nodes, deed, history.kind(deed.event).properties, now)]


def _fulfils(nodes: list[Any], deed: Deed, known: Mapping[str, PropertyFacts], now: Now) -> bool:
    def leaf_holds(node: PropertyTest | Element) -> bool:
        if isinstance(node, Element):
            within = flat(node.filter)
            return any(_element_fulfils(within, node.path, one, deed, known, now) for one in elements(deed.properties, node.path))
        facts = known.get(node.path)
        values = readings(deed.properties, facts, rate_e9=deed.rate_e9, zone=now.zone) if facts else []
        return passes(node.test, facts.kind if facts else "text", values, now)

    return truths(nodes, leaf_holds)[0]


def _element_fulfils(
    nodes: list[Any], list_path: str, element: Mapping[str, Any], deed: Deed, known: Mapping[str, PropertyFacts], now: Now
) -> bool:
    """Whether one and the same element of a list fulfils all of a filter; its names are relative to the list."""

    def leaf_holds(node: PropertyTest) -> bool:
        facts = known.get(f"{list_path}.{node.path}")
        values = element_readings(element, node.path, facts, rate_e9=deed.rate_e9, zone=now.zone) if facts else []
        return passes(node.test, facts.kind if facts else "text", values, now)

    return truths(nodes, leaf_holds)[0]
