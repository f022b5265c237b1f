"""The door for delivery reports: a small SMTP server that takes mail for addresses of ours and relays nothing.

It answers 250 only when the mail is kept. When keeping fails it answers 451, so that the sender comes again; then some
recipients of that mail may be taken twice, and what takes them must be harmless twice.
"""

import asyncio
import logging
import socket
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from rapport.messaging.reports import WHOLE

log = logging.getLogger(__name__)
T = TypeVar("T")
Take = Callable[[str, str, bytes], None]  # recipient, envelope sender ("" for a report), the mail as it came
Accepts = Callable[[str], bool]

MAIL_BYTES_MAX = 10_000_000
LINE_BYTES_MAX = 1_000_000  # returned mails hold longer lines than the standard's 998
CONNECTION_BYTES_MAX = 100_000_000
CONNECTIONS_MAX = 20
RECIPIENTS_A_MAIL_MAX = 100
COMMANDS_A_CONNECTION_MAX = 1000
IDLE_SECONDS_MAX = 120
CONNECTION_SECONDS_MAX = 600
TAKE_SECONDS_MAX = 30
STOP_SECONDS_MAX = 10
THREADS = 4
UNKNOWN = "550 5.1.1 No such mailbox here"
LATER = "451 4.3.0 Not kept, please come again"


class SmtpDoor:
    """Listens in a thread of its own, at loopback unless told otherwise. Port 0 takes a free one; `port` tells which."""

    def __init__(self, host: str = "127.0.0.1", port: int = 8025, *, take: Take, accepts: Accepts, name: str = "localhost") -> None:
        self.host, self.port, self.name = host, port, name
        self._take, self._accepts = take, accepts
        self._pool: ThreadPoolExecutor | None = None
        self._controller: _Controller | None = None

    def start(self) -> None:
        """Listen; raises OSError where the port is taken."""
        assert self._controller is None, "the door is open already"
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd would log every address
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.create_server((self.host, self.port), family=family)
        self.port = listener.getsockname()[1]
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="smtp-door")
        handler = _Handler(self._take, self._accepts, self._pool)
        self._controller = _Controller(handler, listener, name=self.name)
        try:
            self._controller.start()
        except BaseException:
            listener.close()
            self._pool.shutdown(wait=False)
            self._controller = self._pool = None
            raise

    def stop(self) -> None:
        """Close, once what is being taken has been taken; harmless twice. A mail not answered yet comes again."""
        if self._controller is None or self._pool is None:
            return
        hanging_up = asyncio.run_coroutine_threadsafe(self._controller.handler.hang_up(), self._controller.loop)
        hanging_up.result(STOP_SECONDS_MAX)
        self._controller.stop(no_assert=True)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._controller = self._pool = None


class _Handler:
    """What the server asks at each command. Ours to call are slow, so they run in threads beside the loop."""

    def __init__(self, take: Take, accepts: Accepts, pool: ThreadPoolExecutor) -> None:
        self.take, self.accepts, self.pool = take, accepts, pool
        self.connections: set[_Server] = set()

    async def handle_RCPT(  # noqa: N802  the library's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS_A_MAIL_MAX:
            return "452 4.5.3 Too many recipients, send the rest in another mail"
        if not is_sound(address):
            return UNKNOWN
        try:
            known = await self.beside(self.accepts, address)
        except Exception as trouble:  # noqa: BLE001  whatever fails, the sender shall come again
            report("a recipient could not be looked up", trouble)
            return LATER
        if not known:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  the library's name for it
        raw = envelope.original_content or b""
        sender = (envelope.mail_from or "").strip("<>")
        for address in dict.fromkeys(envelope.rcpt_tos):
            try:
                await self.beside(self.take, address, sender if is_sound(sender) else "", raw)
            except Exception as trouble:  # noqa: BLE001  whatever fails, the sender shall come again
                report("a mail could not be kept", trouble)
                return LATER
        return "250 2.0.0 Kept"

    async def hang_up(self) -> None:
        """Cut every connection, so that no sender waits for an answer that will not come."""
        for connection in list(self.connections):
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()
        await asyncio.sleep(0)

    def beside(self, verb: Callable[..., T], *facts: Any) -> Awaitable[T]:
        """Call a verb of ours in a thread, for a bounded time."""
        return asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self.pool, partial(verb, *facts)), TAKE_SECONDS_MAX)


class _Server(SMTP):
    """One connection, bounded in commands, bytes and time. Nobody is told who has a mailbox but by RCPT."""

    line_length_limit = LINE_BYTES_MAX
    _is_refused = False
    _bytes_seen = 0
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        open_now: set[_Server] = self.event_handler.connections
        if len(open_now) >= CONNECTIONS_MAX:
            self._is_refused = True
            transport.write(b"421 4.3.2 Too many connections, please come again\r\n")
            transport.close()
            return
        open_now.add(self)
        self._end = self.loop.call_later(CONNECTION_SECONDS_MAX, transport.abort)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_refused:
            return
        self.event_handler.connections.discard(self)
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._bytes_seen += len(data)
        if self._bytes_seen > CONNECTION_BYTES_MAX and isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
            return
        super().data_received(data)

    def eof_received(self) -> bool | None:
        return False if self._is_refused else super().eof_received()

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802
        await self.push("252 2.5.0 Send the mail, and see")

    async def smtp_EXPN(self, arg: str) -> None:  # noqa: N802
        await self.push("502 5.5.1 No lists are shown here")

    async def handle_exception(self, error: Exception) -> str:
        report("an SMTP conversation failed", error)
        return "451 4.3.0 Something failed, please come again"


class _Controller(Controller):
    """The thread that listens."""

    def __init__(self, handler: _Handler, listener: socket.socket, *, name: str) -> None:
        self.listener = listener
        host, port = listener.getsockname()[:2]
        super().__init__(
            handler,
            hostname=host,
            port=port,
            server_hostname=name,
            ident="Rapport",
            data_size_limit=MAIL_BYTES_MAX,
            timeout=IDLE_SECONDS_MAX,
            command_call_limit=COMMANDS_A_CONNECTION_MAX,
        )

    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.listener)


def is_sound(address: str) -> bool:
    """Whether an envelope's address is text that can be kept; an empty sender is."""
    try:
        address.encode()
    except UnicodeEncodeError:
        return False
    return not address or bool(WHOLE.fullmatch(address))


def report(what: str, trouble: BaseException) -> None:
    """Log a trouble by its kind and place: its words may hold an address."""
    places = traceback.extract_tb(trouble.__traceback__)
    log.error("%s: %s at %s", what, type(trouble).__name__, f"{places[-1].name}:{places[-1].lineno}" if places else "?")
