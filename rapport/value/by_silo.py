"""Churn of each silo: what was said of the people who were in it at the last origin of the back-test, beside what they did; and what is
said of those who are in it now."""

from dataclasses import dataclass

import numpy as np
from pyroaring import BitMap

from rapport.lib.refusals import Refusal
from rapport.segments import queries as segments
from rapport.segments.models import Scheme
from rapport.segments.silos import queries as silos
from rapport.segments.vocabulary import Vocabulary
from rapport.value.backtest import Outcome
from rapport.value.calendar import day_end_us
from rapport.value.valuation import Valuation


@dataclass(frozen=True)
class OfSilo:
    """None: nobody of whom that could be told."""

    scheme: str
    silo: str
    customers: int  # with orders, who are in it now
    value: float  # of all of them, over the horizon
    churn: float | None  # mean P(no purchase within the churn horizon) of them
    customers_then: int  # known at the origin, who were in it then
    churn_said: float | None  # mean P(no purchase within the horizon of the back-test) of those
    churn_was: float | None


def by_silo(valuation: Valuation, outcome: Outcome | None) -> tuple[list[OfSilo], dict[str, str]]:
    """Of every scheme, silo by silo in their order, the remainder last, by the rules as they stand now; and why others cannot be asked."""
    words = segments.vocabulary()
    found: list[OfSilo] = []
    left: dict[str, str] = {}
    for scheme in silos.schemes():
        try:
            found += _of_scheme(scheme, words, valuation, outcome)
        except Refusal as refusal:  # a list that is gone, say: no reason to value nobody
            left[scheme.name] = str(refusal)
    return found, left


def _of_scheme(scheme: Scheme, words: Vocabulary, valuation: Valuation, outcome: Outcome | None) -> list[OfSilo]:
    now = silos.placed_at(scheme, vocabulary=words).sets  # traits told since the last day of the fit count
    then = {} if outcome is None else silos.placed_at(scheme, moment_us=day_end_us(outcome.origin), vocabulary=words).sets
    found = []
    for name, people in now.items():
        own = _among(valuation.ids, people)
        of_then = np.empty(0, np.int64) if outcome is None else _among(outcome.ids, then[name])
        said, was = (None, None) if outcome is None else (_mean(outcome.none, of_then), _mean(outcome.did == 0, of_then))
        value = float(valuation.value[own].sum(dtype=float))
        found.append(OfSilo(scheme.name, name, len(own), value, _mean(valuation.churn, own), len(of_then), said, was))
    return found


def _among(ids: np.ndarray, people: BitMap) -> np.ndarray:
    """Places of these people among ids, which rise."""
    wanted = np.array(people.to_array(), ids.dtype)
    place = np.searchsorted(ids, wanted)
    kept = place < len(ids)
    return place[kept][ids[place[kept]] == wanted[kept]]


def _mean(values: np.ndarray, places: np.ndarray) -> float | None:
    return float(values[places].mean(dtype=float)) if len(places) else None
