"""Conditions by which people may differ, drawn from what the catalogue knows: asked together, they tell what sets a segment apart.

What was done and how often, wishes, and of each trait its most frequent values or its quarters. A closed number of them.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import TypeAlias

import ibis
import ibis.expr.types as ir

from rapport.events.catalogue import IDENTIFY, PropertyFacts
from rapport.segments.check import check
from rapport.segments.errors import RuleError
from rapport.segments.lake import Lake, Reader, lake_at
from rapport.segments.nodes import Compare, Did, Duration, InTheLast, MayReceive, Rule, Times, TraitTest
from rapport.segments.values import ValueCount, newest_of
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import queries as warehouse

CONDITIONS_MAX = 60
KINDS_MAX = 12  # of facts, the most frequent
TRAITS_MAX = 12  # those that rooms declare first; what tells one person from another is none
VALUES_A_TRAIT = 4
HOLDERS_MIN = 30  # a value of fewer people tells them by name, not by kind
OF_ONE = {"name", "first_name", "last_name", "email", "phone", "user_id", "membership_number", "postal_code", "title", "avatar", "website"}
YEAR = InTheLast(Duration(12, "month"))
TIMES = (1, 2, 5)
QUARTERS = (0.25, 0.5, 0.75)


Frequent: TypeAlias = Callable[[PropertyFacts], Sequence[ValueCount]]  # the most frequent values of a trait, most frequent first


def characteristics(words: Vocabulary, moment_us: int, frequent: Frequent | None = None) -> list[Rule]:
    """At most CONDITIONS_MAX conditions, each one that can be asked; `frequent` spares asking the lake for the values of traits."""

    def question(reader: Reader) -> list[Rule]:
        lake = lake_at(reader, moment_us)
        return list(islice(_askable(_candidates(words, lake, frequent), words), CONDITIONS_MAX))

    return warehouse.ask(question)


def _candidates(words: Vocabulary, lake: Lake, frequent: Frequent | None) -> Iterator[Rule]:
    yield MayReceive("email")
    yield from _deeds(words)
    told = [one for one in words.catalogue.traits.values() if not (one.many or one.list_path or one.path in OF_ONE or "." in one.path)]
    for facts in sorted(told, key=lambda one: (not one.declared, one.path))[:TRAITS_MAX]:
        if facts.kind == "number":
            yield from (TraitTest(facts.path, Compare(">=", value)) for value in _quarters(facts, lake, words))
        elif facts.kind in ("text", "boolean"):
            held = _frequent(facts, lake, words) if frequent is None else frequent(facts)
            for one in held[:VALUES_A_TRAIT]:
                if one.count >= HOLDERS_MIN:
                    yield TraitTest(facts.path, Compare("=", one.value))


def _deeds(words: Vocabulary) -> Iterator[Rule]:
    """Did it within the year, once, twice, five times: by turns, so that the bound cuts the rarest."""
    kinds = sorted(words.catalogue.event_types.values(), key=lambda kind: (-kind.facts, kind.name))
    asked = [kind for kind in kinds if kind.facts and kind.name != IDENTIFY and kind.done != "machine"][:KINDS_MAX]
    for count in TIMES:
        yield from (Did(kind.name, times=Times("at least", count), window=YEAR) for kind in asked)


def _askable(candidates: Iterator[Rule], words: Vocabulary) -> Iterator[Rule]:
    for one in candidates:
        try:
            yield check(one, words)
        except RuleError:  # a value that data has and no rule can say, a control character for one: there are others
            continue


def _frequent(facts: PropertyFacts, lake: Lake, words: Vocabulary) -> list[ValueCount]:
    said = _newest(facts, lake, words)
    if said is None:
        return []
    counted = said.group_by("value").aggregate(n=ibis._.count())
    found = lake.ask(counted.order_by([ibis.desc("n"), "value"]).limit(VALUES_A_TRAIT)).to_pylist()
    return [ValueCount(row["value"], row["n"]) for row in found]


def _quarters(facts: PropertyFacts, lake: Lake, words: Vocabulary) -> list[Decimal]:
    said = _newest(facts, lake, words)
    if said is None:
        return []
    value = said["value"]
    asked = {f"q{place}": value.quantile(share) for place, share in enumerate(QUARTERS)}
    row = lake.ask(said.aggregate(n=value.count(), **asked)).to_pylist()[0]
    if row["n"] < HOLDERS_MIN:
        return []
    found = dict.fromkeys(row[name] for name in asked if row[name] is not None)
    return [Decimal(str(round(float(one), 6))) for one in found]


def _newest(facts: PropertyFacts, lake: Lake, words: Vocabulary) -> ir.Table | None:
    """What is known of each customer; None where the lake has no such trait."""
    rows = lake.rows(words.catalogue.event_types[IDENTIFY])
    column = None if rows is None else rows.column(facts)
    if rows is None or column is None:
        return None
    return newest_of(lake, rows.table, column)
