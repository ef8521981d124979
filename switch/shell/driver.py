"""Drives the engine (switch/shell): events in, effects out, one turn of the loop at a time.

What a turn asks for is collected: one write per connection, one batch for the ledger, one timer.
An error of our own stops the process here; nothing is handled or sent after it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

from messages.crypto.keys import WorkingKeys
from switch.core.configuration import Configuration
from switch.core.effects import (
    CloseLink,
    CloseTerminal,
    DrawKeys,
    Effect,
    Report,
    SendToLink,
    SendToTerminal,
    Submit,
)
from switch.core.errors import InvariantBroken
from switch.core.events import Event, KeysDrawn, LedgerAnswered, TimePassed
from switch.core.moment import Moment
from switch.core.outcomes import (
    Outcome,
)
from switch.shell.clock import Clock
from switch.shell.commits import Asked, Commits
from switch.shell.watching.log import Log

INTERNAL: Final = 70
"""Exit status after an error of our own (EX_SOFTWARE)."""
LEDGER_FAILED: Final = 74
"""Exit status after a commit that failed (EX_IOERR)."""
PIK_BYTES: Final = 16
"""Working PIN keys are of double length."""
_NS_PER_S: Final = 1_000_000_000
_LEAST_WAIT_S: Final = 0.001
"""Loops count milliseconds: a timer that fired just too early is not armed for less."""


class Engine(Protocol):
    """What the shell needs of the engine."""

    configuration: Configuration
    """What is in force for whatever begins now."""

    @property
    def next_deadline_ns(self) -> int | None:
        """When it next wants to hear `TimePassed`, in elapsed nanoseconds."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in flight."""

    @property
    def is_ready(self) -> bool:
        """Whether it may be given terminals: the ledger has told it who it is."""

    @property
    def is_on_time(self) -> bool:
        """Whether its clock agrees with the ledger's."""

    culprit: int
    """Which event it was that made `handle_all` raise."""

    def handle(self, event: Event, at: Moment) -> list[Effect]:
        """Take an event; return what to do, in order."""

    def handle_all(self, events: Sequence[tuple[Event, Moment]]) -> list[list[Effect]]:
        """Take events in order; return what to do about each."""


class Outlet(Protocol):
    """A connection as the driver knows it."""

    out: list[bytes]
    """The frames of this turn, not yet written."""

    def sent(self, at: Moment) -> None:
        """Note that a frame was put into `out`."""

    def flush(self) -> None:
        """Write `out` and forget it."""

    def close(self) -> None:
        """Write `out`, then close."""

    def abort(self) -> None:
        """Close at once; what is unwritten is lost."""


