"""A wire between a store and its server that can be cut where it hurts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Proxy:
    """Passes bytes on, and cuts at the first `word` that a client says.

    What it said is then lost, or heard and answered to nobody (`is_heard`).
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._writers: list[asyncio.StreamWriter] = []
        self.word = b""
        self.is_heard = False
        self.port = 0
        self.cuts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what one client and the server say to each other."""
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._writers += [writer, ours]
        back = asyncio.create_task(_pour(theirs, writer))
        while data := await reader.read(65_536):
            if self.word and self.word in data:
                self.word = b""
                self.cuts += 1
                back.cancel()
                if self.is_heard:
                    ours.write(data)
                    # The server has answered, and nobody hears it.
                    await theirs.read(1)
                break
            ours.write(data)
        self.close()

    def close(self) -> None:
        """Cut everybody."""
        for writer in self._writers:
            writer.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except OSError:
        writer.transport.abort()


@asynccontextmanager
async def proxy(port: int) -> AsyncIterator[Proxy]:
    """Have a proxy before the server at `port`."""
    made = Proxy(port)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.close()
        await asyncio.sleep(0.01)
