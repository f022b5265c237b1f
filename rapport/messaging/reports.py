"""What a mail that came back turns out to be: its kind, whom it speaks of, and which message it means."""

import re
from dataclasses import dataclass
from enum import StrEnum

from rapport.messaging.refusals import BounceClass, Reason

DIAGNOSTIC_MAX = 500
RECIPIENTS_MAX = 100
NAME_LETTER = r"[^\s<>()\[\]{},;:\"'@\\|]"
ADDRESS = re.compile(rf"(?<!{NAME_LETTER[:-1]}])({NAME_LETTER}{{1,128}}@(?:[\w-]{{1,63}}\.){{1,8}}[\w-]{{2,63}})")
WHOLE = re.compile(r"[^\s<>@,;]{1,128}@[^\s<>@,;]{1,255}")
XTEXT = re.compile(r"\+([0-9A-F]{2})")
MUST_BE_XTEXT = re.compile(r"\+(?:2B|3D)")


class Kind(StrEnum):
    """What a mail is."""

    BOUNCE = "bounce"
    DELAY = "delay"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    MAIL = "mail"


class Feedback(StrEnum):
    """The type of a complaint: RFC 5965, RFC 6591, RFC 6430, and opt-out of some older senders."""

    ABUSE = "abuse"
    FRAUD = "fraud"
    VIRUS = "virus"
    OPT_OUT = "opt-out"
    AUTH_FAILURE = "auth-failure"
    NOT_SPAM = "not-spam"
    OTHER = "other"


ENDS_MARKETING = {Feedback.ABUSE, Feedback.OPT_OUT}
COUNTS = {Feedback.ABUSE, Feedback.FRAUD, Feedback.VIRUS, Feedback.OPT_OUT, Feedback.OTHER}


@dataclass(frozen=True)
class Recipient:
    """One person of a report. `address` is the one that we wrote to; `final_address` where it was forwarded, if that is told."""

    address: str
    bounce_class: BounceClass | None = None  # None: delivered, or a complaint
    reason: Reason | None = None
    status: str = ""
    diagnostic: str = ""
    final_address: str = ""


@dataclass(frozen=True)
class Report:
    """What a mail says. `is_automatic` mail must get no automatic answer (RFC 3834)."""

    kind: Kind
    recipients: tuple[Recipient, ...] = ()
    feedback: Feedback | None = None
    message_id: str = ""  # of the message it speaks of, without angle brackets; "" where it does not tell
    is_automatic: bool = False
    trouble: str = ""  # why a broken mail could not be read

    @property
    def ends_marketing(self) -> bool:
        """Whether its recipients want no more marketing."""
        return self.feedback in ENDS_MARKETING

    @property
    def counts_as_complaint(self) -> bool:
        """Whether it counts in the complaint rate; a failed authentication and "not spam" count against nobody."""
        return self.feedback in COUNTS


def clean_address(value: str, *, is_xtext: bool = False) -> str:
    """An address out of a report's field ("rfc822; <Bob@Example.org>") in small letters, or "" where there is none."""
    kind, semicolon, rest = value.strip()[:1000].partition(";")
    text = rest if semicolon and re.fullmatch(r"[\w-]{1,40}\s*", kind) else value[:1000]
    text = text.strip().strip("<>\"' ")
    if is_xtext and (MUST_BE_XTEXT.search(text) or ("+40" in text and "@" not in text)):
        text = XTEXT.sub(lambda found: chr(int(found[1], 16)), text)
    if WHOLE.fullmatch(text):
        return text.lower()
    found = ADDRESS.search(text)
    return found[1].rstrip(".").lower() if found else ""


def addresses_in(text: str) -> list[str]:
    """Every address of a text in small letters, each once, in order."""
    return list(dict.fromkeys(found.rstrip(".").lower() for found in ADDRESS.findall(text)))[:RECIPIENTS_MAX]


def short(text: str) -> str:
    """A diagnostic on one line, cut to its bound."""
    return " ".join(text[: DIAGNOSTIC_MAX * 2].split())[:DIAGNOSTIC_MAX]
