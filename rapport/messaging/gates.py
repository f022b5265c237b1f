"""Why a message must not go now: a list of gates, each asked about a whole slice at the moment it is taken.

Rooms above add theirs with `register`. The first gate that holds a message gives the reason; order is that of registration.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings

from rapport.customers.queries import Reach
from rapport.lib.clock import DAY_US
from rapport.lib.prepared import rows
from rapport.messaging.models import LEFT, Purpose

WEEK_US = 7 * DAY_US


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message about to leave, with who it is for as they stand at this moment."""

    message_id: int
    mailing_id: int
    purpose: str
    occasion: str
    reach: Reach | None  # None: there is nobody any more
    address: str  # as a server takes it, or ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason, and the moment it ends where that can be known."""

    reason: str
    may_go_us: int | None = None


Gate = Callable[[Sequence[Candidate], int], Mapping[int, Hold]]
_register: dict[str, Gate] = {}
REASONS: dict[str, str] = {}  # the words people read


def register(name: str, gate: Gate, reasons: Mapping[str, str]) -> None:
    """Add a gate: called with the candidates that passed the ones before and the moment in µs; answers holds by message id."""
    assert name not in _register, f"a gate called {name} is there already"
    _register[name] = gate
    REASONS.update(reasons)


def holds(candidates: Sequence[Candidate], now_us: int) -> dict[int, Hold]:
    """The messages that must not go now, each with its first reason."""
    found: dict[int, Hold] = {}
    for gate in _register.values():
        found |= gate([one for one in candidates if one.message_id not in found], now_us)
    return found


# The gates of this room. Of a whole mailing the index of addresses finds a few; told of states too, SQLite reads all that were sent.

AT_ADDRESS = "SELECT address, occasion, state FROM messaging_message WHERE mailing_id = %s AND address = ANY(%s) AND NOT (address = '')"
WRITTEN = """
SELECT message.customer_id, message.sent_us, message.state FROM messaging_message message
JOIN messaging_mailing mailing ON mailing.id = message.mailing_id
WHERE message.customer_id = ANY(%s) AND message.sent_us > %s AND mailing.purpose = 'marketing'
"""


def _is_somebody(candidates: Sequence[Candidate], now_us: int) -> dict[int, Hold]:
    return {one.message_id: Hold("nobody") for one in candidates if one.reach is None}


def _is_wanted(candidates: Sequence[Candidate], now_us: int) -> dict[int, Hold]:
    """Marketing needs a yes; what somebody asked for by an act of theirs does not."""
    held = {}
    for one in candidates:
        if one.purpose == Purpose.MARKETING and one.reach and one.reach.consent is not True:
            held[one.message_id] = Hold("no_consent" if one.reach.consent is None else "consent_withdrawn")
    return held


def _has_address(candidates: Sequence[Candidate], now_us: int) -> dict[int, Hold]:
    return {
        one.message_id: Hold("bad_address" if one.reach and one.reach.address else "no_address") for one in candidates if not one.address
    }


def _is_not_suppressed(candidates: Sequence[Candidate], now_us: int) -> dict[int, Hold]:
    return {one.message_id: Hold("suppressed") for one in candidates if one.reach and one.reach.suppressed is not None}


def _is_first_at_address(candidates: Sequence[Candidate], now_us: int) -> dict[int, Hold]:
    """One mail to an address and mailing, however many customers have it. Of a standing mailing each occasion counts by itself."""
    held: dict[int, Hold] = {}
    seen: set[tuple[int, str, str]] = set()
    by_mailing: dict[int, list[Candidate]] = defaultdict(list)
    for one in candidates:
        by_mailing[one.mailing_id].append(one)
    for mailing_id, some in by_mailing.items():
        before = rows(AT_ADDRESS, [mailing_id, list({one.address.lower() for one in some})])
        seen.update((mailing_id, address, occasion) for address, occasion, state in before if state in LEFT)
    for one in candidates:
        key = (one.mailing_id, one.address.lower(), one.occasion)
        if key in seen:
            held[one.message_id] = Hold("duplicate_address")
        seen.add(key)
    return held


def _is_within_cap(candidates: Sequence[Candidate], now_us: int) -> dict[int, Hold]:
    """At most so many marketing messages to a person in any seven days, those about to leave included."""
    most = settings.CONTACTS_PER_WEEK_MAX
    asked = [one for one in candidates if one.purpose == Purpose.MARKETING and one.reach]
    person = {member: one.reach.customer_id for one in asked if one.reach for member in one.reach.family}
    written: dict[int, list[int]] = defaultdict(list)
    for customer_id, sent_us, state in rows(WRITTEN, [list(person), now_us - WEEK_US]):
        if state in LEFT:
            written[person[customer_id]].append(sent_us)
    held = {}
    for one in asked:
        assert one.reach is not None, "only those with a reach were asked"
        times = written[one.reach.customer_id]
        if len(times) >= most:
            held[one.message_id] = Hold("contact_cap", sorted(times, reverse=True)[most - 1] + WEEK_US if most > 0 else None)
        else:
            times.append(now_us)
    return held


register("somebody", _is_somebody, {"nobody": "there is no such customer any more"})
register(
    "consent", _is_wanted, {"no_consent": "never agreed to marketing mail", "consent_withdrawn": "does not want marketing mail any more"}
)
register("address", _has_address, {"no_address": "no mail address", "bad_address": "the mail address cannot be right"})
register("suppression", _is_not_suppressed, {"suppressed": "the address is suppressed"})
register("one at an address", _is_first_at_address, {"duplicate_address": "another customer with this address gets it"})
register("contact cap", _is_within_cap, {"contact_cap": "had enough marketing mail this week"})
