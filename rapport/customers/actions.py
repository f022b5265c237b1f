"""The verbs of who: take in what a batch of facts says of people, join, fold anew after a load is taken back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from rapport.customers import events
from rapport.customers.identity import Claim, Desk, Person, read_traits, set_traits, write_traits
from rapport.customers.models import Consent, Customer, Identifier, Suppression
from rapport.customers.queries import family_of, find, root_of
from rapport.events import queries as log
from rapport.events.actions import NewFact, record
from rapport.events.catalogue import IDENTIFY
from rapport.lib.bulk import slices
from rapport.lib.clock import now_us
from rapport.lib.locks import turn_to_write

PAGE = 10_000
CONSENT_COLUMNS = ("customer_id", "channel", "purpose", "given", "time_us", "event_id")


@dataclass(frozen=True, slots=True)
class Told:
    """A recorded fact this room follows: an identify, a word on consent, or a suppression."""

    name: str
    event_id: int
    customer_id: int | None
    person: Person | None
    time_us: int
    values: dict[str, Any]  # its traits or properties


def take_in(desk: Desk, told: Sequence[Told]) -> None:
    """Write what a batch said of people: new customers, identifiers, joins, traits, consent, suppressions."""
    changed = _fold_traits(desk, told)
    desk.write()
    write_traits(changed)
    keep_consents(_consents(told))
    for join in desk.joins:
        _join_consents(join.source.id or 0, join.target.root().id or 0)
    keep_suppressions(told)
    record(
        [
            NewFact(
                events.CUSTOMERS_JOINED,
                f"joined:{join.cause}"[:255],
                {"from": join.source.id, "into": join.target.id},
                customer_id=join.source.id,
                time_us=join.time_us,
                load_id=desk.load_id,
            )
            for join in desk.joins
        ]
    )


def _fold_traits(desk: Desk, told: Sequence[Told]) -> list[Person]:
    identified = [fact for fact in told if fact.name == IDENTIFY and fact.values and fact.person]
    changed = {id(person): person for fact in identified if (person := fact.person.root())}  # type: ignore[union-attr]
    for join in desk.joins:
        changed.update({id(person): person for person in (join.source, join.target.root())})
    read_traits(changed.values())
    for fact in identified:
        assert fact.person is not None
        set_traits(fact.person.root(), fact.values, fact.time_us)
    for join in desk.joins:
        for name, (value, time_us) in (join.source.traits or {}).items():
            kept = (join.target.root().traits or {}).get(name)
            if kept is None or kept[1] < time_us:
                set_traits(join.target.root(), {name: value}, time_us)
    return list(changed.values())


def _consents(told: Iterable[Told]) -> list[tuple[Any, ...]]:
    """Rows of CONSENT_COLUMNS, one for each word on a channel and purpose."""
    rows = []
    for fact in told:
        if fact.name in events.CONSENT_FACTS and fact.person is not None:
            channel = fact.values.get("channel") or ("email" if fact.name == events.UNSUBSCRIBED else None)
            purpose = fact.values.get("purpose") or "marketing"
            if isinstance(channel, str) and isinstance(purpose, str):
                given = fact.name == events.CONSENT_GIVEN
                rows.append((fact.person.root().id, channel[:31], purpose[:63], given, fact.time_us, fact.event_id))
    return rows


def keep_consents(rows: Sequence[tuple[Any, ...]]) -> None:
    """The newest own time on a channel and purpose stands; of two at the same time the later fact."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO customers_consent ({', '.join(CONSENT_COLUMNS)}) VALUES (%s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (customer_id, channel, purpose) DO UPDATE"
            " SET given = excluded.given, time_us = excluded.time_us, event_id = excluded.event_id"
            " WHERE (excluded.time_us, excluded.event_id) >= (customers_consent.time_us, customers_consent.event_id)",
            sorted(rows),
        )


def _join_consents(source_id: int, target_id: int) -> None:
    keep_consents([(target_id, *row) for row in Consent.objects.filter(customer_id=source_id).values_list(*CONSENT_COLUMNS[1:])])


