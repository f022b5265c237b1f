"""How higher rooms follow the log: a named function per room and matter, called with new facts, at least once."""

from collections.abc import Callable
from dataclasses import dataclass

from rapport.events.catalogue import event_type_ids
from rapport.events.models import Cursor
from rapport.events.queries import Fact, _decode, read_after
from rapport.lib.clock import now_us
from rapport.lib.locks import turn_to_write

BATCH = 1_000


@dataclass(frozen=True)
class Reaction:
    name: str
    event_names: frozenset[str]
    follow: Callable[[list[Fact]], None]  # harmless twice: it may be called again with the same facts


_register: dict[str, Reaction] = {}


def register(name: str, event_names: list[str], follow: Callable[[list[Fact]], None]) -> None:
    """Follow these kinds of facts from the beginning of the log. The name is the cursor's: never change it."""
    assert name not in _register, f"a reaction called {name} is there already"
    _register[name] = Reaction(name, frozenset(event_names), follow)


def run_reactions(limit: int = BATCH) -> int:
    """One bounded pass of every reaction; answers how many rows of the log were read."""
    return sum(_run(reaction, limit) for reaction in list(_register.values()))


def lags() -> dict[str, float]:
    """For each reaction, for how many seconds the oldest fact it has not seen has waited."""
    places = {name: (tx, event_id) for name, tx, event_id in Cursor.objects.values_list("name", "tx", "event_id")}
    found = {}
    for reaction in _register.values():
        waiting = read_after(*places.get(f"reaction:{reaction.name}", (0, 0)), 1)
        found[reaction.name] = max(0.0, (now_us() - waiting[0][6]) / 1e6) if waiting else 0.0
    return found


@turn_to_write()
def _run(reaction: Reaction, limit: int) -> int:
    """What the reaction did and how far it read are one commit."""
    cursor, _ = Cursor.objects.select_for_update().get_or_create(name=f"reaction:{reaction.name}")
    rows = read_after(cursor.tx, cursor.event_id, limit)
    if not rows:
        return 0
    wanted = set(event_type_ids(reaction.event_names).values())
    facts = [Fact(row[1], row[3], *row[4:10], payload=_decode.decode(row[10])) for row in rows if row[3] in wanted]
    if facts:
        reaction.follow(facts)
    cursor.tx, cursor.event_id = rows[-1][0], rows[-1][1]
    cursor.save(update_fields=["tx", "event_id"])
    return len(rows)
