"""Schemes of silos: listed and read. Who is in a silo is asked as a rule: `in silo "Lapsed" of "Lifecycle"`."""

from ninja import Path, Router

from rapport.api.cursors import cursor_of, numbers_of, page_of
from rapport.api.door import ApiRequest
from rapport.api.problems import Problem
from rapport.api.routes.ways import reads
from rapport.api.shapes import Cursor, Id, Page, PageLimit, SchemeOut, SiloOut, iso
from rapport.segments.models import Scheme
from rapport.segments.nodes import InSilo
from rapport.segments.silos import queries
from rapport.segments.text import rule_text

router = Router(tags=["silos"])


@router.get("/schemes", **reads("segments:read", Page[SchemeOut], "List schemes of silos"))
def listed(request: ApiRequest, cursor: Cursor | None = None, limit: PageLimit = 50) -> Page[SchemeOut]:
    """Every scheme with its silos, by rising id."""
    after = (numbers_of(cursor, 1) or (0,))[0]
    shown, last = page_of(queries.schemes_after(after, limit=limit + 1), limit)
    return Page(data=[_out(kept) for kept in shown], next=cursor_of(last.id) if last else None)


@router.get("/schemes/{scheme_id}", **reads("segments:read", SchemeOut, "One scheme of silos", one=True))
def one(request: ApiRequest, scheme_id: Path[Id]) -> SchemeOut:
    """Its silos in order: the first whose rule holds wins, the remainder takes the rest."""
    kept = queries.scheme(scheme_id)
    if kept is None:
        raise Problem("not_found", f"There is no scheme {scheme_id}.", field="scheme_id")
    return _out(kept)


def _out(kept: Scheme) -> SchemeOut:
    written = {silo.name: silo.rule for silo in kept.silos.all()}
    names = queries.shape_of(kept).names
    return SchemeOut(
        id=kept.id,
        name=kept.name,
        purpose=kept.purpose,
        owner=kept.owner,
        due=kept.due.isoformat(),
        version=kept.version,
        remainder=kept.remainder,
        silos=[SiloOut(name=name, rule=written.get(name), members=rule_text(InSilo(name, kept.name))) for name in names],
        updated=iso(kept.updated_us),
    )
