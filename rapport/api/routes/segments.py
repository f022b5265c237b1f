"""Saved segments: listed, read, saved, changed, deleted; who is in one, who came and left, who is in others too."""

from datetime import date, timedelta
from typing import Annotated, Literal

from django.db import transaction
from ninja import Path, Query, Router

from rapport.accounts.actions import write_down
from rapport.api import asking
from rapport.api.cursors import cursor_of, numbers_of, page_of
from rapport.api.door import ApiRequest
from rapport.api.problems import Problem
from rapport.api.routes.ways import reads, writes
from rapport.api.shapes import (
    AsOf,
    Cursor,
    Day,
    DayOut,
    Id,
    MembersLimit,
    MembersOut,
    MovementOut,
    OverlapOut,
    OverlapPartOut,
    Page,
    PageLimit,
    SegmentIn,
    SegmentOut,
    SizeOut,
    ToldIn,
    iso,
)
from rapport.lib.zone import today
from rapport.segments import actions, history
from rapport.segments import queries as segments
from rapport.segments.models import Segment
from rapport.segments.tree import to_tree

router = Router(tags=["segments"])
DAYS_TOLD = 30


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


@router.get("/segments/{segment_id}/size", **reads("segments:read", SizeOut, "How many are in a segment, day by day", one=True))
def size(request: ApiRequest, segment_id: Path[Id], since: Day | None = None) -> SizeOut:
    """As of the last refresh, with each day kept since then; without `since` of the last 30 days."""
    kept, begin = _kept(segment_id), _day(since)
    now, last = _members_kept(kept), segments.last_refresh()
    moved = {day: (came, left) for day, came, left in history.movements(kept, begin)}
    told = [(day, people, *moved.get(day, (None, None))) for day, people in history.sizes([kept], begin)[kept.id] if day > begin]
    shown = [DayOut(day=day.isoformat(), people=people, came=came, left=left) for day, people, came, left in told]
    return SizeOut(people=len(now.ids), everyone=last.everyone if last else 0, as_of=iso(now.moment_us), days=shown)


@router.get("/segments/{segment_id}/movement", **reads("segments:read", MovementOut, "Who came into a segment and who left", one=True))
def movement(
    request: ApiRequest,
    segment_id: Path[Id],
    since: Day | None = None,
    way: Literal["came", "left"] = "came",
    cursor: Cursor | None = None,
    limit: MembersLimit = 100,
) -> MovementOut:
    """Since the end of a day, otherwise of 30 days ago, up to the last refresh. That they were read is written down."""
    kept, begin = _kept(segment_id), _day(since)
    _members_kept(kept)
    found = history.movement(kept, begin, segments.vocabulary())
    if found is None:
        raise _not_refreshed()
    after = (numbers_of(cursor, 1) or (0,))[0]
    data, last = asking.page_of_people(found.came if way == "came" else found.left, after, limit)
    write_down("segments.movement", subject=f"segment {kept.id}", by=request.token.actor, way=way, page=len(data))
    return MovementOut(
        since=begin.isoformat(),
        came=len(found.came),
        left=len(found.left),
        asked=found.asked,
        data=data,
        next=None if last is None else cursor_of(last),
    )


@router.get("/segments/{segment_id}/overlap", **reads("segments:read", OverlapOut, "Who of a segment is in others too", one=True))
def overlap(request: ApiRequest, segment_id: Path[Id], other: Annotated[list[Id], Query(min_length=1, max_length=7)]) -> OverlapOut:
    """This segment beside up to seven others, as of the last refresh: how many are in just these of them, most people first."""
    chosen = {str(one.id): one for one in map(_kept, [segment_id, *other])}
    found = {number: _members_kept(kept) for number, kept in chosen.items()}
    parts = history.overlaps({number: one.ids for number, one in found.items()})
    return OverlapOut(
        sizes={number: len(one.ids) for number, one in found.items()},
        parts=[OverlapPartOut(segments=[int(number) for number in part.names], people=part.people) for part in parts],
        as_of=iso(found[str(segment_id)].moment_us),
    )


@router.put("/segments/{segment_id}/told", **writes("segments:write", SegmentOut, "Tell the log who enters and leaves", one=True))
def tell(request: ApiRequest, segment_id: Path[Id], said: ToldIn) -> SegmentOut:
    """From now on "Segment Entered" and "Segment Left" are facts in the log, or no longer. Who is in it already does not enter."""
    return _out(actions.tell_movements(_kept(segment_id).name, told=said.told, by=request.token.actor))


def _members_kept(kept: Segment) -> segments.Members:
    found = segments.members(kept)
    if found is None:
        raise _not_refreshed()
    return found


def _not_refreshed() -> Problem:
    return Problem("busy", "This segment was not refreshed since it got its rule.", mend="Ask again in a moment.")


def _day(said: str | None) -> date:
    if said is None:
        return today() - timedelta(days=DAYS_TOLD)
    try:
        found = date.fromisoformat(said)
    except ValueError:
        raise Problem("misfit", f'since: "{said}" is no day.', field="since", mend="Write it as 2026-03-02.") from None
    if not date(1970, 1, 2) <= found <= date(9998, 12, 30):
        raise Problem("misfit", f'since: "{said}" is no day of ours.', field="since", mend="Write it as 2026-03-02.")
    return found


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
        told=kept.told,
    )
