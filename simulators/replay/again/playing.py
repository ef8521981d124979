"""A trace sent to a live host (simulators/replay): the order within a terminal kept, pace as asked.

A request waits for the answers that its terminal had before it was recorded, on whatever
connection; different terminals wait for nobody. The trace is read as it is sent, and what was
answered is forgotten, so that memory does not grow with it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from messages.errors import DecodeError
from messages.framing import Deframer
from messages.values import response_mti
from simulators.replay.again.patience import Patience
from simulators.replay.again.rewriting import (
    SIGN_ON,
    Rewriter,
    Sent,
    Unplayable,
    reason_of,
)
from simulators.replay.again.survey import Survey, named
from simulators.replay.trace.form import Frame, Summary
from simulators.replay.verdict.comparing import LATE, LOST, Outcome
from simulators.wire import Wire

MOST_LINES: Final = 500
"""Connections that are open at one time; the one that was idle longest goes."""
_QUEUE: Final = 256
"""Frames of one connection that may wait, before reading goes no further."""
MOST_OUT: Final = 256
"""Requests of one connection that may be out; the recording may have no answers at all."""
MOST_TERMINALS: Final = 100_000
"""Terminals whose last connection is remembered."""
MOST_LATE: Final = 1_000
"""Requests of one connection that were given up, and whose answers are known if they come."""
_AT_ONCE: Final = 50
"""Terminals that sign on side by side before the start."""
_US: Final = 1_000_000
_CHUNK: Final = 1 << 16
_SIGNED_ON: Final = response_mti(SIGN_ON)

Key = tuple[str, str, str]


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How quickly: `speed` times as recorded, or `rate` requests a second; neither is at once."""

    speed: float = 0.0
    rate: float = 0.0


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is asked to do."""

    host: str
    port: int
    pace: Pace
    wait_s: float


class _Waiting:
    """A request that is out: what was recorded, what came of it."""

    __slots__ = (
        "answer", "at", "frame", "has_wrong_mac", "known_by", "missing", "recorded", "took_us",
        "until_s", "writer",
    )  # fmt: skip

    def __init__(
        self, frame: Frame, at: float, until_s: float, writer: asyncio.StreamWriter
    ) -> None:
        self.frame = frame
        self.at = at
        self.until_s = until_s
        self.writer = writer
        self.missing = ""
        self.has_wrong_mac = False
        self.answer: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self.known_by: Key | None = None
        self.recorded: Frame | None = None
        self.took_us: int | None = None


class _Turn:
    """A terminal goes from one connection to another: the second waits for the first."""

    __slots__ = ("come", "first")

    def __init__(self, first: _Line) -> None:
        self.first = first
        self.come = asyncio.Event()


class _Line:
    """One connection of the recording, on a connection of its own."""

    def __init__(self, player: Player, name: str) -> None:
        self.queue: asyncio.Queue[Frame | _Turn | None] = asyncio.Queue(_QUEUE)
        self.task = asyncio.create_task(self._work(), name=name)
        self._player = player
        self._out: OrderedDict[Key, _Waiting] = OrderedDict()
        self._recorded: dict[Key, Key] = {}
        self._late: OrderedDict[Key, None] = OrderedDict()
        self._writer: asyncio.StreamWriter | None = None
        self._heard: asyncio.Task[None] | None = None

    async def _work(self) -> None:
        try:
            while (item := await self.queue.get()) is not None:
                if isinstance(item, _Turn):
                    await self._turn(item)
                elif item.to == "switch":
                    await self._request(item)
                else:
                    await self._expect(item)
            for key in list(self._out):
                await self._settled(key)
        finally:
            if self._writer is not None:
                self._writer.close()
            if self._heard is not None:
                self._heard.cancel()

    async def _turn(self, turn: _Turn) -> None:
        if turn.first is self:
            turn.come.set()
        else:
            await turn.come.wait()

    async def _request(self, frame: Frame) -> None:
        player, bare = self._player, self._player.wire.bare(frame.data)
        code = player.survey.codes.get((frame.connection, frame.at_us), "")
        try:
            if not player.has_refused(frame):
                await self.signed_on(frame)
            sent = player.rewriter.request(bare, code)
        except (Unplayable, ValueError) as reason:
            player.left_out[reason_of(reason)] += 1
            return
        waiting = await self._send(frame, sent)
        if waiting is not None and frame.summary is not None:
            waiting.known_by = _recorded_key(frame.summary)
            self._recorded[waiting.known_by] = sent.answer
        if len(self._out) > MOST_OUT:
            await self._settled(next(iter(self._out)))

    async def signed_on(self, frame: Frame) -> bool:
        """Sign on the terminal of a request, if it has no keys; return whether it has them."""
        player, bare = self._player, self._player.wire.bare(frame.data)
        if not player.rewriter.is_signed_on(bare):
            async with player.signing_on(bare):
                if not player.rewriter.is_signed_on(bare):
                    await self._sign_on(frame, player.rewriter.sign_on(bare))
        return player.rewriter.is_signed_on(bare)

    async def _sign_on(self, frame: Frame, sent: Sent) -> None:
        player = self._player
        waiting = await self._send(frame, sent)
        if waiting is None:
            return
        await waiting.answer
        player.signed_on += 1
        self._out.pop(sent.answer, None)

    async def _send(self, frame: Frame, sent: Sent) -> _Waiting | None:
        player = self._player
        if self._writer is None or self._writer.is_closing():
            try:
                reader, self._writer = await asyncio.open_connection(
                    player.asked.host, player.asked.port
                )
            except OSError as error:
                player.fail(error)
                return None
            self._heard = asyncio.create_task(self._hear(reader, self._writer))
        if sent.answer in self._out:
            await self._settled(sent.answer)
        now = asyncio.get_running_loop().time()
        until_s = player.patience.awake_s + player.asked.wait_s
        waiting = self._out[sent.answer] = _Waiting(frame, now, until_s, self._writer)
        player.patience.begin(player.give_up)
        player.sent += 1
        self._writer.write(sent.data)
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()
        return waiting

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        deframer, wire = Deframer(self._player.wire.framing), self._player.wire
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK):
                for frame in deframer.feed(chunk):
                    with contextlib.suppress(DecodeError):
                        heard = wire.overhear(frame)
                        self._take((heard.mti, heard.get(11), heard.get(41)), frame, loop.time())
                if deframer.failure is not None:
                    break
        writer.close()
        # What was asked on a connection that is gone is answered by nobody.
        for waiting in self._out.values():
            if waiting.writer is writer and not waiting.answer.done():
                waiting.missing = LOST
                waiting.answer.set_result(None)

    def give_up(self, awake_s: float) -> None:
        """Wait no more for what should have come by now."""
        for key, waiting in self._out.items():
            if waiting.until_s > awake_s:
                break
            if not waiting.answer.done():
                waiting.missing = LATE
                waiting.answer.set_result(None)
                self._late[key] = None
                if len(self._late) > MOST_LATE:
                    self._late.popitem(last=False)

    def _take(self, key: Key, frame: bytes, now: float) -> None:
        waiting = self._out.get(key)
        if waiting is None or waiting.answer.done():
            if key in self._late:
                del self._late[key]
                self._player.late += 1
            else:
                self._player.overheard(frame)
            return
        waiting.took_us = int((now - waiting.at) * _US)
        waiting.has_wrong_mac = not self._player.rewriter.is_authentic(frame)
        if key[0] == _SIGNED_ON:
            # Keys and batch are there before whoever waits for them goes on.
            self._player.learn(frame, None)
        waiting.answer.set_result(frame)

    async def _expect(self, frame: Frame) -> None:
        """Wait for the answer to the request whose recorded answer this is."""
        said = frame.summary
        if said is None:
            return
        key = self._recorded.get((said.mti, said.stan, said.terminal))
        if key is not None and key in self._out:
            self._out[key].recorded = frame
            await self._settled(key)

    async def _settled(self, key: Key) -> None:
        waiting = self._out[key]
        answered = await waiting.answer
        self._out.pop(key, None)
        if waiting.known_by is not None and self._recorded.get(waiting.known_by) == key:
            del self._recorded[waiting.known_by]
        self._player.ended(waiting, answered)


class Player:
    """Sends a trace; `take` gets every outcome. ConnectionError where the host does not listen."""

    def __init__(self, wire: Wire, rewriter: Rewriter, survey: Survey, asked: Asked) -> None:
        """Begin with no connection."""
        self.wire = wire
        self.rewriter = rewriter
        self.survey = survey
        self.asked = asked
        self.take: Callable[[Outcome], None] = _nothing
        self.surplus: Callable[[bytes], None] = _nothing
        """Hears of answers that nobody waits for, beyond as many as were recorded."""
        self.sent = 0
        self.unasked = 0
        self.late = 0
        """Answers that came after they had been given up."""
        self.patience = Patience(asked.wait_s)
        self.signed_on = 0
        self.left_out: Counter[str] = Counter()
        self.refused: dict[str, int] = {}
        """Terminals that got no keys before the start, and how many requests that costs."""
        self._lines: OrderedDict[str, _Line] = OrderedDict()
        self._last: OrderedDict[str, str] = OrderedDict()
        self._locks: dict[bytes, asyncio.Lock] = {}
        self._failure: OSError | None = None

    async def sign_on_first(self) -> None:
        """Sign on the terminals that the trace takes for signed on; `refused` are those left."""
        strangers = list(self.survey.strangers.items())
        # No more at once than connections may be open: none of them is closed under another.
        at_once = min(_AT_ONCE, MOST_LINES)
        for first in range(0, len(strangers), at_once):
            some = strangers[first : first + at_once]
            lines = [await self._line(each.frame.connection) for _, each in some]
            done = await asyncio.gather(
                *(line.signed_on(each.frame) for line, (_, each) in zip(lines, some, strict=True))
            )
            for (name, each), is_signed_on in zip(some, done, strict=True):
                if not is_signed_on:
                    self.refused[name] = each.requests
            if self._failure is not None:
                raise self._failure

    @property
    def remarks(self) -> list[str]:
        """What a person should know of terminals before the start."""
        if not self.refused:
            return []
        count = sum(self.refused.values())
        return [f"not sent: {count}: the host signs on no {named(self.refused)} (its master key?)"]

    def has_refused(self, frame: Frame) -> bool:
        """Whether the host did not sign on the terminal of a request before the start."""
        return frame.summary is not None and frame.summary.terminal in self.refused

    async def play(self, frames: Iterable[Frame]) -> None:
        """Send the terminal side of a trace, to its end."""
        loop, pace = asyncio.get_running_loop(), self.asked.pace
        self.patience.begin(self.give_up)
        begun, first_us, count = loop.time() - self.patience.stalled_s, None, 0
        for frame in frames:
            if frame.side != "terminal":
                continue
            if frame.to == "switch":
                first_us = frame.at_us if first_us is None else first_us
                due = _due(pace, frame.at_us - first_us, count)
                count += 1
                # What this machine slept was no time of the trace: it is not caught up with.
                if (rest := begun + due + self.patience.stalled_s - loop.time()) > 0:
                    await asyncio.sleep(rest)
            line = await self._line(frame.connection)
            if frame.to == "switch":
                await self._in_turn(frame, line)
            await line.queue.put(frame)
            if self._failure is not None:
                break
        for line in self._lines.values():
            await line.queue.put(None)
        await asyncio.gather(*(line.task for line in self._lines.values()))
        self.patience.end()
        if self._failure is not None:
            raise self._failure

    def give_up(self) -> None:
        """Wait no more for answers that should have come by now."""
        for line in self._lines.values():
            line.give_up(self.patience.awake_s)

    async def _line(self, name: str) -> _Line:
        line = self._lines.get(name)
        if line is None:
            if len(self._lines) >= MOST_LINES:
                oldest_name, oldest = next(iter(self._lines.items()))
                await oldest.queue.put(None)
                await oldest.task
                # Only now: whoever is not in here waits for ever where no answer comes.
                del self._lines[oldest_name]
            line = self._lines[name] = _Line(self, name)
        self._lines.move_to_end(name)
        return line

    async def _in_turn(self, frame: Frame, line: _Line) -> None:
        """Have a request wait for what its terminal did before on another connection."""
        name = frame.summary.terminal if frame.summary is not None else ""
        before = self._last.get(name, frame.connection)
        if before != frame.connection and (first := self._lines.get(before)) is not None:
            turn = _Turn(first)
            await first.queue.put(turn)
            await line.queue.put(turn)
        self._last[name] = frame.connection
        self._last.move_to_end(name)
        if len(self._last) > MOST_TERMINALS:
            self._last.popitem(last=False)

    def signing_on(self, bare: bytes) -> asyncio.Lock:
        """Return the lock under which the terminal of a request signs on, once."""
        name = self.wire.hear(bare).get(41).encode()
        return self._locks.setdefault(name, asyncio.Lock())

    def learn(self, frame: bytes, recorded: bytes | None) -> None:
        """Have the rewriter learn from an answer."""
        with contextlib.suppress(Unplayable):
            self.rewriter.answered(frame, recorded)

    def overheard(self, frame: bytes) -> None:
        """Count an answer that nobody waits for; as many as were recorded are as it was."""
        self.unasked += 1
        if self.unasked > self.survey.unasked:
            self.surplus(frame)

    def fail(self, error: OSError) -> None:
        """Stop: the host cannot be reached."""
        self._failure = error

    def ended(self, waiting: _Waiting, answered: bytes | None) -> None:
        """Tell what came of a request."""
        frame, recorded = waiting.frame, waiting.recorded
        before = None if recorded is None else self.wire.bare(recorded.data)
        if answered is not None and before is not None:
            self.learn(answered, before)
        said = frame.summary
        kind = f"{said.mti} {said.processing}".rstrip() if said is not None else ""
        recorded_us = None if recorded is None else recorded.at_us - frame.at_us
        bare = self.wire.bare(frame.data)
        self.take(
            Outcome(
                kind, bare, before, answered, recorded_us, waiting.took_us, waiting.missing,
                waiting.has_wrong_mac,
            )
        )  # fmt: skip


def _due(pace: Pace, since_us: int, count: int) -> float:
    """Return the seconds after the start at which a request is due."""
    if pace.rate:
        return count / pace.rate
    return since_us / _US / pace.speed if pace.speed else 0.0


def _recorded_key(said: Summary) -> Key:
    try:
        return response_mti(said.mti), said.stan, said.terminal
    except ValueError:
        return said.mti, said.stan, said.terminal


def _nothing(_: object) -> None:
    """Hear of an outcome before anybody listens."""
