"""How the catalogue learns from traffic: new properties take the type of their first value, misfits are counted."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import F

from rapport.events import catalogue
from rapport.events.catalogue import PROPERTIES_PER_TYPE_MAX, PropertyFacts, new_property
from rapport.events.models import Cursor, EventType, Property
from rapport.events.queries import read_after
from rapport.events.values import as_kind, kind_of

CURSOR = "catalogue"
DEPTH_MAX = 5
_decode = msgspec.json.Decoder()


@transaction.atomic
def learn(limit: int = 20_000) -> tuple[int, int]:
    """Read the next stretch of the log into the catalogue; answers how far it has read, as (tx, id)."""
    cursor, _ = Cursor.objects.select_for_update().get_or_create(name=CURSOR)
    rows = read_after(cursor.tx, cursor.event_id, limit)
    if not rows:
        return cursor.tx, cursor.event_id
    known = catalogue.snapshot().by_id
    pages = {event_type_id: _Page(event_type_id, known[event_type_id].properties) for event_type_id in {row[3] for row in rows}}
    for row in rows:
        page = pages[row[3]]
        page.facts += 1
        payload = _decode.decode(row[10])
        page.read(payload.get("properties") or payload.get("traits") or {})
    for page in pages.values():
        page.keep()
    cursor.tx, cursor.event_id = rows[-1][0], rows[-1][1]
    cursor.save(update_fields=["tx", "event_id"])
    return cursor.tx, cursor.event_id


class _Page:
    """What one kind of fact has taught in this stretch."""

    def __init__(self, event_type_id: int, properties: dict[str, PropertyFacts]) -> None:
        self.event_type_id, self.facts = event_type_id, 0
        self.kinds = {path: (facts.kind, facts.many) for path, facts in properties.items()}
        self.taken: dict[str, set[str]] = {}
        for facts in properties.values():
            self.taken.setdefault(facts.list_path, set()).add(facts.column)
        self.misfits: Counter[str] = Counter()
        self.zone = ZoneInfo(settings.COMPANY_TIME_ZONE)

    def read(self, properties: dict[str, Any]) -> None:
        for path, list_path, value in walk(properties):
            known = self.kinds.get(path)
            if known is None:
                self._learn(path, list_path, value)
            elif not self._fits(value, *known):
                self.misfits[path] += 1

    def _learn(self, path: str, list_path: str, value: Any) -> None:
        many = isinstance(value, list) and not _objects(value)
        kind = "list" if _objects(value) else kind_of(next((one for one in value if one is not None), None) if many else value)
        if kind is None or len(self.kinds) >= PROPERTIES_PER_TYPE_MAX or len(path) > 255:
            return
        self.kinds[path] = (kind, many)
        new_property(self.event_type_id, path, kind, many=many, list_path=list_path, taken=self.taken).save(force_insert=True)
        if many and not self._fits(value, kind, many):
            self.misfits[path] += 1

    def _fits(self, value: Any, kind: str, many: bool) -> bool:
        if kind == "list":
            return _objects(value)
        if many:
            return isinstance(value, list) and all(as_kind(one, kind, self.zone) is not None for one in value)
        return as_kind(value, kind, self.zone) is not None

    def keep(self) -> None:
        EventType.objects.filter(id=self.event_type_id).update(facts=F("facts") + self.facts)
        for path, count in self.misfits.items():
            Property.objects.filter(event_type_id=self.event_type_id, path=path).update(misfits=F("misfits") + count)


def walk(properties: dict[str, Any], prefix: str = "", list_path: str = "", depth: int = 1) -> Iterator[tuple[str, str, Any]]:
    """Each (path, list it is an element of, value) of a fact; objects open into dotted paths, a list of objects into its elements."""
    for name, value in properties.items():
        path = f"{prefix}{name}"
        if value is None or value == []:
            continue
        if isinstance(value, dict):
            if depth < DEPTH_MAX:
                yield from walk(value, f"{path}.", list_path, depth + 1)
        elif _objects(value):
            if not list_path and depth < DEPTH_MAX:
                yield path, "", value
                for element in value:
                    if isinstance(element, dict):
                        yield from walk(element, f"{path}.", path, depth + 1)
        else:
            yield path, list_path, value


def _objects(value: Any) -> bool:
    """Whether a value is a list of objects."""
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)
