"""Events: messages of the Segment spec as they are, one a line."""

import msgspec
from django.conf import settings

from rapport.intake.files.columns import Fields
from rapport.intake.files.jsonlines import JsonLines
from rapport.intake.files.kinds.kind import Kind, content_id
from rapport.intake.files.rows import Row, Trouble
from rapport.intake.files.units import Unit

_decode = msgspec.json.Decoder().decode


class Events(Kind):
    """A line without a messageId gets one of its content and its number among equal lines."""

    name = "events"
    fields = Fields(("fact",))
    _places: dict[int, int] | None = None  # of lines among equal ones; read when the first line without an id comes

    def unit(self, row: Row) -> Unit | Trouble:
        line, (text,) = row
        try:
            message = _decode(text)
        except msgspec.DecodeError as trouble:
            return Trouble(line, "not JSON", str(trouble)[:200], (text[:500],))
        if not isinstance(message, dict):
            return Trouble(line, "a fact is a JSON object", cells=(text[:500],))
        if message.get("messageId") in (None, ""):
            message["messageId"] = self._id_of(line, text)
        return Unit([row], [message])

    def _id_of(self, line: int, text: str) -> str:
        if self._places is None:
            assert isinstance(self.table, JsonLines), "events come as JSON lines"
            self._places = self.table.places_among_equals(settings.DATA_DIR / "tmp" / f"load-{self.context.load_id}-lines.duckdb")
        place = self._places.get(line, 1)
        return content_id("line", text.strip()) + (f":{place}" if place > 1 else "")
