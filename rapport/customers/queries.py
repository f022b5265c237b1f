"""The questions other rooms may ask about who somebody is."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, F, QuerySet

from rapport.customers.models import EVERYONE, Consent, Customer, Identifier, Suppression
from rapport.lib.bulk import slices
from rapport.lib.clock import DAY_US
from rapport.lib.prepared import rows

LAST_LETTER = "\U0010ffff"  # sorts behind all that a mail address can hold
STRETCHES, STRETCH_IDS = 20, 500  # looked at for an estimate


def root_of(customer_id: int) -> int:
    """The customer an id stands for now: itself, or the one it was joined with."""
    return Customer.objects.filter(id=customer_id).values_list("merged_into", flat=True).first() or customer_id


def family_of(root_id: int) -> list[int]:
    """A customer and every alias of them, the root first."""
    return [root_id, *Customer.objects.filter(merged_into=root_id).order_by("id").values_list("id", flat=True)]


def families_of(root_ids: Sequence[int]) -> dict[int, int]:
    """Every id under which these customers' facts were recorded, each with its root."""
    found = {one: one for one in root_ids}
    for ids in slices(root_ids):
        found.update(rows("SELECT id, merged_into FROM customers_customer WHERE merged_into = ANY(%s)", [ids]))
    return found


def customer(customer_id: int) -> Customer | None:
    """The customer an id stands for, aliases resolved."""
    return Customer.objects.filter(id=root_of(customer_id), erased_us__isnull=True).first()


def customers(customer_ids: Sequence[int]) -> list[Customer]:
    """These customers, in the order asked; ids that are nobody's are left out."""
    found: dict[int, Customer] = {}
    for ids in slices(customer_ids):
        found.update({row.id: row for row in Customer.objects.filter(id__in=ids)})
    return [found[one] for one in customer_ids if one in found]


def find(kind: str, value: str) -> Customer | None:
    """The customer known by this identifier; of an anonymous id, its newest holder."""
    value = value.lower() if kind == "email" else value
    row = Identifier.objects.filter(kind=kind, value=value).order_by("-since_us").first()
    return customer(row.customer_id) if row else None


HOLDERS = "SELECT kind, value, customer_id FROM customers_identifier WHERE value = ANY(%s) AND kind = ANY(%s)"


def holders(values: Sequence[str], kinds: Sequence[str]) -> dict[tuple[str, str], int]:
    """Who is known by these, by kind and value; ids as linked, to be read through aliases. A few thousand values at a time."""
    return {(kind, value): customer_id for kind, value, customer_id in rows(HOLDERS, [list(values), list(kinds)])}


def search(text: str, *, limit: int = 50, after: int = 0) -> list[Customer]:
    """Known customers by name, mail, phone, user id or membership number, by rising id after `after`; all of them where text is empty.

    What somebody is known by is found by its index. Words without a digit or @ are looked for within names: three letters and more by
    an index, fewer by reading them.
    """
    text = unicodedata.normalize("NFC", text.strip())
    everyone = Customer.objects.filter(EVERYONE, id__gt=after)
    if not text:
        return list(everyone.order_by("id")[:limit])
    kinds = Identifier.objects.filter(value__in={text, text.lower(), text.replace(" ", "")})
    exact = list(kinds.values_list("customer_id", flat=True)[:limit])
    roots = {root or one for one, root in Customer.objects.filter(id__in=exact).values_list("id", "merged_into")}
    mails = _by_mail(text.lower()).values_list("id", flat=True)[:limit]
    named = everyone.filter(id__in=roots.union(mails))
    found = {row.id: row for row in named}
    if "@" not in text and not any(map(str.isdigit, text)):
        found |= {row.id: row for row in _by_name(text, limit=limit, after=after)}
    return [found[one] for one in sorted(found)[:limit]]


def _by_mail(start: str) -> "QuerySet[Customer]":
    """Whose address starts so. SQLite's LIKE passes over the index, a comparison does not; PostgreSQL compares as its locale sorts."""
    if connection.vendor == "sqlite":
        return Customer.objects.filter(email__gte=start, email__lt=f"{start}{LAST_LETTER}").order_by("email")
    return Customer.objects.filter(email__startswith=start)


NAMED = """
SELECT customer.* FROM customers_name CROSS JOIN customers_customer customer ON customer.id = customers_name.rowid
WHERE customers_name.name LIKE %s AND customers_name.rowid > %s
    AND customer.known AND customer.merged_into IS NULL AND customer.erased_us IS NULL
ORDER BY customers_name.rowid LIMIT %s
"""


