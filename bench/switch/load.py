"""The load (bench): terminals on connections of their own, closed or open loop, and their answers.

Frames are built and MACed before a run; answers are looked at after it. In a run a terminal only
keeps what it got and sends what comes next.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, cast

import msgspec

from bench.serving import until
from simulators.bulk import Session, withdrawals
from simulators.cards import fictional_card
from simulators.installation import terminal_identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind
from simulators.wire import Wire
from switch.core.moment import local
from switch.shell.clock import Clock

PREFIX: Final = 2
"""Bytes of the length before a frame of a terminal."""
AMOUNT_FEN: Final = 1_000
CARDS_EACH: Final = 60
"""Cards that are used at one terminal and at no other: each has 200 withdrawals a day."""
_OPENED_AT_ONCE: Final = 200
_WAIT_S: Final = 20.0
_NS_PER_S: Final = 1_000_000_000


class Line(asyncio.Protocol):
    """One terminal on one connection, with at most one request out."""

    __slots__ = ("_rest", "answers", "frames", "frames_forever", "number", "then", "transport")

    def __init__(self, number: int) -> None:
        """Be terminal `number` of the test set-up."""
        self.number = number
        self.frames: deque[bytes] = deque()
        """What is to be sent, in order."""
        self.frames_forever: Iterator[bytes] | None = None
        self.answers: list[bytes] = []
        self.then: Callable[[Line, bytes], None] = _kept
        """Told of every whole answer, its length prefix included."""
        self.transport: asyncio.WriteTransport | None = None
        self._rest = b""

    def itself(self) -> Line:
        """Return this line: a connection's factory."""
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        """Send nothing more."""
        self.transport = None

    def data_received(self, data: bytes) -> None:
        """Pass a whole answer on."""
        if self._rest:
            data = self._rest + data
        if len(data) < PREFIX + int.from_bytes(data[:PREFIX], "big"):
            self._rest = data
            return
        self._rest = b""
        self.then(self, data)

    def send(self, frame: bytes) -> None:
        """Write a whole frame at once."""
        if self.transport is not None:
            self.transport.write(frame)

    def stock(self, count: int) -> None:
        """Build frames until there are `count`."""
        if self.frames_forever is not None:
            self.frames.extend(islice(self.frames_forever, max(0, count - len(self.frames))))


def _kept(line: Line, answer: bytes) -> None:
    line.answers.append(answer)


