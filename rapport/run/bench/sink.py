"""A mail server that takes everything and keeps nothing: `python -m rapport.run.bench.sink PORT`, a process of its own."""

import asyncio
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session


class _Nothing:
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  the library's name for it
        return "250 OK"


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(_Nothing(), hostname="sink"), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
