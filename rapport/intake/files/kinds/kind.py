"""What every kind of load offers the loop that runs it."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, ClassVar

from rapport.intake.files.columns import Columns, Fields
from rapport.intake.files.rows import Row, Table, Trouble
from rapport.intake.files.units import Context, Options, Unit


class Kind:
    """Rows become units; a unit's messages go through `receive`. Kinds that set table rows override `take`."""

    name: ClassVar[str]
    fields: ClassVar[Fields]
    introduces: ClassVar[bool] = False  # identify only makes somebody known: it does not decide what became of a row
    reading: bool = False  # rows are still being put in order; none is taken in yet

    @classmethod
    def fields_for(cls, options: Options) -> Fields:
        """The fields a file needs, loaded so."""
        return cls.fields

    def __init__(self, context: Context, table: Table, columns: Columns) -> None:
        self.context, self.table, self.columns = context, table, columns
        self._words = [
            (place, {word.lower(): ours for word, ours in context.options.map_value[name].items()})
            for place, name in columns.names_by_place().items()
            if name in context.options.map_value
        ]

    def units(self) -> Iterator[list[Unit | Trouble]]:
        """The file as units and troubles, in an order that is the same each time the same file is read."""
        for chunk in self.chunks():
            yield [item if isinstance(item, Trouble) else self.unit(item) for item in chunk]

    def unit(self, row: Row) -> Unit | Trouble:
        """One row on its own."""
        raise NotImplementedError

    def settle(self, units: Sequence[Unit]) -> None:
        """Finish messages by what the tables hold; inside the transaction that records them."""

    def take(self, units: Sequence[Unit]) -> list[Trouble | str] | None:
        """For kinds without messages: the outcome of each unit, "accepted", "repeated" or a trouble. None: send the messages."""
        return None

    def share(self) -> float:
        """How much of the work is done, 0 to 1."""
        return self.table.share_read()

    def chunks(self) -> Iterator[list[Row | Trouble]]:
        """The rows with the file's words put into ours (`--map-value`)."""
        for chunk in self.table.chunks():
            for item in chunk if self._words else ():
                if not isinstance(item, Trouble):
                    for place, words in self._words:
                        cells = item[1]
                        cells[place] = words.get(cells[place].strip().lower(), cells[place])
            yield chunk

    def cell(self, cells: list[str], field: str) -> str:
        """What a row says in a field; "" where the file has no such column."""
        place = self.columns.fields.get(field)
        return "" if place is None else cells[place].strip()


def content_id(prefix: str, *parts: str) -> str:
    """A message id of content: the same content has the same id, whatever file it comes by."""
    return f"{prefix}:{blake2b(chr(31).join(parts).encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"


def track(event: str, message_id: str, person: dict[str, Any], time: str, properties: dict[str, Any]) -> dict[str, Any]:
    """A message of the Segment spec."""
    return {"type": "track", "event": event, "messageId": message_id, "timestamp": time or None, **person, "properties": properties}
