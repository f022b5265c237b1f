"""What happened to messages, told to the log: each once, however often it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapport.events.actions import NewFact, record
from rapport.messaging import events
from rapport.messaging.models import Mailing


def properties(message_id: int, mailing: Mailing) -> dict[str, Any]:
    """The properties the Segment spec gives to facts of mail."""
    return {
        "email_id": str(message_id),
        "email_subject": mailing.version.subject,
        "campaign_id": mailing.cause,
        "campaign_name": mailing.name,
    }


@dataclass(frozen=True, slots=True)
class Sent:
    """A message the server took."""

    message_id: int
    customer_id: int
    sent_us: int
    properties: Mapping[str, Any]


def record_sent(messages: Sequence[Sent]) -> None:
    record(
        [
            NewFact(
                events.EMAIL_SENT,
                f"email-sent:{one.message_id}",
                dict(one.properties),
                customer_id=one.customer_id,
                time_us=one.sent_us,
            )
            for one in messages
        ]
    )
