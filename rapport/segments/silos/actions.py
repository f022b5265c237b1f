"""The verbs of schemes and parameters: each is checked first, written down, and leaves what stood before to be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db import transaction
from pyroaring import BitMap

from rapport.accounts.actions import write_down
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.segments import queries as segments
from rapport.segments.actions import fitting, hold_all
from rapport.segments.check import check
from rapport.segments.errors import NameTaken, RuleError
from rapport.segments.literals import Unfit, fit_number
from rapport.segments.models import Parameter, Review, Scheme, SchemeVersion, Silo
from rapport.segments.nodes import Rule
from rapport.segments.silos import queries
from rapport.segments.silos.calendar import Rhythm
from rapport.segments.silos.parameters import NAME, filled, parse_with, placed_back
from rapport.segments.silos.partition import Part, Shape, expanded, placed_many
from rapport.segments.text import number_text, rule_text
from rapport.segments.vocabulary import Vocabulary

SILOS_MAX = 30


@dataclass(frozen=True)
class Terms:
    """What a scheme is beside its rules."""

    name: str
    owner: str
    rhythm: Rhythm
    due: date
    purpose: str = ""


@transaction.atomic
def create_scheme(terms: Terms, shape: Shape, *, by: str, parameters: Mapping[str, tuple[str, str]] | None = None) -> Scheme:
    """A new scheme; `parameters` (name → number, unit) that are not there yet are made, those that are keep their number."""
    hold_all()
    name = fitting(terms.name, "A scheme's name")
    if Scheme.objects.filter(name=name).exists():
        raise NameTaken(name, what="scheme")
    for parameter, (number, unit) in (parameters or {}).items():
        if not Parameter.objects.filter(name=parameter).exists():
            save_parameter(parameter, number, unit=unit, by=by)
    now = now_us()
    scheme = Scheme(name=name, remainder="", by=by, created_us=now, updated_us=now, version=0)
    _take_terms(scheme, replace(terms, name=name))
    return reshape(scheme, shape, by=by, why="made")


@transaction.atomic
def change_scheme(scheme_id: int, terms: Terms, shape: Shape, *, by: str) -> Scheme:
    """Other terms or rules, at any time but while a review looks at it: that would judge what no longer stands."""
    hold_all()
    scheme = queries.scheme_or_refusal(scheme_id)
    _refuse_under_review(scheme)
    name = fitting(terms.name, "A scheme's name")
    if name != scheme.name:
        if Scheme.objects.filter(name=name).exists():
            raise NameTaken(name, what="scheme")
        _refuse_used(scheme.name, None, "renamed")
    _take_terms(scheme, replace(terms, name=name))
    scheme.save()
    return scheme if shape == queries.shape_of(scheme) else reshape(scheme, shape, by=by, why="changed")


def reshape(scheme: Scheme, shape: Shape, *, by: str, why: str) -> Scheme:
    """Give a held scheme these silos. Refused where a rule cannot be true, or another names a silo that would be gone."""
    shape = _fitting_shape(shape)
    if scheme.id:
        for gone in [name for name in queries.shape_of(scheme).names if name not in shape.names]:
            _refuse_used(scheme.name, gone, "taken away")
    asked = checked_rules(shape, segments.vocabulary(), queries.numbers(), scheme=scheme.name)
    now = now_us()
    scheme.remainder, scheme.version, scheme.updated_us = shape.remainder, scheme.version + 1, now
    scheme.save()
    Silo.objects.filter(scheme=scheme).delete()
    rows = zip(shape.parts, asked, strict=True)
    Silo.objects.bulk_create(
        Silo(scheme=scheme, place=place, name=part.name, rule=part.rule, asked=rule_text(rule)) for place, (part, rule) in enumerate(rows)
    )
    said = [{"name": part.name, "rule": part.rule} for part in shape.parts]
    SchemeVersion.objects.create(
        scheme=scheme, version=scheme.version, at_us=now, by=by, remainder=shape.remainder, silos=said, why=why[:255]
    )
    write_down("silos.save", subject=f"scheme {scheme.id}", by=by, name=scheme.name, version=scheme.version, silos=said)
    return scheme


@transaction.atomic
def delete_scheme(scheme_id: int, *, by: str) -> None:
    """Take a scheme away with its reviews; refused while a rule names one of its silos."""
    hold_all()
    scheme = queries.scheme_or_refusal(scheme_id)
    _refuse_used(scheme.name, None, "deleted")
    said = [{"name": part.name, "rule": part.rule} for part in queries.shape_of(scheme).parts]
    write_down("silos.delete", subject=f"scheme {scheme.id}", by=by, name=scheme.name, silos=said, remainder=scheme.remainder)
    scheme.delete()


@transaction.atomic
def move_due(scheme_id: int, *, to: date, reason: str, by: str) -> Scheme:
    """Review it later, or sooner, and say why."""
    if not reason.strip():
        raise Refusal("Why later?", mend="Write the reason; it stands beside the date.")
    scheme = queries.scheme_or_refusal(scheme_id, held=True)
    write_down("silos.later", subject=f"scheme {scheme.id}", by=by, before=scheme.due.isoformat(), due=to.isoformat(), reason=reason)
    scheme.due, scheme.later_reason = to, reason.strip()
    scheme.save()
    return scheme


# Parameters


@transaction.atomic
def save_parameter(name: str, number: str, *, unit: str = "", by: str) -> Parameter:
    """Name a number, or change it: every silo that names it means the new one from then on, its rule as written untouched."""
    hold_all()
    name = name.strip().removeprefix("$")
    if not NAME.fullmatch(name):
        raise Refusal(f'"{name[:63]}" cannot name a parameter.', mend="Write small letters, digits and _, a letter first: lapsed_after.")
    number = _fitting_number(number)
    found = Parameter.objects.filter(name=name).first()
    if found is not None and (found.number, found.unit) == (number, unit):
        return found
    facts = {} if found is None else {"before": found.number}
    found = found or Parameter(name=name)
    found.number, found.unit, found.by, found.updated_us = number, unit.strip()[:63], by, now_us()
    found.save()
    write_down("silos.parameter", subject=f"parameter {name}", by=by, number=number, **facts)
    _ask_anew(name)
    return found


@transaction.atomic
def delete_parameter(name: str, *, by: str) -> None:
    """Refused while a silo's rule names it."""
    hold_all()
    found = Parameter.objects.filter(name=name).first()
    if found is None:
        raise Refusal(f"No parameter is called ${name}.")
    if users := [f'"{silo.name}" of "{silo.scheme.name}"' for silo in queries.silos_with(name)]:
        raise Refusal(f"${name} cannot be deleted: {', '.join(users)} names it.", mend="Change that rule first.", users=users)
    write_down("silos.delete_parameter", subject=f"parameter {name}", by=by, number=found.number)
    found.delete()


