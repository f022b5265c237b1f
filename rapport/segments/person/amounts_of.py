"""Named amounts of some customers at once, from the record, at a moment: for what is written to them this second."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from rapport.events import queries as events
from rapport.segments.nodes import Amount
from rapport.segments.person.amounts import reached
from rapport.segments.person.history import Deed, History, Words
from rapport.segments.person.moments import Now

PLACES = Decimal("0.000001")


def amounts_of(
    families: Mapping[int, Sequence[int]], amounts: Mapping[str, Amount], words: Words, moment_us: int
) -> dict[int, dict[str, Any]]:
    """By customer and name, as plain Python values; None where an amount is unknown. One query for all of them.

    `families`: by customer, every id under which things of theirs were recorded.
    """
    kinds = {words.catalogue.event_types[amount.event].id: amount.event for amount in amounts.values()}
    roots = {member: root for root, family in families.items() for member in family}
    deeds: dict[int, list[Deed]] = {root: [] for root in families}
    for fact in events.facts_of(list(roots), before_us=moment_us, event_type_ids=list(kinds)) if kinds else []:
        assert fact.customer_id is not None, "facts of somebody were asked for"
        deed = Deed(fact.id, kinds[fact.event_type_id], fact.time_us, fact.properties, fact.rate_e9)
        deeds[roots[fact.customer_id]].append(deed)
    found = {}
    for root in families:
        history = History(root, in_everyone=True, words=words, deeds=deeds[root])
        now = Now(moment_us, history.zone)
        found[root] = {name: plain(reached(amount, history, now).value) for name, amount in amounts.items()}
    return found


def plain(value: Any) -> Any:
    """A figure as templates and machines take it: whole numbers as int, others as Decimal, days as ISO text."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return int(value)
        return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(PLACES, ROUND_HALF_UP).normalize()
    if isinstance(value, date):
        return value.isoformat()
    return value
