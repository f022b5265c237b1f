"""Who has changed between two places of the log: by kind of fact, and as a person, where identities moved."""

from collections import defaultdict
from dataclasses import dataclass, field

from pyroaring import BitMap

from rapport.customers.events import CUSTOMER_ERASED, CUSTOMERS_JOINED, CUSTOMERS_PARTED, LOAD_TAKEN_BACK, RATE_APPLIED
from rapport.events import queries as events
from rapport.events.catalogue import Catalogue

Place = tuple[int, int]
FACTS_MAX = 500_000  # beyond, asking everybody is cheaper
DRIVING_MAX = 50_000
VOIDING = {LOAD_TAKEN_BACK: "a load was taken back", CUSTOMERS_PARTED: "customers were parted"}


@dataclass
class Changes:
    """Ids are as recorded: read them through aliases."""

    by_kind: dict[int, BitMap] = field(default_factory=dict)
    of_nobody: set[int] = field(default_factory=set)  # kinds with new facts that are nobody's
    touched: BitMap = field(default_factory=BitMap)  # whose identity moved: every condition is asked of them anew
    void: str = ""  # why nothing less than asking everybody will do


def changes_between(after: Place, upto: Place, catalogue: Catalogue) -> Changes:
    """What the warehouse has read behind one place, up to the other with it."""
    if upto < after:
        return Changes(void="the warehouse has read less than it had: it was made anew from another record")
    rows = events.changed_between(after, upto, limit=FACTS_MAX)
    if rows is None:
        return Changes(void=f"more than {FACTS_MAX:,} facts came")
    found = Changes()
    ids: dict[int, list[int]] = defaultdict(list)
    for kind, customer in rows:
        if customer is None:
            found.of_nobody.add(kind)
        else:
            ids[kind].append(customer)
    found.by_kind = {kind: BitMap(customers) for kind, customers in ids.items()}
    _follow_driving(found, after, upto, catalogue)
    return found


def _follow_driving(found: Changes, after: Place, upto: Place, catalogue: Catalogue) -> None:
    """Facts that change more than their own customer's rows."""
    names = (*VOIDING, CUSTOMERS_JOINED, CUSTOMER_ERASED, RATE_APPLIED)
    kinds = {catalogue.event_types[name].id: name for name in names if name in catalogue.event_types}
    there = [kind for kind in kinds if kind in found.by_kind or kind in found.of_nobody]
    if not there:
        return
    driving = events.facts_between(after, upto, there, limit=DRIVING_MAX + 1)
    if len(driving) > DRIVING_MAX:
        found.void = f"more than {DRIVING_MAX:,} customers were joined"
        return
    rated: list[int] = []
    for fact in driving:
        name = kinds[fact.event_type_id]
        if name in VOIDING:
            found.void = VOIDING[name]
        elif name == RATE_APPLIED:
            rated += [one for one in fact.properties.get("event_ids") or () if isinstance(one, int)]
        else:
            said = (fact.properties.get(side) for side in ("from", "into", "customer"))
            found.touched.update(one for one in said if isinstance(one, int))
    if len(rated) > FACTS_MAX:
        found.void = "rates came for too many facts"
    elif not found.void:
        for one in events.facts_by_id(rated).values():
            if one.customer_id is not None:
                found.by_kind.setdefault(one.event_type_id, BitMap()).add(one.customer_id)
