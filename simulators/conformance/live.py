"""The judging host, our driven terminal and the probes on real sockets (simulators/conformance).

With the door for TLS, the only home of asyncio in conformance. A clock may run faster, for whoever
does not want to wait a minute for a timer of a minute.
"""

from __future__ import annotations

import asyncio
import heapq
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Final, cast

from simulators.conformance.door import Door
from simulators.conformance.driving.driver import AGAIN_NS, Driver
from simulators.conformance.hearing.lines import STALL_NS
from simulators.conformance.judging.happenings import (
    Close,
    Connected,
    Disconnected,
    Effect,
    Note,
    Received,
    Send,
    TimePassed,
    TurnedAway,
    Unwrappable,
)
from simulators.conformance.judging.host import Host
from simulators.conformance.outer import MOST_HELD, Outer, OuterError, plain_outer
from simulators.conformance.probing.prober import Prober
from switch.core.moment import Moment
from switch.shell.clock import Clock

_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
_GOODBYE_S: Final = 1.0
"""How long a host may take to close a connection that we close."""
_GRAIN_S: Final = 0.001
_GRAIN_NS: Final = 1_000_000
_STEP_NS: Final = 250_000_000
"""The most that a fast clock goes on at once: far less than any timer of a terminal."""


class FastClock:
    """A clock that may run `speed` times as fast as ours, with whoever waits for it.

    One that runs faster goes on in small steps, turn by turn of the loop: a machine that stands
    still for a second takes no minute from a terminal whose answer already lies in the socket.
    """

    def __init__(self, speed: float = 1) -> None:
        """Begin now."""
        self._speed = speed
        start, wall = time.monotonic_ns(), time.time_ns()
        self._elapsed_ns = self._seen_ns = start
        self._waiting: list[tuple[int, int, Wait]] = []
        self._count = 0
        self._ticks = False
        if speed == 1:
            self._clock = Clock()
        else:
            self._clock = Clock(
                elapsed=lambda: self._elapsed_ns, wall=lambda: wall - start + self._elapsed_ns
            )

    def now(self) -> Moment:
        """Return this moment."""
        return self._clock.now()

    def later(self, wait_ns: int, call: Callable[[], None]) -> Wait:
        """Call when so much of this clock's time has passed, unless the wait is cancelled."""
        wait = Wait(call)
        if self._speed == 1:
            wait.timer = asyncio.get_running_loop().call_later(max(0, wait_ns) / _NS_PER_S, call)
            return wait
        self._count += 1
        heapq.heappush(self._waiting, (self._elapsed_ns + wait_ns, self._count, wait))
        if not self._ticks:
            self._seen_ns = time.monotonic_ns()
            self._tick_later()
        return wait

    def _tick_later(self) -> None:
        self._ticks = True
        asyncio.get_running_loop().call_later(_GRAIN_S, self._tick)

    def _tick(self) -> None:
        now_ns = time.monotonic_ns()
        self._elapsed_ns += min(int((now_ns - self._seen_ns) * self._speed), _STEP_NS)
        self._seen_ns = now_ns
        self._ticks = False
        while self._waiting and self._waiting[0][0] <= self._elapsed_ns:
            _, _, wait = heapq.heappop(self._waiting)
            if not wait.is_cancelled:
                wait.call()
        while self._waiting and self._waiting[0][2].is_cancelled:
            heapq.heappop(self._waiting)
        if self._waiting and not self._ticks:
            self._tick_later()


class Wait:
    """A call that is still to come."""

    __slots__ = ("call", "is_cancelled", "timer")

    def __init__(self, call: Callable[[], None]) -> None:
        """Wait to call."""
        self.call = call
        self.is_cancelled = False
        self.timer: asyncio.TimerHandle | None = None

    def cancel(self) -> None:
        """Call no more."""
        self.is_cancelled = True
        if self.timer is not None:
            self.timer.cancel()


class _Alarm:
    """One wait, for whatever is due next."""

    def __init__(self, clock: FastClock, ring: Callable[[], None]) -> None:
        self._clock, self._ring = clock, ring
        self._wait: Wait | None = None

    def set(self, due_ns: int | None) -> None:
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
        if due_ns is not None:
            # A timer of the loop may ring a moment early, and would then be set for nothing.
            wait_ns = max(0, due_ns - self._clock.now().elapsed_ns) + _GRAIN_NS
            self._wait = self._clock.later(wait_ns, self._ring)


