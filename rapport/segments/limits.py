"""How large a rule may be: enough for any a person means, little enough that none can wear a server out."""

from rapport.segments.errors import RuleError
from rapport.segments.nodes import Definition, Place
from rapport.segments.text import definition_text, rule_text
from rapport.segments.walk import Node, parts_of

LEVELS_MAX = 200
NODES_MAX = 5_000
TEXT_LENGTH_MAX = 100_000


def refuse_beyond_limits(said: Node | Definition) -> None:
    """Refuse a rule that is too deep, too large, or too long to be kept as text; its place is that of the first thing beyond."""
    waiting: list[tuple[Node, int]] = [(root, 1) for root in _roots(said)]
    count = 0
    while waiting:
        node, level = waiting.pop()
        count += 1
        if level > LEVELS_MAX:
            raise too_deep(node.place)
        if count > NODES_MAX:
            raise too_many(node.place)
        waiting.extend((part, level + 1) for part in reversed(parts_of(node)))
    text = definition_text(said) if isinstance(said, Definition) else rule_text(said)  # type: ignore[arg-type]
    if len(text) > TEXT_LENGTH_MAX:
        raise too_long(len(text))


def _roots(said: Node | Definition) -> list[Node]:
    if isinstance(said, Definition):
        return [said.amount.where] if said.amount.where else []
    return [said]


def too_deep(place: Place | None = None, *, path: str = "") -> RuleError:
    trouble = f"A rule may be {LEVELS_MAX} levels deep, no more."
    return RuleError(trouble, mend="Save a part as a segment and name it here.", place=place, path=path)


def too_many(place: Place | None) -> RuleError:
    mend = "Values to choose from belong in one `in ( … )`; save a part as a segment and name it here."
    return RuleError(f"A rule may have {NODES_MAX:,} conditions and brackets, no more.", mend=mend, place=place)


def too_long(length: int) -> RuleError:
    mend = "Save a part as a segment and name it here."
    return RuleError(f"A rule may be {TEXT_LENGTH_MAX:,} characters long, no more; this one has {length:,}.", mend=mend, place=Place(1, 1))
