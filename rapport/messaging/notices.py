"""Bounces without the standard form: a text for people, written differently by each server."""

import logging
import re
from email.message import Message

from flufl.bounce import all_failures

from rapport.messaging.mail_parts import Part, header_text
from rapport.messaging.refusals import BounceClass, Reason, stage_of, verdict
from rapport.messaging.reports import ADDRESS, NAME_LETTER, RECIPIENTS_MAX, Kind, Recipient, addresses_in, clean_address, short

log = logging.getLogger(__name__)
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it would log each detector, and texts of people

NOTICE_MAX = 20_000  # characters of a notice that are read
LINE_MAX = 500
PARAGRAPH_MAX = 1500
LITTLE = 12  # characters after an address that say nothing yet
NO_SENDER = "mailer-daemon@localhost"  # where a notice names none
DAEMON = re.compile(r"mail(?:er)?[-_.]?daemon|\bmdaemon\b|mail delivery (?:sub)?system|mail deliver system|\bmailsystem\b", re.IGNORECASE)
POSTMASTER = re.compile(r"post[-_.]?master|mail ?(?:delivery|system|admin|gateway)|antivirus|system administrator|symantec", re.IGNORECASE)
MACHINE_SENDER = re.compile(
    r"(?:^|<|\s)(?:no-?reply|do-?not-?reply|bounces?|mta|smtp|root|daemon|admin|system|notif\w*|delivery)\b[\w.-]{0,40}@", re.I
)
FAILURE = re.compile(
    r"undeliver|non.?deliver|not (?:be )?deliver|unable to deliver|could ?n.t (?:be )?deliver|did not reach"
    r"|trouble delivering|error sending"
    r"|deliver\w* (?:\w+ )?(?:fail|problem|error|delay|warning|notif|status)|delivery delayed|message delayed|rejected|bounce"
    r"|fail\w* (?:\w+ )?(?:mail|deliver|notice|to deliver|permanently)|failure notice|returned (?:mail|message|to sender)"
    r"|returning message|mail (?:system )?(?:error|failure|status|delivery)|(?:unknown|invalid|no such) user|user unknown|mailbox is full"
    r"|unzustellbar|nicht zugestellt|zustell\w* ?(?:fehl|problem|status)"
    r"|non (?:remis|distribu|délivr|livr)|échec de (?:la )?(?:remise|distribution|livraison)|n.a pas pu être"
    r"|no se (?:pudo|ha podido|puede) entregar|no entregad|error de entrega"
    r"|mancata consegna|impossibile (?:recapitare|consegnare)|non recapit"
    r"|não (?:foi )?entreg|falha na entrega"
    r"|onbestelbaar|niet (?:worden )?(?:bezorgd|afgeleverd)"
    r"|niedostarcz|nie (?:można )?dostarcz"
    r"|не доставлен|недоставлен|не может быть доставлен"
    r"|配信できません|配信不能|送信できません|届けることができません"
    r"|退信|无法投递|无法送达|投递失败|退回",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"delivery delayed|message delayed|is delayed|has been delayed|been postponed|will continue (?:to try|trying|to be)"
    r"|attempts will continue|not yet been delivered|will be retried|still being tried|no action is required|advisory-only|\(delay\)"
    r"|warning: (?:message|could not send)|verzögert|retardé|retrasad|ritardat|atrasad|vertraagd|opóźni|задерж|遅延|延迟",
    re.IGNORECASE,
)
GAVE_UP = re.compile(r"permanent|given up|giv(?:e|ing) up|failed permanently|fatal error", re.IGNORECASE)
ANSWERED = re.compile(r"^\s*(?:re|fwd?|aw|wg|tr|rv|rif|i|enc|odp|vs|sv)\s*:", re.IGNORECASE)
ORIGINAL = re.compile(
    r"^[ \t>]{0,8}-{2,}[^\n]{0,60}\b(?:original|copy|kopie|copie|copia|message headers?|headers? follow"
    r"|returned|undelivered|unsent message|nachricht)\b"
    r"|^[ \t]{0,8}(?:message headers? follows?|original message follows|included is a copy|the first \d+ lines|below this line"
    r"|your original message|a copy of (?:the|your)|----+ ?begin|the attachment contains)\b"
    r"|^(?:received|return-path|dkim-signature|x-[a-z][\w-]{1,40}|mime-version|content-type)[ \t]{0,8}:",
    re.IGNORECASE | re.MULTILINE,
)
BOX = rf"{NAME_LETTER}{{1,128}}@(?:[\w-]{{1,63}}\.){{1,8}}[\w-]{{2,63}}"
STARTS_LINE = re.compile(rf"^[ \t*•>-]{{0,16}}[<\"']?({BOX})[>\"']?(?=[\s:;,.\[(-]|$)", re.MULTILINE)
IN_PROSE = re.compile(
    rf"(?:rcpt to|recipients?(?: address)?|address(?:ee)?|userid|user|mailbox|deliver(?:ed|ing)?(?: \w+){{0,3}} to|message to|mail to"
    rf"|empfänger|destinataire"
    rf"|destinatario|destinatário|получател\w*|宛先)[\s:<\"'(]{{1,6}}({BOX})",
    re.IGNORECASE,
)
OTHER_LINES = re.compile(
    r"^[ \t>]{0,8}(?:from|mail from|cc|reply-to|sender|message-id|subject|date|references|in-reply-to)[ \t]{0,4}:.*$", re.I | re.M
)


