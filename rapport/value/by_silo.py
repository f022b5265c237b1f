"""Churn of each silo: what was said of the people who were in it at the last origin of the back-test, beside what they did; and what is
said of those who are in it now."""

from dataclasses import dataclass

import duckdb
import numpy as np
from pyroaring import BitMap

from rapport.lib.refusals import Refusal
from rapport.lib.rising import places
from rapport.segments import queries as segments
from rapport.segments.answer import leaves_of
from rapport.segments.models import Scheme
from rapport.segments.nodes import TraitTest
from rapport.segments.silos import queries as silos
from rapport.segments.vocabulary import Vocabulary
from rapport.value.backtest import Outcome
from rapport.value.calendar import day_end_us
from rapport.value.names import TOLD
from rapport.value.valuation import Valuation


@dataclass(frozen=True)
class OfSilo:
    """None: nobody of whom that could be told."""

    scheme: str
    silo: str
    customers: int  # with orders, who are in it now
    value: float  # of all of them, over the horizon
    churn: float | None  # mean P(no purchase within the churn horizon) of them
    customers_then: int | None  # of those the back-test saw, who were in it at the origin; None where nothing was told of value then
    churn_said: float | None  # mean P(no purchase within the horizon of the back-test) of those
    churn_was: float | None


@dataclass(frozen=True)
class Times:
    """When people are looked for in their silos."""

    now_us: int | None  # None: now, when traits told since the last day of the fit count
    told_from: int | None  # the day of the first fit that told traits; None where this is the first


def by_silo(valuation: Valuation, outcome: Outcome | None, times: Times) -> tuple[list[OfSilo], dict[str, str]]:
    """Of every scheme, silo by silo in their order, the remainder last, by the rules as they stand now; and why others cannot be asked."""
    words = segments.vocabulary()
    found: list[OfSilo] = []
    left: dict[str, str] = {}
    for scheme in silos.schemes():
        try:
            found += _of_scheme(scheme, words, valuation, outcome, times)
        except (Refusal, duckdb.Error) as trouble:  # a list that is gone, say: no reason to value nobody
            left[scheme.name] = str(trouble)
    return found, left


def _of_scheme(scheme: Scheme, words: Vocabulary, valuation: Valuation, outcome: Outcome | None, times: Times) -> list[OfSilo]:
    now = silos.placed_at(scheme, moment_us=times.now_us, vocabulary=words).sets
    if outcome is not None and _leans_on_value(scheme, words) and (times.told_from is None or outcome.origin < times.told_from):
        outcome = None  # nobody had the traits yet, so that everybody would seem to have been in the remainder
    then = {} if outcome is None else silos.placed_at(scheme, moment_us=day_end_us(outcome.origin), vocabulary=words).sets
    found = []
    for name, people in now.items():
        own = _among(valuation.ids, people)
        value, churn = float(valuation.value[own].sum(dtype=float)), _mean(valuation.churn, own)
        if outcome is None:
            found.append(OfSilo(scheme.name, name, len(own), value, churn, None, None, None))
            continue
        of_then = _among(outcome.ids, then[name])
        said, was = _mean(outcome.none, of_then), _mean(outcome.did == 0, of_then)
        found.append(OfSilo(scheme.name, name, len(own), value, churn, len(of_then), said, was))
    return found


def _leans_on_value(scheme: Scheme, words: Vocabulary) -> bool:
    """Whether any of its silos names a trait that a fit tells."""
    leaves = [leaf for rule in silos.rules_of(scheme) for leaf in leaves_of(rule, words)]
    return any(isinstance(leaf, TraitTest) and leaf.trait.startswith(TOLD) for leaf in leaves)


def _among(ids: np.ndarray, people: BitMap) -> np.ndarray:
    """Places of these people among ids, which rise."""
    place, known = places(np.array(people.to_array(), ids.dtype), ids)
    return place[known]


def _mean(values: np.ndarray, places: np.ndarray) -> float | None:
    return float(values[places].mean(dtype=float)) if len(places) else None
