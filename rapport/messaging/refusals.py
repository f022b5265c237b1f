"""What a mail server means when it says no: a reason from a closed list, and whether the address itself is dead.

Hard means that no mail will ever reach this address. A full mailbox, a policy, a spam filter, a block or a time-out is
soft even with a status of 5.x.x, so the first digit alone decides nothing: the enhanced status (RFC 3463) and the words
of the server decide together. Hard needs proof. "User unknown" is proof where the server says it about RCPT, with a
status of 5.1.x, or about mailboxes of its own; some filters say the same after they have read the message.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from rapport.messaging.refusal_words import LOCAL_WORDS, RCPT_WORDS, REASON_WORDS

FIRST_UNSPACED = "\u3000"  # from here on are scripts that put no blank between words
SHORT_MAX = 4  # letters: such as "ptr", which must not be found inside another word
WORDS_READ_MAX = 1500  # characters of an answer that are looked at
STATUS = re.compile(r"(?<![\d.\w])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
CODE = re.compile(r"(?<![\d.\w:])([245]\d\d)(?=[\s\-:#,]|$)")
NOISE = re.compile(r"(?:https?|ftp)://\S{1,500}|<?[^\s<>()\[\],;:\"]{1,128}@[^\s<>()\[\],;:\"]{1,255}>?", re.IGNORECASE)
NO_RECIPIENT = re.compile(r"<<< \d{3}[^\n]*(?:no valid recipients|need rcpt)", re.IGNORECASE)
TRANSCRIPT = re.compile(r">>> (RCPT|DATA|MAIL)\b[^\n]*\n(?:<<< [23][^\n]*\n)*<<< [45]", re.IGNORECASE)
STAGE = re.compile(r"\b(RCPT|DATA|MAIL)(?: (?:TO|FROM|To|From))?\b|\b(end of (?:the )?data|initial connection)\b")


class BounceClass(StrEnum):
    """Whether the address is dead (hard) or only this message did not get through (soft)."""

    HARD = "hard"
    SOFT = "soft"


class Reason(StrEnum):
    """Why a message was not taken. The list is closed: what fits nowhere is `other`."""

    UNKNOWN_USER = "unknown_user"
    MOVED = "moved"
    BAD_DOMAIN = "bad_domain"
    MAILBOX_FULL = "mailbox_full"
    DISABLED = "disabled"
    TOO_LARGE = "too_large"
    CONTENT = "content"
    SPAM = "spam"
    POLICY = "policy"
    AUTHENTICATION = "authentication"
    SENDER = "sender"
    BLOCKED = "blocked"
    TOO_MANY = "too_many"
    RELAY = "relay"
    TIME_OUT = "time_out"
    NETWORK = "network"
    SYSTEM = "system"
    PROTOCOL = "protocol"
    OTHER = "other"


DEAD = {Reason.UNKNOWN_USER, Reason.MOVED, Reason.BAD_DOMAIN}
OF_THE_ADDRESS = DEAD | {Reason.MAILBOX_FULL, Reason.DISABLED}  # the others speak of the message, its sender, or the way between
NOT_WHAT_IT_SEEMS = {  # these words tell more than a status of 5.1.1 and the word "unknown" beside them
    Reason.MAILBOX_FULL,
    Reason.TOO_LARGE,
    Reason.DISABLED,
    Reason.MOVED,
    Reason.RELAY,
    Reason.BLOCKED,
    Reason.TOO_MANY,
    Reason.SENDER,
}
VAGUE = {Reason.CONTENT, Reason.NETWORK, Reason.PROTOCOL, Reason.POLICY, Reason.SYSTEM}  # a special status tells more than these words
BY_STATUS = {  # what RFC 3463 and its registry, and the large providers beyond it, mean by the last two numbers
    "1.0": Reason.UNKNOWN_USER,
    "1.1": Reason.UNKNOWN_USER,
    "1.2": Reason.BAD_DOMAIN,
    "1.3": Reason.UNKNOWN_USER,
    "1.6": Reason.MOVED,
    "1.7": Reason.SENDER,
    "1.8": Reason.SENDER,
    "1.10": Reason.BAD_DOMAIN,
    "1.351": Reason.UNKNOWN_USER,
    "2.1": Reason.DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_LARGE,
    "3.1": Reason.MAILBOX_FULL,
    "3.4": Reason.TOO_LARGE,
    "4.4": Reason.BAD_DOMAIN,
    "4.7": Reason.TIME_OUT,
    "7.8": Reason.AUTHENTICATION,
    "7.9": Reason.AUTHENTICATION,
    "7.13": Reason.DISABLED,
    "7.17": Reason.MOVED,
    "7.20": Reason.AUTHENTICATION,
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.25": Reason.BLOCKED,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.SENDER,
    "7.28": Reason.TOO_MANY,
    "7.509": Reason.AUTHENTICATION,
    "7.515": Reason.AUTHENTICATION,
}
BY_SUBJECT = {
    "2": Reason.OTHER,
    "3": Reason.SYSTEM,
    "4": Reason.NETWORK,
    "5": Reason.PROTOCOL,
    "6": Reason.CONTENT,
    "7": Reason.POLICY,
}


@dataclass(frozen=True)
class Verdict:
    """What a refusal comes to."""

    bounce_class: BounceClass
    reason: Reason
    status: str  # RFC 3463, or "" where the server gave none


def of_answer(code: int, text: str, *, stage: str = "RCPT") -> tuple[BounceClass, Reason]:
    """What a direct SMTP answer means, such as 550 and "5.1.1 User unknown"; 4xx is always soft.

    `stage` is the command that was answered: after DATA only a status of 5.1.x proves that the address is dead.
    """
    seen = verdict(text, status="", stage=stage)
    return (BounceClass.SOFT if code < 500 else seen.bounce_class), seen.reason


def verdict(text: str, *, status: str = "", stage: str = "") -> Verdict:
    """Read a server's words, beside the status that a report gave; `stage` where the command is known."""
    text = text[:WORDS_READ_MAX]
    told = best_status(status, text)
    plain = NOISE.sub(" @ ", text)
    words = " ".join(plain.casefold().replace("’", "'").split())
    reason = reason_of(words, told)
    dead = reason in DEAD and not is_temporary(told, text)
    if dead and reason is Reason.UNKNOWN_USER:
        dead = is_proven(words, told, stage or stage_of(plain))
    return Verdict(BounceClass.HARD if dead else BounceClass.SOFT, reason, told)