def _by_name(text: str, *, limit: int, after: int) -> list[Customer]:
    """Those in whose name this stands. SQLite's index holds three letters in a row and takes % and _ for any: else names are read."""
    if connection.vendor == "sqlite" and len(text) >= 3 and not set(text) & set("%_"):
        return list(Customer.objects.raw(NAMED, [f"%{text}%", after, limit]))
    return list(Customer.objects.filter(EVERYONE, id__gt=after, name__icontains=text).order_by("id")[:limit])


def known_count() -> int:
    """How many customers there are: known, not erased, not joined with another."""
    return Customer.objects.filter(EVERYONE).count()


def known_count_below(limit: int) -> int | None:
    """`known_count` where that is less than `limit`, otherwise None; never looks at more rows than that."""
    found = Customer.objects.filter(EVERYONE)[:limit].count()
    return found if found < limit else None


def new_by_day(since_us: int) -> dict[int, int]:
    """How many of today's customers came on each UTC day since then, by the day's number since 1970."""
    rows = Customer.objects.filter(EVERYONE, created_us__gte=since_us)
    days = rows.annotate(day=F("created_us") / DAY_US).values_list("day").annotate(count=Count("id")).order_by()
    return {int(day): count for day, count in days}


def known_estimate() -> int:
    """About how many customers there are, from stretches of ids spread evenly; exact while they are few. `known_count` walks them all."""
    everyone = Customer.objects.filter(EVERYONE)
    ids = Customer.objects.order_by("id").values_list("id", flat=True)
    before, last = (ids.first() or 1) - 1, ids.last() or 0
    if last - before <= STRETCHES * STRETCH_IDS:
        return everyone.count()
    starts = [before + (last - before) * number // STRETCHES for number in range(STRETCHES)]
    found = sum(everyone.filter(id__gt=start, id__lte=start + STRETCH_IDS).count() for start in starts)
    return round(found * (last - before) / (STRETCHES * STRETCH_IDS))


def known_among(customer_ids: Iterable[int]) -> set[int]:
    """Which of these ids are known by more than an anonymous id and not erased (aliases included)."""
    known: set[int] = set()
    for ids in slices(customer_ids):
        known.update(Customer.objects.filter(id__in=ids, known=True, erased_us__isnull=True).values_list("id", flat=True))
    return known


def aliases_among(customer_ids: Iterable[int]) -> dict[int, int]:
    """Which of these ids were joined with another, and the customer each stands for now."""
    found: dict[int, int] = {}
    for ids in slices(customer_ids):
        rows = Customer.objects.filter(id__in=ids, merged_into__isnull=False, erased_us__isnull=True).values_list("id", "merged_into")
        found.update((alias, root) for alias, root in rows if root)
    return found


def known_after(customer_id: int, *, limit: int) -> list[int]:
    """Every id `known_among` would keep, in rising order after one, a page at a time."""
    rows = Customer.objects.filter(id__gt=customer_id, known=True, erased_us__isnull=True).order_by("id")
    return list(rows.values_list("id", flat=True)[:limit])


def is_of_everyone(customer_id: int) -> bool:
    return Customer.objects.filter(EVERYONE, id=customer_id).exists()


def identifiers_of(customer_ids: Sequence[int]) -> list[Identifier]:
    found: list[Identifier] = []
    for ids in slices(customer_ids):
        found.extend(Identifier.objects.filter(customer_id__in=ids).order_by("kind", "since_us", "id"))
    return found


def user_ids_of(root_ids: Sequence[int]) -> dict[int, str]:
    """The newest user id of each customer, through aliases; a customer without one is left out."""
    found: dict[int, tuple[int, str]] = {}
    for ids in slices(root_ids):
        family = {one: one for one in ids}
        aliases = Customer.objects.filter(merged_into__in=ids).values_list("id", "merged_into")
        family.update((alias, root) for alias, root in aliases if root)
        for members in slices(family):
            rows = Identifier.objects.filter(kind="user_id", customer_id__in=members).values_list("id", "customer_id", "value")
            for number, member, value in rows:
                found[family[member]] = max(found.get(family[member], (0, "")), (number, value))
    return {root: value for root, (_, value) in found.items()}


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a customer: traits, and the newest word on marketing for each channel."""

    traits: dict[str, Any]
    consents: dict[str, bool]


def standing(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Standing]:
    """What stands of the customers found by these (kind, value) identifiers; who is not known is left out."""
    values: dict[str, list[str]] = {}
    for kind, value in keys:
        values.setdefault(kind, []).append(value)
    holders: dict[tuple[str, str], int] = {}
    for kind, wanted in values.items():
        for some in slices(wanted):
            rows = Identifier.objects.filter(kind=kind, value__in=some).values_list("value", "customer_id")
            holders.update(((kind, value), customer_id) for value, customer_id in rows)
    roots = {one: one for one in holders.values()} | aliases_among(holders.values())
    found: dict[int, Standing] = {}
    for ids in slices(set(roots.values())):
        for number, traits in Customer.objects.filter(id__in=ids).values_list("id", "traits"):
            found[number] = Standing({name: value for name, (value, _) in json.loads(traits).items()}, {})
        for row in Consent.objects.filter(customer_id__in=ids, purpose="marketing"):
            found[row.customer_id].consents[row.channel] = row.given
    return {key: found[roots[holder]] for key, holder in holders.items() if roots[holder] in found}


def known_user_ids(values: Iterable[str]) -> set[str]:
    """Which of these texts are user ids."""
    found: set[str] = set()
    for some in slices(values):
        found.update(Identifier.objects.filter(kind="user_id", value__in=some).values_list("value", flat=True))
    return found


def consents_of(root_id: int) -> list[Consent]:
    """The newest word on each channel and purpose."""
    return list(Consent.objects.filter(customer_id=root_id).order_by("channel", "purpose"))


def suppressed(channel: str, addresses: Iterable[str]) -> dict[str, Suppression]:
    """Which of these addresses nothing is sent to, in small letters."""
    found: dict[str, Suppression] = {}
    for some in slices({address.lower() for address in addresses}):
        told = rows("SELECT address, reason, since_us FROM customers_suppression WHERE channel = %s AND address = ANY(%s)", [channel, some])
        found.update({one: Suppression(channel=channel, address=one, reason=reason, since_us=at_us) for one, reason, at_us in told})
    return found


@dataclass(frozen=True, slots=True)
class Reach:
    """What decides whether somebody may be written to, as it stands now."""

    customer_id: int  # who it is now, aliases resolved
    family: tuple[int, ...]  # every id under which things of theirs were recorded
    traits: dict[str, Any]
    address: str  # "": none
    consent: bool | None  # None: never asked
    suppressed: str | None  # why nothing is sent to the address


REACHED = """
SELECT asked.id, root.id, root.traits, consent.given
FROM customers_customer asked
JOIN customers_customer root ON root.id = coalesce(CASE WHEN asked.erased_us IS NULL THEN asked.merged_into END, asked.id)
LEFT JOIN customers_consent consent ON consent.customer_id = root.id AND consent.channel = %s AND consent.purpose = %s
WHERE asked.id = ANY(%s) AND root.merged_into IS NULL AND root.erased_us IS NULL
ORDER BY root.id
"""


def reaches(customer_ids: Sequence[int], *, channel: str, purpose: str, hold: bool = False) -> dict[int, Reach]:
    """By each id asked, who is there now and not erased. `hold`: no other transaction that holds them goes on before this one ends."""
    sql = REACHED + "FOR UPDATE OF root" if hold and connection.vendor == "postgresql" else REACHED
    reached = [row for ids in slices(customer_ids) for row in rows(sql, [channel, purpose, ids])]
    families: dict[int, list[int]] = {root: [root] for _, root, _, _ in reached}
    for alias, root in families_of(list(families)).items():
        if alias != root:
            families[root].append(alias)
    traits = {root: {name: value for name, (value, _) in json.loads(text).items()} for _, root, text, _ in reached}
    addresses = {root: _address(known, channel) for root, known in traits.items()}
    dead = suppressed(channel, filter(None, addresses.values()))
    found = {}
    for one, root, _, given in reached:
        no = dead.get(addresses[root].lower())
        consent = None if given is None else bool(given)
        found[one] = Reach(root, tuple(families[root]), traits[root], addresses[root], consent, no.reason if no else None)
    return found


def _address(traits: dict[str, Any], channel: str) -> str:
    value = traits.get("email" if channel == "email" else "phone")
    return value.strip() if isinstance(value, str) else ""
