"""The verb of worth that pages call: keep the pyramid as silos. Valuing itself stands in `valuing`."""

from rapport.lib.zone import today
from rapport.segments.models import Scheme
from rapport.segments.silos import queries as silos
from rapport.segments.silos.actions import Terms, create_scheme
from rapport.segments.silos.calendar import Rhythm
from rapport.segments.silos.partition import Part, Shape
from rapport.value import queries
from rapport.value.errors import TooFewPurchases
from rapport.value.names import trait_names
from rapport.value.pyramid import NAMES, PYRAMID

SCHEME = "Value"
LIMITS = ("value_of_top_1", "value_of_top_5", "value_of_top_20")  # parameters: the least value of who is in each part


def own_limits() -> tuple[float, ...] | None:
    """The limits that the company keeps, once the pyramid is kept as silos."""
    numbers = silos.numbers()
    return tuple(float(numbers[name]) for name in LIMITS) if all(name in numbers for name in LIMITS) else None


def keep_as_silos(*, by: str) -> Scheme:
    """The pyramid of the newest fit as a scheme that strategy can stand on: the limits become the company's own numbers, and stay.

    A fit moves people, never the limits: those are moved in a review. A refusal where there is no fit, or such a scheme already.
    """
    fit = queries.newest()
    if fit is None:
        raise TooFewPurchases("Nobody has been valued yet.", mend="Run: rapport value fit")
    trait = trait_names(fit.horizon_days)["told_value"]
    limits = {name: fit.report["limits"][str(share)] for name, share in zip(LIMITS, PYRAMID, strict=True)}
    parts = tuple(Part(silo, f"{trait} >= ${name}") for silo, name in zip(NAMES[:-1], LIMITS, strict=True))
    terms = Terms(
        SCHEME, by, Rhythm(3, "month"), Rhythm(3, "month").after(today()), "What each customer will bring, by the model of value."
    )
    numbers = {name: (f"{limit:.2f}", "in the company's money") for name, limit in limits.items()}
    return create_scheme(terms, Shape(parts, NAMES[-1]), by=by, parameters=numbers)