def notice_of(leaves: list[Part]) -> str:
    """What the server wrote for people, up to the message that it returns."""
    texts: list[str] = []
    for wanted in ("text/plain", "text/html"):
        for leaf in leaves:
            if leaf.content_type.startswith("message/") or leaf.content_type.startswith("text/rfc822"):
                break
            if leaf.content_type == wanted and not leaf.header("content-disposition").lower().startswith("attachment"):
                texts.append(leaf.text)
        if any(text.strip() for text in texts):
            break
    lines = [line[:LINE_MAX] for line in "\n".join(texts)[: NOTICE_MAX * 2].splitlines()]
    text = "\n".join(lines)[:NOTICE_MAX]
    found = ORIGINAL.search(text, 1)
    return text[: found.start()] if found else text


def is_notice(mail: Part, notice: str) -> bool:
    """Whether a mail without the standard form is a server's notice about a delivery, not a person's mail about one."""
    sender, subject = header_text(mail.header("from")), header_text(mail.header("subject"))
    if mail.header("x-failed-recipients"):
        return True
    if ANSWERED.match(subject) and not DAEMON.search(sender) and not POSTMASTER.search(sender):
        return False
    told = bool(FAILURE.search(subject))
    if DAEMON.search(sender):
        return True
    if POSTMASTER.search(sender) or has_null_sender(mail):
        return told or bool(FAILURE.search(notice[:2000]))
    return told and bool(MACHINE_SENDER.search(sender)) and bool(FAILURE.search(notice[:2000])) and not mail.header("in-reply-to")


def has_null_sender(mail: Part) -> bool:
    """Whether the envelope's sender was empty, as it is for reports (RFC 5321) and answers of machines."""
    return any(value.strip() == "<>" or DAEMON.search(value) for value in mail.headers.get("return-path", []))


def read_notice(mail: Part, leaves: list[Part], *, notice: str) -> tuple[Kind, list[Recipient]]:
    """The recipients that a notice names, each with the words that stand beside it."""
    subject = header_text(mail.header("subject"))
    addresses = failed_recipients(mail) or addresses_of(mail, leaves, notice=notice)
    late = bool(DELAYED.search(f"{subject}\n{notice}")) and not GAVE_UP.search(notice)
    is_alone = len(addresses) == 1
    people = []
    for address in addresses[:RECIPIENTS_MAX]:
        about = notice if is_alone else paragraph_about(notice, address)
        seen = verdict(about_alone(about, address), stage=stage_of(about))
        bounce_class = seen.bounce_class
        if seen.reason is Reason.OTHER:
            seen = verdict(f"{notice} {subject}")
            bounce_class = seen.bounce_class if is_alone else BounceClass.SOFT  # said about another, perhaps
        bounce_class = BounceClass.SOFT if late else bounce_class
        people.append(Recipient(address, bounce_class, seen.reason, seen.status, short(about_alone(about, address))))
    return (Kind.DELAY if late else Kind.BOUNCE), people


