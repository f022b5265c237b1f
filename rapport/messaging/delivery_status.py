"""Delivery reports in the standard form (RFC 3464): a block of fields for each recipient."""

import re

from rapport.messaging.mail_parts import Part
from rapport.messaging.notices import paragraph_about
from rapport.messaging.refusals import BounceClass, Reason, Verdict, stage_of, verdict
from rapport.messaging.reports import RECIPIENTS_MAX, Kind, Recipient, clean_address, short

STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status", "message/delivery_status"}
ORIGINAL_TYPES = {
    "message/rfc822",
    "text/rfc822-headers",
    "text/rfc822-header",
    "message/global",
    "message/global-headers",
    "message/partial",
}
FIELD = re.compile(r"([A-Za-z][\w-]{1,40})[ \t]*:[ \t]*(.*)")
REPORT_IN_TEXT = re.compile(r"^Final-Recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
MESSAGE_ID = re.compile(r"^[ \t>]{0,8}Message-ID[ \t]*:\s{0,8}<?([^\s<>]{1,400})", re.IGNORECASE | re.MULTILINE)
WORD = re.compile(r"[^\W\d_]{3,}")
DIAGNOSTIC_TYPE = re.compile(r"\s*(?:smtp|x-[\w-]{1,40}|lmtp|dns|unknown)\s*;\s*", re.IGNORECASE)
BLOCKS_MAX = 200
ORIGINAL_BYTES_READ_MAX = 64_000


def status_text(leaves: list[Part]) -> str:
    """The fields of a report, from its own part or from the text where a server put them there; "" where there are none."""
    for leaf in leaves:
        if leaf.content_type in STATUS_TYPES:
            return leaf.text
    return next((leaf.text for leaf in leaves if leaf.content_type == "text/plain" and REPORT_IN_TEXT.search(leaf.text)), "")


def status_fields(text: str) -> list[dict[str, str]]:
    """Blocks of fields. A new one begins after an empty line, or where a recipient or a status comes a second time."""
    blocks: list[dict[str, str]] = [{}]
    name = ""
    for line in text.splitlines():
        if not line.strip():
            if blocks[-1]:
                blocks.append({})
            name = ""
        elif line[0] in " \t" and name:
            blocks[-1][name] = f"{blocks[-1][name]} {line.strip()}"
        elif found := FIELD.match(line.strip()):
            name = found[1].lower()
            if name in blocks[-1] and name in ("final-recipient", "original-recipient", "status"):
                blocks.append({})
            blocks[-1].setdefault(name, found[2].strip())
        if len(blocks) > BLOCKS_MAX:
            break
    return [block for block in blocks if block]


def read_status(text: str, *, notice: str, failed: list[str]) -> tuple[Kind, list[Recipient]]:
    """The recipients of a report and its kind; `failed` are those that the mail's headers name (X-Failed-Recipients)."""
    blocks = [block for block in status_fields(text) if "final-recipient" in block or "original-recipient" in block]
    kinds: set[Kind] = set()
    people: dict[str, Recipient] = {}
    for place, block in enumerate(blocks):
        final = clean_address(block.get("final-recipient", ""))
        address = clean_address(block.get("original-recipient", ""), is_xtext=True) or final
        if not final and place < len(failed):
            address = failed[place]  # a final recipient may be a file of the server
        if not address:
            continue
        kind = kind_of_action(block)
        kinds.add(kind)
        about = notice if len(blocks) == 1 else paragraph_about(notice, final or address)
        person = recipient(address, kind, block=block, about=about, final=final if final != address else "")
        if address not in people or person.bounce_class is BounceClass.HARD:
            people[address] = person
        if len(people) >= RECIPIENTS_MAX:
            break
    kind = next((kind for kind in (Kind.BOUNCE, Kind.DELAY, Kind.DELIVERED) if kind in kinds), Kind.BOUNCE)
    return kind, list(people.values())


def kind_of_action(block: dict[str, str]) -> Kind:
    """What was done about a recipient: a missing or unknown action is read from the status."""
    action = block.get("action", "").lower()
    if action.startswith(("delivered", "relayed", "expanded")):
        return Kind.DELIVERED
    if action.startswith("delay"):
        return Kind.DELAY
    if not action and block.get("status", "").startswith("2"):
        return Kind.DELIVERED
    return Kind.BOUNCE


def recipient(address: str, kind: Kind, *, block: dict[str, str], about: str, final: str) -> Recipient:
    """A recipient judged by the server's own words, else by the notice's."""
    told = DIAGNOSTIC_TYPE.sub("", block.get("diagnostic-code", ""), count=1)
    if kind is Kind.DELIVERED:
        return Recipient(address, status=block.get("status", "")[:20], diagnostic=short(told), final_address=final)
    given = block.get("status", "")
    stage = stage_of(told) or stage_of(about)
    seen = verdict(f"{told} {given}", status=given, stage=stage)
    if about and (not WORD.search(told) or seen.reason is Reason.OTHER):
        more = verdict(f"{told} {about}", status=given, stage=stage)
        seen = Verdict(more.bounce_class, more.reason, seen.status or more.status)
    bounce_class = BounceClass.SOFT if kind is Kind.DELAY else seen.bounce_class
    return Recipient(
        address, bounce_class, seen.reason, seen.status, short(told or paragraph_about(about, final or address) or about), final
    )


def original_message_id(leaves: list[Part]) -> str:
    """The Message-ID of the message that a report returns, without its angle brackets; "" where there is none."""
    for leaf in leaves:
        if leaf.content_type in ORIGINAL_TYPES and (found := MESSAGE_ID.search(headers_of_original(leaf))):
            return found[1]
    return ""


def headers_of_original(leaf: Part) -> str:
    """The beginning of a returned message."""
    encoded = bool(leaf.header("content-transfer-encoding").strip().lower() in ("base64", "quoted-printable"))
    return leaf.text if encoded else leaf.body[:ORIGINAL_BYTES_READ_MAX].decode("latin-1")
