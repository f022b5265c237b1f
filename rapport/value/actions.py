"""The verb of worth that pages call: keep a parting as silos. Valuing itself stands in `valuing`."""

from collections.abc import Sequence
from itertools import pairwise

from rapport.lib.zone import today
from rapport.segments.models import Scheme
from rapport.segments.silos import queries as silos
from rapport.segments.silos.actions import Terms, create_scheme
from rapport.segments.silos.calendar import Rhythm
from rapport.segments.silos.partition import Part, Shape
from rapport.value import queries
from rapport.value.errors import NoSuchParting, TooFewPurchases
from rapport.value.models import Fit
from rapport.value.names import trait_names
from rapport.value.partings import FIFTHS, NAMES, NAMES_OF_FIFTHS, PYRAMID

SCHEME = "Value"
LIMITS = ("value_of_top_1", "value_of_top_5", "value_of_top_20")  # parameters: the least value of who is in each part
LIMITS_OF_FIFTHS = ("value_of_best_fifth", "value_of_second_fifth", "value_of_third_fifth", "value_of_fourth_fifth")
BY_LIMITS = {"pyramid": (NAMES, LIMITS, PYRAMID), "fifths": (NAMES_OF_FIFTHS, LIMITS_OF_FIFTHS, FIFTHS)}
NOT_VALUED = "Not valued yet"
Numbers = dict[str, tuple[str, str]]  # parameters: number and unit


def own_limits() -> tuple[float, ...] | None:
    """The limits that the company keeps, once the pyramid is kept as silos."""
    numbers = silos.numbers()
    return tuple(float(numbers[name]) for name in LIMITS) if all(name in numbers for name in LIMITS) else None


def keep_as_silos(parting: str = "pyramid", *, by: str, seen: int | None = None) -> Scheme:
    """A parting of the newest fit (`pyramid`, `fifths` or `clusters`) as a scheme that strategy can stand on: the limits become the
    company's own numbers, or stand in the rules of clusters, and stay. `seen`: the fit that was looked at.

    A fit moves people, never the limits: those are moved in a review. A refusal where there is no fit or no such parting, a newer fit than
    was seen, or such a scheme already.
    """
    fit = queries.newest()
    if fit is None:
        raise TooFewPurchases("Nobody has been valued yet.", mend="Run: rapport value fit")
    if seen is not None and fit.id != seen:
        raise NoSuchParting("Customers have been valued anew meanwhile.", mend="Look at the report again, and keep what it says now.")
    if parting in BY_LIMITS:
        shape, numbers = _by_limits(fit, *BY_LIMITS[parting])
    elif parting == "clusters":
        shape, numbers = _by_rules(fit), {}
    else:
        raise NoSuchParting(f"Customers are not parted by “{parting}”.", mend=f"Keep one of {', '.join(BY_LIMITS)}, clusters.")
    terms = Terms(
        SCHEME, by, Rhythm(3, "month"), Rhythm(3, "month").after(today()), "What each customer will bring, by the model of value."
    )
    return create_scheme(terms, shape, by=by, parameters=numbers)


def _by_limits(fit: Fit, names: Sequence[str], limits: Sequence[str], shares: Sequence[float]) -> tuple[Shape, Numbers]:
    trait, known = trait_names(fit.horizon_days)["told_value"], fit.report["limits"]
    if any(str(share) not in known for share in shares):
        raise NoSuchParting("The last fit is from before there were such parts.", mend="Run: rapport value fit")
    own = silos.numbers()  # those that are there already stay
    used = [float(own.get(name, known[str(share)])) for name, share in zip(limits, shares, strict=True)]
    if any(above < below for above, below in pairwise(used)):
        told = ", ".join(f"{name} {number:g}" for name, number in zip(limits, used, strict=True))
        raise NoSuchParting(f"The company's own limits do not fall: {told}.", mend="Change or delete those numbers on the page of silos.")
    parts = tuple(Part(silo, f"{trait} >= ${name}") for silo, name in zip(names[:-1], limits, strict=True))
    numbers = {name: (f"{known[str(share)]:.2f}", "in the company's money") for name, share in zip(limits, shares, strict=True)}
    if names == NAMES:
        return Shape(parts, names[-1]), numbers  # all others, whether they ever bought or not
    return Shape((*parts, Part(names[-1], f"{trait} is known")), NOT_VALUED), numbers


def _by_rules(fit: Fit) -> Shape:
    found = fit.report.get("clusters")
    if found is None:
        raise NoSuchParting("These customers do not part into such groups.", mend="Keep the pyramid, or fifths.")
    names = [level["name"] for level in found["levels"]]
    return Shape(tuple(Part(name, rule) for name, rule in zip(names, found["rules"], strict=True)), NOT_VALUED)
