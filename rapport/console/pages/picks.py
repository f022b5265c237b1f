"""What may be chosen in a field of a form: kinds of events, properties, traits, segments, real values, usual figures."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from rapport.events.catalogue import IDENTIFY
from rapport.segments.queries import values_of
from rapport.segments.text import number_text
from rapport.segments.vocabulary import Vocabulary

PICKS_MAX = 50
FIGURES = {"count": ("1", "2", "3", "5", "10", "20"), "span": ("1", "7", "14", "30", "60", "90", "180", "365")}


@dataclass(frozen=True)
class Asked:
    """`what`: event, property, trait, segment, value, sku, count or span; `event` is "" for anything and for traits."""

    what: str
    event: str = ""
    path: str = ""
    typed: str = ""


@dataclass(frozen=True)
class Pick:
    value: str
    note: str = ""


def picks(asked: Asked, vocabulary: Vocabulary) -> list[dict[str, str]]:
    """Those that begin with what was typed, then those that hold it; the most frequent first."""
    folded = asked.typed.strip().casefold()
    held = [one for one in _all(asked, vocabulary) if folded in one.value.casefold()]
    held.sort(key=lambda one: not one.value.casefold().startswith(folded))
    return [asdict(one) for one in held[:PICKS_MAX]]


def _all(asked: Asked, vocabulary: Vocabulary) -> Iterator[Pick]:
    match asked.what:
        case "event":
            kinds = sorted(vocabulary.catalogue.event_types.values(), key=lambda kind: (-kind.facts, kind.name))
            yield from (Pick(kind.name, f"{kind.facts:,}") for kind in kinds)
        case "property":
            known = vocabulary.properties(asked.event or None)
            yield from (Pick(path, kinds[0].kind) for path, kinds in sorted(known.items()) if kinds[0].kind != "list")
        case "trait":
            yield from (Pick(name, facts.kind) for name, facts in sorted(vocabulary.catalogue.traits.items()) if facts.kind != "list")
            yield from (Pick(name, amount.kind) for name, amount in sorted(vocabulary.measures.items()))
        case "segment":
            yield from (Pick(name) for name in sorted(vocabulary.segments))
        case "value" | "sku":
            event, path = (asked.event, asked.path) if asked.what == "value" else ("Order Completed", "products.sku")
            for one in values_of(vocabulary)(event or IDENTIFY, path):
                value = one.value
                plain = str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else number_text(value)  # type: ignore[arg-type]
                yield Pick(plain, f"{one.count:,}")
        case "count" | "span":
            yield from (Pick(one) for one in FIGURES[asked.what])
