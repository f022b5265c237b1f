"""Who a batch of facts is about: identifiers looked up once, facts walked in order, what changed written in bulk.

An anonymous id belongs to a known customer from an identify until the next one, by own time. The visitor it stood for
before becomes that customer, or an alias of them.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import msgspec
from django.db import connection

from rapport.customers.models import Customer, Identifier
from rapport.lib import prepared
from rapport.lib.bulk import insert_rows, reserve_ids, slices

USER_ID, ANONYMOUS_ID = "user_id", "anonymous_id"
NEW_PEOPLE_LOCKS = 256  # PostgreSQL only; SQLite has one writer
BY_TRAIT = ("membership_number", "email", "phone")  # strongest first
PEOPLE = "SELECT id, known, merged_into, created_us FROM customers_customer WHERE id = ANY(%s)"
HELD = (
    "SELECT held.value, held.since_us, who.id, who.known, who.merged_into, who.created_us FROM customers_identifier held"
    " JOIN customers_customer who ON who.id = held.customer_id WHERE held.kind = %s AND held.value = ANY(%s)"
)
HOLDERS = "SELECT DISTINCT customer_id FROM customers_identifier WHERE kind = %s AND customer_id = ANY(%s)"
_decode, _encode = msgspec.json.Decoder(), msgspec.json.Encoder()


class Claim(msgspec.Struct, gc=False):
    """What one fact says of who it is about. `identify` is True for identify and for a row of a customer file."""

    time_us: int
    cause: str  # the fact's message id
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None  # of an alias
    others: tuple[tuple[str, str], ...] = ()  # (kind, value) beside those, strongest first
    identify: bool = False


@dataclass(slots=True, eq=False)
class Person:
    """A customer row in the making: what is known of it while a batch is walked."""

    id: int | None
    known: bool
    merged_into: "Person | None"
    created_us: int
    is_new: bool = False
    changed: bool = False
    has_user_id: bool = False
    traits: dict[str, list[Any]] | None = None  # None: not read yet

    @property
    def written_id(self) -> int:
        assert self.id is not None, "people are written before what names them"
        return self.id

    def root(self) -> "Person":
        person = self
        while person.merged_into is not None:
            person = person.merged_into
        return person


@dataclass(slots=True, eq=False)
class Join:
    """Two customers found to be one: `source` is an alias of `target` from now on."""

    source: Person
    target: Person
    cause: str
    time_us: int


class Desk:
    """Resolves claims one after the other against the tables as they stood, and remembers what to write."""

    def __init__(self, claims: Iterable[Claim], *, load_id: int | None) -> None:
        self.load_id = load_id
        self.people: dict[int, Person] = {}
        self.strong: dict[tuple[str, str], Person] = {}
        self.spans: dict[str, list[tuple[int, Person]]] = {}
        self.new_people: list[Person] = []
        self.new_identifiers: list[tuple[str, str, Person, int]] = []
        self.joins: list[Join] = []
        self._read(list(claims))

    # Walking

    def person(self, claim: Claim) -> Person:
        """The customer a fact belongs to, after what it says itself is taken in."""
        if claim.previous_id is not None:
            return self._alias(claim)
        if claim.user_id is None and not (claim.identify and claim.others):
            return self._holder(claim).root()
        person = self._named(claim)
        if claim.identify:
            self._learn_others(person, claim)
            if claim.anonymous_id is not None:
                self._hand_over(claim.anonymous_id, person, claim)
        return person

    def _named(self, claim: Claim) -> Person:
        """By user id; else, for an identify, by the strongest other identifier whose holder has no user id that differs."""
        if claim.user_id is not None and (person := self.strong.get((USER_ID, claim.user_id))):
            return person.root()
        person = self._by_others(claim) if claim.identify else None
        if person is None and claim.identify and claim.anonymous_id is not None:
            person = self._visitor(claim.anonymous_id)
        if person is None:
            person = self._create(claim.time_us, known=True)
        person = self._make_known(person)
        if claim.user_id is not None:
            self._identify(USER_ID, claim.user_id, person)
            person.has_user_id = True
        return person

    def _by_others(self, claim: Claim) -> Person | None:
        for key in claim.others:
            held = self.strong.get(key)
            if held and (claim.user_id is None or not held.root().has_user_id):
                return held.root()
        return None

    def _visitor(self, anonymous_id: str) -> Person | None:
        """The nameless visitor an anonymous id stands for so far, if it still does."""
        spans = self.spans.get(anonymous_id)
        if not spans:
            return None
        first = spans[0][1].root()
        return None if first.known else first

    def _holder(self, claim: Claim) -> Person:
        """Whose an anonymous id was at the fact's own time; before its first identify it is the one it was first joined with."""
        if claim.anonymous_id is None:
            return self._create(claim.time_us, known=False)
        spans = self.spans.get(claim.anonymous_id)
        if not spans:
            visitor = self._create(claim.time_us, known=False)
            self._span(claim.anonymous_id, visitor, 0)
            return visitor
        return spans[max(bisect_right(spans, claim.time_us, key=_since) - 1, 0)][1]

    def _hand_over(self, anonymous_id: str, person: Person, claim: Claim) -> None:
        spans = self.spans.get(anonymous_id)
        if not spans:
            self._span(anonymous_id, person, claim.time_us)
            return
        visitor = self._visitor(anonymous_id)
        if visitor and visitor is not person:
            self._join(visitor, person, claim)
        held = spans[max(bisect_right(spans, claim.time_us, key=_since) - 1, 0)]
        if held[1].root() is not person and held[0] != claim.time_us:
            self._span(anonymous_id, person, claim.time_us)

    def _alias(self, claim: Claim) -> Person:
        assert claim.user_id is not None and claim.previous_id is not None, "an alias names both"
        previous = self.strong.get((USER_ID, claim.previous_id))
        named = self.strong.get((USER_ID, claim.user_id))
        if named is None and previous is not None:
            person = self._make_known(previous.root())
            self._identify(USER_ID, claim.user_id, person)
            return person
        person = self._named(claim)
        if previous is not None:
            self._join(previous.root(), person, claim)
        elif claim.previous_id in self.spans:
            self._hand_over(claim.previous_id, person, claim)
        else:
            self._identify(USER_ID, claim.previous_id, person)
            self._span(claim.previous_id, person, 0)
        return person.root()

    def _learn_others(self, person: Person, claim: Claim) -> None:
        for kind, value in claim.others:
            if (kind, value) not in self.strong:
                self._identify(kind, value, person)

    def _join(self, source: Person, target: Person, claim: Claim) -> None:
        source, target = source.root(), target.root()
        if source is target:
            return
        source.merged_into, source.changed = target, True
        target.has_user_id |= source.has_user_id
        self._make_known(target)
        self.joins.append(Join(source, target, claim.cause, claim.time_us))

    # What is to be written

    def _create(self, time_us: int, *, known: bool) -> Person:
        person = Person(None, known, None, time_us, is_new=True, traits={})
        self.new_people.append(person)
        return person

    def _make_known(self, person: Person) -> Person:
        if not person.known:
            person.known = person.changed = True
        return person

    def _identify(self, kind: str, value: str, person: Person) -> None:
        self.strong[kind, value] = person
        self.new_identifiers.append((kind, value, person, 0))

    def _span(self, anonymous_id: str, person: Person, since_us: int) -> None:
        spans = self.spans.setdefault(anonymous_id, [])
        spans.insert(bisect_right(spans, since_us, key=_since), (since_us, person))
        self.new_identifiers.append((ANONYMOUS_ID, anonymous_id, person, since_us))

    # Reading and writing

    def _read(self, claims: list[Claim]) -> None:
        wanted: dict[str, set[str]] = {USER_ID: set(), ANONYMOUS_ID: set()}
        joins = False
        for claim in claims:
            if claim.user_id is not None:
                wanted[USER_ID].add(claim.user_id)
            if claim.anonymous_id is not None:
                wanted[ANONYMOUS_ID].add(claim.anonymous_id)
            if claim.previous_id is not None:
                wanted[USER_ID].add(claim.previous_id)
                wanted[ANONYMOUS_ID].add(claim.previous_id)
            for kind, value in claim.others:
                wanted.setdefault(kind, set()).add(value)
            joins |= claim.identify or claim.previous_id is not None
        if joins and connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # one at a time, or two joins may make a chain of aliases
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('customers.join'))")
        for kind, values in wanted.items():
            self._read_held(kind, values)
        if connection.vendor == "postgresql":
            unheld = {kind: {value for value in values if not self._is_held(kind, value)} for kind, values in wanted.items()}
            _be_first({(kind, value) for kind, values in unheld.items() for value in values})
            for kind, values in unheld.items():
                self._read_held(kind, values)
        for spans in self.spans.values():
            spans.sort(key=_since)
        self._read_user_ids({key[0] for key in self.strong} - {USER_ID} != set())

    def _is_held(self, kind: str, value: str) -> bool:
        return value in self.spans if kind == ANONYMOUS_ID else (kind, value) in self.strong

    def _read_held(self, kind: str, values: set[str]) -> None:
        """Who holds identifiers of one kind, and who those are aliases of."""
        aliases: dict[int, int] = {}
        rows = prepared.rows(HELD, [kind, list(values)])
        for _, _, number, known, merged_into, created_us in rows:
            if number not in self.people:
                self.people[number] = Person(number, bool(known), None, created_us)
                if merged_into is not None:
                    aliases[number] = merged_into
        roots = list(set(aliases.values()) - self.people.keys())  # a root, never a chain
        for number, known, _, created_us in prepared.rows(PEOPLE, [roots]):
            self.people[number] = Person(number, bool(known), None, created_us)
        for alias, root in aliases.items():
            self.people[alias].merged_into = self.people[root]
        for value, since_us, number, *_ in rows:
            person = self.people[number]
            if kind == ANONYMOUS_ID:
                self.spans.setdefault(value, []).append((since_us, person))
            else:
                self.strong[kind, value] = person
                person.root().has_user_id |= kind == USER_ID

    def _read_user_ids(self, needed: bool) -> None:
        """Which of the people found by a weaker identifier have a user id already."""
        if not needed:
            return
        for (customer_id,) in prepared.rows(HOLDERS, [USER_ID, list(self.people)]):
            self.people[customer_id].root().has_user_id = True

    def write_people(self) -> None:
        """New customers get their ids; call before the facts are written."""
        for person, number in zip(self.new_people, reserve_ids(Customer, len(self.new_people)) if self.new_people else (), strict=True):
            person.id = number

    def write(self) -> None:
        """Customers and identifiers, in bulk; the traits of people are written by the caller beside."""
        insert_rows(
            Customer,
            ("id", "known", "merged_into", "created_us", "load_id", "traits", "name", "email", "phone"),
            [
                (
                    p.id,
                    p.known,
                    p.merged_into.root().id if p.merged_into else None,
                    p.created_us,
                    self.load_id,
                    *trait_columns(p.traits or {}),
                )
                for p in self.new_people
            ],
        )
        for join in self.joins:
            if not join.source.is_new:
                Customer.objects.filter(id=join.source.written_id).update(merged_into=join.target.root().written_id)
            Customer.objects.filter(merged_into=join.source.written_id).update(merged_into=join.target.root().written_id)
        for person in self.people.values():
            if person.changed and person.known:
                Customer.objects.filter(id=person.written_id, known=False).update(known=True)
        insert_rows(
            Identifier,
            ("kind", "value", "customer_id", "since_us", "load_id"),
            [(kind, value, person.root().id, since_us, self.load_id) for kind, value, person, since_us in self.new_identifiers],
        )