def keep_suppressions(told: Iterable[Told]) -> None:
    """Suppress and lift in the order of own time; what was said last of an address stands."""
    words = [fact for fact in told if fact.name in (events.ADDRESS_SUPPRESSED, events.SUPPRESSION_LIFTED)]
    for fact in sorted(words, key=lambda fact: (fact.time_us, fact.event_id)):
        channel, address = address_of(fact.values)
        kept = Suppression.objects.filter(channel=channel, address=address).first()
        if not address or (kept and kept.since_us > fact.time_us):
            continue
        if fact.name == events.SUPPRESSION_LIFTED:
            Suppression.objects.filter(channel=channel, address=address).delete()
        else:
            reason = str(fact.values.get("reason") or "")[:255]
            Suppression.objects.update_or_create(
                channel=channel, address=address, defaults={"reason": reason, "since_us": fact.time_us, "event_id": fact.event_id}
            )


def say_consent(customer_id: int, name: str, properties: dict[str, Any], *, cause: str) -> bool:
    """Record a word of a customer on being written to (one of CONSENT_FACTS) and let it stand; False where it was recorded before."""
    assert name in events.CONSENT_FACTS, f"{name} says nothing of consent"
    root, at_us = root_of(customer_id), now_us()
    (event_id,) = record([NewFact(name, cause, properties, customer_id=root, time_us=at_us)])
    if event_id is None:
        return False
    channel, purpose = properties.get("channel") or "email", properties.get("purpose") or "marketing"
    keep_consents([(root, channel, purpose, name == events.CONSENT_GIVEN, at_us, event_id)])
    return True


def tell_traits(told: Sequence[tuple[int, dict[str, Any]]], *, cause: str) -> int:
    """Record what the house itself found out of customers (ids as they stand now) and let it stand; answers how many facts are new."""
    at_us = now_us()
    with turn_to_write():
        facts = [NewFact(IDENTIFY, f"{cause}:{customer}", values, customer_id=customer, time_us=at_us) for customer, values in told]
        fresh = [one for one, event_id in zip(told, record(facts), strict=True) if event_id is not None]
        people = {customer: Person(customer, True, None, 0) for customer, _ in fresh}
        read_traits(people.values())
        there = {customer: person for customer, person in people.items() if person.traits is not None}
        for customer, values in fresh:
            if customer in there:
                set_traits(there[customer], values, at_us)
        write_traits(there.values())
    return len(fresh)


def suppress(channel: str, address: str, *, reason: str, cause: str) -> bool:
    """Send nothing more to an address; False where this cause was recorded before."""
    at_us, values = now_us(), {"channel": channel, "address": address, "reason": reason}
    (event_id,) = record([NewFact(events.ADDRESS_SUPPRESSED, cause, values, time_us=at_us)])
    if event_id is None:
        return False
    keep_suppressions([Told(events.ADDRESS_SUPPRESSED, event_id, None, None, at_us, values)])
    return True


def open_desk(claims: Iterable[Claim], *, load_id: int | None) -> Desk:
    """Look up everybody a batch of facts may be about. Inside the transaction that records them."""
    return Desk(claims, load_id=load_id)


def is_own_browser(claim: Claim) -> bool:
    """Whether a claim speaks of nobody known yet, or of who this browser's anonymous id belongs to already."""
    keys = [("user_id", claim.user_id)] if claim.user_id is not None else list(claim.others)
    spoken_of = {found.id for kind, value in keys if (found := find(kind, value or ""))}
    holder = find("anonymous_id", claim.anonymous_id) if claim.anonymous_id else None
    return not spoken_of or (holder is not None and spoken_of == {holder.id})


# After a load is taken back


def forget_load(load_id: int) -> set[int]:
    """Part what a load joined and drop the identifiers it brought; answers the customers to fold anew. Harmless twice."""
    touched = set(Identifier.objects.filter(load_id=load_id).values_list("customer_id", flat=True))
    touched |= set(Customer.objects.filter(load_id=load_id).values_list("id", flat=True))
    Identifier.objects.filter(load_id=load_id).delete()
    return touched


def part(source_id: int, *, cause: str) -> None:
    """An alias stands for itself again, with its own facts and identifiers."""
    root = Customer.objects.filter(id=source_id, merged_into__isnull=False).values_list("merged_into", flat=True).first()
    if root is not None:
        Customer.objects.filter(id=source_id).update(merged_into=None)
        record([NewFact(events.CUSTOMERS_PARTED, f"parted:{source_id}:{cause}"[:255], {"customer": source_id}, customer_id=source_id)])
        refold([source_id, root])


