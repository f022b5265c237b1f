"""The catalogue: what kinds of facts there are, with the typed properties of each. Declared by rooms, or learned from traffic."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import transaction
from django.db.models import Max, Sum

from rapport.events.models import Done, EventType, Property

IDENTIFY = "Identify"
PROPERTIES_PER_TYPE_MAX = 500
EVENT_TYPES_MAX = 2_000
CALL_NAMES = {"identify": IDENTIFY, "page": "Page Viewed", "screen": "Screen Viewed", "group": "Group", "alias": "Alias"}

# Segment's reserved traits as SDKs write them, and our one spelling.
TRAIT_ALIASES = {
    "firstName": "first_name",
    "lastName": "last_name",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "postalCode": "postal_code",
    "membershipNumber": "membership_number",
}
ADDRESS_TRAITS = {
    "city": "city",
    "country": "country",
    "postalCode": "postal_code",
    "postal_code": "postal_code",
    "state": "region",
    "region": "region",
}


@dataclass(frozen=True)
class PropertyFacts:
    path: str
    kind: str
    many: bool
    list_path: str  # the list of objects it is an element's property of, or ""
    column: str
    declared: bool
    misfits: int


@dataclass(frozen=True)
class EventTypeFacts:
    id: int
    name: str
    table: str
    done: str
    declared: bool
    facts: int
    properties: dict[str, PropertyFacts]

    @cached_property
    def money_paths(self) -> tuple[str, ...]:
        return tuple(path for path, facts in self.properties.items() if facts.kind == "money")


@dataclass(frozen=True)
class Catalogue:
    """A snapshot: safe to keep for the length of one question."""

    event_types: dict[str, EventTypeFacts]

    @cached_property
    def by_id(self) -> dict[int, EventTypeFacts]:
        return {facts.id: facts for facts in self.event_types.values()}

    @property
    def traits(self) -> dict[str, PropertyFacts]:
        return self.event_types[IDENTIFY].properties if IDENTIFY in self.event_types else {}


@dataclass(frozen=True)
class Declared:
    """A property a room knows before the first fact has it. `list_path.name` is an element's."""

    path: str
    kind: str
    many: bool = False
    list_path: str = ""


_declared: dict[str, tuple[str, tuple[Declared, ...]]] = {}
_ids: dict[str, int] = {}


def declare(name: str, done: str, *properties: Declared) -> None:
    """A room's kind of fact; call it at import of the room's `events.py`."""
    assert done in Done.values, done
    assert name not in _declared, f'"{name}" is declared by one room only'
    _declared[name] = (done, properties)


def prop(path: str, kind: str, *, many: bool = False, list_path: str = "") -> Declared:
    return Declared(path, kind, many, list_path)


def event_type_ids(names: Iterable[str]) -> dict[str, int]:
    """The id of each kind, made on first sight; names beyond EVENT_TYPES_MAX are left out. Call in a write transaction.

    Only what is committed is remembered: a kind that goes with a transaction rolled back must not live on in another thread's facts.
    """
    wanted = set(names)
    found = {name: number for name in wanted if (number := _ids.get(name))}
    if missing := wanted - found.keys():
        found.update(EventType.objects.filter(name__in=missing).values_list("name", "id"))
        if new := sorted(missing - found.keys()):
            found.update(_make(new))
        transaction.on_commit(lambda: _ids.update(found))
    return found


def carries_money(name: str) -> bool:
    """Whether facts of this kind have amounts; money is declared, never learned."""
    return any(one.kind == "money" for one in _declared.get(name, ("", ()))[1])


def forget() -> None:
    """Drop what this process remembers of the tables: after a rolled-back transaction and between tests."""
    _ids.clear()
    _snapshot.clear()


def _make(names: Sequence[str]) -> dict[str, int]:
    """Rows for kinds seen first, with what their rooms have declared. Another process may be about to make the same."""
    learned = [name for name in names if name not in _declared]
    room = max(0, EVENT_TYPES_MAX - EventType.objects.count()) if learned else 0
    waiting, found = (_declared.keys() & names) | set(learned[:room]), dict[str, int]()
    while waiting:  # again only where another process took the table of one of these for a kind of its own
        taken, rows = set(EventType.objects.values_list("table", flat=True)) | RESERVED_TABLES, []
        for name in sorted(waiting):
            done, _ = _declared.get(name, (Done.BY, ()))
            rows.append(EventType(name=name, table=free_name(name, taken), done=done, declared=name in _declared))
            taken.add(rows[-1].table)
        EventType.objects.bulk_create(rows, ignore_conflicts=True)
        found.update(EventType.objects.filter(name__in=waiting).values_list("name", "id"))
        waiting -= found.keys()
    properties: list[Property] = []
    for name in sorted(_declared.keys() & names):
        columns: dict[str, set[str]] = {}
        properties += [
            new_property(found[name], one.path, one.kind, many=one.many, list_path=one.list_path, taken=columns, declared=True)
            for one in _declared[name][1]
        ]
    Property.objects.bulk_create(properties, ignore_conflicts=True)
    return found


def new_property(
    event_type_id: int, path: str, kind: str, *, many: bool, list_path: str, taken: dict[str, set[str]], declared: bool = False
) -> Property:
    """A property with its place in the warehouse, to be saved. `taken` holds the columns of each list of this kind of fact."""
    own = path.removeprefix(f"{list_path}.") if list_path else path
    column = free_name(own, taken.setdefault(list_path, set()) | RESERVED_COLUMNS)
    taken[list_path].add(column)
    return Property(event_type_id=event_type_id, path=path, kind=kind, many=many, list_path=list_path, column=column, declared=declared)


RESERVED_TABLES = {"watermark", "known", "aliases", "consents", "suppressions"}
RESERVED_COLUMNS = {"customer_id", "time", "event_id", "load_id", "unrated", "line", "rowid"}


def free_name(name: str, taken: set[str]) -> str:
    """A name for a table or column: snake case, at most 48 letters, unlike any taken one, whatever the case."""
    snake = re.sub(r"[^0-9a-z]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")[:48] or "x"
    snake = f"n_{snake}" if snake[0].isdigit() else snake
    number, found = 1, snake
    while found in taken:
        number += 1
        found = f"{snake}_{number}"
    return found


_snapshot: dict[str, tuple[tuple[int, int, int], Catalogue]] = {}


def snapshot() -> Catalogue:
    """The catalogue as the tables have it now; declared kinds that never came are there too."""
    ensure_declared()
    version = _version()
    kept = _snapshot.get("now")
    if kept and kept[0] == version:
        return kept[1]
    properties: dict[int, dict[str, PropertyFacts]] = {}
    for row in Property.objects.order_by("id"):
        properties.setdefault(row.event_type_id, {})[row.path] = PropertyFacts(
            row.path, row.kind, row.many, row.list_path, row.column, row.declared, row.misfits
        )
    made = Catalogue(
        {
            row.name: EventTypeFacts(row.id, row.name, row.table, row.done, row.declared, row.facts, properties.get(row.id, {}))
            for row in EventType.objects.order_by("name")
        }
    )
    _snapshot["now"] = (version, made)
    return made


def _version() -> tuple[int, int, int]:
    types = EventType.objects.aggregate(last=Max("id"), facts=Sum("facts"))
    return (types["last"] or 0, int(types["facts"] or 0), Property.objects.aggregate(last=Max("id"))["last"] or 0)


def ensure_declared() -> None:
    """Every declared kind gets its row, so that rules may name it before its first fact."""
    if _declared.keys() - _ids.keys():
        with transaction.atomic():
            event_type_ids(_declared)
