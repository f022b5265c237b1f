"""Schemes of silos as forms and figures: the draft of one being edited, and who would be where."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _

from rapport.accounts import queries as accounts
from rapport.accounts.models import User
from rapport.lib.clock import now_us
from rapport.lib.refusals import Refusal
from rapport.lib.zone import today
from rapport.segments import queries as segments
from rapport.segments.models import Scheme
from rapport.segments.nodes import InSilo, NoOne, Or
from rapport.segments.person import evidence, history_of
from rapport.segments.silos import queries
from rapport.segments.silos.actions import Terms, checked_rules
from rapport.segments.silos.calendar import Rhythm
from rapport.segments.silos.partition import Part, Placed, Shape, placed
from rapport.segments.silos.templates import Template, template
from rapport.segments.text import quoted

ROWS_MAX = 40
TEXT_MAX = 100_000
EMPTY = Shape((Part("", ""), Part("", "")), "")


@dataclass(frozen=True)
class Draft:
    """A scheme as it stands in the form."""

    shape: Shape
    name: str = ""
    purpose: str = ""
    owner: str = ""
    rhythm: str = "3"
    unit: str = "month"
    due: str = ""
    template: str = ""

    @property
    def rows(self) -> list[Part]:
        return list(self.shape.parts)

    def trimmed(self) -> Shape:
        """Without the rows nobody has written into."""
        return Shape(tuple(part for part in self.shape.parts if part.name.strip() or part.rule.strip()), self.shape.remainder)

    def terms(self) -> Terms:
        unit = cast(Any, self.unit)
        rhythm = Rhythm(int(self.rhythm) if self.rhythm.isdigit() and len(self.rhythm) < 5 else 0, unit)
        return Terms(self.name, self.owner, rhythm, day_of(self.due) if self.due else rhythm.after(today()), self.purpose)

    def parameters(self) -> dict[str, tuple[str, str]]:
        """Those its template brings along."""
        kept: Template | None = template(self.template)
        return kept.parameters if kept else {}


def draft_of(scheme: Scheme) -> Draft:
    terms = (scheme.name, scheme.purpose, scheme.owner, str(scheme.rhythm), scheme.rhythm_unit, scheme.due.isoformat())
    return Draft(queries.shape_of(scheme), *terms)


def draft_of_template(key: str, owner: str) -> Draft:
    kept = template(key)
    if kept is None:
        return Draft(EMPTY, owner=owner, due="")
    return Draft(kept.shape, kept.name, kept.purpose, owner, template=key)


def draft_in(request: HttpRequest) -> Draft:
    """What stands in the form, after the button that was pressed has moved, added or taken a row."""
    said = request.POST
    names, rules = said.getlist("silo")[:ROWS_MAX], said.getlist("rule")[:ROWS_MAX]
    parts = [Part(name[:300], rule[:TEXT_MAX].replace("\r\n", "\n")) for name, rule in zip(names, rules, strict=False)]
    parts = _rearranged(parts, said.get("do", ""))
    fields = {name: said.get(name, "").strip()[:2000] for name in ("name", "purpose", "owner", "rhythm", "unit", "due", "template")}
    return Draft(Shape(tuple(parts), said.get("remainder", "")[:300]), **fields)


def _rearranged(parts: list[Part], deed: str) -> list[Part]:
    verb, _dash, number = deed.partition("-")
    if verb == "add" and len(parts) < ROWS_MAX:
        return [*parts, Part("", "")]
    at = int(number) if number.isdigit() and int(number) < len(parts) else None
    if at is None:
        return parts
    moved = parts[:at] + parts[at + 1 :]
    if verb == "remove":
        return moved
    to = max(0, at - 1) if verb == "up" else at + 1
    return [*moved[:to], parts[at], *moved[to:]] if verb in ("up", "down") else parts


@dataclass(frozen=True)
class Counted:
    """Who would be where if a draft were saved."""

    rows: list[tuple[str, int]]
    everyone: int
    moved: int | None  # of a scheme that is there: who would be in another silo


def counted(draft: Draft, scheme: Scheme | None) -> Counted:
    """One question for the draft and one for the scheme as it stands."""
    shape, vocabulary, moment_us = draft.trimmed(), segments.vocabulary(), now_us()
    numbers = {name: number for name, (number, _unit) in draft.parameters().items()} | queries.numbers()
    rules = checked_rules(shape, vocabulary, numbers, scheme=scheme.name if scheme else draft.name or _("this scheme"))
    found = placed([part.name for part in shape.parts], rules, shape.remainder or _("the rest"), vocabulary, moment_us)
    moved = None
    if scheme is not None:
        before = queries.placed_at(scheme, moment_us=moment_us, vocabulary=vocabulary)
        moved = sum(len(ids - found.sets.get(name, type(ids)())) for name, ids in before.sets.items())
    return Counted([(name, len(ids)) for name, ids in found.sets.items()], len(found.everyone), moved)


@dataclass(frozen=True)
class SiloRow:
    """A silo on the page of its scheme."""

    name: str
    rule: str  # as written; "" for the remainder
    count: int
    query: str  # who they are, as a rule


@dataclass(frozen=True)
class SchemeRow:
    """A scheme in the list."""

    scheme: Scheme
    owner: str
    silos: list[str]
    late: int  # days; below zero: still to come
    days_left: int = field(default=0)


def scheme_rows(found: list[Scheme]) -> list[SchemeRow]:
    day, names = today(), {user.email: str(user) for user in accounts.everybody()}
    return [
        SchemeRow(one, names.get(one.owner, one.owner), queries.shape_of(one).names, (day - one.due).days, (one.due - day).days)
        for one in found
    ]


def silo_rows(scheme: Scheme, found: Placed) -> list[SiloRow]:
    rules = {part.name: part.rule for part in queries.shape_of(scheme).parts}
    return [SiloRow(name, rules.get(name, ""), len(ids), silo_rule(name, scheme.name)) for name, ids in found.sets.items()]


def silo_rule(name: str, scheme: str) -> str:
    return f"in silo {quoted(name)} of {quoted(scheme)}"


def silos_of(customer_id: int) -> list[tuple[str, str]]:
    """The silo one customer is in, of each scheme, right to the last fact."""
    vocabulary = segments.vocabulary()
    silos = [InSilo(name, scheme) for scheme, name in vocabulary.silos]
    if not silos:
        return []
    nodes = evidence(Or((*silos, NoOne())), history_of(customer_id, vocabulary), now_us(), facts_max=0)[1:]
    return [(silo.scheme, silo.name) for silo, found in zip(silos, nodes, strict=False) if found.holds]


def owners() -> list[User]:
    """Who may review."""
    return [user for user in accounts.everybody() if user.may("segments.save")]


def day_of(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refusal(_("“%(text)s” is no day.") % {"text": text[:40]}, mend=_("Write it as 2026-11-23.")) from None
