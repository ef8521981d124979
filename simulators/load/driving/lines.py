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

    __slots__ = ("_dirty", "_zero_ns", "heard", "is_held", "loop", "sent", "utc_ms")

    def __init__(self, utc_ms: int) -> None:
        """Begin in a running loop; `utc_ms` is now."""
        self.loop = asyncio.get_running_loop()
        self.heard = 0
        self.sent = 0
        self.is_held = False
        """Whether whoever puts frames will flush by itself."""
        self._dirty: list[Line] = []
        self._zero_ns = perf_counter_ns()
        self.utc_ms = utc_ms

    def moment(self, now_ns: int) -> Moment:
        """Return a moment for actors."""
        return Moment(now_ns, self.utc_ms + (now_ns - self._zero_ns) // _NS_PER_MS)

    def put(self, line: Line, frame: bytes | bytearray) -> None:
        """Have a frame written at the end of this turn."""
        out = line.out
        if not out:
            if not self._dirty and not self.is_held:
                self.loop.call_soon(self.flush)
            self._dirty.append(line)
        out.append(frame)
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

    __slots__ = (
        "_cuts_itself", "_deframer", "_hub", "_longest", "_prefix", "_shortest", "out", "owner",
        "transport",
    )  # fmt: skip

    def __init__(self, hub: Hub, framing: Framing, owner: Owner) -> None:
        """Wait to be connected."""
        self.transport: asyncio.WriteTransport | None = None
        self.out: list[bytes | bytearray] = []
        self.owner = owner
        self._hub = hub
        self._shortest, self._longest, self._cuts_itself = framing.sizes
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
        took = self.owner.took
        if self._cuts_itself and not self._deframer.pending:
            # What is whole is cut here; whoever takes a frame compares its heads anyway.
            prefix, at, end = self._prefix, 0, len(data)
            while (start := at + prefix) < end:
                stop = start + int.from_bytes(data[at:start], "big")
                if stop > end or not self._shortest <= stop - start <= self._longest:
                    break
                took(data[start:stop], now_ns)
                at = stop
            if at == end:
                return
            data = data[at:]
        for frame in self._deframer.feed(data):
            took(frame, now_ns)
        if self._deframer.failure is not None:
            self.close()

    def send(self, frame: bytes | bytearray) -> None:
        """Have a whole frame sent in this turn."""
        self._hub.put(self, frame)

    def close(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.close()
