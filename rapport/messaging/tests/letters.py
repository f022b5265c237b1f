"""Bounces as the servers write them, each form in our own words and about our own people."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

HERE = Path(__file__).parent
ORIGINAL_ID = "sale-42.17@shop.example"
ORIGINAL = (
    f"Return-Path: <b-17@shop.example>\r\nMessage-ID: <{ORIGINAL_ID}>\r\nFrom: Shop <shop@shop.example>\r\n"
    "To: bob@omaha.example\r\nSubject: Sale\r\n\r\nBuy.\r\n"
)


@dataclass(frozen=True)
class Letter:
    """A bounce and what it means."""

    name: str
    bounce_class: str
    reason: str
    recipient: str
    raw: bytes


def written_reports() -> Iterator[Letter]:
    """The standard form, by server: reports.txt."""
    for name, bounce_class, reason, facts, text in sections("reports.txt"):
        raw = dsn(person(facts["to"], status=facts["status"], told=facts["said"]), text=text)
        yield Letter(name, bounce_class, reason, facts["to"], raw)


def written_notices() -> Iterator[Letter]:
    """Texts for people, by server and language: notices.txt."""
    for name, bounce_class, reason, facts, text in sections("notices.txt"):
        headers = {"X-Failed-Recipients": facts["failed"], "Auto-Submitted": "auto-replied"} if facts["failed"] else {}
        raw = notice(text, subject=facts["subject"], sender=facts["from"], headers=headers)
        yield Letter(name, bounce_class, reason, "bob@omaha.example", raw)


def sections(file: str) -> Iterator[tuple[str, str, str, dict[str, str], str]]:
    """Each letter of a file: its name, what it means, its facts, its text."""
    for section in (HERE / file).read_text(encoding="utf-8").split("## ")[1:]:
        title, _, rest = section.partition("\n")
        name, _, meaning = title.partition(": ")
        bounce_class, reason = meaning.split()
        head, _, text = rest.partition("\n\n")
        facts = {fact: value.strip() for fact, _, value in (line.partition(":") for line in head.splitlines())}
        yield name, bounce_class, reason, facts, text.rstrip() + "\n"


def dsn(fields: str, *, text: str = "Your message could not be delivered.", original: str = ORIGINAL) -> bytes:
    """A report in the standard form."""
    parts = [
        ("text/plain; charset=utf-8", text.replace("\n", "\r\n")),
        ("message/delivery-status", f"Reporting-MTA: dns; mx.shop.example\r\nArrival-Date: Mon, 1 Jun 2026 10:00:00 +0000\r\n\r\n{fields}"),
        ("text/rfc822-headers", original),
    ]
    body = "".join(f"--=_b\r\nContent-Type: {kind}\r\n\r\n{words}\r\n" for kind, words in parts)
    head = (
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.shop.example>\r\nTo: b-17@shop.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\r\n\r\n'
    )
    return (head + body + "--=_b--\r\n").encode()


def person(address: str = "bob@omaha.example", *, status: str = "5.0.0", told: str = "", action: str = "failed", more: str = "") -> str:
    """The block of one recipient."""
    said = f"Diagnostic-Code: smtp; {told}\r\n" if told else ""
    return f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n{more}{said}\r\n"


def notice(
    text: str,
    *,
    subject: str = "failure notice",
    sender: str = "MAILER-DAEMON@mx.shop.example",
    headers: dict[str, str] | None = None,
    return_path: str = "<>",
) -> bytes:
    """A mail that is a text for people."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Return-Path"] = sender, "b-17@shop.example", subject, return_path
    for name, value in (headers or {}).items():
        mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()


def complaint(kind: str, *, fields: str = "Original-Rcpt-To: <Bob@Omaha.example>\r\n", subject: str = "FW: Sale") -> bytes:
    """An ARF report."""
    report = f"Feedback-Type: {kind}\r\nUser-Agent: Provider/1.0\r\nVersion: 1\r\n{fields}"
    return (
        f"From: feedback@provider.example\r\nTo: complaints@shop.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="=_c"\r\n\r\n'
        "--=_c\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n"
        f"--=_c\r\nContent-Type: message/feedback-report\r\n\r\n{report}\r\n"
        f"--=_c\r\nContent-Type: message/rfc822\r\n\r\n{ORIGINAL}\r\n--=_c--\r\n"
    ).encode()
