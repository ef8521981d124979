"""The life of a switch process (switch/shell): start, serve, drain, end.

The loop is uvloop's where it is installed. SIGTERM and SIGINT drain: nothing new is accepted, what
is in flight is finished or given up after a limit; a second signal ends at once.
"""

from __future__ import annotations

import asyncio
import os
import resource
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from switch.core.configuration import Configuration
from switch.core.events import ClocksCompared, ConfigurationChanged, DrainBegun, Started
from switch.core.moment import Moment
from switch.ledger.protocol import Ledger, SharedLedger
from switch.shell.clock import Clock
from switch.shell.commits import Commits, InlineCommits, ThreadCommits
from switch.shell.connection import Side
from switch.shell.driver import LEDGER_FAILED, Driver, Engine
from switch.shell.links import Lines
from switch.shell.settings import Settings
from switch.shell.sharing.commits import SharedCommits
from switch.shell.sharing.skew import skew_ms, watch
from switch.shell.stops import Stops, StopsFileError
from switch.shell.terminals import Listener
from switch.shell.watching.control import Control, Verb
from switch.shell.watching.counters import Counters
from switch.shell.watching.log import Log
from switch.shell.watching.recorder import Recorder

try:
    import uvloop
except ImportError:
    _new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    _new_loop = uvloop.new_event_loop

INTERRUPTED: Final = 130
"""Exit status after a second signal during a drain (128 + SIGINT)."""
_MS_PER_S: Final = 1_000
_LOOK_S: Final = 0.005
"""Starting and draining look this often whether they are done; the hot path never waits so."""
_LAST_WRITES_S: Final = 1.0
"""What peers may take to receive their last bytes after the drain."""
_START_S: Final = 30.0
"""What the ledger may take to answer what the engine asks of it at start."""
_SPARE_DESCRIPTORS: Final = 64
"""Kept for links, ledger, log, control socket and metrics."""
_NONCE_BYTES: Final = 16


Gauges = Callable[[], Mapping[str, int]]
"""Returns what can go up and down, by name."""
Reload = Callable[[Configuration], Configuration]
"""Reads what is to be in force after a configuration; ValueError says why it cannot be."""
Watch = Callable[[Counters, Gauges], Callable[[], None]]
"""Begins to show counters and gauges somewhere; what it returns ends that."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is composed of; `verbs` are added to those of the control socket.

    `shared` is the ledger where several processes have it, and `ledger` where one does; `reload`
    reads a changed configuration.
    """

    engine: Engine
    ledger: Ledger | None = None
    shared: SharedLedger | None = None
    clock: Clock
    log: Log
    stops: Stops
    settings: Settings
    verbs: Mapping[str, Verb] = {}
    reload: Reload | None = None
    watch: Watch | None = None
    recorder: Recorder | None = None


def _commits(parts: Parts) -> Commits:
    if parts.shared is not None:
        return SharedCommits(parts.shared)
    if parts.ledger is None:
        raise ValueError("a process needs a ledger")
    if parts.settings.commit_in_thread:
        return ThreadCommits(parts.ledger, asyncio.get_running_loop())
    return InlineCommits(parts.ledger)


class Ended(msgspec.Struct, frozen=True):
    """How a process ended: exit status, and in one sentence why, if it did not drain."""

    status: int
    reason: str


Ready = Callable[[list[tuple[str, int]]], None]
"""Told the addresses once terminals can connect."""


def run(parts: Parts, ready: Ready) -> Ended:
    """Serve until told to end. OSError: an address or the control socket cannot be had."""
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(serve(parts, ready))


async def serve(parts: Parts, ready: Ready) -> Ended:
    """Serve in the loop that runs now, which must be the main thread's."""
    process = Process(parts)
    try:
        status = await process.run(ready)
        return Ended(status, process.reason)
    finally:
        await process.close()