class Crowd:
    """Terminals that are signed on over connections that stand."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        """Begin with none."""
        self.lines: list[Line] = []
        self.terminals: dict[int, Terminal] = {}
        self._wire = wire
        self._clock = clock

    async def connect(self, port: int, numbers: Iterable[int]) -> None:
        """Connect terminals; OSError where nobody listens."""
        loop = asyncio.get_running_loop()
        fresh = [Line(number) for number in numbers]
        for start in range(0, len(fresh), _OPENED_AT_ONCE):
            some = fresh[start : start + _OPENED_AT_ONCE]
            await asyncio.gather(
                *(loop.create_connection(line.itself, "127.0.0.1", port) for line in some)
            )
        self.lines += fresh

    async def sign_on(self) -> None:
        """Sign all terminals on; RuntimeError where one is not let in."""
        lines = [line for line in self.lines if line.number not in self.terminals]
        for start in range(0, len(lines), _OPENED_AT_ONCE):
            for line in lines[start : start + _OPENED_AT_ONCE]:
                terminal = Terminal(terminal_identity(line.number), self._wire)
                self.terminals[line.number] = terminal
                line.then = self._heard
                at = self._clock.now()
                frames = terminal.connected(at) + terminal.ask(Job(kind=Kind.SIGN_ON), at)
                line.send(b"".join(frames))
            await self._until_idle(lines[start : start + _OPENED_AT_ONCE])

    def _heard(self, line: Line, answer: bytes) -> None:
        frames = self.terminals[line.number].received(answer[PREFIX:], self._clock.now())
        if frames:
            line.send(b"".join(frames))

    async def _until_idle(self, lines: list[Line]) -> None:
        terminals = [self.terminals[line.number] for line in lines]
        await until(lambda: all(terminal.is_idle for terminal in terminals), _WAIT_S)
        if not all(terminal.memory.is_signed_on for terminal in terminals):
            raise RuntimeError("a terminal could not sign on")

    def prepare(self) -> None:
        """Let every terminal build withdrawals with its own keys and cards."""
        day = local(self._clock.now().utc_ms).day
        for line in self.lines:
            memory = self.terminals[line.number].memory
            if memory.pik is None or memory.mak is None:
                raise RuntimeError("a terminal has no keys")
            session = Session(terminal_identity(line.number), memory.batch, memory.pik, memory.mak)
            first = line.number * CARDS_EACH
            cards = [fictional_card(first + card) for card in range(CARDS_EACH)]
            line.frames_forever = withdrawals(self._wire, session, cards, AMOUNT_FEN, day)

    def close(self) -> None:
        """Hang up."""
        for line in self.lines:
            if line.transport is not None:
                line.transport.close()

    def are_good(self) -> bool:
        """Tell whether every answer kept is 00 with a good MAC and of a request of its own.

        The answers are forgotten.
        """
        good = True
        for line in self.lines:
            mac = self.terminals[line.number].memory.mac
            stans = set()
            for answer in line.answers:
                heard = self._wire.hear(answer[PREFIX:])
                is_approved = heard.mti == "0210" and heard.get(39) == "00"
                is_authentic = mac is not None and self._wire.is_authentic(heard, mac)
                good = good and is_approved and is_authentic
                stans.add(heard.get(11))
            good = good and len(stans) == len(line.answers)
            line.answers.clear()
        return good


class ClosedLoop:
    """Every terminal sends its next request when it has the answer to the one before."""

    def __init__(self, lines: list[Line]) -> None:
        """Begin later."""
        self.answered = 0
        self.is_starved = False
        """Whether a terminal ran out of frames: the run says nothing then."""
        self._lines = lines
        self._out = 0
        self._is_ending = False

    def begin(self) -> None:
        """Send the first requests."""
        for line in self._lines:
            line.then = self._heard
            self._next(line)
            self._out += 1

    def _heard(self, line: Line, answer: bytes) -> None:
        line.answers.append(answer)
        self.answered += 1
        if self._is_ending:
            self._out -= 1
        else:
            self._next(line)

    def _next(self, line: Line) -> None:
        if line.frames:
            line.send(line.frames.popleft())
        else:
            self.is_starved = True
            self._is_ending = True

    async def end(self) -> None:
        """Send no more and wait for the last answers."""
        self._is_ending = True
        await until(lambda: self._out <= 0 or self.is_starved, _WAIT_S)


class OpenLoop:
    """Requests at random moments that do not wait for answers; a request needs an idle terminal.

    Latency counts from the moment that was meant, whether or not a terminal was idle then.
    """

    def __init__(self, lines: list[Line], rate: float, seconds: float, seed: int) -> None:
        """Draw the moments: `rate` a second on average."""
        chance = random.Random(seed)
        self._dues: deque[int] = deque()
        moment = 0.0
        while moment < seconds:
            moment += chance.expovariate(rate)
            self._dues.append(int(moment * _NS_PER_S))
        self.waits_ns: list[tuple[int, int]] = []
        """When a request was meant (from the beginning), and after how long it was answered."""
        self._idle = deque(lines)
        self._meant: dict[int, int] = {}
        self._begun_ns = 0
        self._all = len(self._dues)

    async def run(self) -> bool:
        """Run to the end; tell whether everything was answered."""
        for line in self._idle:
            line.then = self._heard
        self._begun_ns = time.perf_counter_ns()
        last = time.monotonic() + _WAIT_S
        while len(self.waits_ns) < self._all and time.monotonic() < last:
            self._send_due()
            # Loops wait for whole milliseconds: this one looks all the time.
            await asyncio.sleep(0)
        return len(self.waits_ns) == self._all

    def _send_due(self) -> None:
        now_ns = time.perf_counter_ns() - self._begun_ns
        dues, idle = self._dues, self._idle
        while dues and dues[0] <= now_ns and idle:
            line = idle.popleft()
            self._meant[line.number] = dues.popleft()
            line.send(line.frames.popleft())

    def _heard(self, line: Line, answer: bytes) -> None:
        now_ns = time.perf_counter_ns() - self._begun_ns
        line.answers.append(answer)
        meant_ns = self._meant[line.number]
        self.waits_ns.append((meant_ns, now_ns - meant_ns))
        self._idle.append(line)


class Waits(msgspec.Struct, frozen=True):
    """Latencies in milliseconds."""

    p50_ms: float
    p99_ms: float


def waits(found: list[tuple[int, int]], from_ns: int) -> Waits:
    """Return the latencies of what was meant to begin at `from_ns` or later."""
    each = sorted(wait for meant, wait in found if meant >= from_ns)
    return Waits(each[len(each) // 2] / 1e6, each[len(each) * 99 // 100] / 1e6)
