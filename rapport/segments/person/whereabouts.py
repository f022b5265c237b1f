"""Where a customer is and what they were drawn for: the distance to a branch, the bucket of a drawing, the lists they stand on."""

from dataclasses import dataclass
from hashlib import blake2b
from math import asin, cos, radians, sin, sqrt

from rapport.lib.refusals import Refusal
from rapport.segments.nodes import Bucket, InList, Near
from rapport.segments.person.history import Deed, History
from rapport.segments.person.moments import Now
from rapport.segments.person.standing import trait

EARTH_KM, MILE_KM = 6371.0088, 1.609344
ALL_BITS = 2**64 - 1


@dataclass(frozen=True)
class Away:
    """How far a customer is, in the unit asked for; None where their place is unknown or none on earth."""

    distance: float | None
    deeds: list[Deed]


def away(node: Near, history: History, now: Now) -> Away:
    branch = history.words.branches.get(node.branch)
    if branch is None:
        raise Refusal(f'There is no branch "{node.branch}" any more.', mend="Load it again, or change the rule.")
    known = [trait(name, history, now) if name in history.words.catalogue.traits else None for name in ("latitude", "longitude")]
    degrees = [one.values[0] for one in known if one is not None and one.kind == "number" and len(one.values) == 1]
    told = {one.deed.id: one.deed for one in known if one is not None and one.deed is not None}
    deeds = sorted(told.values(), key=lambda deed: (deed.time_us, deed.id))
    if len(degrees) < 2 or abs(degrees[0]) > 90 or abs(degrees[1]) > 180:
        return Away(None, deeds)
    km = _great_circle_km(degrees[0], degrees[1], *branch)
    return Away(km if node.unit == "km" else km / MILE_KM, deeds)


def _great_circle_km(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    north, east = radians(to_latitude - latitude), radians(to_longitude - longitude)
    half_chord = sin(north / 2) ** 2 + cos(radians(latitude)) * cos(radians(to_latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half_chord)))


def bucket_number(node: Bucket, history: History) -> int:
    """The customer's bucket, 0 to 9,999: the finaliser of splitmix64 over id and name."""
    seed = int.from_bytes(blake2b(node.name.encode(), digest_size=8).digest(), "big")
    bits = (history.root_id + seed) & ALL_BITS
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & ALL_BITS
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & ALL_BITS
    return (bits ^ bits >> 31) % 10_000


def is_listed(node: InList, history: History) -> bool:
    """Whether any id they were ever known under stands on the list."""
    listed = history.words.lists.get(node.name)
    if listed is None:
        raise Refusal(f'There is no list "{node.name}" any more.', mend="Upload it again, or change the rule.")
    ids = listed()
    return any(one in ids for one in (history.root_id, *history.aliases))
