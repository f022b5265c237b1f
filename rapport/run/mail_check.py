"""The settings of mail that cannot be right, each with its mend: found at a start rather than by the first mailing."""

from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings

from rapport.lib.refusals import Refusal
from rapport.messaging.addresses import usable
from rapport.messaging.transports import server
from rapport.run.findings import Finding

CONNECTIONS_MAX = 64


def mail_findings() -> list[Finding]:
    return [_server(), _addresses(), _links(), _door(), _bounds()]


def _server() -> Finding:
    try:
        found = server()
    except Refusal as no:
        return Finding("mail server", False, no.what, no.mend)
    return Finding("mail server", True, f"{found.host}:{found.port}" if found else "none: mail lands in the outbox")


def _addresses() -> Finding:
    for name, value in (("RAPPORT_MAIL_FROM", settings.MAIL_FROM), ("RAPPORT_BOUNCE_ADDRESS", settings.BOUNCE_ADDRESS)):
        if value and not usable(parseaddr(value)[1]):
            what = f'{name} is "{value}", which holds no mail address.'
            return Finding("mail addresses", False, what, "Write Halden <news@halden.example>.")
    return Finding("mail addresses", True, settings.MAIL_FROM or "no sender yet")


def _links() -> Finding:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        what = f'RAPPORT_PUBLIC_URL is "{settings.PUBLIC_URL}", which is no address of a page.'
        return Finding("public address", False, what, "Write https://crm.example.com.")
    return Finding("public address", True, settings.PUBLIC_URL)


def _door() -> Finding:
    host, _, port = settings.SMTP_DOOR.rpartition(":")
    if settings.SMTP_DOOR and not (host and port.isdigit() and 0 < int(port) < 65_536):
        return Finding("mail door", False, f'RAPPORT_SMTP_DOOR is "{settings.SMTP_DOOR}".', "Write host:port, as 127.0.0.1:2525.")
    return Finding("mail door", True, settings.SMTP_DOOR or "closed")


def _bounds() -> Finding:
    if not 1 <= settings.MAIL_CONNECTIONS <= CONNECTIONS_MAX:
        what = f"RAPPORT_MAIL_CONNECTIONS is {settings.MAIL_CONNECTIONS}."
        return Finding("mail connections", False, what, f"Name a number from 1 to {CONNECTIONS_MAX}.")
    if settings.CONTACTS_PER_WEEK_MAX < 0 or settings.ATTRIBUTION_DAYS < 1:
        what = "RAPPORT_CONTACTS_PER_WEEK_MAX is 0 or more, RAPPORT_ATTRIBUTION_DAYS 1 or more."
        return Finding("mail connections", False, what, "Mend the one that is not.")
    return Finding(
        "mail connections", True, f"{settings.MAIL_CONNECTIONS} at once, {settings.CONTACTS_PER_WEEK_MAX} marketing mails a week"
    )
