"""Complaints: the feedback reports (ARF) of mailbox providers, RFC 5965 and RFC 6591, and the older form of Hotmail."""

from rapport.messaging.delivery_status import original_message_id, status_fields
from rapport.messaging.mail_parts import Part, header_text, read_headers
from rapport.messaging.reports import RECIPIENTS_MAX, Feedback, Kind, Recipient, Report, addresses_in, clean_address

SPELLINGS = {
    "optout": Feedback.OPT_OUT,
    "opt-out-list": Feedback.OPT_OUT,
    "unsubscribe": Feedback.OPT_OUT,
    "miscategorized": Feedback.OTHER,
}
HOTMAIL_SUBJECT = "complaint about message from"
HOTMAIL_RECIPIENT = ("x-hmxmroriginalrecipient", "x-original-recipient")
RECIPIENT_FIELDS = ("original-rcpt-to", "removal-recipient")


def read_complaint(mail: Part, leaves: list[Part]) -> Report | None:
    """The complaint that a mail is, or None."""
    original = original_headers(leaves)
    for leaf in leaves:
        if leaf.content_type in ("message/feedback-report", "application/feedback-report"):
            fields = [field for block in status_fields(leaf.text) for field in block.items()]
            named = [address for name, value in fields if name in RECIPIENT_FIELDS and (address := clean_address(value))]
            kind = next((value for name, value in fields if name == "feedback-type"), "")
            return complaint(feedback_of(kind), named or original_recipients(original), leaves)
    if HOTMAIL_SUBJECT in header_text(mail.header("subject")).lower() and (named := original_recipients(original, HOTMAIL_RECIPIENT)):
        return complaint(Feedback.ABUSE, named, leaves)
    return None


def complaint(feedback: Feedback, addresses: list[str], leaves: list[Part]) -> Report:
    people = tuple(Recipient(address) for address in list(dict.fromkeys(addresses))[:RECIPIENTS_MAX])
    return Report(Kind.COMPLAINT, people, feedback=feedback, message_id=original_message_id(leaves), is_automatic=True)


def feedback_of(text: str) -> Feedback:
    """The type of a report; what is not on the list counts as other."""
    word = text.split(";")[0].strip().lower()
    word = word.split()[0] if word else ""
    try:
        return Feedback(word)
    except ValueError:
        return SPELLINGS.get(word, Feedback.OTHER)


def original_headers(leaves: list[Part]) -> dict[str, list[str]]:
    """The headers of the message complained of."""
    for leaf in leaves:
        if leaf.content_type in ("message/rfc822", "text/rfc822-headers", "text/rfc822-header", "message/global"):
            return read_headers(leaf.body.lstrip(b"\n"))[0]
    return {}


def original_recipients(headers: dict[str, list[str]], names: tuple[str, ...] = ("to",)) -> list[str]:
    """Whom the message was written to, where the report itself does not say."""
    return [address for name in names for value in headers.get(name, []) for address in addresses_in(header_text(value))]
