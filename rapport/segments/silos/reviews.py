"""Review as work: open, decide silo by silo, finish in one step, so that nothing is ever half done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from pyroaring import BitMap

from rapport.accounts.actions import write_down
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.lib.zone import today
from rapport.segments import queries as segments
from rapport.segments.actions import hold_all
from rapport.segments.models import Decision, Review, Scheme, SiloSet
from rapport.segments.silos import queries
from rapport.segments.silos.actions import checked_rule, checked_rules, reshape
from rapport.segments.silos.calendar import Rhythm
from rapport.segments.silos.measuring import known_since, measured, value_explained
from rapport.segments.silos.partition import Shape, merge, placed, read_through, retire, split

DEEDS = ("keep", "split", "merge", "retire")
REASON_LENGTH_MAX = 2_000


@dataclass(frozen=True)
class Said:
    """A decision as it is handed in: `where`, `into` and `rest` for a split, `into` for a merge."""

    deed: str
    reason: str = ""
    where: str = ""
    into: str = ""
    rest: str = ""


@dataclass(frozen=True)
class Effect:
    """What a decision alone would do at the review's moment."""

    sizes: dict[str, int]  # of the silos that would have other people
    moved: int  # who would be elsewhere, or in a silo of another name
    eta: float | None


def open_review(scheme_id: int, *, by: str, compare_us: int | None = None) -> Review:
    """Look at a scheme as it is now, beside the review before or, for the first, a past moment. The open one, if there is one."""
    scheme = queries.scheme_or_refusal(scheme_id)
    if found := queries.open_review(scheme):
        return found
    last = queries.last_review(scheme)
    moment = now_us()
    since_us = last.finished_us if last is not None and last.finished_us else _past(scheme, moment, compare_us)
    version = scheme.version
    now = queries.placed_at(scheme, moment_us=moment)
    known, aliases = known_since(now, since_us)
    if last is not None:
        before = {name: ids & now.everyone for name, ids in read_through(queries.kept_sets(last, "left"), aliases).items()}
    else:
        before = queries.placed_at(scheme, moment_us=since_us).sets
    figures = measured(now, before, known, last.figures if last else None)
    with transaction.atomic():
        held = queries.scheme_or_refusal(scheme_id, held=True)
        if found := queries.open_review(held):
            return found  # two clicked at once
        if held.version != version:
            raise Refusal("The scheme has changed meanwhile.", mend="Open the review again.")
        review = Review.objects.create(
            scheme=held,
            opened_us=moment,
            due=held.due,
            by=by,
            version=version,
            remainder=held.remainder,
            since_us=since_us,
            figures=figures,
        )
        _keep(review, "before", before)
        _keep(review, "found", now.sets)
        write_down("silos.open_review", subject=f"scheme {scheme.id}", by=by, review=review.id)
    return review


@transaction.atomic
def withdraw_review(review_id: int, *, by: str) -> None:
    """An open review goes with its decisions; nothing of the scheme has changed."""
    review = _held(review_id)
    if review.finished_us is not None:
        raise Refusal("This review is finished and stays on record.")
    write_down("silos.withdraw_review", subject=f"scheme {review.scheme_id}", by=by, review=review.id)
    review.delete()


@transaction.atomic
def decide(review_id: int, silo: str, said: Said, *, by: str) -> tuple[Decision, Decision | None]:
    """Keep, split, merge or retire, with the reason. The last word on a silo counts: what it replaces is handed back with it."""
    review = _held(review_id)
    if review.finished_us is not None:
        raise Refusal("This review is finished.", mend="The next one can decide otherwise.")
    reason = said.reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise Refusal("A decision needs its reason.", mend="Write why, for those who decide next time.")
    shape = queries.shape_of(review.scheme)
    if silo not in shape.names:
        raise Refusal(f'There is no silo "{silo}" in this review.', mend=f"The silos are {', '.join(shape.names)}.")
    effect = _effect(review, shape, silo, said)
    before = review.decisions.filter(silo=silo).first()
    replaced = None if before is None else Decision(silo=silo, deed=before.deed, reason=before.reason, by=before.by, at_us=before.at_us)
    facts: dict[str, Any] = {"where": said.where.strip(), "into": said.into.strip(), "rest": said.rest.strip()}
    facts = {name: text for name, text in facts.items() if text} | {"sizes": effect.sizes, "moved": effect.moved, "eta": effect.eta}
    decision, _ = Decision.objects.update_or_create(
        review=review, silo=silo, defaults={"deed": said.deed, "reason": reason, "facts": facts, "by": by, "at_us": now_us()}
    )
    write_down("silos.decide", subject=f"scheme {review.scheme_id}", by=by, review=review.id, silo=silo, decision=said.deed, reason=reason)
    return decision, replaced


def effect_of(review: Review, silo: str, said: Said) -> Effect:
    """What a decision would do, shown before it is made."""
    return _effect(review, queries.shape_of(review.scheme), silo, said)