def reason_of(words: str, status: str) -> Reason:
    """The reason that the words tell, else the status."""
    subject_detail = status[2:]
    if subject_detail == "4.1" and "recipient address rejected: access denied" in words:
        return Reason.UNKNOWN_USER  # Exchange Online's edge says so of names that its directory does not hold
    told = [Reason(name) for name, phrases in REASON_WORDS if _table(phrases).search(words)]
    by_status = BY_STATUS.get(subject_detail)
    if by_status is Reason.UNKNOWN_USER and Reason.UNKNOWN_USER in told and not NOT_WHAT_IT_SEEMS & set(told):
        return Reason.UNKNOWN_USER
    if told and told[0] is Reason.DISABLED and subject_detail == "1.1" and "inactive" in words:
        return Reason.UNKNOWN_USER  # iCloud's word for an address that nobody has
    if told and not (by_status and told[0] in VAGUE):
        return told[0]
    return by_status or BY_SUBJECT.get(subject_detail[:1], Reason.OTHER)


def is_proven(words: str, status: str, stage: str) -> bool:
    """Whether "user unknown" is said about the address, not by a filter that read the message."""
    if status[2:4] == "1.":
        return True
    if stage in ("DATA", "MAIL") or "other mail system problem" in words:
        return False
    return stage == "RCPT" or bool(_table(RCPT_WORDS).search(words) or _table(LOCAL_WORDS).search(words))


def stage_of(text: str) -> str:
    """The SMTP command that was refused, as far as the text names one: in a transcript the first, else the last one named."""
    if NO_RECIPIENT.search(text):
        return "RCPT"  # the commands were sent in one go, so the answer stands under DATA
    if refused := TRANSCRIPT.search(text):
        return refused[1].upper()
    stage = ""
    for found in STAGE.finditer(text):
        stage = found[1] or ("DATA" if "data" in found[2] else "MAIL")
    return stage


def is_temporary(status: str, text: str) -> bool:
    if status:
        return status.startswith("4")
    return (code := code_of(text)).startswith("4") and bool(code)


def code_of(text: str) -> str:
    """The first SMTP reply code of a text, or ""."""
    found = CODE.search(text)
    return found[1] if found else ""


def best_status(given: str, text: str) -> str:
    """The most telling enhanced status: the server's own before the report's, and x.0.0 only if there is no other."""
    seen = [*STATUS.findall(text), *STATUS.findall(given[:100])]
    for status in seen:
        if status[0] != "2" and not status.endswith(".0.0"):
            return str(status)
    return str(seen[-1]) if seen else ""


@cache
def _table(words: str) -> re.Pattern[str]:
    """One pattern out of a table, grouped by first letters for speed. A phrase starts where a word starts.

    All of them take half a second, so they are made when the first answer is looked at, not when a command starts.
    """
    groups: dict[str, list[str]] = {}
    for part in words.split("|"):
        if phrase := " ".join(part.casefold().split()):
            groups.setdefault(phrase[0], []).append(_phrase(phrase))
    latin = "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in groups.items() if first < FIRST_UNSPACED)
    other = "".join(f"|{first}(?:{'|'.join(rest)})" for first, rest in groups.items() if first >= FIRST_UNSPACED)
    return re.compile(rf"(?<!\w)(?:{latin}){other}")


def _phrase(phrase: str) -> str:
    """The pattern of a phrase after its first letter; a short one is a whole word."""
    pattern = re.escape(phrase[1:]).replace(r"\*", ".{0,60}?")
    return rf"{pattern}\b" if len(phrase) <= SHORT_MAX else pattern
