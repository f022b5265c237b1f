"""What happened to messages, told to the log: each once, however often it is told."""

from collections.abc import Sequence
from typing import Any

from rapport.events.actions import NewFact, record
from rapport.messaging import events
from rapport.messaging.models import Mailing, Message


def properties(message_id: int, mailing: Mailing) -> dict[str, Any]:
    """The properties the Segment spec gives to facts of mail."""
    return {
        "email_id": str(message_id),
        "email_subject": mailing.version.subject,
        "campaign_id": mailing.cause,
        "campaign_name": mailing.name,
    }


def record_sent(messages: Sequence[Message]) -> None:
    record(
        [
            NewFact(
                events.EMAIL_SENT,
                f"email-sent:{message.id}",
                properties(message.id, message.mailing),
                customer_id=message.customer_id,
                time_us=message.sent_us,
            )
            for message in messages
        ]
    )
