"""Connections (simulators/load): whole frames in, the frames of a loop turn out in one write.

The moment of an answer is that at which its bytes were read, whoever is told of it later.
"""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Final, Protocol, cast

from messages.framing import Deframer, Framing
from switch.core.moment import Moment

_NS_PER_MS: Final = 1_000_000


class Owner(Protocol):
    """Whoever talks over a line."""

    def took(self, frame: bytes, now_ns: int) -> None:
        """Take a frame without its length prefix."""

    def lost(self, line: Line, now_ns: int) -> None:
        """Hear that the connection is gone."""


class Hub:
    """What all lines of a worker share: the clock, and what is to be written in this turn."""

    __slots__ = ("_dirty", "_zero_ns", "heard", "loop", "sent", "utc_ms")

    def __init__(self, utc_ms: int) -> None:
        """Begin in a running loop; `utc_ms` is now."""
        self.loop = asyncio.get_running_loop()
        self.heard = 0
        self.sent = 0
        self._dirty: list[Line] = []
        self._zero_ns = perf_counter_ns()
        self.utc_ms = utc_ms

    def moment(self, now_ns: int) -> Moment:
        """Return a moment for actors."""
        return Moment(now_ns, self.utc_ms + (now_ns - self._zero_ns) // _NS_PER_MS)

    def put(self, line: Line, frame: bytes | bytearray) -> None:
        """Have a frame written at the end of this turn."""
        if not self._dirty:
            self.loop.call_soon(self.flush)
        if not line.out:
            self._dirty.append(line)
        line.out.append(frame)
        self.sent += 1

    def flush(self) -> None:
        """Write everything."""
        dirty, self._dirty = self._dirty, []
        for line in dirty:
            out, line.out = line.out, []
            if line.transport is not None:
                line.transport.write(out[0] if len(out) == 1 else b"".join(out))


class Line(asyncio.Protocol):
    """One connection."""

    __slots__ = ("_deframer", "_framing", "_hub", "_prefix", "out", "owner", "transport")

    def __init__(self, hub: Hub, framing: Framing, owner: Owner) -> None:
        """Wait to be connected."""
        self.transport: asyncio.WriteTransport | None = None
        self.out: list[bytes | bytearray] = []
        self.owner = owner
        self._hub = hub
        self._framing = framing
        self._deframer = Deframer(framing)
        self._prefix = framing.prefix_size

    def itself(self) -> Line:
        """Return this line: a connection's factory."""
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Send nothing more."""
        self.transport = None
        self.owner.lost(self, perf_counter_ns())

    def data_received(self, data: bytes) -> None:
        """Pass whole frames on, all with the moment at which they were read."""
        now_ns = perf_counter_ns()
        self._hub.heard += 1
        prefix = self._prefix
        whole = len(data) - prefix
        if not self._deframer.pending and self._framing.size_at(data, 0) == whole > 0:
            self.owner.took(data[prefix:], now_ns)
            return
        for frame in self._deframer.feed(data):
            self.owner.took(frame, now_ns)
        if self._deframer.failure is not None:
            self.close()

    def send(self, frame: bytes | bytearray) -> None:
        """Have a whole frame sent in this turn."""
        self._hub.put(self, frame)

    def close(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.close()
