"""How a mail leaves: over a kept SMTP connection, or into the outbox of the data folder where no server is named."""

import os
import smtplib
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings

from rapport.lib.refusals import Refusal

TIMEOUT_SECONDS = 30
GO_ON = 354  # the answer to DATA: the mail may come
PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


class Fate(Enum):
    """What became of one message."""

    TAKEN = "taken"
    LATER = "later"  # the server said 4xx: try again
    NEVER = "never"  # the server said 5xx
    NOT_BEGUN = "not begun"  # the connection broke before DATA: nothing can have left
    IN_DOUBT = "in doubt"  # DATA went out and no answer came


@dataclass(frozen=True, slots=True)
class Outcome:
    fate: Fate
    code: int = 0
    answer: str = ""
    stage: str = "RCPT"  # the command that was answered: a no after DATA proves less about the address


class CannotConnect(Refusal):
    """The mail server does not let us in."""

    code = "mail_server_unreachable"


class Transport(Protocol):
    def open(self) -> None:
        """Be ready to send; CannotConnect where that cannot be."""

    def send(self, sender: str, recipient: str, mail: bytes, name: str) -> Outcome: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Server:
    """The mail server that RAPPORT_EMAIL_URL names."""

    scheme: str
    host: str
    port: int
    user: str
    password: str


def server() -> Server | None:
    """None where no server is named; a Refusal where the address cannot be read."""
    if not settings.EMAIL_URL:
        return None
    try:
        parts = urlsplit(settings.EMAIL_URL)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in PORTS or not parts.hostname:
        raise Refusal("RAPPORT_EMAIL_URL is no address of a mail server.", mend="Write smtp://user:password@host:587 or smtps://…")
    return Server(parts.scheme, parts.hostname, port or PORTS[parts.scheme], unquote(parts.username or ""), unquote(parts.password or ""))


def transport() -> Transport:
    found = server()
    return Smtp(found) if found else Outbox()


class Smtp:
    """One connection, kept from mail to mail."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._line: smtplib.SMTP | None = None

    def open(self) -> None:
        if self._line is not None:
            try:
                if self._line.noop()[0] == 250:
                    return
            except (smtplib.SMTPException, OSError):
                pass  # it was closed while we waited: a new one is opened below
            self.close()
        where = self._server
        try:
            if where.scheme == "smtps":
                self._line = smtplib.SMTP_SSL(where.host, where.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
            else:
                self._line = smtplib.SMTP(where.host, where.port, timeout=TIMEOUT_SECONDS)
            self._line.ehlo_or_helo_if_needed()
            if where.scheme == "smtp+tls":
                self._line.starttls(context=ssl.create_default_context())
            if where.user:
                self._line.login(where.user, where.password)
        except (smtplib.SMTPException, OSError) as trouble:
            self.close()
            mend = "Messages wait; look at the server and at RAPPORT_EMAIL_URL."
            raise CannotConnect(f"The mail server {where.host}:{where.port} does not let us in: {_said(trouble)}", mend=mend) from trouble

    def send(self, sender: str, recipient: str, mail: bytes, name: str) -> Outcome:
        line = self._line
        if line is None:  # the one before was its last
            return Outcome(Fate.NOT_BEGUN, 0, "the connection was closed")
        try:
            for command, argument in (("MAIL", f"FROM:<{sender}>"), ("RCPT", f"TO:<{recipient}>")):
                code, words = line.docmd(command, argument)
                if code not in (250, 251):
                    return self._refused(code, words)
        except smtplib.SMTPServerDisconnected as trouble:
            self.close()
            return Outcome(Fate.NOT_BEGUN, 0, _said(trouble))
        except (smtplib.SMTPException, OSError, UnicodeError) as trouble:
            self.close()
            return Outcome(Fate.NEVER if isinstance(trouble, UnicodeError) else Fate.NOT_BEGUN, 0, _said(trouble))
        return self._data(line, mail)

    def _data(self, line: smtplib.SMTP, mail: bytes) -> Outcome:
        """From here on a lost answer is a doubt: unless the server said no to DATA itself, the mail may have arrived."""
        try:
            code, words = line.docmd("DATA")
            if code != GO_ON:
                return self._refused(code, words, "DATA")
            line.send(mail.replace(b"\r\n.", b"\r\n..") + b".\r\n")  # what smtplib does by patterns, at a tenth of the cost
            code, words = line.getreply()
        except (smtplib.SMTPException, OSError) as trouble:
            self.close()
            return Outcome(Fate.IN_DOUBT, 0, _said(trouble))
        return Outcome(Fate.TAKEN, code, _text(words)) if code == 250 else self._refused(code, words, "DATA")

    def _refused(self, code: int, words: bytes | str, stage: str = "RCPT") -> Outcome:
        """A no, and the connection made ready for the next one. 421: the server hangs up."""
        outcome = Outcome(Fate.LATER if 400 <= code < 500 else Fate.NEVER, code, _text(words), stage)
        try:
            if code == 421 or self._line is None or self._line.rset()[0] != 250:
                self.close()
        except (smtplib.SMTPException, OSError):
            self.close()
        return outcome

    def close(self) -> None:
        if self._line is not None:
            line, self._line = self._line, None
            line.close()


class Outbox:
    """Mails as files, for a laptop and for practice."""

    def open(self) -> None:
        settings.OUTBOX_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)

    def send(self, sender: str, recipient: str, mail: bytes, name: str) -> Outcome:
        """Whole or not at all; the same message again replaces its file."""
        place = settings.OUTBOX_DIR / name[:2]
        place.mkdir(exist_ok=True, mode=0o700)
        fresh = place / f".{name}-{os.getpid()}"
        fresh.write_bytes(mail)
        fresh.replace(place / f"{name}.eml")
        return Outcome(Fate.TAKEN, 250, "in the outbox")

    def close(self) -> None:
        pass


def _text(words: bytes | str) -> str:
    return (words.decode("utf-8", "replace") if isinstance(words, bytes) else words).replace("\x00", "").replace("\n", " ")[:255]


def _said(trouble: Exception) -> str:
    if isinstance(trouble, smtplib.SMTPResponseException):
        return f"{trouble.smtp_code} {_text(trouble.smtp_error)}"
    return f"{type(trouble).__name__}: {trouble}"[:255]