def finish_review(review_id: int, *, by: str) -> Review:
    """Make the decisions the scheme, all in one step; keep who is in which silo from then on. Finishing twice is harmless."""
    review = queries.review(review_id)
    if review is None:
        raise Refusal("That review is not there any more.")
    if review.finished_us is not None:
        return review
    planned = _planned(review)
    rules = checked_rules(planned, segments.vocabulary(), queries.numbers(), scheme=review.scheme.name)
    left = placed([part.name for part in planned.parts], rules, planned.remainder, segments.vocabulary(), now_us())
    with transaction.atomic():
        hold_all()
        held = _held(review_id)
        if held.finished_us is not None:
            return held
        if _planned(held) != planned:
            raise Refusal("Somebody has decided otherwise meanwhile.", mend="Look at the decisions again, then finish.")
        if planned != queries.shape_of(held.scheme):
            reshape(held.scheme, planned, by=by, why=f"review {held.id}")
        _keep(held, "left", left.sets)
        held.finished_us, held.finished_by = left.moment_us, by
        held.save()
        _next(held.scheme)
        write_down("silos.finish_review", subject=f"scheme {held.scheme_id}", by=by, review=held.id)
    return held


# What the decisions make of the scheme


def applied(shape: Shape, decisions: Mapping[str, Decision]) -> Shape:
    """The scheme after all of them: first what is merged, then split, then retired, each silo as it was called."""
    made = shape
    for deed in ("merge", "split", "retire"):
        for name in shape.names:
            if name in decisions and decisions[name].deed == deed:
                facts = decisions[name].facts
                made = _changed(
                    made, name, Said(deed, where=facts.get("where", ""), into=facts.get("into", ""), rest=facts.get("rest", ""))
                )
    return made


def _changed(shape: Shape, name: str, said: Said) -> Shape:
    match said.deed:
        case "keep":
            return shape
        case "split":
            into, rest = said.into.strip(), said.rest.strip() or name
            if not said.where.strip() or not into:
                raise Refusal("A split needs a rule and a name for those it means.", mend="Say whom to take out, and what to call them.")
            if into == rest or into in shape.names or (rest != name and rest in shape.names):
                raise Refusal("The two need names of their own.", mend="No other silo may be called so.")
            return split(shape, name, where=said.where.strip(), into=into, rest=rest)
        case "merge":
            if said.into not in shape.names or said.into == name:
                raise Refusal("Merge into which silo?", mend="Choose another silo of this scheme.")
            return merge(shape, name, said.into)
        case "retire":
            return retire(shape, name)
    raise Refusal(f'"{said.deed}" is no decision.', mend=f"Decide one of {', '.join(DEEDS)}.")


def _planned(review: Review) -> Shape:
    """The scheme as the decisions would have it; refused until all are decided and fit together."""
    shape, decisions = queries.shape_of(review.scheme), queries.decisions(review)
    if open_ := [name for name in shape.names if name not in decisions]:
        raise Refusal(f"{len(shape.names) - len(open_)} of {len(shape.names)} are decided.", mend=f"Still open: {', '.join(open_)}.")
    for name, decision in decisions.items():
        into = decision.facts.get("into")
        if decision.deed == "merge" and decisions[into].deed != "keep":
            trouble = f'"{name}" goes into "{into}", for which {decisions[into].deed} was decided.'
            raise Refusal(trouble, mend=f'Decide to keep "{into}", or merge "{name}" elsewhere.')
    return applied(shape, decisions)


def _effect(review: Review, shape: Shape, silo: str, said: Said) -> Effect:
    """Every silo's people before and after, as of the review's moment."""
    vocabulary, numbers, name = segments.vocabulary(), queries.numbers(), review.scheme.name
    if said.deed == "split" and said.where.strip():
        checked_rule(said.where.strip(), vocabulary, numbers, scheme=name, silo=said.into or silo)  # its place, not that within the whole
    changed = _changed(shape, silo, said)
    found = queries.kept_sets(review, "found")
    if changed == shape:
        return Effect({}, 0, review.figures.get("eta"))
    rules = checked_rules(changed, vocabulary, numbers, scheme=name)
    would = placed([part.name for part in changed.parts], rules, changed.remainder, vocabulary, review.opened_us)
    sizes = {one: len(people) for one, people in would.sets.items() if people != found.get(one)}
    moved = sum(len(people - would.sets.get(one, BitMap())) for one, people in found.items())
    known, _ = known_since(would, review.since_us, vocabulary)
    return Effect(sizes, moved, value_explained(known, would.sets))


def _next(scheme: Scheme) -> None:
    unit: Any = scheme.rhythm_unit
    scheme.due, scheme.later_reason = Rhythm(scheme.rhythm, unit).after(today()), ""
    scheme.save()


def _keep(review: Review, time: str, sets: Mapping[str, BitMap]) -> None:
    SiloSet.objects.bulk_create(
        SiloSet(review=review, time=time, place=place, name=name, ids=ids.serialize(), people=len(ids))
        for place, (name, ids) in enumerate(sets.items())
    )


def _held(review_id: int) -> Review:
    found = Review.objects.select_for_update().filter(id=review_id).first()
    if found is None:
        raise Refusal("That review is not there any more.")
    return found


def _past(scheme: Scheme, moment_us: int, compare_us: int | None) -> int:
    """What the first review compares with: the moment asked for, or one rhythm ago."""
    if compare_us is not None:
        if compare_us >= moment_us:
            raise Refusal("A review compares with a moment before now.", mend="Give an earlier day.")
        return compare_us
    days = scheme.rhythm * (1 if scheme.rhythm_unit == "day" else 30)
    return moment_us - days * 24 * 3_600_000_000