class _Peer(asyncio.Protocol):
    """One connection of a terminal under test."""

    def __init__(self, server: HostServer, number: int, outer: Outer) -> None:
        self._server, self.number, self.outer = server, number, outer
        self.transport: asyncio.Transport | None = None
        self._stall: Wait | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._server.made(self)

    def data_received(self, data: bytes) -> None:
        self._watch(is_on=False)
        try:
            inner = self.outer.unwrap(data)
        except OuterError as error:
            self._server.refused(self, data, str(error))
            return
        self._server.took(self, inner)
        self._watch(is_on=bool(self.outer.held))

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        self._watch(is_on=False)
        if self.outer.held:
            self._stalled()
        self._server.lost(self)

    def _watch(self, *, is_on: bool) -> None:
        """Wait for the rest of an outer frame no longer than for that of a plain one."""
        if self._stall is not None:
            self._stall.cancel()
        self._stall = self._server.clock.later(STALL_NS, self._stalled) if is_on else None

    def _stalled(self) -> None:
        held = self.outer.held
        self._server.refused(self, held, f"{len(held)} bytes came, no whole outer frame")

    def send(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(self.outer.wrap(data))

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()


class HostServer:
    """The judging host on a port; `noted` is told every note."""

    def __init__(
        self,
        host: Host,
        clock: FastClock,
        noted: Callable[[Note], None],
        outer: Callable[[], Outer] = plain_outer,
    ) -> None:
        """Listen later, with `open`."""
        self.host = host
        self.clock = self._clock = clock
        self._noted, self._outer = noted, outer
        self._alarm = _Alarm(clock, self._ring)
        self._peers: dict[int, _Peer] = {}
        self._count = 0
        self._server: asyncio.Server | None = None
        self._door: Door | None = None

    async def open(self, address: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen; return the port. OSError where it is taken."""
        loop = asyncio.get_running_loop()
        if tls is not None:
            self._door = Door(self._accept, tls, self._turned_away)
            return self._door.open(address, port)
        self._server = await loop.create_server(self._accept, address, port)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more, hang up, and judge what never came."""
        self._alarm.set(None)
        if self._server is not None:
            self._server.close()
        if self._door is not None:
            self._door.close()
        for peer in [*self._peers.values()]:
            peer.close()
        self._carry_out(self.host.finish(self._clock.now()))

    def _accept(self) -> _Peer:
        self._count += 1
        return _Peer(self, self._count, self._outer())

    def _turned_away(self, why: str) -> None:
        self._carry_out(self.host.handle(TurnedAway(why), self._clock.now()))

    def made(self, peer: _Peer) -> None:
        """Hear of a connection."""
        self._peers[peer.number] = peer
        self._carry_out(self.host.handle(Connected(peer.number), self._clock.now()))

    def took(self, peer: _Peer, data: bytes) -> None:
        """Take bytes."""
        if data:
            self._carry_out(self.host.handle(Received(peer.number, data), self._clock.now()))

    def refused(self, peer: _Peer, data: bytes, why: str) -> None:
        """Take bytes of which the outer frame cannot be taken off."""
        event = Unwrappable(peer.number, data[:MOST_HELD], why)
        self._carry_out(self.host.handle(event, self._clock.now()))

    def lost(self, peer: _Peer) -> None:
        """Hear that a connection is gone."""
        self._peers.pop(peer.number, None)
        self._carry_out(self.host.handle(Disconnected(peer.number), self._clock.now()))

    def _ring(self) -> None:
        self._carry_out(self.host.handle(TimePassed(), self._clock.now()))

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(number, data, 0):
                    self._send(number, data)
                case Send(number, data, after_ms):
                    self._clock.later(after_ms * _NS_PER_MS, partial(self._send, number, data))
                case Close(number, _):
                    peer = self._peers.get(number)
                    if peer is not None:
                        peer.close()
                case _:
                    self._noted(effect)
        self._alarm.set(self.host.next_deadline_ns)

    def _send(self, number: int, data: bytes) -> None:
        peer = self._peers.get(number)
        if peer is not None:
            peer.send(data)


class ProberClient(asyncio.Protocol):
    """The probes of the acquirer role over a connection to a host."""

    def __init__(
        self, prober: Prober, clock: FastClock, outer: Callable[[], Outer] = plain_outer
    ) -> None:
        """Connect later, with `run`."""
        self._prober, self._clock = prober, clock
        self._new_outer, self._outer = outer, outer()
        self._alarm = _Alarm(clock, self._ring)
        self._transport: asyncio.Transport | None = None
        self._changed = asyncio.Event()
        self._is_over = False

    async def run(self, address: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Ask everything, then hang up. OSError where nobody listens at first."""
        try:
            await self._ask_all(address, port, tls)
        finally:
            await self._hang_up()

    async def _hang_up(self) -> None:
        """Close the connection, and see it gone: TLS says goodbye, and needs the loop for it."""
        self._alarm.set(None)
        self._is_over = True
        if self._transport is not None:
            self._changed.clear()
            self._transport.close()
            try:
                async with asyncio.timeout(_GOODBYE_S):
                    await self._changed.wait()
            except TimeoutError:
                self._transport.abort()

    async def _ask_all(self, address: str, port: int, tls: ssl.SSLContext | None) -> None:
        loop, is_first = asyncio.get_running_loop(), True
        while not self._prober.is_done:
            if self._transport is None:
                try:
                    async with asyncio.timeout(self._prober.wait_ns / _NS_PER_S):
                        await loop.create_connection(lambda: self, address, port, ssl=tls)
                except OSError:
                    if is_first:
                        raise
                    self._prober.gone(self._clock.now())
                    break
                is_first = False
            self._changed.clear()
            self._ask()
            await self._changed.wait()

    def _ask(self) -> None:
        for send in self._prober.next(self._clock.now()):
            self._clock.later(send.after_ms * _NS_PER_MS, partial(self._write, send.data))
        self._alarm.set(self._prober.due_ns)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(self._outer.wrap(data))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or go on."""
        self._transport = cast("asyncio.Transport", transport)
        self._outer = self._new_outer()

    def data_received(self, data: bytes) -> None:
        """Hear the host."""
        if self._transport is None or self._transport.is_closing():
            return
        try:
            self._prober.received(self._outer.unwrap(data), self._clock.now())
        except OuterError as error:
            self._prober.unreadable(data, str(error), self._clock.now())
        if self._prober.is_broken:
            # Whatever follows is of nobody's frame: the next probe gets a connection of its own.
            self._transport.abort()
        else:
            self._after()

    def connection_lost(self, _error: Exception | None) -> None:
        """Lose the line."""
        self._transport = None
        if self._is_over:
            self._changed.set()
            return
        self._prober.disconnected(self._clock.now())
        self._after()

    def _ring(self) -> None:
        self._prober.expire(self._clock.now())
        self._after()

    def _after(self) -> None:
        self._alarm.set(self._prober.due_ns)
        if self._prober.is_waiting:
            return
        self._changed.set()


class DriverClient(asyncio.Protocol):
    """Our own terminal on a connection, which is made again whenever it is lost."""

    def __init__(self, driver: Driver, clock: FastClock, outer: Outer | None = None) -> None:
        """Connect later, with `run`."""
        self._driver, self._clock = driver, clock
        self._outer = outer or plain_outer()
        self._alarm = _Alarm(clock, self._ring)
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()
        self._done = asyncio.Event()

    async def run(self, address: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Do the whole plan, then hang up. OSError where nobody listens."""
        loop = asyncio.get_running_loop()
        while not self._driver.is_done:
            self._lost.clear()
            await loop.create_connection(lambda: self, address, port, ssl=tls)
            done = asyncio.create_task(self._done.wait())
            lost = asyncio.create_task(self._lost.wait())
            await asyncio.wait((done, lost), return_when=asyncio.FIRST_COMPLETED)
            for task in (done, lost):
                task.cancel()
            if not self._driver.is_done:
                again = asyncio.Event()
                self._clock.later(AGAIN_NS, again.set)
                await again.wait()
        self._alarm.set(None)
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or go on."""
        self._transport = cast("asyncio.Transport", transport)
        self._say(self._driver.connected(self._clock.now()))

    def data_received(self, data: bytes) -> None:
        """Hear the host."""
        self._say(self._driver.received(self._outer.unwrap(data), self._clock.now()))

    def connection_lost(self, _error: Exception | None) -> None:
        """Lose the line."""
        self._transport = None
        self._driver.disconnected(self._clock.now())
        self._alarm.set(None)
        self._lost.set()

    def _ring(self) -> None:
        if self._transport is not None:
            self._say(self._driver.expire(self._clock.now()))

    def _say(self, frames: list[bytes]) -> None:
        if self._transport is not None:
            for frame in frames:
                self._transport.write(self._outer.wrap(frame))
        self._alarm.set(self._driver.next_due_ns)
        if self._driver.is_done:
            self._done.set()