def _be_first(identifiers: set[tuple[str, str]]) -> None:
    """Wait until no other transaction may be making a customer of these identifiers; from here on they wait for this one.

    A lock stands for many identifiers: a server has room for some thousand locks, and a batch may bring as many new people.
    """
    locks = sorted({crc32(f"{kind}:{value}".encode()) % NEW_PEOPLE_LOCKS for kind, value in identifiers})
    if locks:
        with connection.cursor() as cursor:  # in one order, or two batches would wait for each other
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('customers.new'), number) FROM unnest(%s) AS number", [locks])


def read_traits(people: Iterable[Person]) -> None:
    """Fetch the traits of people about to change, holding their rows until the transaction ends."""
    waiting = {person.id: person for person in people if person.traits is None and person.id is not None}
    for some in slices(sorted(waiting)):
        for number, traits in Customer.objects.select_for_update().filter(id__in=some).order_by("id").values_list("id", "traits"):
            waiting[number].traits = _decode.decode(traits)


def write_traits(people: Iterable[Person]) -> None:
    """Put down the traits of people that were there before."""
    rows = [(*trait_columns(person.traits or {}), person.id) for person in people if not person.is_new]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany("UPDATE customers_customer SET traits = %s, name = %s, email = %s, phone = %s WHERE id = %s", rows)


def set_traits(person: Person, traits: dict[str, Any], time_us: int) -> None:
    """Newest own time wins; of two at the same time the later fact."""
    assert person.traits is not None, "read before written"
    for name, value in traits.items():
        kept = person.traits.get(name)
        if kept is None or kept[1] <= time_us:
            person.traits[name] = [value, time_us]


def trait_columns(traits: dict[str, list[Any]]) -> tuple[str, str, str, str]:
    """What a customer row shows of its traits: all as JSON, then name, mail and phone for lists and search."""

    def text(name: str) -> str:
        value = traits.get(name, [""])[0]
        return value if isinstance(value, str) else ""

    name = text("name") or f"{text('first_name')} {text('last_name')}".strip()
    return _encode.encode(traits).decode(), name[:255], text("email").strip().lower()[:254], text("phone").replace(" ", "")[:32]


def _since(span: tuple[int, Person]) -> int:
    return span[0]