@dataclass(frozen=True)
class ParameterEffect:
    """What another number would do: the silos whose rules name it, and the schemes in which people would move."""

    silos: list[tuple[str, str]]  # scheme, silo
    moved: dict[str, BitMap]  # by scheme: who would be in another silo


def parameter_effect(name: str, number: str, *, moment_us: int | None = None) -> ParameterEffect:
    """Asked before it is saved, of every scheme that leans on the parameter, at any remove."""
    touched = queries.silos_with(name)
    numbers = {**queries.numbers(), name: _fitting_number(number)}
    before = segments.vocabulary()
    shapes = {scheme: queries.shape_of(scheme) for scheme in queries.schemes()}
    after, rules = before, dict[int, list[Rule]]()
    for scheme in [one for one in shapes if any(silo.scheme_id == one.id for silo in touched)]:
        shape = shapes[scheme]
        rules[scheme.id] = checked_rules(shape, before, numbers, scheme=scheme.name)
        meant = expanded([part.name for part in shape.parts], rules[scheme.id], shape.remainder)
        after = replace(after, silos={**after.silos, **{(scheme.name, silo): rule for silo, rule in meant.items()}})
    leaning = [one for one in shapes if one.id in rules or queries.leans_differently(one, before, after)]
    asked = [([part.name for part in shapes[one].parts], queries.rules_of(one), shapes[one].remainder) for one in leaning]
    new = [(names, rules.get(one.id, old), rest) for one, (names, old, rest) in zip(leaning, asked, strict=True)]
    moment = moment_us or now_us()
    were, would = placed_many(asked, before, moment), placed_many(new, after, moment)
    moved = {}
    for one, old_sets, new_sets in zip(leaning, were, would, strict=True):
        moved[one.name] = BitMap.union(*(ids - new_sets.sets[silo] for silo, ids in old_sets.sets.items()))
    return ParameterEffect([(silo.scheme.name, silo.name) for silo in touched], moved)


