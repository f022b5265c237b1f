"""Where the readers of the log stand, carried into another PostgreSQL cluster.

A fact's place is (tx, id), and transaction numbers are the cluster's own: in another one the numbers brought along may lie ahead
of its own count, and no reader would see the facts. Then the places are numbered anew, from the smallest on, so that each reader
has behind it exactly what it had.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rapport.events.models import Cursor, Event

if TYPE_CHECKING:
    import psycopg

FIRST_TX = 3  # smaller ones mean something else to PostgreSQL
LAST_ID = 2**63 - 1
EVENTS, CURSORS = Event._meta.db_table, Cursor._meta.db_table
Place = tuple[int, int]


class Places:
    """Rewrites the lines of the log and of its readers on their way in, where that has to be."""

    def __init__(self, session: "psycopg.Connection[Any]", newest_tx: int, stops: Iterable[Sequence[int]]) -> None:
        """`newest_tx`: how far the saved log came; `stops`: where its readers stood."""
        row = session.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").fetchone()
        assert row is not None
        self.stops: list[Place] = sorted({(tx, number) for tx, number in stops})
        self.anew = newest_tx >= row[0]
        assert FIRST_TX + len(self.stops) < row[0], "a cluster counts some hundred transactions before it takes ours"

    def moves(self, table: str) -> bool:
        """Whether this table's lines are no longer as they were saved."""
        return self.anew and table in (EVENTS, CURSORS)

    def moved(self, table: str, columns: list[str], blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The same lines with the places of this cluster."""
        if not self.moves(table):
            yield from blocks
            return
        tx, number = columns.index("tx"), columns.index("id" if table == EVENTS else "event_id")
        for block in blocks:
            lines = [line.split(b"\t") for line in block.removesuffix(b"\n").split(b"\n")]
            for line in lines:
                place = (int(line[tx]), int(line[number]))
                line[tx] = b"%d" % (FIRST_TX + bisect_left(self.stops, place))
                if table == CURSORS:
                    line[number] = b"%d" % LAST_ID
            yield b"\n".join(b"\t".join(line) for line in lines) + b"\n"


def saved_places(session: "psycopg.Connection[Any]") -> dict[str, Any]:
    """What `Places.begin` needs later, read in the moment of the backup."""
    newest = session.execute(f"SELECT tx::text::bigint FROM {EVENTS} ORDER BY tx DESC, id DESC LIMIT 1").fetchone()
    stops = session.execute(f"SELECT tx, event_id FROM {CURSORS}").fetchall()
    return {"newest_tx": newest[0] if newest else 0, "stops": [list(stop) for stop in stops]}
