"""A mail server for tests: takes what comes, or plays the trouble a test asks for. In a thread, on loopback."""

import asyncio
import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.installation import free_port


@dataclass
class Sink:
    """What arrived, in order, each as (envelope sender, recipient, bytes)."""

    mails: list[tuple[str, str, bytes]] = field(default_factory=list)
    on_recipient: Callable[[str], str | None] = lambda address: None  # an answer instead of 250
    on_data: Callable[[str, bytes], str | None] = lambda address, mail: None
    port: int = 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.on_recipient(address)
        if answer == "hang up":
            hang_up(server)
            return "421 gone"
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        answer = self.on_data(envelope.rcpt_tos[0], content)
        if answer != "lost before" and not (answer and answer[0] in "45"):
            self.mails.append((envelope.mail_from or "", envelope.rcpt_tos[0], content))
        if answer in ("hang up", "lost before"):
            hang_up(server)
            return "421 gone"
        return answer or "250 OK"

    @property
    def recipients(self) -> list[str]:
        return [recipient for _, recipient, _ in self.mails]

    def read(self, place: int = -1) -> EmailMessage:
        """A mail as the standard library reads it."""
        found = email.message_from_bytes(self.mails[place][2], policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found


def hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@contextmanager
def sink() -> Iterator[Sink]:
    found = Sink()
    found.port = free_port()
    controller = Controller(found, hostname="127.0.0.1", port=found.port, data_size_limit=10_000_000)
    controller.start()
    try:
        yield found
    finally:
        controller.stop()
