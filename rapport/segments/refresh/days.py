"""The history of kept sets: one bitmap a company day, written as what changed since the day before, whole at the start of each month."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby

from pyroaring import BitMap

from rapport.lib.clock import from_us, to_us
from rapport.lib.zone import company_zone
from rapport.segments.models import KeptDay

DAYS_FINE = 400  # of months older than that, the first day is kept alone
MISSED_MAX = 31  # days that a stopped house makes good; of a longer stop the last ones


def midnights(after_us: int, upto_us: int) -> list[int]:
    """The company's midnights behind one moment, up to another with it; the last MISSED_MAX of them."""
    zone = company_zone()
    last = from_us(upto_us, zone).date()
    first = max(from_us(after_us, zone).date() + timedelta(days=1), last - timedelta(days=MISSED_MAX - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [us for day in days if after_us < (us := midnight_us(day)) <= upto_us]


def midnight_us(day: date) -> int:
    """When a company day begins."""
    return to_us(datetime(day.year, day.month, day.day, tzinfo=company_zone()))


def day_ended_at(us: int) -> date:
    """The day whose end a midnight is."""
    return from_us(us, company_zone()).date() - timedelta(days=1)


def keep(day: date, sets: Mapping[str, BitMap]) -> None:
    """Write down how each set stood at the end of a day, inside the caller's transaction. The same day twice is written once."""
    there = set(KeptDay.objects.filter(day=day).values_list("key", flat=True))
    wanted = {key: ids for key, ids in sets.items() if key not in there}
    before = _newest_before(day, wanted) if day.day > 1 else {}
    rows = []
    for key, ids in wanted.items():
        changed = ids ^ before[key] if key in before else None
        told = ids if changed is None else changed
        rows.append(KeptDay(key=key, day=day, is_whole=changed is None, ids=told.serialize(), people=len(ids)))
    KeptDay.objects.bulk_create(rows, batch_size=50)
    fine = (day - timedelta(days=DAYS_FINE)).replace(day=1)  # a month goes as one: the days after a lost one would be told against nothing
    KeptDay.objects.filter(day__lt=fine, is_whole=False).delete()


def _newest_before(day: date, keys: Iterable[str]) -> dict[str, BitMap]:
    """Each set as it stood on its last day of the same month before this one: what its next day is told against."""
    rows = KeptDay.objects.filter(day__gte=day.replace(day=1), day__lt=day, key__in=list(keys)).order_by("key", "day")
    found = {}
    for key, own in groupby(rows, key=lambda row: row.key):
        if (ids := _unrolled(own)) is not None:
            found[key] = ids
    return found


def _unrolled(rows: Iterable[KeptDay]) -> BitMap | None:
    ids: BitMap | None = None
    for row in rows:
        told = BitMap.deserialize(bytes(row.ids))
        ids = told if row.is_whole else None if ids is None else ids ^ told
    return ids


def set_on(key: str, day: date) -> BitMap | None:
    """A set as it stood at the end of a day, or of the last day kept before it; None where there is none."""
    rows = KeptDay.objects.filter(key=key, day__lte=day)  # the first of them all is written whole
    whole = rows.filter(is_whole=True).order_by("-day").values_list("day", flat=True).first()
    return None if whole is None else _unrolled(rows.filter(day__gte=whole).order_by("day"))


def each(key: str, since: date) -> Iterator[tuple[date, BitMap]]:
    """A set at the end of each day kept since then, and of the last one kept before; each change is read once."""
    rows = KeptDay.objects.filter(key=key)
    begin = rows.filter(day__lte=since, is_whole=True).order_by("-day").values_list("day", flat=True).first()
    newest = rows.filter(day__lte=since).order_by("-day").values_list("day", flat=True).first()
    ids = BitMap()
    for row in rows.filter(day__gte=begin or since).order_by("day").iterator(chunk_size=50):
        told = BitMap.deserialize(bytes(row.ids))
        ids = told if row.is_whole else ids ^ told
        if newest is None or row.day >= newest:
            yield row.day, ids


def sizes(keys: Iterable[str], since: date) -> dict[str, list[tuple[date, int]]]:
    """How many people each set held at the end of each day kept since then."""
    found: dict[str, list[tuple[date, int]]] = {key: [] for key in keys}
    rows = KeptDay.objects.filter(key__in=list(found), day__gte=since).order_by("key", "day").values_list("key", "day", "people")
    for key, day, people in rows:
        found[key].append((day, people))
    return found


def first_day(key: str) -> date | None:
    return KeptDay.objects.filter(key=key).order_by("day").values_list("day", flat=True).first()


def forget(key: str) -> None:
    """Of a set that was deleted."""
    KeptDay.objects.filter(key=key).delete()
