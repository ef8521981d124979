"""The actors on real sockets (simulators): an issuer's host that listens, a terminal that connects.

The only home of asyncio among the simulators. Frames of one loop turn go out in one write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import msgspec

from messages.errors import DecodeError
from messages.framing import Deframer
from simulators.issuer import Issuer
from simulators.network.centre import Centre
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Result
from simulators.wire import Wire
from switch.shell.clock import Clock

try:
    import uvloop
except ImportError:
    _new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    _new_loop = uvloop.new_event_loop

CONNECT_S: Final = 10.0
"""How long a terminal tries to connect."""
_NS_PER_S: Final = 1_000_000_000
_BANK_AGAIN_S: Final = 0.2
"""A centre asks a bank that is away again after this time."""
T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a new loop, uvloop's where it is installed."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(main)


class _Peer(asyncio.Protocol):
    """One connection: whole frames in, the frames of a turn out in one write."""

    def __init__(self, wire: Wire, took: Callable[[bytes], None]) -> None:
        self._deframer = Deframer(wire.framing)
        self._took = took
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._is_over = False
        self.lost: Callable[[], None] = _nothing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not asked with isinstance: uvloop's transports are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        if self._is_over:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        for frame in self._deframer.feed(data):
            self._took(frame)
        if self._deframer.failure is not None:
            self.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self.lost()

    def send(self, frames: list[bytes]) -> None:
        if frames and not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out += frames

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def close(self) -> None:
        # A newer connection may take its place before this one is made.
        self._is_over = True
        if self._transport is not None:
            self._transport.close()


class _Alarm:
    """One timer of the loop, set to whatever its actor waits for next."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None

    def set(self, due_ns: int | None) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if due_ns is not None:
            wait_s = max(0, due_ns - self._clock.now().elapsed_ns) / _NS_PER_S
            self._handle = asyncio.get_running_loop().call_later(wait_s, self._ring)


class IssuerServer:
    """An issuer's host on a port, with so many lines: one more takes the place of the oldest."""

    def __init__(self, issuer: Issuer, wire: Wire, clock: Clock, lines: int = 1) -> None:
        """Listen later, with `open`."""
        self.issuer = issuer
        others = (issuer.another_line() for _ in range(lines - 1))
        self._free = [_IssuerLine(each, wire, clock) for each in (issuer, *others)]
        self._taken: list[_IssuerLine] = []
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port. OSError where it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more, and hang up."""
        if self._server is not None:
            self._server.close()
        for line in (*self._free, *self._taken):
            line.end()

    @property
    def is_connected(self) -> bool:
        """Whether a switch is there."""
        return bool(self._taken)

    def hang_up(self) -> None:
        """Lose the connections, as lines that were cut."""
        for line in self._taken:
            line.hang_up()

    def change_key(self, kind: str, key: bytes) -> None:
        """Give the switch a new `PIK` or `MAK`, unasked, over each line."""
        for line in self._taken:
            line.change_key(kind, key)

    def save_books(self, path: Path) -> None:
        """Write the books as JSON."""
        path.write_bytes(msgspec.json.encode(self.issuer.accounts.book()) + b"\n")

    def _accept(self) -> _Peer:
        line = self._free.pop(0) if self._free else self._taken.pop(0)
        self._taken.append(line)
        return line.accept(partial(self._let_go, line))

    def _let_go(self, line: _IssuerLine) -> None:
        self._taken.remove(line)
        self._free.insert(0, line)


class _IssuerLine:
    """One line of an issuer's host; it talks over the newest connection."""

    def __init__(self, issuer: Issuer, wire: Wire, clock: Clock) -> None:
        self._issuer = issuer
        self._wire = wire
        self._clock = clock
        self._alarm = _Alarm(clock, self._ring)
        self._peer: _Peer | None = None

    def accept(self, lost: Callable[[], None]) -> _Peer:
        """Return the protocol of a new connection; `lost` is called when it is gone."""
        peer = _Peer(self._wire, lambda frame: self._took(peer, frame))
        peer.lost = lambda: self._lost(peer, lost)
        self.hang_up()
        self._peer = peer
        self._issuer.connected()
        return peer

    def hang_up(self) -> None:
        if self._peer is not None:
            self._peer.close()

    def end(self) -> None:
        self._alarm.set(None)
        self.hang_up()

    def change_key(self, kind: str, key: bytes) -> None:
        if self._peer is not None:
            self._peer.send([self._issuer.change_key(kind, key, self._clock.now())])

    def _took(self, peer: _Peer, frame: bytes) -> None:
        peer.send(self._issuer.received(frame, self._clock.now()))
        if self._issuer.next_due_ns is not None:
            self._alarm.set(self._issuer.next_due_ns)

    def _lost(self, peer: _Peer, lost: Callable[[], None]) -> None:
        if self._peer is peer:
            self._peer = None
            self._issuer.disconnected()
            lost()

    def _ring(self) -> None:
        frames = self._issuer.expire(self._clock.now())
        if self._peer is not None:
            self._peer.send(frames)
        self._alarm.set(self._issuer.next_due_ns)