def failed_recipients(mail: Part) -> list[str]:
    """Those that Exim, Gmail and others name in a header."""
    values = mail.headers.get("x-failed-recipients", [])
    named = [clean_address(word) for value in values for word in value.split(",", RECIPIENTS_MAX)]
    return list(dict.fromkeys(address for address in named if address))


def addresses_of(mail: Part, leaves: list[Part], *, notice: str) -> list[str]:
    """The surest way that finds somebody: a line that starts with an address, the library of known texts, prose."""
    ours = {
        address for name in ("to", "from", "reply-to", "sender", "return-path", "envelope-to")
        for value in mail.headers.get(name, [])
        for address in addresses_in(value)
    }  # fmt: skip
    text = OTHER_LINES.sub("", notice)
    for found in (
        [address.rstrip(".").lower() for address in STARTS_LINE.findall(text)],
        known_texts(mail, leaves, notice=notice),
        [address.rstrip(".").lower() for address in IN_PROSE.findall(text)],
        [address.lower() for address in ADDRESS.findall(f"{header_text(mail.header('subject'))}\n{text}")],
    ):
        if people := [address for address in dict.fromkeys(found) if address not in ours and not DAEMON.search(address)]:
            return people
    return []


def known_texts(mail: Part, leaves: list[Part], *, notice: str) -> list[str]:
    """What flufl.bounce knows of non-standard texts, asked about a small copy so that hostile mail costs nothing."""
    copy = Message()
    copy["from"] = sender if "@" in (sender := " ".join(mail.header("from").split())[:LINE_MAX]) else NO_SENDER
    for name in ("to", "subject", "x-mailer"):
        if value := mail.header(name):
            copy[name] = " ".join(value.split())[:LINE_MAX]
    plain = Message()
    plain.add_header("Content-Type", "text/plain")
    plain.set_payload(notice.encode("utf-8", "replace").decode("ascii", "replace"))
    if len(leaves) > 1 and mail.content_type.startswith("multipart/"):
        copy.add_header("Content-Type", mail.content_type)
        copy.attach(plain)
    else:
        copy.add_header("Content-Type", "text/plain")
        copy.set_payload(plain.get_payload())
    try:
        temporary, permanent = all_failures(copy)
    except Exception as trouble:  # noqa: BLE001  detectors of others, on texts of anybody
        log.warning("a detector of flufl.bounce failed: %s", type(trouble).__name__)
        return []
    named = (clean_address(address.decode("utf-8", "replace")) for address in sorted(permanent | temporary))
    return [address for address in named if address]


def paragraph_about(notice: str, address: str) -> str:
    """The lines from a recipient's first mention up to an empty line or the next recipient."""
    place = place_of(notice, address)
    if place < 0:
        return ""
    kept: list[str] = []
    for line in notice[notice.rfind("\n", 0, place) + 1 :].splitlines():
        other = STARTS_LINE.match(line)
        if kept and (not line.strip() or (other and other[1].lower() != address)):
            break
        kept.append(line)
    return "\n".join(kept)[:PARAGRAPH_MAX]


def about_alone(about: str, address: str) -> str:
    """The words from the address on, so that a server's opening phrases do not count; all of them where little follows."""
    place = place_of(about, address)
    after = about[place:] if place >= 0 else ""
    return after if len(after) > len(address) + LITTLE else about


def place_of(text: str, address: str) -> int:
    """Where an address stands by itself, not as the end of a longer one; -1 where it does not."""
    found = re.search(rf"(?<![\w.+-]){re.escape(address)}(?![\w-])", text, re.IGNORECASE)
    return found.start() if found else -1
