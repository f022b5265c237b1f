"""How tests load: a file written on the spot, brought in by the verbs the command calls."""

import gzip
from pathlib import Path
from typing import Any

from rapport.events.models import Event
from rapport.events.queries import Fact, catalogue, facts_by_id
from rapport.intake.files.actions import Options, run_load, start_load


def written(folder: Path, text: str, *, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    """The text in a file; one whose name ends in .gz is packed."""
    path = folder / name
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def load(path: Path, kind: str, *, source: str = "", **options: Any) -> dict[str, Any]:
    """Start and run a load; its answer."""
    return run_load(start_load(path, kind, source=source, options=Options(**options)).id)


def in_rows(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    """rows, accepted, repeated, rejected."""
    return answer["rows"], answer["accepted"], answer["repeated"], answer["rejected"]


def rejects(answer: dict[str, Any]) -> list[str]:
    """The lines of the reject file below its head."""
    return Path(answer["reject_file"]).read_text().splitlines()[1:] if answer["reject_file"] else []


def facts(name: str) -> list[Fact]:
    """What is in the log under this name, as it was recorded."""
    kind = catalogue().event_types[name].id
    ids = list(Event.objects.filter(event_type_id=kind).order_by("id").values_list("id", flat=True))
    return list(facts_by_id(ids).values())