class Process:
    """One run from start to end."""

    __slots__ = (
        "_begun", "_clocks", "_commits", "_control", "_driver", "_end_watch", "_ending", "_lines",
        "_listener", "_parts",
    )  # fmt: skip

    def __init__(self, parts: Parts) -> None:
        """Put the parts together; nothing is open yet."""
        settings = parts.settings
        self._parts = parts
        self._commits = _commits(parts)
        self._driver = driver = Driver(parts.engine, self._commits, parts.clock, parts.log)
        driver.fixed_keys = settings.fixed_keys
        driver.congestion = settings.limits.waiting_operations
        driver.blame = self._blame
        terminals = Side(driver, settings, parts.stops, settings.terminal_frames)
        issuers = Side(driver, settings, parts.stops, settings.link_frames)
        if parts.recorder is not None:
            terminals.tape = parts.recorder.tape("terminal", driver.counters)
            issuers.tape = parts.recorder.tape("issuer", driver.counters)
        self._listener = Listener(terminals)
        self._lines = Lines(issuers)
        self._ending = asyncio.Event()
        self._begun = parts.clock.now()
        self._control = None if settings.control is None else Control(settings.control, {})
        self._end_watch: Callable[[], None] | None = None
        self._clocks: asyncio.Task[None] | None = None

    @property
    def reason(self) -> str:
        """Why it stopped, empty after a drain."""
        return self._driver.reason

    async def run(self, ready: Ready) -> int:
        """Start, serve, drain; return the exit status."""
        driver, settings = self._driver, self._parts.settings
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._unhandled)
        self._check_descriptors()
        if self._parts.shared is not None and not await self._compare_clocks(self._parts.shared):
            return driver.stopped.result()
        driver.handle(Started(secrets.token_bytes(_NONCE_BYTES)), driver.now())
        if not await self._until(lambda: driver.engine.is_ready, _START_S):
            driver.stop(LEDGER_FAILED, f"the ledger did not answer within {_START_S:.0f} s")
        if driver.stopped.done():
            return driver.stopped.result()
        if self._control is not None:
            self._control.verbs.update(self._verbs())
            await self._control.open()
        if self._parts.watch is not None:
            self._end_watch = self._parts.watch(driver.counters, self._gauges)
        addresses = await self._listener.open()
        self._lines.open()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        if settings.is_worker:
            loop.add_reader(sys.stdin.fileno(), self._hear_supervisor)
        self._tell_start(addresses, settings)
        ready(addresses)
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait((ending, driver.stopped), return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        return await self._drain()

    async def _compare_clocks(self, shared: SharedLedger) -> bool:
        """See that our clock is right before the ledger hears of us; go on comparing."""
        driver, readings = self._driver, self._parts.clock.readings
        ahead_ms = await skew_ms(shared, *readings)
        if ahead_ms is None:
            driver.stop(LEDGER_FAILED, "the ledger does not answer")
            return False
        self._tell_skew(ahead_ms)
        if not driver.engine.is_on_time:
            driver.stop(LEDGER_FAILED, f"the clock is {ahead_ms} ms ahead of the ledger's")
            return False
        self._clocks = asyncio.create_task(watch(shared, readings, self._tell_skew))
        return True

    def _tell_skew(self, ahead_ms: int) -> None:
        self._driver.handle(ClocksCompared(ahead_ms), self._driver.now())

    def end(self) -> None:
        """Begin to drain; called again, end at once."""
        if self._ending.is_set():
            self._driver.stop(INTERRUPTED, "a second signal")
        self._ending.set()

    def _hear_supervisor(self) -> None:
        """Drain where the supervisor has nothing to say any more, because it is gone."""
        if not os.read(sys.stdin.fileno(), 1):
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
            self._ending.set()

    async def _drain(self) -> int:
        driver, limits = self._driver, self._parts.settings.limits
        if driver.stopped.done():
            return driver.stopped.result()
        self._listener.close()
        driver.log.report("drain_begun", {"connections": len(driver.terminals)})
        driver.handle(DrainBegun(), driver.now())
        is_done = await self._until(
            lambda: driver.engine.is_idle and driver.is_quiet, limits.drain_ms / _MS_PER_S
        )
        if not is_done:
            driver.log.alert("drain_given_up", {"limit_ms": limits.drain_ms})
        await self._lines.close()
        outlets = (*driver.terminals.values(), *driver.links.values())
        for outlet in outlets:
            outlet.close()
        await self._until(lambda: not driver.terminals and not driver.links, _LAST_WRITES_S)
        # What the engine asked for when the connections went.
        await self._until(lambda: driver.is_quiet, _LAST_WRITES_S)
        status = driver.stopped.result() if driver.stopped.done() else 0
        driver.log.report("drained", {"status": status})
        return status

    async def close(self) -> None:
        """Close what is still open, after whatever end."""
        if self._clocks is not None:
            self._clocks.cancel()
        if self._end_watch is not None:
            self._end_watch()
        if self._control is not None:
            self._control.close()
        self._listener.close()
        await self._lines.close()
        for outlet in (*self._driver.terminals.values(), *self._driver.links.values()):
            outlet.abort()
        self._commits.close()
        if self._parts.shared is not None:
            await self._parts.shared.close()

    async def _until(self, is_so: Callable[[], bool], limit_s: float) -> bool:
        """Wait until something is so, the process is stopped, or the limit is over."""
        loop = asyncio.get_running_loop()
        last = loop.time() + limit_s
        while not is_so():
            if self._driver.stopped.done() or loop.time() >= last:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    # ------------------------------------------------------------------------------ the rest

    def _blame(self, peer: str) -> None:
        """Remember, before anything else, whose frame stopped us."""
        try:
            is_refused = self._parts.stops.record(peer)
        except (OSError, StopsFileError) as error:
            self._driver.log.alert(
                "peer_not_blamed", {"peer": peer, "reason": type(error).__name__}
            )
            return
        self._driver.log.alert("peer_blamed", {"peer": peer, "refused_from_now_on": is_refused})

    def _unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take what escaped from a callback: the machine's trouble is told, our own stops us."""
        error = context.get("exception")
        if error is None or isinstance(error, OSError):
            # Such as accept() without a descriptor left: the loop tries again by itself.
            facts = {"reason": str(context.get("message")), "error": type(error).__name__}
            self._driver.log.alert("loop_trouble", facts)
        else:
            self._driver.fail(error)

    def _check_descriptors(self) -> None:
        """Ask for as many descriptors as the limits need; say so if there are fewer."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self._parts.settings.limits.connections + _SPARE_DESCRIPTORS
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < wanted:
            facts = {"descriptors": most, "wanted": wanted}
            self._driver.log.alert("too_few_descriptors", facts)

    def _tell_start(self, addresses: list[tuple[str, int]], settings: Settings) -> None:
        log = self._driver.log
        shown = [f"{host}:{port}" for host, port in addresses]
        log.report("started", {"terminals": shown, "links": [link.name for link in settings.links]})
        if settings.fixed_keys is not None:
            reason = "every terminal gets the same published working keys: never with real cards"
            log.alert("TEST_KEYS_IN_USE", {"reason": reason})
        if offset_ms := self._parts.clock.offset_ms:
            log.alert("BUSINESS_DATE_IN_USE", {"offset_ms": offset_ms})

    def _verbs(self) -> dict[str, Verb]:
        driver = self._driver

        def status(_: Mapping[str, Any]) -> dict[str, Any]:
            return {**self._gauges(), **self._status(driver.now())}

        def counters(_: Mapping[str, Any]) -> dict[str, Any]:
            waits = {name: each.summary() for name, each in driver.counters.waits().items()}
            return {"counters": driver.counters.plain(), "waits": waits}

        def drain(_: Mapping[str, Any]) -> dict[str, Any]:
            self._ending.set()
            return {"draining": True}

        own: dict[str, Verb] = {"status": status, "counters": counters, "drain": drain}
        if (reload := self._parts.reload) is not None:
            own["reload"] = lambda _: self._reload(reload)
        return {**own, **self._parts.verbs}

    async def _reload(self, reload: Reload) -> dict[str, Any]:
        """Put another configuration in force between two events: all of it, or nothing.

        It is read beside the loop, so that transactions go on; they keep what they began with.
        """
        driver = self._driver
        before = driver.engine.configuration
        made = await asyncio.get_running_loop().run_in_executor(None, reload, before)
        if driver.engine.configuration is not before:
            raise ValueError("another reload came first: ask again")
        driver.handle(ConfigurationChanged(made), driver.now())
        return {"configuration": made.number}

    def _gauges(self) -> dict[str, int]:
        driver = self._driver
        return {
            "connections": len(driver.terminals),
            "links": len(driver.links),
            "undecided_operations": driver.undecided,
        }

    def _status(self, at: Moment) -> dict[str, Any]:
        clock, driver = self._parts.clock, self._driver
        return {
            "connected_links": sorted(driver.links),
            "draining": self._ending.is_set(),
            "idle": driver.engine.is_idle,
            "uptime_s": (at.elapsed_ns - self._begun.elapsed_ns) // 1_000_000_000,
            "utc_ms": at.utc_ms,
            "business_offset_ms": clock.offset_ms,
        }