class Driver:
    """One engine, one ledger, and the connections that effects name.

    `blame` is told which peer's frame was being handled when an error of our own came; `stopped`
    is set to the exit status. From `congestion` undecided operations on, terminals wait.
    """

    __slots__ = (
        "_batch", "_clock", "_commits", "_dirty", "_drawn", "_flying", "_heard", "_is_turn_open",
        "_loop", "_paused", "_timer", "_timer_ns", "blame", "congestion", "counters", "engine",
        "fixed_keys", "links", "log", "reason", "stopped", "terminals",
    )  # fmt: skip

    def __init__(self, engine: Engine, commits: Commits, clock: Clock, log: Log) -> None:
        """Belong to the loop that runs now."""
        self.engine = engine
        self.log = log
        self.counters = log.counters
        self.terminals: dict[int, Outlet] = {}
        self.links: dict[str, Outlet] = {}
        self.fixed_keys: WorkingKeys | None = None
        self.congestion = 0
        self.blame: Callable[[str], None] = _nobody
        self.reason = ""
        self._loop = asyncio.get_running_loop()
        self.stopped: asyncio.Future[int] = self._loop.create_future()
        self._commits = commits
        self._clock = clock
        self._heard: list[tuple[Event, Moment, str]] = []
        self._is_turn_open = False
        self._dirty: list[Outlet] = []
        commits.wake = self._turn_later
        self._batch: list[Asked] = []
        self._flying = 0
        self._drawn: list[KeysDrawn] = []
        self._paused: list[asyncio.ReadTransport] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0
        clock.on_jump = self._wall_jumped

    # ---------------------------------------------------------------------------------- events

    def now(self) -> Moment:
        """Return this moment."""
        return self._clock.now()

    def hear(self, event: Event, at: Moment, origin: str) -> None:
        """Have the engine take a frame at the end of this turn, with all others that came in it.

        One after the other they cost a good part less than with a socket read between any two:
        the processor has the engine's code at hand then.
        """
        self._heard.append((event, at, origin))
        if not self._is_turn_open:
            self._turn_later()

    def handle(self, event: Event, at: Moment, origin: str = "") -> None:
        """Have the engine take an event, and carry out what it asks for.

        `origin` is the peer whose frame this event, or what led to it, came in. Frames that were
        heard before it are taken before it.
        """
        if self._heard:
            self._take_heard()
        self._take(event, at, origin)

    def _take_heard(self) -> None:
        heard, self._heard = self._heard, []
        self._take_all([(event, at) for event, at, _ in heard], [origin for _, _, origin in heard])

    def _take_all(self, events: list[tuple[Event, Moment]], origins: list[str]) -> None:
        """Have the engine take events in order, and carry out what it asks for."""
        if self.stopped.done():
            return
        engine = self.engine
        try:
            done = engine.handle_all(events)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is our own error
            self.fail(error, origins[engine.culprit])
            return
        for (_, at), origin, effects in zip(events, origins, done, strict=True):
            self._carry_out(effects, at, origin)

    def _take(self, event: Event, at: Moment, origin: str) -> None:
        if self.stopped.done():
            return
        try:
            effects = self.engine.handle(event, at)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is our own error
            self.fail(error, origin)
            return
        self._carry_out(effects, at, origin)

    def _carry_out(self, effects: list[Effect], at: Moment, origin: str) -> None:
        for effect in effects:
            if isinstance(effect, Submit):
                self._batch.append((effect, at.elapsed_ns, origin))
            elif isinstance(effect, SendToTerminal):
                self._put(self.terminals.get(effect.connection), effect.frame, at)
            elif isinstance(effect, SendToLink):
                self._put(self.links.get(effect.link), effect.frame, at)
            else:
                self._do(effect)
        if not self._is_turn_open:
            self._turn_later()
        if self._drawn:
            drawn, self._drawn = self._drawn, []
            for keys in drawn:
                self._take(keys, at, origin)

    def _put(self, outlet: Outlet | None, frame: bytes, at: Moment) -> None:
        if outlet is None:
            self.counters.undeliverable += 1
            return
        if not outlet.out:
            self._dirty.append(outlet)
        outlet.out.append(frame)
        outlet.sent(at)

    def _do(self, effect: DrawKeys | CloseTerminal | CloseLink | Report) -> None:
        """Do what is rare."""
        if isinstance(effect, Report):
            self.log.report(effect.event, effect.facts)
        elif isinstance(effect, DrawKeys):
            self._drawn.append(self._draw(effect))
        elif isinstance(effect, CloseTerminal):
            if outlet := self.terminals.get(effect.connection):
                facts = {"connection": effect.connection, "reason": effect.reason}
                self.log.report("terminal_closed", facts)
                outlet.close()
        elif outlet := self.links.get(effect.link):
            self.log.report("link_closed", {"link": effect.link, "reason": effect.reason})
            outlet.close()

    def _draw(self, effect: DrawKeys) -> KeysDrawn:
        fixed = self.fixed_keys
        if fixed is not None:
            return KeysDrawn(effect.ticket, fixed.pik.reveal(), fixed.mak.reveal())
        pik, mak = _odd_parity_key(PIK_BYTES), _odd_parity_key(effect.mak_bytes)
        return KeysDrawn(effect.ticket, pik, mak)

    # ----------------------------------------------------------------------------------- turns

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits to be written, committed or heard."""
        return not (self._dirty or self._batch or self._flying or self._is_turn_open)

    @property
    def undecided(self) -> int:
        """Operations that the ledger has still to decide."""
        return len(self._heard) + len(self._batch) + self._flying

    def _end_turn(self) -> None:
        """Write what is decided, commit what is asked, write what that decided, set the timer."""
        if self._heard:
            self._take_heard()
        self._is_turn_open = False
        if self._dirty:
            self._flush()
        commits = self._commits
        for _ in range(commits.lanes):
            if not self._batch or commits.is_busy or self.stopped.done():
                break
            flying, self._batch = commits.choose(self._batch)
            if not flying:
                break
            self._flying += len(flying)
            operations = [submit.operation for submit, _, _ in flying]
            commits.submit(
                operations, partial(self._answered, flying), partial(self._failed, flying)
            )
            if self._dirty:
                self._flush()
        self._arm()

    def _turn_later(self) -> None:
        if not self._is_turn_open:
            self._is_turn_open = True
            self._loop.call_soon(self._end_turn)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for outlet in dirty:
            outlet.flush()

    def _answered(self, flying: list[Asked], outcomes: list[Outcome]) -> None:
        self._flying -= len(flying)
        at = self._clock.now()
        self.counters.batches += 1
        self.counters.operations += len(flying)
        record = self.counters.ledger_wait.record
        events: list[tuple[Event, Moment]] = []
        for (submit, since_ns, _), outcome in zip(flying, outcomes, strict=True):
            record(at.elapsed_ns - since_ns)
            events.append((LedgerAnswered(submit.ticket, outcome), at))
        self._take_all(events, [origin for _, _, origin in flying])
        if self._paused and len(self._batch) * 2 <= self.congestion:
            paused, self._paused = self._paused, []
            for transport in paused:
                if not transport.is_closing():
                    transport.resume_reading()

    @property
    def is_congested(self) -> bool:
        """Whether the ledger is so far behind that terminals should wait."""
        return len(self._heard) + len(self._batch) >= self.congestion > 0

    def hold_back(self, transport: asyncio.ReadTransport) -> None:
        """Stop reading a terminal until the ledger has caught up."""
        self.counters.paused_reads += 1
        transport.pause_reading()
        self._paused.append(transport)

    # ------------------------------------------------------------------------------------ time

    def _arm(self) -> None:
        due_ns = self.engine.next_deadline_ns
        if due_ns is None or self.stopped.done():
            return
        if self._timer is not None:
            # A timer that is too early costs one look; moving it each turn would cost more.
            if self._timer_ns <= due_ns:
                return
            self._timer.cancel()
        wait_s = (due_ns - self._clock.now().elapsed_ns) / _NS_PER_S
        self._timer_ns = due_ns
        self._timer = self._loop.call_later(max(wait_s, _LEAST_WAIT_S), self._ring)

    def _ring(self) -> None:
        self._timer = None
        due_ns = self.engine.next_deadline_ns
        at = self._clock.now()
        if due_ns is not None and due_ns <= at.elapsed_ns:
            self.handle(TimePassed(), at)
        else:
            self._arm()

    def _wall_jumped(self, jump_ms: int) -> None:
        self.counters.wall_jumps += 1
        self.log.alert("wall_clock_jumped", {"by_ms": jump_ms})

    # ------------------------------------------------------------------------------------ ends

    def _failed(self, flying: list[Asked], error: BaseException) -> None:
        """Take what the ledger raised: nobody may be answered from here on."""
        self._flying -= len(flying)
        origins = {origin for _, _, origin in flying}
        if isinstance(error, InvariantBroken):
            # Which operation of a batch it was is not known: only a lone peer is blamed.
            self.fail(error, origins.pop() if len(origins) == 1 else "")
        else:
            reason = f"the ledger failed ({type(error).__name__})"
            self.log.stopped("ledger_failed", error, {"reason": reason})
            self.stop(LEDGER_FAILED, reason)

    def fail(self, error: BaseException, origin: str = "") -> None:
        """End because of an error of our own, and blame whose frame led to it."""
        reason = type(error).__name__
        if isinstance(error, InvariantBroken):
            # Only this error's text is known to be free of what came over a wire.
            reason = f"{reason}: {error}"
        if origin:
            self.blame(origin)
        self.log.stopped("internal_error", error, {"reason": reason, "peer": origin})
        self.stop(INTERNAL, f"internal error ({reason})")

    def stop(self, status: int, reason: str) -> None:
        """End at once: what is unwritten is lost, and no event is handled any more."""
        if self.stopped.done():
            return
        self.reason = reason
        self.stopped.set_result(status)
        for outlet in (*self.terminals.values(), *self.links.values()):
            outlet.out.clear()
            outlet.abort()
        if self._timer is not None:
            self._timer.cancel()


def _odd_parity_key(size: int) -> bytes:
    """Return a random key whose bytes have odd parity: some terminals refuse others."""
    return bytes(byte ^ (1 - byte.bit_count() % 2) for byte in secrets.token_bytes(size))


def _nobody(_peer: str) -> None:
    """Blame nobody."""