class CentreServer:
    """A clearing centre's node on a port, for one switch; it connects to its banks by itself."""

    def __init__(
        self, centre: Centre, wire: Wire, clock: Clock, banks: Sequence[tuple[str, int]]
    ) -> None:
        """Listen and connect later, with `open`; `banks` are the addresses of their hosts."""
        self._centre = centre
        self._wire = wire
        self._clock = clock
        self._addresses = banks
        self._alarm = _Alarm(clock, self._ring)
        self._switch: _Peer | None = None
        self._banks: dict[int, _Peer] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port. OSError where it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, host, port)
        self._tasks = [asyncio.create_task(self._keep(n)) for n in range(len(self._addresses))]
        return int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more, and hang up on everybody."""
        self._alarm.set(None)
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        for peer in (self._switch, *self._banks.values()):
            if peer is not None:
                peer.close()

    def _accept(self) -> _Peer:
        peer = _Peer(self._wire, lambda frame: self._from_switch(peer, frame))
        peer.lost = lambda: self._switch_lost(peer)
        if self._switch is not None:
            self._switch.close()
        self._switch = peer
        self._centre.connected()
        return peer

    def _switch_lost(self, peer: _Peer) -> None:
        if self._switch is peer:
            self._switch = None
            self._centre.disconnected()

    def _from_switch(self, peer: _Peer, frame: bytes) -> None:
        peer.send(self._centre.received(frame, self._clock.now()))
        self._to_banks()
        self._alarm.set(self._centre.next_due_ns)

    def _ring(self) -> None:
        """Do what is due: the cut-over."""
        frames = self._centre.expire(self._clock.now())
        if self._switch is not None:
            self._switch.send(frames)
        self._to_banks()
        self._alarm.set(self._centre.next_due_ns)

    def _from_bank(self, number: int, frame: bytes) -> None:
        frames = self._centre.bank_says(number, frame, self._clock.now())
        if self._switch is not None:
            self._switch.send(frames)

    def _to_banks(self) -> None:
        waiting, self._centre.for_banks = self._centre.for_banks, []
        for number, frame in waiting:
            if (bank := self._banks.get(number)) is not None:
                bank.send([frame])

    async def _keep(self, number: int) -> None:
        """Be connected to a bank, again whenever it is lost."""
        loop = asyncio.get_running_loop()
        host, port = self._addresses[number]
        while True:
            lost = asyncio.Event()
            try:
                _, peer = await loop.create_connection(
                    lambda: _Peer(self._wire, partial(self._from_bank, number)), host, port
                )
            except OSError:
                await asyncio.sleep(_BANK_AGAIN_S)
                continue
            peer.lost = lost.set
            self._banks[number] = peer
            self._centre.bank_connected(number, self._clock.now())
            self._to_banks()
            await lost.wait()
            self._banks.pop(number, None)
            self._centre.bank_disconnected(number)


class Line:
    """What lies between a terminal and its switch; this one changes nothing."""

    def sends(self, frames: list[bytes]) -> list[bytes]:
        """Return what the switch is sent: whole frames."""
        return frames

    def hears(self, frame: bytes) -> list[bytes]:
        """Return what the terminal gets for a frame, without length prefixes."""
        return [frame]


class Concentrator:
    """One connection for many terminals: an answer goes to the one that its DE 41 names."""

    def __init__(self, wire: Wire) -> None:
        """Connect later, with `connect`."""
        self._wire = wire
        self._members: dict[str, LiveTerminal] = {}
        self._peer: _Peer | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""
        return self._peer is not None

    def add(self, member: LiveTerminal) -> None:
        """Take a terminal in."""
        self._members[member.terminal.identity.id] = member

    async def connect(self, host: str, port: int) -> None:
        """Connect, for all of them. OSError or TimeoutError where nobody listens."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_S):
            _, peer = await loop.create_connection(
                lambda: _Peer(self._wire, self._took), host, port
            )
        peer.lost = self._lost
        self._peer = peer
        for member in self._members.values():
            member.use(_Share(peer))

    def close(self) -> None:
        """Hang up."""
        if self._peer is not None:
            self._peer.close()

    def _took(self, frame: bytes) -> None:
        try:
            member = self._members.get(self._wire.hear(frame).get(41))
        except DecodeError:
            return
        if member is not None:
            member.took(frame)

    def _lost(self) -> None:
        self._peer = None
        for member in self._members.values():
            member.lost()


