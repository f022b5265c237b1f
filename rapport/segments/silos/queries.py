"""The questions others may ask of silos: which schemes there are, what is due, who is in which silo, what was decided."""

from django.db.models import QuerySet
from pyroaring import BitMap

from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.lib.zone import today
from rapport.segments import queries as segments
from rapport.segments.answer import leaves_of
from rapport.segments.models import Decision, Parameter, Review, Scheme, SchemeVersion, Silo, SiloSet
from rapport.segments.nodes import Rule
from rapport.segments.silos.parameters import names_in
from rapport.segments.silos.partition import Part, Placed, Shape, placed
from rapport.segments.vocabulary import Vocabulary

SHOWN_MAX = 1_000


def schemes() -> list[Scheme]:
    """Every scheme, the one due first on top."""
    return list(Scheme.objects.order_by("due", "name").prefetch_related("silos")[:SHOWN_MAX])


def schemes_after(scheme_id: int, *, limit: int) -> list[Scheme]:
    """Schemes by rising id, a page at a time."""
    return list(Scheme.objects.filter(id__gt=scheme_id).order_by("id").prefetch_related("silos")[:limit])


def scheme(scheme_id: int) -> Scheme | None:
    return Scheme.objects.filter(id=scheme_id).prefetch_related("silos").first()


def scheme_or_refusal(scheme_id: int, *, held: bool = False) -> Scheme:
    rows = Scheme.objects.select_for_update() if held else Scheme.objects
    found = rows.filter(id=scheme_id).first()
    if found is None:
        raise Refusal("That scheme is not there any more.", mend="Look at the list of schemes.")
    return found


def due_of(owner: str) -> list[Scheme]:
    """What this member of staff is to review by now, the latest first."""
    return list(Scheme.objects.filter(owner=owner.lower(), due__lte=today()).order_by("due", "name")[:SHOWN_MAX])


def shape_of(scheme: Scheme) -> Shape:
    """Its silos as written."""
    return Shape(tuple(Part(silo.name, silo.rule) for silo in scheme.silos.all()), scheme.remainder)


def rules_of(scheme: Scheme) -> list[Rule]:
    """The rules of its silos as they are asked, in order."""
    return [segments.parsed(silo.asked) for silo in scheme.silos.all()]


def placed_at(scheme: Scheme, *, moment_us: int | None = None, vocabulary: Vocabulary | None = None) -> Placed:
    """Who is in which silo, by the rules as they stand, as of now or any past moment; one question."""
    names = [silo.name for silo in scheme.silos.all()]
    return placed(names, rules_of(scheme), scheme.remainder, vocabulary or segments.vocabulary(), moment_us or now_us())


def versions(scheme: Scheme) -> list[SchemeVersion]:
    """What the scheme was, the newest first."""
    return list(scheme.versions.order_by("-version")[:SHOWN_MAX])


def leans_differently(scheme: Scheme, before: Vocabulary, after: Vocabulary) -> bool:
    """Whether its silos mean something else by other words."""
    rules = rules_of(scheme)
    return any(leaves_of(rule, before) != leaves_of(rule, after) for rule in rules)


# Parameters


def parameters() -> list[Parameter]:
    return list(Parameter.objects.order_by("name")[:SHOWN_MAX])


def numbers() -> dict[str, str]:
    """Every parameter's number, by its name."""
    return dict(Parameter.objects.order_by("name").values_list("name", "number"))


def silos_with(parameter: str) -> list[Silo]:
    """The silos whose rules name a parameter."""
    found = Silo.objects.filter(rule__contains=f"${parameter}").select_related("scheme").order_by("scheme__name", "place")
    return [silo for silo in found if parameter in names_in(silo.rule)]


# Reviews


def review(review_id: int) -> Review | None:
    return Review.objects.filter(id=review_id).select_related("scheme").first()


def open_review(scheme: Scheme) -> Review | None:
    return Review.objects.filter(scheme=scheme, finished_us=None).select_related("scheme").first()


def last_review(scheme: Scheme) -> Review | None:
    """The last one that was finished."""
    return _finished().filter(scheme=scheme).order_by("-finished_us").first()


def reviews(scheme: Scheme) -> list[Review]:
    """Finished ones, the newest first."""
    return list(_finished().filter(scheme=scheme).order_by("-finished_us")[:SHOWN_MAX])


def decisions(review: Review) -> dict[str, Decision]:
    """By silo."""
    return {one.silo: one for one in review.decisions.order_by("at_us")}


def decided_before(scheme: Scheme, *, limit: int) -> list[Decision]:
    """Decisions of finished reviews, the newest first."""
    rows = Decision.objects.filter(review__scheme=scheme, review__finished_us__isnull=False).select_related("review")
    return list(rows.order_by("-at_us")[:limit])


def kept_sets(review: Review, time: str) -> dict[str, BitMap]:
    """The sets of a review by silo, in order, with the ids of their day."""
    rows = SiloSet.objects.filter(review=review, time=time).values_list("name", "ids")
    return {name: BitMap.deserialize(bytes(ids)) for name, ids in rows}


def _finished() -> QuerySet[Review]:
    return Review.objects.filter(finished_us__isnull=False)