# What all of them share


def checked_rules(shape: Shape, vocabulary: Vocabulary, numbers: Mapping[str, str], *, scheme: str) -> list[Rule]:
    """Each silo's rule with its numbers, checked; a refusal names the silo and the place."""
    return [checked_rule(part.rule, vocabulary, numbers, scheme=scheme, silo=part.name) for part in shape.parts]


def checked_rule(text: str, vocabulary: Vocabulary, numbers: Mapping[str, str], *, scheme: str, silo: str) -> Rule:
    """One rule as it would stand in a scheme."""
    try:
        rule = parse_with(text, numbers)
        try:
            return check(rule, vocabulary, saving_in=scheme)
        except RuleError as trouble:
            raise placed_back(trouble, text, *filled(text, numbers)) from None
    except RuleError as trouble:
        raise RuleError(f"“{silo}”: {trouble.trouble}", mend=trouble.mend, place=trouble.place, silo=silo) from None


def _ask_anew(parameter: str) -> None:
    vocabulary, numbers = segments.vocabulary(), queries.numbers()
    for silo in queries.silos_with(parameter):
        rule = checked_rule(silo.rule, vocabulary, numbers, scheme=silo.scheme.name, silo=silo.name)
        Silo.objects.filter(id=silo.id).update(asked=rule_text(rule))


def _take_terms(scheme: Scheme, terms: Terms) -> None:
    owner = terms.owner.strip().lower()
    if not owner:
        raise Refusal("A scheme needs an owner.", mend="Name who reviews it.")
    scheme.name, scheme.owner, scheme.purpose = terms.name, owner, terms.purpose.strip()
    scheme.rhythm, scheme.rhythm_unit, scheme.due = terms.rhythm.count, terms.rhythm.unit, terms.due


def _fitting_shape(shape: Shape) -> Shape:
    if len(shape.parts) > SILOS_MAX:
        raise Refusal(f"A scheme has at most {SILOS_MAX} silos with a rule.", mend="Merge some.")
    parts = tuple(Part(fitting(part.name, "A silo's name"), part.rule.strip()) for part in shape.parts)
    remainder = fitting(shape.remainder, "The remainder's name")
    names: Sequence[str] = [*(part.name for part in parts), remainder]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise Refusal(f'Two silos are called "{twice}".', mend="Give each a name of its own.")
    return Shape(parts, remainder)


def _fitting_number(said: str) -> str:
    try:
        return number_text(fit_number(Decimal(said.strip())))
    except InvalidOperation:
        raise Refusal(f'"{said[:40]}" is no number.', mend="Write digits, with a point for decimals: 180.") from None
    except Unfit as unfit:
        raise Refusal(unfit.trouble, mend=unfit.mend) from None


def _refuse_used(scheme: str, silo: str | None, deed: str) -> None:
    if users := segments.users_of_silo(scheme, silo):
        what = f'The scheme "{scheme}"' if silo is None else f'The silo "{silo}"'
        listed = ", ".join(f'"{one}"' for one in users[:5])
        raise Refusal(f"{what} cannot be {deed}: {listed} names it.", mend="Change that rule first.", users=users)


def _refuse_under_review(scheme: Scheme) -> None:
    if Review.objects.filter(scheme=scheme, finished_us=None).exists():
        raise Refusal(f'"{scheme.name}" is under review.', mend="Finish the review, or withdraw it.")