class _Share:
    """A terminal's part of a concentrator's connection: it hangs up for itself only."""

    def __init__(self, peer: _Peer) -> None:
        self._peer = peer

    def send(self, frames: list[bytes]) -> None:
        self._peer.send(frames)

    def close(self) -> None:
        """Leave the connection to the others."""


class LiveTerminal:
    """A terminal on a connection; `do` returns when it has nothing left to do."""

    def __init__(
        self, terminal: Terminal, wire: Wire, clock: Clock, line: Line | None = None
    ) -> None:
        """Connect later, with `connect`."""
        self.terminal = terminal
        self._line = line or Line()
        self._wire = wire
        self._clock = clock
        self._alarm = _Alarm(clock, self._ring)
        self._peer: _Peer | _Share | None = None
        self._idle = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""
        return self._peer is not None

    async def connect(self, host: str, port: int) -> None:
        """Connect. OSError or TimeoutError where nobody listens."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_S):
            _, peer = await loop.create_connection(lambda: _Peer(self._wire, self.took), host, port)
        peer.lost = lambda: self.lost(peer)
        self.use(peer)

    def use(self, peer: _Peer | _Share) -> None:
        """Go on over a connection that stands."""
        self._peer = peer
        self._go_on(self.terminal.connected(self._clock.now()))

    async def do(self, *jobs: Job) -> list[Result]:
        """Do jobs in order; return how they, and what they needed, ended."""
        before = len(self.terminal.results)
        for job in jobs:
            self._go_on(self.terminal.ask(job, self._clock.now()))
        while not self.terminal.is_idle and self._peer is not None:
            self._idle.clear()
            await self._idle.wait()
        return self.terminal.results[before:]

    def close(self) -> None:
        """Hang up."""
        self._alarm.set(None)
        if self._peer is not None:
            self._peer.close()

    def took(self, frame: bytes) -> None:
        """Take a frame of its connection."""
        for heard in self._line.hears(frame):
            self._go_on(self.terminal.received(heard, self._clock.now()))

    def lost(self, peer: _Peer | None = None) -> None:
        """Be without the connection, unless a newer one has taken its place."""
        if peer is None or self._peer is peer:
            self._peer = None
            self.terminal.disconnected(self._clock.now())
            self._go_on([])

    def _ring(self) -> None:
        self._go_on(self.terminal.expire(self._clock.now()))

    def _go_on(self, frames: list[bytes]) -> None:
        if self._peer is not None:
            self._peer.send(self._line.sends(frames))
        self._alarm.set(self.terminal.next_due_ns)
        if self.terminal.is_idle or self._peer is None:
            self._idle.set()


def _nothing() -> None:
    """Hear of a loss before anybody listens."""