@turn_to_write()
def mark_erased(customer_id: int, *, cause: str) -> None:
    """The first act of an erasure: from now on nobody of everyone, to any rule and any mailing. Twice is once.

    What each room holds of the person goes in that room, on the fact this records.
    """
    root = root_of(customer_id)
    family = family_of(root)
    if Customer.objects.filter(id__in=family, erased_us__isnull=True).update(erased_us=now_us()):
        record([NewFact(events.CUSTOMER_ERASED, f"erased:{root}:{cause}"[:255], {"customer": root}, customer_id=root)])


def refold(customer_ids: Sequence[int]) -> None:
    """Fold traits, consent and being known anew from the facts and identifiers that are left; who has neither is gone."""
    types = log.catalogue().by_id
    wanted = [number for number, facts in types.items() if facts.name == IDENTIFY or facts.name in events.CONSENT_FACTS]
    for some in slices(sorted(set(customer_ids)), 300):
        roots = {row.id: row.merged_into or row.id for row in Customer.objects.filter(id__in=some)}
        family = dict(roots)
        aliases = Customer.objects.filter(merged_into__in=roots.values()).values_list("id", "merged_into")
        family.update((alias, root) for alias, root in aliases if root)
        people = {root: Person(root, False, None, 0, traits={}) for root in family.values()}
        consents: list[Told] = []
        for fact in log.facts_of(list(family), event_type_ids=wanted):
            person = people[family[fact.customer_id or 0]]
            if types[fact.event_type_id].name == IDENTIFY:
                set_traits(person, fact.properties, fact.time_us)
            else:
                consents.append(Told(types[fact.event_type_id].name, fact.id, person.id, person, fact.time_us, fact.properties))
        write_traits(people.values())
        Consent.objects.filter(customer_id__in=list(people)).delete()
        keep_consents(_consents(consents))
        _restate(family)


def _restate(family: dict[int, int]) -> None:
    """Whether each is known still, or there at all. `family`: every id and its root."""
    kinds: dict[int, set[str]] = defaultdict(set)
    for kind, holder in Identifier.objects.filter(customer_id__in=list(family)).values_list("kind", "customer_id"):
        kinds[family[holder]].add(kind)
    told_of = {family[one] for one in log.with_facts(family)}
    roots = set(family.values())
    gone = roots - kinds.keys() - told_of
    known = {root for root in roots if kinds[root] - {"anonymous_id"}}
    Customer.objects.filter(id__in=[one for one, root in family.items() if root in known]).update(known=True)
    Customer.objects.filter(id__in=[one for one, root in family.items() if root not in known | gone]).update(known=False)
    Customer.objects.filter(id__in=[one for one, root in family.items() if root in gone]).delete()


def refold_suppressions(addresses: Collection[tuple[str, str]]) -> None:
    """Fold the suppression of these (channel, address) anew from the facts that are left."""
    if not addresses:
        return
    types = log.catalogue().by_id
    wanted = [number for number, facts in types.items() if facts.name in (events.ADDRESS_SUPPRESSED, events.SUPPRESSION_LIFTED)]
    told: list[Told] = []
    last = 0
    while page := log.nobodys_facts(wanted, after_id=last, limit=PAGE):
        last = page[-1].id
        told.extend(
            Told(types[fact.event_type_id].name, fact.id, None, None, fact.time_us, fact.properties)
            for fact in page
            if address_of(fact.properties) in addresses
        )
    for channel, address in addresses:
        Suppression.objects.filter(channel=channel, address=address).delete()
    keep_suppressions(told)


def address_of(values: dict[str, Any]) -> tuple[str, str]:
    """The channel and address a suppression speaks of, as they are kept."""
    return str(values.get("channel") or "email")[:31], str(values.get("address") or "").lower()[:254]


__all__ = [
    "Claim",
    "Desk",
    "Told",
    "address_of",
    "forget_load",
    "open_desk",
    "part",
    "refold",
    "refold_suppressions",
    "say_consent",
    "suppress",
    "take_in",
]
