"""The questions other rooms may ask of the doors: sources and keys, loads, what was set aside and why."""

from typing import Any

from django.db.models import Count, Max

from rapport.intake.models import Load, LoadState, Reject, Source, WriteKey


def sources() -> list[Source]:
    return list(Source.objects.order_by("name"))


def source_names() -> dict[int, str]:
    return dict(Source.objects.values_list("id", "name"))


def keys() -> list[WriteKey]:
    return list(WriteKey.objects.select_related("source").order_by("-created_us"))


def loads(*, limit: int = 50) -> list[Load]:
    """The newest loads first."""
    return list(Load.objects.select_related("source").order_by("-id")[:limit])


def loads_by_state() -> dict[str, int]:
    """How many loads stand where, every state named."""
    counts = dict(Load.objects.values_list("state").annotate(count=Count("id")))
    return {state: counts.get(state, 0) for state in LoadState.values}


def load(load_id: int) -> Load | None:
    return Load.objects.select_related("source").filter(id=load_id).first()


def rejects(*, load_id: int | None = None, before_id: int | None = None, limit: int = 100) -> list[Reject]:
    """What was set aside, newest first."""
    rows = Reject.objects.order_by("-id")
    rows = rows if load_id is None else rows.filter(load_id=load_id)
    return list((rows if before_id is None else rows.filter(id__lt=before_id))[:limit])


def rejects_by_reason(*, since_us: int = 0, load_id: int | None = None, limit: int = 50) -> list[Any]:
    """Reasons with how many facts each set aside: {"reason", "field", "count", "last_us"}."""
    rows = Reject.objects.filter(at_us__gte=since_us)
    rows = rows.filter(load_id__isnull=True) if load_id is None else rows.filter(load_id=load_id)
    return list(rows.values("reason", "field").annotate(count=Count("id"), last_us=Max("at_us")).order_by("-count")[:limit])


def rejects_count(*, since_us: int = 0) -> int:
    return Reject.objects.filter(at_us__gte=since_us).count()
