"""Questions of rules as routes put them: the rule in either form, the moment, who is meant, a page of them."""

from dataclasses import dataclass
from typing import Any

import msgspec
from pyroaring import BitMap

from rapport.accounts.actions import write_down
from rapport.api.cursors import cursor_of, numbers_of
from rapport.api.models import Token
from rapport.api.problems import Problem
from rapport.api.shapes import MemberOut, MembersOut, iso
from rapport.customers import queries as customers
from rapport.events.values import as_time_us
from rapport.lib.clock import EARLIEST_US, LATEST_US, now_us
from rapport.lib.refusals import Refusal
from rapport.lib.zone import company_zone
from rapport.segments import queries as segments
from rapport.segments.answer import Answer
from rapport.segments.nodes import Rule
from rapport.segments.vocabulary import Vocabulary
from rapport.warehouse import actions as warehouse

CATCH_UP_SECONDS = 10  # a web process has few threads: beyond, it is asked again
_exact = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Question:
    """A checked rule and the moment it is asked for."""

    rule: Rule
    vocabulary: Vocabulary
    moment_us: int

    def answer(self) -> Answer:
        return segments.answer(self.rule, self.vocabulary, self.moment_us)


def question(said: str | dict[str, Any], as_of: str | None) -> Question:
    """Read and check a rule against all that was recorded before it was asked."""
    read = segments.rule_in(rule_said(said))
    moment_us = moment_of(as_of)
    catch_up()
    vocabulary = segments.vocabulary()
    return Question(segments.check(read, vocabulary), vocabulary, moment_us)


def rule_said(said: str | dict[str, Any]) -> str:
    """A rule in either form as the words that the segments room reads. Its numbers stay exact."""
    return said if isinstance(said, str) else _exact.encode(said).decode()


def moment_of(as_of: str | None) -> int:
    if as_of is None:
        return now_us()
    moment_us = as_time_us(as_of, company_zone())
    if moment_us is None or not EARLIEST_US <= moment_us <= LATEST_US:
        detail = f'as_of: "{as_of[:40]}" is neither a date nor a time.'
        raise Problem("misfit", detail, field="as_of", mend="Write a date as 2026-03-02, a time as 2026-03-02T14:30:00Z.")
    return moment_us


def catch_up() -> None:
    """Wait until the warehouse has read what was recorded by now; a problem to come again with where that takes too long."""
    try:
        warehouse.catch_up(timeout_seconds=CATCH_UP_SECONDS)
    except Refusal as late:
        raise Problem("busy", late.what, mend="Ask again in a moment.") from late


def members(
    said: str | dict[str, Any], *, as_of: str | None, cursor: str | None, limit: int, by: Token, subject: str = ""
) -> MembersOut:  # fmt: skip
    """A page of those a rule means. That they were read is written down."""
    place = numbers_of(cursor, 2)
    if place is not None and not EARLIEST_US <= place[0] <= LATEST_US:
        raise Problem("misfit", "cursor: this is none of ours.", field="cursor")
    asked = question(said, as_of if place is None else None)
    if place is not None:
        asked = Question(asked.rule, asked.vocabulary, place[0])
    found = asked.answer()
    data, last = page_of_people(found.root, 0 if place is None else place[1], limit)
    write_down("segments.members", subject=(subject or found.rule)[:255], by=by.actor, count=len(found.root), page=len(data))
    return MembersOut(
        data=data,
        next=None if last is None else cursor_of(asked.moment_us, last),
        count=len(found.root),
        as_of=iso(asked.moment_us),
    )


def page_of_people(people: BitMap, after: int, limit: int) -> tuple[list[MemberOut], int | None]:
    """A page of a set by rising id, and where the next one begins."""
    ids, last = _after(people, after, limit)
    names = customers.user_ids_of(ids)
    return [MemberOut(id=one, user_id=names.get(one)) for one in ids], last


def _after(people: BitMap, after: int, limit: int) -> tuple[list[int], int | None]:
    """The ids after one, and the last of them where more follow."""
    start = people.rank(after) if 0 < after < 2**32 else 0
    ids = list(people[start : start + limit])
    return ids, ids[-1] if ids and start + limit < len(people) else None
