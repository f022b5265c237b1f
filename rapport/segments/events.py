"""The facts this room records: who came into a segment and who left it, where something listens."""

from rapport.events.catalogue import declare, prop

SEGMENT_ENTERED, SEGMENT_LEFT = "Segment Entered", "Segment Left"

declare(SEGMENT_ENTERED, "machine", prop("segment", "text"), prop("segment_id", "number"))
declare(SEGMENT_LEFT, "machine", prop("segment", "text"), prop("segment_id", "number"))
