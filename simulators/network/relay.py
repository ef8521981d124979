"""A network between any two processes on real sockets (simulators): bytes late, slow, or lost.

Listens, and connects onwards for every connection; what comes in goes out when its network says.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final, cast

from simulators.network.path import Direction, Network

_NS_PER_S: Final = 1_000_000_000
_IN_FLIGHT: Final = 64
"""Pieces on their way in one direction; then its sender is not read, as on a full line."""


class Relay:
    """One network as a relay; `to` is where it leads."""

    def __init__(self, network: Network, to: tuple[str, int]) -> None:
        """Listen later, with `open`."""
        self.network = network
        self._to = to
        self._server: asyncio.Server | None = None
        self._sides: set[_Side] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._begun_ns = time.monotonic_ns()

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the relay was made."""
        return time.monotonic_ns() - self._begun_ns

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port. OSError where it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Side(self, is_onward=False), host, port)
        self._keep(asyncio.create_task(self._follow_outages()))
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no more and lose every connection."""
        if self._server is not None:
            self._server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._cut()

    def fail(self) -> None:
        """Lose every connection, and refuse new ones until `restore`."""
        self.network.fail()
        self._cut()

    def restore(self) -> None:
        """Take connections again."""
        self.network.restore()

    def joined(self, side: _Side) -> None:
        """Take a connection; one that came in is connected onwards, unless the line is cut."""
        self._sides.add(side)
        if side.is_onward:
            return
        if self.network.is_cut(self.now_ns):
            side.abort()
        else:
            self._keep(asyncio.create_task(self._lead_on(side)))

    def left(self, side: _Side) -> None:
        """Forget a connection."""
        self._sides.discard(side)

    async def _lead_on(self, side: _Side) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, onward = await loop.create_connection(
                lambda: _Side(self, is_onward=True), self._to[0], self._to[1]
            )
        except OSError:
            side.abort()
            return
        side.pair(onward, self.network.connect())
        onward.pair(side, self.network.connect(is_back=True))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _cut(self) -> None:
        for side in list(self._sides):
            side.abort()

    async def _follow_outages(self) -> None:
        """Lose every connection when an outage of the profile begins that cuts."""
        while (due_ns := self.network.next_change_ns(self.now_ns)) is not None:
            await asyncio.sleep((due_ns - self.now_ns) / _NS_PER_S)
            if self.network.is_cut(self.now_ns):
                self._cut()


class _Side(asyncio.Protocol):
    """One connection of a pair: what it receives is written to the other when it has arrived."""

    def __init__(self, relay: Relay, *, is_onward: bool) -> None:
        self.is_onward = is_onward
        self._relay = relay
        self._transport: asyncio.Transport
        self._other: _Side | None = None
        self._direction: Direction | None = None
        self._early: list[bytes] = []
        self._moving: deque[tuple[int, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._has_ended = False
        self._is_held = False

    # ---------------------------------------------------------------------------- of asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._relay.joined(self)

    def data_received(self, data: bytes) -> None:
        if self._direction is None:
            # Read no further until it is known where this goes.
            self._early.append(data)
            self._transport.pause_reading()
        else:
            self._send(data)

    def eof_received(self) -> bool:
        """Let the end travel behind what was sent before it; the other direction goes on."""
        self._end()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._relay.left(self)
        if error is not None and self._other is not None:
            self._other.abort()
        else:
            self._end()

    def pause_writing(self) -> None:
        if self._other is not None:
            self._other.hold(is_held=True)

    def resume_writing(self) -> None:
        if self._other is not None:
            self._other.hold(is_held=False)

    # ----------------------------------------------------------------------------- of the pair

    def pair(self, other: _Side, direction: Direction) -> None:
        """Begin to carry to the other side."""
        self._other, self._direction = other, direction
        early, self._early = self._early, []
        for data in early:
            self._send(data)
        if self._has_ended:
            self._has_ended = False
            self._end()

    def hold(self, *, is_held: bool) -> None:
        """Read no further while the other side does not take what arrived."""
        self._is_held = is_held
        self._look()

    def abort(self) -> None:
        """Lose the connection and what is on its way."""
        self._moving.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._transport.abort()

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            if self._direction is not None:
                self._send(b"")

    def _send(self, data: bytes) -> None:
        """Put a piece on its way; the empty one is the end."""
        if self._direction is not None:
            due_ns = self._direction.arrival_ns(len(data), self._relay.now_ns)
            self._moving.append((due_ns, data))
            if len(self._moving) == 1:
                self._arm()
            self._look()

    def _look(self) -> None:
        if self._transport.is_closing():
            return
        if self._is_held or len(self._moving) >= _IN_FLIGHT:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _arm(self) -> None:
        wait_s = max(0, self._moving[0][0] - self._relay.now_ns) / _NS_PER_S
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._arrive)

    def _arrive(self) -> None:
        now_ns = self._relay.now_ns
        while self._moving and self._moving[0][0] <= now_ns:
            _, data = self._moving.popleft()
            if self._other is not None:
                self._other.take(data)
        if self._moving:
            self._arm()
        self._look()

    def take(self, data: bytes) -> None:
        """Write what arrived; after the end in both directions the connection closes."""
        transport = self._transport
        if transport.is_closing():
            return
        if data:
            transport.write(data)
        elif self._has_ended:
            transport.close()
            if self._other is not None:
                self._other._transport.close()  # noqa: SLF001 - the other half of this pair
        else:
            transport.write_eof()
