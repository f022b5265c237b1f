"""The verbs of staff: an account made, a deed written down."""

from typing import Any

from rapport.accounts.models import AuditEntry
from rapport.lib.clock import now_us

COMMAND_LINE = "command line"


def write_down(deed: str, *, subject: str, by: str, **facts: Any) -> None:
    """Keep who did what; every read of a profile and every change passes here."""
    AuditEntry.objects.create(at_us=now_us(), by=by, deed=deed, subject=subject, facts=facts)
