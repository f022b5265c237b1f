"""Saved segments: listed, read, saved, changed, deleted, and who is in one."""

from django.db import transaction
from ninja import Path, Router

from rapport.api import asking
from rapport.api.cursors import cursor_of, numbers_of, page_of
from rapport.api.door import ApiRequest
from rapport.api.problems import Problem
from rapport.api.routes.ways import reads, writes
from rapport.api.shapes import AsOf, Cursor, Id, MembersLimit, MembersOut, Page, PageLimit, SegmentIn, SegmentOut, iso
from rapport.segments import actions
from rapport.segments import queries as segments
from rapport.segments.models import Segment
from rapport.segments.tree import to_tree

router = Router(tags=["segments"])


@router.get("/segments", **reads("segments:read", Page[SegmentOut], "List saved segments"))
def listed(request: ApiRequest, cursor: Cursor | None = None, limit: PageLimit = 50) -> Page[SegmentOut]:
    """Every saved segment, by rising id."""
    after = (numbers_of(cursor, 1) or (0,))[0]
    shown, last = page_of(segments.segments_after(after, limit=limit + 1), limit)
    return Page(data=[_out(kept) for kept in shown], next=cursor_of(last.id) if last else None)


@router.post("/segments", **writes("segments:write", SegmentOut, "Save a segment", status=201, first=asking.catch_up))
def save(request: ApiRequest, said: SegmentIn) -> SegmentOut:
    """Keep a rule under a name that is free. The rule is checked: what cannot be true of the data is refused with its place."""
    return _out(actions.save_segment(said.name, asking.rule_said(said.rule), by=request.token.actor, new=True))


@router.get("/segments/{segment_id}", **reads("segments:read", SegmentOut, "One segment", one=True))
def one(request: ApiRequest, segment_id: Path[Id]) -> SegmentOut:
    """Its rule as text and as a tree."""
    return _out(_kept(segment_id))


@router.put("/segments/{segment_id}", **writes("segments:write", SegmentOut, "Change a segment", one=True, first=asking.catch_up))
@transaction.atomic
def change(request: ApiRequest, segment_id: Path[Id], said: SegmentIn) -> SegmentOut:
    """Give it this name and this rule. The name stays where another segment's rule names it."""
    by = request.token.actor
    renamed = actions.rename_segment(_kept(segment_id).name, to=said.name, by=by)
    return _out(actions.save_segment(renamed.name, asking.rule_said(said.rule), by=by))


@router.delete("/segments/{segment_id}", **writes("segments:write", None, "Delete a segment", status=204, one=True))
def delete(request: ApiRequest, segment_id: Path[Id]) -> None:
    """Refused while another segment's rule names it."""
    actions.delete_segment(_kept(segment_id).name, by=request.token.actor)


@router.get("/segments/{segment_id}/members", **reads("segments:read", MembersOut, "List who is in a segment", one=True))
def members(
    request: ApiRequest,
    segment_id: Path[Id],
    as_of: AsOf | None = None,
    cursor: Cursor | None = None,
    limit: MembersLimit = 100,
) -> MembersOut:
    """Its rule's members as of now, or of an earlier moment, by rising id. That they were read is written down."""
    kept = _kept(segment_id)
    return asking.members(kept.rule, as_of=as_of, cursor=cursor, limit=limit, by=request.token, subject=f"segment {kept.id}")


def _kept(segment_id: int) -> Segment:
    kept = segments.segment(segment_id)
    if kept is None:
        raise Problem("not_found", f"There is no segment {segment_id}.", field="segment_id")
    return kept


def _out(kept: Segment) -> SegmentOut:
    return SegmentOut(
        id=kept.id,
        name=kept.name,
        rule=kept.rule,
        tree=to_tree(segments.parse_rule(kept.rule)),
        by=kept.by,
        created=iso(kept.created_us),
        updated=iso(kept.updated_us),
    )
