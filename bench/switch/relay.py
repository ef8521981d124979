"""A bare relay (bench): client, relay, issuer, with nothing between; the floor of any switch.

It gives each frame a number of its own on the way to the issuer, as a switch must, in place of the
TPDU's addresses; one write per connection and loop turn. `python -m bench.switch.relay PORT FILE`
relays to PORT and writes its own port to FILE.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count
from pathlib import Path
from typing import Final, cast

import uvloop

HOST: Final = "127.0.0.1"
PREFIX: Final = 2
"""Bytes of the length before a frame of a terminal."""
_NUMBER: Final = slice(PREFIX + 1, PREFIX + 5)
"""The addresses of the TPDU."""


class Relay:
    """Which client waits for which number, and what is to be written in this turn."""

    def __init__(self) -> None:
        """Begin without connections."""
        self.waiting: dict[bytes, tuple[Side, bytes]] = {}
        self.numbers = count()
        self.dirty: list[Side] = []
        self.upstream: Side | None = None

    def put(self, side: Side, frame: bytes) -> None:
        """Have a frame written at the end of this turn."""
        if not self.dirty:
            asyncio.get_running_loop().call_soon(self._flush)
        if not side.out:
            self.dirty.append(side)
        side.out.append(frame)

    def _flush(self) -> None:
        dirty, self.dirty = self.dirty, []
        for side in dirty:
            if side.transport is not None:
                side.transport.write(b"".join(side.out))
            side.out.clear()


class Side(asyncio.Protocol):
    """One connection: whole frames in."""

    def __init__(self, relay: Relay) -> None:
        """Wait to be connected."""
        self.relay = relay
        self.transport: asyncio.WriteTransport | None = None
        self.out: list[bytes] = []
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Write nothing more."""
        self.transport = None

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into frames."""
        data = self._rest + data
        at, size = 0, len(data)
        while size - at >= PREFIX:
            end = at + PREFIX + int.from_bytes(data[at : at + PREFIX], "big")
            if end > size:
                break
            self.took(data[at:end])
            at = end
        self._rest = data[at:]

    def took(self, frame: bytes) -> None:
        """Pass a client's frame on to the issuer."""
        relay = self.relay
        number = (next(relay.numbers) & 0xFFFFFFFF).to_bytes(4, "big")
        relay.waiting[number] = (self, frame[_NUMBER])
        if relay.upstream is not None:
            relay.put(relay.upstream, frame[: _NUMBER.start] + number + frame[_NUMBER.stop :])


class Upstream(Side):
    """The connection to the issuer."""

    def took(self, frame: bytes) -> None:
        """Pass an answer back to whoever asked."""
        asker, addresses = self.relay.waiting.pop(frame[_NUMBER])
        self.relay.put(asker, frame[: _NUMBER.start] + addresses + frame[_NUMBER.stop :])


async def relay_to(port: int, told: Path) -> None:
    """Relay until cancelled; the port is written to `told` in one step."""
    loop, relay = asyncio.get_running_loop(), Relay()
    _, relay.upstream = await loop.create_connection(lambda: Upstream(relay), HOST, port)
    server = await loop.create_server(lambda: Side(relay), HOST, 0)
    fresh = told.with_suffix(".new")
    fresh.write_text(str(server.sockets[0].getsockname()[1]), encoding="ascii")
    fresh.replace(told)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(relay_to(int(sys.argv[1]), Path(sys.argv[2])))
